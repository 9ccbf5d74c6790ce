"""Acts on the safety ladder: it climbs by itself, and somebody takes it upon themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import sql
from db.acts.acting import Acting
from db.acts.calls import invite_neighbours
from db.acts.journal import append, digest_of, is_replay
from db.alerts import Alert, AlertRung, LadderPolicy
from db.owed import Days, duties
from db.people import ResidentColour
from db.places import Community
from db.scope import alias, table
from rules import alerts as rules
from rules.access import ANONYMOUS, Act, require
from rules.alerts import LADDER, AlertStatus, Rung
from rules.duty import RESIDENT_COLOURS, DutyState, Period
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional

MOST_MINUTES = 1440
_OPEN = (col(Alert.acknowledged_at).is_(None), col(Alert.ended_at).is_(None))


async def climb(session: AsyncSession, now: datetime) -> int:
    """One pass: raises what is overdue, ends what is over, and climbs a rung where its time has come.

    It asks how things stand now, so a pass that was missed is made up for by the next; each rung is a row of its
    own, so two passes at once ring none twice. Says how many rungs rang.
    """
    acting = Acting(session, ANONYMOUS, now)
    raised = [alert for row in await _overdue(acting) if (alert := await _raise(acting, row))]
    climbed = [await _climb(acting, alert) for alert in await _open(acting) if alert not in raised]
    return len(raised) + sum(climbed)


async def _overdue(acting: Acting) -> Sequence[Any]:
    """Who lives alone, was to be reached by now today and was not, and has no alert of this day yet."""
    return await acting.rows(_overdue_duties(), now=acting.now)


@cache
def _overdue_duties() -> sa.TextClause:
    now = sql.parameter("now", sql.INSTANT)
    duty, ladder, alert = duties(Days(now)).subquery("duty"), alias(table(LadderPolicy)), alias(table(Alert))
    hour = sql.func.timezone(duty.c.zone, duty.c.starts_on + ladder.c.reach_by)
    rang = sql.exists(alert).where(alert.c.resident_id == duty.c.resident_id, alert.c.day == duty.c.starts_on)
    overdue = (
        sql.select(*duty.c)
        .from_(duty.join(ladder, ladder.c.community_id == duty.c.community_id))
        .where(duty.c.resident_id.is_not(None), duty.c.period == Period.DAY, duty.c.state == DutyState.DUE)
        .where(hour <= now, sql.not_(rang))
        .order_by(duty.c.key)
    )
    return sa.text(sql.for_session(overdue.text))


async def _raise(acting: Acting, duty: Any) -> UUID | None:
    """A new alert on its first rung; nothing when somebody else raised it meanwhile."""
    place = {name: getattr(duty, name) for name in ("community_id", "grid_id", "building_id", "household_id")}
    new = {"resident_id": duty.resident_id, "day": duty.starts_on, "raised_at": acting.now, **place}
    statement = insert(table(Alert)).values(new).on_conflict_do_nothing().returning(table(Alert).c.id)
    uuid = (await acting.session.exec(statement)).scalar_one_or_none()
    if uuid is None:
        return None
    await _supersede(acting, duty.resident_id, uuid)
    await _ring(acting, await acting.session.get_one(Alert, uuid), LADDER[0], EntryKind.ALERT_RAISED)
    return UUID(str(uuid))


async def _supersede(acting: Acting, resident: UUID, by: UUID) -> None:
    """Each day rings anew; what nobody took the day before is over with it."""
    older = (col(Alert.resident_id) == resident, col(Alert.id) != by, *_OPEN)
    for alert in (await acting.session.exec(select(Alert).where(*older).with_for_update())).all():
        _end(acting, alert)


async def _ring(acting: Acting, alert: Alert, rung: Rung, kind: EntryKind) -> None:
    acting.session.add(AlertRung(alert_id=alert.id, rung=rung, rung_at=acting.now))
    await acting.session.flush()
    if rung is Rung.NEIGHBOURS:
        await invite_neighbours(acting, alert)
    _note(acting, kind, alert, to_status=rung.value)


async def _open(acting: Acting) -> list[UUID]:
    """Alerts that nobody has taken, each locked for this pass alone."""
    statement = select(Alert.id).where(*_OPEN).order_by(col(Alert.id))
    return list((await acting.session.exec(statement.with_for_update(skip_locked=True))).all())


async def _climb(acting: Acting, uuid: UUID) -> bool:
    alert = await acting.session.get_one(Alert, uuid)
    if await _need_not_be_reached(acting, alert):
        _end(acting, alert)
        return False
    policy = await acting.session.get_one(LadderPolicy, alert.community_id)
    rungs = (await acting.session.exec(select(AlertRung).where(AlertRung.alert_id == uuid))).all()
    last = max(rungs, key=lambda each: LADDER.index(Rung(each.rung)))
    rung = rules.next_rung(Rung(last.rung), last.rung_at, policy.step_minutes, acting.now)
    if rung is None:
        return False
    await _ring(acting, alert, rung, EntryKind.ALERT_CLIMBED)
    return True


async def _need_not_be_reached(acting: Acting, alert: Alert) -> bool:
    """Whether the person was reached since, is paused today, or lives here alone no longer."""
    given = {"day": alert.day, "community": alert.community_id, "resident": alert.resident_id}
    states = [each.state for each in await acting.rows(_states_of_day(), now=acting.now, **given)]
    return not states or bool({DutyState.DONE, DutyState.LATE} & set(states)) or states[-1] == DutyState.PAUSED


@cache
def _states_of_day() -> sa.TextClause:
    """How the duties to reach a resident stand on one day."""
    now, community = sql.parameter("now", sql.INSTANT), alias(table(Community))
    zone = sql.select(community.c.time_zone).from_(community)
    zone = zone.where(community.c.id == sql.parameter("community", sql.UUID))
    today = sql.cast(sql.func.timezone(zone.scalar(), now), sql.DATE)
    duty = duties(Days(now, sql.parameter("day", sql.DATE), today)).subquery("duty")
    theirs = duty.c.resident_id == sql.parameter("resident", sql.UUID)
    states = sql.select(duty.c.state).from_(duty).where(theirs).order_by(duty.c.starts_on)
    return sa.text(sql.for_session(states.text))


def _end(acting: Acting, alert: Alert) -> None:
    alert.ended_at = acting.now
    acting.session.add(alert)
    _note(acting, EntryKind.ALERT_ENDED, alert, to_status=AlertStatus.ENDED.value)


async def end_reached(acting: Acting, residents: Iterable[UUID]) -> None:
    """Ends the alerts of residents who were reached just now, or long ago and it is only told now."""
    ids = list(residents)
    if not ids:
        return
    alone = col(ResidentColour.colour).in_(RESIDENT_COLOURS)
    held = sa.select(col(ResidentColour.resident_id)).where(col(ResidentColour.resident_id).in_(ids), alone)
    statement = select(Alert).where(col(Alert.resident_id).in_(held), col(Alert.ended_at).is_(None))
    for alert in (await acting.session.exec(statement.with_for_update())).all():
        if await _need_not_be_reached(acting, alert):
            _end(acting, alert)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who takes an alert upon themselves, and what they say."""

    alert: UUID
    note: str | None = None
    act: UUID | None = None


