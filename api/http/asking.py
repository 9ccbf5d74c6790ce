"""The context of operations, and the queries from which pages and documents are made."""

from dataclasses import replace
from typing import Any

import orjson
from graphql import OperationType
from starlette.requests import Request

from api.http.errors import cause_of
from api.http.languages import language_of
from db.flood import Flood
from rules.access import ANONYMOUS, Viewer
from schema.engine.context import Context, Guesses
from schema.engine.execution import answer
from schema.languages import CHINESE

QUERIES_ONLY = frozenset({OperationType.QUERY})


def context_of(
    request: Request,
    viewer: Viewer = ANONYMOUS,
    operation_name: str | None = None,
    flood: Flood | None = None,
    guesses: Guesses | None = None,
) -> Context:
    state = request.app.state
    return Context(
        database=state.database,
        plans=state.plans,
        bulkhead=state.bulkhead,
        introspection=state.introspection,
        now=state.now(),
        viewer=viewer,
        operation_name=operation_name,
        language=language_of(request),
        sealer=state.sealer,
        public_url=state.public_url,
        photo_secret=state.photo_secret,
        push_key=state.push_key,
        place=state.feed.place,
        flood=flood,
        guesses=guesses,
    )


async def ask(context: Context, query: str, **variables: Any) -> Any:
    """The data of a query. Raises the cause of the first error."""
    context = replace(context, document_language=CHINESE)
    result = await answer(query, variables, context, QUERIES_ONLY)
    for error in result.errors or ():
        raise cause_of(error)
    return orjson.loads(orjson.dumps(result.data))
