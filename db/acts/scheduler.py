"""Whether background work is alive: each pass leaves its time, and silence goes on the record once."""

from datetime import datetime, timedelta

from db import sql
from db.acts.journal import entry
from db.base import alias
from db.journal import Journal
from db.places import Community
from db.scheduler import SchedulerPass
from db.scope import Scope
from db.transaction import Transaction
from rules.journal import EntryKind

OVERDUE = "overdue"
"""The pass over what is overdue."""
LATE_AFTER = timedelta(minutes=5)
"""The longest silence that is not told: several passes, of which there is one a minute."""


async def record_pass(tx: Transaction) -> None:
    """Records that a pass was made; where the silence before it was noticed, the journal tells of its end too."""
    last = await _locked(tx)
    told = [] if last.late_since is None else await _entries(tx, EntryKind.SCHEDULER_BACK, last.late_since)
    last.passed_at, last.late_since = tx.now, None
    await tx.save(last, *told)


async def notice_silence(tx: Transaction) -> bool:
    """Puts on the record that no pass was made for too long, once for each silence; whether it did so now."""
    last = await _locked(tx)
    if last.late_since is not None or tx.now - last.passed_at <= LATE_AFTER:
        return False
    last.late_since = last.passed_at
    await tx.save(last, *await _entries(tx, EntryKind.SCHEDULER_LATE, last.passed_at))
    return True


async def _locked(tx: Transaction) -> SchedulerPass:
    """The time of the last pass; before the first one it is now, so that a first start is given its time."""
    await tx.rows(_begin)
    return await tx.get(SchedulerPass, lock=True, name=OVERDUE)


def _begin(_: Scope) -> sql.Insert:
    now = sql.parameter(lambda tx: tx.now, sql.INSTANT)
    return sql.insert(alias(SchedulerPass), {"name": OVERDUE, "passed_at": now}).on_conflict()


async def _entries(tx: Transaction, kind: EntryKind, since: datetime) -> list[Journal]:
    said = f"自 {since:%Y-%m-%d %H:%M} UTC 起"
    return [entry(tx, kind, community_id=each.id, note=said) for each in await tx.all(Community, order=("id",))]
