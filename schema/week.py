"""The weekly analysis (每周汇总分析) in GraphQL: each number is a connection, so it leads to the cases behind it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import appeals, disputes
from rules.appeals import AppealCategory, AppealKind
from rules.disputes import DisputeType
from rules.duty import DutyState
from rules.people import Colour
from rules.week import APPEAL_DRAGS, DISPUTE_DRAGS, HandlingLevel
from schema import week_rows as rows
from schema.appeals import Appeal, AppealFilter
from schema.compiler.declare import (
    argument,
    column,
    derived,
    few_rows,
    labelled,
    one_row,
    paged,
    roots,
    to_many,
    to_one,
    value,
)
from schema.disputes import Dispute, DisputeFilter
from schema.duty import DUTY_ORDER, Duty, DutyFilter
from schema.orders import LATEST, NEWEST, OLDEST, WALK
from schema.places import Grid, Household
from schema.relay import Connection
from schema.visits import Visit, VisitFilter
from schema.week_rows import BEFORE, both, same, was_opened, was_reached, was_settled, was_solved, week_asked_for

WEEK = argument("week", str | None, "The ISO week, such as `2023-W48`; by default the week that runs.")
IN_COMMUNITY = argument(
    "community", strawberry.ID | None, "The community; by default the viewer's, the first by name of several."
)


def _longer_than(days: int) -> Any:
    return argument("days", int | None, f"Open for more than so many days; {days} by default.")


@derived
class WeekCategory:
    """Appeals of one category that were opened or solved in the week or in the one before."""

    category: AppealCategory = column("category", "The category.")
    label: str = labelled("category", AppealCategory, "The category in Chinese.")
    is_new: bool = column("is_new", "Opened in the week, and none in the four weeks before.")
    opened: Connection[Appeal] = paged("Opened in the week.", NEWEST, link=both(was_opened(), same("category")))
    opened_before: Connection[Appeal] = paged(
        "Opened in the week before.", NEWEST, link=both(was_opened(BEFORE), same("category"))
    )
    solved: Connection[Appeal] = paged("Solved in the week.", NEWEST, link=both(was_solved(), same("category")))
    solved_before: Connection[Appeal] = paged(
        "Solved in the week before.", NEWEST, link=both(was_solved(BEFORE), same("category"))
    )


@derived
class WeekKind:
    """Appeals of one kind that were opened or solved in the week or in the one before."""

    kind: AppealKind = column("kind", "The kind.")
    label: str = labelled("kind", AppealKind, "The kind in Chinese.")
    opened: Connection[Appeal] = paged("Opened in the week.", NEWEST, link=both(was_opened(), same("kind")))
    solved: Connection[Appeal] = paged("Solved in the week.", NEWEST, link=both(was_solved(), same("kind")))


@derived
class WeekBuilding:
    """Appeals about one building that were opened or solved in the week or in the one before."""

    building = to_one("building_id", "The building.")
    is_new: bool = column("is_new", "Opened in the week, and none in the four weeks before.")
    opened: Connection[Appeal] = paged("Opened in the week.", NEWEST, link=both(was_opened(), same("building_id")))
    solved: Connection[Appeal] = paged("Solved in the week.", NEWEST, link=both(was_solved(), same("building_id")))


@derived
class WeekDisputeType:
    """Disputes of one type that were reported or settled in the week or in the one before."""

    type: DisputeType = column("type", "The type.")
    label: str = labelled("type", DisputeType, "The type in Chinese.")
    is_new: bool = column("is_new", "Reported in the week, and none in the four weeks before.")
    opened: Connection[Dispute] = paged("Reported in the week.", NEWEST, link=both(was_opened(), same("type")))
    opened_before: Connection[Dispute] = paged(
        "Reported in the week before.", NEWEST, link=both(was_opened(BEFORE), same("type"))
    )
    settled: Connection[Dispute] = paged("Settled in the week.", NEWEST, link=both(was_settled(), same("type")))
    settled_before: Connection[Dispute] = paged(
        "Settled in the week before.", NEWEST, link=both(was_settled(BEFORE), same("type"))
    )


@derived
class WeekLevel:
    """What came to its end at one level: 小事不出网格，大事不出社区."""

    level: HandlingLevel = column("level", "The level.")
    label: str = labelled("level", HandlingLevel, "The level in Chinese.")
    appeals: Connection[Appeal] = paged("Appeals solved in the week.", NEWEST, link=both(was_solved(), same("level")))
    appeals_before: Connection[Appeal] = paged(
        "Appeals solved in the week before.", NEWEST, link=both(was_solved(BEFORE), same("level"))
    )
    disputes: Connection[Dispute] = paged(
        "Disputes settled in the week.", NEWEST, link=both(was_settled(), same("level"))
    )
    disputes_before: Connection[Dispute] = paged(
        "Disputes settled in the week before.", NEWEST, link=both(was_settled(BEFORE), same("level"))
    )


_VISITED_BY = was_reached(same("worker_id", "account_id"))
_COLLECTED_BY = both(was_opened(), same("registered_by", "account_id"))
_SOLVED_BY = both(was_solved(), same("handled_by", "account_id"))
_VISITED = "Households that the worker visited, each once however often, also where nobody was in."
_COLLECTED = "Disputes that the worker registered and that were reported then."
_SOLVED = "Appeals that the worker handled, having accepted them, and that the reporter confirmed as solved then."


@derived
class DailyLog:
    """A worker's day, counted from the records."""

    day: date = column("day", "The day.")
    households_visited: Connection[Household] = paged(_VISITED, WALK, link=_VISITED_BY)
    disputes_collected: Connection[Dispute] = paged(_COLLECTED, NEWEST, link=_COLLECTED_BY)
    problems_solved: Connection[Appeal] = paged(_SOLVED, NEWEST, link=_SOLVED_BY)


