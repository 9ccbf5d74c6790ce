"""What a visit must satisfy (domain.md section 3)."""

from datetime import datetime, timedelta
from enum import StrEnum

from rules.refusals import Code, Refusal

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Phones' clocks run a little ahead; more than this is refused."""


class VisitMode(StrEnum):
    """How the residents were reached."""

    HOME_VISIT = "HOME_VISIT"
    PHONE = "PHONE"
    ONLINE = "ONLINE"


MODE_LABELS: dict[VisitMode, str] = {
    VisitMode.HOME_VISIT: "上门",
    VisitMode.PHONE: "电话",
    VisitMode.ONLINE: "线上",
}


def check_occurred(occurred_at: datetime, now: datetime, *path: str | int) -> None:
    """Refuse what would lie in the future; the past is welcome, however late it is synced."""
    if occurred_at > now + CLOCK_TOLERANCE:
        raise Refusal(Code.IN_FUTURE, *path)
