"""Notices of unusual access: when the looks or reveals of one account within an hour are many for it."""

from collections.abc import Iterable
from datetime import timedelta
from enum import auto

from rules.vocabulary import Word

SPAN = timedelta(hours=1)
"""The time within which accesses are counted."""
BEFORE = timedelta(days=28)
"""The days with which a span is compared: four weeks, so that each weekday is among them."""
TIMES = 3
"""How many times the usual count is unusual. A compromise: the busiest hour after a holiday is about twice a usual one."""


class AccessKind(Word):
    """A kind of access that is counted."""

    LOOKS = auto(), "查阅", "Cases that an account from outside read."
    REVEALS = auto(), "查看身份证号", "ID numbers that were revealed."


FEWEST = {AccessKind.LOOKS: 100, AccessKind.REVEALS: 5}
"""Counts up to these are never unusual: a screenful of a partner's cases read five times, a family's numbers."""


def usual_of(counts: Iterable[int]) -> int:
    """The usual count of an hour: the highest of those before."""
    return max(counts, default=0)


def is_unusual(kind: AccessKind, count: int, usual: int) -> bool:
    """True if so many accesses within an hour are to be noticed."""
    return count > max(FEWEST[kind], TIMES * usual)
