"""GraphQL over HTTP: one endpoint for queries and mutations, and subscriptions as server-sent events."""

from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from strawberry.schema.exceptions import (
    CannotGetOperationTypeError,
    InvalidOperationTypeError,
)
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from api.http.auth import Authenticated, authenticated
from api.http.errors import HttpError, cause_of, format_error
from api.http.events import stream
from api.http.floods import OPENED_BY_ADDRESS, OPENED_BY_CODE, waits
from api.http.languages import language_of
from api.http.media import EVENTS, RESPONSE
from api.http.requests import accepted_type, read_request
from schema.engine.context import Context
from schema.engine.execution import answer_known
from schema.engine.live import Request
from schema.schema import SCHEMA

READING = frozenset({OperationType.QUERY})
ALL = READING | {OperationType.MUTATION}


async def graphql(request: HttpRequest) -> Response:
    """POST, or GET for queries only."""
    media = accepted_type(request)
    asked = await read_request(request, request.app.state.body_limit)
    who = authenticated(request)
    if media == EVENTS:
        return await stream(request, asked, who)
    result = await _execute(request, asked, who)
    errors = [_formatted(error, request) for error in result.errors or ()]
    answer: dict[str, Any] = {"errors": errors} if errors else {}
    if not _never_ran(result):
        return Response(orjson.dumps(answer | {"data": result.data}), media_type=media)
    return Response(orjson.dumps(answer), 400 if media == RESPONSE else 200, media_type=media)


def _formatted(error: GraphQLError, request: HttpRequest) -> dict[str, Any]:
    """An error of an answer. An unexpected one is raised: the request as a whole failed by it."""
    cause = cause_of(error)
    if not isinstance(cause, GraphQLError):
        raise cause
    return format_error(cause, request)


def _never_ran(result: ExecutionResult) -> bool:
    """Whether the request was refused as a whole: an error of a field has a path."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


async def _execute(request: HttpRequest, asked: Request, who: Authenticated) -> ExecutionResult:
    context = _context(request, asked, who)
    reading = request.method == "GET"
    known = await answer_known(asked.query, asked.variables, context, reading=reading)
    if known is not None:
        return known
    try:
        return await SCHEMA.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            allowed_operation_types=READING if reading else ALL,
        )
    except InvalidOperationTypeError as error:
        raise _not_this_way(error, request.method) from None
    except CannotGetOperationTypeError as error:
        return ExecutionResult(data=None, errors=[GraphQLError(error.as_http_error_reason())])


def _context(request: HttpRequest, asked: Request, who: Authenticated) -> Context:
    state = request.app.state
    return Context(
        database=state.database,
        plans=state.plans,
        now=state.now(),
        viewer=who.viewer,
        operation_name=asked.operation_name,
        language=language_of(request.headers.get("accept-language")),
        sealer=state.sealer,
        public_url=state.public_url,
        photo_secret=state.photo_secret,
        flood=lambda code, uuid: waits(request, (OPENED_BY_ADDRESS, OPENED_BY_CODE), code, str(uuid)),
    )


def _not_this_way(error: InvalidOperationTypeError, method: str) -> HttpError:
    """Mutations by GET, and subscriptions without an event stream."""
    reason = error.as_http_error_reason(method)
    if error.operation_type is OperationType.SUBSCRIPTION:
        return HttpError(400, "USE_EVENT_STREAM", reason)
    return HttpError(405, "USE_POST", reason, {"Allow": "POST"})
