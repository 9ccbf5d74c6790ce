"""Appeals in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import appeals as tables
from db import places as place_tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.access import Act
from rules.appeals import (
    ENDED,
    AppealCategory,
    AppealKind,
    AppealLevel,
    AppealSource,
    AppealStatus,
    AppealUrgency,
    ReportKind,
)
from schema.actions import ALLOWED_ACTIONS
from schema.appeal_acts import acts_of
from schema.clocks import Deadline, deadlines, is_overdue
from schema.compiler.declare import (
    by_id,
    by_link,
    column,
    entity,
    event,
    extend,
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
from schema.compiler.sources import Row
from schema.filters import TimeRange, among, contains, is_id, when, within
from schema.journal import Event, Happening, JournalEntry, timeline
from schema.orders import CASE_ORDERS, NEWEST, CaseOrder
from schema.people import Resident
from schema.photos import Photo, photos_of
from schema.places import Building, Grid, Household
from schema.relay import Connection, Node
from schema.visits import Visit


@filters
class AppealFilter:
    """Which appeals."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "In this grid.")
    building: strawberry.ID | None = where(is_id("building", "building_id"), "Concerning this building.")
    household: strawberry.ID | None = where(is_id("household", "household_id"), "Of this household.")
    kind: list[AppealKind] | None = where(among("kind"), "Of one of these kinds.")
    report_kind: list[ReportKind] | None = where(among("report_kind"), "Reports of one of these kinds.")
    category: list[AppealCategory] | None = where(among("category"), "In one of these categories.")
    source: list[AppealSource] | None = where(among("source"), "That came in by one of these ways.")
    level: list[AppealLevel] | None = where(among("level"), "At one of these levels.")
    status: list[AppealStatus] | None = where(among("status"), "With one of these statuses.")
    open: bool | None = where(
        when(lambda row: sql.cast(row.c.status, sql.TEXT).not_in(sorted(ENDED))),
        "True: neither closed, rejected nor withdrawn. False: the others.",
    )
    urgency: list[AppealUrgency] | None = where(among("urgency"), "Of one of these urgencies.")
    organisation: strawberry.ID | None = where(
        is_id("organisation", "organisation_id"), "For which this organisation answers."
    )
    incident: strawberry.ID | None = where(is_id("incident", "incident_id"), "Part of this incident.")
    overdue: bool | None = where(when(is_overdue), "True: past a deadline that was not met. False: the others.")
    opened_between: TimeRange | None = where(within("opened_at"), "Opened in this time.")
    text: str | None = where(contains("body", "answer"), "Whose text or answer contains this.")


def issuing_body(row: Row) -> Column:
    """The body in whose name an appeal is handled at its level."""
    grid, community, farm = (alias(model) for model in (place_tables.Grid, place_tables.Community, place_tables.Farm))
    of_grid = sql.select(grid.c.name).from_(grid).where(grid.c.id == row.c.grid_id)
    own = community.c.id == row.c.community_id
    of_community = sql.select(community.c.name).from_(community).where(own)
    of_farm = sql.select(farm.c.name).from_(farm, community).where(own, farm.c.id == community.c.farm_id)
    level = sql.cast(row.c.level, sql.TEXT)
    return sql.case(
        (level == constant(AppealLevel.GRID), of_grid.scalar()),
        (level == constant(AppealLevel.COMMUNITY), of_community.scalar()),
        else_=of_farm.scalar(),
    )


def address_of(row: Row) -> Column:
    """Where it is, for whoever has to go there: such as 3号楼2单元501."""
    building, household = alias(place_tables.Building), alias(place_tables.Household)
    number = sql.select(building.c.number).from_(building).where(building.c.id == row.c.building_id)
    room = sql.select(household.c.room).from_(household).where(household.c.id == row.c.household_id)
    return sql.func.concat(
        number.scalar().op("||")(constant("号楼")),
        row.c.unit.op("||")(constant("单元")),
        room.scalar(),
    )


