"""Errors as clients see them: what is expected has a code, everything else is masked and logged."""

from typing import Any

import asyncpg
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.logs import anonymous

log = structlog.get_logger()

_AWAY = (
    OSError,
    PoolTimeout,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_FAULTS = {
    "TIMEOUT": "This took too long and was stopped; nothing was changed.",
    "UNAVAILABLE": "The database does not answer; try again.",
    "INTERNAL": "Something went wrong on the server; nothing was changed.",
}
_TOO_LONG = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError, TimeoutError)


class HttpError(Exception):
    """A request that never becomes an operation."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.body = {"errors": [{"message": message, "extensions": {"code": code}}]}


def as_graphql_error(error: Exception) -> GraphQLError:
    """Any exception as the error of an answer."""
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)


def format_error(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """One error of an answer."""
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        return _fault(error, cause, request_id)
    formatted: dict[str, Any] = dict(error.formatted)
    default = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "GRAPHQL_VALIDATION_FAILED"
    formatted["extensions"] = {"code": default, **(error.extensions or {})}
    return formatted


def _fault(error: GraphQLError, cause: Exception, request_id: str) -> dict[str, Any]:
    code = fault_code(cause, request_id)
    return _masked(error, code, _FAULTS[code], request_id)


def fault_code(cause: Exception, request_id: str) -> str:
    """What an unexpected error is called, which is all that a client learns of it; the rest is logged."""
    reason = _database_error(cause)
    if isinstance(reason, _TOO_LONG):
        return "TIMEOUT"
    if isinstance(reason, _AWAY):
        log.warning("database_unavailable", request_id=request_id, error=type(reason).__name__)
        return "UNAVAILABLE"
    log.error("internal_error", request_id=request_id, **anonymous(cause))
    return "INTERNAL"


def _database_error(cause: Exception) -> BaseException:
    """asyncpg's own error under SQLAlchemy's wrapping."""
    if isinstance(cause, DBAPIError) and cause.orig is not None:
        return cause.orig.__cause__ or cause.orig
    return cause


def _masked(error: GraphQLError, code: str, message: str, request_id: str) -> dict[str, Any]:
    masked: dict[str, Any] = {"message": message, "extensions": {"code": code, "requestId": request_id}}
    if error.path:
        masked["path"] = error.path
    return masked
