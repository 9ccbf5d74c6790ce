"""Party branches: members, contacts, and opening hours."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from db import branches as tables
from db import roster
from db.appeals import Appeal
from db.journal import Journal
from db.places import PartyBranch
from rules.access import Role
from rules.appeals import AppealSource
from rules.branches import Hours, hours_in_words
from rules.journal import EntryKind
from rules.roster import DutyPost
from seeds.accounts import Officer
from seeds.clock import DAY, SET_UP, ZONE, moment
from seeds.journal import enter
from seeds.names import phone
from seeds.places import Estate, Grid
from seeds.world import World

_FORENOON, _AFTERNOON = (time(10), time(13, 30)), (time(16), time(19))
_WEEKDAYS = tuple(Hours(day, *span) for day in range(1, 6) for span in (_FORENOON, _AFTERNOON))
_SATURDAY = Hours(6, *_FORENOON)
_AT = SET_UP + 3 * DAY
_BROUGHT_ON = date(2023, 11, 6)
"""A Monday on which appeals of the small community are brought to a desk."""
_CONTACTS = (("周建平", "支部书记"), ("热依汗", "组织委员"), ("马晓琴", "宣传委员"))


def add(world: World) -> None:
    """Adds opening hours, the worker of the first grid as a member, and a contact to the branch of each estate."""
    random = world.random("branches")
    for number, estate in enumerate(world.town.estates):
        grid = next(each for each in world.town.grids if each.estate is estate)
        _open(world, grid, (*_WEEKDAYS, _SATURDAY) if number % 2 else _WEEKDAYS)
        _member(world, grid, _AT, account_id=world.staff.workers[grid].id)
        name, post = _CONTACTS[number % len(_CONTACTS)]
        _member(world, grid, _AT, name=name, post=post, phone=phone(random))


def receive(world: World) -> None:
    """Lets whoever receives at a branch register what is brought to a desk on that day."""
    serving: dict[Any, Any] = {}
    for shift in world.book.rows(roster.RosterShift):
        if shift["post"] is DutyPost.RECEPTION:
            serving[shift["day"]] = shift["account_id"]
    appeals: list[Any] = world.book.rows(Appeal)
    for row in appeals:
        day = row["opened_at"].astimezone(ZONE).date()
        if row["source"] is AppealSource.DESK and day in serving:
            row["registered_by"] = serving[day]
            for entry in world.book.rows(Journal):
                if entry.get("appeal_id") == row["id"] and entry["kind"] is EntryKind.APPEAL_OPENED:
                    entry["actor_id"] = serving[day]


def add_odd(world: World) -> None:
    """Adds a building head who is a member, one who was removed, and a week with one day of reception."""
    _one_day(world)
    building, head = next(iter(world.staff.heads.items()))
    _member(world, building.grid, _AT + DAY, account_id=head.id, post="网格员\n<b>")
    *_, last = world.staff.heads
    gone = {"removed_by": _leader(world, last.grid.estate).id, "removed_at": _AT + 2 * DAY}
    _member(world, building.grid, _AT + DAY, account_id=world.staff.heads[last].id, **gone)
    _enter(world, building.grid, EntryKind.BRANCH_MEMBER_REMOVED, _AT + 2 * DAY, _branch(world, building.grid)[1])


def _one_day(world: World) -> None:
    book, grid, leader = world.book, world.town.grids[0], _leader(world, world.town.grids[0].estate)
    week, at = book.new_id(_AT), moment(_BROUGHT_ON - 3 * DAY, _FORENOON[0])
    by = {"planned_by": leader.id, "planned_at": at, "published_by": leader.id, "published_at": at}
    book.add(roster.RosterWeek, id=week, community_id=world.town.community_id, monday=_BROUGHT_ON, **by)
    who = {"account_id": world.staff.workers[grid].id, "party_branch_id": _branch(world, grid)[0]}
    shift = {"week_id": week, "day": _BROUGHT_ON, "post": DutyPost.RECEPTION}
    book.add(roster.RosterShift, id=book.new_id(_AT), **shift, **who)
    receive(world)


def _branch(world: World, grid: Grid) -> tuple[UUID, str]:
    for row in world.book.rows(PartyBranch):
        if row["estate_id"] == grid.estate.id:
            return UUID(str(row["id"])), str(row["name"])
    raise LookupError(grid.estate.name)


def _leader(world: World, estate: Estate) -> Officer:
    return world.staff.leaders.get(estate) or world.staff.office[Role.SECRETARY][0]


def _open(world: World, grid: Grid, hours: tuple[Hours, ...]) -> None:
    branch_id, name = _branch(world, grid)
    for each in hours:
        uuid = world.book.new_id(_AT)
        world.book.add(tables.BranchHours, id=uuid, party_branch_id=branch_id, **each._asdict())
    _enter(world, grid, EntryKind.BRANCH_HOURS_SET, _AT, f"{name}：{hours_in_words(hours)}")


def _member(world: World, grid: Grid, at: datetime, **who: object) -> None:
    branch_id, name = _branch(world, grid)
    by = {"added_by": _leader(world, grid.estate).id, "added_at": at}
    world.book.add(tables.BranchMember, id=world.book.new_id(at), party_branch_id=branch_id, **by, **who)
    _enter(world, grid, EntryKind.BRANCH_MEMBER_ADDED, at, name)


def _enter(world: World, grid: Grid, kind: EntryKind, at: datetime, note: str) -> None:
    enter(world.book, kind, grid, at, grid_id=None, actor_id=_leader(world, grid.estate).id, note=note)