@entity(tables.Appeal, "appeal")
class Appeal(Node):
    """An appeal (诉求): a problem, a plea for help, a question or a report, until its reporter is satisfied."""

    id: strawberry.ID = object_id("appeal")
    kind: AppealKind = column("kind", "What is wanted.")
    kind_label: str = labelled("kind", AppealKind, "What is wanted, in Chinese.")
    report_kind: ReportKind | None = column("report_kind", "What a building head saw; null unless it is a report.")
    report_kind_label: str | None = labelled("report_kind", ReportKind, "What a building head saw, in Chinese.")
    category: AppealCategory = column("category", "What it is about.")
    category_label: str = labelled("category", AppealCategory, "What it is about, in Chinese.")
    source: AppealSource = column("source", "By which way it came in.")
    source_label: str = labelled("source", AppealSource, "By which way it came in, in Chinese.")
    level: AppealLevel = column("level", "Which body handles it.")
    level_label: str = labelled("level", AppealLevel, "Which body handles it, in Chinese.")
    issuing_body: str = value(issuing_body, "The name of the grid, community or farm that handles it.")
    status: AppealStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", AppealStatus, "Where it stands, in Chinese.")
    body: str = column("body", "What the reporter said.")
    answer: str | None = column("answer", "What the reporter was told.")
    rating: int | None = column("rating", "The reporter's rating, 1 to 5.")
    unit: int | None = column("unit", "The unit (单元) of the building, if known.")
    address: str = value(address_of, "Where it is, as exactly as it is known, in Chinese; empty if nothing is.")
    urgency: AppealUrgency = column("urgency", "How fast it has to go.")
    urgency_label: str = labelled("urgency", AppealUrgency, "How fast it has to go, in Chinese.")
    deadlines: list[Deadline] = deadlines()
    overdue: bool = value(is_overdue, "Whether a deadline that was not met is over.")
    paused_until: datetime | None = column("paused_until", "Until when the clocks stand still, or stood last.")
    pause_reason: str | None = column("pause_reason", "Why they stand still.")
    turn_to: str | None = column("turn_to", "Where to turn instead of what was rejected.")
    reporter_name: str | None = column("reporter_name", "The name a reporter left.")
    reporter_phone: str | None = column("reporter_phone", "The number to call back.")
    opened_at: datetime = column("opened_at", "When it was said, by the reporter's or worker's clock.")
    recorded_at: datetime = column("recorded_at", "When the server recorded it.")
    accepted_at: datetime | None = column("accepted_at", "When the reporter was first called back.")
    answered_at: datetime | None = column("answered_at", "When it was last answered.")
    closed_at: datetime | None = column("closed_at", "When it was closed.")
    closed_by_silence: bool = column("closed_by_silence", "Whether it was closed because nobody contradicted.")
    reopen_until: datetime | None = column("reopen_until", "Until when it can be opened again.")
    rejected_at: datetime | None = column("rejected_at", "When it was rejected.")
    withdrawn_at: datetime | None = column("withdrawn_at", "When its reporter took it back.")
    escalated_at: datetime | None = column("escalated_at", "When it last went up a level.")
    objections: int = column("objections", "How often organisations have objected; after two the community decides.")
    dispatch = to_one("dispatch_id", "With which organisation it is.")
    incident = to_one("incident_id", "The incident that it is part of.")
    photos: list[Photo] = photos_of("appeal_id")
    grid = to_one("grid_id", "The grid it belongs to.")
    building = to_one("building_id", "The building it concerns.")
    household = to_one("household_id", "The household it came from.")
    resident = to_one("resident_id", "The resident who made it, if on the register.")
    organisation = to_one("organisation_id", "The body that answers for its category.")
    registered_by = to_one(
        "registered_by", "Who registered it; the one who reports and the one who registers are two people."
    )
    handled_by = to_one("handled_by", "Who accepted it.")
    visit = to_one("visit_id", "The visit in which it was found.")
    from_report = to_one(
        "from_report_id", "The report that it came of; who reported and who registered it are two people."
    )
    became_appeal: Appeal | None = by_link("from_report_id", "The problem that became of this report.")
    allowed_actions: list[Act] = value(acts_of, ALLOWED_ACTIONS)
    timeline: Connection[JournalEntry] = timeline("appeal_id")


def _newest(description: str, foreign_key: str) -> Any:
    return Connection[Appeal], paged(description, NEWEST, link=foreign_key)


extend(Grid, appeals=_newest("Its appeals, newest first.", "grid_id"))
extend(Building, appeals=_newest("Appeals that concern it, newest first.", "building_id"))
extend(Household, appeals=_newest("Its appeals, newest first.", "household_id"))
extend(Resident, appeals=_newest("Appeals they made, newest first.", "resident_id"))
extend(
    Visit,
    appeals=(list[Appeal], to_many("visit_id", lambda t: [t.id], "Appeals opened from this doorstep.")),
)


@roots
class AppealRoots:
    """What can be read of appeals."""

    appeals: Connection[Appeal] = paged("Appeals.", CASE_ORDERS, where=AppealFilter, order_by=CaseOrder)
    appeal = by_id("appeal", "An appeal.")


@event("appealOpened", "Each new appeal, within a second.")
class AppealOpened(Event):
    """A new appeal in the viewer's scope."""

    appeal = to_one("appeal_id", "The appeal; null when it has left the viewer's scope since.")


@event("appealChanged", "Everything that happens to appeals after they were opened.")
class AppealChanged(Happening):
    """Something that happened to an appeal in the viewer's scope."""

    appeal = to_one("appeal_id", "The appeal; null when it has left the viewer's scope since.")
