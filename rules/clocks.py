"""The clocks of an appeal (domain.md section 5): time limits, deadlines, and automatic escalation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import auto

from rules.appeals import AppealStatus
from rules.gathering import field_check
from rules.refusals import invalid, together
from rules.vocabulary import Word


class Clock(Word):
    """The purpose of a deadline."""

    RESPONSE = auto(), "回应时限", "Calling back or visiting the reporter."
    RESOLUTION = auto(), "办结时限", "Solving the appeal."
    MEDIATION = auto(), "调解时限", "Ending the mediation of a dispute: the community's own limit."
    ARBITRATION = (
        auto(),
        "可申请仲裁之日",
        "Labour disputes: an agreement, before either side may apply for arbitration.",
    )


OF_APPEALS = (Clock.RESPONSE, Clock.RESOLUTION)


class DeadlineState(Word):
    """The state of a deadline."""

    ON_TIME = auto(), "时限内", "More than a fifth of the time is left."
    DUE_SOON = auto(), "即将到期", "A fifth of the time or less is left."
    OVERDUE = auto(), "已超时", "Past, and not met."
    PAUSED = auto(), "已暂停", "The clocks are paused."
    MET = auto(), "按时完成", "Met in time."
    MET_LATE = auto(), "超时完成", "Met late."


RUNNING = frozenset({AppealStatus.SUBMITTED, AppealStatus.ACCEPTED, AppealStatus.DISPATCHED, AppealStatus.IN_PROGRESS})
"""The statuses in which the clocks run, unless they are paused."""
SOON = 5
"""A deadline is due soon when a fifth of its time is left: a compromise between early and frequent warnings."""
MOST_DAYS = 366
MOST_MINUTES = MOST_DAYS * 24 * 60  # longer limits than a year are typing errors
LONGEST_PAUSE = timedelta(days=90)  # domain.md section 5


@dataclass(frozen=True, slots=True)
class Times:
    """The time limits of a policy: to respond, to resolve, between levels, until silence closes, to reopen."""

    response_minutes: int
    resolution_minutes: int
    step_minutes: int
    silence_days: int
    reopen_days: int


@field_check
def check_times(times: Times) -> None:
    """Each limit is positive and at most a year, and the resolution is not due before the response."""
    refused = []
    for name, value, most in (
        ("responseMinutes", times.response_minutes, MOST_MINUTES),
        ("resolutionMinutes", times.resolution_minutes, MOST_MINUTES),
        ("stepMinutes", times.step_minutes, MOST_MINUTES),
        ("silenceDays", times.silence_days, MOST_DAYS),
        ("reopenDays", times.reopen_days, MOST_DAYS),
    ):
        if not 1 <= value <= most:
            refused.append(invalid("应为 1 到 {most}", name, most=most))
    if not refused and times.resolution_minutes < times.response_minutes:
        refused.append(invalid("办结时限不能短于回应时限", "resolutionMinutes"))
    if refused:
        raise together(refused)


@field_check
def check_pause(until: datetime, now: datetime) -> None:
    """A pause ends in the future, within :data:`LONGEST_PAUSE`."""
    if not now < until <= now + LONGEST_PAUSE:
        days = LONGEST_PAUSE.days
        raise invalid("暂停应在 {days} 天以内", "endsAt", days=days)
