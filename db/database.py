"""The connection pool of a process, and the transactions that run on it."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

import asyncpg
from asyncpg.connection import _StatementCache

from db.logins import Login, login_url
from db.sealing import Sealer
from db.transaction import Flood, Transaction
from rules.access import ANONYMOUS, Viewer

DEADLINE = 5.0
"""Seconds for all database work of a request, including the wait for a connection. A compromise between letting a slow
request finish and keeping the person and the phone waiting (docs/decisions/0007)."""
SETTINGS = {
    "application_name": "tunping",
    "timezone": "UTC",
    "bytea_output": "hex",  # The links of the record depend on it, as they do on the time zone.
    "jit": "off",
    # Shorter than the deadline, so that PostgreSQL cancels a slow statement and the connection stays usable.
    "statement_timeout": "4500ms",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    # Planning costs more than most statements do (docs/decisions/0002).
    "plan_cache_mode": "force_generic_plan",
    # Answers are too small for parallel workers.
    "max_parallel_workers_per_gather": "0",
    # The data is in memory or on flash, where random reads cost about as much as sequential ones.
    "random_page_cost": "1.1",
}
TRIES = 3
"""Attempts at a transaction that loses to others. Several losses in a row mean overload, which retries make worse."""
JITTER = 0.05
"""The longest wait in seconds before a retry: some tens of acts, so that two losers do not collide again."""
_CLOSE_TIMEOUT = 1.0
"""Seconds for closing the pool. A reachable server needs milliseconds."""
_PREPARED = 400_000
"""Characters of the prepared statements that a connection keeps. PostgreSQL needs up to 100 bytes for each."""
_LOST = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""Errors of a transaction that lost to another one and may succeed when it is retried."""

Result = TypeVar("Result")


class Unavailable(Exception):
    """The deadline has passed, or every attempt lost to other transactions. Nothing was changed."""


class OutcomeUnknown(Exception):
    """The connection broke during COMMIT. Either everything or nothing was committed."""


