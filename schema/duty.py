"""Duties in GraphQL: what is owed to whom, how it stands, who need not be reached; and one door at a glance."""

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
from db.owed import Days, duties, owed_since
from db.people import Resident as ResidentTable
from db.places import Building as BuildingTable
from db.places import Household as HouseholdTable
from db.scope import Condition
from db.sql import Column
from rules.appeals import ENDED
from rules.disputes import DisputeStatus
from rules.duty import MOST_DAYS, DutyState, Period
from rules.people import Colour
from rules.refusals import invalid
from rules.visits import VisitMode
from schema.agreements import Agreement
from schema.appeals import Appeal
from schema.clocks import now_of
from schema.compiler.declare import (
    argument,
    by_link,
    column,
    derived,
    entity,
    few_rows,
    filters,
    labelled,
    object_id,
    paged,
    roots,
    to_many,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.filters import DayRange, among, is_id
from schema.ids import parse_id
from schema.orders import NEWEST
from schema.places import Household
from schema.relay import Connection, Node
from schema.wishes import PROPOSED, Wish, not_over

BETWEEN = argument("between", DayRange, f"The days, at most {MOST_DAYS}.")
GRID = argument("grid", strawberry.ID | None, "Only this grid; all of the viewer's by default.")
_WALK = ("number", "unit", "floor", "room", "key")
DUTY_ORDER = Order(("judged_on", *_WALK))
MY_DAY = Order(("urgency", "owed_since", *_WALK))
ROUND = Order(_WALK)
_ONE_DAY: Column = sql.raw("interval '1 day'")


def _today(row: Row) -> Days:
    return Days(now_of(row), scope=row.scope)


def _between(row: Row) -> Days:
    """The days in the arguments."""

    def side(name: str) -> Column:
        def read(between: dict[str, date]) -> date:
            if not timedelta(0) <= between["last"] - between["first"] < timedelta(MOST_DAYS):
                raise invalid(f"起止日期应在 1 到 {MOST_DAYS} 天之内", f"ask for 1 to {MOST_DAYS} days", "last")
            return between[name]

        return row.given("between", sql.DATE, read)

    return Days(now_of(row), side("first"), side("last"), row.scope)


def round_of(days: Days, *conditions: Callable[[Any, Any], Condition]) -> sql.From:
    """The duties of some days within the viewer's grids, each with its place in the round.

    ``conditions`` are made on the duty and on its door.
    """
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
    """Where in the round a duty's home lies; looked up by its key, however few rows the planner expects."""
    household, building = alias(HouseholdTable), alias(BuildingTable)
    return (
        sql.select(building.c.number, household.c.unit, household.c.floor, household.c.room)
        .from_(household.join(building, building.c.id == household.c.building_id))
        .where(household.c.id == duty.c.household_id)
        .offset(0)
        .lateral("door")
    )


def _is_due(duty: sql.From, _: sql.From) -> Condition:
    return duty.c.state == constant(DutyState.DUE)


def between_days(row: Row) -> sql.From:
    """The duties of the days in the arguments."""
    return round_of(_between(row))


def my_day(row: Row) -> sql.From:
    """What the viewer still owes today on their own round."""
    return round_of(_today(row), _is_due, lambda duty, _: row.scope.on_round(duty.c.grid_id))


def _at_the_door(row: Row) -> sql.From:
    return round_of(_today(row), lambda duty, _: duty.c.household_id == row.c.id)


def _on_the_staircase(row: Row) -> sql.From:
    def neighbour(duty: Any, home: Any) -> Condition:
        same = sql.and_(duty.c.building_id == row.c.building_id, home.c.unit == row.c.unit)
        return sql.and_(same, duty.c.household_id != row.c.id)

    return round_of(_today(row), _is_due, neighbour)


@filters
class DutyFilter:
    """Which duties."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "Of this grid.")
    household: strawberry.ID | None = where(is_id("household", "household_id"), "In this household.")
    resident: strawberry.ID | None = where(is_id("resident", "resident_id"), "To reach this resident.")
    colour: list[Colour] | None = where(among("colour"), "For one of these colours.")
    state: list[DutyState] | None = where(among("state"), "In one of these states.")


@entity(tables.VisitPolicy)
class VisitPolicy:
    """How often people of a colour are to be reached in a community, from a day on."""

    colour: Colour = column("colour", "The colour.")
    colour_label: str = labelled("colour", Colour, "The colour's people in Chinese.")
    period: Period | None = column("period", "How often; null for now and then, with no due date.")
    modes: list[VisitMode] = column("modes", "The modes that count.")
    grace_days: int = column("grace_days", "How many days after the period a visit is late rather than missed.")
    starts_on: date = column("starts_on", "The first day on which it holds.")
    ends_on: date | None = column("ends_on", "The first day on which it no longer holds.")
    set_by = to_one("set_by", "Who set it; null for what a community starts with.")
    community = to_one("community_id", "The community.")


@entity(tables.DutyPause, "pause")
class DutyPause(Node):
    """Why somebody need not be reached for some days: in hospital, with their children."""

    id: strawberry.ID = object_id("pause")
    household = to_one("household_id", "The household; all of it when no resident is named.")
    resident = to_one("resident_id", "The one resident who need not be reached.")
    starts_on: date = column("starts_on", "The first day.")
    ends_on: date = column("ends_on", "The last day; before the first when it was taken back.")
    reason: str = column("reason", "Why.")
    set_by = to_one("set_by", "Who wrote it down.")
    set_at: datetime = column("set_at", "When it was written down.")


@derived
class Duty:
    """A duty to reach somebody within a period: derived from what happened, never stored."""

    key: str = column("key", "What tells it from others: colour, target and period.")
    colour: Colour = column("colour", "The colour that it comes from.")
    colour_label: str = labelled("colour", Colour, "The colour's people in Chinese.")
    period: Period = column("period", "How often.")
    period_label: str = labelled("period", Period, "How often, in Chinese.")
    starts_on: date = column("starts_on", "The period's first day.")
    last_on: date = column("last_on", "The period's last day.")
    due: datetime = column("ends_at", "The end of the period.")
    state: DutyState = column("state", "How it stands.")
    state_label: str = labelled("state", DutyState, "How it stands, in Chinese.")
    missed_since: date | None = value(
        lambda row: sql.func.nullif(row.c.owed_since, row.c.starts_on),
        "The first day of the unbroken run of earlier periods in which nobody reached them; null without one.",
    )
    household = to_one("household_id", "The home.")
    resident = to_one("resident_id", "Who is to be reached; null when it is the household.")
    visit = to_one("visit_id", "The visit by which it was done, in time or late.")
    pause: DutyPause | None = to_one("pause_id", "Why they need not be reached.")


@derived
class Compliance:
    """How the duties of a colour stand."""

    colour: Colour = column("colour", "The colour.")
    colour_label: str = labelled("colour", Colour, "The colour's people in Chinese.")
    owed: int = column("owed", "How many duties there were, without paused ones.")
    done: int = column("done", "How many were done in time.")
    late: int = column("late", "How many were done within the grace.")
    missed: int = column("missed", "How many were missed.")
    due: int = column("due", "How many are still running.")
    paused: int = column("paused", "How many were paused.")
    done_share: float | None = column(
        "done_share", "Done in time / (done + late + missed): what still runs is left out. Null without any."
    )


def compliance(row: Row) -> sql.From:
    """The duties of the days in the arguments, counted by colour and state in one pass."""
    duty = duties(_between(row)).subquery("owed")
    within = []
    if "grid" in row.arguments:
        within.append(duty.c.grid_id == row.given("grid", sql.UUID, lambda text: parse_id("grid", text)))

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
    """Agreements to which the household or one who lives there is a party, and which are not performed yet."""
    dispute, party, resident = (alias(each) for each in (DisputeTable, DisputeParty, ResidentTable))
    lives_here = sql.select(resident.c.id).from_(resident).where(resident.c.household_id == row.c.id)
    theirs = sql.or_(party.c.household_id == row.c.id, party.c.resident_id.in_(lives_here))
    return sql.exists(dispute.join(party, party.c.dispute_id == dispute.c.id)).where(
        dispute.c.id == agreement.dispute_id, dispute.c.status == constant(DisputeStatus.AGREED), theirs
    )


def _open_appeal(row: Row, appeal: Any) -> Condition:
    return sql.and_(appeal.household_id == row.c.id, sql.not_(appeal.status.in_(sorted(ENDED))))


def _not_over(row: Row, pause: Any) -> Condition:
    """Pauses of the household that have not ended a day ago: near midnight one zone is a day ahead of another."""
    yesterday = sql.cast(sql.func.timezone(constant("UTC"), now_of(row)) - _ONE_DAY, sql.DATE)
    return sql.and_(pause.household_id == row.c.id, pause.ends_on >= yesterday, pause.ends_on >= pause.starts_on)


HOUSEHOLD = argument("household", strawberry.ID, "The household.")


@entity(HouseholdTable, main=False)
class Doorstep:
    """One door at a glance: what a worker wants to know before knocking."""

    household: Household | None = to_one("id", "The household.")
    duties: list[Duty] = few_rows(_at_the_door, lambda t: [t.urgency, t.key], "What is owed to it today.")
    open_appeals: Connection[Appeal] = paged("Its open appeals, newest first.", NEWEST, link=_open_appeal)
    open_wishes: Connection[Wish] = paged("Its open wishes, those proposed last first.", PROPOSED, link=not_over)
    agreements_to_check: list[Agreement] = to_many(
        _to_check, lambda t: [t.due_on, t.id], "Agreements with it whose performance is to be checked, the next first."
    )
    pauses: list[DutyPause] = to_many(
        _not_over, lambda t: [t.starts_on, t.id], "Who of it need not be reached, now or soon."
    )
    neighbours_due: Connection[Duty] = paged(
        "What is due today on the same staircase, in walking order.", ROUND, rows=_on_the_staircase
    )


@roots
class DutyRoots:
    """What can be read of duties."""

    my_day: Connection[Duty] = paged(
        "What the viewer still owes today on their own round, and where they stand in: who lives alone first, then"
        " whoever was missed longest, then in walking order.",
        MY_DAY,
        rows=my_day,
    )
    doorstep: Doorstep | None = by_link(
        lambda row, t: t.id == row.given("household", sql.UUID, lambda text: parse_id("household", text)),
        "Everything about one door at once.",
        [HOUSEHOLD],
    )
    duties: Connection[Duty] = paged(
        "The duties whose period's last day lies within the days, and those that run today if today does.",
        DUTY_ORDER,
        rows=between_days,
        where=DutyFilter,
        also=[BETWEEN],
    )
    compliance: list[Compliance] = few_rows(
        compliance, lambda t: [t.colour], "The same duties counted by colour.", [BETWEEN, GRID]
    )
    visit_policies: list[VisitPolicy] = to_many(
        lambda _, __: sql.TRUE,
        lambda t: [t.community_id, t.colour, t.starts_on],
        "How often people of each colour are to be reached, with what held before and what will hold.",
    )
