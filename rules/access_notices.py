"""Notices of unusual access: when the looks or reveals of one account within an hour are many for it."""

from collections.abc import Sequence
from datetime import timedelta
from enum import auto
from statistics import median_low

from rules.vocabulary import Word

SPAN = timedelta(hours=1)
"""The time within which accesses are counted."""
BEFORE = timedelta(days=28)
"""The days with which an hour is compared: four weeks, so that each weekday is among them."""
LEAST_DAYS = 5
"""Days without access are added up to so many: one day of copying must not become what is usual."""
TIMES = 3
"""How many times the usual count is unusual. A compromise: the busiest hour after a holiday has twice a usual one's."""


class AccessKind(Word):
    """A kind of access that is counted."""

    LOOKS = auto(), "查阅", "Cases that an account from outside read."
    REVEALS = auto(), "查看身份证号", "ID numbers that were revealed."


FEWEST = {AccessKind.LOOKS: 100, AccessKind.REVEALS: 5}
"""Counts up to these are never unusual: a whole page of a partner's cases, the numbers of a family."""


def usual_of(days: Sequence[int]) -> int:
    """The usual count of a busy hour: the median of the busiest hours of the days before that had any access."""
    return median_low([*days, *[0] * (LEAST_DAYS - len(days))])


def is_unusual(kind: AccessKind, count: int, usual: int) -> bool:
    """True if so many accesses within an hour are to be noticed."""
    return count > max(FEWEST[kind], TIMES * usual)
