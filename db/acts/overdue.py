"""What happens by itself: overdue appeals go up, answered ones that nobody contradicts are closed."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.acts.acting import Acting
from db.acts.appeal_moves import close, settle_incident
from db.acts.appeals import note
from db.appeals import Appeal, ClockPolicy
from rules.access import ANONYMOUS
from rules.appeals import NEXT_LEVEL, AppealLevel, AppealStatus
from rules.clocks import CLOCK_LABELS, RUNNING, Clock, level_after
from rules.journal import EntryKind

BATCH = 200
"""Appeals that are moved in one transaction; whoever asks goes on until none is left."""


async def pass_over_appeals(session: AsyncSession, now: datetime) -> int:
    """Some of what is overdue now, so a pass that was missed is made up for. Says how many appeals it moved."""
    acting = Acting(session, ANONYMOUS, now)
    return await _escalate(acting) + await _lapse(acting)


async def _escalate(acting: Acting) -> int:
    """Each overdue appeal one level up, whoever has it or nobody, whatever was said about it since."""
    now = sa.literal(acting.now, sa.DateTime(timezone=True))
    late = sa.or_(
        col(Appeal.resolution_due_at) <= now,
        sa.and_(col(Appeal.status) == AppealStatus.SUBMITTED, col(Appeal.response_due_at) <= now),
    )
    step = sa.func.make_interval(0, 0, 0, 0, 0, col(ClockPolicy.step_minutes))
    statement = (
        select(Appeal, ClockPolicy.step_minutes)
        .join(ClockPolicy, col(ClockPolicy.id) == Appeal.clock_policy_id)
        .where(col(Appeal.status).in_(RUNNING), late, col(Appeal.level).in_(list(NEXT_LEVEL)))
        .where(sa.or_(col(Appeal.paused_until).is_(None), col(Appeal.paused_until) <= now))
        .where(sa.or_(col(Appeal.escalated_at).is_(None), col(Appeal.escalated_at) + step <= now))
        .order_by(col(Appeal.resolution_due_at), col(Appeal.id))
        .limit(BATCH)
        .with_for_update(of=Appeal, skip_locked=True)
    )
    found = (await acting.session.exec(statement)).all()
    return sum([_raise(acting, appeal, minutes) for appeal, minutes in found])


def _raise(acting: Acting, appeal: Appeal, step_minutes: int) -> bool:
    level = level_after(AppealLevel(appeal.level), appeal.escalated_at, step_minutes, acting.now)
    if level is None:
        return False
    answered = appeal.status != AppealStatus.SUBMITTED
    clock = Clock.RESOLUTION if answered else Clock.RESPONSE
    appeal.level, appeal.escalated_at = level, acting.now
    acting.session.add(appeal)
    note(acting, EntryKind.APPEAL_OVERDUE, appeal, from_status=appeal.status, note=f"超过{CLOCK_LABELS[clock]}")
    return True


async def _lapse(acting: Acting) -> int:
    """Closes what was answered so long ago that silence is taken for consent; it is not rated."""
    now = sa.literal(acting.now, sa.DateTime(timezone=True))
    silence = sa.func.make_interval(0, 0, 0, col(ClockPolicy.silence_days))
    statement = (
        select(Appeal)
        .join(ClockPolicy, col(ClockPolicy.id) == Appeal.clock_policy_id)
        .where(col(Appeal.status) == AppealStatus.AWAITING_CONFIRMATION, col(Appeal.answered_at) + silence <= now)
        .order_by(col(Appeal.answered_at), col(Appeal.id))
        .limit(BATCH)
        .with_for_update(of=Appeal, skip_locked=True)
    )
    found = (await acting.session.exec(statement)).all()
    for appeal in found:
        appeal.status, appeal.closed_by_silence = AppealStatus.CLOSED, True
        await close(acting, appeal)
        acting.session.add(appeal)
        facts = {"from_status": AppealStatus.AWAITING_CONFIRMATION, "to_status": AppealStatus.CLOSED}
        note(acting, EntryKind.APPEAL_LAPSED, appeal, **facts)
        if appeal.incident_id is not None:
            await settle_incident(acting, appeal.incident_id)
    return len(found)
