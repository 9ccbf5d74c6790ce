"""Continues the demo from the end of 2023 to the moment at which it is loaded."""

from datetime import date, datetime
from random import Random

from rules.roster import WEEK
from rules.wishes import Claimant, WishStatus
from seeds import patrols, rosters, wishes
from seeds.clock import DAY, FORENOON, moment
from seeds.quiet import board, endings, line, mediation, rounds, town
from seeds.quiet.span import BEGINS, SETTLED, Span
from seeds.wishes import Tale
from seeds.world import World

_WEEKS_BEFORE = 4
"""Published rosters before that of this week. Older ones are not needed for anything."""
_PATROLLED = (12, 4)
"""Month and day of the patrol at the end of each year."""
_SITES_A_DAY = 4
_LATELY = 12
"""Days since a last look at some sites."""
_WISH_EVERY = 91
_GRANTED = (
    ("腿脚不好，想要一根带灯的拐杖。", "一位老人想要一根带灯的拐杖"),
    ("孩子想学画画，家里没有颜料。", "一名小学生想要一套颜料"),
    ("老花镜断了腿，想请人修一修。", "一位老人想请人修老花镜"),
    ("想把老照片洗出来挂在墙上。", "一位老人想把老照片洗出来"),
    ("孩子想要一套少儿百科。", "一名小学生想要一套少儿百科"),
    ("阳台的灯够不着，想请人换一只灯泡。", "一位老人想请人换阳台的灯泡"),
)
_TALES: tuple[tuple[int, Tale], ...] = (
    (3, Tale("想找人教我用手机挂号。", "", WishStatus.PROPOSED)),
    (7, Tale("想要一盆好养的花，冬天看着有精神。", "一位老人想要一盆好养的花", WishStatus.PUBLISHED)),
    (
        11,
        Tale(
            "孩子想要一副乒乓球拍。",
            "一名小学生想要一副乒乓球拍",
            WishStatus.CLAIMED,
            Claimant.PARTY_BRANCH,
            ("球拍已经买好，周末送到",),
            child=True,
        ),
    ),
)
_THANKS = ("已经联系好，过两天送到", "送到了，家里很高兴")


def add(world: World, now: datetime) -> None:
    """Adds what happened since 2023. Nothing later than ``now`` is added, but for the roster of the coming week."""
    span = Span(now)
    if span.today < SETTLED:
        return
    endings.add(world)
    rounds.add(world, span)
    town.add(world, span)
    line.add(world, span)
    board.add(world, span)
    mediation.add(world, span)
    _rosters(world, span)
    _wishes(world, span)
    _patrols(world, span)


def _rosters(world: World, span: Span) -> None:
    monday = span.today - span.today.weekday() * DAY
    first = monday - _WEEKS_BEFORE * WEEK * DAY
    rosters.publish(world, _WEEKS_BEFORE + 2, first, latest=span.now - DAY)


def _wishes(world: World, span: Span) -> None:
    random = world.random("quiet wishes")
    day, number = BEGINS + _WISH_EVERY * DAY, 0
    while day < span.ago(max(days for days, _ in _TALES)):
        body, published = _GRANTED[number % len(_GRANTED)]
        claimant = random.choice(list(Claimant))
        tale = Tale(body, published, WishStatus.FULFILLED, claimant, _THANKS, child="孩子" in body)
        wishes.tell(world, random, tale, moment(day, FORENOON[0]))
        day, number = day + _WISH_EVERY * DAY, number + 1
    for days, tale in _TALES:
        wishes.tell(world, random, tale, moment(span.ago(days), FORENOON[0]))


def _patrols(world: World, span: Span) -> None:
    """Patrols all sites at the end of each year, and some of them lately."""
    for year in range(BEGINS.year, span.today.year + 1):
        first = date(year, *_PATROLLED)
        sites = patrols.sites_of(world)
        if first + len(sites) // _SITES_A_DAY * DAY < span.today:
            _walk(world, world.random(f"quiet patrol {year}"), first, len(sites))
    _walk(world, world.random("quiet patrol"), span.ago(_LATELY), _SITES_A_DAY)


def _walk(world: World, random: Random, first: date, count: int) -> None:
    for number, site in enumerate(patrols.sites_of(world)[:count]):
        day, at = divmod(number, _SITES_A_DAY)
        begins = moment(first + day * DAY, FORENOON[0]) + at * patrols.ONE_SITE
        patrols.inspect(world, random, site, begins, patrols.posted(world))
