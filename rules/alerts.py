"""The safety ladder for residents who live alone, and calls for help (domain.md section 3)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import IntEnum, auto
from typing import TypeAlias

from rules.people import Colour
from rules.refusals import Said, invalid
from rules.vocabulary import Word

REACH_BY = time(11)
STEP_MINUTES = 15
"""The local hour and the minutes between rungs until the community sets others (domain.md section 3)."""
CALLED_UPON = frozenset({Colour.CYAN, Colour.BLUE})
MOST_NEIGHBOURS = 8
"""The most recipients of the message of an alert (domain.md section 3)."""
MOST_CALLED = 500
"""The most recipients of a call for help. Messages are sent one after the other. At half a second for each, the last
one is sent before the outbox counts as late, which is after five minutes."""
_ADULT = timedelta(days=18 * 365 + 5)  # 18 years (民法典, article 17), which have four or five leap days
CLOSED = Said("召集已结束")
"""The state of a call for help that takes no more answers."""
MESSAGE_TRIES = 13
"""With the waits of :func:`retry_after` 26 hours, so that a gateway may be down for a day."""


class Rung(Word):
    """A rung of the safety ladder: who is told that a resident was not reached."""

    BUILDING_HEAD = auto(), "联户长", "The building head (联户长) and the workers."
    NEIGHBOURS = auto(), "邻里志愿者", "Neighbours who agreed to be called upon (CYAN and BLUE)."
    COMMUNITY = auto(), "社区", "The whole community."


LADDER = (Rung.BUILDING_HEAD, Rung.NEIGHBOURS, Rung.COMMUNITY)


class AlertFinding(Word):
    """What somebody found who went to the door."""

    REACHED = auto(), "已见到本人，平安", "The resident was met, and is well."
    NOT_THERE = auto(), "敲门无人应答", "Nobody answered the door."
    HELP_NEEDED = auto(), "需要帮助", "The resident needs help now."


class Priority(IntEnum):
    """The order in which text messages are sent."""

    URGENT = 0
    """Somebody needs help now."""
    ALERT = 1
    NOTICE = 2
    CALL = 3


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
    return rung_after(last) if now >= rung_at + timedelta(minutes=step_minutes) else None


def rung_after(rung: Rung) -> Rung | None:
    """The next rung of the ladder; None after the last one."""
    return None if rung is LADDER[-1] else LADDER[LADDER.index(rung) + 1]


def status_of(acknowledged_at: datetime | None, ended_at: datetime | None) -> AlertStatus:
    if ended_at is not None:
        return AlertStatus.ENDED
    return AlertStatus.OPEN if acknowledged_at is None else AlertStatus.ACKNOWLEDGED


def youngest_born_on(today: date) -> date:
    """The birthday of the youngest who can be called upon. An unknown age counts as adult."""
    return today - _ADULT


def retry_after(tries: int) -> timedelta:
    """The wait after so many failed tries: 20 s after the first, a minute after the second, then doubled to 8.5 h."""
    return timedelta(seconds=20 if tries == 1 else 30 << min(tries - 1, 10))


Contact: TypeAlias = tuple[str, str]
"""A name and a telephone number."""


def signature(community: str) -> str:
    """The beginning of a text message, which says who sends it."""
    return f"【{community}】"


_ASKED = {
    Rung.BUILDING_HEAD: "请您敲门看看，并反馈情况。",
    Rung.COMMUNITY: "目前还没有人应答，请社区派人查看。",
}


def rung_message(rung: Rung, community: str, address: str, workers: Iterable[Contact], *, urgent: bool) -> str:
    """The text message to the people of a rung who have an account. It has neither the resident's name nor a colour."""
    asked = "" if urgent else _ASKED[rung]
    return f"{signature(community)}{_said(address, urgent)}{asked}{_contacts('网格员', workers)}"


def worker_message(community: str, address: str, heads: Iterable[Contact], *, urgent: bool) -> str:
    """The text message to the workers of the grid, who are told with the first rung."""
    asked = "" if urgent else "请尽快核实。"
    return f"{signature(community)}{_said(address, urgent)}{asked}{_contacts('联户长', heads)}"


def _said(address: str, urgent: bool) -> str:
    return f"紧急：{address}有人需要帮助，请马上前往。" if urgent else f"{address}今天还没有联系上。"


def _contacts(post: str, people: Iterable[Contact]) -> str:
    listed = "、".join(f"{name} {phone}" for name, phone in people)
    return f"{post}：{listed}。" if listed else ""


def neighbour_message(community: str, address: str, code: str, *, urgent: bool) -> str:
    """The text message to a neighbour. It has neither a name nor a colour."""
    asked = _said(address, urgent) if urgent else f"{address}今天还没有联系上，请您敲门看看。"
    return f"{signature(community)}{asked}能去请回复应答码 {code}，谢谢！"


def call_message(community: str, what: str, where: str, code: str) -> str:
    """The text message of a call for help."""
    return f"{signature(community)}{where}需要帮忙：{what}。能来请回复应答码 {code}，谢谢！"


def nobody_told(rung: Rung) -> str:
    """The note on a rung without anybody who could be told."""
    return f"{rung.label}无人可通知"


def check_skills(skills: list[Colour], most: int) -> None:
    """A call goes to CYAN and BLUE residents, to at most :data:`MOST_CALLED`."""
    if not skills or not set(skills) <= CALLED_UPON:
        raise invalid("只能召集青色和蓝色人员", "colours")
    if not 1 <= most <= MOST_CALLED:
        raise invalid("一次召集 1 到 {most} 人", "most", most=MOST_CALLED)
