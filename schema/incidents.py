"""Incidents and dispatches in GraphQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import strawberry

from db import appeals as tables
from db import sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.actions import CaseAction
from rules.appeals import ENDED, AppealCategory, AppealLevel, DispatchStatus
from rules.cases import PHASE_OF_INCIDENT, IncidentStatus
from rules.clocks import RUNNING
from schema.actions import ALLOWED_ACTIONS
from schema.appeal_acts import acts_of_incident
from schema.appeals import Appeal, AppealFilter
from schema.cases import Case, address_of, handling_level, phase
from schema.clocks import Deadline, deadlines_of, now_of
from schema.compiler import declare as gql
from schema.compiler.counts import counted, key, key_to
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.filters import TimeRange, among, changed_within, contains, is_id, when, within
from schema.journal import JournalEntry, timeline
from schema.orders import APPEAL_ORDERS, BY_MAKING, CaseOrder
from schema.places import Building, Grid
from schema.relay import Connection, Node


def _is_candidate(row: Row, t: Any) -> Condition:
    """Open appeals of the last seven days (domain.md section 5) that name a building and are in no incident."""
    recent = now_of(row) - sql.raw("interval '7 days'")
    running = sql.cast(t.status, sql.TEXT).in_(sorted(RUNNING))
    return sql.and_(running, t.incident_id.is_(None), t.building_id.is_not(None), t.opened_at >= recent)


def _same_matter(a: Any, b: Any) -> Condition:
    same_unit = a.unit.is_not_distinct_from(b.unit)
    return sql.and_(a.building_id == b.building_id, a.category == b.category, same_unit)


def _candidate(row: Row, t: Any) -> Condition:
    return sql.and_(_is_candidate(row, t), _same_matter(t, row.c))


def _may_join(row: Row, t: Any) -> Condition:
    """The latest open incident with the candidate's place and category."""
    other = alias(tables.Incident)
    later = sql.exists(other).where(_same_matter(other.c, t), other.c.closed_at.is_(None), other.c.id > t.id)
    return sql.and_(_same_matter(t, row.c), t.closed_at.is_(None), sql.not_(later))


BY_COUNT = Order(("fewest", "first_opened_at", "key"))


def candidates(row: Row) -> sql.From:
    """Groups of similar open appeals in the viewer's grids, largest group first."""
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
        .where(_is_candidate(row, appeal.c), appeal.c.grid_id == sql.any_(row.scope.grids))
        .group_by(*group)
        .having(count > 1)
        .subquery("candidate")
    )


@gql.filters
class IncidentFilter:
    """A filter of incidents."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    building: strawberry.ID | None = gql.where(is_id("building", "building_id"), "In this building.")
    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "Of this community.")
    category: list[AppealCategory] | None = gql.where(among("category"), "In one of these categories.")
    open: bool | None = gql.where(when(lambda row: row.c.closed_at.is_(None)), "True: not closed. False: closed.")
    opened_between: TimeRange | None = gql.where(within("made_at"), "Made in this range of time.")
    changed_between: TimeRange | None = gql.where(changed_within("incident"), "Changed in this range of time.")
    text: str | None = gql.where(contains("title"), "With this in the title.")


@gql.entity(tables.Dispatch, "dispatch")
class Dispatch(Node):
    """The dispatch of an appeal or incident to an organisation, and the organisation's answer."""

    id: strawberry.ID = gql.object_id("dispatch")
    organisation = gql.to_one("organisation_id", "The organisation.")
    status = gql.word("status", DispatchStatus, "The status.")
    note: str | None = gql.column("note", "The note to the organisation.")
    dispatched_by = gql.to_one("dispatched_by", "The account that dispatched it.")
    dispatched_at: datetime = gql.column("dispatched_at", "When it was dispatched.")
    answered_by = gql.to_one("answered_by", "The account that answered or recalled it.")
    answered_at: datetime | None = gql.column("answered_at", "When it was answered or recalled.")
    reason: str | None = gql.column("reason", "The reason for the objection or recall.")
    appeal = gql.to_one("appeal_id", "The appeal; null for the dispatch of an incident.")
    incident = gql.to_one("incident_id", "The incident; null for the dispatch of a single appeal.")


def _status(row: Row) -> Column:
    closed, open_ = constant(IncidentStatus.CLOSED), constant(IncidentStatus.OPEN)
    return sql.case((row.c.closed_at.is_not(None), closed), else_=open_)


