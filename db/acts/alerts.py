"""Acts on the safety ladder, which climbs until somebody takes responsibility for the alert."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

from db import sql
from db.acts.calls import invite_neighbours
from db.acts.journal import act, entry
from db.alerts import Alert, AlertRung, LadderPolicy
from db.base import alias
from db.journal import Journal
from db.owed import Days, duties
from db.people import ResidentColour
from db.places import Community
from db.scope import Condition, Scope
from db.transaction import NOW, Transaction
from rules import alerts as rules
from rules.access import Act, require
from rules.alerts import LADDER, AlertStatus, Rung
from rules.duty import RESIDENT_COLOURS, DutyState, Period
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional

MOST_MINUTES = 1440
"""A rung waits for at most a day. The table has the same limit as a check constraint."""


async def climb(tx: Transaction) -> int:
    """One pass: raises overdue alerts, ends those that are over, and rings the next rungs that are due.

    It looks at the current state, so a missed pass only delays. Each rung is a row, so concurrent passes ring it
    once. Returns the number of rungs that rang.
    """
    raised = [alert for duty in await tx.rows(_overdue) if (alert := await _raise(tx, duty)) is not None]
    # Those that another transaction has locked are left to the next pass.
    waiting = await tx.all(Alert, order=("id",), lock="skip", acknowledged_at=None, ended_at=None)
    return len(raised) + sum([await _climb(tx, alert) for alert in waiting if alert.id not in raised])


def _overdue(_: Scope) -> sql.Select:
    """Residents who should have been reached by this time today, were not, and have no alert of today."""
    duty, ladder, alert = duties(Days(NOW)).subquery("duty"), alias(LadderPolicy), alias(Alert)
    hour = sql.func.timezone(duty.c.zone, duty.c.starts_on + ladder.c.reach_by)
    rang = sql.exists(alert).where(alert.c.resident_id == duty.c.resident_id, alert.c.day == duty.c.starts_on)
    place = (duty.c[name] for name in ("community_id", "grid_id", "building_id", "household_id"))
    return (
        sql.select(*place, duty.c.resident_id, duty.c.starts_on.label("day"))
        .from_(duty.join(ladder, ladder.c.community_id == duty.c.community_id))
        .where(duty.c.resident_id.is_not(None), duty.c.period == Period.DAY, duty.c.state == DutyState.DUE)
        .where(hour <= NOW, sql.not_(rang))
        .order_by(duty.c.key)
    )


async def _raise(tx: Transaction, duty: Any) -> UUID | None:
    """Raises an alert and rings its first rung; None if a concurrent pass has raised it."""
    alert = Alert(**duty, raised_at=tx.now)
    if not await tx.insert(alert):
        return None
    older = await tx.all(Alert, lock=True, resident_id=alert.resident_id, acknowledged_at=None, ended_at=None)
    # The alert of a new day replaces those that nobody acknowledged.
    await _end(tx, [each for each in older if each.id != alert.id])
    await _ring(tx, alert, LADDER[0], EntryKind.ALERT_RAISED)
    return alert.id


async def _ring(tx: Transaction, alert: Alert, rung: Rung, kind: EntryKind) -> None:
    await tx.save(AlertRung(alert_id=alert.id, rung=rung, rung_at=tx.now))
    if rung is Rung.NEIGHBOURS:
        await invite_neighbours(tx, alert)
    await tx.save(_entry(tx, kind, alert, to_status=rung.value))


async def _climb(tx: Transaction, alert: Alert) -> bool:
    if await _is_over(tx, alert):
        await _end(tx, [alert])
        return False
    policy = await tx.get(LadderPolicy, community_id=alert.community_id)
    rungs = await tx.all(AlertRung, alert_id=alert.id)
    last = max(rungs, key=lambda each: LADDER.index(each.rung))
    rung = rules.next_rung(last.rung, last.rung_at, policy.step_minutes, tx.now)
    if rung is None:
        return False
    await _ring(tx, alert, rung, EntryKind.ALERT_CLIMBED)
    return True


async def _is_over(tx: Transaction, alert: Alert) -> bool:
    """True if the resident was reached since, is paused today, or no longer lives alone here."""
    given = {"day": alert.day, "community": alert.community_id, "resident": alert.resident_id}
    states = [row["state"] for row in await tx.rows(_states, **given)]
    return not states or bool({DutyState.DONE, DutyState.LATE} & set(states)) or states[-1] == DutyState.PAUSED


def _states(_: Scope) -> sql.Select:
    """The states of the duties to reach a resident from a day until today."""
    community = alias(Community)
    zone = sql.select(community.c.time_zone).from_(community)
    zone = zone.where(community.c.id == sql.parameter("community", sql.UUID))
    today = sql.cast(sql.func.timezone(zone.scalar(), NOW), sql.DATE)
    duty = duties(Days(NOW, sql.parameter("day", sql.DATE), today)).subquery("duty")
    theirs = duty.c.resident_id == sql.parameter("resident", sql.UUID)
    return sql.select(duty.c.state).from_(duty).where(theirs).order_by(duty.c.starts_on)


async def _end(tx: Transaction, alerts: Iterable[Alert]) -> None:
    for alert in alerts:
        alert.ended_at = tx.now
        await tx.save(alert, _entry(tx, EntryKind.ALERT_ENDED, alert, to_status=AlertStatus.ENDED.value))


async def end_reached(tx: Transaction, residents: list[UUID]) -> None:
    """Ends the alerts of residents whom a visit reached. The visit may be an old one that is synced now."""
    if residents:
        alerts = await tx.matching(Alert, _alone, order=("id",), lock=True, residents=residents)
        await _end(tx, [alert for alert in alerts if await _is_over(tx, alert)])


async def resume_unreached(tx: Transaction, residents: Collection[UUID], today: date) -> None:
    """Brings back today's alerts of residents whom no visit reaches any more. The ladder goes on where it was."""
    alerts = await tx.all(Alert, order=("id",), lock=True, resident_id=residents, day=today) if residents else []
    for alert in alerts:
        if alert.ended_at is not None and not await _is_over(tx, alert):
            alert.ended_at = None
            rungs = await tx.all(AlertRung, order=("-rung_at",), limit=1, alert_id=alert.id)
            facts = {"to_status": rungs[0].rung.value}
            await tx.save(alert, _entry(tx, EntryKind.ALERT_RESUMED, alert, **facts))