class _Prepared(_StatementCache):  # type: ignore[misc]  # asyncpg has no types
    """asyncpg's cache of prepared statements, bounded by the length of their texts instead of their number."""

    __slots__ = ()

    def _maybe_cleanup(self) -> None:
        """Drops the statements that were not used for longest. asyncpg is about to run the latest one."""
        length = sum(len(text) for text, *_ in self._entries)
        while length > self._max_size and len(self._entries) > 1:
            (text, *_), entry = self._entries.popitem(last=False)
            length -= len(text)
            self._clear_entry_callback(entry)
            self._on_remove(entry._statement)


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that is returned to the pool without a reset, which would cost a round trip."""

    _stmt_cache: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        counting = self._stmt_cache
        self._stmt_cache = _Prepared(
            loop=counting._loop,
            max_size=counting._max_size,
            on_remove=counting._on_remove,
            max_lifetime=counting._max_lifetime,
        )

    async def reset(self, **_: Any) -> None:
        """Does nothing: every transaction ends before its connection is returned, and no listener is added."""


_BROKEN = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, OutcomeUnknown)
"""Errors of a connection that must not be used again."""
_USABLE = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.RaiseError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.TransactionRollbackError,
)
"""Errors of a statement after which its connection can still be used."""


@dataclass(frozen=True, slots=True)
class Database:
    """A pool of connections, opened when the process starts and closed when it stops."""

    url: str
    """With the login of the pool."""
    pool: Any
    turns: asyncio.Semaphore
    """One slot per pooled connection, given out in the order of arrival. The pool's own queue lets latecomers pass."""
    walled: bool
    """True if row-level security limits what is read to what a viewer may see."""

    @classmethod
    async def open(cls, url: str, size: int = 20, login: Login = Login.APPLICATION) -> Self:
        """Connects with a login of the owner's URL, with at most ``size`` connections."""
        own = login_url(url, login)
        async with within_deadline():
            pool = await asyncpg.create_pool(
                own,
                min_size=1,
                max_size=size,
                server_settings=SETTINGS,
                statement_cache_size=_PREPARED,
                max_cacheable_statement_size=0,  # No limit: long statements are the most expensive to plan.
                connection_class=Connection,
            )
        return cls(own, pool, asyncio.Semaphore(size), login is Login.APPLICATION)

    @asynccontextmanager
    async def connection(self, deadline: float | None = None) -> AsyncIterator[Any]:
        """A connection from the pool; raises Unavailable after ``deadline`` seconds.

        A broken connection is closed at once. asyncpg notices the loss only at the end of the stream, and until then
        the pool would hand it out to requests that hang.
        """
        async with within_deadline(deadline), self.turns:
            connection = await self.pool.acquire()
            try:
                yield connection
            except BaseException as error:
                if _is_broken(error):
                    # asyncpg may have removed a lost connection from the pool, and raises InterfaceError then.
                    with suppress(asyncpg.InterfaceError):
                        connection.terminate()
                raise
            finally:
                await self._give_back(connection)

    async def _give_back(self, pooled: Any) -> None:
        """Returns a connection to the pool, without asyncpg's task if there is nothing to wait for."""
        connection = pooled._con
        if connection is None or connection.is_closed() or connection._protocol._is_cancelling():
            await self.pool.release(pooled)
        else:
            connection._on_release()
            await pooled._holder.release(None)

    async def transact(
        self,
        work: Callable[[Transaction], Awaitable[Result]],
        viewer: Viewer = ANONYMOUS,
        *,
        now: datetime,
        sealer: Sealer | None = None,
        flood: Flood | None = None,
        deadline: float | None = None,
    ) -> Result:
        """Runs ``work`` in one transaction and commits it. An exception from ``work`` rolls everything back.

        After a deadlock or a serialization failure the work is retried, up to three attempts in all, so it must not
        call anything outside the database. Raises Unavailable after ``deadline`` seconds (5 by default), and
        OutcomeUnknown if the connection breaks during COMMIT.
        """
        committed: list[Result] = []
        try:
            async with within_deadline(deadline):
                for attempt in range(1, TRIES + 1):
                    try:
                        async with self.connection(deadline) as connection:
                            transaction = Transaction(connection, now, viewer, sealer, flood, walled=self.walled)
                            committed.append(await _commit(work, transaction))
                        break
                    except _LOST as error:
                        if attempt == TRIES:
                            raise Unavailable from error
                    await asyncio.sleep(random.uniform(0, JITTER))  # noqa: S311  no secret
        except Exception:
            # After the commit only the return of the connection can fail, and the result is valid.
            if not committed:
                raise
        return committed[0]

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first value of a query."""
        async with self.connection() as connection:
            return await connection.fetchval(query, *args)

    async def close(self) -> None:
        """Closes all connections. Those that do not close in time are terminated."""
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()


@asynccontextmanager
async def within_deadline(seconds: float | None = None) -> AsyncIterator[None]:
    """Raises Unavailable if the block takes longer than ``seconds``, by default :data:`DEADLINE`."""
    try:
        async with asyncio.timeout(DEADLINE if seconds is None else seconds):
            yield
    except TimeoutError as error:
        raise Unavailable from error


def _is_broken(error: BaseException) -> bool:
    if isinstance(error, asyncpg.PostgresError):
        return not isinstance(error, _USABLE)
    return isinstance(error, _BROKEN) or not isinstance(error, Exception)


async def _commit(work: Callable[[Transaction], Awaitable[Result]], transaction: Transaction) -> Result:
    """Runs the work and commits. No other function commits."""
    try:
        result = await work(transaction)
    except BaseException as error:
        if not _is_broken(error):
            await transaction.rollback()
        raise
    try:
        await transaction.commit()
    except BaseException as error:
        if _is_broken(error):
            raise OutcomeUnknown from error
        raise
    return result