def _level(row: Row) -> Column:
    """The highest level of its appeals."""

    def has(level: AppealLevel) -> Condition:
        appeal = alias(tables.Appeal)
        at = sql.cast(appeal.c.level, sql.TEXT) == constant(level)
        return sql.exists(appeal).where(appeal.c.incident_id == row.c.id, at)

    above = (AppealLevel.FARM, AppealLevel.COMMUNITY)
    return sql.case(*((has(each), constant(each)) for each in above), else_=constant(AppealLevel.GRID))


def _deadlines(row: Row) -> sql.From:
    """The deadlines of the appeal that is due first, of those that have not ended."""
    appeal = alias(tables.Appeal)
    going_on = sql.cast(appeal.c.status, sql.TEXT).not_in(sorted(ENDED))
    due = appeal.c.resolution_due_at
    first = (
        sql.select(*appeal.c)
        .from_(appeal)
        .where(appeal.c.incident_id == row.c.id, going_on, due.is_not(None))
        .order_by(due.asc(), appeal.c.id.asc())
        .limit(1)
        .subquery("first")
    )
    return deadlines_of(replace(row, c=first.c), first)


@gql.entity(tables.Incident, "incident")
class Incident(Case):
    """Appeals of several households about one thing. It has one dispatch, and each household confirms for itself."""

    id: strawberry.ID = gql.object_id("incident")
    title: str = gql.column("title", "The matter, in a line.")
    category = gql.word("category", AppealCategory, "The category.")
    status = gql.word(_status, IncidentStatus, "The status.")
    phase = phase(PHASE_OF_INCIDENT, _status)
    level = gql.word(_level, AppealLevel, "The highest level of its appeals.")
    handling_level = handling_level(_level)
    building = gql.to_one("building_id", "The building.")
    unit: int | None = gql.column("unit", "The unit (单元).")
    grid = gql.to_one("grid_id", "The grid.")
    address: str = gql.value(address_of, "The building, and the unit if it is about one.")
    made_by = gql.to_one("made_by", "The account that created it.")
    opened_at: datetime = gql.column("made_at", "When it was created.")
    closed_at: datetime | None = gql.column("closed_at", "When the last appeal closed; null while one is unconfirmed.")
    deadlines: list[Deadline] = gql.few_rows(
        _deadlines,
        lambda t: [t.place],
        "Those of the appeal that is due first; empty when all have ended, or have no policy.",
    )
    allowed_actions: list[CaseAction] = gql.value(
        acts_of_incident, f"{ALLOWED_ACTIONS} Each is done to all of its appeals that wait for it."
    )
    appeals: Connection[Appeal] = gql.paged(
        "The appeals.", APPEAL_ORDERS, link="incident_id", where=AppealFilter, order_by=CaseOrder
    )
    dispatches: list[Dispatch] = gql.to_many("incident_id", lambda t: [t.dispatched_at, t.id], "Dispatches, in order.")
    timeline: Connection[JournalEntry] = timeline("incident_id")


@counted(Incident, at="made_at", shows="openedAt")
class IncidentCount:
    """Incidents with the same keys."""

    grid: Grid | None = key_to("grid_id", "The grid.")
    building: Building | None = key_to("building_id", "The building.")
    category: AppealCategory | None = key("category", "The category.")


@gql.derived
class IncidentCandidate:
    """Open appeals of the last seven days from one building and unit, in one category."""

    category = gql.word("category", AppealCategory, "The category.")
    building = gql.to_one("building_id", "The building.")
    unit: int | None = gql.column("unit", "The unit (单元), if they name one.")
    count: int = gql.column("count", "The number of appeals.")
    first_opened_at: datetime = gql.column("first_opened_at", "When the first was opened.")
    last_opened_at: datetime = gql.column("last_opened_at", "When the last was opened.")
    appeals: Connection[Appeal] = gql.paged("The appeals.", APPEAL_ORDERS, link=_candidate, order_by=CaseOrder)
    incident: Incident | None = gql.by_link(
        _may_join, "An open incident with the same place and category, into which they can be merged."
    )


gql.extend(
    Appeal,
    dispatches=(
        list[Dispatch],
        gql.to_many(
            "appeal_id",
            lambda t: [t.dispatched_at, t.id],
            "Its own dispatches, in order, without those of its incident.",
        ),
    ),
)


@gql.roots
class IncidentRoots:
    incidents: Connection[Incident] = gql.paged("Incidents, latest first.", BY_MAKING, where=IncidentFilter)
    incident = gql.by_id("incident", "An incident.")
    incident_candidates: Connection[IncidentCandidate] = gql.paged(
        "Similar open appeals, largest group first; `mergeIntoIncident` merges them.",
        BY_COUNT,
        rows=candidates,
        weight=500,
    )
