"""Duties in GraphQL: the duties of a day or a round, cadences, pauses, compliance, and the view of one door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import strawberry

from db import duty as tables
from db import sql
from db.base import alias
from db.disputes import Dispute as DisputeTable
from db.disputes import DisputeParty
from db.holding import on_round
from db.owed import Days, duties, owed_since
from db.people import Resident as ResidentTable
from db.places import Community as CommunityTable
from db.places import Grid as GridTable
from db.places import Household as HouseholdTable
from db.scope import Condition
from db.sql import Column
from db.visits import stands
from rules.appeals import ENDED
from rules.disputes import DisputeStatus
from rules.duty import MOST_DAYS, DutyState, Period
from rules.people import Colour
from rules.refusals import invalid
from rules.visits import VisitMode
from schema.agreements import Agreement
from schema.appeals import Appeal
from schema.clocks import now_of
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.filters import DayRange, among, given_id, is_id
from schema.orders import NEWEST
from schema.places import Household
from schema.relay import Connection, Node
from schema.starting_values import starting_value
from schema.visits import Visit
from schema.wishes import PROPOSED, Wish, not_over

BETWEEN = gql.argument("between", DayRange, f"The days, at most {MOST_DAYS}.")
GRID = gql.argument("grid", strawberry.ID | None, "Only this grid; all of the viewer's by default.")
_WALK = ("walk_key", "key")
DUTY_ORDER = Order(("judged_on", *_WALK))
MY_DAY = Order(("urgency", "owed_since", *_WALK))
ROUND = Order(_WALK)
_ONE_DAY: Column = sql.raw("interval '1 day'")


def _today(row: Row) -> Days:
    return Days(now_of(row), scope=row.scope)


def _between(row: Row) -> Days:
    def side(name: str) -> Column:
        def read(between: dict[str, date]) -> date:
            if not timedelta(0) <= between["endsOn"] - between["startsOn"] < timedelta(MOST_DAYS):
                raise invalid("起止日期应在 1 到 {days} 天之内", "endsOn", days=MOST_DAYS)
            return between[name]

        return row.given("between", sql.DATE, read)

    return Days(now_of(row), side("startsOn"), side("endsOn"), row.scope)


def round_of(days: Days, *conditions: Callable[[Any, Any], Condition]) -> sql.From:
    """Duties within the viewer's grids, with the columns of their order. Conditions get the duty and its door."""
    duty = duties(days).subquery("owed")
    door = _door(duty)
    return (
        sql.select(
            *duty.c,
            *door.c,
            owed_since(duty).label("owed_since"),
            sql.case((duty.c.resident_id.is_(None), 1), else_=0).label("urgency", sql.INTEGER),
        )
        .from_(duty.join(door, sql.TRUE))
        .where(*(each(duty, door) for each in conditions))
        .subquery("duty")
    )


def _door(duty: sql.From) -> Any:
    """The position of a duty's home in the round, looked up by key, whatever number of rows the planner expects."""
    household = alias(HouseholdTable)
    return (
        sql.select(household.c.unit, household.c.walk_key)
        .from_(household)
        .where(household.c.id == duty.c.household_id)
        .offset(0)
        .lateral("door")
    )


def _is_due(duty: sql.From, _: sql.From) -> Condition:
    return duty.c.state == constant(DutyState.DUE)


def between_days(row: Row) -> sql.From:
    return round_of(_between(row))


def my_day(row: Row) -> sql.From:
    """The viewer's unfinished duties of today, on their own round."""
    return round_of(_today(row), _is_due, lambda duty, _: on_round(row.scope, duty.c.grid_id))


def duties_today(row: Row) -> sql.From:
    """The duties of today, in whatever state.

    They are computed before their homes, residents and visits are looked up. Otherwise the look-up of a visit compares
    its id with subqueries, for which row-level security forbids an index.
    """
    duty = round_of(_today(row))
    return sql.select(*duty.c).from_(duty).offset(0).subquery("today")


def _at_the_door(row: Row) -> sql.From:
    return round_of(_today(row), lambda duty, _: duty.c.household_id == row.c.id)


def _on_the_staircase(row: Row) -> sql.From:
    def neighbour(duty: Any, home: Any) -> Condition:
        same = sql.and_(duty.c.building_id == row.c.building_id, home.c.unit == row.c.unit)
        return sql.and_(same, duty.c.household_id != row.c.id)

    return round_of(_today(row), _is_due, neighbour)


