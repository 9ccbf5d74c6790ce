"""Appeals in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import appeals as tables
from db import places as place_tables
from db import sql
from db.base import alias
from db.journal import Journal
from db.scope import Condition, visible
from db.sql import Column
from rules.access import Role
from rules.actions import CaseAction
from rules.appeals import (
    ENDED,
    AppealCategory,
    AppealKind,
    AppealLevel,
    AppealPlace,
    AppealSource,
    AppealStatus,
    AppealUrgency,
    ReportKind,
)
from rules.cases import PHASE_OF_APPEAL
from rules.journal import EntryKind
from schema.accounts import Account
from schema.actions import ALLOWED_ACTIONS
from schema.appeal_acts import acts_of
from schema.cases import PLACE, Case, address_of, area, handling_level, phase
from schema.clocks import Deadline, deadlines, is_overdue
from schema.compiler import declare as gql
from schema.compiler.arguments import Argument
from schema.compiler.counts import counted, key, key_to
from schema.compiler.expressions import column_of, constant
from schema.compiler.sources import Row
from schema.filters import (
    TimeRange,
    among,
    changed_within,
    contains,
    folded,
    in_area,
    is_id,
    is_mine,
    like,
    when,
    within,
)
from schema.journal import Happening, JournalEntry, timeline
from schema.looks import AccessRecord, accesses_to
from schema.orders import APPEAL_ORDERS, NEWEST, CaseOrder
from schema.people import Resident
from schema.photos import Photo, RemovedPhoto, photos_of, removed_photos_of
from schema.places import (
    Building,
    Community,
    Estate,
    Grid,
    Household,
    Organisation,
    Premises,
)
from schema.relay import Connection
from schema.visits import Visit


def _answer(row: Row) -> Column:
    """The answer. An organisation reads one whose journal entry it sees."""
    if row.scope.role is not Role.PARTNER:
        return row.c.answer  # type: ignore[no-any-return]
    j = alias(Journal)
    answered = j.c.appeal_id == row.c.id, j.c.kind == EntryKind.APPEAL_ANSWERED
    told = sql.exists(j).where(*answered, visible(Journal, j, row.scope))
    return sql.case((told, row.c.answer), else_=sql.NULL)


def says(row: Row, given: Argument) -> Condition:
    pattern = row.bind(sql.TEXT, given.convert(like))
    return sql.or_(*(folded(each).like(folded(pattern)) for each in (row.c.body, _answer(row))))


ENDED_AT = "When it was closed, rejected or withdrawn."


def ended_at(row: Row) -> Column:
    """When an appeal was closed, rejected or withdrawn; null while it goes on."""
    return sql.func.coalesce(row.c.closed_at, row.c.rejected_at, row.c.withdrawn_at)


def issuing_body(row: Row) -> Column:
    """The name of the grid, community or farm that handles an appeal, by its level."""
    community, farm = alias(place_tables.Community), alias(place_tables.Farm)
    own = community.c.id == row.c.community_id, farm.c.id == community.c.farm_id
    of_farm = sql.select(farm.c.name).from_(farm, community).where(*own)
    level = sql.cast(row.c.level, sql.TEXT)
    return sql.case(
        (level == constant(AppealLevel.GRID), area(row)),
        (level == constant(AppealLevel.COMMUNITY), _OF_COMMUNITY(row)),
        else_=of_farm.scalar(),
    )


_OF_COMMUNITY = column_of(place_tables.Community, "community_id", "name")


def _place_kind(row: Row) -> Column:
    """The kind of the place, by the narrowest column that is set. An area other than a grid has no grid's id."""
    kinds = (
        (row.c.household_id.is_not(None), AppealPlace.HOUSEHOLD),
        (row.c.building_id.is_not(None), AppealPlace.BUILDING),
        (row.c.premises_id.is_not(None), AppealPlace.PREMISES),
        (row.c.estate_id.is_not(None), AppealPlace.ESTATE),
        (row.c.grid_id == row.c.community_id, AppealPlace.COMMUNITY),
    )
    return sql.case(*((test, constant(kind)) for test, kind in kinds), else_=constant(AppealPlace.GRID))


def _is_at(row: Row, given: Argument) -> Condition:
    kinds = row.bind(sql.array_of(sql.TEXT), given.convert(lambda kinds: [each.value for each in kinds]))
    return _place_kind(row) == sql.any_(kinds)


