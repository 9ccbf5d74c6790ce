"""The six colours of residents (domain.md section 2)."""

from enum import StrEnum


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
