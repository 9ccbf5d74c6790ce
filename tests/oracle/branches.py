"""Party branches, worked out row by row."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.duties import PagedRows
from tests.oracle.paging import BY_DAY, NEWEST, Order
from tests.oracle.rows import Row
from tests.oracle.sight import Sight

Given = Mapping[str, Any]
_PROPOSED = Order(("proposed_at", "id"), descending=True)


def _members(sight: Sight, row: Row, _: Given) -> list[Row]:
    own = [each for each in sight.rows("branch_member") if each["party_branch_id"] == row["id"]]
    found = [each for each in own if each["removed_at"] is None]
    return sorted(found, key=lambda each: (each["added_at"], each["id"]))


def _hours(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = [each for each in sight.rows("branch_hours") if each["party_branch_id"] == row["id"]]
    return sorted(found, key=lambda each: (each["weekday"], each["opens"]))


def _receptions(sight: Sight, row: Row, _: Given) -> list[Row]:
    return [each for each in sight.rows("roster_shift") if each["party_branch_id"] == row["id"]]


def _wishes(sight: Sight, row: Row, _: Given) -> list[Row]:
    return [each for each in sight.rows("wish") if each["party_branch_id"] == row["id"]]


def _brought(sight: Sight, row: Row, _: Given) -> list[Row]:
    """The appeals of a desk on the days on which their worker received there."""
    weeks = {each["id"]: each["community_id"] for each in sight.rows("roster_week") if each["published_at"]}
    served = {
        (each["account_id"], each["day"], weeks[each["week_id"]])
        for each in _receptions(sight, row, {})
        if each["week_id"] in weeks
    }
    return [
        each
        for each in sight.rows("appeal")
        if each["source"] == "DESK" and (each["registered_by"], _day(sight, each), each["community_id"]) in served
    ]


def _day(sight: Sight, appeal: Row) -> Any:
    community = sight.anyhow("community", appeal["community_id"])
    assert community is not None
    return appeal["opened_at"].astimezone(ZoneInfo(community["time_zone"])).date()


BRANCH_PAGES: dict[tuple[str, str], PagedRows] = {
    ("PartyBranch", "receptions"): PagedRows(BY_DAY, _receptions, "roster_shift"),
    ("PartyBranch", "wishes"): PagedRows(_PROPOSED, _wishes, "wish"),
    ("PartyBranch", "appeals"): PagedRows(NEWEST, _brought, "appeal"),
}
BRANCHES: dict[tuple[str, str], Any] = {
    ("PartyBranch", "members"): _members,
    ("PartyBranch", "openingHours"): _hours,
    ("OpeningHours", "opens"): lambda _, row, __: f"{row['opens']:%H:%M}",
    ("OpeningHours", "closes"): lambda _, row, __: f"{row['closes']:%H:%M}",
}
