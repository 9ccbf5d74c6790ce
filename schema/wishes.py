"""Small wishes in GraphQL: for those who work on them, for everybody, and for the wisher."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import journal as journal_tables
from db import places as place_tables
from db import sql
from db import wishes as tables
from db.base import alias
from db.scope import Condition, Scope
from db.sql import Column
from rules.access import Act
from rules.journal import WISH_PROGRESS, EntryKind
from rules.text import receipt_code
from rules.wishes import MOVES, ON_WALL, OVER, Claimant, WishMove, WishStatus
from schema.actions import ALLOWED_ACTIONS
from schema.compiler.declare import (
    by_id,
    by_link,
    column,
    entity,
    event,
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
from schema.compiler.expressions import constant, json_known, label
from schema.compiler.sources import Order, Row
from schema.filters import among, contains, is_id
from schema.journal import Happening, JournalEntry, timeline
from schema.places import zone_of
from schema.receipts import RECEIPT_CODE
from schema.relay import Connection, Node

PROPOSED = Order(("proposed_at", "id"), descending=True)
ON_THE_WALL = Order(("published_at", "id"), descending=True)


@filters
class WishFilter:
    """Which wishes."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "In this grid.")
    household: strawberry.ID | None = where(is_id("household", "household_id"), "Of this household.")
    status: list[WishStatus] | None = where(among("status"), "With one of these statuses.")
    claimant: list[Claimant] | None = where(among("claimant"), "Claimed by one of these.")
    text: str | None = where(contains("body", "published_text"), "Whose text contains this.")


@filters
class WallFilter:
    """Which wishes of the wall."""

    community: strawberry.ID | None = where(is_id("community", "community_id"), "Of this community.")
    status: list[WishStatus] | None = where(among("status"), "With one of these statuses.")


def _on_wall(t: sql.From, _: Scope) -> Condition:
    """Published, and not taken off again; whoever looks."""
    return sql.cast(t.c.status, sql.TEXT).in_(sorted(ON_WALL))


def not_over(row: Row, t: Any) -> Condition:
    """A household's wishes that are still open."""
    return sql.and_(t.household_id == row.c.id, sql.cast(t.status, sql.TEXT).not_in(sorted(OVER)))


def _named(model: Any, foreign_key: str) -> Any:
    """The name of a body that the row points to; everybody may know it."""

    def name(row: Row) -> Column:
        body = alias(model)
        return sql.select(body.c.name).from_(body).where(body.c.id == row.c[foreign_key]).scalar()

    return name


_ORGANISATION = _named(place_tables.Organisation, "organisation_id")
_BRANCH = _named(place_tables.PartyBranch, "party_branch_id")


def _known_claimant(row: Row) -> Column:
    """As everybody may know it: 「志愿者」, or the body's name."""
    return sql.func.coalesce(_ORGANISATION(row), _BRANCH(row), label(row.c.claimant, Claimant))


def _acts_of(row: Row) -> Column:
    """What the viewer may do with it now, in the order of the moves."""
    moves = [move for move in MOVES if row.scope.role in move.act.roles]
    acts: list[Any] = [sql.case((_possible(row, move), constant(move.act))) for move in moves]
    return json_known(acts)


def _possible(row: Row, move: WishMove) -> Condition:
    return sql.cast(row.c.status, sql.TEXT).in_(sorted(move.sources))


def _is_progress(row: Row, t: Any) -> Condition:
    return sql.and_(t.wish_id == row.c.id, sql.cast(t.kind, sql.TEXT).in_(sorted(WISH_PROGRESS)))


