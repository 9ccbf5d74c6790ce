"""The weekly analysis (每周汇总分析) in GraphQL. Each number is a connection, whose nodes are the cases behind it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import appeals, disputes
from rules.appeals import AppealCategory, AppealKind
from rules.cases import HandlingLevel
from rules.disputes import DisputeType
from rules.duty import DutyState
from rules.people import Colour
from rules.week import APPEAL_DRAGS, DISPUTE_DRAGS
from schema import week_rows as rows
from schema.appeals import Appeal, AppealFilter
from schema.compiler import declare as gql
from schema.compiler.sources import Link
from schema.disputes import Dispute, DisputeFilter
from schema.duty import DUTY_ORDER, VisitDuty, VisitDutyFilter
from schema.orders import BY_NAME_KEY, LATEST, NEWEST, OLDEST, WALK
from schema.places import Grid, Household, Premises
from schema.relay import Connection
from schema.visits import Visit, VisitFilter
from schema.week_rows import BEFORE, same, was_opened, was_settled, was_solved, was_visited

WEEK = gql.argument("week", str | None, "The ISO week, such as `2023-W48`; the current week by default.")
IN_COMMUNITY = gql.argument("community", strawberry.ID | None, "The community; by default the viewer's first by name.")


def _cases(description: str, *links: Link) -> Any:
    return gql.paged(description, NEWEST, link=rows.both(*links))


@gql.derived
class WeekCategoryFigures:
    """Appeals of one category that were opened or solved in the week or in the one before."""

    category = gql.word("category", AppealCategory, "The category.", "label")
    is_new: bool = gql.column("is_new", "Opened in the week, and none in the four weeks before.")
    opened: Connection[Appeal] = _cases("Opened in the week.", was_opened(), same("category"))
    opened_before: Connection[Appeal] = _cases("Opened in the week before.", was_opened(BEFORE), same("category"))
    solved: Connection[Appeal] = _cases("Solved in the week.", was_solved(), same("category"))
    solved_before: Connection[Appeal] = _cases("Solved in the week before.", was_solved(BEFORE), same("category"))


@gql.derived
class WeekKindFigures:
    """Appeals of one kind that were opened or solved in the week or in the one before."""

    kind = gql.word("kind", AppealKind, "The kind.", "label")
    opened: Connection[Appeal] = _cases("Opened in the week.", was_opened(), same("kind"))
    solved: Connection[Appeal] = _cases("Solved in the week.", was_solved(), same("kind"))


@gql.derived
class WeekBuildingFigures:
    """Appeals about one building that were opened or solved in the week or in the one before."""

    building = gql.to_one("building_id", "The building.")
    is_new: bool = gql.column("is_new", "Opened in the week, and none in the four weeks before.")
    opened: Connection[Appeal] = _cases("Opened in the week.", was_opened(), same("building_id"))
    solved: Connection[Appeal] = _cases("Solved in the week.", was_solved(), same("building_id"))


@gql.derived
class WeekDisputeTypeFigures:
    """Disputes of one type that were reported or settled in the week or in the one before."""

    type = gql.word("type", DisputeType, "The type.", "label")
    is_new: bool = gql.column("is_new", "Reported in the week, and none in the four weeks before.")
    opened: Connection[Dispute] = _cases("Reported in the week.", was_opened(), same("type"))
    opened_before: Connection[Dispute] = _cases("Reported in the week before.", was_opened(BEFORE), same("type"))
    settled: Connection[Dispute] = _cases("Settled in the week.", was_settled(), same("type"))
    settled_before: Connection[Dispute] = _cases("Settled in the week before.", was_settled(BEFORE), same("type"))


@gql.derived
class WeekLevelFigures:
    """Cases solved or settled at one level (小事不出网格，大事不出社区)."""

    level = gql.word("level", HandlingLevel, "The level.", "label")
    appeals: Connection[Appeal] = _cases("Solved in the week.", was_solved(), same("level"))
    appeals_before: Connection[Appeal] = _cases("Solved in the week before.", was_solved(BEFORE), same("level"))
    disputes: Connection[Dispute] = _cases("Settled in the week.", was_settled(), same("level"))
    disputes_before: Connection[Dispute] = _cases("Settled in the week before.", was_settled(BEFORE), same("level"))


@gql.part
class WorkerFigures:
    """The work of one worker, on a day or in a week."""

    households_visited: Connection[Household] = gql.paged(
        "Households where the worker met somebody; each is counted once.",
        WALK,
        link=was_visited("household_id", same("worker_id", "account_id")),
    )
    premises_visited: Connection[Premises] = gql.paged(
        "Premises where the worker met somebody; each is counted once.",
        BY_NAME_KEY,
        link=was_visited("premises_id", same("worker_id", "account_id")),
    )
    attempts: Connection[Visit] = gql.paged(
        "Visits by the worker that met nobody.", LATEST, link=rows.both(rows.attempted, same("worker_id", "account_id"))
    )
    disputes_collected: Connection[Dispute] = _cases(
        "Disputes registered by the worker.", was_opened(), same("registered_by", "account_id")
    )
    problems_solved: Connection[Appeal] = _cases(
        "Appeals accepted by the worker and confirmed as solved.", was_solved(), same("handled_by", "account_id")
    )


@gql.derived
class DailyLog(WorkerFigures):
    """A day of a worker, counted from the records."""

    worked_on: date = gql.column("day", "The day.")


@gql.derived
class WeekWorkerFigures(WorkerFigures):
    """A week of a worker."""

    worker = gql.to_one("account_id", "The worker.")
    grids: list[Grid] = gql.to_many(
        rows.worked_in, lambda t: [t.name, t.id], "The grids, of those visible to the viewer, where they held a post."
    )
    days: list[DailyLog] = gql.few_rows(rows.log, lambda t: [t.day], "The seven days.")


def _duties(description: str, *states: DutyState) -> Any:
    return gql.paged(description, DUTY_ORDER, rows=rows.duties_in(*states), where=VisitDutyFilter, weight=1_500)


@gql.derived
class WeekDutyFigures:
    """The duties of the week to residents of one colour, with their current state."""

    colour = gql.word("colour", Colour, "The colour.")
    owed: Connection[VisitDuty] = _duties(
        "All but paused ones.", *(each for each in DutyState if each != DutyState.PAUSED)
    )
    done: Connection[VisitDuty] = _duties("Done in time.", DutyState.DONE)
    late: Connection[VisitDuty] = _duties("Done late, within the grace days.", DutyState.LATE)
    missed: Connection[VisitDuty] = _duties("Missed.", DutyState.MISSED)
    due: Connection[VisitDuty] = _duties("Not due yet.", DutyState.DUE)
    paused: Connection[VisitDuty] = _duties("Paused.", DutyState.PAUSED)


def _dragging(description: str, model: Any, days: int, ended: Link) -> Any:
    argument = gql.argument("days", int | None, f"Open for more than this number of days; {days} by default.")
    return gql.paged(description, OLDEST, link=rows.open_for(model, days, ended), also=[argument])


def _appeals_by(key: str, description: str) -> Any:
    grouped = rows.grouped_by(appeals.Appeal, key, rows.closed)
    return gql.few_rows(grouped, rows.largest_first(key), description, weight=1_500)


@gql.derived
class WeeklyAnalysis:
    """A week of a community (每周汇总分析) within the viewer's scope, counted from the records at each request.

    Each number is the `totalCount` of a connection, whose nodes are the cases behind it.
    """

    week: str = gql.value(lambda row: rows.iso_week(row.c.first_day), "The ISO week, such as `2023-W48`.")
    community = gql.to_one("community_id", "The community.")
    starts_on: date = gql.column("first_day", "The Monday.")
    ends_on: date = gql.column("last_day", "The Sunday.")
    starts_at: datetime = gql.column("starts_at", "The midnight at its start, in the community's time zone.")
    ends_at: datetime = gql.column("ends_at", "The midnight at its end.")
    counted_at: datetime = gql.column(
        "as_of", "The time for `draggingAppeals` and `draggingDisputes`: its end, or now."
    )
    visits: Connection[Visit] = gql.paged(
        "Visits in the week that met somebody, including those recorded later.",
        LATEST,
        link=rows.visited,
        where=VisitFilter,
    )
    attempts: Connection[Visit] = gql.paged(
        "Visits in the week that met nobody.", LATEST, link=rows.attempted, where=VisitFilter
    )
    visits_recorded_later: Connection[Visit] = gql.paged(
        "Of these visits, those that reached the server after its end.", LATEST, link=rows.recorded_later
    )
    households_visited: Connection[Household] = gql.paged(
        "Households where somebody was met; each is counted once.",
        WALK,
        link=was_visited("household_id"),
        weight=300,
    )
    premises_visited: Connection[Premises] = gql.paged(
        "Premises where somebody was met; each is counted once.",
        BY_NAME_KEY,
        link=was_visited("premises_id"),
        weight=300,
    )
    appeals_opened: Connection[Appeal] = gql.paged(
        "Appeals of all kinds that were opened.", NEWEST, link=was_opened(), where=AppealFilter
    )
    problems_solved: Connection[Appeal] = gql.paged(
        "Appeals of all kinds that were closed.", NEWEST, link=was_solved(), where=AppealFilter
    )
    disputes_opened: Connection[Dispute] = gql.paged("New disputes.", NEWEST, link=was_opened(), where=DisputeFilter)
    disputes_settled: Connection[Dispute] = gql.paged(
        "Disputes whose parties reached an agreement.", NEWEST, link=was_settled(), where=DisputeFilter
    )
    dragging_appeals: Connection[Appeal] = _dragging(
        "Appeals that had been open for long at `countedAt`, oldest first.", appeals.Appeal, APPEAL_DRAGS, rows.given_up
    )
    dragging_disputes: Connection[Dispute] = _dragging(
        "Disputes without an agreement for long at `countedAt`, oldest first.",
        disputes.Dispute,
        DISPUTE_DRAGS,
        rows.agreed_by_then,
    )
    by_category: list[WeekCategoryFigures] = _appeals_by("category", "Appeals by category, most frequent first.")
    by_kind: list[WeekKindFigures] = _appeals_by("kind", "Appeals by kind, most frequent first.")
    by_building: list[WeekBuildingFigures] = _appeals_by("building_id", "Appeals by building, most frequent first.")
    by_dispute_type: list[WeekDisputeTypeFigures] = gql.few_rows(
        rows.grouped_by(disputes.Dispute, "type", rows.agreed),
        rows.largest_first("type"),
        "Disputes by type, most frequent first.",
    )
    by_level: list[WeekLevelFigures] = gql.few_rows(
        rows.levels, lambda t: [t.place], "Solved and settled cases by level."
    )
    workers: list[WeekWorkerFigures] = gql.few_rows(
        rows.workers,
        lambda t: [t.grid_name.nulls_last(), t.username],
        "Grid workers with a post in the week and everybody else with counted work, by grid and user name.",
        weight=150,
    )
    duty: list[WeekDutyFigures] = gql.few_rows(
        rows.colours, lambda t: [t.colour], "Duties by colour, for colours with a cadence in the week."
    )
    previous: WeeklyAnalysis | None = gql.one_row(rows.week_before, "The previous week.", weight=5_000)


@gql.roots
class WeekRoots:
    weekly_analysis: WeeklyAnalysis | None = gql.one_row(
        rows.week_asked_for,
        "The weekly analysis (每周汇总分析); null if the community does not exist or is not visible to the viewer.",
        [WEEK, IN_COMMUNITY],
    )
