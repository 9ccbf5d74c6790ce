"""The community's life in the quiet years: activities and notices, past and to come, and doors that nobody opened."""

from datetime import date, time, timedelta
from random import Random

from rules.notices import Audience
from rules.people import Colour
from rules.visits import VisitMode
from seeds import activities, notices
from seeds.activities import Plan
from seeds.clock import DAY, moment
from seeds.notices import Text
from seeds.people import Person
from seeds.quiet.span import BEGINS, Span
from seeds.visits import Rounds, Stop
from seeds.world import World

_EVERY, _FIRST = 91, 75
"""Days between activities, and before the first one."""
_PLANNED, _COMING = 9, 4
"""Days from the plan of an activity to its beginning, and until the next one begins."""
_OPENS, _TOLD = time(16, 30), time(11, 10)
_HELD = (
    ("老年人手机课堂", "社区活动室"),
    ("邻里包粽子", "党支部服务站"),
    ("义务理发", "社区活动室"),
    ("冬季安全用电讲座", "社区活动室"),
)
_HELPERS, _CAME = 6, 0.85
_PAST = ("小区绿化带清理", "本周六清理绿化带的枯枝，请把停在旁边的车挪一挪，谢谢配合。")
_NOW = (
    (2, Audience.WORKERS, "本周走访提醒", "请各位网格员走访时看看独居老人家里的燃气和电线，发现隐患当天上报。"),
    (3, Audience.HEADS, "请留意陌生推销", "近来有人上门推销保健品。请各位联户长提醒老人不要轻信，有情况请打社区电话。"),
    (3, Audience.PUBLIC, "服务大厅周末也开门", "服务大厅周六、周日上午十点到下午一点半有人值班，办事请带身份证。"),
)
"""By the days since they were published."""
_KNOCKED = time(17, 20)
_WEDNESDAY = 2
_LEFT_A_NOTE = ("敲门没人应，留了联系卡。", "家里没人，电话也没接，改天再来。", "邻居说上班去了，晚上再联系。")


def add(world: World, span: Span) -> None:
    """Adds them up to the moment of loading, and an activity of the coming days."""
    _activities(world, span)
    _notices(world, span)
    _attempts(world, span)


def _activities(world: World, span: Span) -> None:
    random = world.random("quiet activities")
    helpers = [each for each in world.people.everyone() if each.adult and Colour.BLUE in each.colours]
    day, number = BEGINS + _FIRST * DAY, 0
    while day < span.ago(1):
        what, place = _HELD[number % len(_HELD)]
        guests = [{"resident_id": each.id, "attended": random.random() < _CAME} for each in _some(random, helpers)]
        activities.write(world, _plan(day, what, place, guests))
        day, number = day + _EVERY * DAY, number + 1
    guests = [{"resident_id": each.id} for each in _some(random, helpers)]
    coming = span.today + _COMING * DAY
    activities.write(world, _plan(coming, "清扫小区、种花种草", "小区南门", guests, wanted=20))


def _some(random: Random, helpers: list[Person]) -> list[Person]:
    return random.sample(helpers, min(_HELPERS, len(helpers)))


def _plan(day: date, what: str, place: str, guests: list[dict[str, object]], wanted: int | None = None) -> Plan:
    planned_at = moment(day - _PLANNED * DAY, _TOLD)
    colours = [Colour.BLUE] if wanted else ()
    begins_at = moment(day, _OPENS)
    return Plan(what, place, begins_at, wanted, None, colours, guests=guests, planned_at=planned_at)


def _notices(world: World, span: Span) -> None:
    day = BEGINS + _FIRST * DAY
    while day < span.ago(max(days for days, *_ in _NOW)):
        title, body = _PAST
        at = moment(day, _TOLD)
        notices.write(world, Text(Audience.PUBLIC, title, body, until=at + 7 * DAY), at)
        day += 2 * _EVERY * DAY
    for days, audience, title, body in _NOW:
        notices.write(world, Text(audience, title, body), moment(span.ago(days), _TOLD))


def _attempts(world: World, span: Span) -> None:
    """A home in which nobody was met, on Wednesdays. The round comes to it another time."""
    random = world.random("quiet attempts")
    rounds = Rounds(world.book, random, world.people, world.staff)
    homes = world.people.homes_of(Colour.YELLOW)
    for day in span.days():
        if day.weekday() != _WEDNESDAY:
            continue
        at = moment(day, _KNOCKED) + timedelta(minutes=random.randrange(90))
        stop, text = Stop(random.choice(homes), Colour.YELLOW, VisitMode.HOME_VISIT), random.choice(_LEFT_A_NOTE)
        if span.has_come(at + timedelta(minutes=1)):
            rounds.attempt(stop, at, at + timedelta(minutes=1), text)
