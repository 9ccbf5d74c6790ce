"""Deadlines, allowed moves and incidents, worked out row by row."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rules import appeal_moves, appeals
from rules.appeals import AppealLevel, AppealStatus
from rules.clocks import OF_APPEALS, RUNNING, Clock
from tests import reference
from tests.oracle.rows import Row, label, shown
from tests.oracle.sight import Sight

_WEEK = timedelta(days=7)


def _now() -> datetime:
    return datetime.now(UTC)


def _minutes(policy: Row, clock: Clock) -> int:
    found: int = policy["response_minutes" if clock is Clock.RESPONSE else "resolution_minutes"]
    return found


def _due(row: Row, clock: Clock) -> Any:
    return row["response_due_at" if clock is Clock.RESPONSE else "resolution_due_at"]


def _met(row: Row, clock: Clock) -> Any:
    ended = row["rejected_at"] or row["withdrawn_at"]
    if clock is Clock.RESPONSE:
        return row["accepted_at"] or ended or row["closed_at"]
    if ended or row["status"] not in {AppealStatus.AWAITING_CONFIRMATION, AppealStatus.CLOSED}:
        return ended
    return row["answered_at"] or row["closed_at"]


def _paused(row: Row) -> bool:
    return row["paused_until"] is not None and row["paused_until"] > _now()


def paused_until(_: Sight, row: Row, __: Mapping[str, Any]) -> Any:
    """While the clocks stand still."""
    return shown(row["paused_until"]) if _paused(row) else None


def lapses_at(sight: Sight, row: Row, _: Mapping[str, Any]) -> Any:
    """While it waits for the reporter's word."""
    policy = sight.anyhow("clock_policy", row["clock_policy_id"])
    if policy is None or row["status"] != AppealStatus.AWAITING_CONFIRMATION:
        return None
    return shown(row["answered_at"] + timedelta(days=policy["silence_days"]))


def is_past(row: Row, due: Any) -> bool:
    """True if a time is over that the row has and does not stand still."""
    return due is not None and due <= _now() and not _paused(row)


def is_overdue(_: Sight, row: Row) -> bool:
    """True if a clock that was not met ran out."""
    return any(_met(row, clock) is None and is_past(row, _due(row, clock)) for clock in OF_APPEALS)


def deadlines(sight: Sight, row: Row, _: Mapping[str, Any]) -> list[Row]:
    """Both deadlines of an appeal that has a policy."""
    policy = sight.anyhow("clock_policy", row["clock_policy_id"])
    return [] if policy is None else [_deadline(policy, row, clock) for clock in OF_APPEALS]


def _deadline(policy: Row, row: Row, clock: Clock) -> Row:
    due, met, minutes = _due(row, clock), _met(row, clock), _minutes(policy, clock)
    state = reference.deadline_state(due, timedelta(minutes=minutes), met, row["paused_until"], _now())
    labels = (appeals.AppealCategory, appeals.AppealKind, appeals.AppealUrgency)
    words = zip(("category", "kind", "urgency"), labels, strict=True)
    names = [str(label(each, policy[column])) for column, each in words if policy[column]]
    case = f"（{'·'.join(names)}）" if names else ""
    why = f"本社区规定的{clock.label}{case}：{_time(minutes)}"
    facts = {"kind": clock, "kind_label": clock.label, "due_at": due, "met_at": met, "why": why}
    return Row("deadline", "Deadline", {**facts, "state": state, "state_label": state.label})


def _time(minutes: int) -> str:
    if minutes % 1440 == 0:
        return f"{minutes // 1440}天"
    return f"{minutes // 60}小时" if minutes % 60 == 0 else f"{minutes}分钟"


def acts(sight: Sight, row: Row, _: Mapping[str, Any]) -> list[str]:
    """By the rule itself."""
    standing = appeal_moves.AppealState(
        AppealStatus(row["status"]),
        AppealLevel(row["level"]),
        report=row["report_kind"] is not None,
        paused=_paused(row),
        objections=row["objections"],
        reopenable=row["reopen_until"] is not None and row["reopen_until"] > _now(),
        in_incident=row["incident_id"] is not None,
    )
    return list(reference.actions(reference.appeal_acts(sight.viewer.role, standing)))


def address(sight: Sight, row: Row, _: Mapping[str, Any]) -> str:
    """What is known of the place: the door, the firm, or the widest place."""
    building, home, firm = (
        sight.anyhow(table, row.values.get(f"{table}_id")) for table in ("building", "household", "premises")
    )
    if building is None:
        return str(firm["name"]) if firm else area_name(sight, row)
    unit = f"{row['unit']}单元" if row["unit"] is not None else ""
    return f"{building_name(sight, building)}{unit}{home['room'] if home else ''}"


def area_name(sight: Sight, row: Row) -> str:
    """The name of the grid, the estate or the community that a row belongs to."""
    found = (sight.anyhow(table, row["grid_id"]) for table in ("grid", "estate", "community"))
    return str(next(each["name"] for each in found if each))


def building_name(sight: Sight, building: Row) -> str:
    """「3号楼」, which only tells where it is if the community has one estate."""
    estates = [each for each in sight.world["estate"] if each["community_id"] == building["community_id"]]
    (own,) = (each["name"] for each in estates if each["id"] == building["estate_id"])
    return f"{own if len(estates) > 1 else ''}{building['name']}"


def place_kind(row: Row) -> str:
    """What an appeal concerns."""
    for name in ("household", "building", "premises", "estate"):
        if row[f"{name}_id"] is not None:
            return name.upper()
    return "COMMUNITY" if row["grid_id"] == row["community_id"] else "GRID"


def is_candidate(row: Row) -> bool:
    """Open, in no incident yet, about a building, and new."""
    free = row["status"] in RUNNING and row["incident_id"] is None and row["building_id"] is not None
    return bool(free and row["opened_at"] >= _now() - _WEEK)


def alike(one: Row, other: Row) -> bool:
    """Of one place and category."""
    return all(one[name] == other[name] for name in ("building_id", "category", "unit"))


def candidates(sight: Sight, _: Any, __: Mapping[str, Any]) -> list[Row]:
    """Groups of two or more."""
    return list(_groups(sight))


def _groups(sight: Sight) -> Iterator[Row]:
    groups = defaultdict(list)
    for row in sight.world["appeal"]:
        if row["grid_id"] in sight.grids and is_candidate(row):
            groups[row["building_id"], row["category"], row["unit"]].append(row)
    for (building, category, unit), found in groups.items():
        if len(found) > 1:
            opened = [row["opened_at"] for row in found]
            of = {"building_id": building, "category": category, "unit": unit, "count": len(found)}
            times = {"first_opened_at": min(opened), "last_opened_at": max(opened)}
            key = "/".join(str(part) for part in (building, category, unit) if part is not None)
            yield Row("candidate", "IncidentCandidate", {**of, **times, "fewest": -len(found), "key": key})
