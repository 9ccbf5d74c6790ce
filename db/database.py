"""The connections of one process: one pool, whose connections are given out in the order of asking."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

import asyncpg

from db.sealing import Sealer
from db.transaction import Flood, Transaction
from rules.access import ANONYMOUS, Viewer

DEADLINE = 5.0
"""Seconds for everything that one request asks of the database, connecting included: people wait no longer, and a
phone sends again by itself (reliability, fault F5)."""
SETTINGS = {
    "application_name": "tunping",
    "timezone": "UTC",
    "jit": "off",
    # Before the deadline, so that a slow statement leaves a sound connection behind.
    "statement_timeout": "4500ms",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    # A plan is made once for a statement, not for each run: planning would cost more than most statements do.
    "plan_cache_mode": "force_generic_plan",
    # Answers are small, so that further processes do not pay; and what is read lies in memory or on flash.
    "max_parallel_workers_per_gather": "0",
    "random_page_cost": "1.1",
}
_CLOSE_WITHIN = 1.0
"""Seconds: nothing is at work any more, and a server that answers needs some milliseconds."""
_STATEMENTS = 500
"""Prepared statements that a connection keeps."""
_LOST = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""How a transaction ends that lost against another by chance, and may win when it is done again."""
TRIES = 3
JITTER = 0.05
"""The longest wait in seconds before another try: a few times what an act takes, so that two do not meet again."""

Result = TypeVar("Result")


class Unavailable(Exception):
    """The database did not answer in time, or the transaction lost every try; nothing was changed."""


class OutcomeUnknown(Exception):
    """The answer to COMMIT was lost: whether everything or nothing was done is not known."""


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that leaves nothing behind which a second round trip would have to reset."""

    def get_reset_query(self) -> str:
        """Nothing: a transaction is ended before its connection is given back."""
        return ""


_BREAKING = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, OutcomeUnknown)
_SOUND = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.RaiseError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.TransactionRollbackError,
)
"""Errors of a statement that leave its connection as good as before."""


@dataclass(frozen=True, slots=True)
class Database:
    """Opened when the server starts, closed when it stops."""

    url: str
    pool: Any
    turns: asyncio.Semaphore
    """One slot per pooled connection. asyncpg's own queue lets late comers pass those who wait."""

    @classmethod
    async def open(cls, url: str, size: int = 20) -> Self:
        """Connects; ``size`` is the most connections."""
        async with deadline():
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                server_settings=SETTINGS,
                statement_cache_size=_STATEMENTS,
                max_cacheable_statement_size=0,  # No limit: long statements cost most to plan.
                connection_class=Connection,
            )
        return cls(url, pool, asyncio.Semaphore(size))

    @asynccontextmanager
    async def connection(self, deadline: float | None = None) -> AsyncIterator[Any]:
        """A connection of the pool, in turn and at most until the deadline; raises Unavailable after it.

        One that broke is closed. Between the server's last message and the end of the stream asyncpg takes it for
        alive, and whoever got it next would wait for ever.
        """
        async with _within(deadline), self.turns, self.pool.acquire() as connection:
            try:
                yield connection
            except BaseException as error:
                if _broke(error):
                    connection.terminate()
                raise

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
        """Does work in one transaction and commits it; whatever it raises undoes all of it.

        Work that lost against another transaction is done again, three times in all. Raises Unavailable after the
        deadline, and OutcomeUnknown when the answer to COMMIT is lost. A command may set a longer ``deadline``.
        """
        async with _within(deadline):
            for attempt in range(1, TRIES + 1):
                try:
                    async with self.connection(deadline) as connection:
                        return await _commit(work, Transaction(connection, now, viewer, sealer, flood))
                except _LOST as error:
                    if attempt == TRIES:
                        raise Unavailable from error
                await asyncio.sleep(random.uniform(0, JITTER))  # noqa: S311  no secret
        raise AssertionError

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The one value of a query."""
        async with self.connection() as connection:
            return await connection.fetchval(query, *args)

    async def close(self) -> None:
        """Closes all connections; those that do not end are cut."""
        try:
            async with asyncio.timeout(_CLOSE_WITHIN):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()


def deadline() -> AbstractAsyncContextManager[None]:
    """Raises Unavailable when what is inside takes longer than a request may take."""
    return _within(None)


@asynccontextmanager
async def _within(seconds: float | None) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(DEADLINE if seconds is None else seconds):
            yield
    except TimeoutError as error:
        raise Unavailable from error


def _broke(error: BaseException) -> bool:
    """Whether a connection cannot be used any more after an error in its use."""
    if isinstance(error, asyncpg.PostgresError):
        return not isinstance(error, _SOUND)
    return isinstance(error, _BREAKING) or not isinstance(error, Exception)


async def _commit(work: Callable[[Transaction], Awaitable[Result]], transaction: Transaction) -> Result:
    """The only place that commits."""
    try:
        result = await work(transaction)
    except BaseException as error:
        if not _broke(error):
            await transaction.rollback()
        raise
    try:
        await transaction.commit()
    except BaseException as error:
        if _broke(error):
            raise OutcomeUnknown from error
        raise
    return result
