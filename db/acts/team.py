"""Who can be put on a roster: the grid workers in office, their branches, and who served where in the weeks before."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from db.accounts import Account, Assignment
from db.acts.acting import Acting
from db.places import Community, Estate, Grid, PartyBranch
from db.roster import RosterShift, RosterWeek
from rules import roster as rules
from rules.access import Role
from rules.refusals import invalid
from rules.roster import DESKS, History, Worker

Team = Mapping[date, Sequence[Worker]]


async def lock_workers(acting: Acting, community_id: UUID) -> None:
    """The community's grid workers, whoever of them is in office when."""
    posts = select(Assignment.account_id).where(
        col(Assignment.community_id) == community_id, col(Assignment.grid_id).is_not(None)
    )
    workers = select(Account.id).where(col(Account.id).in_(posts)).order_by(col(Account.id))
    await acting.session.exec(workers.with_for_update(key_share=True))


async def teams(acting: Acting, week: RosterWeek, days: Sequence[date]) -> Team:
    """Who is in office on each day, by user name; without those whom another community has on its roster then."""
    elsewhere = await _elsewhere(acting, week, days)
    posts = await _posts(acting, week.community_id)
    return {day: [worker for worker in _in_office(posts, day) if (worker.id, day) not in elsewhere] for day in days}


Held = tuple[Account, Assignment, PartyBranch | None]


async def _posts(acting: Acting, community_id: UUID) -> Sequence[Held]:
    """Every post of a grid worker, with the Party branch of its estate."""
    statement = (
        select(Account, Assignment, PartyBranch)
        .join(Assignment, col(Assignment.account_id) == col(Account.id))
        .join(Grid, col(Grid.id) == col(Assignment.grid_id))
        .outerjoin(PartyBranch, col(PartyBranch.estate_id) == col(Grid.estate_id))
        .where(col(Assignment.community_id) == community_id)
        .where(col(Account.role) == Role.GRID_WORKER, col(Account.disabled_at).is_(None))
        .order_by(col(Account.username))
    )
    return (await acting.session.exec(statement)).all()


def _in_office(posts: Sequence[Held], day: date) -> list[Worker]:
    names: dict[UUID, str] = {}
    held: dict[UUID, set[UUID]] = {}
    for account, post, branch in posts:
        if post.starts_on <= day and (post.ends_on is None or post.ends_on >= day):
            names[account.id] = account.name
            held.setdefault(account.id, set()).update([branch.id] if branch else [])
    return [Worker(uuid, name, frozenset(held[uuid])) for uuid, name in names.items()]


async def _elsewhere(acting: Acting, week: RosterWeek, days: Sequence[date]) -> set[tuple[UUID, date]]:
    on_days = (col(RosterShift.week_id) != week.id, col(RosterShift.day).in_(days))
    found = (await acting.session.exec(select(RosterShift).where(*on_days))).all()
    return {(shift.account_id, shift.day) for shift in found}


async def branches(acting: Acting, community: Community) -> list[UUID]:
    """The Party branches of the estates in which there are grids, by the estates' names."""
    with_grids = select(Grid.estate_id).where(Grid.community_id == community.id)
    statement = (
        select(PartyBranch.id)
        .join(Estate, col(Estate.id) == col(PartyBranch.estate_id))
        .where(col(Estate.id).in_(with_grids))
        .order_by(col(Estate.name))
    )
    found = list((await acting.session.exec(statement)).all())
    if not found:
        raise invalid("社区没有网格党支部", "the community has no Party branch", "community")
    return found


async def history(acting: Acting, week: RosterWeek, first: date) -> History:
    """Who served at a desk in the weeks before, and which branch received when."""
    weeks = select(RosterWeek.id).where(RosterWeek.community_id == week.community_id)
    before = col(RosterShift.day).between(first - rules.MEMORY, first - date.resolution)
    own = (col(RosterShift.week_id).in_(weeks), before, col(RosterShift.post).in_(sorted(DESKS)))
    desk_days: dict[UUID, frozenset[date]] = {}
    received: dict[UUID, date] = {}
    statement = select(RosterShift).where(*own).order_by(col(RosterShift.day))
    for shift in (await acting.session.exec(statement)).all():
        desk_days[shift.account_id] = desk_days.get(shift.account_id, frozenset()) | {shift.day}
        if shift.party_branch_id is not None:
            received[shift.party_branch_id] = shift.day
    return History(desk_days, received)
