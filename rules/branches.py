"""The grid Party branch (网格党支部, domain.md sections 1 and 11): its opening hours and those who speak for it."""

from collections.abc import Sequence
from datetime import time
from itertools import pairwise
from typing import NamedTuple

from rules.access import WORKERS, Role
from rules.refusals import invalid

DAYS = "一二三四五六日"
MOST_SPANS = 21
"""Three spans of hours on each day of a week."""
MEMBER_ROLES = WORKERS | {Role.BUILDING_HEAD}
"""The accounts that can be members: those who work or live in the community."""


class Hours(NamedTuple):
    """A span of opening hours on a day of the week, in the community's time zone. Monday is 1."""

    weekday: int
    opens: time
    closes: time


def check_hours(given: Sequence[Hours]) -> Sequence[Hours]:
    """The spans in order; raises INVALID_INPUT for a day that is none, an end before its beginning, and an overlap."""
    if len(given) > MOST_SPANS:
        raise invalid("最多 {most} 段", "hours", most=MOST_SPANS)
    for index, each in enumerate(given):
        if not 1 <= each.weekday <= len(DAYS):
            raise invalid("星期应为 1 到 7", "hours", index, "weekday")
        if each.opens >= each.closes:
            raise invalid("结束时间应晚于开始时间", "hours", index, "closes")
    spans = sorted(given)
    for one, other in pairwise(spans):
        if one.weekday == other.weekday and other.opens < one.closes:
            raise invalid("同一天的时段重叠", "hours", given.index(other))
    return spans


def hours_in_words(hours: Sequence[Hours]) -> str:
    """For example 「周一 09:30–13:30、周一 16:00–19:30」, or 「不开放」."""
    told = "、".join(f"周{DAYS[each.weekday - 1]} {each.opens:%H:%M}–{each.closes:%H:%M}" for each in hours)
    return told or "不开放"
