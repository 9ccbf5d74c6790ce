"""The safety ladder for who lives alone, and calls for help (domain.md sections 2 and 3)."""

from datetime import date, datetime, time, timedelta
from enum import auto

from rules.people import Colour
from rules.refusals import invalid
from rules.vocabulary import Word

REACH_BY = time(11)
"""By when somebody living alone is to be reached, unless the community says otherwise."""
STEP_MINUTES = 15
"""How long a rung has before the next one rings."""
CALLED_UPON = frozenset({Colour.CYAN, Colour.BLUE})
MOST_NEIGHBOURS = 8
MOST_CALLED = 50
ADULT = timedelta(days=18 * 365 + 5)
MESSAGE_TRIES = 12


class Rung(Word):
    """Who is told that somebody was not reached, one after the other."""

    BUILDING_HEAD = auto(), "联户长", "The head of the building (联户长) is told, and the workers with them."
    NEIGHBOURS = auto(), "邻里志愿者", "Neighbours who agreed to be called upon (CYAN and BLUE) are asked."
    COMMUNITY = auto(), "社区", "The community as a whole is told."


LADDER = (Rung.BUILDING_HEAD, Rung.NEIGHBOURS, Rung.COMMUNITY)


class AlertStatus(Word):
    """How an alert stands."""

    OPEN = auto(), "待处理", "Nobody has taken it upon themselves yet."
    ACKNOWLEDGED = auto(), "已有人处理", "Somebody looks after it."
    ENDED = auto(), "已解除", "The person was reached, or need not be."


class CallAnswer(Word):
    """What somebody who was called says."""

    COMING = auto(), "能来", "They come."
    CANNOT = auto(), "来不了", "They cannot come."


def next_rung(last: Rung, rung_at: datetime, step_minutes: int, now: datetime) -> Rung | None:
    """The rung that is to ring now, if there is a higher one and the last had its time."""
    if last is LADDER[-1] or now < rung_at + timedelta(minutes=step_minutes):
        return None
    return LADDER[LADDER.index(last) + 1]


def status_of(acknowledged_at: datetime | None, ended_at: datetime | None) -> AlertStatus:
    """How an alert stands."""
    if ended_at is not None:
        return AlertStatus.ENDED
    return AlertStatus.OPEN if acknowledged_at is None else AlertStatus.ACKNOWLEDGED


def is_adult(born_on: date | None, today: date) -> bool:
    """Children are not called; somebody whose age is not known is."""
    return born_on is None or today - born_on >= ADULT


def retry_after(tries: int) -> timedelta:
    """How long to wait after so many failed tries: from half a minute up to some hours, over a day in all."""
    return timedelta(seconds=30 << min(tries, 10))


def alert_message(address: str, code: str) -> str:
    """What a neighbour reads; neither a name nor a colour."""
    return f"【社区】{address}今天还没有联系上，请您敲门看看。能去请回复应答码 {code}，谢谢！"


def call_message(what: str, where: str, code: str) -> str:
    """What somebody who can help reads."""
    return f"【社区】{where}需要帮忙：{what}。能来请回复应答码 {code}，谢谢！"


def check_skills(skills: list[Colour], most: int) -> None:
    """Only those who agreed to be called upon are called, and not the whole town."""
    if not skills or not set(skills) <= CALLED_UPON:
        raise invalid("只能召集青色和蓝色人员", "only CYAN and BLUE can be called upon", "colours")
    if not 1 <= most <= MOST_CALLED:
        raise invalid(f"一次召集 1 到 {MOST_CALLED} 人", f"call 1 to {MOST_CALLED} people", "most")
