"""Connections: of which rows, and in which order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any, TypeAlias, cast

from rules import appeals
from tests.oracle import clocks
from tests.oracle.activities import ACTIVITY_PAGES
from tests.oracle.branches import BRANCH_PAGES
from tests.oracle.duties import DUTY_PAGES, PagedRows
from tests.oracle.figures import FIGURE_PAGES
from tests.oracle.filters import keeps
from tests.oracle.findings import FINDING_PAGES
from tests.oracle.mediation import MEDIATION_PAGES
from tests.oracle.paging import (
    BY_DAY,
    BY_ENTRY,
    BY_ID,
    BY_MAKING,
    BY_MONDAY,
    BY_NAME,
    BY_NAME_KEY,
    ISSUED,
    LATEST,
    NEWEST,
    RAISED,
    WALK,
    Order,
    Page,
    case_order,
)
from tests.oracle.published import PUBLISHED_PAGES
from tests.oracle.rows import Row
from tests.oracle.setups import SETUP_PAGES
from tests.oracle.sight import Sight
from tests.oracle.sites import SITE_PAGES
from tests.oracle.weeks import WEEK_PAGES
from tests.oracle.wishes import WISH_PAGES

Given: TypeAlias = Mapping[str, Any]
Resolver: TypeAlias = Callable[[Sight, Any, Given], Any]
Tie: TypeAlias = Callable[[Sight, Row, Row], bool]
"""Decides whether a row belongs to the row that asks."""


def mine(foreign_key: str) -> Tie:
    """Rows that point to the one that asks."""
    return lambda _, row, other: other[foreign_key] == row["id"]


def _on_register(resident: Row) -> bool:
    return resident["left_on"] is None and resident["merged_into"] is None


def _has_left(resident: Row) -> bool:
    return resident["left_on"] is not None and resident["merged_into"] is None


def living(foreign_key: str) -> Tie:
    """Residents on the register who live there."""
    return lambda _, row, other: other[foreign_key] == row["id"] and _on_register(other)


def _about(sight: Sight, resident: Row, entry: Row) -> bool:
    merges = (each for each in sight.world["resident_merge"] if each["kept_id"] == resident["id"])
    merged = {each["merged_id"] for each in merges if each["undone_at"] is None}
    return entry["resident_id"] in {resident["id"], *merged}


def _alike(sight: Sight, _: Any, __: Given) -> list[Row]:
    """Pairs with one name and one date of birth or telephone; not for those who work in no grid."""
    known = [each for each in sight.world["resident"] if each["grid_id"] in sight.grids and _on_register(each)]
    return [pair for one, other in combinations(known, 2) if (pair := _pair(one, other))]


def _pair(one: Row, other: Row) -> Row | None:
    born = one["born_on"] is not None and one["born_on"] == other["born_on"]
    phone = one["phone"] is not None and one["phone"] == other["phone"]
    if one["name"] != other["name"] or not (born or phone):
        return None
    first, second = sorted((one["id"], other["id"]))
    why = "NAME_AND_BIRTH" if born else "NAME_AND_PHONE"
    return Row("pair", "DuplicateSuggestion", {"name": one["name"], "first_id": first, "second_id": second, "why": why})


def _comes(_: Sight, call: Row, invitation: Row) -> bool:
    return bool(invitation["call_id"] == call["id"] and invitation["answer"] == "COMING")


def stands(visit: Row) -> bool:
    """Whether a visit was not withdrawn."""
    return visit["withdrawn_at"] is None


def _visited(key: str) -> Tie:
    return lambda _, row, visit: bool(visit[key] == row["id"]) and stands(visit)


def reached(sight: Sight, visit: Row, resident: Row) -> bool:
    """Whether a visit reached a resident."""
    return any(
        each["visit_id"] == visit["id"] and each["resident_id"] == resident["id"]
        for each in sight.world["visit_resident"]
    )


@dataclass(frozen=True, slots=True)
class Paged:
    """A connection: of which rows, in which order."""

    table: str
    order: Order
    tie: Tie | None = None

    def order_for(self, given: Given) -> Order:
        """The order that is asked for."""
        return case_order(self.table, given, self.order)

    def __call__(self, sight: Sight, row: Any, given: Given) -> Page:
        found = [
            other
            for other in sight.rows(self.table)
            if (self.tie is None or self.tie(sight, row, other)) and keeps(sight, other, given.get("where"))
        ]
        return Page(found, self.order_for(given), dict(given))


def _open_here(_: Sight, home: Row, appeal: Row) -> bool:
    return bool(appeal["household_id"] == home["id"] and appeal["status"] not in appeals.ENDED)


def _finds(*tests: Callable[[Row], bool]) -> Tie:
    """Rows in which the text of a search is found. The text is what asks."""
    return lambda sight, text, other: (
        all(test(other) for test in tests) and keeps(sight, other, {"text": cast(str, text)})
    )


def _is_recent(case: Row) -> bool:
    now = datetime.now(UTC)
    leap = (now.month, now.day) == (2, 29)
    return bool(case["opened_at"] >= now.replace(year=now.year - 1, day=28 if leap else now.day))


CONNECTIONS: dict[tuple[str, str], Paged | PagedRows] = {
    ("Query", "communities"): Paged("community", BY_NAME_KEY),
    ("Query", "estates"): Paged("estate", BY_NAME_KEY),
    ("Query", "grids"): Paged("grid", BY_NAME_KEY),
    ("Query", "buildings"): Paged("building", BY_NAME_KEY),
    ("Query", "households"): Paged("household", WALK),
    ("Query", "residents"): Paged("resident", BY_ID, lambda _, __, other: _on_register(other)),
    ("Query", "formerResidents"): Paged("resident", BY_ID, lambda _, __, other: _has_left(other)),
    ("Query", "duplicateSuggestions"): PagedRows(Order(("name", "first_id", "second_id")), _alike, "pair"),
    ("Query", "premises"): Paged("premises", BY_NAME_KEY),
    ("Query", "organisations"): Paged("organisation", BY_NAME_KEY),
    ("Query", "partyBranches"): Paged("party_branch", BY_NAME_KEY),
    ("Query", "accounts"): Paged("account", BY_NAME),
    ("Query", "visits"): Paged("visit", LATEST, lambda _, __, visit: stands(visit)),
    ("Query", "withdrawnVisits"): Paged("visit", LATEST, lambda _, __, visit: not stands(visit)),
    ("Premises", "visits"): Paged("visit", LATEST, _visited("premises_id")),
    ("Query", "appeals"): Paged("appeal", NEWEST),
    ("Query", "disputes"): Paged("dispute", NEWEST),
    ("Query", "incidents"): Paged("incident", BY_MAKING),
    ("Query", "incidentCandidates"): PagedRows(
        Order(("fewest", "first_opened_at", "key")), clocks.candidates, "candidate"
    ),
    ("Incident", "appeals"): Paged("appeal", NEWEST, mine("incident_id")),
    ("Incident", "timeline"): Paged("journal", BY_ENTRY, mine("incident_id")),
    ("IncidentCandidate", "appeals"): Paged(
        "appeal", NEWEST, lambda _, row, other: clocks.is_candidate(other) and clocks.alike(row, other)
    ),
    ("Farm", "communities"): Paged("community", BY_NAME_KEY, mine("farm_id")),
    ("Community", "estates"): Paged("estate", BY_NAME_KEY, mine("community_id")),
    ("Community", "grids"): Paged("grid", BY_NAME_KEY, mine("community_id")),
    ("Community", "organisations"): Paged("organisation", BY_NAME_KEY, mine("community_id")),
    ("Estate", "grids"): Paged("grid", BY_NAME_KEY, mine("estate_id")),
    ("Estate", "buildings"): Paged("building", BY_NAME_KEY, mine("estate_id")),
    ("Grid", "buildings"): Paged("building", BY_NAME_KEY, mine("grid_id")),
    ("Grid", "households"): Paged("household", WALK, mine("grid_id")),
    ("Grid", "residents"): Paged("resident", BY_ID, living("grid_id")),
    ("Grid", "premises"): Paged("premises", BY_NAME_KEY, mine("grid_id")),
    ("Grid", "appeals"): Paged("appeal", NEWEST, mine("grid_id")),
    ("Building", "households"): Paged("household", WALK, mine("building_id")),
    ("Estate", "appeals"): Paged("appeal", NEWEST, mine("estate_id")),
    ("Premises", "appeals"): Paged("appeal", NEWEST, mine("premises_id")),
    ("Building", "appeals"): Paged("appeal", NEWEST, mine("building_id")),
    ("Household", "visits"): Paged("visit", LATEST, _visited("household_id")),
    ("Household", "residencies"): Paged("residency", BY_ID, mine("household_id")),
    ("Query", "qrCodes"): Paged("qr_code", ISSUED),
    ("Query", "alerts"): Paged("alert", RAISED),
    ("Query", "helpCalls"): Paged("help_call", RAISED),
    ("Alert", "invitations"): Paged("invitation", BY_ID, mine("alert_id")),
    ("HelpCall", "invitations"): Paged("invitation", BY_ID, mine("call_id")),
    ("HelpCall", "coming"): Paged("invitation", BY_ID, _comes),
    ("Resident", "timeline"): Paged("journal", BY_ENTRY, _about),
    ("Household", "appeals"): Paged("appeal", NEWEST, mine("household_id")),
    ("Resident", "visits"): Paged("visit", LATEST, lambda sight, row, visit: reached(sight, visit, row)),
    ("Resident", "appeals"): Paged("appeal", NEWEST, mine("resident_id")),
    ("Appeal", "timeline"): Paged("journal", BY_ENTRY, mine("appeal_id")),
    ("Dispute", "timeline"): Paged("journal", BY_ENTRY, mine("dispute_id")),
    ("Query", "rosterWeeks"): Paged("roster_week", BY_MONDAY),
    ("Community", "rosterWeeks"): Paged("roster_week", BY_MONDAY, mine("community_id")),
    ("RosterWeek", "timeline"): Paged("journal", BY_ENTRY, mine("roster_week_id")),
    ("Account", "shifts"): Paged("roster_shift", BY_DAY, mine("account_id")),
    ("DoorstepSummary", "openAppeals"): Paged("appeal", NEWEST, _open_here),
    ("SearchResults", "residents"): Paged("resident", BY_ID, _finds(_on_register)),
    ("SearchResults", "households"): Paged("household", WALK, _finds()),
    ("SearchResults", "appeals"): Paged("appeal", NEWEST, _finds(_is_recent)),
    ("SearchResults", "disputes"): Paged("dispute", NEWEST, _finds(_is_recent)),
    **DUTY_PAGES,
    **PUBLISHED_PAGES,
    **WEEK_PAGES,
    **WISH_PAGES,
    **MEDIATION_PAGES,
    **FIGURE_PAGES,
    **FINDING_PAGES,
    **SITE_PAGES,
    **ACTIVITY_PAGES,
    **BRANCH_PAGES,
    **SETUP_PAGES,
}