@entity(tables.Wish, "wish")
class Wish(Node):
    """A small wish (微心愿), with whose it is: for those who work there alone."""

    id: strawberry.ID = object_id("wish")
    body: str = column("body", "What the wisher said.")
    status: WishStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", WishStatus, "Where it stands, in Chinese.")
    wisher_name: str | None = column("wisher_name", "The name that was left.")
    wisher_phone: str | None = column("wisher_phone", "The number to call back.")
    resident = to_one("resident_id", "Whose wish it is, if on the register.")
    household = to_one("household_id", "The household.")
    building = to_one("building_id", "The building.")
    unit: int | None = column("unit", "The unit (单元), if known.")
    grid = to_one("grid_id", "The grid.")
    proposed_by = to_one("proposed_by", "Who wrote it down; null when the wisher did.")
    proposed_at: datetime = column("proposed_at", "When.")
    published_text: str | None = column("published_text", "What everybody reads.")
    published_by = to_one("published_by", "Who published it.")
    published_at: datetime | None = column("published_at", "When.")
    claimant: Claimant | None = column("claimant", "Who has taken it upon themselves.")
    claimant_label: str | None = labelled("claimant", Claimant, "The same in Chinese.")
    volunteer_name: str | None = column("volunteer_name", "The volunteer's name.")
    volunteer_phone: str | None = column("volunteer_phone", "The volunteer's number.")
    organisation = to_one("organisation_id", "The organisation.")
    party_branch = to_one("party_branch_id", "The Party branch.")
    claimed_by = to_one("claimed_by", "Who wrote the claim down.")
    claimed_at: datetime | None = column("claimed_at", "When it was claimed.")
    fulfilled_at: datetime | None = column("fulfilled_at", "When it came true.")
    declined_at: datetime | None = column("declined_at", "When it was declined.")
    decline_reason: str | None = column("decline_reason", "Why it was declined; the wisher reads it.")
    allowed_actions: list[Act] = value(_acts_of, ALLOWED_ACTIONS)
    timeline: Connection[JournalEntry] = timeline("wish_id")


@entity(journal_tables.Journal, visible_to=lambda *_: sql.TRUE, main=False)
class WishStep:
    """A step of a wish, as everybody sees it."""

    kind: EntryKind = column("kind", "What happened.")
    label: str = labelled("kind", EntryKind, "What happened, in Chinese.")
    note: str | None = column("note", "What was said; without names and addresses.")
    occurred_at: datetime = column("occurred_at", "When.")


@entity(tables.Wish, visible_to=_on_wall, main=False)
class WishOnWall:
    """A wish on the wall (心愿墙): what is wished for and how far it is, neither who nor where."""

    wish_id: strawberry.ID = object_id("wish")
    text: str | None = column("published_text", "What is wished for.")
    status: WishStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", WishStatus, "Where it stands, in Chinese.")
    community: str = value(_named(place_tables.Community, "community_id"), "The community's name.")
    published_at: datetime | None = column("published_at", "Since when it is on the wall.")
    claimant: str | None = value(
        _known_claimant, "Who has taken it upon themselves: 志愿者, or the name of an organisation or Party branch."
    )
    claimed_at: datetime | None = column("claimed_at", "Since when.")
    fulfilled_at: datetime | None = column("fulfilled_at", "When it came true.")
    time_zone: str = value(zone_of, "The time zone of its community.")
    steps: list[WishStep] = to_many(_is_progress, lambda t: [t.id], "What has happened since it was published.")


@entity(tables.Wish, visible_to=lambda *_: sql.TRUE, main=False)
class WishReceipt:
    """What the holder of a receipt code sees of their wish. The code opens this one wish and nothing else."""

    wish_id: strawberry.ID = object_id("wish")
    body: str = column("body", "What was said.")
    status: WishStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", WishStatus, "Where it stands, in Chinese.")
    published_text: str | None = column("published_text", "What everybody reads of it.")
    proposed_at: datetime = column("proposed_at", "When it was said.")
    claimant: str | None = value(_known_claimant, "Who has taken it upon themselves.")
    fulfilled_at: datetime | None = column("fulfilled_at", "When it came true.")
    decline_reason: str | None = column("decline_reason", "Why it cannot be fulfilled.")
    time_zone: str = value(zone_of, "The time zone of its community.")
    steps: list[WishStep] = to_many(_is_progress, lambda t: [t.id], "What has happened since it was published.")


@roots
class WishRoots:
    """What can be read of small wishes."""

    wishes: Connection[Wish] = paged("Small wishes, those proposed last first.", PROPOSED, where=WishFilter)
    wish = by_id("wish", "A small wish.")
    wish_wall: Connection[WishOnWall] = paged(
        "The wish wall (心愿墙), those published last first; needs no account.", ON_THE_WALL, where=WallFilter
    )
    wish_receipt: WishReceipt | None = by_link(
        lambda row, t: t.receipt_code == row.given("code", sql.TEXT, receipt_code),
        "A wish by its receipt code; needs no account.",
        [RECEIPT_CODE],
    )


@event("wishChanged", "What becomes of published wishes, for everybody in the community.")
class WishChanged(Happening):
    """Progress of a small wish of the viewer's communities; it names neither who nor where."""

    note: str | None = column("note", "What was said.")
    on_wall: WishOnWall | None = to_one("wish_id", "The wish as everybody sees it.")
    wish = to_one("wish_id", "The wish; null when whose it is is not the viewer's to see.")
