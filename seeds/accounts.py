"""An account for every post, all with the demo password."""

import base64
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from random import Random
from uuid import UUID

from argon2.exceptions import InvalidHashError, VerificationError

from db.accounts import PASSWORDS, Account, Assignment
from rules.access import Role, Viewer
from rules.people import Colour
from rules.places import OrganisationKind
from seeds import names
from seeds.book import Book
from seeds.clock import POSTS_BEGIN, SET_UP
from seeds.ids import seeded
from seeds.known import DEMO_PASSWORD
from seeds.people import People, Person
from seeds.places import Building, Estate, Grid, Town
from seeds.plans import Plan

_SALT = b"tunping demo 202"
"""Fixed, so that the data is the same every time. The password is public anyway."""
SALT_TEXT = f"${base64.b64encode(_SALT).decode().rstrip('=')}$"
"""The salt as it stands in a hash."""

_OFFICES: tuple[tuple[Role, str, int], ...] = (
    (Role.COMMUNITY_STAFF, "社区", 2),
    (Role.DEPUTY_DIRECTOR, "副主任", 2),
    (Role.SECRETARY, "书记", 1),
    (Role.LEGAL_COUNSEL, "法律顾问", 1),
    (Role.JUDICIAL_OFFICE, "司法所", 1),
)


@dataclass(frozen=True, slots=True, eq=False)
class Officer:
    """A person with an account."""

    id: UUID
    name: str
    role: Role
    phone: str | None

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.id, self.role)


@dataclass(frozen=True, slots=True, eq=False)
class Staff:
    """The officers of a community, by their posts."""

    workers: dict[Grid, Officer] = field(default_factory=dict)
    leaders: dict[Estate, Officer] = field(default_factory=dict)
    heads: dict[Building, Officer] = field(default_factory=dict)
    office: defaultdict[Role, list[Officer]] = field(default_factory=lambda: defaultdict(list))
    partners: dict[UUID, Officer] = field(default_factory=dict)
    """By organisation."""


PARTNERS: tuple[tuple[Role, str, OrganisationKind], ...] = (
    (Role.PARTNER, "热力公司", OrganisationKind.HEATING_COMPANY),
    (Role.PARTNER, "物业公司", OrganisationKind.PROPERTY_COMPANY),
    (Role.CENTRE_MEDIATOR, "调解员", OrganisationKind.DISPUTE_CENTRE),
)
"""Role, user name and kind of organisation."""


@cache
def password_hash() -> str:
    """The hash of the demo password, computed once because it is expensive."""
    return PASSWORDS.hash(DEMO_PASSWORD, salt=_SALT)


def has_demo_password(hashed: str) -> bool:
    """True if the demo password opens an account with this hash."""
    try:
        return PASSWORDS.verify(hashed, DEMO_PASSWORD)
    except (VerificationError, InvalidHashError):
        return False


def add_admin(book: Book) -> None:
    add_account(book, "管理员", Officer(book.new_id(SET_UP), "管理员", Role.ADMIN, None))


def add_staff(book: Book, plan: Plan, town: Town, people: People) -> Staff:
    """Adds the accounts of a community with their posts."""
    posts = _Posts(book, plan.prefix, town.community_id, seeded(plan.community, "staff"))
    staff = Staff()
    for number, grid in enumerate(town.grids, 1):
        staff.workers[grid] = posts.fill(Role.GRID_WORKER, "网格员", number, grid_id=grid.id)
    for number, estate in enumerate(town.estates, 1):
        staff.leaders[estate] = posts.fill(Role.GRID_LEADER, "网格长", number, estate_id=estate.id)
    for building in town.buildings[: plan.heads]:
        staff.heads[building] = posts.elect(building, people)
    for role, title, count in _OFFICES:
        staff.office[role] = [posts.fill(role, title, number + 1) for number in range(count)]
    return staff


def add_partners(book: Book, plan: Plan, town: Town, staff: Staff, bodies: Mapping[OrganisationKind, UUID]) -> None:
    """Adds the accounts of the heating and property companies and of the dispute resolution centre."""
    posts = _Posts(book, plan.prefix, town.community_id, seeded(plan.community, "partners"))
    for role, title, kind in PARTNERS:
        staff.partners[bodies[kind]] = posts.fill(role, title, 1, organisation_id=bodies[kind])


@dataclass(frozen=True, slots=True)
class _Posts:
    book: Book
    prefix: str
    community_id: UUID
    random: Random

    def fill(self, role: Role, title: str, number: int, **place: UUID | None) -> Officer:
        """Gives a post to a new officer."""
        name, phone = names.full(self.random), names.phone(self.random)
        officer = Officer(self.book.new_id(SET_UP), name, role, phone)
        return self._install(officer, f"{title}{number:02}", place)

    def elect(self, building: Building, people: People) -> Officer:
        """Makes a resident of the building its head (联户长), a volunteer if there is one."""
        resident = _spokesperson(people.adults_of(building))
        role = Role.BUILDING_HEAD
        officer = Officer(self.book.new_id(SET_UP), resident.name, role, resident.phone)
        username = f"{role.label}{building.number:02}"
        return self._install(officer, username, {"building_id": building.id})

    def _install(self, officer: Officer, username: str, place: Mapping[str, UUID | None]) -> Officer:
        add_account(self.book, self.prefix + username, officer, community_id=self.community_id)
        post = {"account_id": officer.id, "community_id": self.community_id, "starts_on": POSTS_BEGIN}
        self.book.add(Assignment, id=self.book.new_id(SET_UP), **post, **place)
        return officer


def _spokesperson(adults: list[Person]) -> Person:
    settled = [each for each in adults if Colour.GREEN in each.colours]
    return max(settled, key=lambda each: Colour.BLUE in each.colours)


def add_account(book: Book, username: str, officer: Officer, **more: object) -> None:
    book.add(
        Account,
        id=officer.id,
        username=username,
        name=officer.name,
        role=officer.role,
        phone=officer.phone,
        password_hash=password_hash(),
        created_at=SET_UP,
        **more,
    )
