"""Small wishes in GraphQL, as shown to workers, to the public, and to the wisher."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import journal as journal_tables
from db import places as place_tables
from db import sql
from db import wishes as tables
from db.scope import Condition
from db.sql import Column
from rules.actions import CaseAction
from rules.cases import PHASE_OF_WISH, HandlingLevel
from rules.journal import WISH_PROGRESS, EntryKind
from rules.text import receipt_code
from rules.wishes import MOVES, OVER, Claimant, WishStatus
from schema.actions import ALLOWED_ACTIONS, allowed
from schema.cases import PLACE, Case, address_of, phase
from schema.clocks import Deadline
from schema.compiler import declare as gql
from schema.compiler.counts import counted, key, key_to
from schema.compiler.expressions import EMPTY, column_of, label
from schema.compiler.sources import Order, Row
from schema.filters import TimeRange, among, changed_within, contains, in_area, is_id, within
from schema.journal import Happening, JournalEntry, timeline
from schema.places import Building, Community, Estate, Grid, phone_of, zone_of
from schema.receipts import RECEIPT_CODE
from schema.relay import Connection

PROPOSED = Order(("proposed_at", "id"), descending=True)
ON_THE_WALL = Order(("published_at", "id"), descending=True)


@gql.filters
class WishFilter:
    """A filter of wishes."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    household: strawberry.ID | None = gql.where(is_id("household", "household_id"), "Of this household.")
    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "Of this community.")
    estate: strawberry.ID | None = gql.where(in_area("estate"), "In this estate.")
    resident: strawberry.ID | None = gql.where(is_id("resident", "resident_id"), "Of this resident.")
    changed_between: TimeRange | None = gql.where(changed_within("wish"), "Changed in this range of time.")
    opened_between: TimeRange | None = gql.where(within("proposed_at"), "Proposed in this range of time.")
    status: list[WishStatus] | None = gql.where(among("status"), "With one of these statuses.")
    claimant: list[Claimant] | None = gql.where(among("claimant"), "Claimed by one of these.")
    text: str | None = gql.where(contains("body", "published_text"), "With this in the text.")


@gql.filters
class WishWallFilter:
    """A filter of wishes on the wall."""

    community: strawberry.ID | None = gql.where(is_id("community", "community_id"), "Of this community.")
    status: list[WishStatus] | None = gql.where(among("status"), "With one of these statuses.")


def not_over(row: Row, t: Any) -> Condition:
    """A household's open wishes."""
    return sql.and_(t.household_id == row.c.id, sql.cast(t.status, sql.TEXT).not_in(sorted(OVER)))


_ORGANISATION = column_of(place_tables.Organisation, "organisation_id", "name")
_BRANCH = column_of(place_tables.PartyBranch, "party_branch_id", "name")


def _known_claimant(row: Row) -> Column:
    """The claimant as published: 「志愿者」, or the name of the organisation or branch."""
    return sql.func.coalesce(_ORGANISATION(row), _BRANCH(row), label(row.c.claimant, Claimant))


def _acts_of(row: Row) -> Column:
    """The allowed actions, in the order of the moves."""
    moves = [move for move in MOVES if row.scope.role in move.act.roles]
    status = sql.cast(row.c.status, sql.TEXT)
    return allowed((move.act, status.in_(sorted(move.sources))) for move in moves)


def _is_progress(row: Row, t: Any) -> Condition:
    return sql.and_(t.wish_id == row.c.id, sql.cast(t.kind, sql.TEXT).in_(sorted(WISH_PROGRESS)))


@gql.entity(tables.Wish, "wish")
class Wish(Case):
    """A small wish (微心愿) with its wisher, visible to workers only."""

    id: strawberry.ID = gql.object_id("wish")
    body: str = gql.column("body", "The wisher's words.")
    status = gql.word("status", WishStatus, "The status.")
    phase = phase(PHASE_OF_WISH)
    handling_level: HandlingLevel | None = gql.value(lambda _: sql.NULL, "Null: wishes have no levels.")
    handling_level_label: str | None = gql.value(lambda _: sql.NULL, "Null: wishes have no levels.")
    deadlines: list[Deadline] = gql.value(lambda _: EMPTY, "Empty: wishes have no deadlines.")
    wisher_name: str | None = gql.column("wisher_name", "The wisher's name, if not on the register.")
    wisher_phone: str | None = gql.column("wisher_phone", "The number to call back.")
    resident = gql.to_one("resident_id", "The wisher, if on the register.")
    household = gql.to_one("household_id", "The household.")
    building = gql.to_one("building_id", "The building.")
    unit: int | None = gql.column("unit", "The unit (单元), if known.")
    address: str = gql.value(address_of, PLACE)
    grid: Grid | None = gql.to_one("grid_id", "The grid; null if it is for more than one.")
    estate: Estate | None = gql.to_one("grid_id", "The estate, if it is for the estate as a whole.")
    community: Community | None = gql.to_one("community_id", "The community.")
    proposed_by = gql.to_one("proposed_by", "The account that recorded it; null if the wisher did.")
    opened_at: datetime = gql.column("proposed_at", "When it was proposed.")
    closed_at: datetime | None = gql.value(
        lambda row: sql.func.coalesce(row.c.fulfilled_at, row.c.declined_at), "When it was fulfilled or declined."
    )
    published_text: str | None = gql.column("published_text", "The published text.")
    published_by = gql.to_one("published_by", "The account that published it.")
    published_at: datetime | None = gql.column("published_at", "When it was published.")
    claimant = gql.word("claimant", Claimant | None, "The kind of claimant.")
    volunteer_name: str | None = gql.column("volunteer_name", "The volunteer's name.")
    volunteer_phone: str | None = gql.column("volunteer_phone", "The volunteer's number.")
    organisation = gql.to_one("organisation_id", "The organisation.")
    party_branch = gql.to_one("party_branch_id", "The Party branch.")
    claimed_by = gql.to_one("claimed_by", "The account that recorded the claim.")
    claimed_at: datetime | None = gql.column("claimed_at", "When it was claimed.")
    fulfilled_at: datetime | None = gql.column("fulfilled_at", "When it was fulfilled.")
    declined_at: datetime | None = gql.column("declined_at", "When it was declined.")
    decline_reason: str | None = gql.column("decline_reason", "The reason for declining it, which the wisher reads.")
    allowed_actions: list[CaseAction] = gql.value(_acts_of, ALLOWED_ACTIONS)
    timeline: Connection[JournalEntry] = timeline("wish_id")


