"""Counts, one row after another."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from rules.access import WORKERS, Role
from rules.alerts import status_of
from tests.oracle.paging import Page
from tests.oracle.rows import Refused, Row, read_id_of, shown
from tests.oracle.sight import Sight

MOST_DIMENSIONS, MOST_GROUPS = 3, 1_000
PERIODS = ("DAY", "WEEK", "MONTH")
_OUTSIDE = {Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE, Role.CENTRE_MEDIATOR}
_READERS: Mapping[str, set[Role]] = {
    "Appeal": {*WORKERS, Role.BUILDING_HEAD, Role.PARTNER},
    "Incident": {*WORKERS, Role.PARTNER},
    "Dispute": {*WORKERS, *_OUTSIDE},
    "Visit": {*WORKERS},
    "HelpCall": {*WORKERS},
    "Wish": {*WORKERS, Role.BUILDING_HEAD},
    "Alert": {*WORKERS, Role.BUILDING_HEAD},
    "Resident": {*WORKERS, Role.BUILDING_HEAD},
    "Household": {*WORKERS, Role.BUILDING_HEAD, Role.ADMIN},
}
_MOMENTS = {
    "Appeal": ("opened_at", "openedBetween"),
    "Dispute": ("opened_at", "openedBetween"),
    "Visit": ("occurred_at", "occurredBetween"),
    "Wish": ("proposed_at", "openedBetween"),
    "Alert": ("raised_at", "raisedBetween"),
    "HelpCall": ("raised_at", "raisedBetween"),
    "Incident": ("made_at", "openedBetween"),
}
_OBJECTS = {
    "GRID": ("grid", "grid_id"),
    "BUILDING": ("building", "building_id"),
    "ORGANISATION": ("organisation", "organisation_id"),
    "MEDIATOR": ("account", "mediator_id"),
}
_WORKERS = {"Appeal": "handled_by", "Visit": "worker_id", "HelpCall": "raised_by"}
_AGES = {6: "UNDER_6", 18: "FROM_6", 35: "FROM_18", 60: "FROM_35", 70: "FROM_60", 80: "FROM_70"}

Key: TypeAlias = Callable[[Sight, Row], Sequence[Any]]
"""The values of a row for a dimension, mostly one."""


class TooManyGroups(Refused):
    """There are more groups than are counted, which only the rows show."""


@dataclass(frozen=True)
class Group:
    """Rows with the same keys."""

    noun: str
    keys: Mapping[str, Any]
    count: int

    def value(self, sight: Sight, name: str) -> Any:
        """The value of a field."""
        if name == "count":
            return self.count
        dimension = "".join(f"_{each}" if each.isupper() else each for each in name).upper()
        key = self.keys.get(dimension)
        if dimension == "WORKER":
            return sight.find("account", key)
        if dimension in _OBJECTS:
            return sight.find(_OBJECTS[dimension][0], key)
        return shown(key)


def counted(sight: Sight, page: Page, connection: str, dimensions: Sequence[str]) -> list[Group]:
    """The groups of the rows of a page and of all others that match."""
    noun = connection.removesuffix("Connection")
    by = list(dict.fromkeys(dimensions))
    if sight.viewer.role not in _READERS[noun] or ("COLOUR" in by and sight.viewer.role not in WORKERS):
        return []
    periods, keys = [each for each in by if each in PERIODS], [each for each in by if each not in PERIODS]
    where = page.given.get("where") or {}
    places = [*_places(sight, page, noun, periods, where)] if periods else [()]
    order = {place: number for number, place in enumerate(places)}
    counts: Counter[tuple[Any, ...]] = Counter()
    for row in page.matching:
        place = _names(_day(sight, where, row[_MOMENTS[noun][0]]), periods) if periods else ()
        for values in product(*(_key(noun, each)(sight, row) for each in keys)):
            counts[place, values] += 1
    if periods:
        series = {values for _, values in counts} if keys else {()}
        counts.update(dict.fromkeys(product(places, series), 0))
    if len(counts) > MOST_GROUPS:
        raise TooManyGroups(by)

    def rank(found: tuple[Any, ...]) -> Any:
        place, values = found
        return order[place], -counts[found], [(value is None, _text(value)) for value in values]

    return [
        Group(noun, dict(zip((*periods, *keys), (*place, *values), strict=True)), counts[place, values])
        for place, values in sorted(counts, key=rank)
    ]


def check_dimensions(dimensions: Sequence[str]) -> None:
    """Refuses none and more than three."""
    if not 1 <= len(set(dimensions)) <= MOST_DIMENSIONS:
        raise Refused(dimensions)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _zone(sight: Sight, where: Mapping[str, Any]) -> ZoneInfo:
    wanted = where.get("community")
    known = sorted(sight.rows("community"), key=lambda row: row["id"])
    zones = [row["time_zone"] for row in known if wanted is None or row["id"] == read_id_of("community", wanted)]
    return ZoneInfo(zones[0] if zones else "Asia/Shanghai")


def _day(sight: Sight, where: Mapping[str, Any], moment: datetime) -> date:
    return moment.astimezone(_zone(sight, where)).date()


def _names(day: date, periods: Sequence[str]) -> tuple[date, ...]:
    starts = {"DAY": day, "WEEK": day - timedelta(day.weekday()), "MONTH": day.replace(day=1)}
    return tuple(starts[each] for each in periods)


def _places(
    sight: Sight, page: Page, noun: str, periods: Sequence[str], where: Mapping[str, Any]
) -> Iterator[tuple[date, ...]]:
    """The periods of the filter; where it is open, from the first to the last row."""
    moment, span = _MOMENTS[noun]
    given = where.get(span) or {}
    moments = [row[moment] for row in page.matching]
    since = given.get("startsAt") or min(moments, default=None)
    until = given["endsAt"] - timedelta(microseconds=1) if given.get("endsAt") else max(moments, default=None)
    if since is None or until is None:
        return
    day, last, latest = _day(sight, where, since), _day(sight, where, until), None
    while day <= last:
        names = _names(day, periods)
        if names != latest:
            yield names
        day, latest = day + timedelta(1), names


def _key(noun: str, dimension: str) -> Key:
    special = _SPECIAL.get((noun, dimension))
    if special:
        return special
    column = _WORKERS[noun] if dimension == "WORKER" else _OBJECTS.get(dimension, ("", dimension.lower()))[1]
    return lambda _, row: [row[column]]


def _colours(sight: Sight, row: Row) -> list[Any]:
    own = (each for each in sight.world["resident_colour"] if each["resident_id"] == row["id"])
    return [each["colour"] for each in own if each["removed_at"] is None] or [None]


def _age(sight: Sight, row: Row) -> list[Any]:
    today, born = datetime.now(UTC).astimezone(_zone(sight, {})).date(), row["born_on"]
    if born is None:
        return [None]
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if (born.month, born.day, today.month, today.day) == (2, 29, 2, 28) and date(today.year, 3, 1) - today == timedelta(
        1
    ):
        years += 1
    return [next((band for until, band in _AGES.items() if years < until), "FROM_80")]


_SPECIAL: Mapping[tuple[str, str], Key] = {
    ("Visit", "ATTEMPT"): lambda _, row: [row["is_attempt"]],
    ("Alert", "STATUS"): lambda _, row: [status_of(row["acknowledged_at"], row["ended_at"])],
    ("Resident", "AGE_BAND"): _age,
    ("Resident", "COLOUR"): _colours,
}
