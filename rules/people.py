"""The six colours of residents (domain.md section 2)."""

from datetime import date
from enum import auto

from rules.refusals import Code, Refusal, invalid
from rules.vocabulary import Word


class Colour(Word):
    """Why a resident is looked after, or can be called upon. Nobody's business but the workers'."""

    RED = auto(), "独居老人", "Elderly living alone 独居老人: reached every day, by phone or at home."
    ORANGE = auto(), "重点帮扶人员", "People and families who need particular help: visited at home every week."
    YELLOW = auto(), "流动人口", "Floating population 流动人口: visited at home every month."
    GREEN = auto(), "常住居民", "Permanent residents: online contact now and then, never overdue."
    CYAN = (
        auto(),
        "医生、教师、民兵、职工、退役军人",
        "Called upon in an emergency or for an activity.",
    )
    BLUE = auto(), "热心志愿者", "Warm-hearted volunteers 志愿者: likewise."


class Sex(Word):
    """As in the household register."""

    FEMALE = auto(), "", "Female 女."
    MALE = auto(), "", "Male 男."


EXPLAINED = frozenset({Colour.RED, Colour.ORANGE})
"""Colours that are not given without saying why."""
OLDEST = date(1900, 1, 1)


class Likeness(Word):
    """Why two records look like one person."""

    NAME_AND_BIRTH = auto(), "姓名和出生日期相同", "The same name and the same date of birth."
    NAME_AND_PHONE = auto(), "姓名和电话相同", "The same name and the same telephone."


def check_day(day: date, today: date, *path: str | int, since: date = OLDEST) -> None:
    """A day on which somebody came or went: not in the future, nor before they came."""
    if day > today:
        raise Refusal(Code.IN_FUTURE, *path)
    if day < since:
        raise invalid(f"早于 {since}", f"before {since}", *path)


def check_birth(born_on: date | None, today: date) -> None:
    """Nobody is born tomorrow, and nobody on the register before 1900."""
    if born_on is not None and not OLDEST <= born_on <= today:
        raise invalid("出生日期不对", "not a date of birth", "bornOn")
