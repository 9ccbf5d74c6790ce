"""Small wishes: for those who work there, on the wall, and by a receipt code."""

from collections.abc import Callable, Mapping
from typing import Any

from rules.actions import ACTION_OF
from rules.journal import WISH_PROGRESS, EntryKind
from rules.vocabulary import Word
from rules.wishes import MOVES, ON_WALL, OVER, Claimant, WishStatus
from tests.oracle.duties import PagedRows
from tests.oracle.paging import BY_ENTRY, Order
from tests.oracle.rows import Row, label, shown
from tests.oracle.sight import Sight

_PROPOSED = Order(("proposed_at", "id"), descending=True)
_ON_THE_WALL = Order(("published_at", "id"), descending=True)
Given = Mapping[str, Any]


def _wall(sight: Sight, _: Any, __: Given) -> list[Row]:
    """Whoever asks."""
    return [row for row in sight.world["wish"] if row["status"] in ON_WALL]


def _of_door(sight: Sight, home: Row, _: Given) -> list[Row]:
    return [row for row in sight.rows("wish") if row["household_id"] == home["id"] and row["status"] not in OVER]


def _timeline(sight: Sight, row: Row, _: Given) -> list[Row]:
    return [each for each in sight.rows("journal") if each["wish_id"] == row["id"]]


def _receipt(sight: Sight, _: Any, given: Given) -> Row | None:
    code = given["code"].upper()
    return next((row for row in sight.world["wish"] if row["receipt_code"] == code), None)


def _steps(sight: Sight, row: Row, _: Given) -> list[Row]:
    steps = [each for each in sight.world["journal"] if each["wish_id"] == row["id"]]
    return sorted((each for each in steps if each["kind"] in WISH_PROGRESS), key=lambda each: each["id"])


def _claimant(sight: Sight, row: Row, _: Given) -> str | None:
    body = sight.anyhow("organisation", row["organisation_id"]) or sight.anyhow("party_branch", row["party_branch_id"])
    return body["name"] if body else label(Claimant, row["claimant"])


def _community(sight: Sight, row: Row, _: Given) -> Any:
    community = sight.anyhow("community", row["community_id"])
    return community and community["name"]


def phone_of_community(sight: Sight, row: Row, _: Given) -> Any:
    """The telephone of a row's community, whoever asks."""
    community = sight.anyhow("community", row["community_id"])
    return community and community["phone"]


def _zone(sight: Sight, row: Row, _: Given) -> Any:
    community = sight.anyhow("community", row["community_id"])
    return community and community["time_zone"]


def _acts(sight: Sight, row: Row, _: Given) -> list[str]:
    mine = [move for move in MOVES if sight.viewer.role in move.act.roles]
    return [ACTION_OF[move.act] for move in mine if WishStatus(row["status"]) in move.sources]


def _label(column: str, words: type[Word]) -> Callable[[Sight, Row, Given], str | None]:
    return lambda _, row, __: label(words, row[column])


WISH_PAGES: dict[tuple[str, str], PagedRows] = {
    ("Query", "wishes"): PagedRows(_PROPOSED, lambda sight, _, __: sight.rows("wish"), "wish"),
    ("Query", "wishWall"): PagedRows(_ON_THE_WALL, _wall, "wall"),
    ("DoorstepSummary", "openWishes"): PagedRows(_PROPOSED, _of_door, "wish"),
    ("Wish", "timeline"): PagedRows(BY_ENTRY, _timeline, "journal"),
}
WISHES: dict[tuple[str, str], Any] = {
    **WISH_PAGES,
    ("Query", "wishReceipt"): _receipt,
    ("Wish", "statusLabel"): _label("status", WishStatus),
    ("Wish", "claimantLabel"): _label("claimant", Claimant),
    ("Wish", "allowedActions"): _acts,
    ("Wish", "closedAt"): lambda _, row, __: shown(row["fulfilled_at"] or row["declined_at"]),
    ("Wish", "grid"): lambda sight, row, _: sight.find("grid", row["grid_id"]),
    ("Wish", "estate"): lambda sight, row, _: sight.find("estate", row["grid_id"]),
    **{
        (type_, "wishId"): lambda _, row, __: f"wish_{row['id']}"  # the same for both
        for type_ in ("WishOnWall", "WishReceipt")
    },
    **{
        (type_, field): resolver
        for type_ in ("WishOnWall", "WishReceipt")
        for field, resolver in (
            ("statusLabel", _label("status", WishStatus)),
            ("claimant", _claimant),
            ("steps", _steps),
            ("timeZone", _zone),
            ("communityPhone", phone_of_community),
        )
    },
    ("WishOnWall", "text"): lambda _, row, __: row["published_text"],
    ("WishOnWall", "community"): _community,
    ("WishStep", "label"): _label("kind", EntryKind),
}
