"""Notices when background work has stopped: the server looks, for the worker cannot tell of its own death."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import structlog

from db.acts.scheduler import LATE_AFTER, notice_silence
from db.database import Database

log = structlog.get_logger()

LOOK_EVERY = 30.0


@asynccontextmanager
async def watching(database: Database, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Looks now and then while the server runs."""
    task = asyncio.create_task(_watch(database, now))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(database: Database, now: Callable[[], datetime]) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            async with database.sessions.begin() as session:
                if await notice_silence(session, now()):
                    log.error("scheduler_late")
        except Exception as error:  # noqa: BLE001  it looks again
            log.warning("silence_not_looked_at", error=type(error).__name__)


async def last_pass(database: Database, now: datetime) -> dict[str, object]:
    """When background work was last done, and whether that is too long ago."""
    passed_at = await database.pool.fetchval("select passed_at from scheduler_pass", timeout=2)
    late = passed_at is not None and now - passed_at > LATE_AFTER
    return {"lastPassAt": passed_at.isoformat() if passed_at else None, "late": late}
