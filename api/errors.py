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
    reason = _database_error(cause)
    if isinstance(reason, _TOO_LONG):
        return _masked(error, "TIMEOUT", "This took too long and was stopped; nothing was changed.", request_id)
    if isinstance(reason, _AWAY):
        log.warning("database_unavailable", request_id=request_id, error=type(reason).__name__)
        return _masked(error, "UNAVAILABLE", "The database does not answer; try again.", request_id)
    log.error("internal_error", request_id=request_id, **anonymous(cause))
    return _masked(error, "INTERNAL", "Something went wrong on the server; nothing was changed.", request_id)


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
