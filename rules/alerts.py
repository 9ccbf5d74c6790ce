"""The safety ladder for residents who live alone, and calls for help (domain.md section 3)."""

from datetime import date, datetime, time, timedelta
from enum import auto

from rules.people import Colour
from rules.refusals import Said, invalid
from rules.vocabulary import Word

REACH_BY = time(11)
STEP_MINUTES = 15
"""The local hour and the minutes between rungs until the community sets others (domain.md section 3)."""
CALLED_UPON = frozenset({Colour.CYAN, Colour.BLUE})
MOST_NEIGHBOURS = 8
MOST_CALLED = 50
"""The most recipients of the message of an alert, and of a call for help (domain.md section 3)."""
_ADULT = timedelta(days=18 * 365 + 5)  # 18 years (民法典, article 17), which have four or five leap days
CLOSED = Said("召集已结束", "the call is closed")
"""The state of a call for help that takes no more answers."""
MESSAGE_TRIES = 13
"""With the waits of :func:`retry_after` 26 hours, so that a gateway may be down for a day."""


class Rung(Word):
    """A rung of the safety ladder: who is told that a resident was not reached."""

    BUILDING_HEAD = auto(), "联户长", "The building head (联户长) and the workers."
    NEIGHBOURS = auto(), "邻里志愿者", "Neighbours who agreed to be called upon (CYAN and BLUE)."
    COMMUNITY = auto(), "社区", "The whole community."


LADDER = (Rung.BUILDING_HEAD, Rung.NEIGHBOURS, Rung.COMMUNITY)


class AlertStatus(Word):
    """The status of an alert."""

    OPEN = auto(), "待处理", "Nobody has acknowledged it yet."
    ACKNOWLEDGED = auto(), "已有人处理", "Somebody acknowledged it and is responsible."
    ENDED = auto(), "已解除", "The resident was reached, or need not be."


class CallAnswer(Word):
    """The answer to a call for help."""

    COMING = auto(), "能来", "The building head comes."
    CANNOT = auto(), "来不了", "The building head cannot come."


def next_rung(last: Rung, rung_at: datetime, step_minutes: int, now: datetime) -> Rung | None:
    """The rung that is due now, if there is one above ``last``."""
    if last is LADDER[-1] or now < rung_at + timedelta(minutes=step_minutes):
        return None
    return LADDER[LADDER.index(last) + 1]


def status_of(acknowledged_at: datetime | None, ended_at: datetime | None) -> AlertStatus:
    if ended_at is not None:
        return AlertStatus.ENDED
    return AlertStatus.OPEN if acknowledged_at is None else AlertStatus.ACKNOWLEDGED


def is_adult(born_on: date | None, today: date) -> bool:
    """True if a resident can be called upon; an unknown age counts as adult."""
    return born_on is None or today - born_on >= _ADULT


def retry_after(tries: int) -> timedelta:
    """The wait after so many failed tries: 20 s after the first, a minute after the second, then doubled to 8.5 h."""
    return timedelta(seconds=20 if tries == 1 else 30 << min(tries - 1, 10))


def alert_message(address: str, code: str) -> str:
    """The text message to a neighbour. It has neither a name nor a colour."""
    return f"【社区】{address}今天还没有联系上，请您敲门看看。能去请回复应答码 {code}，谢谢！"


def call_message(what: str, where: str, code: str) -> str:
    """The text message of a call for help."""
    return f"【社区】{where}需要帮忙：{what}。能来请回复应答码 {code}，谢谢！"


def check_skills(skills: list[Colour], most: int) -> None:
    """A call goes to CYAN and BLUE residents, to at most :data:`MOST_CALLED`."""
    if not skills or not set(skills) <= CALLED_UPON:
        raise invalid("只能召集青色和蓝色人员", "only CYAN and BLUE can be called upon", "colours")
    if not 1 <= most <= MOST_CALLED:
        raise invalid(f"一次召集 1 到 {MOST_CALLED} 人", f"call 1 to {MOST_CALLED} people", "most")
