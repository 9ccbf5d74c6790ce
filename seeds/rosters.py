"""Weeks of the duty roster: published, swapped and drafts."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from db import accounts as account_tables
from db import places as place_tables
from db import roster as tables
from db.journal import Journal
from rules.access import Role
from rules.journal import EntryKind
from rules.roster import DESKS, WEEK, WORKING_DAYS, DutyPost, History, Shift, Workday, Worker, propose
from seeds.clock import DAY, moment
from seeds.world import World

FIRST_MONDAY = date(2023, 12, 4)
_PLANNED_AT, _SWAPPED_AT = time(17), time(18)

Plan = Mapping[date, Sequence[Shift]]


def publish(world: World, weeks: int, first: date = FIRST_MONDAY, latest: datetime | None = None) -> None:
    """Adds published weeks from a Monday on, by default of December; on the last day a worker is absent.

    Each is planned on the Friday before, or at the ``latest`` moment if that is earlier.
    """
    desk_days: dict[UUID, frozenset[date]] = {}
    received: dict[UUID, date] = {}
    for number in range(weeks):
        monday = first + number * WEEK * DAY
        days = _days(world, monday)
        if number == weeks - 1:
            last = days[-1]
            days[-1] = Workday(last.day, last.workers, {last.workers[-1].id: "休假"})
        plan = propose(days, _branches(world), History(desk_days, received))
        _write(world, plan, _planned_at(monday, latest), published=True)
        for day, shift in _shifts(plan):
            if shift.post in DESKS:
                desk_days[shift.worker] = desk_days.get(shift.worker, frozenset()) | {day}
            if shift.branch is not None:
                received[shift.branch] = day


def draft(world: World, monday: date) -> None:
    """Adds a draft."""
    plan = propose(_days(world, monday), _branches(world), History())
    _write(world, plan, _planned_at(monday), published=False)


def _planned_at(monday: date, latest: datetime | None = None) -> datetime:
    friday = moment(monday - 3 * DAY, _PLANNED_AT)
    return friday if latest is None else min(friday, latest)


def swap(world: World) -> None:
    """Swaps the shifts of a worker in the hall and one outside on the first day."""
    rows: list[Any] = [row for row in world.book.rows(tables.RosterShift) if row["day"] == FIRST_MONDAY]
    first = next(row for row in rows if row["post"] is DutyPost.HALL)
    second = next(row for row in rows if row["post"] is DutyPost.OUTREACH)
    first["post"], second["post"] = second["post"], first["post"]
    names = {worker.id: worker.name for worker in _team(world, FIRST_MONDAY)}
    note = f"{names[first['account_id']]} ⇄ {names[second['account_id']]}：{FIRST_MONDAY}"
    at = moment(FIRST_MONDAY - 3 * DAY, _SWAPPED_AT)
    _enter(world, EntryKind.SHIFTS_SWAPPED, first["week_id"], first["account_id"], at, note)


def _days(world: World, monday: date) -> list[Workday]:
    days = (monday + number * DAY for number in range(WORKING_DAYS))
    return [Workday(day, _team(world, day)) for day in days]


def _team(world: World, day: date) -> list[Worker]:
    """The community's grid workers in office on a day."""
    book = world.book
    accounts: dict[Any, Any] = {row["id"]: row for row in book.rows(account_tables.Account)}
    grids: dict[Any, Any] = {row["id"]: row["estate_id"] for row in book.rows(place_tables.Grid)}
    branches: dict[Any, Any] = {row["estate_id"]: row["id"] for row in book.rows(place_tables.PartyBranch)}
    held: dict[UUID, set[UUID]] = {}
    posts: list[Any] = book.rows(account_tables.Assignment)
    for post in posts:
        account = accounts[post["account_id"]]
        works = account["role"] is Role.GRID_WORKER and not account.get("disabled_at")
        holds = post["starts_on"] <= day and (not post.get("ends_on") or post["ends_on"] >= day)
        if works and holds and post["community_id"] == world.town.community_id:
            held.setdefault(account["id"], set()).add(branches[grids[post["grid_id"]]])
    return [Worker(uuid, accounts[uuid]["name"], frozenset(branches)) for uuid, branches in held.items()]


def _branches(world: World) -> list[UUID]:
    """The branches of the estates that have grid workers, in the order of the grids."""
    estates = dict.fromkeys(grid.estate.id for grid in world.staff.workers)
    branches: dict[Any, Any] = {row["estate_id"]: row["id"] for row in world.book.rows(place_tables.PartyBranch)}
    return [branches[estate] for estate in estates]


def _shifts(plan: Plan) -> list[tuple[date, Shift]]:
    return [(day, shift) for day, shifts in plan.items() for shift in shifts]


def _write(world: World, plan: Plan, at: datetime, *, published: bool) -> None:
    book, leader, monday = world.book, next(iter(world.staff.leaders.values())), min(plan)
    week_id = book.new_id(at)
    by = {"published_by": leader.id, "published_at": at} if published else {}
    week = {"id": week_id, "community_id": world.town.community_id, "monday": monday}
    book.add(tables.RosterWeek, **week, planned_by=leader.id, planned_at=at, **by)
    for day, shift in _shifts(plan):
        what = {"post": shift.post, "party_branch_id": shift.branch, "reason": shift.reason}
        who = {"id": book.new_id(at), "week_id": week_id, "day": day, "account_id": shift.worker}
        book.add(tables.RosterShift, **who, **what)
    for kind in (EntryKind.ROSTER_CHANGED, EntryKind.ROSTER_PUBLISHED)[: 1 + published]:
        _enter(world, kind, week_id, leader.id, at)


def _enter(world: World, kind: EntryKind, week_id: UUID, actor_id: UUID, at: datetime, note: str | None = None) -> None:
    about = {"community_id": world.town.community_id, "roster_week_id": week_id, "actor_id": actor_id, "note": note}
    world.book.add(Journal, kind=kind, **about, occurred_at=at, recorded_at=at)