@gql.filters
class AppealFilter:
    """A filter of appeals."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    building: strawberry.ID | None = gql.where(is_id("building", "building_id"), "Concerning this building.")
    place_kind: list[AppealPlace] | None = gql.where(_is_at, "Concerning one of these kinds of places.")
    household: strawberry.ID | None = gql.where(is_id("household", "household_id"), "Of this household.")
    kind: list[AppealKind] | None = gql.where(among("kind"), "Of one of these kinds.")
    report_kind: list[ReportKind] | None = gql.where(among("report_kind"), "Reports of one of these kinds.")
    category: list[AppealCategory] | None = gql.where(among("category"), "In one of these categories.")
    source: list[AppealSource] | None = gql.where(among("source"), "From one of these sources.")
    level: list[AppealLevel] | None = gql.where(among("level"), "At one of these levels.")
    status: list[AppealStatus] | None = gql.where(among("status"), "With one of these statuses.")
    open: bool | None = gql.where(
        when(lambda row: sql.cast(row.c.status, sql.TEXT).not_in(sorted(ENDED))),
        "True: neither closed, rejected nor withdrawn. False: the others.",
    )
    urgency: list[AppealUrgency] | None = gql.where(among("urgency"), "Of one of these urgencies.")
    organisation: strawberry.ID | None = gql.where(is_id("organisation", "organisation_id"), "Of this organisation.")
    incident: strawberry.ID | None = gql.where(is_id("incident", "incident_id"), "Part of this incident.")
    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "Of this community.")
    estate: strawberry.ID | None = gql.where(in_area("estate"), "In this estate.")
    resident: strawberry.ID | None = gql.where(is_id("resident", "resident_id"), "Reported by this resident.")
    reporter: str | None = gql.where(
        contains("reporter_name", "reporter_phone"), "With this in the name or the number that the reporter left."
    )
    handled_by: strawberry.ID | None = gql.where(is_id("account", "handled_by"), "Handled by this account.")
    mine: bool | None = gql.where(is_mine("handled_by"), "True: handled by the viewer. False: the others.")
    changed_between: TimeRange | None = gql.where(changed_within("appeal"), "Changed in this range of time.")
    overdue: bool | None = gql.where(when(is_overdue), "True: past a deadline that was not met. False: the others.")
    opened_between: TimeRange | None = gql.where(within("opened_at"), "Opened in this range of time.")
    text: str | None = gql.where(says, "With this in the text or the answer.")


@gql.entity(tables.Appeal, "appeal", counted=tables.counted)
class Appeal(Case):
    """An appeal (诉求): a problem, a request for help, a question or a report."""

    id: strawberry.ID = gql.object_id("appeal")
    kind = gql.word("kind", AppealKind, "The kind.")
    report_kind = gql.word("report_kind", ReportKind | None, "The kind of a building head's report; null for others.")
    category = gql.word("category", AppealCategory, "The category.")
    source = gql.word("source", AppealSource, "The channel through which it came in.")
    level = gql.word("level", AppealLevel, "The level that handles it.")
    issuing_body: str = gql.value(issuing_body, "The name of the grid, community or farm that handles it.")
    status = gql.word("status", AppealStatus, "The status.")
    phase = phase(PHASE_OF_APPEAL)
    handling_level = handling_level()
    body: str = gql.column("body", "The reporter's words.")
    answer: str | None = gql.value(
        _answer, "The answer to the reporter; for an organisation, one that was given since the dispatch to it."
    )
    rating: int | None = gql.column("rating", "The reporter's rating, 1 to 5.")
    unit: int | None = gql.column("unit", "The unit (单元) of the building, if known.")
    place_kind: AppealPlace = gql.value(_place_kind, "What it concerns: a home, a building, or something wider.")
    address: str = gql.value(address_of, PLACE)
    urgency = gql.word("urgency", AppealUrgency, "The urgency.")
    deadlines: list[Deadline] = deadlines()
    overdue: bool = gql.value(is_overdue, "Whether a deadline has passed without being met.")
    pause_ends_at: datetime | None = gql.column("paused_until", "The end of the current or last pause of the clocks.")
    pause_reason: str | None = gql.column("pause_reason", "The reason for the pause.")
    turn_to: str | None = gql.column("turn_to", "The place to turn to instead, for a rejected appeal.")
    reporter_name: str | None = gql.column("reporter_name", "The name that the reporter left.")
    reporter_phone: str | None = gql.column("reporter_phone", "The number to call back.")
    opened_at: datetime = gql.column("opened_at", "When it was reported, by the clock of the reporter or worker.")
    recorded_at: datetime = gql.column("recorded_at", "When the server recorded it.")
    accepted_at: datetime | None = gql.column(
        "accepted_at", "When the reporter was first called back, or else answered."
    )
    answered_at: datetime | None = gql.column("answered_at", "When it was last answered.")
    closed_at: datetime | None = gql.value(ended_at, ENDED_AT)
    closed_by_silence: bool = gql.column(
        "closed_by_silence", "Whether it was closed because the reporter did not reply to the answer."
    )
    reopen_ends_at: datetime | None = gql.column("reopen_until", "The end of the time in which it can be reopened.")
    rejected_at: datetime | None = gql.column("rejected_at", "When it was rejected.")
    withdrawn_at: datetime | None = gql.column("withdrawn_at", "When it was withdrawn.")
    escalated_at: datetime | None = gql.column("escalated_at", "When it was last escalated to a higher level.")
    objections: int = gql.column("objections", "Objections by organisations. After two, the community decides.")
    dispatch = gql.to_one("dispatch_id", "The current dispatch to an organisation.")
    incident = gql.to_one("incident_id", "The incident that it is part of.")
    photos: list[Photo] = photos_of("appeal_id")
    removed_photos: list[RemovedPhoto] = removed_photos_of("appeal_id")
    community: Community | None = gql.to_one("community_id", "The community it belongs to.")
    grid: Grid | None = gql.to_one("grid_id", "The grid it belongs to; null if it concerns more than one grid.")
    estate = gql.to_one("estate_id", "The estate that it concerns as a whole.")
    premises = gql.to_one("premises_id", "The firm, shop or construction site that it concerns.")
    building = gql.to_one("building_id", "The building it concerns.")
    household = gql.to_one("household_id", "The reporter's household.")
    resident = gql.to_one("resident_id", "The reporter, if on the register.")
    organisation = gql.to_one("organisation_id", "The organisation responsible for its category.")
    registered_by = gql.to_one("registered_by", "The account that registered it, which need not be the reporter's.")
    handled_by = gql.to_one("handled_by", "The account that handles it: the one that accepted it, until corrected.")
    visit = gql.to_one("visit_id", "The visit in which it was found.")
    from_report = gql.to_one("from_report_id", "The report by a building head that led to it.")
    became_appeal: Appeal | None = gql.by_link("from_report_id", "The problem that this report led to.")
    allowed_actions: list[CaseAction] = gql.value(acts_of, ALLOWED_ACTIONS)
    timeline: Connection[JournalEntry] = timeline("appeal_id")
    access_records: Connection[AccessRecord] = accesses_to("appeal_id")


@counted(Appeal, at="opened_at")
class AppealCount:
    """Appeals with the same keys."""

    grid: Grid | None = key_to("grid_id", "The grid; null if they concern more than one.")
    building: Building | None = key_to("building_id", "The building.")
    kind: AppealKind | None = key("kind", "The kind.")
    category: AppealCategory | None = key("category", "The category.")
    source: AppealSource | None = key("source", "The channel.")
    level: AppealLevel | None = key("level", "The level.")
    status: AppealStatus | None = key("status", "The status.")
    urgency: AppealUrgency | None = key("urgency", "The urgency.")
    organisation: Organisation | None = key_to("organisation_id", "The organisation responsible.")
    worker: Account | None = key_to("handled_by", "The account that handles it.", shows="handledBy")


def _newest(description: str, foreign_key: str) -> Any:
    return Connection[Appeal], gql.paged(description, NEWEST, link=foreign_key)


gql.extend(Grid, appeals=_newest("Its appeals, newest first.", "grid_id"))
gql.extend(Building, appeals=_newest("Appeals that concern it, newest first.", "building_id"))
gql.extend(Premises, appeals=_newest("Appeals that concern it, newest first.", "premises_id"))
gql.extend(Estate, appeals=_newest("Appeals that concern it as a whole, newest first.", "estate_id"))
gql.extend(Household, appeals=_newest("Its appeals, newest first.", "household_id"))
gql.extend(Resident, appeals=_newest("Appeals they made, newest first.", "resident_id"))
gql.extend(Visit, appeals=(list[Appeal], gql.to_many("visit_id", lambda t: [t.id], "Appeals opened in this visit.")))


@gql.roots
class AppealRoots:
    appeals: Connection[Appeal] = gql.paged("Appeals.", APPEAL_ORDERS, where=AppealFilter, order_by=CaseOrder)
    appeal = gql.by_id("appeal", "An appeal.")


@gql.event("appealOpened", "New appeals.")
class AppealOpened(Happening):
    """A new appeal in the viewer's scope."""

    appeal = gql.to_one("appeal_id", "The appeal; null if it is no longer visible to the viewer.")


@gql.event("appealChanged", "Changes of appeals.")
class AppealChanged(Happening):
    """A change of an appeal in the viewer's scope."""

    appeal = gql.to_one("appeal_id", "The appeal; null if it is no longer visible to the viewer.")
