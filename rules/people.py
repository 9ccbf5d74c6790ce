"""The vocabulary of residents (domain.md section 2) and the checks of their dates."""

from datetime import date
from enum import auto

from rules.gathering import field_check
from rules.refusals import Code, Refusal, invalid
from rules.vocabulary import Word


class Colour(Word):
    """The reason why a resident is looked after or can be called upon. Only workers see colours."""

    RED = auto(), "独居老人", "Elderly people who live alone (独居老人): reached every day, by telephone or at home."
    ORANGE = auto(), "重点帮扶人员", "People who need particular help (重点帮扶人员): visited at home every week."
    YELLOW = auto(), "流动人口", "Floating population (流动人口): visited at home every month."
    GREEN = auto(), "常住居民", "Permanent residents (常住居民): contacted now and then, never overdue."
    CYAN = auto(), "医生、教师、民兵、职工、退役军人", "Called upon in an emergency or for an activity."
    BLUE = auto(), "热心志愿者", "Volunteers (热心志愿者): called upon like CYAN."


class Sex(Word):
    """The sex in the household register."""

    FEMALE = auto(), "女", "Female (女)."
    MALE = auto(), "男", "Male (男)."


class AgeBand(Word):
    """The age of a resident in bands, as a community counts its residents."""

    until: int
    """The first age beyond the band; 0 for the last."""

    def __init__(self, value: str, label: str, meaning: str, until: int = 0) -> None:
        super().__init__(value, label, meaning)
        self.until = until

    UNDER_6 = auto(), "6 岁以下", "Under 6: before school.", 6
    FROM_6 = auto(), "6—17 岁", "From 6 to 17.", 18
    FROM_18 = auto(), "18—34 岁", "From 18 to 34.", 35
    FROM_35 = auto(), "35—59 岁", "From 35 to 59.", 60
    FROM_60 = auto(), "60—69 岁", "From 60 to 69.", 70
    FROM_70 = auto(), "70—79 岁", "From 70 to 79.", 80
    FROM_80 = auto(), "80 岁及以上", "80 and older."


class Relation(Word):
    """The relation of a resident to the head of the household, in the words of GB/T 4761 (domain.md section 2)."""

    HEAD = auto(), "本人", "The head of the household (户主)."
    SPOUSE = auto(), "配偶", "The spouse (配偶)."
    SON = auto(), "子", "A son (子)."
    DAUGHTER = auto(), "女", "A daughter (女)."
    GRANDCHILD = auto(), "孙子女", "A grandchild (孙子女)."
    PARENT = auto(), "父母", "A parent (父母)."
    GRANDPARENT = auto(), "祖父母", "A grandparent (祖父母)."
    SIBLING = auto(), "兄弟姐妹", "A brother or sister (兄弟姐妹)."
    OTHER = auto(), "其他", "Anybody else (其他)."


NEW_HEAD = "户主"
"""What the note of a corrected household says when it has another head."""


class Tenure(Word):
    """The right by which a resident lives in a household (居住性质)."""

    OWNER = auto(), "自有", "The home is owned by the family (自有)."
    TENANT = auto(), "租住", "The home is rented (租住)."
    LODGER = auto(), "借住", "The resident stays with others, or in a borrowed home (借住)."


EXPLAINED = frozenset({Colour.RED, Colour.ORANGE})  # colours that need a reason (domain.md section 2)
OLDEST = date(1900, 1, 1)  # earlier dates are typing errors: nobody alive was born before


class Likeness(Word):
    """The reason why two records look like one person."""

    NAME_AND_BIRTH = auto(), "姓名和出生日期相同", "Same name and date of birth."
    NAME_AND_PHONE = auto(), "姓名和电话相同", "Same name and telephone number."


@field_check
def check_day(day: date, today: date, *path: str | int, since: date = OLDEST) -> None:
    """A day of moving in or out: neither in the future nor before ``since``."""
    if day > today:
        raise Refusal(Code.IN_FUTURE, *path)
    if day < since:
        raise invalid("日期早于 {since}", *path, since=since)


@field_check
def check_birth(born_on: date | None, today: date) -> None:
    """A date of birth: from 1900 to today."""
    if born_on is not None and not OLDEST <= born_on <= today:
        raise invalid("出生日期不正确", "bornOn")
