"""Activities (社区活动, domain.md section 11): what a plan needs, and until when and by how many it can be joined."""

from datetime import datetime, timedelta
from enum import auto

from rules.alerts import CALLED_UPON
from rules.gathering import field_check
from rules.people import Colour
from rules.refusals import Code, Refusal, invalid, together
from rules.vocabulary import Word

MOST_WANTED = 500
"""The most helpers of one activity: everybody of a few buildings. A larger number is a typing error."""
MOST_PEOPLE = 10
"""The most people of one sign-up: a family. A larger number is a typing error."""
FEWEST_TOLD = 5
"""The public is told how many come from this number on (domain.md section 11)."""
LONGEST = timedelta(days=31)
"""The longest activity, such as a month of snow duty. A later end is a typing error."""
FURTHEST_AHEAD = timedelta(days=366)


class ActivityStatus(Word):
    """The status of an activity, which follows from its times, its sign-ups and its cancellation."""

    OPEN = auto(), "可以报名", "Can be joined."
    FULL = auto(), "名额已满", "As many as wanted have signed up."
    BEGUN = auto(), "已经开始", "Has begun; who was there can be recorded."
    CANCELLED = auto(), "已取消", "Cancelled with a reason."


def status_of(
    *, cancelled: bool, begins_at: datetime, wanted: int | None, coming: int, now: datetime
) -> ActivityStatus:
    """The status of an activity with so many sign-ups."""
    if cancelled:
        return ActivityStatus.CANCELLED
    if now >= begins_at:
        return ActivityStatus.BEGUN
    return ActivityStatus.FULL if wanted is not None and coming >= wanted else ActivityStatus.OPEN


def check_status(status: ActivityStatus, *allowed: ActivityStatus) -> None:
    """Raises WRONG_STATE with the status for what is not possible in it."""
    if status not in allowed:
        raise Refusal(Code.WRONG_STATE, "activity", status=status)


@field_check
def check_plan(begins_at: datetime, ends_at: datetime, wanted: int | None, colours: list[Colour]) -> None:
    """Raises INVALID_INPUT for times in the wrong order or too far away, a wrong number, and colours of no helpers."""
    refused = []
    if not begins_at < ends_at:
        refused.append(invalid("结束时间应晚于开始时间", "endsAt"))
    elif ends_at - begins_at > LONGEST:
        refused.append(invalid("活动最长 {days} 天", "endsAt", days=LONGEST.days))
    if wanted is not None and not 1 <= wanted <= MOST_WANTED:
        refused.append(invalid("人数应为 1 到 {most}", "wanted", most=MOST_WANTED))
    if not set(colours) <= CALLED_UPON:
        refused.append(invalid("只能邀请青色和蓝色人员", "colours"))
    if refused:
        raise together(refused)


@field_check
def check_beginning(begins_at: datetime, now: datetime) -> None:
    """Raises INVALID_INPUT unless an activity begins in the future, and within a year."""
    if begins_at <= now:
        raise invalid("开始时间应晚于现在", "beginsAt")
    if begins_at > now + FURTHEST_AHEAD:
        raise invalid("开始时间应在一年以内", "beginsAt")


def check_room(wanted: int | None, coming: int) -> None:
    """Raises INVALID_INPUT if fewer would be wanted than have signed up already."""
    if wanted is not None and wanted < coming:
        raise invalid("已有 {coming} 人报名，人数不能更少", "wanted", coming=coming)


def has_room(people: int, wanted: int | None, coming: int) -> bool:
    """True if so many more can come."""
    return wanted is None or coming + people <= wanted


def check_people(people: int, wanted: int | None, coming: int) -> None:
    """Raises INVALID_INPUT for a wrong number of people, or for more than places are left, without telling how many."""
    if not 1 <= people <= MOST_PEOPLE:
        raise invalid("一次可报 1 到 {most} 人", "people", most=MOST_PEOPLE)
    if not has_room(people, wanted, coming):
        raise invalid("剩下的名额不够，请少报几位", "people")


def in_words(at: datetime) -> str:
    """A local time as messages have it, such as 「12月20日15:30」."""
    return f"{at.month}月{at.day}日{at:%H:%M}"


def change_message(community: str, what: str, begins_at: datetime, place: str) -> str:
    """The text message about another time or place, to those who come. ``begins_at`` is local."""
    now = f"{in_words(begins_at)}开始，地点：{place}"
    return f"【{community}】活动「{what}」有变动：{now}。如果不能来，请告诉社区，谢谢！"


def cancel_message(community: str, what: str, begins_at: datetime, reason: str) -> str:
    """The text message about a cancellation, to those who would have come. ``begins_at`` is local."""
    return f"【{community}】{in_words(begins_at)}的活动「{what}」取消了：{reason.rstrip('。')}。请您谅解，谢谢！"
