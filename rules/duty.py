"""The duty to reach people (domain.md sections 2 and 3): cadence as data, states derived from what happened.

Everything is judged by what held on the period's last day, or today while it runs: the policy in force, the
colour, the home, the pause. So somebody who moves in, moves away or is paused within a period is treated alike
everywhere, and each day belongs to exactly one policy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import auto

from rules.people import Colour
from rules.refusals import invalid
from rules.visits import VisitMode
from rules.vocabulary import Word

LONGEST_GRACE = 31
LONGEST_PAUSE = 366
FURTHEST_BACK = 31
"""How many days ago a pause may have begun when it is written down."""
MOST_DAYS = 92
"""The longest stretch of days whose duties are told at once: a quarter."""
RESIDENT_COLOURS = frozenset({Colour.RED})
"""The colours whose target is the resident; with any other the household as a whole is to be reached."""


class Period(Word):
    """How often: a local day, an ISO week, a calendar month."""

    DAY = auto(), "每天", "Every local day."
    WEEK = auto(), "每周", "Every ISO week, Monday to Sunday."
    MONTH = auto(), "每月", "Every calendar month."


class DutyState(Word):
    """How a duty stands."""

    DONE = auto(), "已完成", "Somebody was reached within the period, in an accepted mode."
    LATE = auto(), "逾期完成", "Not within the period, but within the grace after it."
    MISSED = auto(), "未完成", "Neither."
    DUE = auto(), "待走访", "The period is running and nobody was reached yet."
    PAUSED = auto(), "已暂停", "A pause covers the period's last day, or today while it runs."


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often people of a colour are to be reached, by which modes, and how many days later still counts."""

    colour: Colour
    period: Period | None
    modes: frozenset[VisitMode]
    grace_days: int


CADENCES: tuple[Cadence, ...] = (
    Cadence(Colour.RED, Period.DAY, frozenset({VisitMode.PHONE, VisitMode.HOME_VISIT}), 0),
    Cadence(Colour.ORANGE, Period.WEEK, frozenset({VisitMode.HOME_VISIT}), 2),
    Cadence(Colour.YELLOW, Period.MONTH, frozenset({VisitMode.HOME_VISIT}), 5),
    *(Cadence(colour, None, frozenset(VisitMode), 0) for colour in (Colour.GREEN, Colour.CYAN, Colour.BLUE)),
)
"""What a community starts with; it changes them as it likes."""


def check_cadence(cadence: Cadence) -> None:
    """It says how people are to be reached, and how late is not yet missed."""
    if not cadence.modes:
        raise invalid("请写明走访方式", "name at least one mode", "modes")
    if not 0 <= cadence.grace_days <= LONGEST_GRACE:
        raise invalid(f"宽限为 0 到 {LONGEST_GRACE} 天", f"the grace is 0 to {LONGEST_GRACE} days", "graceDays")


def first_day(period: Period, day: date) -> date:
    """The first day of the period that a day lies in."""
    if period is Period.DAY:
        return day
    return day - timedelta(day.weekday()) if period is Period.WEEK else day.replace(day=1)


def next_first_day(period: Period, first: date) -> date:
    """The first day of the next period."""
    if period is Period.MONTH:
        return (first + timedelta(31)).replace(day=1)
    return first + timedelta(1 if period is Period.DAY else 7)


def periods(period: Period, first: date, last: date) -> Iterator[tuple[date, date]]:
    """First and last day of each period that shares a day with the span."""
    start = first_day(period, first)
    while start <= last:
        following = next_first_day(period, start)
        yield start, following - timedelta(1)
        start = following


def check_pause(starts_on: date, ends_on: date, today: date) -> None:
    """A pause has an end, and is not written down long afterwards to hide what was missed."""
    if ends_on < starts_on:
        raise invalid("结束日期早于开始日期", "the end is before the beginning", "endsOn")
    if (ends_on - starts_on).days >= LONGEST_PAUSE:
        raise invalid(f"暂停最长 {LONGEST_PAUSE} 天", f"a pause lasts at most {LONGEST_PAUSE} days", "endsOn")
    if (today - starts_on).days > FURTHEST_BACK:
        raise invalid(
            f"最多补登 {FURTHEST_BACK} 天前的暂停", f"a pause began at most {FURTHEST_BACK} days ago", "startsOn"
        )


def check_stand_in(starts_on: date, ends_on: date, today: date) -> None:
    """A stand-in's time lies ahead and ends."""
    if starts_on < today:
        raise invalid("代班不能从过去开始", "a stand-in cannot begin in the past", "startsOn")
    if ends_on < starts_on:
        raise invalid("结束日期早于开始日期", "the end is before the beginning", "endsOn")
    if (ends_on - starts_on).days >= LONGEST_PAUSE:
        raise invalid(f"代班最长 {LONGEST_PAUSE} 天", f"a stand-in serves at most {LONGEST_PAUSE} days", "endsOn")