async def acknowledge_alert(acting: Acting, given: Acknowledgement) -> UUID:
    """Stops the ladder: whoever is first looks after it."""
    require(acting.viewer, Act.ACKNOWLEDGE_ALERT)
    digest = digest_of(given)
    if given.act is not None and await is_replay(acting, given.act, digest, "act"):
        return given.alert
    alert = await acting.find(Alert, given.alert, "alert", lock=True)
    act = {"act_id": given.act, "digest": digest} if given.act else {}
    take(acting, alert, check_optional(given.note, "note", limit=LINE_LIMIT), **act)
    return alert.id


def take(acting: Acting, alert: Alert, note: str | None, **facts: Any) -> None:
    """Somebody looks after the alert from now on; refused when somebody does already, or it is over."""
    status = rules.status_of(alert.acknowledged_at, alert.ended_at)
    if status is not AlertStatus.OPEN:
        raise Refusal(Code.WRONG_STATE, "alert", status=status.value)
    alert.acknowledged_by, alert.acknowledged_at, alert.note = acting.viewer.account_id, acting.now, note
    acting.session.add(alert)
    _note(acting, EntryKind.ALERT_ACKNOWLEDGED, alert, note=note, to_status=AlertStatus.ACKNOWLEDGED.value, **facts)


def _note(acting: Acting, kind: EntryKind, alert: Alert, **facts: Any) -> None:
    append(
        acting,
        kind,
        community_id=alert.community_id,
        grid_id=alert.grid_id,
        building_id=alert.building_id,
        household_id=alert.household_id,
        resident_id=alert.resident_id,
        alert_id=alert.id,
        **facts,
    )


async def set_ladder(acting: Acting, community: UUID, reach_by: time, step_minutes: int) -> UUID:
    """By when those who live alone are to be reached, and how long each rung has."""
    require(acting.viewer, Act.SET_LADDER)
    await acting.find(Community, community, "community")
    if not 1 <= step_minutes <= MOST_MINUTES:
        raise invalid(f"间隔应为 1 到 {MOST_MINUTES} 分钟", f"a step has 1 to {MOST_MINUTES} minutes", "stepMinutes")
    policy = LadderPolicy(community_id=community, reach_by=reach_by, step_minutes=step_minutes)
    await acting.session.merge(policy)
    append(
        acting, EntryKind.CADENCE_SET, community_id=community, note=f"平安提醒:{reach_by:%H:%M},间隔{step_minutes}分钟"
    )
    return community
