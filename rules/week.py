"""ISO weeks, and the thresholds of the weekly analysis (每周汇总分析, domain.md section 3)."""

import re
from datetime import date, datetime, timedelta

from rules.refusals import invalid

FIRST_YEAR = 2000  # earlier years are typing errors
NEW_AFTER = timedelta(weeks=4)
"""A category is new if it did not occur for this long before the week (domain.md section 3)."""
APPEAL_DRAGS = 14
DISPUTE_DRAGS = 30
"""Days after which an open case drags, unless the client asks for others (domain.md section 3)."""
MOST_DAYS_OPEN = 3_660  # ten years
_AHEAD = timedelta(hours=14)  # the earliest time zone, UTC+14
_ISO_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


def first_day_of(week: str, now: datetime) -> date:
    """The Monday of an ISO week such as 2023-W48, which must have begun in some time zone."""
    found = _ISO_WEEK.fullmatch(week)
    try:
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        monday = None
    if monday is None or monday.year < FIRST_YEAR:
        raise invalid("请按 2023-W48 的格式填写周次")
    if monday > (now + _AHEAD).date():
        raise invalid("这一周还没有开始")
    return monday


def check_days_open(days: int) -> int:
    if not 1 <= days <= MOST_DAYS_OPEN:
        raise invalid("天数应为 1 到 {days}", days=MOST_DAYS_OPEN)
    return days
