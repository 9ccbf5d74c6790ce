"""Statistics, counted one by one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from rules import agreements as agreements_rules
from rules import appeals, disputes, visits
from rules.vocabulary import Word
from tests.oracle import clocks
from tests.oracle.duties import PagedRows
from tests.oracle.paging import NEWEST, Order, case_order
from tests.oracle.rows import Refused, Row, read_id_of, shown
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

    @property
    def year_ends(self) -> datetime:
        """The midnight that ends the year of the last day."""
        return self._midnight(date(self.last.year + 1, 1, 1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone()).astimezone(UTC)

    def _zone(self) -> ZoneInfo:
        known = sorted(self.sight.rows("community"), key=lambda row: row["id"])
        zones = [row["time_zone"] for row in known if self.community in {None, row["id"]}]
        return ZoneInfo(zones[0] if zones else "Asia/Shanghai")

    def local_day(self, moment: datetime) -> date:
        """The day by the community's calendar."""
        return moment.astimezone(self._zone()).date()

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
    common: Any = None

    def by(self, key: Callable[[Row], Any]) -> list["Figures"]:
        """The largest group first, then by name; the nameless last."""
        sizes = Counter(key(row) for row in self.rows)
        ordered = sorted(sizes, key=lambda value: (-sizes[value], value is None, str(value)))
        return [Figures(self.period, [row for row in self.rows if key(row) == value], value) for value in ordered]

    def by_month(self) -> list["Figures"]:
        """The earliest month first."""
        found = self.by(lambda row: self.period.local_day(row["opened_at"]).replace(day=1))
        return sorted(found, key=lambda each: each.common)

    def that(self, test: "Test") -> list[Row]:
        """Those that meet a condition."""
        return [row for row in self.rows if test(self.period, row)]

    def matters(self) -> list[Row]:
        """The disputes of the period that one of these sites is party to."""
        sites = {row["id"] for row in self.rows}
        parties = self.period.sight.world["dispute_party"]
        cases = {party["dispute_id"] for party in parties if party["premises_id"] in sites}
        return [row for row in self.period.within("dispute", "opened_at") if row["id"] in cases]


Test: TypeAlias = Callable[[Period, Row], bool]


def read_days(between: Mapping[str, Any]) -> None:
    """Refuses a period that ends before it begins."""
    if between["endsOn"] < between["startsOn"]:
        raise Refused(between)


def period(sight: Sight, _: object, given: Mapping[str, Any]) -> Period:
    """The period asked for."""
    community = given.get("community")
    asked = None if community is None else read_id_of("community", community)
    return Period(sight, given["between"]["startsOn"], given["between"]["endsOn"], asked)


def _status(*statuses: Any) -> Test:
    return lambda _, row: row["status"] in statuses


def _closed(period: Period, row: Row) -> bool:
    return row["closed_at"] is not None and bool(row["closed_at"] < period.year_ends)


def _ended(*statuses: Any) -> Test:
    return lambda period, row: _closed(period, row) and row["status"] in statuses


def _agreements_of(period: Period, row: Row) -> list[Row]:
    return [each for each in period.sight.world["agreement"] if each["dispute_id"] == row["id"]]


def _form(form: agreements_rules.AgreementForm) -> Test:
    return lambda period, row: (
        _closed(period, row) and any(each["form"] == form for each in _agreements_of(period, row))
    )


def _kept(status: str) -> Test:
    """Without a follow-up since the end of the year."""

    def test(period: Period, row: Row) -> bool:
        own = {each["id"] for each in _agreements_of(period, row)}
        checks = [each for each in period.sight.world["performance_check"] if each["agreement_id"] in own]
        return _ended(status)(period, row) and all(each["recorded_at"] < period.year_ends for each in checks)

    return test


_DISPUTE_TESTS: dict[str, Test] = {
    "ALL": lambda _, __: True,
    "PENDING": lambda period, row: not _closed(period, row),
    "CLOSED": _closed,
    "MEDIATED": _status("MEDIATING", "AGREED", "PERFORMED", "BREACHED", "FAILED"),
    "SETTLED": _ended(*disputes.SETTLED),
    "ORAL": _form(agreements_rules.AgreementForm.ORAL),
    "WRITTEN": _form(agreements_rules.AgreementForm.WRITTEN),
    "SETTLED_IN_GRID": lambda period, row: _ended(*disputes.SETTLED)(period, row) and row["level"] == "GRID",
    "PERFORMED": _kept("PERFORMED"),
    "BREACHED": _kept("BREACHED"),
    "FAILED": _ended("FAILED"),
    "REFUSED": _ended("REFUSED"),
    "WITHDRAWN": _ended("WITHDRAWN"),
}


