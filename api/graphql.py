"""GraphQL over HTTP: one endpoint for queries and mutations, and subscriptions as server-sent events."""

from typing import Any
from uuid import uuid4

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

from api.auth import Authenticated, TokenError
from api.errors import HttpError, as_graphql_error, format_error
from api.events import stream
from api.floods import OPENED_BY_ADDRESS, OPENED_BY_CODE, waits
from api.languages import language_of
from api.requests import EVENTS, JSON, RESPONSE, accepted_type, read_request
from schema.context import Context
from schema.execution import answer_known
from schema.live import Request
from schema.schema import SCHEMA

READING = frozenset({OperationType.QUERY})
ALL = READING | {OperationType.MUTATION}


async def graphql(request: HttpRequest) -> Response:
    """POST, or GET for queries alone."""
    request_id = uuid4().hex
    try:
        media = accepted_type(request)
        asked = await read_request(request, request.app.state.body_limit)
        who = authenticated(request)
    except HttpError as error:
        return refused(error, request_id, RESPONSE if RESPONSE in request.headers.get("accept", "") else JSON)
    if media == EVENTS:
        language = language_of(request.headers.get("accept-language"))
        return await stream(request.app.state, asked, who, language, request_id)
    return await _answer(request, asked, who, media, request_id)


def refused(error: HttpError, request_id: str, media: str) -> Response:
    """The answer to a request that never becomes an operation."""
    return Response(orjson.dumps(error.body), error.status, {**error.headers, "X-Request-Id": request_id}, media)


def authenticated(request: HttpRequest) -> Authenticated:
    """Whom the request's header speaks for."""
    state = request.app.state
    try:
        found: Authenticated = state.authenticator.viewer_from_header(request.headers.get("authorization"), state.now())
    except TokenError as error:
        raise HttpError(401, error.code, error.message, WWW_Authenticate="Bearer") from None
    return found


async def _answer(request: HttpRequest, asked: Request, who: Authenticated, media: str, request_id: str) -> Response:
    headers = {"X-Request-Id": request_id}
    try:
        result = await _execute(request, asked, who)
    except InvalidOperationTypeError as error:
        return refused(_not_this_way(error, request.method), request_id, media)
    except CannotGetOperationTypeError as error:
        result = ExecutionResult(data=None, errors=[GraphQLError(error.as_http_error_reason())])
    errors = [format_error(error, request_id) for error in result.errors or ()]
    answer: dict[str, Any] = {"errors": errors} if errors else {}
    if not _never_ran(result):
        return Response(orjson.dumps(answer | {"data": result.data}), 200, headers, media)
    status = _STATUS.get(errors[0]["extensions"]["code"], 400) if media == RESPONSE else 200
    return Response(orjson.dumps(answer), status, headers, media)


def masked(error: Exception, request_id: str) -> Response:
    """The answer where something unexpected happened outside of an operation."""
    formatted = format_error(as_graphql_error(error), request_id)
    status = _STATUS.get(formatted["extensions"]["code"], 500)
    return Response(orjson.dumps({"errors": [formatted]}), status, {"X-Request-Id": request_id}, JSON)


_STATUS = {"INTERNAL": 500, "UNAVAILABLE": 503, "TIMEOUT": 504}


def _never_ran(result: ExecutionResult) -> bool:
    """Whether the request was refused as a whole: an error of a field has a path."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


def _not_this_way(error: InvalidOperationTypeError, method: str) -> HttpError:
    """Mutations by GET, and subscriptions without an event stream."""
    reason = error.as_http_error_reason(method)
    if error.operation_type is OperationType.SUBSCRIPTION:
        return HttpError(400, "USE_EVENT_STREAM", reason)
    return HttpError(405, "USE_POST", reason, Allow="POST")


async def _execute(request: HttpRequest, asked: Request, who: Authenticated) -> ExecutionResult:
    state = request.app.state
    context = Context(
        database=state.database,
        plans=state.plans,
        now=state.now(),
        viewer=who.viewer,
        operation_name=asked.operation_name,
        language=language_of(request.headers.get("accept-language")),
        sealer=state.sealer,
        public_url=state.public_url,
        photo_secret=state.photo_secret,
        waits=lambda code, uuid: waits(request, (OPENED_BY_ADDRESS, OPENED_BY_CODE), code, str(uuid)),
    )
    known = await answer_known(asked.query, asked.variables, context)
    if known is not None:
        return known
    return await SCHEMA.execute(
        asked.query,
        variable_values=asked.variables,
        context_value=context,
        operation_name=asked.operation_name,
        allowed_operation_types=READING if request.method == "GET" else ALL,
    )
