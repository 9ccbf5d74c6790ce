"""Rows for tests: missing values wherever they are possible, and unusual text."""

from datetime import date, datetime, timedelta
from itertools import cycle
from uuid import UUID

from db import accounts as account_tables
from db import people as people_tables
from db import places as place_tables
from rules.access import Role
from rules.people import Colour, Sex
from rules.places import OrganisationKind, PremisesKind
from rules.visits import VisitMode
from seeds import (
    activities,
    alerts,
    branches,
    corrections,
    duties,
    edge_cases,
    findings,
    incidents,
    mediation,
    notices,
    patrols,
    prints,
    registers,
    rosters,
    settled,
    wide_matters,
    wishes,
)
from seeds.accounts import Officer, add_account
from seeds.clock import POSTS_BEGIN, SET_UP, ZONE
from seeds.odd import ODD_NAMES, ODD_TEXTS
from seeds.people import Person, add_residency
from seeds.places import Building, Estate, Grid, Home
from seeds.visits import Visit, write
from seeds.world import World

_LAST_NIGHT = datetime(2023, 12, 31, 23, 59, 59, 999_999, tzinfo=ZONE)


def add(world: World, neighbour: World) -> None:
    """Adds the edge cases of the first community, and an account that works in both."""
    _bare_places(world)
    home = _odd_home(world)
    residents = _odd_residents(world, home)
    stand_in = _odd_posts(world, neighbour)
    _odd_visits(world, home, residents)
    edge_cases.add(world, home, residents)
    duties.add(world, home, residents, stand_in)
    settled.add(world)
    incidents.add(world)
    mediation.add(world)
    findings.add(world)
    patrols.add(world)
    rosters.publish(world, 2)
    rosters.swap(world)
    rosters.draft(world, date(2023, 12, 25))
    registers.add(world, home, residents[1])
    alerts.add(world, home, residents)
    corrections.add(world, home, residents)
    prints.add(world)
    wishes.add(world)
    wide_matters.add(world)
    branches.add_odd(world)
    for each in (world, neighbour):
        branches.add(each)
        activities.add(each)
        notices.add(each)


def _bare_places(world: World) -> None:
    """Adds an estate without grids, a grid without buildings, and premises without a contact."""
    book, community_id = world.book, world.town.community_id
    estate_id, branch_id = book.new_id(SET_UP), book.new_id(SET_UP)
    book.add(place_tables.Estate, id=estate_id, community_id=community_id, name="空小区")
    book.add(place_tables.PartyBranch, id=branch_id, estate_id=estate_id, name="空小区网格党支部")
    grid_id = book.new_id(SET_UP)
    inside = {"estate_id": world.town.estates[0].id, "community_id": community_id}
    book.add(place_tables.Grid, id=grid_id, name="98号网格", **inside)
    for kind, name in zip(PremisesKind, ODD_NAMES, strict=False):
        book.add(place_tables.Premises, id=book.new_id(SET_UP), grid_id=grid_id, kind=kind, name=name)
    named = {"kind": OrganisationKind.PROPERTY_COMPANY, "name": ODD_NAMES[0]}
    book.add(place_tables.Organisation, id=book.new_id(SET_UP), community_id=community_id, **named)


def _odd_home(world: World) -> Home:
    """Adds a home whose room is not a number, in a building with no other home."""
    estate = world.town.estates[0]
    building = _building(world, Grid(world.book.new_id(SET_UP), estate, "99号网格"), estate)
    home = Home(world.book.new_id(SET_UP), building, 1, -1, "地下 A-1")
    inside = {"building_id": building.id, "grid_id": building.grid.id}
    where = {"unit": home.unit, "floor": home.floor, "room": home.room}
    world.book.add(place_tables.Household, id=home.id, **inside, **where)
    return home


def _building(world: World, grid: Grid, estate: Estate) -> Building:
    building = Building(world.book.new_id(SET_UP), grid, 99, 1, 1)
    inside = {"community_id": estate.community_id, "estate_id": estate.id}
    world.book.add(place_tables.Grid, id=grid.id, name=grid.name, **inside)
    shape = {"name": building.label, "units": building.units, "floors": building.floors}
    world.book.add(place_tables.Building, id=building.id, grid_id=grid.id, **inside, **shape)
    return building


