"""What is written down when a register is kept: corrections, moves, posts, and two records of one person."""

from datetime import date, datetime
from uuid import UUID

from db import people as tables
from rules.journal import EntryKind
from rules.people import Sex
from seeds.accounts import Officer
from seeds.clock import DAY, SET_UP, ZONE
from seeds.journal import enter
from seeds.people import Person, live_there
from seeds.places import Home
from seeds.world import World

_AT = datetime(2023, 12, 19, 9, tzinfo=ZONE)
_BORN = date(1955, 5, 5)
_ABOUT_RESIDENTS = (
    EntryKind.RESIDENT_ADDED,
    EntryKind.RESIDENT_CORRECTED,
    EntryKind.RESIDENT_MOVED,
    EntryKind.RESIDENT_LEFT,
    EntryKind.COLOUR_SET,
    EntryKind.COLOUR_REMOVED,
    EntryKind.ID_NUMBER_REVEALED,
)
_ABOUT_PLACES = (
    EntryKind.HOUSEHOLD_ADDED,
    EntryKind.HOUSEHOLD_CORRECTED,
    EntryKind.POST_GIVEN,
    EntryKind.POST_ENDED,
)


def add(world: World, home: Home, resident: Person) -> None:
    """Writes one entry of each kind, a merger, one that was undone, and two records that look alike."""
    worker = world.staff.workers[world.town.grids[0]]
    for kind in _ABOUT_RESIDENTS:
        _told(world, kind, worker, home, resident.id)
    for kind in _ABOUT_PLACES:
        _told(world, kind, worker, home, None)
    _community_wide(world, worker)
    _merged(world, worker, home, resident)
    for number in range(2):
        _alike(world, home, number)


def _told(world: World, kind: EntryKind, worker: Officer, home: Home, resident_id: UUID | None) -> None:
    enter(
        world.book,
        kind,
        home.grid,
        building_id=home.building.id,
        household_id=home.id,
        resident_id=resident_id,
        actor_id=worker.id,
        occurred_at=_AT,
        recorded_at=_AT,
    )


def _community_wide(world: World, worker: Officer) -> None:
    grid = world.town.grids[0]
    whole = {"actor_id": worker.id, "occurred_at": _AT, "recorded_at": _AT, "note": "20 行"}
    for kind in (EntryKind.REGISTER_IMPORTED, EntryKind.REGISTER_EXPORTED):
        enter(world.book, kind, grid, **whole | {"grid_id": None})


def _merged(world: World, worker: Officer, home: Home, resident: Person) -> None:
    """A record that stands under another one, and a pair that was parted again."""
    uuid = world.book.new_id(SET_UP)
    place = {"household_id": home.id, "building_id": home.building.id, "grid_id": home.grid.id}
    world.book.add(tables.Resident, id=uuid, **place, name=resident.name, sex=Sex.FEMALE, merged_into=resident.id)
    other = next(each for each in world.people.everyone() if each.home.grid is world.town.grids[0])
    by = {"merged_by": worker.id, "merged_at": _AT, "moved": "{}"}
    merge = tables.ResidentMerge
    world.book.add(merge, id=world.book.new_id(_AT), kept_id=resident.id, merged_id=uuid, **by)
    undone = {"undone_by": worker.id, "undone_at": _AT + DAY}
    world.book.add(merge, id=world.book.new_id(_AT), kept_id=resident.id, merged_id=other.id, **by, **undone)
    for kind in (EntryKind.RESIDENTS_MERGED, EntryKind.RESIDENTS_PARTED):
        _told(world, kind, worker, home, resident.id)
    _told(world, EntryKind.RESIDENT_ADDED, worker, home, uuid)


def _alike(world: World, home: Home, number: int) -> None:
    """The same name; the second pair of facts differs."""
    person = Person(world.book.new_id(SET_UP), home, "同名同人", _BORN, None, frozenset())
    place = {"household_id": home.id, "building_id": home.building.id, "grid_id": home.grid.id}
    facts = {"born_on": _BORN, "phone": f"1390000000{number}"}
    world.book.add(tables.Resident, id=person.id, **place, name=person.name, sex=Sex.MALE, **facts)
    live_there(world.book, person)
