"""Appeals in GraphQL, and the receipt by which a resident without an account follows one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import appeals as tables
from db import journal as journal_tables
from db import places as place_tables
from db import sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.access import Act
from rules.appeals import (
    CATEGORY_LABELS,
    DISPATCH_LABELS,
    ENDED,
    KIND_LABELS,
    LEVEL_LABELS,
    REPORT_LABELS,
    SOURCE_LABELS,
    STATUS_LABELS,
    URGENCY_LABELS,
    AppealCategory,
    AppealKind,
    AppealLevel,
    AppealSource,
    AppealStatus,
    AppealUrgency,
    DispatchStatus,
    ReportKind,
)
from rules.clocks import RUNNING
from rules.journal import ENTRY_LABELS, REPORTERS_WORDS, TOLD_REPORTER, EntryKind
from schema.accounts import Account
from schema.actions import ALLOWED_ACTIONS
from schema.appeal_acts import acts_of
from schema.clocks import Deadline, deadlines, is_overdue, is_paused, now_of
from schema.compiler.declare import (
    by_link,
    column,
    derived,
    entity,
    filters,
    labelled,
    object_id,
    paged,
    to_many,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.filters import TimeRange, among, contains, is_id, when, within
from schema.journal import JournalEntry, timeline
from schema.orders import CASE_ORDERS, CaseOrder
from schema.people import Resident
from schema.photos import Photo, ReceiptPhoto, photos_of
from schema.places import Building, Grid, Household, Organisation, zone_of
from schema.relay import Connection, Node
from schema.visits import DisputeType, Visit


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


@entity(tables.Appeal, "appeal")
class Appeal(Node):
    """An appeal (诉求): a problem, a plea for help, a question or a report, until its reporter is satisfied."""

    id: strawberry.ID = object_id("appeal")
    kind: AppealKind = column("kind", "What is wanted.")
    kind_label: str = labelled("kind", KIND_LABELS, "What is wanted, in Chinese.")
    report_kind: ReportKind | None = column("report_kind", "What a building head saw; null unless it is a report.")
    report_kind_label: str | None = labelled("report_kind", REPORT_LABELS, "What a building head saw, in Chinese.")
    category: AppealCategory = column("category", "What it is about.")
    category_label: str = labelled("category", CATEGORY_LABELS, "What it is about, in Chinese.")
    source: AppealSource = column("source", "By which way it came in.")
    source_label: str = labelled("source", SOURCE_LABELS, "By which way it came in, in Chinese.")
    level: AppealLevel = column("level", "Which body handles it.")
    level_label: str = labelled("level", LEVEL_LABELS, "Which body handles it, in Chinese.")
    issuing_body: str = value(issuing_body, "The name of the grid, community or farm that handles it.")
    status: AppealStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", STATUS_LABELS, "Where it stands, in Chinese.")
    body: str = column("body", "What the reporter said.")
    answer: str | None = column("answer", "What the reporter was told.")
    rating: int | None = column("rating", "The reporter's rating, 1 to 5.")
    unit: int | None = column("unit", "The unit (单元) of the building, if known.")
    address: str = value(address_of, "Where it is, as exactly as it is known, in Chinese; empty if nothing is.")
    urgency: AppealUrgency = column("urgency", "How fast it has to go.")
    urgency_label: str = labelled("urgency", URGENCY_LABELS, "How fast it has to go, in Chinese.")
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
    dispatch: Dispatch | None = to_one("dispatch_id", "With which organisation it is.")
    dispatches: list[Dispatch] = to_many(
        lambda row, t: t.appeal_id == row.c.id,
        lambda t: [t.dispatched_at, t.id],
        "To whom it was given by itself, and what they said.",
    )
    incident: Incident | None = to_one("incident_id", "The incident that it is part of.")
    photos: list[Photo] = photos_of("appeal_id")
    grid: Grid | None = to_one("grid_id", "The grid it belongs to.")
    building: Building | None = to_one("building_id", "The building it concerns.")
    household: Household | None = to_one("household_id", "The household it came from.")
    resident: Resident | None = to_one("resident_id", "The resident who made it, if on the register.")
    organisation: Organisation | None = to_one("organisation_id", "The body that answers for its category.")
    registered_by: Account | None = to_one(
        "registered_by", "Who registered it; the one who reports and the one who registers are two people."
    )
    handled_by: Account | None = to_one("handled_by", "Who accepted it.")
    visit: Visit | None = to_one("visit_id", "The visit in which it was found.")
    from_report: Appeal | None = to_one(
        "from_report_id", "The report that it came of; who reported and who registered it are two people."
    )
    became_appeal: Appeal | None = by_link(
        lambda row, t: t.from_report_id == row.c.id, "The problem that became of this report."
    )
    became_dispute: DisputeType | None = by_link(
        lambda row, t: t.from_report_id == row.c.id, "The dispute that became of this report."
    )
    allowed_actions: list[Act] = value(acts_of, ALLOWED_ACTIONS)
    timeline: Connection[JournalEntry] = timeline("appeal_id")


@entity(tables.Dispatch, "dispatch")
class Dispatch(Node):
    """What was given to an organisation to do, and what it said to that."""

    id: strawberry.ID = object_id("dispatch")
    organisation: Organisation | None = to_one("organisation_id", "To whom.")
    status: DispatchStatus = column("status", "What became of it.")
    status_label: str = labelled("status", DISPATCH_LABELS, "What became of it, in Chinese.")
    note: str | None = column("note", "What was said with it.")
    dispatched_by: Account | None = to_one("dispatched_by", "Who dispatched it.")
    dispatched_at: datetime = column("dispatched_at", "When.")
    answered_by: Account | None = to_one("answered_by", "Who answered it, or took it back.")
    answered_at: datetime | None = column("answered_at", "When.")
    reason: str | None = column("reason", "Why the organisation objected, or why it was taken back.")
    appeal: Appeal | None = to_one("appeal_id", "The appeal, if it was dispatched by itself.")
    incident: Incident | None = to_one("incident_id", "The incident, if all of one was.")


@entity(tables.Incident, "incident")
class Incident(Node):
    """Appeals of several households about one thing: one dispatch, but each confirms for itself."""

    id: strawberry.ID = object_id("incident")
    title: str = column("title", "What it is about.")
    category: AppealCategory = column("category", "What it is about.")
    category_label: str = labelled("category", CATEGORY_LABELS, "What it is about, in Chinese.")
    building: Building | None = to_one("building_id", "The building.")
    unit: int | None = column("unit", "The unit (单元).")
    grid: Grid | None = to_one("grid_id", "The grid.")
    made_by: Account | None = to_one("made_by", "Who put it together.")
    made_at: datetime = column("made_at", "When.")
    closed_at: datetime | None = column(
        "closed_at", "When the last of its appeals was over; null while one household says no, or nothing yet."
    )
    appeals: Connection[Appeal] = paged(
        "Its appeals.", CASE_ORDERS, link=_part_of, where=AppealFilter, order_by=CaseOrder
    )
    dispatches: list[Dispatch] = to_many(
        lambda row, t: t.incident_id == row.c.id, lambda t: [t.dispatched_at, t.id], "To whom it was given."
    )
    timeline: Connection[JournalEntry] = timeline("incident_id")


@derived
class IncidentCandidate:
    """Open appeals of one category from one building and unit within a week, which may be one thing."""

    category: AppealCategory = column("category", "What they are about.")
    category_label: str = labelled("category", CATEGORY_LABELS, "What they are about, in Chinese.")
    building: Building | None = to_one("building_id", "The building.")
    unit: int | None = column("unit", "The unit (单元), if they all name one.")
    count: int = column("count", "How many.")
    first_opened_at: datetime = column("first_opened_at", "When the first came.")
    last_opened_at: datetime = column("last_opened_at", "When the last came.")
    appeals: Connection[Appeal] = paged("They.", CASE_ORDERS, link=_candidate, order_by=CaseOrder)
    incident: Incident | None = by_link(
        _may_join, "An open incident of the same place and category to merge them into."
    )


def _said(row: Row) -> Column:
    """The note of a step, where it is the reporter's own or meant for them."""
    kind = sql.cast(row.c.kind, sql.TEXT)
    own = sql.and_(row.c.actor_id.is_(None), kind.in_(sorted(REPORTERS_WORDS)))
    return sql.case((sql.or_(own, kind.in_(sorted(TOLD_REPORTER))), row.c.note))


