"""Reads revoked sessions and disabled accounts from the database, and ends their tokens and sockets in this process."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from api.http.endings import Endings
from db.database import Database
from db.endings import read_endings

log = structlog.get_logger()

READ_EVERY = 2.0
"""Seconds: an ending takes effect within five, also if one reading is slow."""


async def follow(database: Database, endings: Endings, now: Callable[[], datetime]) -> None:
    """Reads periodically until it is cancelled. While the database is away, what is known holds."""
    while True:
        try:
            await read(database, endings, now())
        except Exception as error:  # noqa: BLE001  the next reading is due, whatever failed
            log.warning("endings_not_read", error=type(error).__name__)
        await asyncio.sleep(READ_EVERY)


async def read(database: Database, endings: Endings, now: datetime) -> None:
    """Reads once."""
    async with database.connection() as connection:
        found = await read_endings(connection, now - endings.remembered)
    endings.learn(found.sessions, found.disabled, now)