@gql.filters
class VisitDutyFilter:
    """A filter of duties."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    household: strawberry.ID | None = gql.where(is_id("household", "household_id"), "In this household.")
    resident: strawberry.ID | None = gql.where(is_id("resident", "resident_id"), "To this resident.")
    colour: list[Colour] | None = gql.where(among("colour"), "From one of these colours.")
    state: list[DutyState] | None = gql.where(among("state"), "In one of these states.")


@gql.entity(tables.VisitPolicy)
class VisitPolicy:
    """The cadence of visits to residents of a colour in a community, from a day on."""

    colour = gql.word("colour", Colour, "The colour.")
    period: Period | None = gql.column("period", "The period; null for occasional visits without a due date.")
    modes: list[VisitMode] = gql.column("modes", "The modes of visits that count.")
    grace_days: int = gql.column("grace_days", "Days after the period in which a visit counts as late, not missed.")
    starts_on: date = gql.column("starts_on", "The first day on which it applies.")
    ends_on: date | None = gql.column("ends_on", "The first day on which it no longer applies.")
    set_by = gql.to_one("set_by", "The account that set it; null for a starting value.")
    is_starting_value: bool = starting_value()
    community = gql.to_one("community_id", "The community.")


@gql.entity(tables.DutyPause, "pause")
class DutyPause(Node):
    """A pause of the duties to a resident or household, for example during a hospital stay."""

    id: strawberry.ID = gql.object_id("pause")
    household = gql.to_one("household_id", "The household; all of it if no resident is given.")
    resident = gql.to_one("resident_id", "The resident, for a pause of one.")
    starts_on: date = gql.column("starts_on", "The first day.")
    ends_on: date = gql.column("ends_on", "The last day; before the first day if the pause was cancelled.")
    reason: str = gql.column("reason", "The reason.")
    set_by = gql.to_one("set_by", "The account that recorded it.")
    set_at: datetime = gql.column("set_at", "When it was recorded.")


@gql.derived
class VisitDuty:
    """A duty to reach a resident or household within a period. Duties are derived from the records, not stored."""

    key: str = gql.column("key", "Identifies the duty: colour, target and period.")
    colour = gql.word("colour", Colour, "The colour that requires it.")
    period = gql.word("period", Period, "The period.")
    starts_on: date = gql.column("starts_on", "The first day of the period.")
    ends_on: date = gql.column("last_on", "The last day of the period.")
    due_at: datetime = gql.column("ends_at", "The end of the period.")
    state = gql.word("state", DutyState, "The state.")
    first_missed_on: date | None = gql.value(
        lambda row: sql.func.nullif(row.c.owed_since, row.c.starts_on),
        "The first day of the unbroken series of missed earlier periods; null without one.",
    )
    household = gql.to_one("household_id", "The home.")
    resident = gql.to_one("resident_id", "The resident; null if any member of the household counts.")
    visit = gql.to_one("visit_id", "The visit that fulfilled it, in time or late.")
    pause: DutyPause | None = gql.to_one("pause_id", "The pause that suspends it.")


@gql.derived
class DutyCompliance:
    """The number of duties of a colour, by state."""

    colour = gql.word("colour", Colour, "The colour.")
    owed: int = gql.column("owed", "All duties except paused ones.")
    done: int = gql.column("done", "Done in time.")
    late: int = gql.column("late", "Done late, within the grace days.")
    missed: int = gql.column("missed", "Missed.")
    due: int = gql.column("due", "Not due yet.")
    paused: int = gql.column("paused", "Paused.")
    done_share: float | None = gql.column(
        "done_share",
        "Done in time / (done + late + missed), without duties that are not due yet; null if there are none.",
    )


def compliance(row: Row) -> sql.From:
    """The duties of the given days, counted by colour and state in one pass."""
    duty = duties(_between(row)).subquery("owed")
    within = []
    if "grid" in row.arguments:
        within.append(duty.c.grid_id == given_id(row, "grid"))

    def count(*states: DutyState) -> Column:
        return sql.func.count().filter(duty.c.state.in_(states))

    ended = count(DutyState.DONE, DutyState.LATE, DutyState.MISSED)
    share = sql.cast(count(DutyState.DONE), sql.DOUBLE) / sql.func.nullif(ended, 0)
    return (
        sql.select(
            duty.c.colour,
            count(*(state for state in DutyState if state is not DutyState.PAUSED)).label("owed"),
            *(count(state).label(state.value.lower()) for state in DutyState),
            share.label("done_share"),
        )
        .from_(duty)
        .where(*within)
        .group_by(duty.c.colour)
        .subquery("compliance")
    )


def _to_check(row: Row, agreement: Any) -> Condition:
    """Agreements not yet performed to which the household or a resident of it is a party."""
    dispute, party, resident = (alias(each) for each in (DisputeTable, DisputeParty, ResidentTable))
    lives_here = sql.select(resident.c.id).from_(resident).where(resident.c.household_id == row.c.id)
    theirs = sql.or_(party.c.household_id == row.c.id, party.c.resident_id.in_(lives_here))
    return sql.exists(dispute.join(party, party.c.dispute_id == dispute.c.id)).where(
        dispute.c.id == agreement.dispute_id, dispute.c.status == constant(DisputeStatus.AGREED), theirs
    )


def _open_appeal(row: Row, appeal: Any) -> Condition:
    return sql.and_(appeal.household_id == row.c.id, sql.not_(appeal.status.in_(sorted(ENDED))))


def _not_over(row: Row, pause: Any) -> Condition:
    """Pauses of the household that had not ended a day ago: around midnight, time zones differ by a day."""
    yesterday = sql.cast(sql.func.timezone(constant("UTC"), now_of(row)) - _ONE_DAY, sql.DATE)
    return sql.and_(pause.household_id == row.c.id, pause.ends_on >= yesterday, pause.ends_on >= pause.starts_on)


def _attempted_today(row: Row, visit: Any) -> Condition:
    """Attempts at the household since the local midnight."""
    grid, community = alias(GridTable), alias(CommunityTable)
    today = sql.func.date_trunc(constant("day"), sql.func.timezone(community.c.time_zone, now_of(row)))
    midnight = sql.select(sql.func.timezone(community.c.time_zone, today, type_=sql.INSTANT)).from_(
        grid.join(community, community.c.id == grid.c.community_id)
    )
    since = midnight.where(grid.c.id == row.c.grid_id).scalar()
    here = sql.and_(visit.household_id == row.c.id, stands(visit))
    return sql.and_(here, visit.is_attempt, visit.occurred_at >= since)


HOUSEHOLD = gql.argument("household", strawberry.ID, "The household.")


@gql.entity(HouseholdTable, main=False)
class DoorstepSummary:
    """A summary of one door for a worker before a visit."""

    household: Household | None = gql.to_one("id", "The household.")
    duties: list[VisitDuty] = gql.few_rows(
        _at_the_door, lambda t: [t.urgency, t.key], "The duties of today.", weight=200
    )
    open_appeals: Connection[Appeal] = gql.paged("Open appeals, newest first.", NEWEST, link=_open_appeal)
    open_wishes: Connection[Wish] = gql.paged("Open wishes, newest first.", PROPOSED, link=not_over)
    agreements_to_check: list[Agreement] = gql.to_many(
        _to_check, lambda t: [t.due_on, t.id], "Agreements whose performance is to be checked, by due day."
    )
    attempts_today: list[Visit] = gql.to_many(
        _attempted_today, lambda t: [t.occurred_at, t.id], "Visits of today that met nobody, in order."
    )
    pauses: list[DutyPause] = gql.to_many(_not_over, lambda t: [t.starts_on, t.id], "Current and future pauses.")
    neighbours_due: Connection[VisitDuty] = gql.paged(
        "Unfinished duties of today on the same staircase, in walking order.", ROUND, rows=_on_the_staircase, weight=200
    )


@gql.roots
class DutyRoots:
    my_day: Connection[VisitDuty] = gql.paged(
        "The viewer's unfinished duties of today: people who live alone, then the longest missed, then walking order.",
        MY_DAY,
        rows=my_day,
        weight=2_500,
    )
    doorstep: DoorstepSummary | None = gql.by_link(
        lambda row, t: t.id == given_id(row, "household"), "One door.", [HOUSEHOLD]
    )
    duties: Connection[VisitDuty] = gql.paged(
        "The duties that end within the days, and if today is one of them, those that have not ended yet.",
        DUTY_ORDER,
        rows=between_days,
        where=VisitDutyFilter,
        also=[BETWEEN],
        weight=2_500,
    )
    compliance: list[DutyCompliance] = gql.few_rows(
        compliance, lambda t: [t.colour], "The same duties, counted by colour.", [BETWEEN, GRID], weight=3_000
    )
    visit_policies: list[VisitPolicy] = gql.to_many(
        lambda _, __: sql.TRUE, lambda t: [t.community_id, t.colour, t.starts_on], "Past, current and future cadences."
    )