@derived
class WeekWorker:
    """A worker's week. Workers come in the order of their grids, never of their numbers."""

    worker = to_one("account_id", "The worker.")
    grids: list[Grid] = to_many(
        rows.worked_in, lambda t: [t.name, t.id], "The viewer's grids where they held a post in that week."
    )
    days: list[DailyLog] = few_rows(rows.log, lambda t: [t.day], "The seven days.")
    households_visited: Connection[Household] = paged(_VISITED, WALK, link=_VISITED_BY)
    disputes_collected: Connection[Dispute] = paged(_COLLECTED, NEWEST, link=_COLLECTED_BY)
    problems_solved: Connection[Appeal] = paged(_SOLVED, NEWEST, link=_SOLVED_BY)


def _duties(description: str, *states: DutyState) -> Any:
    return paged(description, DUTY_ORDER, rows=rows.duties_in(*states), where=DutyFilter)


@derived
class WeekDuty:
    """The duties to people of one colour that are judged in the week, as they stand now."""

    colour: Colour = column("colour", "The colour.")
    colour_label: str = labelled("colour", Colour, "The colour's people in Chinese.")
    owed: Connection[Duty] = _duties(
        "All without the paused ones.", *(state for state in DutyState if state is not DutyState.PAUSED)
    )
    done: Connection[Duty] = _duties("Done in time.", DutyState.DONE)
    late: Connection[Duty] = _duties("Done within the grace.", DutyState.LATE)
    missed: Connection[Duty] = _duties("Missed.", DutyState.MISSED)
    due: Connection[Duty] = _duties("Still running.", DutyState.DUE)
    paused: Connection[Duty] = _duties("Paused.", DutyState.PAUSED)


