"""The pass over appeals: overdue ones go up a level, and answered ones close when the reporter stays silent."""

from db import sql
from db.acts.appeal_moves import close, settle_incident
from db.acts.journal import entry
from db.appeals import Appeal, ClockPolicy
from db.base import alias
from db.scope import Scope
from db.transaction import NOW, Transaction
from rules.appeals import NEXT_LEVEL, AppealStatus
from rules.clocks import RUNNING, Clock
from rules.journal import EntryKind

BATCH = 200
"""Appeals of each kind in one transaction, so that it takes a small part of its 5 s. The caller repeats until none is
left."""


async def pass_over_appeals(tx: Transaction) -> int:
    """Moves a batch of overdue appeals and returns their number. A missed pass only delays."""
    return await _escalate(tx) + await _lapse(tx)


async def _escalate(tx: Transaction) -> int:
    """Raises each overdue appeal one level, whether or not somebody handles it."""
    late = await tx.read(Appeal, _overdue)
    for appeal in late:
        clock = Clock.RESPONSE if appeal.accepted_at is None else Clock.RESOLUTION
        appeal.level, appeal.escalated_at = NEXT_LEVEL[appeal.level], tx.now
        facts = {"from_status": appeal.status, "note": f"超过{clock.label}"}
        await tx.save(appeal, entry(tx, EntryKind.APPEAL_OVERDUE, appeal, **facts))
    return len(late)


def _overdue(_: Scope) -> sql.Select:
    """Overdue appeals, locked. Each level has the policy's ``step_minutes`` before the next."""
    appeal, policy = alias(Appeal), alias(ClockPolicy)
    unanswered = sql.and_(appeal.c.accepted_at.is_(None), appeal.c.response_due_at <= NOW)
    step = sql.func.make_interval(0, 0, 0, 0, 0, policy.c.step_minutes)
    found = (
        sql.select(*appeal.c)
        .from_(appeal.join(policy, policy.c.id == appeal.c.clock_policy_id))
        .where(appeal.c.status.in_(sorted(RUNNING)), appeal.c.level.in_(sorted(NEXT_LEVEL)))
        .where(sql.or_(appeal.c.resolution_due_at <= NOW, unanswered))
        .where(sql.or_(appeal.c.paused_until.is_(None), appeal.c.paused_until <= NOW))
        .where(sql.or_(appeal.c.escalated_at.is_(None), appeal.c.escalated_at + step <= NOW))
    )
    return _batch(found, appeal, appeal.c.resolution_due_at)


def _batch(found: sql.Select, appeal: sql.From, due: sql.Column) -> sql.Select:
    """The first appeals, locked. Those that another transaction has locked are left to the next pass."""
    return found.order_by(due, appeal.c.id).limit(BATCH).for_update(appeal, skip_locked=True)


async def _lapse(tx: Transaction) -> int:
    """Closes appeals whose answer got no reply for so long that silence counts as consent. They have no rating."""
    found = await tx.read(Appeal, _unconfirmed)
    for appeal in found:
        before, appeal.status, appeal.closed_by_silence = appeal.status, AppealStatus.CLOSED, True
        await close(tx, appeal)
        await tx.save(appeal, entry(tx, EntryKind.APPEAL_LAPSED, appeal, from_status=before))
    # Locked after all appeals and in one order, because a concurrent pass may have appeals of the same incidents.
    for incident in sorted({each.incident_id for each in found if each.incident_id is not None}):
        await settle_incident(tx, incident)
    return len(found)


def _unconfirmed(_: Scope) -> sql.Select:
    appeal, policy = alias(Appeal), alias(ClockPolicy)
    silence = sql.func.make_interval(0, 0, 0, policy.c.silence_days)
    found = (
        sql.select(*appeal.c)
        .from_(appeal.join(policy, policy.c.id == appeal.c.clock_policy_id))
        .where(appeal.c.status == AppealStatus.AWAITING_CONFIRMATION, appeal.c.answered_at + silence <= NOW)
    )
    return _batch(found, appeal, appeal.c.answered_at)
