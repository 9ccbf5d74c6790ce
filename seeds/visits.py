"""The visits of a year: each worker's rounds, day by day, as often as the colours require."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from random import Random
from uuid import UUID

from db import visits as tables
from rules.journal import EntryKind
from rules.people import Colour
from rules.visits import VisitMode
from seeds.accounts import Officer, Staff
from seeds.book import Book
from seeds.clock import AFTERNOON, DAY, FORENOON, days, moment, some_day
from seeds.ids import seeded
from seeds.journal import enter_at
from seeds.people import People, Person, is_grandpas
from seeds.places import Grid, Home
from seeds.plans import Plan
from seeds.visit_notes import Subject, note

GRANDPAS_SILENT_DAY = date(2023, 11, 23)
"""The day on which nobody reaches 王大爷."""

_SKIPPED = {Colour.RED: 0.007, Colour.ORANGE: 0.03, Colour.YELLOW: 0.04}
_DOORSTEP = 0.16
"""The share of RED visits at home rather than by telephone."""
_NO_SIGNAL = 0.12
_AT_HOME = 0.5
_WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class Stop:
    """A home on a worker's round."""

    home: Home
    colour: Colour
    mode: VisitMode


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    id: UUID
    home: Home
    worker: Officer
    mode: VisitMode
    reached: list[Person]
    occurred_at: datetime
    recorded_at: datetime


Calendar = dict[tuple[date, Grid], list[Stop]]


def add(book: Book, plan: Plan, people: People, staff: Staff) -> list[Visit]:
    """Adds all visits, in the order of days and grids."""
    random = seeded(plan.community, "visits")
    calendar = _calendar(random, plan, people)
    rounds = Rounds(book, random, people, staff)
    return [
        visit
        for day in days(plan.first_day, plan.last_day)
        for grid in staff.workers
        for visit in rounds.walk(day, calendar.get((day, grid), []))
    ]


def _calendar(random: Random, plan: Plan, people: People) -> Calendar:
    calendar: Calendar = defaultdict(list)
    for day, stop in _planned(random, plan, people):
        if plan.first_day <= day <= plan.last_day:
            calendar[day, stop.home.grid].append(stop)
    return calendar


def _planned(random: Random, plan: Plan, people: People) -> Iterator[tuple[date, Stop]]:
    for home in people.homes_of(Colour.RED):
        yield from _daily(random, plan, home)
    for home in people.homes_of(Colour.ORANGE):
        for monday in _mondays(plan):
            yield from _once(random, monday, monday + 4 * DAY, home, Colour.ORANGE)
    for home in people.homes_of(Colour.YELLOW):
        for first in _months(plan):
            yield from _once(random, first + 2 * DAY, first + 27 * DAY, home, Colour.YELLOW)
    yield from _now_and_then(random, plan, people)


def _daily(random: Random, plan: Plan, home: Home) -> Iterator[tuple[date, Stop]]:
    for day in days(plan.first_day, plan.last_day):
        silent = day == GRANDPAS_SILENT_DAY if is_grandpas(home) else random.random() < _SKIPPED[Colour.RED]
        if not silent:
            at_home = random.random() < _DOORSTEP
            yield day, Stop(home, Colour.RED, VisitMode.HOME_VISIT if at_home else VisitMode.PHONE)


def _once(random: Random, first: date, last: date, home: Home, colour: Colour) -> Iterator[tuple[date, Stop]]:
    """One visit on a working day of the period, unless it is missed."""
    day = some_day(random, first, last)
    if random.random() >= _SKIPPED[colour]:
        yield day - max(0, day.weekday() - _WORKDAYS + 1) * DAY, Stop(home, colour, VisitMode.HOME_VISIT)


def _now_and_then(random: Random, plan: Plan, people: People) -> Iterator[tuple[date, Stop]]:
    """Online contacts with permanent residents; ``online`` is the number for each grid and week."""
    homes = people.homes_of(Colour.GREEN)
    weeks = ((plan.last_day - plan.first_day).days + 7) // 7
    grids = len({home.grid for home in homes})
    for _ in range(round(plan.online * weeks * grids)):
        day = some_day(random, plan.first_day, plan.last_day)
        yield day, Stop(random.choice(homes), Colour.GREEN, VisitMode.ONLINE)


def _mondays(plan: Plan) -> Iterator[date]:
    first = plan.first_day - plan.first_day.weekday() * DAY
    return (day for day in days(first, plan.last_day) if day.weekday() == 0)


def _months(plan: Plan) -> Iterator[date]:
    first = plan.first_day.replace(day=1)
    return (day for day in days(first, plan.last_day) if day.day == 1)


