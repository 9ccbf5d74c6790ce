"""The pass over appeals: overdue ones go up a level, and an answer without a reply counts as accepted."""

from uuid import UUID

from db import sql
from db.acts.appeal_moves import close, settle_incident
from db.acts.journal import entry
from db.appeals import Appeal, ClockPolicy
from db.base import alias
from db.scope import Scope
from db.transaction import Transaction
from rules.appeals import NEXT_LEVEL, AppealStatus
from rules.clocks import RUNNING, Clock, level_after
from rules.journal import EntryKind

BATCH = 200
"""Appeals of each kind in one transaction, which takes a small part of its five seconds for them. The caller goes on
until none is left."""
_NOW = sql.parameter(lambda tx: tx.now, sql.INSTANT)


async def pass_over_appeals(tx: Transaction) -> int:
    """Moves some of what is overdue now; says how many appeals it moved. The next pass makes up for a missed one."""
    return await _escalate(tx) + await _lapse(tx)


async def _escalate(tx: Transaction) -> int:
    """Raises each overdue appeal one level, whether or not somebody handles it."""
    late = await tx.read(Appeal, _overdue)
    policies = await tx.all(ClockPolicy, id={each.clock_policy_id for each in late})
    steps: dict[UUID | None, int] = {each.id: each.step_minutes for each in policies}
    return sum([await _raise(tx, appeal, steps[appeal.clock_policy_id]) for appeal in late])


def _overdue(_: Scope) -> sql.Select:
    appeal, policy = alias(Appeal), alias(ClockPolicy)
    unanswered = sql.and_(appeal.c.status == AppealStatus.SUBMITTED, appeal.c.response_due_at <= _NOW)
    step = sql.func.make_interval(0, 0, 0, 0, 0, policy.c.step_minutes)
    found = (
        sql.select(*appeal.c)
        .from_(appeal.join(policy, policy.c.id == appeal.c.clock_policy_id))
        .where(appeal.c.status.in_(sorted(RUNNING)), appeal.c.level.in_(sorted(NEXT_LEVEL)))
        .where(sql.or_(appeal.c.resolution_due_at <= _NOW, unanswered))
        .where(sql.or_(appeal.c.paused_until.is_(None), appeal.c.paused_until <= _NOW))
        .where(sql.or_(appeal.c.escalated_at.is_(None), appeal.c.escalated_at + step <= _NOW))
    )
    return _some(found, appeal, appeal.c.resolution_due_at)


def _some(found: sql.Select, appeal: sql.From, due: sql.Column) -> sql.Select:
    """The first of them, locked for this pass; those that another transaction has locked wait for the next pass."""
    return found.order_by(due, appeal.c.id).limit(BATCH).for_update(appeal, skip_locked=True)


async def _raise(tx: Transaction, appeal: Appeal, step_minutes: int) -> bool:
    level = level_after(appeal.level, appeal.escalated_at, step_minutes, tx.now)
    if level is None:
        return False
    clock = Clock.RESPONSE if appeal.status is AppealStatus.SUBMITTED else Clock.RESOLUTION
    appeal.level, appeal.escalated_at = level, tx.now
    facts = {"from_status": appeal.status, "note": f"超过{clock.label}"}
    await tx.save(appeal, entry(tx, EntryKind.APPEAL_OVERDUE, appeal, **facts))
    return True


async def _lapse(tx: Transaction) -> int:
    """Closes what was answered so long ago that silence counts as consent; it is not rated."""
    found = await tx.read(Appeal, _unconfirmed)
    for appeal in found:
        before, appeal.status, appeal.closed_by_silence = appeal.status, AppealStatus.CLOSED, True
        await close(tx, appeal)
        await tx.save(appeal, entry(tx, EntryKind.APPEAL_LAPSED, appeal, from_status=before))
    # After all appeals, and in one order: two passes at once may have appeals of the same incidents.
    for incident in sorted({each.incident_id for each in found if each.incident_id is not None}):
        await settle_incident(tx, incident)
    return len(found)


def _unconfirmed(_: Scope) -> sql.Select:
    appeal, policy = alias(Appeal), alias(ClockPolicy)
    silence = sql.func.make_interval(0, 0, 0, policy.c.silence_days)
    found = (
        sql.select(*appeal.c)
        .from_(appeal.join(policy, policy.c.id == appeal.c.clock_policy_id))
        .where(appeal.c.status == AppealStatus.AWAITING_CONFIRMATION, appeal.c.answered_at + silence <= _NOW)
    )
    return _some(found, appeal, appeal.c.answered_at)
