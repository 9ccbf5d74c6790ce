"""The weekly analysis, counted one by one."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from rules import appeals, cases, disputes, people, week
from rules.access import Role
from rules.duty import DutyState
from rules.refusals import Refusal
from tests.oracle.duties import BY_DAY, PagedRows, judged
from tests.oracle.paging import BY_NAME_KEY, LATEST, NEWEST, OLDEST, WALK, Order
from tests.oracle.rows import Refused, Row, label, read_id_of
from tests.oracle.sight import Sight
from tests.reference import week_of

Given: TypeAlias = Mapping[str, Any]
Cases: TypeAlias = Callable[[Sight, Row], list[Row]]
GIVEN_UP = {appeals.AppealStatus.REJECTED, appeals.AppealStatus.WITHDRAWN}
DAY = timedelta(days=1)


def read_week(given: Given) -> date | None:
    """The Monday that is asked for, if one is."""
    if given.get("community") is not None:
        read_id_of("community", given["community"])
    if given.get("week") is None:
        return None
    try:
        return week.first_day_of(given["week"], datetime.now(UTC))
    except Refusal:
        raise Refused(given) from None


def read_days(given: Given) -> int | None:
    """For how long a case must have been open, if that is asked."""
    days: int | None = given.get("days")
    if days is not None and not 1 <= days <= week.MOST_DAYS_OPEN:
        raise Refused(given)
    return days


def _asked(sight: Sight, _: Any, given: Given) -> Row | None:
    wanted = None if given.get("community") is None else read_id_of("community", given["community"])
    known = sorted(sight.rows("community"), key=lambda row: (row["name"], row["id"]))
    community = next((row for row in known if wanted in {None, row["id"]}), None)
    if community is None:
        return None
    today = datetime.now(UTC).astimezone(ZoneInfo(community["time_zone"])).date()
    return _week(community, read_week(given) or today - today.weekday() * DAY)


def _week(community: Row, monday: date) -> Row:
    zone = ZoneInfo(community["time_zone"])

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    values = {
        "week": week_of(monday),
        "community_id": community["id"],
        "zone": zone,
        "first_day": monday,
        "last_day": monday + 6 * DAY,
        "starts_at": midnight(monday),
        "ends_at": midnight(monday + 7 * DAY),
        "before_at": midnight(monday - 7 * DAY),
        "recent_at": midnight(monday - 28 * DAY),
        "as_of": min(midnight(monday + 7 * DAY), datetime.now(UTC)),
    }
    return Row("week", "WeeklyAnalysis", values)


def _previous(sight: Sight, row: Row, _: Given) -> Row:
    community = sight.find("community", row["community_id"])
    assert community is not None
    return _week(community, row["first_day"] - 7 * DAY)


def _within(row: Row, at: datetime | None, *, since: str = "starts_at", until: str = "ends_at") -> bool:
    return at is not None and row[since] <= at < row[until]


def _here(sight: Sight, row: Row, table: str) -> list[Row]:
    grids = {each["id"] for each in sight.world["area"] if each["community_id"] == row["community_id"]}
    return [each for each in sight.rows(table) if each["grid_id"] in grids]


def _reached_at(sight: Sight, dispute: Row) -> datetime | None:
    agreements = sight.world["agreement"]
    return next((each["reached_at"] for each in agreements if each["dispute_id"] == dispute["id"]), None)


def _went(sight: Sight, row: Row) -> list[Row]:
    """Visits and attempts of the week, without those that were withdrawn."""
    visits = (each for each in _here(sight, row, "visit") if _within(row, each["occurred_at"]))
    return [each for each in visits if each["withdrawn_at"] is None]


def _visits(sight: Sight, row: Row) -> list[Row]:
    return [each for each in _went(sight, row) if not each["is_attempt"]]


def _attempts(sight: Sight, row: Row) -> list[Row]:
    return [each for each in _went(sight, row) if each["is_attempt"] and _by_worker(row, each, "worker_id")]


def _recorded_later(sight: Sight, row: Row) -> list[Row]:
    return [each for each in _visits(sight, row) if each["recorded_at"] >= row["ends_at"]]


def _visited(table: str) -> Cases:
    def places(sight: Sight, row: Row) -> list[Row]:
        seen = {each[f"{table}_id"] for each in _visits(sight, row) if _by_worker(row, each, "worker_id")}
        return [each for each in sight.rows(table) if each["id"] in seen]

    return places


def _by_worker(row: Row, case: Row, actor: str) -> bool:
    return "account_id" not in row or case[actor] == row["account_id"]


def _cases(table: str, ended: str | None, key: str | None = None, actor: str = "", *, before: bool = False) -> Cases:
    """Cases opened in the week, or those that ended in it; of the row's key or worker, if it has one."""
    span = {"since": "before_at", "until": "starts_at"} if before else {}

    def cases(sight: Sight, row: Row) -> list[Row]:
        return [
            case
            for case in _here(sight, row, table)
            if _within(row, _moment(sight, case, ended), **span)
            and (key is None or case[key] == row[key])
            and (not actor or _by_worker(row, case, actor))
        ]

    return cases