_ORDER = (VisitMode.PHONE, VisitMode.HOME_VISIT, VisitMode.ONLINE)
_BEGIN = {
    VisitMode.PHONE: (FORENOON[0],),
    VisitMode.HOME_VISIT: (time(10, 15), time(10, 15), AFTERNOON[0]),
    VisitMode.ONLINE: (time(11), time(18, 30)),
}
MINUTES = {VisitMode.PHONE: (3, 12), VisitMode.HOME_VISIT: (12, 28), VisitMode.ONLINE: (2, 9)}
_LATER = 45
"""Minutes by which a round begins late at most."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """Writes the visits of workers, with random notes and residents at home."""

    book: Book
    random: Random
    people: People
    staff: Staff

    def walk(self, day: date, stops: list[Stop]) -> Iterator[Visit]:
        """The visits of a day: telephone calls, then homes in walking order, then messages."""
        free = moment(day, FORENOON[0])
        for mode, group in groupby(sorted(stops, key=walking_order), key=attrgetter("mode")):
            free = max(free, self._begin(day, mode))
            for stop in group:
                begun = not_at_noon(free) + timedelta(seconds=self.random.randrange(150))
                free = begun + timedelta(minutes=self.random.randint(*MINUTES[mode]))
                yield self.visit(stop, begun, self.recorded(mode, free))

    def _begin(self, day: date, mode: VisitMode) -> datetime:
        planned = moment(day, self.random.choice(_BEGIN[mode]))
        return planned + timedelta(minutes=self.random.randrange(_LATER))

    def recorded(self, mode: VisitMode, finished: datetime) -> datetime:
        """When a visit is recorded: at once, or hours later where the staircase has no signal."""
        if mode is VisitMode.HOME_VISIT and self.random.random() < _NO_SIGNAL:
            return finished + timedelta(minutes=self.random.randint(60, 240))
        return finished + timedelta(seconds=self.random.randrange(10, 180))

    def visit(self, stop: Stop, occurred_at: datetime, recorded_at: datetime) -> Visit:
        """Adds a visit."""
        visit = Visit(
            self.book.new_id(occurred_at),
            stop.home,
            self.staff.workers[stop.home.grid],
            stop.mode,
            self._reached(stop),
            occurred_at,
            recorded_at,
        )
        with_children = not all(each.adult for each in self.people.of_home[stop.home])
        subject = Subject(stop.colour, stop.mode, occurred_at.date(), with_children)
        write(self.book, visit, note(self.random, subject))
        return visit

    def attempt(self, stop: Stop, occurred_at: datetime, recorded_at: datetime, text: str) -> None:
        """Adds a visit that met nobody."""
        worker = self.staff.workers[stop.home.grid]
        visit = Visit(self.book.new_id(occurred_at), stop.home, worker, stop.mode, [], occurred_at, recorded_at)
        write(self.book, visit, text)

    def _reached(self, stop: Stop) -> list[Person]:
        """One adult by telephone, or several residents at home."""
        residents = self.people.of_home[stop.home]
        adults = [each for each in residents if each.adult]
        if stop.mode is not VisitMode.HOME_VISIT:
            return [self.random.choice(adults)]
        also = [each for each in residents if each is not adults[0] and self.random.random() < _AT_HOME]
        return [adults[0], *also]


def walking_order(stop: Stop) -> tuple[int, int, int, int, str]:
    home = stop.home
    return _ORDER.index(stop.mode), home.building.number, home.unit, home.floor, home.room


def not_at_noon(free: datetime) -> datetime:
    """The time, moved out of the midday rest."""
    noon, afternoon = (moment(free.date(), hours) for hours in (FORENOON[1], AFTERNOON[0]))
    return afternoon if noon < free < afternoon else free


def write(book: Book, visit: Visit, text: str | None) -> None:
    """Adds a visit with the residents it reached and its journal entry."""
    book.add(
        tables.Visit,
        id=visit.id,
        **visit.home.columns,
        worker_id=visit.worker.id,
        mode=visit.mode,
        note=text,
        is_attempt=not visit.reached,
        occurred_at=visit.occurred_at,
        recorded_at=visit.recorded_at,
    )
    reach = {"household_id": visit.home.id, "mode": visit.mode, "occurred_at": visit.occurred_at}
    for person in visit.reached:
        book.add(tables.VisitResident, visit_id=visit.id, resident_id=person.id, **reach)
    enter_at(
        book,
        EntryKind.VISIT_RECORDED,
        visit.home,
        visit.occurred_at,
        visit.worker.id,
        visit_id=visit.id,
        recorded_at=visit.recorded_at,
    )