@derived
class WeeklyAnalysis:
    """A week of a community (每周汇总分析), within what the viewer works with; counted from the records each time.

    Each number is the `totalCount` of a connection, whose nodes are the cases behind it.
    """

    week: str = value(lambda row: rows.iso_week(row.c.first_day), "The ISO week, such as `2023-W48`.")
    community = to_one("community_id", "The community.")
    first_day: date = column("first_day", "Its Monday.")
    last_day: date = column("last_day", "Its Sunday.")
    starts_at: datetime = column("starts_at", "The midnight that begins it, in the community's time zone.")
    ends_at: datetime = column("ends_at", "The midnight that ends it.")
    as_of: datetime = column("as_of", "When it is judged what drags: at the week's end, or now while the week runs.")
    visits: Connection[Visit] = paged(
        "Visits that occurred in the week, however late they arrived; attempts too.",
        LATEST,
        link=rows.visited,
        where=VisitFilter,
    )
    visits_recorded_later: Connection[Visit] = paged(
        "Those of them that reached the server when the week was over.", LATEST, link=rows.recorded_later
    )
    households_visited: Connection[Household] = paged(
        "Households visited, each once however often, also where nobody was in.", WALK, link=was_reached()
    )
    appeals_opened: Connection[Appeal] = paged(
        "Appeals of every kind that were opened.", NEWEST, link=was_opened(), where=AppealFilter
    )
    problems_solved: Connection[Appeal] = paged(
        "Appeals of every kind that were closed, their reporters confirming.",
        NEWEST,
        link=was_solved(),
        where=AppealFilter,
    )
    disputes_opened: Connection[Dispute] = paged(
        "Disputes that were reported.", NEWEST, link=was_opened(), where=DisputeFilter
    )
    disputes_settled: Connection[Dispute] = paged(
        "Disputes whose parties reached an agreement.", NEWEST, link=was_settled(), where=DisputeFilter
    )
    dragging_appeals: Connection[Appeal] = paged(
        "Appeals that had been open for long at `asOf`, the oldest first.",
        OLDEST,
        link=rows.open_for(appeals.Appeal, APPEAL_DRAGS, rows.given_up),
        also=[_longer_than(APPEAL_DRAGS)],
    )
    dragging_disputes: Connection[Dispute] = paged(
        "Disputes that had been pending for long at `asOf`, the oldest first.",
        OLDEST,
        link=rows.open_for(disputes.Dispute, DISPUTE_DRAGS, rows.agreed_by_then),
        also=[_longer_than(DISPUTE_DRAGS)],
    )
    by_category: list[WeekCategory] = few_rows(
        rows.by(appeals.Appeal, "category", rows.closed),
        rows.most_first("category"),
        "Appeals by category, the most frequent first.",
    )
    by_kind: list[WeekKind] = few_rows(
        rows.by(appeals.Appeal, "kind", rows.closed),
        rows.most_first("kind"),
        "Appeals by kind, the most frequent first.",
    )
    by_building: list[WeekBuilding] = few_rows(
        rows.by(appeals.Appeal, "building_id", rows.closed),
        rows.most_first("building_id"),
        "Appeals by the building they are about, the most frequent first.",
    )
    by_dispute_type: list[WeekDisputeType] = few_rows(
        rows.by(disputes.Dispute, "type", rows.agreed),
        rows.most_first("type"),
        "Disputes by type, the most frequent first.",
    )
    by_level: list[WeekLevel] = few_rows(rows.levels, lambda t: [t.place], "What was solved and settled where.")
    workers: list[WeekWorker] = few_rows(
        rows.workers,
        lambda t: [t.grid_name.nulls_last(), t.username],
        "Grid workers with a post in that week and whoever else is counted, by grid and user name.",
    )
    duty: list[WeekDuty] = few_rows(
        rows.colours, lambda t: [t.colour], "Who had to be reached, by each colour with a cadence in that week."
    )
    previous: WeeklyAnalysis | None = one_row(rows.week_before, "The week before, to compare with.")


@roots
class WeekRoots:
    """The week."""

    weekly_analysis: WeeklyAnalysis | None = one_row(
        week_asked_for,
        "The weekly analysis (每周汇总分析); null when the community does not exist or is not the viewer's to see.",
        [WEEK, IN_COMMUNITY],
    )
