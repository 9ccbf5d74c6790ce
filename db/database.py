"""The connections of one process: a pool for compiled reads, and sessions for acts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

SETTINGS = {
    "application_name": "tunping",
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
}
READING = SETTINGS | {
    "plan_cache_mode": "force_generic_plan",
    "max_parallel_workers_per_gather": "0",
    "random_page_cost": "1.1",
}
"""A plan is made once for a statement and not for each run: planning would cost more than what most statements do.

Answers are small, so that further processes do not pay; and what is read lies in memory or on flash.
"""
CLOSE_WITHIN = 5.0
_SOUND = (asyncpg.DataError, asyncpg.QueryCanceledError, asyncpg.SyntaxOrAccessError, asyncpg.LockNotAvailableError)
"""Errors of a statement that leave its connection as good as before."""
COMMAND_WITHIN = 6.0
"""Seconds after which reading is given up on this side; the server's own limit should have come first."""
_STATEMENTS = 500
"""Prepared statements that a connection keeps."""


class Reader(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that only reads, and so leaves nothing behind that a second round trip would have to reset."""

    def get_reset_query(self) -> str:
        """Nothing."""
        return ""


class Turns(NamedTuple):
    """Of both kinds as many as there are connections.

    Whoever comes waits behind those who wait; the queues of the pools let them past, and some wait for ever so long.
    """

    reading: asyncio.Semaphore
    acting: asyncio.Semaphore


@dataclass(frozen=True, slots=True)
class Database:
    """Opened when the server starts, closed when it stops."""

    url: str
    pool: Any
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    turns: Turns

    @classmethod
    async def open(cls, url: str, size: int = 10) -> Self:
        """Connects; ``size`` is the most connections of each of the two kinds."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            server_settings=READING,
            statement_cache_size=_STATEMENTS,
            max_cacheable_statement_size=0,  # No limit: it is the long ones that are dear to plan.
            connection_class=Reader,
        )
        engine = create_async_engine(
            driver_url(url),
            pool_size=size,
            max_overflow=0,
            connect_args={"server_settings": SETTINGS, "command_timeout": COMMAND_WITHIN},
        )
        sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        return cls(url, pool, engine, sessions, Turns(asyncio.Semaphore(size), asyncio.Semaphore(size)))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Any]:
        """A connection of the pool for a moment.

        One that fails or takes too long is not given to anybody else: after the server's last word and before the
        end of the stream, asyncpg takes it for alive, and whoever gets it waits for ever.
        """
        async with asyncio.timeout(COMMAND_WITHIN), self.turns.reading, self.pool.acquire() as connection:
            try:
                yield connection
            except (OSError, TimeoutError, asyncio.CancelledError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                connection.terminate()
                raise
            except asyncpg.PostgresError as error:
                if not isinstance(error, _SOUND):
                    connection.terminate()
                raise

    @asynccontextmanager
    async def acting(self) -> AsyncIterator[AsyncSession]:
        """A session for the acts of one request; it is for them to commit."""
        async with self.turns.acting, self.sessions() as session:
            yield session

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The one value of a query."""
        async with self.reading() as connection:
            return await connection.fetchval(query, *args)

    async def close(self) -> None:
        """Lets go of all connections; those still at work after some seconds are cut."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()
        await self.engine.dispose()


def driver_url(url: str) -> str:
    """The URL as SQLAlchemy wants it."""
    scheme, rest = url.split("://", 1)
    return f"postgresql+asyncpg://{rest}" if scheme in {"postgres", "postgresql"} else url
