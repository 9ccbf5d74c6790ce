"""The scope of a viewer: the places for which their role holds today, computed inside the reading statement."""

from functools import cache

from db import sql
from db.accounts import Account, Assignment
from db.base import Row, alias, column_types, table
from db.places import Community, Grid
from db.roster import RosterShift, RosterWeek
from db.scope import Condition, Scope
from rules.access import COMMUNITY_ROLES, Role
from rules.roster import DESKS

_HELD = ("communities", "grids", "buildings", "organisations")


def _unaliased(model: type[Row]) -> sql.From:
    return sql.Table(table(model).name, column_types(model))


_ACCOUNT, _ASSIGNMENT, _COMMUNITY, _GRID = (_unaliased(each) for each in (Account, Assignment, Community, Grid))


VIEWER = sql.parameter(lambda run: run.viewer.account_id, sql.UUID)
"""The viewer's account, as a parameter of a statement."""


@cache
def scope_of(role: Role | None) -> Scope:
    """The scope of a role for :data:`VIEWER`. Cached, because nearly every statement has it."""
    return account_scope(role, VIEWER)


def account_scope(role: Role | None, account_id: sql.Column) -> Scope:
    """The scope of an account in this role."""
    return Scope(role, account_id, places_held(role, account_id).cte("scope"))


def own_grids(scope: Scope) -> sql.Select:
    """The grids of a worker's posts, without those that a desk shift adds for a day."""
    post = _posts(scope.role, scope.account_id)
    return _named_in(post, "grid_id").with_(post)


def on_round(scope: Scope, grid_id: sql.Column) -> Condition:
    """True if the grid's round is the viewer's today. A round that was handed to a stand-in is not."""
    if scope.role is not Role.GRID_WORKER:
        return grid_id == sql.any_(scope.grids)
    post, other = _posts(scope.role, scope.account_id), alias(Assignment)
    handed_over = sql.exists(other).where(
        other.c.stands_in_for == scope.account_id,
        other.c.grid_id == post.c.grid_id,
        in_force_on(other, post.c.today),
    )
    return grid_id.in_(_named_in(post, "grid_id").with_(post).where(sql.not_(handed_over)))


def places_held(role: Role | None, account_id: sql.Column) -> sql.Select:
    """One row with the arrays of :class:`Scope` for an account in this role."""
    if role is None:
        return _row_of()
    if role is Role.ADMIN:
        # Who administers does not look after people: all communities, and no grid with its cases.
        return _row_of(communities=_all(_COMMUNITY, account_id))
    post = _posts(role, account_id)
    held = {"communities": sql.select(post.c.community_id).from_(post)}
    if role is Role.BUILDING_HEAD:
        held["buildings"] = _named_in(post, "building_id")
    elif role in {Role.PARTNER, Role.CENTRE_MEDIATOR}:
        held["organisations"] = _named_in(post, "organisation_id")
    elif (grids := _grids(role, account_id, post)) is not None:
        held["grids"] = grids
    return _row_of(**held).with_(post)


def _row_of(**held: sql.Select) -> sql.Select:
    nothing = sql.array([], sql.UUID)
    return sql.select(*((held[name].array() if name in held else nothing).label(name) for name in _HELD))


def _posts(role: Role | None, account_id: sql.Column) -> sql.Cte:
    """The account's assignments in force today, by the calendar of their community."""
    day = today(_COMMUNITY)
    own = _ASSIGNMENT.c.account_id == account_id, _in_office(role), in_force_on(_ASSIGNMENT, day)
    account = _ACCOUNT.c.id == _ASSIGNMENT.c.account_id
    every = _ASSIGNMENT.join(_ACCOUNT, account).join(_COMMUNITY, _COMMUNITY.c.id == _ASSIGNMENT.c.community_id)
    places = (_ASSIGNMENT.c[f"{name}_id"] for name in ("community", "estate", "grid", "building", "organisation"))
    return sql.select(*places, day.label("today")).from_(every).where(*own).cte("post")


def _in_office(role: Role | None) -> Condition:
    return sql.and_(_ACCOUNT.c.role == role, _ACCOUNT.c.disabled_at.is_(None))


def _named_in(post: sql.From, name: str) -> sql.Select:
    """The places of one kind in the assignments."""
    return sql.select(post.c[name]).from_(post).where(post.c[name].is_not(None))


def _grids(role: Role, account_id: sql.Column, post: sql.From) -> sql.Select | None:
    within = sql.select(_GRID.c.id).from_(_GRID)
    if role is Role.GRID_WORKER:
        # A worker at a desk today may register any matter for anyone in the community (domain.md section 2).
        of_desks = within.where(_GRID.c.community_id.in_(_desks(account_id, post)))
        return sql.union(_named_in(post, "grid_id"), of_desks)
    if role is Role.GRID_LEADER:
        return within.where(_GRID.c.estate_id.in_(sql.select(post.c.estate_id).from_(post)))
    if role in COMMUNITY_ROLES:
        return within.where(_GRID.c.community_id.in_(sql.select(post.c.community_id).from_(post)))
    return None


def _desks(account_id: sql.Column, post: sql.From) -> sql.Select:
    """The communities at whose desk the account serves today, by a published roster."""
    week, shift = alias(RosterWeek), alias(RosterShift)
    serves = (
        sql.exists(shift.join(week, week.c.id == shift.c.week_id))
        .where(shift.c.account_id == account_id, shift.c.day == post.c.today, shift.c.post.in_(sorted(DESKS)))
        .where(week.c.community_id == post.c.community_id, week.c.published_at.is_not(None))
    )
    return sql.select(post.c.community_id).from_(post).where(serves)


def _all(source: sql.From, account_id: sql.Column) -> sql.Select:
    office = sql.exists(_ACCOUNT).where(_ACCOUNT.c.id == account_id, _in_office(Role.ADMIN))
    return sql.select(source.c.id).from_(source).where(office)


def in_force_on(post: sql.From, day: sql.Column) -> Condition:
    """True if a day is in the span ``starts_on`` to ``ends_on``, both included."""
    return sql.and_(post.c.starts_on <= day, sql.or_(post.c.ends_on.is_(None), post.c.ends_on >= day))


def today(community: sql.From) -> sql.Column:
    """Today by the community's calendar."""
    return sql.cast(sql.func.timezone(community.c.time_zone, sql.func.now()), sql.DATE)


def held_places(role: Role, ids: sql.Column) -> sql.Select:
    """The scope arrays of each account of ``ids`` in this role, with the account's ``id``."""
    account = alias(Account)
    held = places_held(role, account.c.id).lateral("held")
    every = account.join(held, sql.TRUE)
    return sql.select(account.c.id, *held.c).from_(every).where(account.c.id == sql.any_(ids))