def _unresolved(period: Period, row: Row) -> bool:
    return (row["closed_at"] is None or row["closed_at"] >= period.ends) and row["status"] not in GIVEN_UP


def _responded_at(row: Row) -> Any:
    return row["accepted_at"] or row["rejected_at"] or row["closed_at"]


def _response_due(_: Period, row: Row) -> bool:
    waits = row["withdrawn_at"] is None and clocks.is_past(row, row["response_due_at"])
    return row["response_due_at"] is not None and (_responded_at(row) is not None or waits)


def _resolution_due(_: Period, row: Row) -> bool:
    if row["resolution_due_at"] is None or row["status"] in GIVEN_UP:
        return False
    return row["status"] == "CLOSED" or clocks.is_past(row, row["resolution_due_at"])


def _resolved_in_time(period: Period, row: Row) -> bool:
    if row["status"] != "CLOSED" or not _resolution_due(period, row):
        return False
    return bool((row["answered_at"] or row["closed_at"]) <= row["resolution_due_at"])


_APPEAL_TESTS: dict[str, Test] = {
    "ALL": lambda _, __: True,
    "UNRESOLVED": _unresolved,
    "OVERDUE": lambda period, row: clocks.is_overdue(period.sight, row),
    "RESPONSE_DUE": _response_due,
    "RESPONDED_IN_TIME": lambda period, row: (
        _response_due(period, row) and _responded_at(row) is not None and _responded_at(row) <= row["response_due_at"]
    ),
    "TO_RESOLVE": lambda _, row: row["status"] not in GIVEN_UP,
    "RESOLVED": lambda period, row: row["status"] == "CLOSED" and row["closed_at"] < period.year_ends,
    "RESOLUTION_DUE": _resolution_due,
    "RESOLVED_IN_TIME": _resolved_in_time,
    "RATED": lambda _, row: row["rating"] is not None,
    "SATISFIED": lambda _, row: row["rating"] in {4, 5},
}


def _count(test: Test) -> Callable[[Figures], int]:
    return lambda figures: len(figures.that(test))


def _share(over: Test, under: Test) -> Callable[[Figures], float | None]:
    def share(figures: Figures) -> float | None:
        whole = len(figures.that(under))
        return len(figures.that(over)) / whole if whole else None

    return share


def _rate(over: str, under: str) -> Callable[[Figures], Row]:
    def rate(figures: Figures) -> Row:
        numerator, denominator = (len(figures.that(_APPEAL_TESTS[name])) for name in (over, under))
        found = {"numerator": numerator, "denominator": denominator}
        return Row("rate", "Rate", {**found, "rate": numerator / denominator if denominator else None})

    return rate


def _dispute_share(over: str, under: str) -> Callable[[Figures], float | None]:
    return _share(_DISPUTE_TESTS[over], _DISPUTE_TESTS[under])


def came_in(asked: Period, kinds: Sequence[str]) -> Figures:
    """The appeals of these kinds."""
    found = asked.within("appeal", "opened_at")
    return Figures(asked, [row for row in found if row["kind"] in kinds])


def _direct_line(_: Sight, asked: Period, given: Mapping[str, Any]) -> Figures:
    kinds = given.get("kinds")
    return came_in(asked, [appeals.AppealKind.PROBLEM] if kinds is None else kinds)


def _sites(asked: Period) -> Figures:
    return Figures(asked, [row for row in asked.here("premises") if row["kind"] == "CONSTRUCTION_SITE"])


def _went(period: Period) -> list[Row]:
    """Visits and attempts, without those that were withdrawn."""
    return [row for row in period.within("visit", "occurred_at") if row["withdrawn_at"] is None]


def _patrolled(period: Period, site: Row) -> bool:
    visits = (each for each in period.sight.world["site_patrol"] if each["premises_id"] == site["id"])
    return any(period.starts <= each["patrolled_at"] < period.ends for each in visits)


def _size(figures: Figures) -> int:
    return len(figures.rows)


_STATISTICS: dict[str, Callable[[Period], Figures]] = {
    "disputes": lambda asked: Figures(asked, asked.within("dispute", "opened_at")),
    "visits": lambda asked: Figures(asked, [row for row in _went(asked) if not row["is_attempt"]]),
    "constructionSites": _sites,
}

_DISPUTES: dict[str, Callable[[Figures], Any]] = {
    "total": _size,
    **{name.lower(): _count(test) for name, test in _DISPUTE_TESTS.items()},
    "settledInGrid": _count(_DISPUTE_TESTS["SETTLED_IN_GRID"]),
    "mediationRate": _dispute_share("MEDIATED", "ALL"),
    "successRate": _dispute_share("SETTLED", "ALL"),
    "closedSuccessRate": _dispute_share("SETTLED", "CLOSED"),
    "settledInGridShare": _dispute_share("SETTLED_IN_GRID", "SETTLED"),
    "byType": lambda figures: figures.by(lambda row: row["type"]),
    "byLevel": lambda figures: figures.by(lambda row: row["level"]),
    "byOrigin": lambda figures: figures.by(lambda row: row["origin"]),
    "byMonth": Figures.by_month,
}

