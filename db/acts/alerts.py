"""Acts on the safety ladder, which climbs until somebody takes responsibility for the alert."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

from db import sql
from db.acts.journal import act, entry
from db.acts.people import on_register
from db.acts.rungs import tell, urge
from db.alerts import Alert, AlertRung, LadderPolicy
from db.base import alias
from db.journal import Journal
from db.owed import Days, duties
from db.people import Resident, ResidentColour
from db.places import Community
from db.scope import Condition, Scope
from db.transaction import NOW, Transaction
from rules import alerts as rules
from rules.access import Act
from rules.alerts import LADDER, AlertFinding, AlertStatus, Rung
from rules.duty import RESIDENT_COLOURS, DutyState, Period
from rules.gathering import noting, refuse_noted
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional

BATCH = 30
"""Rungs that ring in one transaction. A worker who raises the same alert waits for it, at most half a second or so."""
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(7416002026)"
"""The key is an arbitrary number that no other lock uses."""
MOST_MINUTES = 1440
"""A rung waits for at most a day. The table has the same limit as a check constraint."""


async def climb(tx: Transaction) -> int:
    """Raises overdue alerts, ends those that are over, and rings the next rungs that are due, about :data:`BATCH`.

    It looks at the current state, so a missed pass only delays. Each rung is a row, so that it rings once whatever
    happens. Returns the number of rungs that rang: 0 if nothing more is due, or if another pass is at it.
    """
    if not await tx.fetchval(_TRY_LOCK):
        return 0
    overdue = await tx.rows(_overdue, most=BATCH // len(LADDER))
    raised = [alert for duty in overdue if (alert := await _raise(tx, duty)) is not None]
    rang = sum([await _ring_from(tx, alert, LADDER[0]) for alert in raised])
    if rang >= BATCH:
        return rang
    new = {alert.id for alert in raised}
    # Those that another transaction has locked are left to the next pass.
    waiting = await tx.all(Alert, order=("id",), lock="skip", acknowledged_at=None, ended_at=None)
    for alert in waiting:
        if alert.id not in new and rang < BATCH:
            rang += await _climb(tx, alert)
    return rang


def _overdue(_: Scope) -> sql.Select:
    """Residents who should have been reached by this time today, were not, and have no alert of today."""
    duty, ladder, alert = duties(Days(NOW)).subquery("duty"), alias(LadderPolicy), alias(Alert)
    hour = sql.func.timezone(duty.c.zone, duty.c.starts_on + ladder.c.reach_by)
    rang = sql.exists(alert).where(alert.c.resident_id == duty.c.resident_id, alert.c.day == duty.c.starts_on)
    owed = _owed(duty, duty.join(ladder, ladder.c.community_id == duty.c.community_id))
    owed = owed.where(hour <= NOW, sql.not_(rang)).order_by(duty.c.key)
    return owed.limit(sql.parameter("most", sql.INTEGER))


def _owed(duty: sql.From, source: sql.From) -> sql.Select:
    """The residents among some duties whom nobody has reached yet today, as columns of an alert."""
    place = (duty.c[name] for name in ("community_id", "grid_id", "building_id", "household_id", "resident_id"))
    due = duty.c.resident_id.is_not(None), duty.c.period == Period.DAY, duty.c.state == DutyState.DUE
    return sql.select(*place, duty.c.starts_on.label("day")).from_(source).where(*due)


async def _raise(tx: Transaction, duty: Any, **by: Any) -> Alert | None:
    """Makes an alert, whose first rung is to be rung; None if a concurrent transaction has made it."""
    alert = Alert(**duty, raised_at=tx.now, **by)
    if not await tx.insert(alert):
        return None
    older = await tx.all(Alert, lock=True, resident_id=alert.resident_id, acknowledged_at=None, ended_at=None)
    # The alert of a new day replaces those that nobody acknowledged.
    await end(tx, [each for each in older if each.id != alert.id])
    return alert


async def _ring_from(tx: Transaction, alert: Alert, rung: Rung | None) -> int:
    """Rings a rung, and at once the next one if nobody of it can be told. Returns how many rang."""
    rang = 0
    while rung is not None:
        rang += 1
        if await _ring(tx, alert, rung):
            break
        rung = rules.rung_after(rung)
    return rang


async def _ring(tx: Transaction, alert: Alert, rung: Rung, *, urgent: bool = False) -> int:
    """Rings a rung. Returns how many of its people can be told."""
    reached, messages = await tell(tx, alert, rung, urgent=urgent)
    kind = EntryKind.ALERT_RAISED if rung is LADDER[0] else EntryKind.ALERT_CLIMBED
    said = [alert.reason] if alert.reason and rung is LADDER[0] else []
    note = "；".join(said if reached else [*said, rules.nobody_told(rung)]) or None
    row = AlertRung(alert_id=alert.id, rung=rung, rung_at=tx.now, reached=reached)
    await tx.save(row, *messages, entry_of(tx, kind, alert, to_status=rung.value, note=note))
    return reached


async def ring_next(tx: Transaction, alert: Alert) -> int:
    """Rings the rung after the last one that rang. Returns how many rang."""
    return await _ring_from(tx, alert, rules.rung_after((await _last_rung(tx, alert)).rung))


async def ring_urgently(tx: Transaction, alert: Alert) -> None:
    """Rings all rungs at once, because the resident needs help. Those that rang before are told once more."""
    rung_before = {each.rung for each in await tx.all(AlertRung, alert_id=alert.id)}
    for rung in LADDER:
        if rung in rung_before:
            await tx.save(*await urge(tx, alert, rung))
        else:
            await _ring(tx, alert, rung, urgent=True)


async def _last_rung(tx: Transaction, alert: Alert) -> AlertRung:
    rungs = await tx.all(AlertRung, alert_id=alert.id)
    return max(rungs, key=lambda each: LADDER.index(each.rung))


async def _climb(tx: Transaction, alert: Alert) -> int:
    if await _is_over(tx, alert):
        await end(tx, [alert])
        return 0
    policy, last = await tx.first(LadderPolicy, community_id=alert.community_id), await _last_rung(tx, alert)
    minutes = policy.step_minutes if policy else rules.STEP_MINUTES
    return await _ring_from(tx, alert, rules.next_rung(last.rung, last.rung_at, minutes, tx.now))


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


async def end(tx: Transaction, alerts: Iterable[Alert]) -> None:
    """Ends locked alerts."""
    for alert in alerts:
        alert.ended_at = tx.now
        await tx.save(alert, entry_of(tx, EntryKind.ALERT_ENDED, alert, to_status=AlertStatus.ENDED.value))


async def end_reached(tx: Transaction, residents: list[UUID]) -> None:
    """Ends the alerts of residents whom a visit reached. The visit may be an old one that is synced now."""
    if residents:
        alerts = await tx.matching(Alert, _alone, order=("id",), lock=True, residents=residents)
        await end(tx, [alert for alert in alerts if await _is_over(tx, alert)])


async def resume_unreached(tx: Transaction, residents: Collection[UUID], today: date) -> None:
    """Brings back today's alerts of residents whom no visit reaches any more. The ladder goes on where it was."""
    alerts = await tx.all(Alert, order=("id",), lock=True, resident_id=residents, day=today) if residents else []
    for alert in alerts:
        if alert.ended_at is not None and not await _is_over(tx, alert):
            await _resume(tx, alert)