def _doing(row: Row) -> Column:
    """The name of the organisation that an appeal is with."""
    dispatch, body = alias(tables.Dispatch), alias(place_tables.Organisation)
    given = dispatch.c.id == row.c.dispatch_id, body.c.id == dispatch.c.organisation_id
    return sql.select(body.c.name).from_(dispatch, body).where(*given).scalar()


def _lapsing(row: Row) -> Column:
    """When silence is taken for consent."""
    policy = alias(tables.ClockPolicy)
    awaiting = sql.cast(row.c.status, sql.TEXT) == constant(AppealStatus.AWAITING_CONFIRMATION)
    due = row.c.answered_at + sql.func.make_interval(0, 0, 0, policy.c.silence_days)
    found = sql.select(due).from_(policy).where(policy.c.id == row.c.clock_policy_id, awaiting)
    return found.scalar()


@entity(journal_tables.Journal, visible_to=lambda *_: sql.TRUE)
class ReceiptStep:
    """A step of an appeal, as its reporter sees it: what and when, not who."""

    kind: EntryKind = column("kind", "What happened.")
    label: str = labelled("kind", ENTRY_LABELS, "What happened, in Chinese.")
    occurred_at: datetime = column("occurred_at", "When.")
    said: str | None = value(_said, "What the reporter said themself, or was told; of other notes they are not told.")


