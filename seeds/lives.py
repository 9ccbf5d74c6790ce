"""The moves of an appeal after it was opened, each allowed by the rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from rules.access import ANONYMOUS, Role, Viewer
from rules.appeal_moves import (
    ACCEPT,
    ANSWER,
    CONFIRM,
    DISPATCH,
    ESCALATE,
    RETURN,
    TAKE_ON,
    AppealMove,
    AppealState,
    check_move,
)
from rules.appeals import NEXT_LEVEL, AppealLevel, AppealSource, AppealStatus
from seeds.accounts import Officer
from seeds.appeal_texts import CALLED_BACK, FIRST_TRY, NOT_YET, RAISED
from seeds.clock import later
from seeds.reports import Report
from seeds.world import World

Path = tuple[AppealMove, ...]

SMOOTH: Path = (ACCEPT, ANSWER, CONFIRM)
TWICE: Path = (ACCEPT, ANSWER, RETURN, ANSWER, CONFIRM)
UPSTAIRS: Path = (ACCEPT, ESCALATE, ANSWER, CONFIRM)
JUST_ACCEPTED: Path = (ACCEPT,)
SENT_BACK: Path = (ACCEPT, ANSWER, RETURN)
HANDED_UP: Path = (ACCEPT, ESCALATE)
DISPATCHED: Path = (ACCEPT, DISPATCH, TAKE_ON, ANSWER, CONFIRM)
DISPATCHED_TWICE: Path = (*DISPATCHED[:-1], RETURN, ANSWER, CONFIRM)

Pace = Mapping[AppealMove, tuple[float, float]]

HOURS: Pace = {
    ACCEPT: (0.05, 1.5),
    DISPATCH: (0.1, 0.5),
    TAKE_ON: (0.1, 0.5),
    ANSWER: (4, 54),
    CONFIRM: (0.5, 26),
    RETURN: (1, 12),
    ESCALATE: (3, 24),
}
"""The range of hours that each move takes."""

_SAID: Mapping[AppealMove, Sequence[str | None]] = {
    ACCEPT: CALLED_BACK,
    ANSWER: FIRST_TRY,
    RETURN: NOT_YET,
    ESCALATE: RAISED,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A move that was made."""

    move: AppealMove
    before: AppealStatus
    after: AppealStatus
    level: AppealLevel
    actor: Viewer
    note: str | None
    at: datetime


def live(world: World, random: Random, report: Report, path: Path, pace: Pace = HOURS) -> Iterator[Step]:
    """The steps of an appeal along a path."""
    at, status, level = report.recorded_at, AppealStatus.SUBMITTED, AppealLevel.GRID
    for number, move in enumerate(path, 1):
        at = later(random, at, pace[move])
        actor = _actor(world, random, report, move, level)
        before, status = status, check_move(actor, move, AppealState(status, level))
        level = NEXT_LEVEL[level] if move is ESCALATE else level
        note = report.answer if move is ANSWER and RETURN not in path[number:] else _note(random, move)
        yield Step(move, before, status, level, actor, note, at)


def _actor(world: World, random: Random, report: Report, move: AppealMove, level: AppealLevel) -> Viewer:
    if move.any_level:
        return _reporter(report)
    if move is TAKE_ON:
        return _partner(world, report).viewer
    if level is AppealLevel.GRID:
        return world.staff.workers[report.grid].viewer
    return random.choice(world.staff.office[Role.COMMUNITY_STAFF]).viewer


def _partner(world: World, report: Report) -> Officer:
    body = world.responsible[report.category]
    assert body is not None
    return world.staff.partners[body]


def _reporter(report: Report) -> Viewer:
    """The account that confirms: none for a reporter with a receipt, otherwise the one that registered the appeal."""
    by_receipt = report.source in {AppealSource.QR_HOME, AppealSource.QR_COUNTER}
    return report.registered_by.viewer if report.registered_by and not by_receipt else ANONYMOUS


def _note(random: Random, move: AppealMove) -> str | None:
    return random.choice(_SAID[move]) if move in _SAID else None
