"""Statistics, counted one by one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rules import agreements as agreements_rules
from rules import appeals, disputes, visits
from tests.oracle.rows import Refused, Row, read_id_of
from tests.oracle.sight import Sight

GIVEN_UP = {appeals.AppealStatus.REJECTED, appeals.AppealStatus.WITHDRAWN}


@dataclass(frozen=True)
class Period:
    """The days that count, and where."""

    sight: Sight
    first: date
    last: date
    community: UUID | None

    @property
    def starts(self) -> datetime:
        """The midnight that begins the first day."""
        return self._midnight(self.first)

    @property
    def ends(self) -> datetime:
        """The midnight that ends the last day."""
        return self._midnight(self.last + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone()).astimezone(UTC)

    def _zone(self) -> ZoneInfo:
        known = sorted(self.sight.rows("community"), key=lambda row: row["id"])
        zones = [row["time_zone"] for row in known if self.community in {None, row["id"]}]
        return ZoneInfo(zones[0] if zones else "Asia/Shanghai")

    def here(self, table: str) -> list[Row]:
        """The rows that the viewer sees, of the community if one is asked for."""
        return [row for row in self.sight.rows(table) if self.community in {None, self._community_of(row)}]

    def _community_of(self, row: Row) -> Any:
        grid = self.sight.anyhow("grid", row["grid_id"])
        return grid and grid["community_id"]

    def within(self, table: str, moment: str) -> list[Row]:
        """Those of the period."""
        starts, ends = self.starts, self.ends
        return [row for row in self.here(table) if starts <= row[moment] < ends]


@dataclass(frozen=True)
class Figures:
    """Rows to be counted; of a group, also what they have in common."""

    period: Period
    rows: Sequence[Row]
    common: str = ""

    def count(self, condition: Callable[[Row], bool]) -> int:
        """How many meet a condition."""
        return sum(1 for row in self.rows if condition(row))

    def by(self, column: str) -> list["Figures"]:
        """The largest group first, then by name."""
        sizes = Counter(row[column] for row in self.rows)
        ordered = sorted(sizes, key=lambda value: (-sizes[value], value))
        return [Figures(self.period, [row for row in self.rows if row[column] == value], value) for value in ordered]

    def agreed(self, form: agreements_rules.AgreementForm) -> int:
        """How many were settled by an agreement of this form."""
        agreements = self.period.sight.world["agreement"]
        found = {each["dispute_id"] for each in agreements if each["form"] == form}
        return self.count(lambda row: row["id"] in found)

    def matters(self) -> list[Row]:
        """The disputes of the period that one of these sites is party to."""
        sites = {row["id"] for row in self.rows}
        parties = self.period.sight.world["dispute_party"]
        cases = {party["dispute_id"] for party in parties if party["premises_id"] in sites}
        return [row for row in self.period.within("dispute", "opened_at") if row["id"] in cases]


def read_days(between: Mapping[str, Any]) -> None:
    """Refuses a period that ends before it begins."""
    if between["last"] < between["first"]:
        raise Refused(between)


def period(sight: Sight, _: object, given: Mapping[str, Any]) -> Period:
    """The period asked for."""
    community = given.get("community")
    asked = None if community is None else read_id_of("community", community)
    return Period(sight, given["between"]["first"], given["between"]["last"], asked)


def _is_pending(row: Row) -> bool:
    return row["status"] in disputes.PENDING


def _is_settled(row: Row) -> bool:
    return row["status"] in disputes.SETTLED


def _is_settled_in_grid(row: Row) -> bool:
    return _is_settled(row) and row["level"] == disputes.DisputeLevel.GRID


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _problems(asked: Period) -> Figures:
    found = asked.within("appeal", "opened_at")
    return Figures(asked, [row for row in found if row["kind"] == appeals.AppealKind.PROBLEM])


def _sites(asked: Period) -> Figures:
    return Figures(asked, [row for row in asked.here("premises") if row["kind"] == "CONSTRUCTION_SITE"])


def _unresolved(figures: Figures) -> int:
    ends = figures.period.ends
    return figures.count(
        lambda row: (row["closed_at"] is None or row["closed_at"] >= ends) and row["status"] not in GIVEN_UP
    )


def _settled(figures: Figures) -> int:
    return figures.count(_is_settled)


def _size(figures: Figures) -> int:
    return len(figures.rows)


_STATISTICS: dict[str, Callable[[Period], Figures]] = {
    "disputes": lambda asked: Figures(asked, asked.within("dispute", "opened_at")),
    "directLine": _problems,
    "visits": lambda asked: Figures(asked, asked.within("visit", "occurred_at")),
    "constructionSites": _sites,
}

_DISPUTES: dict[str, Callable[[Figures], Any]] = {
    "total": _size,
    "oral": lambda figures: figures.agreed(agreements_rules.AgreementForm.ORAL),
    "written": lambda figures: figures.agreed(agreements_rules.AgreementForm.WRITTEN),
    "settled": _settled,
    "pending": lambda figures: figures.count(_is_pending),
    "successRate": lambda figures: _share(_settled(figures), _size(figures)),
    "closedSuccessRate": lambda figures: _share(_settled(figures), _size(figures) - figures.count(_is_pending)),
    "settledInGrid": lambda figures: figures.count(_is_settled_in_grid),
    "settledInGridShare": lambda figures: _share(figures.count(_is_settled_in_grid), _settled(figures)),
    "byType": lambda figures: figures.by("type"),
    "byLevel": lambda figures: figures.by("level"),
}


def _group(key: str, labels: Mapping[Any, str]) -> dict[str, Callable[[Figures], Any]]:
    return {
        key: lambda figures: figures.common,
        "label": lambda figures: labels[figures.common],
        "count": _size,
        "settled": _settled,
        "unresolved": _unresolved,
    }


FIGURES: dict[str, Mapping[str, Callable[[Any], Any]]] = {
    "Statistics": _STATISTICS,
    "DisputeStatistics": _DISPUTES,
    "DisputeTypeCount": _group("type", disputes.TYPE_LABELS),
    "DisputeLevelCount": _group("level", disputes.LEVEL_LABELS),
    "DirectLineStatistics": {
        "problems": _size,
        "unresolved": _unresolved,
        "byCategory": lambda figures: figures.by("category"),
    },
    "CategoryCount": _group("category", appeals.CATEGORY_LABELS),
    "VisitStatistics": {
        "total": _size,
        "households": lambda figures: len({row["household_id"] for row in figures.rows}),
        "byMode": lambda figures: figures.by("mode"),
    },
    "VisitModeCount": _group("mode", visits.MODE_LABELS),
    "SiteStatistics": {
        "total": _size,
        "matters": lambda figures: len(figures.matters()),
        "openMatters": lambda figures: sum(1 for row in figures.matters() if _is_pending(row)),
    },
}
"""By type and field."""
