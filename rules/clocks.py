"""The clocks of an appeal (domain.md section 5): what is due when, how it stands, and when it goes up by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import auto

from rules.appeals import NEXT_LEVEL, AppealLevel, AppealStatus
from rules.refusals import invalid
from rules.vocabulary import Word


class Clock(Word):
    """What is waited for."""

    RESPONSE = auto(), "回应时限", "That the reporter is called back or gone to."
    RESOLUTION = auto(), "办结时限", "That it is solved."


class DeadlineState(Word):
    """How a deadline stands."""

    ON_TIME = auto(), "时限内", "There is time."
    DUE_SOON = auto(), "即将到期", "A fifth of the time is left, or less."
    OVERDUE = auto(), "已超时", "It is over, and was not met."
    PAUSED = auto(), "已暂停", "It stands still."
    MET = auto(), "按时完成", "It was met in time."
    MET_LATE = auto(), "超时完成", "It was met, but late."


RUNNING = frozenset({AppealStatus.SUBMITTED, AppealStatus.ACCEPTED, AppealStatus.DISPATCHED, AppealStatus.IN_PROGRESS})
"""Where something is still to be done for the reporter; a clock that was not met runs on."""
SOON = 5
"""A deadline is soon when this part of its time, counted as a divisor, is left."""
MOST_MINUTES = 366 * 24 * 60
MOST_DAYS = 366
LONGEST_PAUSE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Times:
    """What a policy allows: minutes to respond, to resolve and between levels; days of silence, and to reopen."""

    response_minutes: int
    resolution_minutes: int
    step_minutes: int
    silence_days: int
    reopen_days: int


def check_times(times: Times) -> None:
    """Everything above nothing and below a year, and no answer due before the call back."""
    minutes = (times.response_minutes, times.resolution_minutes, times.step_minutes)
    for name, value, most in (
        *zip(("responseMinutes", "resolutionMinutes", "stepMinutes"), minutes, (MOST_MINUTES,) * 3, strict=True),
        ("silenceDays", times.silence_days, MOST_DAYS),
        ("reopenDays", times.reopen_days, MOST_DAYS),
    ):
        if not 1 <= value <= most:
            raise invalid(f"应为 1 到 {most}", f"1 to {most}", name)
    if times.resolution_minutes < times.response_minutes:
        raise invalid("办结时限短于回应时限", "resolution is due before the response", "resolutionMinutes")


def deadline_state(
    due: datetime, allowed: timedelta, met_at: datetime | None, paused_until: datetime | None, now: datetime
) -> DeadlineState:
    """How a deadline stands that is ``allowed`` long without its pauses."""
    if met_at is not None:
        return DeadlineState.MET if met_at <= due else DeadlineState.MET_LATE
    if paused_until is not None and paused_until > now:
        return DeadlineState.PAUSED
    if due <= now:
        return DeadlineState.OVERDUE
    return DeadlineState.DUE_SOON if due - now <= allowed / SOON else DeadlineState.ON_TIME


def level_after(
    level: AppealLevel, escalated_at: datetime | None, step_minutes: int, now: datetime
) -> AppealLevel | None:
    """The level an overdue appeal goes up to by itself now: one at a time, each given its time first."""
    if level not in NEXT_LEVEL:
        return None
    if escalated_at is not None and now < escalated_at + timedelta(minutes=step_minutes):
        return None
    return NEXT_LEVEL[level]


def check_pause(until: datetime, now: datetime) -> None:
    """A pause ends in the future, and not so late that it is forgotten."""
    if not now < until <= now + LONGEST_PAUSE:
        raise invalid(
            f"暂停应在 {LONGEST_PAUSE.days} 天以内", f"a pause lasts {LONGEST_PAUSE.days} days at most", "until"
        )