def _alone(t: sql.From, _: Scope) -> Condition:
    """The alerts of residents that have not ended, if the residents ever lived alone."""
    colour = alias(ResidentColour)
    held = colour.c.resident_id == t.c.resident_id, colour.c.colour.in_(sorted(RESIDENT_COLOURS))
    theirs = t.c.resident_id == sql.any_(sql.parameter("residents", sql.array_of(sql.UUID)))
    return sql.and_(theirs, t.c.ended_at.is_(None), sql.exists(colour).where(*held))


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    alert: UUID
    note: str | None = None
    act: UUID | None = None


@act(Act.ACKNOWLEDGE_ALERT, key="act", again="alert")
async def acknowledge_alert(tx: Transaction, given: Acknowledgement) -> UUID:
    """Stops the ladder. The first to acknowledge an alert is responsible for it."""
    alert = await tx.find(Alert, given.alert, "alert", lock=True)
    await take(tx, alert, check_optional(given.note, "note", limit=LINE_LIMIT))
    return alert.id


async def take(tx: Transaction, alert: Alert, note: str | None) -> None:
    """Makes the viewer responsible for a locked alert. Raises WRONG_STATE unless it is open."""
    status = rules.status_of(alert.acknowledged_at, alert.ended_at)
    if status is not AlertStatus.OPEN:
        raise Refusal(Code.WRONG_STATE, "alert", status=status)
    alert.acknowledged_by, alert.acknowledged_at, alert.note = tx.viewer.account_id, tx.now, note
    facts = {"note": note, "to_status": AlertStatus.ACKNOWLEDGED.value}
    await tx.save(alert, _entry(tx, EntryKind.ALERT_ACKNOWLEDGED, alert, **facts))


def _entry(tx: Transaction, kind: EntryKind, alert: Alert, **facts: Any) -> Journal:
    return entry(tx, kind, alert, resident_id=alert.resident_id, **facts)


@dataclass(frozen=True, slots=True)
class NewLadder:
    community: UUID
    reach_by: str
    """The local hour by which RED residents must be reached, such as ``11:00``."""
    step_minutes: int
    """Minutes between two rungs."""


async def set_ladder(tx: Transaction, new: NewLadder) -> UUID:
    require(tx.viewer, Act.SET_LADDER)
    try:
        reach_by = time.fromisoformat(new.reach_by)
    except ValueError:
        raise invalid("时间写作 11:00", "write the hour like 11:00", "reachBy") from None
    await tx.find(Community, new.community, "community", lock=True)
    if not 1 <= new.step_minutes <= MOST_MINUTES:
        raise invalid(f"间隔应为 1 到 {MOST_MINUTES} 分钟", f"a step has 1 to {MOST_MINUTES} minutes", "stepMinutes")
    policy = await tx.first(LadderPolicy, community_id=new.community) or LadderPolicy(community_id=new.community)
    policy.reach_by, policy.step_minutes, policy.set_by = reach_by, new.step_minutes, tx.viewer.account_id
    said = f"平安提醒：{reach_by:%H:%M}，间隔{new.step_minutes}分钟"
    await tx.save(policy, entry(tx, EntryKind.CADENCE_SET, community_id=new.community, note=said))
    return new.community