_APPEALS: dict[str, Callable[[Figures], Any]] = {
    "total": _size,
    "unresolved": _count(_unresolved),
    "overdue": _count(_APPEAL_TESTS["OVERDUE"]),
    "responseRate": _rate("RESPONDED_IN_TIME", "RESPONSE_DUE"),
    "resolutionRate": _rate("RESOLVED", "TO_RESOLVE"),
    "timelyResolutionRate": _rate("RESOLVED_IN_TIME", "RESOLUTION_DUE"),
    "satisfactionRate": _rate("SATISFIED", "RATED"),
    "byKind": lambda figures: figures.by(lambda row: row["kind"]),
    "byCategory": lambda figures: figures.by(lambda row: row["category"]),
    "byGrid": lambda figures: figures.by(lambda row: row["grid_id"]),
    "byOrganisation": lambda figures: figures.by(lambda row: row["organisation_id"]),
    "byMonth": Figures.by_month,
}


def _label(words: type[Word]) -> Callable[[Figures], str]:
    return lambda figures: words(figures.common).label


def _common(figures: Figures) -> Any:
    return shown(figures.common)


def _pointed(table: str) -> Callable[[Figures], Row | None]:
    return lambda figures: figures.period.sight.find(table, figures.common)


FIGURES: dict[str, Mapping[str, Callable[[Any], Any]]] = {
    "Statistics": _STATISTICS,
    "DisputeStatistics": _DISPUTES,
    "DisputeTypeFigures": {**_DISPUTES, "type": _common, "label": _label(disputes.DisputeType)},
    "DisputeLevelFigures": {**_DISPUTES, "level": _common, "label": _label(disputes.DisputeLevel)},
    "DisputeOriginFigures": {**_DISPUTES, "origin": _common, "label": _label(disputes.DisputeOrigin)},
    "DisputeMonthFigures": {**_DISPUTES, "startsOn": _common},
    "DirectLineStatistics": _APPEALS,
    "AppealKindFigures": {**_APPEALS, "kind": _common, "label": _label(appeals.AppealKind)},
    "AppealCategoryFigures": {**_APPEALS, "category": _common, "label": _label(appeals.AppealCategory)},
    "AppealGridFigures": {**_APPEALS, "grid": _pointed("grid"), "estate": _pointed("estate")},
    "AppealOrganisationFigures": {**_APPEALS, "organisation": _pointed("organisation")},
    "AppealMonthFigures": {**_APPEALS, "startsOn": _common},
    "VisitStatistics": {
        "total": _size,
        "attempts": lambda figures: sum(row["is_attempt"] for row in _went(figures.period)),
        "households": lambda figures: len({row["household_id"] for row in figures.rows} - {None}),
        "premises": lambda figures: len({row["premises_id"] for row in figures.rows} - {None}),
        "byMode": lambda figures: figures.by(lambda row: row["mode"]),
    },
    "VisitModeCount": {"mode": _common, "label": _label(visits.VisitMode), "count": _size},
    "SiteStatistics": {
        "total": _size,
        "patrolled": lambda figures: len(figures.that(_patrolled)),
        "matters": lambda figures: len(figures.matters()),
        "openMatters": lambda figures: sum(1 for row in figures.matters() if row["status"] in disputes.PENDING),
    },
}
"""By type and field."""


@dataclass(frozen=True, slots=True)
class CasesBehind(PagedRows):
    """The cases behind a number."""

    def order_for(self, given: Mapping[str, Any]) -> Order:
        """The order that is asked for."""
        return case_order(self.table, given, self.order)


def _behind(table: str, tests: Mapping[str, Test]) -> CasesBehind:
    def rows(_: Sight, figures: Figures, given: Mapping[str, Any]) -> list[Row]:
        return figures.that(tests[given.get("of") or "ALL"])

    return CasesBehind(NEWEST, rows, table)


FIGURE_PAGES = {
    (name, "cases"): _behind("appeal", _APPEAL_TESTS) if "unresolved" in fields else _behind("dispute", _DISPUTE_TESTS)
    for name, fields in FIGURES.items()
    if "byMonth" in fields
}
FIGURE_PAGES["SiteStatistics", "cases"] = CasesBehind(NEWEST, lambda _, figures, __: figures.matters(), "dispute")
DIRECT_LINE = {("Statistics", "directLine"): _direct_line}
