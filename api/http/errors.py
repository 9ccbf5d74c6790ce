"""Exceptions as clients see them: an expected one says what it is, any other is masked and logged."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import asyncpg
import orjson
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from api.http.languages import language_of
from api.http.media import JSON, RESPONSE
from api.logs import anonymous
from db.database import OutcomeUnknown, Unavailable
from rules.refusals import Code, Refusal

log = structlog.get_logger()

_AWAY = (
    Unavailable,
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_TOO_LONG = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError, TimeoutError)
_REFUSED = {Code.NOT_FOUND: 404, Code.NOT_ALLOWED: 403, Code.MALFORMED_ID: 400}
"""The statuses of refusals outside GraphQL. All others are 422: the request was understood."""


class HttpError(Exception):
    """A request that is refused before it becomes an operation."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


class Fault(NamedTuple):
    """What clients learn of an unexpected error. Only what is certain is said of what was changed."""

    status: int
    chinese: str
    english: str


FAULTS: dict[str, Fault] = {
    "TIMEOUT": Fault(
        504, "时间太长，已经中止，没有任何改动。", "This took too long and was stopped; nothing was changed."
    ),
    "UNAVAILABLE": Fault(503, "数据库没有应答，请再试一次。", "The database does not answer; try again."),
    "OUTCOME_UNKNOWN": Fault(
        503,
        "不知道是否已经办成，请用同一编号再发一次。",
        "It is not known whether this was done; send it again with the same id.",
    ),
    "INTERNAL": Fault(500, "服务器出了问题。", "Something went wrong on the server."),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception as an answer, whatever shape the answer has."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None
    """Of a fault: by this id it is found in the log."""

    @property
    def formatted(self) -> dict[str, Any]:
        """The error as GraphQL has it."""
        found = {"code": self.code}
        if self.request_id is not None:
            found["requestId"] = self.request_id
        return {"message": self.message, "extensions": found}


def failure_of(error: Exception, connection: HTTPConnection) -> Failure:
    """What a client is told of an exception."""
    language = language_of(connection.headers.get("accept-language"))
    if isinstance(error, HttpError):
        return Failure(error.status, error.code, error.message, error.headers)
    if isinstance(error, Refusal):
        return Failure(_REFUSED.get(error.code, 422), error.code, error.message(language))
    code, request_id = fault_code(error), connection.state.request_id
    if code == "INTERNAL":
        log.error("internal_error", request_id=request_id, **anonymous(error))
    elif code != "TIMEOUT":
        log.warning("database_unavailable", request_id=request_id, error=type(error).__name__)
    fault = FAULTS[code]
    headers = {"Retry-After": "1"} if fault.status == 503 else {}  # noqa: PLR2004  service unavailable
    message = fault.english if language == "en" else fault.chinese
    return Failure(fault.status, code, message, headers, request_id)


def fault_code(error: Exception) -> str:
    """The name of an unexpected error."""
    if isinstance(error, OutcomeUnknown):
        return "OUTCOME_UNKNOWN"
    if isinstance(error, _TOO_LONG):
        return "TIMEOUT"
    return "UNAVAILABLE" if isinstance(error, _AWAY) else "INTERNAL"


def format_error(error: Exception, connection: HTTPConnection) -> dict[str, Any]:
    """One error of a GraphQL answer."""
    cause = cause_of(error)
    if not isinstance(cause, GraphQLError):
        return failure_of(cause, connection).formatted
    formatted: dict[str, Any] = dict(cause.formatted)
    default = "GRAPHQL_PARSE_FAILED" if isinstance(cause, GraphQLSyntaxError) else "GRAPHQL_VALIDATION_FAILED"
    formatted["extensions"] = {"code": default, **(cause.extensions or {})}
    return formatted


def cause_of(error: Exception) -> Exception:
    """The exception that graphql-core wrapped, if it did; a GraphQL error otherwise stands for itself."""
    cause = error.original_error if isinstance(error, GraphQLError) else None
    return error if cause is None or isinstance(cause, GraphQLError) else cause


Shape: TypeAlias = Callable[[Request, Failure], Response]
"""Writes a failure for one kind of client."""


def as_json(request: Request, failure: Failure) -> Response:
    """As GraphQL over HTTP writes errors; photos and papers do likewise."""
    media = RESPONSE if RESPONSE in request.headers.get("accept", "") else JSON
    content = orjson.dumps({"errors": [failure.formatted]})
    return Response(content, failure.status, failure.headers, media)


def answer_with(shapes: Mapping[str, Shape]) -> Callable[[Any, Exception], Awaitable[Response | None]]:
    """The handler of all exceptions; a shape is found by the first part of the path, and is JSON by default."""

    async def answer(connection: Request | WebSocket, error: Exception) -> Response | None:
        failure = failure_of(error, connection)
        if isinstance(connection, WebSocket):
            with suppress(RuntimeError):  # It may be closed already.
                await connection.close(1011)
            return None
        return shapes.get(connection.url.path.split("/")[1], as_json)(connection, failure)

    return answer