@entity(tables.Appeal, visible_to=lambda *_: sql.TRUE)
class Receipt:
    """What the holder of a receipt code sees of their appeal. The code opens this one appeal and nothing else."""

    appeal_id: strawberry.ID = object_id("appeal")
    body: str = column("body", "What was said.")
    category_label: str = labelled("category", CATEGORY_LABELS, "What it is about, in Chinese.")
    status: AppealStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", STATUS_LABELS, "Where it stands, in Chinese.")
    issuing_body: str = value(issuing_body, "The grid, community or farm that handles it.")
    organisation: str | None = value(_doing, "The organisation that it is with now, by name.")
    address: str = value(address_of, "Where it was understood to be about, such as 3号楼2单元501; empty if nowhere.")
    answer: str | None = column("answer", "The answer.")
    rating: int | None = column("rating", "The rating given.")
    opened_at: datetime = column("opened_at", "When it was said.")
    closed_at: datetime | None = column("closed_at", "When it was closed.")
    reopen_until: datetime | None = column("reopen_until", "Until when it can be opened again.")
    turn_to: str | None = column("turn_to", "Where to turn instead of what was rejected.")
    paused_until: datetime | None = value(
        lambda row: sql.case((is_paused(row), row.c.paused_until)), "Until when its clocks stand still."
    )
    lapses_at: datetime | None = value(
        _lapsing, "When it is closed by silence; only while it waits for the reporter's word."
    )
    time_zone: str = value(zone_of, "The time zone of its community.")
    deadlines: list[Deadline] = deadlines()
    allowed_actions: list[Act] = value(acts_of, "What the holder of the code may do with it now, with `receiptCode`.")
    photos: list[ReceiptPhoto] = photos_of("appeal_id")
    steps: list[ReceiptStep] = to_many(
        lambda row, t: t.appeal_id == row.c.id, lambda t: [t.id], "What has happened since."
    )