@counted(Wish, at="proposed_at", shows="openedAt")
class WishCount:
    """Wishes with the same keys."""

    grid: Grid | None = key_to("grid_id", "The grid.")
    building: Building | None = key_to("building_id", "The building.")
    status: WishStatus | None = key("status", "The status.")
    claimant: Claimant | None = key("claimant", "The kind of claimant.")


@gql.entity(journal_tables.Journal, visible_to=lambda *_: sql.TRUE, main=False)
class WishStep:
    """A step of a wish, as shown to the public."""

    kind = gql.word("kind", EntryKind, "The kind of step.", "label")
    note: str | None = gql.column("note", "The public note.")
    occurred_at: datetime = gql.column("occurred_at", "When it occurred.")


@gql.entity(tables.Wish, visible_to=lambda *_: sql.TRUE, rows=lambda _: tables.on_wall(), main=False)
class WishOnWall:
    """A wish on the wall (心愿墙), without the wisher and the address."""

    wish_id: strawberry.ID = gql.object_id("wish")
    text: str | None = gql.column("published_text", "The published text.")
    status = gql.word("status", WishStatus, "The status.")
    community: str = gql.column("community", "The community's name.")
    published_at: datetime | None = gql.column("published_at", "When it was published.")
    claimant: str | None = gql.value(
        lambda row: sql.func.coalesce(row.c.claimed_for, label(row.c.claimant, Claimant)),
        "志愿者, or the name of an organisation or Party branch.",
    )
    claimed_at: datetime | None = gql.column("claimed_at", "When it was claimed.")
    fulfilled_at: datetime | None = gql.column("fulfilled_at", "When it was fulfilled.")
    time_zone: str = gql.column("time_zone", "The time zone of its community.")
    community_phone: str | None = gql.column("community_phone", "The telephone of its community.")
    steps: list[WishStep] = gql.to_many(_is_progress, lambda t: [t.id], "The steps since it was published.")


@gql.entity(tables.Wish, visible_to=lambda *_: sql.TRUE, main=False)
class WishReceipt:
    """A wish, as shown to the holder of its receipt code."""

    wish_id: strawberry.ID = gql.object_id("wish")
    body: str = gql.column("body", "The wisher's words.")
    status = gql.word("status", WishStatus, "The status.")
    published_text: str | None = gql.column("published_text", "The published text.")
    proposed_at: datetime = gql.column("proposed_at", "When it was proposed.")
    claimant: str | None = gql.value(_known_claimant, "The claimant.")
    fulfilled_at: datetime | None = gql.column("fulfilled_at", "When it was fulfilled.")
    decline_reason: str | None = gql.column("decline_reason", "The reason for declining it.")
    time_zone: str = gql.value(zone_of, "The time zone of its community.")
    community_phone: str | None = gql.value(phone_of, "The telephone of its community.")
    steps: list[WishStep] = gql.to_many(_is_progress, lambda t: [t.id], "The steps since it was published.")


@gql.roots
class WishRoots:
    wishes: Connection[Wish] = gql.paged("Small wishes, latest first.", PROPOSED, where=WishFilter)
    wish = gql.by_id("wish", "A small wish.")
    wish_wall: Connection[WishOnWall] = gql.paged(
        "The wish wall (心愿墙), latest first. Needs no account.", ON_THE_WALL, where=WishWallFilter
    )
    wish_receipt: WishReceipt | None = gql.by_secret(
        lambda row, t: t.receipt_code == row.shown_code(receipt_code),
        "A wish by its receipt code. Needs no account.",
        [RECEIPT_CODE],
    )


@gql.event("wishChanged", "Changes of published wishes, for everybody in the community.")
class WishChanged(Happening):
    """A change of a published wish in the viewer's communities, without the wisher and the address."""

    note: str | None = gql.column("note", "The public note.")
    on_wall: WishOnWall | None = gql.to_one("wish_id", "The wish as shown to the public.")
    wish = gql.to_one("wish_id", "The wish; null if it is not visible to the viewer.")
