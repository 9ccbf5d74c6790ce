"""Whether background work is alive: each pass leaves its time, and silence goes on the record once."""

from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.acts.acting import Acting
from db.acts.journal import append
from db.base import table
from db.places import Community
from db.scheduler import SchedulerPass
from rules.access import ANONYMOUS
from rules.journal import EntryKind

OVERDUE = "overdue"
"""The pass over what is overdue."""
LATE_AFTER = timedelta(minutes=5)


async def record_pass(session: AsyncSession, now: datetime) -> None:
    """A pass was made; if the silence before it was noticed, its end is too."""
    before = await _locked(session, now)
    if before.late_since is not None:
        await _tell(session, now, EntryKind.SCHEDULER_BACK, since=before.late_since)
    before.passed_at, before.late_since = now, None
    session.add(before)


async def notice_silence(session: AsyncSession, now: datetime) -> bool:
    """Puts on the record that no pass was made for too long; once for each silence, whoever notices first."""
    last = await _locked(session, now)
    if last.late_since is not None or now - last.passed_at <= LATE_AFTER:
        return False
    last.late_since = last.passed_at
    session.add(last)
    await _tell(session, now, EntryKind.SCHEDULER_LATE, since=last.passed_at)
    return True


async def _locked(session: AsyncSession, now: datetime) -> SchedulerPass:
    """The time of the last pass; from now on where there was none, so that a first start is given its time."""
    first = insert(table(SchedulerPass)).values(name=OVERDUE, passed_at=now).on_conflict_do_nothing()
    await (await session.connection()).execute(first)
    return (await session.exec(select(SchedulerPass).where(SchedulerPass.name == OVERDUE).with_for_update())).one()


async def _tell(session: AsyncSession, now: datetime, kind: EntryKind, *, since: datetime) -> None:
    acting = Acting(session, ANONYMOUS, now)
    for community_id in (await session.exec(select(Community.id).order_by(col(Community.id)))).all():
        append(acting, kind, community_id=community_id, note=f"自 {since:%Y-%m-%d %H:%M} UTC 起")
