"""The vocabulary and checks of visits (domain.md section 3)."""

from datetime import datetime, timedelta
from enum import auto

from rules.refusals import Code, Refusal
from rules.vocabulary import Word

CLOCK_TOLERANCE = timedelta(minutes=5)  # how far a phone's clock may be ahead (domain.md section 3)


class VisitMode(Word):
    """How the residents were reached."""

    HOME_VISIT = auto(), "上门", "At home (上门)."
    PHONE = auto(), "电话", "By telephone (电话)."
    ONLINE = auto(), "线上", "Online (线上)."


def check_occurred(occurred_at: datetime, now: datetime, *path: str | int) -> None:
    """Raises IN_FUTURE beyond :data:`CLOCK_TOLERANCE`. The past has no limit, because phones may sync days later."""
    if occurred_at > now + CLOCK_TOLERANCE:
        raise Refusal(Code.IN_FUTURE, *path)