def _alone(t: sql.From, _: Scope) -> Condition:
    """The alerts of residents that have not ended, if the residents ever lived alone."""
    colour = alias(ResidentColour)
    held = colour.c.resident_id == t.c.resident_id, colour.c.colour.in_(sorted(RESIDENT_COLOURS))
    theirs = t.c.resident_id == sql.any_(sql.parameter("residents", sql.array_of(sql.UUID)))
    return sql.and_(theirs, t.c.ended_at.is_(None), sql.exists(colour).where(*held))


@dataclass(frozen=True, slots=True)
class NewAlert:
    resident: UUID
    note: str | None = None
    """Why it is raised before the hour."""
    act: UUID | None = None


async def _latest(tx: Transaction, new: NewAlert) -> UUID:
    """The alert that a retry is about."""
    resident = await tx.look_up(Resident, new.resident)
    records = {new.resident} if resident is None else {new.resident, resident.id}
    alert = await tx.first(Alert, order=("-day",), resident_id=records)
    if alert is None:
        raise Refusal(Code.NOT_FOUND, "resident")
    return alert.id


@act(Act.RAISE_ALERT, key="act", again=_latest)
async def raise_alert(tx: Transaction, new: NewAlert) -> UUID:
    """Raises today's alert about a resident before the hour. If it was raised before, it is open again or stays so."""
    reason = check_optional(new.note, "note", limit=LINE_LIMIT)
    resident = await on_register(tx, new.resident, "resident", lock="share")
    owed = await tx.rows(_owed_to, resident=resident.id)
    if not owed:
        raise invalid("该居民今天没有待完成的每日联系", "resident")
    alert = await _raise(tx, owed[0], raised_by=tx.worker_id, reason=reason)
    if alert is not None:
        await _ring_from(tx, alert, LADDER[0])
        return alert.id
    existing = await tx.get(Alert, lock=True, resident_id=resident.id, day=owed[0]["day"])
    if existing.ended_at is not None:
        await reopen(tx, existing, reason)
    return existing.id