def _moment(sight: Sight, case: Row, ended: str | None) -> datetime | None:
    moment: datetime | None = _reached_at(sight, case) if ended == "agreed" else case[ended or "opened_at"]
    return moment


def _had_ended(sight: Sight, row: Row, case: Row) -> bool:
    if case.table == "appeal":
        return case["status"] in GIVEN_UP
    reached_at = _reached_at(sight, case)
    return reached_at is not None and bool(reached_at < row["as_of"])


def _dragging(table: str, days: int) -> PagedRows:
    def cases(sight: Sight, row: Row, given: Given) -> list[Row]:
        since = row["as_of"] - (read_days(given) or days) * DAY
        return [
            case
            for case in _here(sight, row, table)
            if case["opened_at"] < since
            and (case["closed_at"] is None or case["closed_at"] >= row["as_of"])
            and not _had_ended(sight, row, case)
        ]

    return PagedRows(OLDEST, cases, table)


def _duties(*states: DutyState) -> Cases:
    def duties(sight: Sight, row: Row) -> list[Row]:
        grids = {each["id"] for each in sight.world["grid"] if each["community_id"] == row["community_id"]}
        return [
            duty
            for duty in judged(sight, (row["first_day"], row["last_day"]))
            if duty["state"] in states and duty["colour"] == row["colour"] and duty["grid_id"] in grids
        ]

    return duties


def _groups(type_name: str, table: str, key: str, ended: str) -> Callable[[Sight, Row, Given], list[Row]]:
    def groups(sight: Sight, row: Row, _: Given) -> list[Row]:
        cases = [each for each in _here(sight, row, table) if each[key] is not None]
        found = {
            each[key]
            for each in cases
            if _within(row, each["opened_at"], since="before_at")
            or _within(row, _moment(sight, each, ended), since="before_at")
        }
        rows = [_group(type_name, row, key, [each for each in cases if each[key] == value]) for value in found]
        return sorted(rows, key=lambda each: (-each["size"], each[key]))

    return groups


def _group(type_name: str, row: Row, key: str, cases: list[Row]) -> Row:
    size = sum(_within(row, each["opened_at"]) for each in cases)
    known = any(_within(row, each["opened_at"], since="recent_at", until="starts_at") for each in cases)
    more = {key: cases[0][key], "size": size, "is_new": size > 0 and not known}
    return Row(type_name, type_name, {**row.values, **more})


def _levels(_: Sight, row: Row, __: Given) -> list[Row]:
    return [Row("level", "WeekLevelFigures", {**row.values, "level": level}) for level in cases.HandlingLevel]


