"""Executes operations: those of clients, and the queries from which pages and documents are made."""

from typing import Any

import orjson
from starlette.requests import Request
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.http.errors import cause_of
from api.http.languages import language_of
from db.transaction import Flood
from rules.access import ANONYMOUS, Viewer
from schema.engine.context import Context
from schema.engine.execution import answer_known
from schema.schema import SCHEMA

QUERIES_ONLY = frozenset({OperationType.QUERY})


def context_of(
    request: Request, viewer: Viewer = ANONYMOUS, operation_name: str | None = None, flood: Flood | None = None
) -> Context:
    state = request.app.state
    return Context(
        database=state.database,
        plans=state.plans,
        now=state.now(),
        viewer=viewer,
        operation_name=operation_name,
        language=language_of(request),
        sealer=state.sealer,
        public_url=state.public_url,
        photo_secret=state.photo_secret,
        flood=flood,
    )


async def execute(
    context: Context, query: str, variables: dict[str, Any], allowed: frozenset[OperationType] = QUERIES_ONLY
) -> ExecutionResult:
    """Executes an operation of an allowed type. A document that was answered before is not parsed again."""
    known = await answer_known(query, variables, context, reading=OperationType.MUTATION not in allowed)
    return known or await SCHEMA.execute(
        query,
        variable_values=variables,
        context_value=context,
        operation_name=context.operation_name,
        allowed_operation_types=allowed,
    )


async def ask(context: Context, query: str, **variables: Any) -> Any:
    """The data of a query. Raises the cause of the first error."""
    result = await execute(context, query, variables)
    for error in result.errors or ():
        raise cause_of(error)
    return orjson.loads(orjson.dumps(result.data))
