"""A community with its places, people, policies and visits, to which cases are added."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from itertools import islice
from random import Random
from typing import Self

from rules.visits import VisitMode
from seeds import accounts, clock_policies, codes, organisations, people, places, policies, premises, visits
from seeds.accounts import Staff
from seeds.book import Book
from seeds.clock_policies import Clocks
from seeds.ids import seeded
from seeds.organisations import Bodies, Responsible
from seeds.people import People, Person
from seeds.places import Home, Town
from seeds.plans import Plan
from seeds.premises import Premises
from seeds.visits import Visit

_SOON = 20
"""Home visits to choose from."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    plan: Plan
    book: Book
    town: Town
    people: People
    staff: Staff
    clocks: Clocks
    bodies: Bodies
    responsible: Responsible
    premises: list[Premises]
    coded: list[Home]
    visits: list[Visit]
    """In the order of days."""

    @classmethod
    def build(cls, book: Book, plan: Plan) -> Self:
        """Adds everything up to the visits."""
        town = places.add(book, plan)
        policies.add(book, town)
        clocks = clock_policies.add(book, town)
        residents = people.add(book, plan, town)
        staff = accounts.add_staff(book, plan, town, residents)
        people.add_colours(book, plan, residents, lambda grid: staff.workers[grid].id)
        bodies = organisations.add(book, plan, town)
        responsible = organisations.add_policies(book, town, bodies)
        accounts.add_partners(book, plan, town, staff, bodies)
        firms = premises.add(book, plan, town)
        coded = codes.add(book, plan, town, residents)
        made = visits.add(book, plan, residents, staff)
        return cls(plan, book, town, residents, staff, clocks, bodies, responsible, firms, coded, made)

    def random(self, about: str) -> Random:
        """Random numbers for one subject."""
        return seeded(self.plan.community, about)

    def some_home(self, random: Random) -> Home:
        """A random home that is not vacant."""
        return random.choice(list(self.people.of_home))

    def doorstep(self, random: Random, day: date) -> Visit:
        """One of the next home visits from that day on."""
        first = bisect_left(self.visits, day, key=lambda visit: visit.occurred_at.date())
        following = (visit for visit in islice(self.visits, first, None) if visit.mode is VisitMode.HOME_VISIT)
        return random.choice(list(islice(following, _SOON)))

    def speaker(self, random: Random, home: Home) -> Person:
        """A random adult of the home."""
        return random.choice([person for person in self.people.of_home[home] if person.adult])
