"""Reads for pages through the API itself, as any client without an account would."""

from typing import Any

import orjson
from starlette.requests import Request

from api.http.graphql import READING
from schema.engine.context import Context
from schema.engine.execution import answer_known
from schema.schema import SCHEMA


async def ask(request: Request, query: str, **variables: Any) -> Any:
    """The data of a query; the first error is raised."""
    state = request.app.state
    context = Context(database=state.database, plans=state.plans, now=state.now(), photo_secret=state.photo_secret)
    result = await answer_known(query, variables, context, reading=True)
    if result is None:
        result = await SCHEMA.execute(
            query, variable_values=variables, context_value=context, allowed_operation_types=READING
        )
    for error in result.errors or ():
        raise error.original_error or error
    return orjson.loads(orjson.dumps(result.data))
