"""What a visit must satisfy (domain.md section 3)."""

from datetime import datetime, timedelta
from enum import auto

from rules.refusals import Code, Refusal
from rules.vocabulary import Word

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Phones' clocks run a little ahead; more than this is refused."""


class VisitMode(Word):
    """How the residents were reached."""

    HOME_VISIT = auto(), "上门", "At home 上门."
    PHONE = auto(), "电话", "By telephone 电话."
    ONLINE = auto(), "线上", "Online 线上."


def check_occurred(occurred_at: datetime, now: datetime, *path: str | int) -> None:
    """Refuse what would lie in the future; the past is welcome, however late it is synced."""
    if occurred_at > now + CLOCK_TOLERANCE:
        raise Refusal(Code.IN_FUTURE, *path)
