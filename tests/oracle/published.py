"""The published figures of the direct line, counted one by one."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rules.appeals import AppealCategory
from rules.statistics import SATISFIED_FROM
from tests.oracle.duties import PagedRows
from tests.oracle.paging import Order
from tests.oracle.rows import Row, label
from tests.oracle.sight import Sight

FEWEST = 5
_GIVEN_UP = {"REJECTED", "WITHDRAWN"}


def _months(sight: Sight, _: Any, __: Mapping[str, Any]) -> list[Row]:
    communities = {row["id"]: row for row in sight.world["community"]}
    found: dict[tuple[Any, date], list[Row]] = {}
    for row in sight.world["appeal"]:
        zone = ZoneInfo(communities[row["community_id"]]["time_zone"])
        month = row["opened_at"].astimezone(zone).date().replace(day=1)
        if row["kind"] == "PROBLEM" and month < datetime.now(UTC).astimezone(zone).date().replace(day=1):
            found.setdefault((row["community_id"], month), []).append(row)
    kept = {key: rows for key, rows in found.items() if len(rows) >= FEWEST}
    return [_shown(communities[community], month, rows) for (community, month), rows in kept.items()]


def _is_safe(*numbers: int) -> bool:
    return all(number == 0 or number >= FEWEST for number in numbers)


def _shown(community: Row, month: date, rows: list[Row]) -> Row:
    resolved = sum(row["status"] == "CLOSED" for row in rows)
    ended = sum(row["status"] in _GIVEN_UP for row in rows)
    still_open = len(rows) - resolved - ended
    rated = [row["rating"] for row in rows if row["rating"] is not None]
    liked = sum(rating >= SATISFIED_FROM for rating in rated)
    (category, most), *_ = sorted(
        Counter(row["category"] for row in rows).items(), key=lambda each: (-each[1], each[0])
    )
    safe = _is_safe(resolved, ended, still_open)
    values = {
        "id": None,
        "community_id": community["id"],
        "community": community["name"],
        "month": month,
        "starts_on": month,
        "received": len(rows),
        "resolved": resolved if safe else None,
        "open": still_open if safe else None,
        "category": category if most >= FEWEST else None,
        "satisfied": liked / len(rated) if len(rated) >= FEWEST and _is_safe(liked, len(rated) - liked) else None,
    }
    return Row("direct_line_wall", "DirectLineOnWall", values)


PUBLISHED_PAGES = {
    ("Query", "directLineWall"): PagedRows(
        Order(("month", "community_id"), descending=True), _months, "direct_line_wall"
    ),
}
PUBLISHED = {
    ("DirectLineOnWall", "categoryLabel"): lambda _, row, __: label(AppealCategory, row["category"]),
}
