"""The duty to reach people (domain.md section 3): how often, and what may be paused.

A duty is judged by the policy, the colour, the home and the pause that held on the last day of its period, or hold
today while the period runs. A move or a pause within a period is therefore treated alike everywhere, and each day
belongs to exactly one policy. db/owed.py computes the duties.
"""

from collections.abc import Collection
from datetime import date
from enum import auto

from rules.people import Colour
from rules.refusals import invalid
from rules.visits import VisitMode
from rules.vocabulary import Word

LONGEST_GRACE = 31  # days: as long as the longest period, a month
LONGEST_PAUSE = 366
FURTHEST_BACK = 31
"""Days: the longest pause, and how long ago a pause may have begun when it is recorded (domain.md section 3)."""
MOST_DAYS = 92  # the longest range of days whose duties can be read at once: a quarter (domain.md section 3)
RESIDENT_COLOURS = frozenset({Colour.RED})
"""The colours whose duty is to reach the resident; for any other colour it is the household."""


class Period(Word):
    """The period in which somebody must be reached once."""

    DAY = auto(), "每天", "Every local day."
    WEEK = auto(), "每周", "Every ISO week, Monday to Sunday."
    MONTH = auto(), "每月", "Every calendar month."


class DutyState(Word):
    """The state of a duty."""

    DONE = auto(), "已完成", "Somebody was reached within the period, in an accepted mode."
    LATE = auto(), "逾期完成", "Reached after the period, but within the grace."
    MISSED = auto(), "未完成", "Not reached, within the period or the grace."
    DUE = auto(), "待走访", "The period is running, and nobody was reached yet."
    PAUSED = auto(), "已暂停", "A pause covers the last day of the period, or today while it runs."


def check_cadence(modes: Collection[VisitMode], grace_days: int) -> None:
    if not modes:
        raise invalid("请写明走访方式", "modes")
    if not 0 <= grace_days <= LONGEST_GRACE:
        raise invalid("宽限为 0 到 {days} 天", "graceDays", days=LONGEST_GRACE)


def check_pause(starts_on: date, ends_on: date, today: date) -> None:
    """A pause has a limited length, and is not recorded long afterwards to hide what was missed."""
    _check_span(starts_on, ends_on)
    if (today - starts_on).days > FURTHEST_BACK:
        raise invalid("最多补登 {days} 天前的暂停", "startsOn", days=FURTHEST_BACK)


def check_stand_in(starts_on: date, ends_on: date, today: date) -> None:
    """A stand-in starts today or later, and for a limited time."""
    if starts_on < today:
        raise invalid("代班不能从过去开始", "startsOn")
    _check_span(starts_on, ends_on)


def _check_span(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise invalid("结束日期早于开始日期", "endsOn")
    if (ends_on - starts_on).days >= LONGEST_PAUSE:
        raise invalid("最长 {days} 天", "endsOn", days=LONGEST_PAUSE)
