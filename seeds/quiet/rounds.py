"""The rounds of the quiet years: the duties are done, but for a few that are late or missed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from random import Random

from rules.people import Colour
from rules.visits import VisitMode
from seeds.clock import DAY, moment, some_day
from seeds.places import Grid, Home
from seeds.quiet.elders import Fate, Ladder, Overdue
from seeds.quiet.span import BEGINS, Span
from seeds.visits import MINUTES, Rounds, Stop, Visit, not_at_noon, walking_order
from seeds.world import World

_CALLS, _DOORS, _MESSAGES = (time(9, 30),), (time(10, 50), time(16)), (time(18, 30),)
"""When the parts of a round begin. The people who live alone are reached before 11:00, when the ladder rings."""
_LATER, _BETWEEN, _AT_THE_DOOR = 12 * 60, 150, timedelta(minutes=12)
_EVERY = 6
"""The days between home visits to people who live alone. On the other days they are telephoned."""
_LATE, _MISSED = 0.03, 0.04
"""A home is reached in the days of grace if its number is below the first, and not at all if it is below the second."""
_GRACE = {Colour.ORANGE: 2, Colour.YELLOW: 5}
_ONLINE = 0.15
"""The share of days on which a grid has an online contact."""
_WORKDAYS, _WEEK = 5, 7

Calendar = defaultdict[tuple[date, Grid], list[Stop]]


def add(world: World, span: Span) -> None:
    """Adds the visits, and the alerts about people who were not reached by the hour."""
    calendar, alone = _calendar(world, span), _by_grid(world, Colour.RED)
    homes = [home for home in world.people.homes_of(Colour.RED) if home.building in world.staff.heads]
    ladder = Ladder(world, span, homes)
    for day in span.days():
        overdue = ladder.overdue(day)
        for grid in world.staff.workers:
            rounds = Rounds(world.book, world.random(f"quiet round {day} {grid.name}"), world.people, world.staff)
            calls = [_call(day, number, home) for number, home in enumerate(alone[grid])]
            for visit in _walk(rounds, span, day, (stop for stop in calls if not _is_late(stop, overdue))):
                ladder.reached(visit)
            world.visits.extend(_walk(rounds, span, day, calendar[day, grid]))
            if overdue is not None and overdue.home.grid is grid:
                _find(rounds, ladder, span, overdue)


def _by_grid(world: World, colour: Colour) -> dict[Grid, list[Home]]:
    homes = world.people.homes_of(colour)
    return {grid: [home for home in homes if home.grid is grid] for grid in world.staff.workers}


def _call(day: date, number: int, home: Home) -> Stop:
    at_home = (day.toordinal() + number) % _EVERY == 0
    return Stop(home, Colour.RED, VisitMode.HOME_VISIT if at_home else VisitMode.PHONE)


def _is_late(stop: Stop, overdue: Overdue | None) -> bool:
    return overdue is not None and stop.home is overdue.home


def _walk(rounds: Rounds, span: Span, day: date, stops: Iterable[Stop]) -> Iterator[Visit]:
    """The visits of a walk, as far as it has come."""
    random, free = rounds.random, moment(day, time())
    for stop in sorted(stops, key=walking_order):
        begins = moment(day, random.choice(_parts(stop))) + timedelta(seconds=random.randrange(_LATER))
        begun = not_at_noon(max(free, begins)) + timedelta(seconds=random.randrange(_BETWEEN))
        free = begun + timedelta(minutes=random.randint(*MINUTES[stop.mode]))
        recorded_at = free + timedelta(seconds=random.randrange(10, 180))
        if span.has_come(recorded_at):
            yield rounds.visit(stop, begun, recorded_at)


def _parts(stop: Stop) -> tuple[time, ...]:
    if stop.colour is Colour.RED:
        return _CALLS
    return _MESSAGES if stop.mode is VisitMode.ONLINE else _DOORS


def _find(rounds: Rounds, ladder: Ladder, span: Span, overdue: Overdue) -> None:
    """Visits somebody whom the calls had not reached, after the alert."""
    recorded_at = overdue.found_at + _AT_THE_DOOR
    if overdue.fate is Fate.FOUND and span.has_come(recorded_at):
        stop = Stop(overdue.home, Colour.RED, VisitMode.HOME_VISIT)
        ladder.reached(rounds.visit(stop, overdue.found_at, recorded_at))


def _calendar(world: World, span: Span) -> Calendar:
    """The visits and messages that are not due daily, by day and grid."""
    calendar: Calendar = defaultdict(list)
    for day, stop in _planned(world, span):
        calendar[day, stop.home.grid].append(stop)
    return calendar


def _planned(world: World, span: Span) -> Iterator[tuple[date, Stop]]:
    orange, yellow, green = (_by_grid(world, colour) for colour in (Colour.ORANGE, Colour.YELLOW, Colour.GREEN))
    for day in span.days():
        random = world.random(f"quiet plan {day}")
        if day.weekday() == 0:
            yield from _period(random, span, orange, Colour.ORANGE, day, day + 4 * DAY, day + 7 * DAY)
        if day.day == 1:
            following = (day + 31 * DAY).replace(day=1)
            yield from _period(random, span, yellow, Colour.YELLOW, day + 2 * DAY, day + 24 * DAY, following)
        for homes in green.values():
            if day.weekday() < _WORKDAYS and random.random() < _ONLINE:
                yield day, Stop(random.choice(homes), Colour.GREEN, VisitMode.ONLINE)


def _period(
    random: Random,
    span: Span,
    homes: dict[Grid, list[Home]],
    colour: Colour,
    first: date,
    last: date,
    following: date,
) -> Iterator[tuple[date, Stop]]:
    """The visits to all homes of a colour in a period. While it runs, each grid has one home still to be visited.

    The first days of 2024 are left out, because they would count as days of grace of the last period of 2023.
    """
    grace = _GRACE[colour] * DAY
    for own in homes.values():
        left = own[first.toordinal() // 7 % len(own)] if span.today < following else None
        for home in own:
            day, number = some_day(random, max(first, BEGINS + grace), last), random.random()
            if number < _LATE:
                day = following + random.randrange(_GRACE[colour]) * DAY
            elif day.weekday() >= _WORKDAYS:
                day += (_WEEK - day.weekday()) * DAY
            if home is not left and not _LATE <= number < _MISSED:
                yield day, Stop(home, colour, VisitMode.HOME_VISIT)
