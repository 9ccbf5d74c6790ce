"""Notices when background work is late. The server process checks, because a dead worker cannot."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from db.acts.scheduler import LATE_AFTER, OVERDUE, notice_silence
from db.database import Database
from db.messages import oldest_message
from db.positions import oldest_unplaced
from db.pushing import oldest_push
from db.record import oldest_pending
from db.scheduler import SchedulerPass
from db.transaction import Transaction
from db.webhooks import oldest_webhook

log = structlog.get_logger()

CHECK_EVERY = 30.0
"""Seconds: a fraction of the five minutes after which the jobs count as late (``LATE_AFTER``)."""
FEED_LATE_AFTER = timedelta(seconds=30)
"""Positions are given within a second. An import's entries wait since its transaction began."""


async def watch(database: Database, now: Callable[[], datetime]) -> None:
    """Checks periodically until it is cancelled."""
    while True:
        await asyncio.sleep(CHECK_EVERY)
        try:
            if await database.transact(notice_silence, now=now()):
                log.error("scheduler_late")
        except Exception as error:  # noqa: BLE001  the next check is due, whatever failed
            log.warning("silence_not_looked_at", error=type(error).__name__)


async def lateness(database: Database, now: datetime, *, sends_messages: bool, sends_pushes: bool) -> dict[str, object]:
    """The state of the background work for ``/ready``: since when each kind waits, and whether it is late.

    Without a gateway messages wait for ever, and are not late. Neither are pushes without a key or a gateway.
    """

    async def look(tx: Transaction) -> tuple[datetime | None, ...]:
        last = await tx.first(SchedulerPass, name=OVERDUE)
        passed_at = None if last is None else last.passed_at
        return passed_at, *[
            await tx.value(each)
            for each in (oldest_message, oldest_push, oldest_webhook, oldest_pending, oldest_unplaced)
        ]

    passed_at, message, push, webhook, pending, unplaced = await database.transact(look, now=now)
    return {
        "scheduler": {"lastPassAt": _text(passed_at), "late": _is_late(passed_at, now)},
        "messages": {"waitingSince": _text(message), "late": sends_messages and _is_late(message, now)},
        "pushes": {"waitingSince": _text(push), "late": sends_pushes and _is_late(push, now)},
        "webhooks": {"waitingSince": _text(webhook), "late": _is_late(webhook, now)},
        "feed": {"waitingSince": _text(unplaced), "late": _is_late(unplaced, now, FEED_LATE_AFTER)},
        "record": {"waitingSince": _text(pending), "late": _is_late(pending, now)},
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _is_late(since: datetime | None, now: datetime, after: timedelta = LATE_AFTER) -> bool:
    return since is not None and now - since > after