def _colours(sight: Sight, row: Row, _: Given) -> list[Row]:
    held = {
        each["colour"]
        for each in sight.rows("visit_policy")
        if each["community_id"] == row["community_id"]
        and each["period"] is not None
        and each["starts_on"] <= row["last_day"]
        and (each["ends_on"] is None or each["ends_on"] > row["first_day"])
    }
    return [Row("colour", "WeekDutyFigures", {**row.values, "colour": colour}) for colour in sorted(held)]


_SOLVED = _cases("appeal", "closed_at", actor="handled_by")
_COLLECTED = _cases("dispute", None, actor="registered_by")


def _workers(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = []
    for account in sight.rows("account"):
        mine = Row("worker", "WeekWorkerFigures", {**row.values, "account_id": account["id"]})
        grids = [grid["name"] for grid in _grids(sight, mine, {})]
        does = account["role"] == Role.GRID_WORKER and grids
        did = _went_out(sight, mine) or _COLLECTED(sight, mine) or _SOLVED(sight, mine)
        if does or (did and account["role"] != Role.BUILDING_HEAD):
            found.append((min(grids, default="\U0010ffff"), account["username"], mine))
    return [mine for *_, mine in sorted(found, key=lambda each: each[:2])]


def _went_out(sight: Sight, row: Row) -> bool:
    return any(_by_worker(row, each, "worker_id") for each in _went(sight, row))


def _grids(sight: Sight, row: Row, _: Given) -> list[Row]:
    held = {
        post["grid_id"]
        for post in sight.world["assignment"]
        if post["account_id"] == row["account_id"]
        and post["starts_on"] <= row["last_day"]
        and (post["ends_on"] is None or post["ends_on"] >= max(row["first_day"], post["starts_on"]))
    }
    own = (each for each in sight.rows("grid") if each["community_id"] == row["community_id"])
    return sorted(
        (each for each in own if each["id"] in held & sight.grids), key=lambda each: (each["name"], each["id"])
    )


def _days(_: Sight, row: Row, __: Given) -> list[Row]:
    def day(number: int) -> Row:
        on = row["first_day"] + number * DAY
        starts, ends = (
            datetime.combine(each, time(), row["zone"]).astimezone(UTC) for each in (on, on + timedelta(days=1))
        )
        return Row("log", "DailyLog", {**row.values, "day": on, "starts_at": starts, "ends_at": ends})

    return [day(number) for number in range(7)]


def _pages(type_name: str, table: str, order: Order, **fields: Cases) -> dict[tuple[str, str], PagedRows]:
    return {(type_name, name): PagedRows(order, _given_nothing(rows), table) for name, rows in fields.items()}


def _given_nothing(cases: Cases) -> Callable[[Sight, Row, Given], list[Row]]:
    return lambda sight, row, _: cases(sight, row)


def _appeals_by(type_name: str, key: str) -> dict[tuple[str, str], PagedRows]:
    fields = {
        "opened": _cases("appeal", None, key),
        "openedBefore": _cases("appeal", None, key, before=True),
        "solved": _cases("appeal", "closed_at", key),
        "solvedBefore": _cases("appeal", "closed_at", key, before=True),
    }
    return _pages(type_name, "appeal", NEWEST, **fields)


_WORKED = {
    field: paged
    for type_name in ("DailyLog", "WeekWorkerFigures")
    for field, paged in {
        **_pages(type_name, "household", WALK, householdsVisited=_visited("household")),
        **_pages(type_name, "premises", BY_NAME_KEY, premisesVisited=_visited("premises")),
        **_pages(type_name, "visit", LATEST, attempts=_attempts),
        **_pages(type_name, "dispute", NEWEST, disputesCollected=_COLLECTED),
        **_pages(type_name, "appeal", NEWEST, problemsSolved=_SOLVED),
    }.items()
}
_OWED = [state for state in DutyState if state is not DutyState.PAUSED]
WEEK_PAGES = {
    **_pages(
        "WeeklyAnalysis", "visit", LATEST, visits=_visits, attempts=_attempts, visitsRecordedLater=_recorded_later
    ),
    **_pages("WeeklyAnalysis", "household", WALK, householdsVisited=_visited("household")),
    **_pages("WeeklyAnalysis", "premises", BY_NAME_KEY, premisesVisited=_visited("premises")),
    **_pages(
        "WeeklyAnalysis",
        "appeal",
        NEWEST,
        appealsOpened=_cases("appeal", None),
        problemsSolved=_cases("appeal", "closed_at"),
    ),
    **_pages(
        "WeeklyAnalysis",
        "dispute",
        NEWEST,
        disputesOpened=_cases("dispute", None),
        disputesSettled=_cases("dispute", "agreed"),
    ),
    ("WeeklyAnalysis", "draggingAppeals"): _dragging("appeal", week.APPEAL_DRAGS),
    ("WeeklyAnalysis", "draggingDisputes"): _dragging("dispute", week.DISPUTE_DRAGS),
    **_appeals_by("WeekCategoryFigures", "category"),
    **_appeals_by("WeekKindFigures", "kind"),
    **_appeals_by("WeekBuildingFigures", "building_id"),
    **_pages(
        "WeekDisputeTypeFigures",
        "dispute",
        NEWEST,
        opened=_cases("dispute", None, "type"),
        openedBefore=_cases("dispute", None, "type", before=True),
        settled=_cases("dispute", "agreed", "type"),
        settledBefore=_cases("dispute", "agreed", "type", before=True),
    ),
    **_pages(
        "WeekLevelFigures",
        "appeal",
        NEWEST,
        appeals=_cases("appeal", "closed_at", "level"),
        appealsBefore=_cases("appeal", "closed_at", "level", before=True),
    ),
    **_pages(
        "WeekLevelFigures",
        "dispute",
        NEWEST,
        disputes=_cases("dispute", "agreed", "level"),
        disputesBefore=_cases("dispute", "agreed", "level", before=True),
    ),
    **_WORKED,
    **_pages(
        "WeekDutyFigures",
        "duty",
        BY_DAY,
        owed=_duties(*_OWED),
        **{state.lower(): _duties(state) for state in DutyState},
    ),
}
WEEKS: dict[tuple[str, str], Any] = {
    ("Query", "weeklyAnalysis"): _asked,
    ("WeeklyAnalysis", "previous"): _previous,
    ("WeeklyAnalysis", "byCategory"): _groups("WeekCategoryFigures", "appeal", "category", "closed_at"),
    ("WeeklyAnalysis", "byKind"): _groups("WeekKindFigures", "appeal", "kind", "closed_at"),
    ("WeeklyAnalysis", "byBuilding"): _groups("WeekBuildingFigures", "appeal", "building_id", "closed_at"),
    ("WeeklyAnalysis", "byDisputeType"): _groups("WeekDisputeTypeFigures", "dispute", "type", "agreed"),
    ("WeeklyAnalysis", "byLevel"): _levels,
    ("WeeklyAnalysis", "workers"): _workers,
    ("WeeklyAnalysis", "duty"): _colours,
    ("WeekWorkerFigures", "worker"): lambda sight, row, _: sight.find("account", row["account_id"]),
    ("WeekWorkerFigures", "grids"): _grids,
    ("WeekWorkerFigures", "days"): _days,
    ("WeekCategoryFigures", "label"): lambda _, row, __: label(appeals.AppealCategory, row["category"]),
    ("WeekKindFigures", "label"): lambda _, row, __: label(appeals.AppealKind, row["kind"]),
    ("WeekDisputeTypeFigures", "label"): lambda _, row, __: label(disputes.DisputeType, row["type"]),
    ("WeekLevelFigures", "label"): lambda _, row, __: label(cases.HandlingLevel, row["level"]),
    ("WeekDutyFigures", "colourLabel"): lambda _, row, __: label(people.Colour, row["colour"]),
}
"""By type and field."""
