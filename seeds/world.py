"""Everything that the matters of a community draw from."""

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
from seeds.dice import dice
from seeds.organisations import Bodies, Responsible
from seeds.people import People, Person
from seeds.places import Home, Town
from seeds.plans import Plan
from seeds.premises import Premises
from seeds.visits import Visit

_SOON = 20
"""Home visits of the next days, in the whole community."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A community with its people, posts and visits."""

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

    @classmethod
    def build(cls, book: Book, plan: Plan) -> Self:
        """Writes a community up to its visits."""
        town = places.build(book, plan)
        policies.set_cadences(book, town)
        clocks = clock_policies.wind(book, town)
        residents = people.settle(book, plan, town)
        staff = accounts.appoint(book, plan, town, residents)
        people.colour(book, plan, residents, lambda grid: staff.workers[grid].id)
        bodies = organisations.found(book, plan, town)
        responsible = organisations.share_out(book, town, bodies)
        accounts.appoint_partners(book, plan, town, staff, bodies)
        firms = premises.open_all(book, plan, town)
        coded = codes.print_all(book, plan, town, residents)
        made = visits.make(book, plan, residents, staff)
        return cls(plan, book, town, residents, staff, clocks, bodies, responsible, firms, coded, made)

    def random(self, about: str) -> Random:
        """The dice for one subject: more of it changes nothing elsewhere."""
        return dice(self.plan.community, about)

    def some_home(self, random: Random) -> Home:
        """Any home in which somebody lives."""
        return random.choice(list(self.people.of_home))

    def doorstep(self, random: Random, day: date) -> Visit:
        """One of the home visits that follow from that day on."""
        following = (
            visit for visit in self.visits if visit.mode is VisitMode.HOME_VISIT and visit.occurred_at.date() >= day
        )
        return random.choice(list(islice(following, _SOON)))

    def speaker(self, random: Random, home: Home) -> Person:
        """A grown-up of the home."""
        return random.choice([person for person in self.people.of_home[home] if person.adult])
