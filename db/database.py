"""The connections of one process: a pool for compiled reads, and sessions for acts."""

from dataclasses import dataclass
from typing import Any, Self

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
_STATEMENTS = 500
"""Prepared statements that a connection keeps."""


@dataclass(frozen=True, slots=True)
class Database:
    """Opened when the server starts, closed when it stops."""

    url: str
    pool: Any
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]

    @classmethod
    async def open(cls, url: str, size: int = 10) -> Self:
        """Connects; ``size`` is the most connections of each of the two kinds."""
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=size, server_settings=SETTINGS, statement_cache_size=_STATEMENTS
        )
        engine = create_async_engine(
            driver_url(url),
            pool_size=size,
            max_overflow=0,
            connect_args={"server_settings": SETTINGS},
        )
        return cls(url, pool, engine, async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False))

    async def close(self) -> None:
        """Lets go of all connections."""
        await self.pool.close()
        await self.engine.dispose()


def driver_url(url: str) -> str:
    """The URL as SQLAlchemy wants it."""
    scheme, rest = url.split("://", 1)
    return f"postgresql+asyncpg://{rest}" if scheme in {"postgres", "postgresql"} else url
