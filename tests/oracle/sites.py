"""Construction sites: posts, patrols, and what is open, worked out row by row."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rules import disputes
from rules.agreements import AgreementForm
from tests.oracle.duties import PagedRows
from tests.oracle.paging import BY_NAME_KEY, NEWEST, Order
from tests.oracle.rows import Row
from tests.oracle.sight import Sight

Given = Mapping[str, Any]
_PATROLLED = Order(("patrolled_at", "id"), descending=True)


def _sites(sight: Sight, _: Any, __: Given) -> list[Row]:
    return [row for row in sight.rows("premises") if row["kind"] == "CONSTRUCTION_SITE"]


def of_premises(sight: Sight, row: Row, *, pending: bool = False) -> list[Row]:
    """The disputes that they are party to."""
    cases = {each["dispute_id"] for each in sight.world["dispute_party"] if each["premises_id"] == row["id"]}
    found = [each for each in sight.rows("dispute") if each["id"] in cases]
    return [each for each in found if not pending or each["status"] in disputes.PENDING]


def _patrols(sight: Sight, row: Row, _: Given) -> list[Row]:
    return [each for each in sight.rows("site_patrol") if each["premises_id"] == row["id"]]


def _along(sight: Sight, row: Row, _: Given) -> list[Row]:
    went = {each["account_id"] for each in sight.world["site_patrol_worker"] if each["patrol_id"] == row["id"]}
    return sorted((each for each in sight.rows("account") if each["id"] in went), key=lambda each: each["username"])


def _arrears(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = [each for each in sight.rows("site_arrears") if each["patrol_id"] == row["id"]]
    return sorted(found, key=lambda each: each["id"])


def _owed(sight: Sight, row: Row, _: Given) -> str:
    own = [each["amount"] for each in sight.world["site_arrears"] if each["patrol_id"] == row["id"]]
    return str(sum(own, Decimal("0.00")))


def _posts(sight: Sight, _: Any, __: Given) -> list[Row]:
    return sorted(sight.rows("site_post"), key=lambda each: (each["community_id"], each["starts_on"], each["id"]))


def _prompt(sight: Sight, row: Row, _: Given) -> str | None:
    agreements = [each for each in sight.world["agreement"] if each["dispute_id"] == row["id"]]
    written = any(each["form"] == AgreementForm.WRITTEN for each in agreements)
    return disputes.WRITTEN_WHY if row["type"] in disputes.LABOUR and not written else None


SITE_PAGES = {
    ("Query", "sites"): PagedRows(BY_NAME_KEY, _sites, "premises"),
    ("Premises", "patrols"): PagedRows(_PATROLLED, _patrols, "site_patrol"),
    ("Premises", "disputes"): PagedRows(NEWEST, lambda sight, row, _: of_premises(sight, row), "dispute"),
    ("Premises", "openDisputes"): PagedRows(
        NEWEST, lambda sight, row, _: of_premises(sight, row, pending=True), "dispute"
    ),
}
SITES: dict[tuple[str, str], Any] = {
    ("Query", "sitePosts"): _posts,
    ("SitePost", "worker"): lambda sight, row, _: sight.find("account", row["account_id"]),
    ("SitePatrol", "ledBy"): lambda sight, row, _: sight.find("account", row["led_by"]),
    ("SitePatrol", "workers"): _along,
    ("SitePatrol", "arrears"): _arrears,
    ("SitePatrol", "arrearsTotal"): _owed,
    ("Dispute", "writtenFormPrompt"): _prompt,
}
"""By type and field."""
