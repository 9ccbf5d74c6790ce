"""Exports of cases: the kinds, and how much one takes."""

from datetime import date
from enum import auto

from rules.refusals import invalid
from rules.vocabulary import Word

MOST_CASES = 10_000
"""Cases of one export: five years of a community with 2,000 cases a year. A workbook of them has some 3 MB."""


class CaseKind(Word):
    """The kinds of cases that can be exported."""

    APPEALS = auto(), "诉求", "Appeals."
    DISPUTES = auto(), "纠纷", "Disputes."


def read_day(text: str, name: str) -> date:
    """A day such as ``2023-12-31``. Raises INVALID_INPUT with the name of the input."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid("日期写作 2023-12-31", name) from None


def check_size(count: int) -> None:
    """Raises INVALID_INPUT above :data:`MOST_CASES`."""
    if count > MOST_CASES:
        raise invalid("一次最多导出 {most} 件，请缩短时间段", "last", most=MOST_CASES)
