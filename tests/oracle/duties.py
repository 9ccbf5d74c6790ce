"""Duties as the slow reference tells them, for queries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rules.access import Role
from rules.disputes import DisputeStatus
from rules.duty import MOST_DAYS, RESIDENT_COLOURS, DutyState, Period
from rules.people import Colour
from tests.duties import DAY, Duty, Held, Home, Pause, Policy, Village, Visit, expected
from tests.oracle.filters import keeps
from tests.oracle.paging import Order, Page
from tests.oracle.rows import Refused, Row, read_id_of, shown
from tests.oracle.sight import Sight

_WALK = ("walk_key", "key")
BY_DAY = Order(("judged_on", *_WALK))
MY_DAY = Order(("urgency", "owed_since", *_WALK))
ROUND = Order(_WALK)


def read_between(between: Mapping[str, date]) -> tuple[date, date]:
    """The first and the last day, if there are not too many."""
    if not 0 <= (between["endsOn"] - between["startsOn"]).days < MOST_DAYS:
        raise Refused(between)
    return between["startsOn"], between["endsOn"]


@cache
def _villages(sight: Sight) -> list[Village]:
    """Every community with its people; made once for each viewer."""
    grids_of: dict[UUID, set[UUID]] = {}
    for row in sight.world["grid"]:
        grids_of.setdefault(row["community_id"], set()).add(row["id"])
    return [_village(sight, each, grids_of[each["id"]]) for each in sight.world["community"]]


def _village(sight: Sight, community: Row, grids: set[UUID]) -> Village:
    def inside(row: Row) -> bool:
        return row["grid_id"] in grids

    world = sight.world
    village = Village(community["id"], community["time_zone"], [])
    own = (row for row in world["visit_policy"] if row["community_id"] == community["id"])
    village.policies = [
        Policy(
            Colour(row["colour"]),
            row["period"] and Period(row["period"]),
            tuple(row["modes"]),
            row["grace_days"],
            row["starts_on"],
            row["ends_on"],
        )
        for row in own
    ]
    for row in filter(inside, world["residency"]):
        stay = Home(row["household_id"], row["moved_in_on"], row["moved_out_on"])
        village.homes.setdefault(row["resident_id"], []).append(stay)
    for row in world["resident_colour"]:
        if row["resident_id"] in village.homes:
            held = Held(Colour(row["colour"]), row["set_at"], row["removed_at"])
            village.colours.setdefault(row["resident_id"], []).append(held)
    village.visits = [_visit(sight, row) for row in filter(inside, world["visit"])]
    village.pauses = [
        Pause(row["id"], row["household_id"], row["resident_id"], row["starts_on"], row["ends_on"])
        for row in world["duty_pause"]
    ]
    return village


def _visit(sight: Sight, row: Row) -> Visit:
    reached = tuple(each["resident_id"] for each in sight.world["visit_resident"] if each["visit_id"] == row["id"])
    return Visit(row["id"], row["household_id"], row["mode"], row["occurred_at"], reached)


def _row(sight: Sight, village: Village, duty: Duty) -> Row:
    home = sight.anyhow("household", duty.target.household)
    assert home is not None
    building = sight.anyhow("building", home["building_id"])
    assert building is not None
    values = {
        "key": duty.key,
        "colour": duty.policy.colour,
        "period": duty.policy.period,
        "starts_on": duty.first_day,
        "ends_on": duty.last_day,
        "judged_on": duty.judged_on,
        "ends_at": shown(village.midnight(duty.last_day + DAY)),
        "state": duty.state,
        "owed_since": duty.missed_since,
        "urgency": int(duty.policy.colour not in RESIDENT_COLOURS),
        "visit_id": duty.visit,
        "pause_id": duty.pause,
        "household_id": home["id"],
        "resident_id": duty.target.resident,
        "grid_id": home["grid_id"],
        "building_id": building["id"],
    }
    return Row("duty", "VisitDuty", values | {name: home[name] for name in ("unit", "walk_key")})


def judged(sight: Sight, days: tuple[date, date] | None) -> list[Row]:
    """The duties of the days, or of today, in the viewer's grids."""
    now = datetime.now(UTC)
    found = []
    for village in _villages(sight):
        first, last = days or (village.day(now), village.day(now))
        found += [_row(sight, village, duty) for duty in expected(village, first, last, now)]
    return [row for row in found if row["grid_id"] in sight.grids]


@dataclass(frozen=True, slots=True)
class PagedRows:
    """A connection of rows that no table holds."""

    order: Order
    rows: Callable[[Sight, Any, Mapping[str, Any]], list[Row]]
    table: str = "duty"

    def order_for(self, _: Mapping[str, Any]) -> Order:
        """There is one."""
        return self.order

    def __call__(self, sight: Sight, row: Any, given: Mapping[str, Any]) -> Page:
        found = [each for each in self.rows(sight, row, given) if keeps(sight, each, given.get("where"))]
        return Page(found, self.order_for(given), dict(given))


def _duties(sight: Sight, _: Any, given: Mapping[str, Any]) -> list[Row]:
    return judged(sight, read_between(given["between"]))


