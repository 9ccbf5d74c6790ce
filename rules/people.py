"""The six colours of residents (domain.md section 2)."""

from datetime import date
from enum import StrEnum

from rules.refusals import Code, Refusal, invalid


class Colour(StrEnum):
    """Why a resident is looked after, or can be called upon. Nobody's business but the workers'."""

    RED = "RED"
    ORANGE = "ORANGE"
    YELLOW = "YELLOW"
    GREEN = "GREEN"
    CYAN = "CYAN"
    BLUE = "BLUE"


COLOUR_LABELS: dict[Colour, str] = {
    Colour.RED: "独居老人",
    Colour.ORANGE: "重点帮扶人员",
    Colour.YELLOW: "流动人口",
    Colour.GREEN: "常住居民",
    Colour.CYAN: "医生、教师、民兵、职工、退役军人",
    Colour.BLUE: "热心志愿者",
}


class Sex(StrEnum):
    """As in the household register."""

    FEMALE = "FEMALE"
    MALE = "MALE"


EXPLAINED = frozenset({Colour.RED, Colour.ORANGE})
"""Colours that are not given without saying why."""
OLDEST = date(1900, 1, 1)


class Likeness(StrEnum):
    """Why two records look like one person."""

    NAME_AND_BIRTH = "NAME_AND_BIRTH"
    NAME_AND_PHONE = "NAME_AND_PHONE"


LIKENESS_LABELS: dict[Likeness, str] = {
    Likeness.NAME_AND_BIRTH: "姓名和出生日期相同",
    Likeness.NAME_AND_PHONE: "姓名和电话相同",
}


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
