"""The heartbeat of the background jobs. Each pass records its time, and a silence is journaled once."""

from datetime import datetime, timedelta

from db.acts.journal import entry
from db.journal import Journal
from db.places import Community
from db.scheduler import SchedulerPass
from db.transaction import Transaction
from rules.journal import EntryKind

OVERDUE = "overdue"
"""The name of the pass over overdue cases."""
LATE_AFTER = timedelta(minutes=5)
"""The longest time without a pass that is not journaled: five passes, of which there is one a minute. Text messages
and webhooks that wait longer count as late too."""


async def record_pass(tx: Transaction) -> None:
    """Records a pass. If a silence before it was journaled, its end is journaled too."""
    last = await _locked(tx)
    told = [] if last.late_since is None else await _entries(tx, EntryKind.SCHEDULER_BACK, last.late_since)
    last.passed_at, last.late_since = tx.now, None
    await tx.save(last, *told)


async def notice_silence(tx: Transaction) -> bool:
    """Journals that there was no pass for too long, once for each silence. Returns whether it did so now."""
    last = await _locked(tx)
    if last.late_since is not None or tx.now - last.passed_at <= LATE_AFTER:
        return False
    last.late_since = last.passed_at
    await tx.save(last, *await _entries(tx, EntryKind.SCHEDULER_LATE, last.passed_at))
    return True


async def _locked(tx: Transaction) -> SchedulerPass:
    """The last pass. Before the first one it is now, so that a new system is not late at once."""
    await tx.insert(SchedulerPass(name=OVERDUE, passed_at=tx.now))
    return await tx.get(SchedulerPass, lock=True, name=OVERDUE)


async def _entries(tx: Transaction, kind: EntryKind, since: datetime) -> list[Journal]:
    note = f"自 {since:%Y-%m-%d %H:%M} UTC 起"
    return [entry(tx, kind, community_id=each.id, note=note) for each in await tx.all(Community, order=("id",))]