def _my_day(sight: Sight, _: Any, __: Any) -> list[Row]:
    mine = own_round(sight)
    return [row for row in judged(sight, None) if row["state"] == DutyState.DUE and row["grid_id"] in mine]


def own_round(sight: Sight) -> set[UUID]:
    """The viewer's grids without those that somebody else walks today."""
    if sight.viewer.role is not Role.GRID_WORKER:
        return sight.grids
    taken = {
        post["grid_id"]
        for post in sight.world["assignment"]
        if post["stands_in_for"] == sight.viewer.account_id and sight.is_current(post)
    }
    return {post["grid_id"] for post in sight.posts} - taken


def _compliance(sight: Sight, _: Any, given: Mapping[str, Any]) -> list[Row]:
    rows = judged(sight, read_between(given["between"]))
    if given.get("grid") is not None:
        grid = read_id_of("grid", given["grid"])
        rows = [row for row in rows if row["grid_id"] == grid]
    colours = sorted({row["colour"] for row in rows})
    return [_counted(colour, [row["state"] for row in rows if row["colour"] == colour]) for colour in colours]


def _counted(colour: str, states: list[DutyState]) -> Row:
    counts = {state.lower(): states.count(state) for state in DutyState}
    ended = counts["done"] + counts["late"] + counts["missed"]
    owed = len(states) - counts["paused"]
    share = counts["done"] / ended if ended else None
    return Row("compliance", "DutyCompliance", counts | {"colour": colour, "owed": owed, "done_share": share})


def _at_the_door(sight: Sight, row: Row, _: Any) -> list[Row]:
    rows = [each for each in judged(sight, None) if each["household_id"] == row["id"]]
    return sorted(rows, key=lambda each: (each["urgency"], each["key"]))


def _on_the_staircase(sight: Sight, row: Row, _: Any) -> list[Row]:
    return [
        each
        for each in judged(sight, None)
        if each["state"] == DutyState.DUE
        and (each["building_id"], each["unit"]) == (row["building_id"], row["unit"])
        and each["household_id"] != row["id"]
    ]


def _to_check(sight: Sight, row: Row, _: Any) -> list[Row]:
    here = {each["id"] for each in sight.world["resident"] if each["household_id"] == row["id"]}
    theirs = {
        party["dispute_id"]
        for party in sight.world["dispute_party"]
        if party["household_id"] == row["id"] or party["resident_id"] in here
    }
    agreed = {each["id"] for each in sight.world["dispute"] if each["status"] == DisputeStatus.AGREED}
    found = [each for each in sight.rows("agreement") if each["dispute_id"] in theirs & agreed]
    return sorted(found, key=lambda each: (each["due_on"] or date.max, each["id"]))


def _pauses(sight: Sight, row: Row, _: Any) -> list[Row]:
    yesterday = date.fromordinal(datetime.now(UTC).date().toordinal() - 1)
    found = [
        each
        for each in sight.rows("duty_pause")
        if each["household_id"] == row["id"] and each["ends_on"] >= max(yesterday, each["starts_on"])
    ]
    return sorted(found, key=lambda each: (each["starts_on"], each["id"]))


def _attempts_today(sight: Sight, row: Row, _: Any) -> list[Row]:
    grid = sight.anyhow("grid", row["grid_id"])
    community = grid and sight.anyhow("community", grid["community_id"])
    assert community is not None
    today = datetime.combine(sight.today(community["id"]), time(), ZoneInfo(community["time_zone"]))
    found = [
        each
        for each in sight.rows("visit")
        if each["household_id"] == row["id"]
        and each["is_attempt"]
        and each["withdrawn_at"] is None
        and each["occurred_at"] >= today
    ]
    return sorted(found, key=lambda each: (each["occurred_at"], each["id"]))


def _missed_since(_: Sight, row: Row, __: Any) -> str | None:
    return None if row["owed_since"] == row["starts_on"] else row["owed_since"].isoformat()


def _policies(sight: Sight, _: Any, __: Any) -> list[Row]:
    return sorted(
        sight.rows("visit_policy"), key=lambda row: (row["community_id"], row["colour"], row["starts_on"], row["id"])
    )


DUTY_PAGES = {
    ("Query", "myDay"): PagedRows(MY_DAY, _my_day),
    ("Query", "duties"): PagedRows(BY_DAY, _duties),
    ("DoorstepSummary", "neighboursDue"): PagedRows(ROUND, _on_the_staircase),
}
DUTIES: dict[tuple[str, str], Any] = {
    ("Query", "compliance"): _compliance,
    ("Query", "visitPolicies"): _policies,
    ("Query", "doorstep"): lambda sight, _, given: sight.find("household", read_id_of("household", given["household"])),
    ("VisitDuty", "dueAt"): lambda _, row, __: row["ends_at"],
    ("VisitDuty", "firstMissedOn"): _missed_since,
    ("DoorstepSummary", "household"): lambda _, row, __: row,
    ("DoorstepSummary", "duties"): _at_the_door,
    ("DoorstepSummary", "agreementsToCheck"): _to_check,
    ("DoorstepSummary", "pauses"): _pauses,
    ("DoorstepSummary", "attemptsToday"): _attempts_today,
}
"""By type and field."""
