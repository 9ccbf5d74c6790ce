"""Reads for the roster: grid workers in office, Party branches, and the desk shifts of the weeks before."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from db import sql
from db.accounts import Account, Assignment
from db.base import alias
from db.places import Community, Estate, Grid, PartyBranch
from db.roster import RosterShift, RosterWeek
from db.scope import Condition, Scope
from db.transaction import Transaction
from rules import roster as rules
from rules.access import Role
from rules.refusals import invalid
from rules.roster import DESKS, History, Worker

Team = Mapping[date, Sequence[Worker]]
_COMMUNITY = sql.parameter("community", sql.UUID)


async def lock_workers(tx: Transaction, community_id: UUID) -> None:
    """Locks all grid workers of a community, past and future ones too."""
    await tx.matching(Account, _has_grid, order=("id",), lock=True, community=community_id)


def _has_grid(account: sql.From, _: Scope) -> Condition:
    post = alias(Assignment)
    here = post.c.community_id == _COMMUNITY, post.c.grid_id.is_not(None)
    return sql.exists(post).where(post.c.account_id == account.c.id, *here)


async def teams(tx: Transaction, week: RosterWeek, days: Sequence[date]) -> Team:
    """The workers in office on each day, by user name, without those on another community's roster that day."""
    shifts = await tx.all(RosterShift, day=days)
    elsewhere = {(shift.account_id, shift.day) for shift in shifts if shift.week_id != week.id}
    posts = await tx.rows(_posts, community=week.community_id)
    return {day: [worker for worker in _in_office(posts, day) if (worker.id, day) not in elsewhere] for day in days}


def _posts(_: Scope) -> sql.Select:
    """The posts of grid workers, with the Party branches of their estates."""
    account, post, grid, branch = (alias(each) for each in (Account, Assignment, Grid, PartyBranch))
    held = post.join(account, account.c.id == post.c.account_id).join(grid, grid.c.id == post.c.grid_id)
    dates = post.c.starts_on, post.c.ends_on
    return (
        sql.select(account.c.id, account.c.name, *dates, branch.c.id.label("branch"))
        .from_(held.outerjoin(branch, branch.c.estate_id == grid.c.estate_id))
        .where(post.c.community_id == _COMMUNITY)
        .where(account.c.role == Role.GRID_WORKER, account.c.disabled_at.is_(None))
        .order_by(account.c.username)
    )


def _in_office(posts: Iterable[Any], day: date) -> list[Worker]:
    names: dict[UUID, str] = {}
    branches: dict[UUID, set[UUID]] = {}
    for post in posts:
        if post["starts_on"] <= day and (post["ends_on"] is None or post["ends_on"] >= day):
            names[post["id"]] = post["name"]
            branches.setdefault(post["id"], set()).update([post["branch"]] if post["branch"] else [])
    return [Worker(uuid, name, frozenset(branches[uuid])) for uuid, name in names.items()]


async def branches(tx: Transaction, community: Community) -> list[UUID]:
    """The Party branches of estates with grids, by the names of the estates."""
    with_grids = {grid.estate_id for grid in await tx.all(Grid, community_id=community.id)}
    estates = await tx.all(Estate, order=("name_key",), id=with_grids)
    found = {branch.estate_id: branch.id for branch in await tx.all(PartyBranch, estate_id=with_grids)}
    if not found:
        raise invalid("社区没有网格党支部", "community")
    return [found[estate.id] for estate in estates if estate.id in found]


async def history(tx: Transaction, week: RosterWeek, first: date) -> History:
    """The desk days of each worker before a day, and the last reception of each branch."""
    desk_days: dict[UUID, frozenset[date]] = {}
    received: dict[UUID, date] = {}
    span = {"since": first - rules.MEMORY, "until": first - date.resolution}
    for shift in await tx.rows(_at_desks, community=week.community_id, **span):
        desk_days[shift["account_id"]] = desk_days.get(shift["account_id"], frozenset()) | {shift["day"]}
        if shift["party_branch_id"] is not None:
            received[shift["party_branch_id"]] = shift["day"]
    return History(desk_days, received)


def _at_desks(_: Scope) -> sql.Select:
    """The desk shifts of a community in a span of days, both included, in order."""
    week, shift = alias(RosterWeek), alias(RosterShift)
    span = shift.c.day.between(sql.parameter("since", sql.DATE), sql.parameter("until", sql.DATE))
    return (
        sql.select(shift.c.account_id, shift.c.day, shift.c.party_branch_id)
        .from_(shift.join(week, week.c.id == shift.c.week_id))
        .where(week.c.community_id == _COMMUNITY, span, shift.c.post.in_(sorted(DESKS)))
        .order_by(shift.c.day)
    )
