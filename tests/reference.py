"""Reference implementations in plain Python, with which the tests compare what the product does in SQL."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import TypeVar

from rules import appeal_moves, dispute_moves
from rules.access import Act, Role, Viewer
from rules.actions import ACTION_OF, CaseAction
from rules.appeal_moves import AppealMove, AppealState
from rules.clocks import SOON, DeadlineState
from rules.dispute_moves import DisputeMove, DisputeState
from rules.duty import Period
from rules.refusals import Refusal

AnyMove = TypeVar("AnyMove", AppealMove, DisputeMove)


def appeal_acts(role: Role | None, state: AppealState) -> list[Act]:
    """The acts that a role may do with an appeal, in the order of the moves."""
    return _acts(appeal_moves.MOVES, lambda move: appeal_moves.check_move(Viewer(role=role), move, state))


def dispute_acts(role: Role | None, state: DisputeState) -> list[Act]:
    """The acts that a role may do with a dispute, in the order of the moves."""
    return _acts(dispute_moves.MOVES, lambda move: dispute_moves.check_move(Viewer(role=role), move, state))


def actions(acts: Iterable[Act]) -> list[CaseAction]:
    """The same as `allowedActions` tells them."""
    return [ACTION_OF[act] for act in acts]


def _acts(moves: Iterable[AnyMove], check: Callable[[AnyMove], object]) -> list[Act]:
    """The acts of the moves that are not refused, each once."""
    allowed: dict[Act, None] = {}
    for move in moves:
        try:
            check(move)
        except Refusal:
            continue
        allowed[move.act] = None
    return list(allowed)


def deadline_state(
    due: datetime, allowed: timedelta, met_at: datetime | None, paused_until: datetime | None, now: datetime
) -> DeadlineState:
    """The state of a deadline; ``allowed`` is its length without pauses."""
    if met_at is not None:
        return DeadlineState.MET if met_at <= due else DeadlineState.MET_LATE
    if paused_until is not None and paused_until > now:
        return DeadlineState.PAUSED
    if due <= now:
        return DeadlineState.OVERDUE
    return DeadlineState.DUE_SOON if due - now <= allowed / SOON else DeadlineState.ON_TIME


def periods(period: Period, first: date, last: date) -> Iterator[tuple[date, date]]:
    """The first and last day of each period that shares a day with the span."""
    start = _first_day(period, first)
    while start <= last:
        following = _next_first_day(period, start)
        yield start, following - timedelta(1)
        start = following


def _first_day(period: Period, day: date) -> date:
    if period is Period.DAY:
        return day
    return day - timedelta(day.weekday()) if period is Period.WEEK else day.replace(day=1)


def _next_first_day(period: Period, first: date) -> date:
    if period is Period.MONTH:
        return (first + timedelta(31)).replace(day=1)
    return first + timedelta(1 if period is Period.DAY else 7)


def week_of(day: date) -> str:
    """The ISO week of a day, such as 2023-W48."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"