def _odd_residents(world: World, home: Home) -> list[Person]:
    """Adds residents without date of birth and telephone, with all colours, one and none."""
    colours = [frozenset(Colour), frozenset({Colour.CYAN}), frozenset[Colour]()]
    people = [
        Person(world.book.new_id(SET_UP), home, name, date(1970, 1, 1), None, each)
        for name, each in zip(ODD_NAMES, colours, strict=False)
    ]
    for person, sex in zip(people, cycle(Sex), strict=False):
        _resident(world, person, sex)
    return people


def _resident(world: World, person: Person, sex: Sex) -> None:
    world.book.add(
        people_tables.Resident,
        id=person.id,
        **person.home.columns,
        name=person.name,
        sex=sex,
    )
    add_residency(world.book, person)
    for colour in sorted(person.colours):
        of = {"resident_id": person.id, "grid_id": person.home.grid.id, "colour": colour}
        world.book.add(people_tables.ResidentColour, id=world.book.new_id(SET_UP), **of, set_at=SET_UP)


def _odd_posts(world: World, neighbour: World) -> UUID:
    """Adds posts in several places, past and future posts, and accounts without one; returns one of these."""
    first, second, *_ = world.town.grids
    both = _officer(world, "双网格员", Role.GRID_WORKER)
    _post(world, both, grid_id=first.id)
    _post(world, both, grid_id=second.id)
    former = _officer(world, "原网格员", Role.GRID_WORKER)
    _post(world, former, grid_id=first.id, ends_on=date(2023, 6, 30))
    coming = _officer(world, "新网格员", Role.GRID_WORKER)
    _post(world, coming, grid_id=first.id, starts_on=date(2999, 1, 1))
    shared = _officer(world, "双社区01", Role.COMMUNITY_STAFF)
    _post(world, shared)
    _post(neighbour, shared)
    _officer(world, "无岗位01", Role.COMMUNITY_STAFF)
    gone = _officer(world, "停用网格员", Role.GRID_WORKER, disabled_at=SET_UP)
    _post(world, gone, grid_id=first.id)
    mistaken = _officer(world, "误任网格员", Role.GRID_WORKER)
    ended_at = datetime(2023, 11, 8, 11, tzinfo=ZONE)
    _post(world, mistaken, grid_id=second.id, starts_on=date(2023, 11, 8), ends_on=date(2023, 11, 7), ended_at=ended_at)
    invitation = {"invitation_digest": bytes(32), "invitation_expires_at": SET_UP + timedelta(days=7)}
    _post(world, _officer(world, "受邀网格员", Role.GRID_WORKER, **invitation), grid_id=first.id)
    return _officer(world, "代班网格员", Role.GRID_WORKER)


def _officer(world: World, username: str, role: Role, **more: object) -> UUID:
    uuid = world.book.new_id(SET_UP)
    add_account(world.book, username, Officer(uuid, username, role, None), **more)
    return uuid


def _post(world: World, account_id: UUID, **place: object) -> None:
    facts = {"community_id": world.town.community_id, "starts_on": POSTS_BEGIN, **place}
    world.book.add(account_tables.Assignment, id=world.book.new_id(SET_UP), account_id=account_id, **facts)


def _odd_visits(world: World, home: Home, residents: list[Person]) -> None:
    """Adds three visits at one instant, one in each mode, which reach nobody or several residents."""
    worker = world.staff.workers[world.town.grids[0]]
    for number, (mode, text) in enumerate(zip(VisitMode, ODD_TEXTS, strict=False)):
        reached = residents[: number + 1] if number else []
        recorded_at = _LAST_NIGHT + timedelta(days=number)
        uuid = world.book.new_id(_LAST_NIGHT)
        write(world.book, Visit(uuid, home, worker, mode, reached, _LAST_NIGHT, recorded_at), text)
