"""Notices when background work has stopped. The server looks: the worker cannot tell of its own death."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import structlog

from db.acts.scheduler import LATE_AFTER, OVERDUE, notice_silence
from db.database import Database
from db.scheduler import SchedulerPass

log = structlog.get_logger()

LOOK_EVERY = 30.0
"""Seconds: often enough beside the minutes of silence that are told."""


@asynccontextmanager
async def watching(database: Database, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Looks from time to time while the server runs."""
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
            if await database.transact(notice_silence, now=now()):
                log.error("scheduler_late")
        except Exception as error:  # noqa: BLE001  whatever one look fails of, the next one is due
            log.warning("silence_not_looked_at", error=type(error).__name__)


async def last_pass(database: Database, now: datetime) -> dict[str, object]:
    """When background work was last done, and whether that is too long ago."""
    last = await database.transact(lambda tx: tx.first(SchedulerPass, name=OVERDUE), now=now)
    passed_at = None if last is None else last.passed_at
    late = passed_at is not None and now - passed_at > LATE_AFTER
    return {"lastPassAt": passed_at.isoformat() if passed_at else None, "late": late}
