"""Notices when the background jobs have stopped. The server process checks, because a dead worker cannot."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from db.acts.scheduler import LATE_AFTER, OVERDUE, notice_silence
from db.database import Database
from db.scheduler import SchedulerPass

log = structlog.get_logger()

CHECK_EVERY = 30.0
"""Seconds: a fraction of the five minutes after which the jobs count as late (``LATE_AFTER``)."""


async def watch(database: Database, now: Callable[[], datetime]) -> None:
    """Checks periodically until it is cancelled."""
    while True:
        await asyncio.sleep(CHECK_EVERY)
        try:
            if await database.transact(notice_silence, now=now()):
                log.error("scheduler_late")
        except Exception as error:  # noqa: BLE001  the next check is due, whatever failed
            log.warning("silence_not_looked_at", error=type(error).__name__)


async def last_pass(database: Database, now: datetime) -> dict[str, object]:
    """When the jobs last ran, and whether that is too long ago, as ``/ready`` reports it."""
    last = await database.transact(lambda tx: tx.first(SchedulerPass, name=OVERDUE), now=now)
    passed_at = None if last is None else last.passed_at
    late = passed_at is not None and now - passed_at > LATE_AFTER
    return {"lastPassAt": passed_at.isoformat() if passed_at else None, "late": late}
