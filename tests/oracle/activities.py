"""Activities and who comes, and notices and who has read them, worked out row by row."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rules.access import WORKERS
from rules.activities import ActivityStatus, status_of
from rules.notices import Audience
from rules.vocabulary import Word
from tests.oracle.duties import PagedRows
from tests.oracle.filters import keeps
from tests.oracle.paging import BY_ENTRY, Order
from tests.oracle.rows import Row, label
from tests.oracle.sight import Sight

Given = Mapping[str, Any]
_LATEST, _SOONEST = Order(("begins_at", "id"), descending=True), Order(("begins_at", "id"))
_PUBLISHED = Order(("published_at", "id"), descending=True)
_JOINED = Order(("joined_at", "id"))
_TOLD = 5
"""The public is told of so many people or more."""


def _coming(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = [each for each in sight.rows("sign_up") if each["activity_id"] == row["id"]]
    return [each for each in found if each["left_at"] is None]


def _timeline(noun: str) -> Any:
    return lambda sight, row, _: [each for each in sight.rows("journal") if each[f"{noun}_id"] == row["id"]]


def _status(_: Sight, row: Row, __: Given) -> ActivityStatus:
    return status_of(
        cancelled=row["cancelled_at"] is not None,
        begins_at=row["begins_at"],
        wanted=row["wanted"],
        coming=row["coming"],
        now=datetime.now(UTC),
    )


def _status_label(sight: Sight, row: Row, given: Given) -> str:
    return _status(sight, row, given).label


def _ahead(sight: Sight, _: Any, __: Given) -> list[Row]:
    return [each for each in sight.world["activity"] if each["ends_at"] > datetime.now(UTC)]


def _announced(sight: Sight, _: Any, __: Given) -> list[Row]:
    public = [each for each in sight.world["notice"] if each["audience"] == "PUBLIC" and not each["withdrawn_at"]]
    return [each for each in public if each["until"] is None or each["until"] > datetime.now(UTC)]


def _named(table: str, column: str = "name") -> Any:
    def resolve(sight: Sight, row: Row, _: Given) -> Any:
        found = sight.anyhow(table, row[f"{table}_id"])
        return found and found[column]

    return resolve


def _readers(sight: Sight, row: Row, _: Given) -> int | None:
    if not sight.leads(row["community_id"], row["estate_id"]):
        return None
    return sum(bool(each["notice_id"] == row["id"]) for each in sight.world["notice_reading"])


def _label(column: str, words: type[Word]) -> Any:
    return lambda _, row, __: label(words, row[column])


ACTIVITY_PAGES: dict[tuple[str, str], PagedRows] = {
    ("Query", "activities"): PagedRows(_LATEST, lambda sight, _, __: sight.rows("activity"), "activity"),
    ("Query", "activityWall"): PagedRows(_SOONEST, _ahead, "activity_wall"),
    ("Activity", "signUps"): PagedRows(_JOINED, _coming, "sign_up"),
    ("Activity", "timeline"): PagedRows(BY_ENTRY, _timeline("activity"), "journal"),
    ("Query", "notices"): PagedRows(_PUBLISHED, lambda sight, _, __: sight.rows("notice"), "notice"),
    ("Query", "noticeWall"): PagedRows(_PUBLISHED, _announced, "notice_wall"),
    ("Notice", "timeline"): PagedRows(BY_ENTRY, _timeline("notice"), "journal"),
}
ACTIVITIES: dict[tuple[str, str], Any] = {
    **{
        (type_, field): resolver
        for type_ in ("Activity", "ActivityOnWall")
        for field, resolver in (("status", _status), ("statusLabel", _status_label))
    },
    ("Activity", "colours"): lambda sight, row, _: row["colours"] if sight.viewer.role in WORKERS else [],
    ("ActivityOnWall", "activityId"): lambda _, row, __: f"activity_{row['id']}",
    ("ActivityOnWall", "coming"): lambda _, row, __: row["coming"] if row["coming"] >= _TOLD else None,
    ("NoticeOnWall", "noticeId"): lambda _, row, __: f"notice_{row['id']}",
    **{
        (type_, field): resolver
        for type_ in ("ActivityOnWall", "NoticeOnWall")
        for field, resolver in (
            ("community", _named("community")),
            ("estate", _named("estate")),
            ("timeZone", _named("community", "time_zone")),
        )
    },
    ("Notice", "audienceLabel"): _label("audience", Audience),
    ("Notice", "read"): lambda sight, row, _: keeps(sight, row, {"read": True}),
    ("Notice", "readers"): _readers,
}
"""By type and field."""
