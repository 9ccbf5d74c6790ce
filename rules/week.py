"""Weeks as people name them, and what the weekly analysis (每周汇总分析) goes by (domain.md section 3)."""

import re
from datetime import date, datetime, timedelta
from enum import auto

from rules.refusals import invalid
from rules.vocabulary import Word

FIRST_YEAR = 2000
NEW_AFTER = timedelta(weeks=4)
"""What did not occur for so long before a week is new in it."""
APPEAL_DRAGS = 14
DISPUTE_DRAGS = 30
"""A case that has been open for more days than this drags, unless other days are asked for."""
MOST_DAYS_OPEN = 3_660
_AHEAD = timedelta(hours=14)
"""By which the earliest time zone is ahead of UTC."""
_ISO_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


class HandlingLevel(Word):
    """Where a matter came to its end: the levels of appeals and of disputes together."""

    GRID = auto(), "网格", "The grid: 小事不出网格."
    COMMUNITY = auto(), "社区", "The community: 大事不出社区."
    JOINT = auto(), "联合调解", "Jointly with legal counsel and judicial office."
    CENTRE = auto(), "矛盾纠纷化解中心", "The farm's dispute resolution centre 矛盾纠纷化解中心."
    FARM = auto(), "农场", "The farm."


def week_of(day: date) -> str:
    """The ISO week that a day lies in, such as 2023-W48."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def first_day_of(week: str, now: datetime) -> date:
    """The Monday of an ISO week that has begun, at least somewhere."""
    found = _ISO_WEEK.fullmatch(week)
    try:
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        monday = None
    if monday is None or monday.year < FIRST_YEAR:
        raise invalid("请按 2023-W48 的样式写明周次", "an ISO week is written like 2023-W48")
    if monday > (now + _AHEAD).date():
        raise invalid("这一周还没有开始", "this week has not begun yet")
    return monday


def check_days_open(days: int) -> int:
    """For how many days a case must have been open to be told as dragging."""
    if not 1 <= days <= MOST_DAYS_OPEN:
        raise invalid(f"天数应为 1 到 {MOST_DAYS_OPEN}", f"the days are 1 to {MOST_DAYS_OPEN}")
    return days
