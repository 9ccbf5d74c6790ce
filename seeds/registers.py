"""Changes of the register: corrections, moves, posts, and two records of one person."""

import json
from datetime import date, datetime
from itertools import cycle

from db import people as tables
from db.acts.merges import FACTS, HOME
from rules.journal import EntryKind
from rules.people import Relation, Sex, Tenure
from seeds.accounts import Officer
from seeds.clock import DAY, SET_UP, ZONE
from seeds.journal import enter, enter_at
from seeds.people import Person, add_residency
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
    EntryKind.RESIDENT_EXPORTED,
    EntryKind.RESIDENT_ERASED,
)
_ABOUT_PLACES = (
    EntryKind.HOUSEHOLD_ADDED,
    EntryKind.HOUSEHOLD_CORRECTED,
    EntryKind.POST_GIVEN,
    EntryKind.POST_ENDED,
    EntryKind.ACCOUNT_DISABLED,
)


def add(world: World, home: Home, resident: Person) -> None:
    """Adds an entry of each kind, a merge, one that was undone, and two records that look alike."""
    worker = world.staff.workers[world.town.grids[0]]
    for kind in _ABOUT_RESIDENTS:
        enter_at(world.book, kind, home, _AT, worker.id, resident_id=resident.id)
    for kind in _ABOUT_PLACES:
        enter_at(world.book, kind, home, _AT, worker.id)
    _community_wide(world, worker)
    _merged(world, worker, home, resident)
    for number in range(2):
        _alike(world, home, number)
    _related(world)


def _related(world: World) -> None:
    """Gives the residents of the first grid each relation and tenure in turn. Heads stay."""
    rows = [row for row in world.book.rows(tables.Residency) if row["grid_id"] == world.town.grids[0].id]
    kinds = cycle(each for each in Relation if each is not Relation.HEAD)
    for row, tenure in zip(rows, cycle([*Tenure, None]), strict=False):
        row["tenure"] = tenure
        if row.get("relation") is not Relation.HEAD:
            row["relation"] = next(kinds)


def _community_wide(world: World, worker: Officer) -> None:
    grid = world.town.grids[0]
    for kind in (
        EntryKind.REGISTER_IMPORTED,
        EntryKind.REGISTER_EXPORTED,
        EntryKind.CASES_EXPORTED,
        EntryKind.RETENTION_SET,
        EntryKind.PLACE_ADDED,
        EntryKind.PLACE_CORRECTED,
        EntryKind.CATEGORY_SET,
    ):
        enter(world.book, kind, grid, _AT, grid_id=None, actor_id=worker.id, note="20 行")


def _merged(world: World, worker: Officer, home: Home, resident: Person) -> None:
    """Adds a merged record, and a merge that was undone."""
    uuid = world.book.new_id(SET_UP)
    world.book.add(
        tables.Resident, id=uuid, **home.columns, name=resident.name, sex=Sex.FEMALE, merged_into=resident.id
    )
    other = next(each for each in world.people.everyone() if each.home.grid is world.town.grids[0])
    kept = dict.fromkeys(FACTS + HOME) | {name: str(uuid) for name, uuid in home.columns.items()}
    moved = json.dumps({"emptied": {}, "kept": kept, "after": kept})  # The merges moved nothing.
    by = {"merged_by": worker.id, "merged_at": _AT, "moved": moved}
    merge = tables.ResidentMerge
    world.book.add(merge, id=world.book.new_id(_AT), kept_id=resident.id, merged_id=uuid, **by)
    undone = {"undone_by": worker.id, "undone_at": _AT + DAY}
    world.book.add(merge, id=world.book.new_id(_AT), kept_id=resident.id, merged_id=other.id, **by, **undone)
    for kind in (EntryKind.RESIDENTS_MERGED, EntryKind.RESIDENTS_PARTED):
        enter_at(world.book, kind, home, _AT, worker.id, resident_id=resident.id)
    enter_at(world.book, EntryKind.RESIDENT_ADDED, home, _AT, worker.id, resident_id=uuid)


def _alike(world: World, home: Home, number: int) -> None:
    """Adds one of two residents with the same name and date of birth."""
    person = Person(world.book.new_id(SET_UP), home, "同名同人", _BORN, None, frozenset())
    facts = {"born_on": _BORN, "phone": f"1390000000{number}"}
    world.book.add(tables.Resident, id=person.id, **home.columns, name=person.name, sex=Sex.MALE, **facts)
    add_residency(world.book, person)
