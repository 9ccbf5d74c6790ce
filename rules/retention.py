"""How long personal data is kept, and when a resident may be erased."""

from dataclasses import dataclass
from datetime import date, timedelta

from rules.refusals import Code, Refusal, Said, invalid

KEPT_DAYS = 1096
"""Three years after somebody moved away or died, or after their last case: the time in which claims can be brought
(Civil Code 民法典, article 188). A starting value, which the community changes."""
SHORTEST, LONGEST = 184, 7306
"""The limits of a community's own time: half a year, and twenty years, when no claim is protected (article 188)."""
LOGS_ON_LINE = timedelta(days=184)
"""Six months are 184 days at most (Cybersecurity Law 网络安全法: network logs are kept for six months or more)."""
UNATTACHED = timedelta(days=1)
"""A form that was left open overnight may still be sent with its photos."""
ERASED = "（已删除）"
"""What stands in place of an erased text."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a resident may be erased."""

    left_on: date | None
    merged: bool
    open_cases: int
    last_case_on: date | None
    """The day on which the last of their cases ended."""


def check_erasable(standing: Standing, today: date, days: int, *, on_request: bool = False) -> None:
    """Raises WRONG_STATE with the reason: lives here, merged, an open case, or the day until which they are kept.

    The time need not be over if the person asks to be erased.
    """
    if standing.merged:
        raise _refused("登记已合并")
    if standing.left_on is None or standing.left_on > today:
        raise _refused("仍在这里居住")
    if standing.open_cases:
        raise _refused("还有未办结的事项")
    until = max(standing.left_on, standing.last_case_on or standing.left_on) + timedelta(days=days)
    if today < until and not on_request:
        raise _refused("须保存至 {until}", until=until)


def _refused(status: str, **details: object) -> Refusal:
    return Refusal(Code.WRONG_STATE, "resident", status=Said(status, details))


def check_days(days: int) -> None:
    """Raises INVALID_INPUT for a time that a community may not set."""
    if not SHORTEST <= days <= LONGEST:
        raise invalid("应为 {shortest} 至 {longest} 天", "days", shortest=SHORTEST, longest=LONGEST)
