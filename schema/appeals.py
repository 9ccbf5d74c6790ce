"""Appeals in GraphQL, and the receipt by which a resident without an account follows one."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import sqlalchemy as sa
import strawberry

from db import appeals as tables
from db import journal as journal_tables
from db import places as place_tables
from db.scope import alias, table
from rules.access import Act
from rules.appeals import (
    CATEGORY_LABELS,
    ENDED,
    KIND_LABELS,
    LEVEL_LABELS,
    REPORT_LABELS,
    SOURCE_LABELS,
    STATUS_LABELS,
    AppealCategory,
    AppealKind,
    AppealLevel,
    AppealSource,
    AppealStatus,
    ReportKind,
    allowed_acts,
)
from rules.journal import ENTRY_LABELS
from schema.accounts import Account
from schema.actions import ALLOWED_ACTIONS, acts_at
from schema.compiler.declare import (
    by_link,
    column,
    entity,
    filters,
    labelled,
    object_id,
    to_many,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant, values
from schema.compiler.sources import Column, Row
from schema.filters import TimeRange, among, contains, is_id, when, within
from schema.journal import JournalEntry, timeline
from schema.people import Resident
from schema.places import Building, Grid, Household, Organisation
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
        when(lambda row: sa.cast(row.c.status, sa.Text).not_in(values(sorted(ENDED)))),
        "True: neither closed, rejected nor withdrawn. False: the others.",
    )
    opened_between: TimeRange | None = where(within("opened_at"), "Opened in this time.")
    text: str | None = where(contains("body", "answer"), "Whose text or answer contains this.")


def issuing_body(row: Row) -> Column:
    """The body in whose name an appeal is handled at its level."""
    grid, community, farm = (
        alias(table(model)) for model in (place_tables.Grid, place_tables.Community, place_tables.Farm)
    )
    of_grid = sa.select(grid.c.name).where(grid.c.id == row.c.grid_id).correlate_except(grid)
    own = community.c.id == row.c.community_id
    of_community = sa.select(community.c.name).where(own).correlate_except(community)
    of_farm = sa.select(farm.c.name).where(own, farm.c.id == community.c.farm_id).correlate_except(farm, community)
    level = sa.cast(row.c.level, sa.Text)
    return sa.case(
        (level == constant(AppealLevel.GRID), of_grid.scalar_subquery()),
        (level == constant(AppealLevel.COMMUNITY), of_community.scalar_subquery()),
        else_=of_farm.scalar_subquery(),
    )


def _acts(row: Row) -> Column:
    """A report can be settled, nothing else can."""
    of_report = acts_at(row, partial(allowed_acts, report=True), AppealStatus, AppealLevel)
    of_others = acts_at(row, allowed_acts, AppealStatus, AppealLevel)
    return sa.case((row.c.report_kind.is_not(None), of_report), else_=of_others)


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
    reporter_name: str | None = column("reporter_name", "The name a reporter left.")
    reporter_phone: str | None = column("reporter_phone", "The number to call back.")
    opened_at: datetime = column("opened_at", "When it was said, by the reporter's or worker's clock.")
    recorded_at: datetime = column("recorded_at", "When the server recorded it.")
    accepted_at: datetime | None = column("accepted_at", "When the reporter was first called back.")
    answered_at: datetime | None = column("answered_at", "When it was last answered.")
    closed_at: datetime | None = column("closed_at", "When it was closed.")
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
    allowed_actions: list[Act] = value(_acts, ALLOWED_ACTIONS)
    timeline: Connection[JournalEntry] = timeline("appeal_id")


@entity(journal_tables.Journal, visible_to=lambda *_: sa.true())
class ReceiptStep:
    """A step of an appeal, as its reporter sees it: what and when, not who."""

    label: str = labelled("kind", ENTRY_LABELS, "What happened, in Chinese.")
    occurred_at: datetime = column("occurred_at", "When.")


@entity(tables.Appeal, visible_to=lambda *_: sa.true())
class Receipt:
    """What the holder of a receipt code sees of their appeal. The code opens this one appeal and nothing else."""

    appeal_id: strawberry.ID = object_id("appeal")
    body: str = column("body", "What was said.")
    category_label: str = labelled("category", CATEGORY_LABELS, "What it is about, in Chinese.")
    status: AppealStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", STATUS_LABELS, "Where it stands, in Chinese.")
    issuing_body: str = value(issuing_body, "The grid, community or farm that handles it.")
    answer: str | None = column("answer", "The answer.")
    rating: int | None = column("rating", "The rating given.")
    opened_at: datetime = column("opened_at", "When it was said.")
    closed_at: datetime | None = column("closed_at", "When it was closed.")
    steps: list[ReceiptStep] = to_many(
        lambda row, t: t.appeal_id == row.c.id, lambda t: [t.id], "What has happened since."
    )
