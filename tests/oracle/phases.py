"""What all cases have, worked out row by row: phase, level, address, deadlines, and the actions on incidents."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules import appeal_moves, cases
from rules.access import Viewer
from rules.actions import ACTION_OF, CaseAction
from rules.appeals import ENDED, AppealLevel, AppealStatus
from rules.clocks import Clock
from rules.refusals import Refusal
from rules.vocabulary import Word
from tests.oracle import clocks
from tests.oracle.mediation import arbitration, mediate_by
from tests.oracle.rows import CASES, Row, read_id, shown
from tests.oracle.sight import Sight

Given = Mapping[str, Any]
Resolver = Callable[[Sight, Row, Given], Any]


def _word(group: Callable[[Sight, Row], Word], name: str) -> dict[str, Resolver]:
    """A word and its label."""
    return {
        name: lambda sight, row, _: group(sight, row).value,
        f"{name}Label": lambda sight, row, _: group(sight, row).label,
    }


def _members(sight: Sight, incident: Row) -> list[Row]:
    return [row for row in sight.world["appeal"] if row["incident_id"] == incident["id"]]


def _status(_: Sight, incident: Row) -> cases.IncidentStatus:
    return cases.IncidentStatus.OPEN if incident["closed_at"] is None else cases.IncidentStatus.CLOSED


def _level(sight: Sight, incident: Row) -> AppealLevel:
    levels = {row["level"] for row in _members(sight, incident)}
    return next((each for each in (AppealLevel.FARM, AppealLevel.COMMUNITY) if each in levels), AppealLevel.GRID)


def _first_due(sight: Sight, incident: Row, given: Given) -> list[Row]:
    waiting = [row for row in _members(sight, incident) if row["status"] not in ENDED and row["resolution_due_at"]]
    first = min(waiting, key=lambda row: (row["resolution_due_at"], row["id"]), default=None)
    return clocks.deadlines(sight, first, given) if first else []


def _actions(sight: Sight, incident: Row, _: Given) -> list[CaseAction]:
    role = sight.viewer.role
    found = []
    for move in appeal_moves.OF_INCIDENT:
        sources = appeal_moves.sources_for(role, move)
        members = [row for row in _members(sight, incident) if row["status"] in sources]
        if role in move.act.roles and members and all(_allows(sight, move, row) for row in members):
            found.append(ACTION_OF[move.act])
    return found


def _allows(sight: Sight, move: appeal_moves.AppealMove, row: Row) -> bool:
    """By the rule itself, whatever the status."""
    state = appeal_moves.AppealState(
        AppealStatus(row["status"]), AppealLevel(row["level"]), objections=row["objections"]
    )
    try:
        appeal_moves.check_move(Viewer(role=sight.viewer.role), replace(move, sources=frozenset(AppealStatus)), state)
    except Refusal:
        return False
    return True


def _of_dispute(sight: Sight, row: Row, given: Given) -> list[Row]:
    known = ((Clock.MEDIATION, mediate_by(sight, row, given)), (Clock.ARBITRATION, arbitration(sight, row, given)))
    return [_as_instant(sight, row, clock, each) for clock, each in known if each is not None]


def _as_instant(sight: Sight, dispute: Row, clock: Clock, deadline: Row) -> Row:
    community = sight.anyhow("community", dispute["community_id"])
    assert community is not None
    ends = datetime.combine(deadline["due_on"] + timedelta(1), time(), ZoneInfo(community["time_zone"])).astimezone(UTC)
    facts = {"kind": clock, "kind_label": clock.label, "due_at": ends, "met_at": dispute["closed_at"]}
    told = {"state": deadline["state"], "state_label": deadline["state"].label, "why": deadline["why"]}
    return Row("deadline", "Deadline", {**facts, **told})


def _grouped(groups: Mapping[Any, Word], column: str) -> Callable[[Sight, Row], Word]:
    return lambda _, row: groups[row[column]]


def _ended_at(_: Sight, row: Row, __: Any) -> Any:
    return shown(row["closed_at"] or row["rejected_at"] or row["withdrawn_at"])


def _handled(_: Sight, row: Row) -> Word:
    return cases.HandlingLevel(row["level"])


_OF_EACH: dict[str, dict[str, Resolver]] = {
    "Appeal": {
        "closedAt": _ended_at,
        **_word(_grouped(cases.PHASE_OF_APPEAL, "status"), "phase"),
        **_word(_handled, "handlingLevel"),
    },
    "Receipt": {"closedAt": _ended_at},
    "Dispute": {
        **_word(_grouped(cases.PHASE_OF_DISPUTE, "status"), "phase"),
        **_word(_handled, "handlingLevel"),
        "address": lambda sight, row, _: clocks.area_name(sight, row),
        "deadlines": _of_dispute,
    },
    "Wish": {
        **_word(_grouped(cases.PHASE_OF_WISH, "status"), "phase"),
        "handlingLevel": lambda *_: None,
        "handlingLevelLabel": lambda *_: None,
        "address": clocks.address,
        "deadlines": lambda *_: [],
    },
    "Incident": {
        **_word(_status, "status"),
        **_word(lambda sight, row: cases.PHASE_OF_INCIDENT[_status(sight, row)], "phase"),
        **_word(_level, "level"),
        **_word(lambda sight, row: cases.HandlingLevel(_level(sight, row)), "handlingLevel"),
        "address": clocks.address,
        "deadlines": _first_due,
        "allowedActions": _actions,
    },
}


def _case(sight: Sight, entry: Row, _: Given) -> Row | None:
    table = next((each for each in CASES if entry[f"{each}_id"]), None)
    return sight.find(table, entry[f"{table}_id"]) if table else None


def _by_id(sight: Sight, text: str) -> Row | None:
    prefix, key = read_id(text)
    return sight.find(prefix, key) if prefix in CASES else None


CASE_VIEWS: dict[tuple[str, str], Resolver] = {
    **{(type_, name): found for type_, fields in _OF_EACH.items() for name, found in fields.items()},
    ("JournalEntry", "case"): _case,
    ("Query", "case"): lambda sight, _, given: _by_id(sight, given["id"]),
}
