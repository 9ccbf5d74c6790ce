"""Cases that change duties: pauses, another frequency, removed colours, moves and a stand-in."""

from datetime import date, datetime, timedelta
from uuid import UUID

from db import duty as tables
from db import people as people_tables
from db.accounts import Assignment
from rules.duty import Period
from rules.journal import EntryKind
from rules.people import Colour, Sex
from rules.visits import VisitMode
from seeds.accounts import Officer
from seeds.book import Book
from seeds.clock import DAY, POSTS_BEGIN, SET_UP, ZONE
from seeds.journal import enter, enter_at
from seeds.people import Person
from seeds.places import Home
from seeds.world import World

_CHANGED_ON = date(2023, 12, 20)
_FOR_EVER = date(2999, 12, 31)
_AT = datetime(2023, 12, 20, 10, tzinfo=ZONE)


def add(world: World, home: Home, residents: list[Person], stand_in: UUID) -> None:
    """Adds one of each in the first grid."""
    worker = world.staff.workers[world.town.grids[0]]
    _pauses(world, home, residents[0], worker)
    _weekly(world)
    _moved_away(world, home, residents[0])
    _stands_in(world, worker, stand_in)


def _pauses(world: World, home: Home, resident: Person, worker: Officer) -> None:
    """Adds a pause of a resident, an open-ended one of a household, and one that was withdrawn."""
    elsewhere = next(iter(world.people.homes_of(Colour.RED)))
    for where, whom, first, last in (
        (home, resident.id, _CHANGED_ON, _CHANGED_ON + 5 * DAY),
        (elsewhere, None, _CHANGED_ON, _FOR_EVER),
        (home, None, _CHANGED_ON, _CHANGED_ON - DAY),
    ):
        uuid = world.book.new_id(_AT)
        days = {"starts_on": first, "ends_on": last}
        by = {"set_by": worker.id, "set_at": _AT}
        world.book.add(tables.DutyPause, id=uuid, **where.columns, resident_id=whom, **days, reason="住院", **by)
        enter_at(world.book, EntryKind.DUTY_PAUSED, where, _AT, worker.id, resident_id=whom)
    enter_at(world.book, EntryKind.PAUSE_ENDED, home, _AT, worker.id)


def _weekly(world: World) -> None:
    """From a day on YELLOW is due every week, also by telephone."""
    book, community_id = world.book, world.town.community_id
    for policy in book.rows(tables.VisitPolicy):
        if policy["community_id"] == community_id and policy["colour"] is Colour.YELLOW:
            policy["ends_on"] = _CHANGED_ON
    held = {"period": Period.WEEK, "modes": sorted((VisitMode.HOME_VISIT, VisitMode.PHONE)), "grace_days": 3}
    new = {"community_id": community_id, "colour": Colour.YELLOW, **held, "starts_on": _CHANGED_ON, "set_at": _AT}
    book.add(tables.VisitPolicy, id=book.new_id(_AT), **new)
    for grid in world.town.grids[:1]:
        actor = world.staff.workers[grid].id
        enter(book, EntryKind.CADENCE_SET, grid, _AT, actor_id=actor)


def _moved_away(world: World, home: Home, other: Person) -> None:
    """Adds a resident who lived in two homes and left, and a colour that was removed."""
    book, first = world.book, next(iter(world.people.of_home))
    uuid = book.new_id(SET_UP)
    book.add(people_tables.Resident, id=uuid, **home.columns, name="已迁出", sex=Sex.MALE, left_on=date(2023, 12, 28))
    days = ((first, POSTS_BEGIN, _CHANGED_ON), (home, _CHANGED_ON, date(2023, 12, 28)))
    for where, came, went in days:
        stay = {"moved_in_on": came, "moved_out_on": went, "recorded_at": _AT}
        book.add(people_tables.Residency, id=book.new_id(SET_UP), resident_id=uuid, **where.columns, **stay)
    _red(book, uuid, home, set_at=SET_UP)
    taken = {"set_at": SET_UP - 30 * DAY, "removed_at": SET_UP - timedelta(hours=1), "removed_reason": "已搬走"}
    _red(book, other.id, other.home, **taken)


def _red(book: Book, resident_id: UUID, home: Home, **since: object) -> None:
    of = {"resident_id": resident_id, "grid_id": home.grid.id, "colour": Colour.RED}
    book.add(people_tables.ResidentColour, id=book.new_id(SET_UP), **of, **since)


def _stands_in(world: World, worker: Officer, stand_in: UUID) -> None:
    grid = world.town.grids[0]
    post = {"community_id": world.town.community_id, "grid_id": grid.id, "stands_in_for": worker.id}
    days = {"starts_on": _CHANGED_ON, "ends_on": _FOR_EVER}
    world.book.add(Assignment, id=world.book.new_id(_AT), account_id=stand_in, **post, **days)
    for kind in (EntryKind.ROUND_HANDED_OVER, EntryKind.ROUND_TAKEN_BACK):
        enter(world.book, kind, grid, _AT, actor_id=worker.id)
