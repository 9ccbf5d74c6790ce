"""The parties of disputes: residents, homes, premises and outsiders."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from uuid import UUID

from rules.disputes import Consent, PartyRole
from rules.people import Colour
from rules.places import OrganisationKind, PremisesKind
from seeds import names
from seeds.organisations import PROPERTY_COMPANY
from seeds.people import Person
from seeds.places import Grid, Home
from seeds.premises import Premises
from seeds.quarrels import Sides
from seeds.world import World


@dataclass(frozen=True, slots=True)
class Party:
    """A party with its name, and its object on the register unless it is an outsider."""

    label: str
    grid: Grid | None = None
    resident_id: UUID | None = None
    household_id: UUID | None = None
    premises_id: UUID | None = None
    organisation_id: UUID | None = None
    outsider_name: str | None = None
    outsider_phone: str | None = None
    speaker_id: UUID | None = None
    speaker_name: str | None = None
    speaker_phone: str | None = None

    def columns(
        self, role: PartyRole, consent: Consent, claim: str | None = None, claim_amount: Decimal | None = None
    ) -> dict[str, object]:
        return {
            "role": role,
            "consent": consent,
            "claim": claim,
            "claim_amount": claim_amount,
            "resident_id": self.resident_id,
            "household_id": self.household_id,
            "premises_id": self.premises_id,
            "organisation_id": self.organisation_id,
            "outsider_name": self.outsider_name,
            "outsider_phone": self.outsider_phone,
            "speaker_id": self.speaker_id,
            "speaker_name": self.speaker_name,
            "speaker_phone": self.speaker_phone,
        }


Pair = tuple[Party, Party]
_MANAGER = "周建军"
"""Who speaks for the property company."""


def of_resident(person: Person) -> Party:
    return Party(person.name, person.home.grid, resident_id=person.id)


def of_home(home: Home, speaker: Person | None = None) -> Party:
    return Party(home.label, home.grid, household_id=home.id, speaker_id=speaker.id if speaker else None)


def of_family(world: World, home: Home) -> Party:
    """A household, for which its head speaks."""
    return of_home(home, world.people.head_of(home))


def of_organisation(label: str, organisation_id: UUID, speaker_name: str, speaker_phone: str) -> Party:
    """A body that works with the community, for which a person speaks."""
    return Party(label, organisation_id=organisation_id, speaker_name=speaker_name, speaker_phone=speaker_phone)


def of_premises(premises: Premises) -> Party:
    return Party(premises.name, premises.grid, premises_id=premises.id)


def outsider(random: Random, name: str | None = None) -> Party:
    """A party that is not on the register."""
    known = name or names.full(random)
    return Party(known, outsider_name=known, outsider_phone=names.phone(random))


@dataclass(frozen=True, slots=True)
class Ground:
    """A home from which the two parties of a dispute are chosen."""

    world: World
    random: Random
    home: Home
    other: str | None

    def person(self) -> Person:
        return self.world.speaker(self.random, self.home)

    def next_door(self) -> Home:
        """A random other home in the building."""
        living = self.world.people.of_home
        around = [each for each in living if each.building is self.home.building and each is not self.home]
        return self.random.choice(around)

    def on_the_stairs(self) -> Home:
        """The nearest home on the staircase on another floor."""
        stairs = self.world.town.unit(self.home.building.number, self.home.unit)
        living = self.world.people.of_home
        others = [each for each in stairs if each in living and each.floor != self.home.floor]
        return min(others, key=self._away)

    def _away(self, other: Home) -> tuple[int, bool]:
        return abs(other.floor - self.home.floor), other.room[-2:] != self.home.room[-2:]

    def premises(self, kind: PremisesKind) -> Premises:
        """The named premises of this kind, or random ones."""
        fitting = [each for each in self.world.premises if each.kind is kind]
        named = [each for each in fitting if each.name == self.other]
        return self.random.choice(named or fitting)

    def couple(self) -> Home:
        """This home or another one, with a couple and their children."""
        fitting = [home for home, people in self.world.people.of_home.items() if _with_children(people)]
        return self.home if self.home in fitting else self.random.choice(fitting)


def _with_children(people: list[Person]) -> bool:
    settled = all(Colour.GREEN in each.colours for each in people)
    return settled and [each.adult for each in people[:2]] == [True, True] and not people[-1].adult


def _neighbours(ground: Ground) -> Pair:
    other = ground.world.speaker(ground.random, ground.next_door())
    return of_resident(ground.person()), of_resident(other)


def _homes(ground: Ground) -> Pair:
    """The home below complains about the home above."""
    lower, upper = sorted((ground.home, ground.on_the_stairs()), key=lambda home: home.floor)
    return of_family(ground.world, lower), of_family(ground.world, upper)


def _family(ground: Ground) -> Pair:
    husband, wife = ground.world.people.of_home[ground.couple()][:2]
    return of_resident(wife), of_resident(husband)


def _company(ground: Ground) -> Pair:
    company = ground.world.bodies[OrganisationKind.PROPERTY_COMPANY]
    phone = names.phone(ground.random)
    return of_family(ground.world, ground.home), of_organisation(PROPERTY_COMPANY, company, _MANAGER, phone)


def _against(kind: PremisesKind) -> Callable[[Ground], Pair]:
    return lambda ground: (of_resident(ground.person()), of_premises(ground.premises(kind)))


def _firms(ground: Ground) -> Pair:
    firms = [each for each in ground.world.premises if each.kind is PremisesKind.ENTERPRISE]
    first, second = ground.random.sample(firms, 2)
    return of_premises(first), of_premises(second)


def _stranger(ground: Ground) -> Pair:
    return of_resident(ground.person()), outsider(ground.random)


def _office(ground: Ground) -> Pair:
    return of_resident(ground.person()), outsider(ground.random, ground.other)


PAIRS: dict[Sides, Callable[[Ground], Pair]] = {
    Sides.NEIGHBOURS: _neighbours,
    Sides.HOMES: _homes,
    Sides.FAMILY: _family,
    Sides.COMPANY: _company,
    Sides.SHOP: _against(PremisesKind.SHOP),
    Sides.SITE: _against(PremisesKind.CONSTRUCTION_SITE),
    Sides.FIRMS: _firms,
    Sides.STRANGER: _stranger,
    Sides.OFFICE: _office,
}
