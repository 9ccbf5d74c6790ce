"""Exceptions as clients see them: expected errors are described, all others are masked and logged."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
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
from rules.refusals import MESSAGE, Code, Refusal, Said, written
from schema.compiler.refused import RequestError
from schema.languages import ENGLISH, into, message_of, translated

log = structlog.get_logger()

_UNAVAILABLE = (
    Unavailable,
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_TIMEOUT = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError, TimeoutError)
_STATUSES = {Code.NOT_FOUND: 404, Code.NOT_ALLOWED: 403, Code.MALFORMED_ID: 400}
"""HTTP statuses of refusals outside GraphQL. All others are 422."""


class HttpError(Exception):
    """An error as an answer, in any format. A text of our own is in English, until it is told to a client."""

    request_id: str | None = None
    """Set for faults: the id under which the error is in the log."""

    def __init__(self, status: int, code: str, said: str | Said, headers: Mapping[str, str] | None = None) -> None:
        self.said = said
        self.message = self.in_words(ENGLISH)
        super().__init__(self.message)
        self.status = status
        self.code = code
        self.headers = headers or {}

    def in_words(self, language: str) -> str:
        """The message in a language."""
        return str(written(self.said, into(language)))

    @property
    def formatted(self) -> dict[str, Any]:
        """The error in GraphQL's format."""
        extensions = {"code": self.code}
        if self.request_id is not None:
            extensions["requestId"] = self.request_id
        return {"message": self.message, "extensions": extensions}


class PhotoStoreError(OSError):
    """The photo store failed: a full disk, a closed folder, or an object store that is away."""


class Fault(NamedTuple):
    """The answer to an unexpected error. It says "nothing was changed" only where the transaction rolled back."""

    status: int
    message: str

    def in_language(self, language: str) -> str:
        """The message."""
        return translated(language, MESSAGE, self.message)


FAULTS: dict[str, Fault] = {
    "TIMEOUT": Fault(504, "处理时间过长，已经中止，没有任何改动。"),
    "UNAVAILABLE": Fault(503, "数据库没有应答，请再试一次。"),
    "OUTCOME_UNKNOWN": Fault(503, "结果未知，请用同一编号重发。"),
    "BUSY": Fault(503, "现在人多，服务器忙不过来，请稍后再试。"),
    "INTERNAL": Fault(500, "服务器出了问题。"),
}
_OF_GRAPHQL = {
    "GRAPHQL_PARSE_FAILED": Fault(400, "查询文档有语法错误：{detail}"),
    "GRAPHQL_VALIDATION_FAILED": Fault(400, "查询文档与接口定义不符：{detail}"),
    "INVALID_VARIABLES": Fault(400, "变量与接口定义不符：{detail}"),
}
"""Sentences that introduce a message of graphql-core. Those messages are for developers, in English."""
_NO_PHOTOS = Fault(503, "照片暂时无法存取，请再试一次。")
"""Told as UNAVAILABLE too."""


def http_error(error: Exception, connection: HTTPConnection) -> HttpError:
    """The answer to an exception. Unexpected ones are logged without their message."""
    language = language_of(connection)
    if isinstance(error, HttpError):
        error.message = error.in_words(language)
        return error
    if isinstance(error, Refusal):
        return HttpError(_STATUSES.get(error.code, 422), error.code, message_of(error, language))
    code, request_id = _fault_code(error), connection.state.request_id
    if code == "INTERNAL":
        log.error("internal_error", request_id=request_id, **anonymous(error))
    elif isinstance(error, PhotoStoreError):
        log.warning("photo_store_unavailable", request_id=request_id, error=str(error))
    elif code != "TIMEOUT":
        log.warning("database_unavailable", request_id=request_id, error=type(error).__name__)
    fault = _NO_PHOTOS if isinstance(error, PhotoStoreError) else FAULTS[code]
    headers = {"Retry-After": "1"} if fault.status == 503 else {}  # noqa: PLR2004  service unavailable
    found = HttpError(fault.status, code, fault.in_language(language), headers)
    found.request_id = request_id
    return found


def _fault_code(error: Exception) -> str:
    if isinstance(error, OutcomeUnknown):
        return "OUTCOME_UNKNOWN"
    if isinstance(error, _TIMEOUT):
        return "TIMEOUT"
    return "UNAVAILABLE" if isinstance(error, _UNAVAILABLE) else "INTERNAL"


def format_error(error: Exception, connection: HTTPConnection) -> dict[str, Any]:
    """One error of a GraphQL answer."""
    cause = cause_of(error)
    if not isinstance(cause, GraphQLError):
        return http_error(cause, connection).formatted
    formatted: dict[str, Any] = dict(cause.formatted)
    default = "GRAPHQL_PARSE_FAILED" if isinstance(cause, GraphQLSyntaxError) else "GRAPHQL_VALIDATION_FAILED"
    formatted["extensions"] = {"code": default, **(cause.extensions or {})}
    language = language_of(connection)
    if isinstance(cause, RequestError):
        formatted["message"] = cause.in_words(language)
    elif (whole := _OF_GRAPHQL.get(formatted["extensions"]["code"])) is not None:
        formatted["message"] = str(written(Said(whole.message, {"detail": cause.message}), into(language)))
    return formatted


def cause_of(error: Exception) -> Exception:
    """The exception that graphql-core wrapped, or the error itself."""
    cause = error.original_error if isinstance(error, GraphQLError) else None
    return error if cause is None or isinstance(cause, GraphQLError) else cause


Format: TypeAlias = Callable[[Request, HttpError], Response]
"""Writes an error for one kind of client."""


def as_json(request: Request, error: HttpError) -> Response:
    """The format of GraphQL over HTTP. Photos and papers use it too."""
    media = RESPONSE if RESPONSE in request.headers.get("accept", "") else JSON
    return Response(orjson.dumps({"errors": [error.formatted]}), error.status, error.headers, media)


def answer_with(formats: Mapping[str, Format]) -> Callable[[Any, Exception], Awaitable[Response | None]]:
    """The handler of all exceptions. The first part of the path selects the format; JSON is the default."""

    async def answer(connection: Request | WebSocket, error: Exception) -> Response | None:
        found = http_error(error, connection)
        if isinstance(connection, WebSocket):
            with suppress(RuntimeError):  # It may be closed already.
                await connection.close(1011)
            return None
        return formats.get(connection.scope["path"].split("/")[1], as_json)(connection, found)

    return answer
