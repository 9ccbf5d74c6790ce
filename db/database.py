"""The connection pool of a process, and the transactions that run on it."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar

import asyncpg

from db.flood import Flood
from db.logins import STAFF, Login, login_url, quoted, role_of
from db.pool import STALE, Broken, Connection, Pool, is_broken
from db.sealing import Sealer
from db.transaction import Transaction
from rules.access import ANONYMOUS, Viewer

DEADLINE = 5.0
"""Seconds for all database work of a request, including the wait for a connection. A compromise between letting a slow
request finish and keeping the person and the phone waiting (docs/decisions/0007)."""
WAIT = 0.5
"""The part of the deadline for which a request waits for a connection. Who gets one later would be cut off in the
middle of the work, and its connection with it. The new one prepares every statement again, so that those behind come
too late as well: behind a lost network 50 acts a second were not answered for minutes (bench/fleet.py)."""
TRIES = 3
"""Attempts at a transaction that loses to others. Several losses in a row mean overload, which retries make worse."""
JITTER = 0.05
"""The longest wait in seconds before a retry: some tens of acts, so that two losers do not collide again."""
_LOST = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
"""Errors of a transaction that lost to another one and may succeed when it is retried."""

Result = TypeVar("Result")


class Unavailable(Exception):
    """The deadline has passed, or every attempt lost to other transactions. Nothing was changed."""


class OutcomeUnknown(Broken):
    """The connection broke during COMMIT. Either everything or nothing was committed."""


@dataclass(frozen=True, slots=True)
class Database:
    """A pool of connections, opened when the process starts and closed when it stops."""

    url: str
    """With the login of the pool."""
    _pool: Pool
    walled: bool
    """True if row-level security limits what is read to what a viewer may see."""
    _staff: str | None
    """The role for reading as a community's staff."""

    @classmethod
    async def open(cls, url: str, size: int = 20, login: Login = Login.APPLICATION) -> Self:
        """Connects with a login of the owner's URL, with at most ``size`` connections."""
        own = login_url(url, login)
        walled = login is Login.APPLICATION
        database = cls(own, Pool(own, size), walled, quoted(role_of(url, STAFF)) if walled else None)
        async with database.connection():
            return database

    @asynccontextmanager
    async def connection(self, deadline: float | None = None) -> AsyncIterator[Connection]:
        """A connection from the pool. Raises Unavailable after ``deadline`` seconds (5 by default)."""
        async with within_deadline(deadline), self._pool.lease(within=_wait(deadline)) as connection:
            yield connection

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
        latest: Transaction | None = None

        def begin(connection: Connection) -> Transaction:
            nonlocal latest
            latest = Transaction(connection, now, viewer, sealer, flood, walled=self.walled)
            return latest

        try:
            async with asyncio.timeout(_seconds(deadline)):
                return await self._retried(work, begin, _wait(deadline))
        except TimeoutError as error:
            if latest is not None and latest.committing:
                raise OutcomeUnknown from error
            raise Unavailable from error

    async def _retried(
        self, work: Callable[[Transaction], Awaitable[Result]], begin: Callable[[Connection], Transaction], wait: float
    ) -> Result:
        for attempt in range(1, TRIES + 1):
            try:
                async with self._pool.lease(within=wait) as connection:
                    return await _on_fresh_statements(lambda: _commit(work, begin(connection)))
            except _LOST as error:
                if attempt == TRIES:
                    raise Unavailable from error
            await asyncio.sleep(random.uniform(0, JITTER))  # noqa: S311  no secret
        raise AssertionError  # The last attempt returns or raises.

    async def fetchval(self, query: str, *args: Any, by_place: bool = False) -> Any:
        """The first value of a query. ``by_place`` is for a community's staff, who see what is in their places."""
        # Most requests are one query, so this saves the layers of connection().
        try:
            role = self._staff if by_place else None
            async with asyncio.timeout(DEADLINE), self._pool.lease(role, _wait()) as connection:
                return await connection.fetchval(query, *args)
        except TimeoutError as error:
            raise Unavailable from error

    async def close(self) -> None:
        """Closes all connections."""
        await self._pool.close()


def _seconds(deadline: float | None) -> float:
    return DEADLINE if deadline is None else deadline


def _wait(deadline: float | None = None) -> float:
    return WAIT * _seconds(deadline)


@asynccontextmanager
async def within_deadline(seconds: float | None = None) -> AsyncIterator[None]:
    """Raises Unavailable if the block takes longer than ``seconds``, by default :data:`DEADLINE`."""
    try:
        async with asyncio.timeout(_seconds(seconds)):
            yield
    except TimeoutError as error:
        raise Unavailable from error


async def _on_fresh_statements(run: Callable[[], Awaitable[Result]]) -> Result:
    """Runs a transaction again if a statement was prepared before a table changed, such as the type of a column.

    Outside a transaction asyncpg prepares it anew by itself. Here the transaction has failed with the statement.
    """
    try:
        return await run()
    except STALE:
        return await run()


async def _commit(work: Callable[[Transaction], Awaitable[Result]], transaction: Transaction) -> Result:
    """Runs the work and commits. No other function commits.

    A task that is cancelled meanwhile ends as cancelled: a loop would take another error for a reason to go on.
    """
    try:
        result = await work(transaction)
    except BaseException as error:
        if not is_broken(error):
            await transaction.rollback()
        raise
    transaction.committing = True
    try:
        await transaction.commit()
    except Exception as error:
        transaction.committing = False
        if is_broken(error):
            raise OutcomeUnknown from error
        raise
    return result
