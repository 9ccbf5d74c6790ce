"""Residents and their colours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import UUID

from db import people as tables
from rules.people import Colour, Relation, Sex, Tenure
from seeds import families
from seeds.book import Book
from seeds.clock import POSTS_BEGIN, SET_UP
from seeds.families import Member
from seeds.ids import seeded
from seeds.names import phone
from seeds.places import Building, Grid, Home, Town
from seeds.plans import Plan

_GRANDPA_WANG = Member("王德顺", Sex.MALE, date(1944, 3, 12))
"""王大爷 of story 1, who lives alone in building 3."""
_GRANDPA_LIVES = (3, 1, "201")
_FULL_UNITS = frozenset({(3, 2), (8, 1)})
"""The staircases of the stories, where no home is vacant."""

Family = Callable[[Random], list[Member]]

_PERMANENT: tuple[Family, ...] = (families.family, families.couple, families.alone)
_PERMANENT += (families.family, families.elderly_couple, families.three_generations, families.family)
_IN_NEED: tuple[Family, ...] = (families.single_parent, families.elderly_couple, families.family)
_PASSING: tuple[Family, ...] = (families.couple, families.alone, families.family)

_REASONS: dict[Colour, tuple[str | None, ...]] = {
    Colour.RED: ("七十岁以上，独自居住",),
    Colour.ORANGE: ("家庭困难", "行动不便，需要帮助", "独自抚养孩子", "刚刚失业"),
    Colour.YELLOW: ("租住", "外来务工，租住"),
    Colour.GREEN: (None,),
    Colour.CYAN: ("医生", "教师", "民兵", "职工", "退役军人"),
    Colour.BLUE: ("报名参加志愿服务", "热心邻里事务"),
}
_ADULT, _AGED, _PHONELESS = 2005, 1953, 2012
_IN_SERVICE = {Colour.CYAN: 0.06, Colour.BLUE: 0.05}


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A resident."""

    id: UUID
    home: Home
    name: str
    born_on: date
    phone: str | None
    colours: frozenset[Colour]
    relation: Relation | None = None

    @property
    def adult(self) -> bool:
        return self.born_on.year < _ADULT


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The residents of each home that is not vacant."""

    of_home: dict[Home, list[Person]]

    def everyone(self) -> Iterator[Person]:
        for residents in self.of_home.values():
            yield from residents

    def homes_of(self, colour: Colour) -> list[Home]:
        """The homes whose first resident has a colour."""
        return [home for home, people in self.of_home.items() if colour in people[0].colours]

    def head_of(self, home: Home) -> Person | None:
        """The head of a household."""
        return next((each for each in self.of_home.get(home, ()) if each.relation is Relation.HEAD), None)

    def adults_of(self, building: Building) -> list[Person]:
        return [each for each in self.everyone() if each.home.building is building and each.adult]


def add(book: Book, plan: Plan, town: Town) -> People:
    """Adds the residents."""
    random = seeded(plan.community, "people")
    of_home: dict[Home, list[Person]] = {}
    for grid in town.grids:
        homes = [home for home in town.homes if home.grid is grid]
        for home, colour in _kinds(random, plan, homes).items():
            if colour is not None:
                of_home[home] = _move_in(book, random, home, colour)
    return People(of_home)


def _kinds(random: Random, plan: Plan, homes: list[Home]) -> dict[Home, Colour | None]:
    """The colour of each home, ``None`` for a vacant one. The homes of the stories are GREEN."""
    free = [home for home in homes if not in_story(home)]
    random.shuffle(free)
    free.sort(key=lambda home: not is_grandpas(home))
    wanted = [Colour.RED] * plan.red + [Colour.ORANGE] * plan.orange + [Colour.YELLOW] * plan.yellow
    chosen: dict[Home, Colour | None] = dict(zip(free, [*wanted, *[None] * plan.vacant], strict=False))
    return {home: chosen.get(home, Colour.GREEN) for home in homes}


def in_story(home: Home) -> bool:
    """True if the home is on a staircase of the stories."""
    return (home.building.number, home.unit) in _FULL_UNITS


def is_grandpas(home: Home) -> bool:
    return (home.building.number, home.unit, home.room) == _GRANDPA_LIVES


def _move_in(book: Book, random: Random, home: Home, colour: Colour) -> list[Person]:
    members = _members(random, home, colour)
    return [_resident(book, random, home, member, _colours(random, member, colour)) for member in members]


def _members(random: Random, home: Home, colour: Colour) -> list[Member]:
    if colour is Colour.RED:
        return [_GRANDPA_WANG] if is_grandpas(home) else families.elder_alone(random)
    kinds = {Colour.ORANGE: _IN_NEED, Colour.YELLOW: _PASSING}.get(colour, _PERMANENT)
    return random.choice(kinds)(random)


def _colours(random: Random, member: Member, colour: Colour) -> frozenset[Colour]:
    """The colour of the household, and for some of working age CYAN or BLUE."""
    able = _AGED <= member.born_on.year < _ADULT and colour in {Colour.GREEN, Colour.YELLOW}
    called = {each for each, share in _IN_SERVICE.items() if able and random.random() < share}
    return frozenset({colour, *called})


def _resident(book: Book, random: Random, home: Home, member: Member, colours: frozenset[Colour]) -> Person:
    number = phone(random) if member.born_on.year < _PHONELESS else None
    person = Person(book.new_id(SET_UP), home, member.name, member.born_on, number, colours, member.relation)
    book.add(
        tables.Resident,
        id=person.id,
        **home.columns,
        name=member.name,
        sex=member.sex,
        born_on=member.born_on,
        phone=number,
    )
    add_residency(book, person)
    return person


def add_residency(book: Book, person: Person) -> None:
    """Adds the residency of a resident from the first day of the demo, or from birth."""
    book.add(
        tables.Residency,
        id=book.new_id(SET_UP),
        resident_id=person.id,
        **person.home.columns,
        moved_in_on=max(POSTS_BEGIN, person.born_on),
        relation=person.relation,
        tenure=_tenure(person),
        recorded_at=SET_UP,
    )


def _tenure(person: Person) -> Tenure | None:
    """Floating population rents, other families own their home."""
    if person.relation is None:
        return None
    return Tenure.TENANT if Colour.YELLOW in person.colours else Tenure.OWNER


def add_colours(book: Book, plan: Plan, people: People, set_by: Callable[[Grid], UUID]) -> None:
    """Adds the colours, set by the worker of each grid."""
    random = seeded(plan.community, "colours")
    for person in people.everyone():
        for each in sorted(person.colours):
            book.add(
                tables.ResidentColour,
                id=book.new_id(SET_UP),
                resident_id=person.id,
                grid_id=person.home.grid.id,
                colour=each,
                set_by=set_by(person.home.grid),
                set_at=SET_UP,
                reason=random.choice(_REASONS[each]),
            )
