"""Incidents and dispatches in GraphQL: appeals handled as one, and what organisations were given to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import appeals as tables
from db import sql
from db.base import alias
from db.scope import Condition
from rules.appeals import (
    AppealCategory,
    DispatchStatus,
)
from rules.clocks import RUNNING
from schema.appeals import Appeal, AppealFilter
from schema.clocks import now_of
from schema.compiler.declare import (
    by_link,
    column,
    derived,
    entity,
    extend,
    labelled,
    object_id,
    paged,
    roots,
    to_many,
    to_one,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.journal import JournalEntry, timeline
from schema.orders import BY_MAKING, CASE_ORDERS, CaseOrder
from schema.relay import Connection, Node


def _part_of(row: Row, t: Any) -> Condition:
    return t.incident_id == row.c.id  # type: ignore[no-any-return]


def _is_candidate(row: Row, t: Any) -> list[Condition]:
    recent = now_of(row) - sql.raw("interval '7 days'")
    running = sql.cast(t.status, sql.TEXT).in_(sorted(RUNNING))
    return [running, t.incident_id.is_(None), t.building_id.is_not(None), t.opened_at >= recent]


def _candidate(row: Row, t: Any) -> Condition:
    same = (t.building_id == row.c.building_id, t.category == row.c.category, t.unit.is_not_distinct_from(row.c.unit))
    return sql.and_(*_is_candidate(row, t), *same)


def _may_join(row: Row, t: Any) -> Condition:
    """The latest one of the place that is open."""
    other = alias(tables.Incident)
    same = [t.building_id == row.c.building_id, t.category == row.c.category, t.unit.is_not_distinct_from(row.c.unit)]
    later = [other.c.building_id == t.building_id, other.c.category == t.category, other.c.closed_at.is_(None)]
    latest = sql.exists(other).where(*later, other.c.unit.is_not_distinct_from(t.unit), other.c.id > t.id)
    return sql.and_(*same, t.closed_at.is_(None), sql.not_(latest))


BY_COUNT = Order(("fewest", "first_opened_at", "key"))


def candidates(row: Row) -> sql.From:
    """Groups of appeals in the viewer's grids that may be one thing, largest first."""
    appeal = alias(tables.Appeal)
    group = (appeal.c.building_id, appeal.c.category, appeal.c.unit)
    count = sql.func.count()
    return (
        sql.select(
            *group,
            count.label("count"),
            (-count).label("fewest"),
            sql.func.min(appeal.c.opened_at).label("first_opened_at"),
            sql.func.max(appeal.c.opened_at).label("last_opened_at"),
            sql.func.concat_ws(constant("/"), *group).label("key", sql.TEXT),
        )
        .from_(appeal)
        .where(*_is_candidate(row, appeal.c), appeal.c.grid_id == sql.any_(row.scope.grids))
        .group_by(*group)
        .having(count > 1)
        .subquery("candidate")
    )


@entity(tables.Dispatch, "dispatch")
class Dispatch(Node):
    """What was given to an organisation to do, and what it said to that."""

    id: strawberry.ID = object_id("dispatch")
    organisation = to_one("organisation_id", "To whom.")
    status: DispatchStatus = column("status", "What became of it.")
    status_label: str = labelled("status", DispatchStatus, "What became of it, in Chinese.")
    note: str | None = column("note", "What was said with it.")
    dispatched_by = to_one("dispatched_by", "Who dispatched it.")
    dispatched_at: datetime = column("dispatched_at", "When.")
    answered_by = to_one("answered_by", "Who answered it, or took it back.")
    answered_at: datetime | None = column("answered_at", "When.")
    reason: str | None = column("reason", "Why the organisation objected, or why it was taken back.")
    appeal = to_one("appeal_id", "The appeal, if it was dispatched by itself.")
    incident = to_one("incident_id", "The incident, if all of one was.")


@entity(tables.Incident, "incident")
class Incident(Node):
    """Appeals of several households about one thing: one dispatch, but each confirms for itself."""

    id: strawberry.ID = object_id("incident")
    title: str = column("title", "What it is about.")
    category: AppealCategory = column("category", "What it is about.")
    category_label: str = labelled("category", AppealCategory, "What it is about, in Chinese.")
    building = to_one("building_id", "The building.")
    unit: int | None = column("unit", "The unit (单元).")
    grid = to_one("grid_id", "The grid.")
    made_by = to_one("made_by", "Who put it together.")
    made_at: datetime = column("made_at", "When.")
    closed_at: datetime | None = column(
        "closed_at", "When the last of its appeals was over; null while one household says no, or nothing yet."
    )
    appeals: Connection[Appeal] = paged(
        "Its appeals.", CASE_ORDERS, link=_part_of, where=AppealFilter, order_by=CaseOrder
    )
    dispatches: list[Dispatch] = to_many("incident_id", lambda t: [t.dispatched_at, t.id], "To whom it was given.")
    timeline: Connection[JournalEntry] = timeline("incident_id")


@derived
class IncidentCandidate:
    """Open appeals of one category from one building and unit within a week, which may be one thing."""

    category: AppealCategory = column("category", "What they are about.")
    category_label: str = labelled("category", AppealCategory, "What they are about, in Chinese.")
    building = to_one("building_id", "The building.")
    unit: int | None = column("unit", "The unit (单元), if they all name one.")
    count: int = column("count", "How many.")
    first_opened_at: datetime = column("first_opened_at", "When the first came.")
    last_opened_at: datetime = column("last_opened_at", "When the last came.")
    appeals: Connection[Appeal] = paged("They.", CASE_ORDERS, link=_candidate, order_by=CaseOrder)
    incident: Incident | None = by_link(
        _may_join, "An open incident of the same place and category to merge them into."
    )


extend(
    Appeal,
    dispatches=(
        list[Dispatch],
        to_many("appeal_id", lambda t: [t.dispatched_at, t.id], "To whom it was given by itself, and what they said."),
    ),
)


@roots
class IncidentRoots:
    """What can be read of incidents."""

    incidents: Connection[Incident] = paged("Incidents, latest first.", BY_MAKING)
    incident_candidates: Connection[IncidentCandidate] = paged(
        "Open appeals that may be one thing, largest group first; `mergeIntoIncident` makes them one.",
        BY_COUNT,
        rows=candidates,
    )
