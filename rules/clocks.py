"""The clocks of an appeal (domain.md section 5): what is due when, how it stands, and when it goes up by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rules.appeals import NEXT_LEVEL, AppealLevel, AppealStatus
from rules.refusals import invalid


class Clock(StrEnum):
    """What is waited for."""

    RESPONSE = "RESPONSE"
    RESOLUTION = "RESOLUTION"


class DeadlineState(StrEnum):
    """How a deadline stands."""

    ON_TIME = "ON_TIME"
    DUE_SOON = "DUE_SOON"
    OVERDUE = "OVERDUE"
    PAUSED = "PAUSED"
    MET = "MET"
    MET_LATE = "MET_LATE"


CLOCK_LABELS: dict[Clock, str] = {Clock.RESPONSE: "回应时限", Clock.RESOLUTION: "办结时限"}
DEADLINE_LABELS: dict[DeadlineState, str] = {
    DeadlineState.ON_TIME: "时限内",
    DeadlineState.DUE_SOON: "即将到期",
    DeadlineState.OVERDUE: "已超时",
    DeadlineState.PAUSED: "已暂停",
    DeadlineState.MET: "按时完成",
    DeadlineState.MET_LATE: "超时完成",
}
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