def _owed_to(scope: Scope) -> sql.Select:
    duty = duties(Days(NOW, scope=scope)).subquery("duty")
    return _owed(duty, duty).where(duty.c.resident_id == sql.parameter("resident", sql.UUID))


async def reopen(tx: Transaction, alert: Alert, note: str | None = None) -> None:
    """Opens a locked alert again, for which nobody is responsible any more."""
    alert.change(dict.fromkeys(("acknowledged_by", "acknowledged_at", "note")))
    await _resume(tx, alert, note)


async def _resume(tx: Transaction, alert: Alert, note: str | None = None) -> None:
    """Takes back the end of an alert. The ladder goes on from the last rung that rang."""
    alert.ended_at = None
    if alert.finding is AlertFinding.REACHED:
        # It was wrong, or is no longer true, and the same report counts again. The journal keeps it.
        alert.change(dict.fromkeys(("finding", "found_by", "found_at", "found_note")))
    last = await _last_rung(tx, alert)
    await tx.save(alert, entry_of(tx, EntryKind.ALERT_RESUMED, alert, to_status=last.rung.value, note=note))


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    alert: UUID
    note: str | None = None
    act: UUID | None = None


@act(Act.ACKNOWLEDGE_ALERT, key="act", again="alert")
async def acknowledge_alert(tx: Transaction, given: Acknowledgement) -> UUID:
    """Stops the ladder. The first to acknowledge an alert is responsible for it."""
    note = check_optional(given.note, "note", limit=LINE_LIMIT)
    await take(tx, await tx.find(Alert, given.alert, "alert", lock=True), note)
    return given.alert


async def take(tx: Transaction, alert: Alert, note: str | None) -> None:
    """Makes the viewer responsible for a locked alert. Raises WRONG_STATE unless it is open."""
    status = rules.status_of(alert.acknowledged_at, alert.ended_at)
    if status is not AlertStatus.OPEN:
        raise Refusal(Code.WRONG_STATE, "alert", status=status)
    alert.acknowledged_by, alert.acknowledged_at, alert.note = tx.viewer.account_id, tx.now, note
    facts = {"note": note, "to_status": AlertStatus.ACKNOWLEDGED.value}
    await tx.save(alert, entry_of(tx, EntryKind.ALERT_ACKNOWLEDGED, alert, **facts))


def entry_of(tx: Transaction, kind: EntryKind, alert: Alert, **facts: Any) -> Journal:
    """A journal entry about an alert."""
    return entry(tx, kind, alert, resident_id=alert.resident_id, **facts)


@dataclass(frozen=True, slots=True)
class NewLadder:
    community: UUID
    reach_by: str
    """The local hour by which RED residents must be reached, such as ``11:00``."""
    step_minutes: int
    """Minutes between two rungs."""
    act: UUID | None = None


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise invalid("时间写作 11:00", "reachBy") from None


def _check_step(minutes: int) -> None:
    if not 1 <= minutes <= MOST_MINUTES:
        raise invalid("间隔应为 1 到 {most} 分钟", "stepMinutes", most=MOST_MINUTES)


@act(Act.SET_LADDER, key="act", again="community")
async def set_safety_ladder(tx: Transaction, new: NewLadder) -> UUID:
    with noting():
        reach_by = _hour(new.reach_by)
    with noting():
        _check_step(new.step_minutes)
    await tx.find(Community, new.community, "community", lock=True)
    refuse_noted()
    policy = await tx.first(LadderPolicy, community_id=new.community) or LadderPolicy(community_id=new.community)
    policy.reach_by, policy.step_minutes, policy.set_by = reach_by, new.step_minutes, tx.viewer.account_id
    said = f"平安提醒：{reach_by:%H:%M}，间隔{new.step_minutes}分钟"
    await tx.save(policy, entry(tx, EntryKind.CADENCE_SET, community_id=new.community, note=said))
    return new.community
