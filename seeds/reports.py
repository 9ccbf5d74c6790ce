"""How appeals come in: the channel, the reporter, the place and the text."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from uuid import UUID

from rules.appeals import AppealCategory, AppealKind, AppealSource
from seeds.accounts import Officer
from seeds.appeal_texts import exchanges
from seeds.clock import in_office, in_waking_hours
from seeds.people import Person
from seeds.places import Building, Grid, Home
from seeds.world import World


@dataclass(frozen=True, slots=True)
class Report:
    """An appeal when it is opened."""

    kind: AppealKind
    category: AppealCategory
    source: AppealSource
    body: str
    answer: str
    building: Building
    unit: int | None
    home: Home | None
    resident: Person | None
    reporter_name: str | None
    reporter_phone: str | None
    registered_by: Officer | None
    visit_id: UUID | None
    opened_at: datetime
    recorded_at: datetime

    @property
    def grid(self) -> Grid:
        return self.building.grid


@dataclass(frozen=True, slots=True)
class Topic:
    """The subject of an appeal, the day on which it comes in, and its answer."""

    kind: AppealKind
    category: AppealCategory
    day: date
    body: str
    answer: str


_SIGNED = 0.7
"""The share of reporters who leave their name when they scan a code."""

Way = Callable[[World, Random, Topic], Report]


def topic(random: Random, kind: AppealKind, category: AppealCategory, day: date) -> Topic:
    """A topic with a random text."""
    return Topic(kind, category, day, *random.choice(exchanges(kind, category)))


def _report(
    topic: Topic,
    source: AppealSource,
    home: Home,
    opened_at: datetime,
    *,
    text: str = "{}",
    person: Person | None = None,
    on_register: bool = True,
    registered_by: Officer | None = None,
    visit_id: UUID | None = None,
    recorded_at: datetime | None = None,
) -> Report:
    return Report(
        topic.kind,
        topic.category,
        source,
        text.format(topic.body.format(home=home.label, unit=f"{home.building.label}{home.unit}单元")),
        topic.answer,
        home.building,
        home.unit,
        home,
        person if on_register else None,
        person.name if person else None,
        person.phone if person else None,
        registered_by,
        visit_id,
        opened_at,
        recorded_at or opened_at,
    )


def by_home_code(world: World, random: Random, topic: Topic, home: Home | None = None) -> Report:
    """A report by the code at a home's door."""
    home = home or random.choice(world.coded)
    person = world.speaker(random, home) if random.random() < _SIGNED else None
    opened_at = in_waking_hours(random, topic.day)
    return _report(topic, AppealSource.QR_HOME, home, opened_at, person=person, on_register=False)


def by_counter_code(world: World, random: Random, topic: Topic) -> Report:
    """A report by the code of the counter, whose text names the home."""
    home = world.some_home(random)
    text = f"{home.label} {{}}"
    person = world.speaker(random, home) if random.random() < _SIGNED else None
    at = in_office(random, topic.day)
    return _report(topic, AppealSource.QR_COUNTER, home, at, text=text, person=person, on_register=False)


def _told(source: AppealSource) -> Way:
    """A report that a worker registers."""

    def way(world: World, random: Random, topic: Topic) -> Report:
        home = world.some_home(random)
        person = world.speaker(random, home)
        worker = world.staff.workers[home.grid]
        at = in_office(random, topic.day)
        return _report(topic, source, home, at, person=person, registered_by=worker)

    return way


def on_a_visit(world: World, random: Random, topic: Topic) -> Report:
    """A report on a visit."""
    visit = world.doorstep(random, topic.day)
    return _report(
        topic,
        AppealSource.VISIT,
        visit.home,
        visit.occurred_at,
        person=visit.reached[0],
        registered_by=visit.worker,
        visit_id=visit.id,
        recorded_at=visit.recorded_at,
    )


def by_building_head(world: World, random: Random, topic: Topic) -> Report:
    """A report by a building head (联户长)."""
    building, head = random.choice(list(world.staff.heads.items()))
    home = random.choice([home for home in world.people.of_home if home.building is building])
    at = in_waking_hours(random, topic.day)
    return _report(topic, AppealSource.BUILDING_HEAD, home, at, registered_by=head)


WAYS: dict[AppealSource, Way] = {
    AppealSource.QR_HOME: by_home_code,
    AppealSource.QR_COUNTER: by_counter_code,
    AppealSource.DESK: _told(AppealSource.DESK),
    AppealSource.PHONE: _told(AppealSource.PHONE),
    AppealSource.VISIT: on_a_visit,
    AppealSource.BUILDING_HEAD: by_building_head,
    AppealSource.APP: _told(AppealSource.APP),
}
