"""The scope of a viewer: the places for which their role holds today, computed inside the reading statement.

The function ``wall.look`` (db/wall_two.sql) computes it, and tells row-level security who looks.
"""

from functools import cache

from db import sql
from db.accounts import Account, Assignment
from db.base import Row, alias, column_types, table
from db.places import Community
from db.scope import Condition, Scope
from rules.access import Role

_HELD = dict.fromkeys(("communities", "grids", "buildings", "organisations"), sql.array_of(sql.UUID))


def _unaliased(model: type[Row]) -> sql.From:
    return sql.Table(table(model).name, column_types(model))


_ACCOUNT, _ASSIGNMENT, _COMMUNITY = (_unaliased(each) for each in (Account, Assignment, Community))


VIEWER = sql.parameter(lambda run: run.viewer.account_id, sql.UUID)
"""The viewer's account, as a parameter of a statement."""


@cache
def scope_of(role: Role | None) -> Scope:
    """The scope of a role for :data:`VIEWER`. Cached, because nearly every statement has it."""
    return Scope(role, VIEWER, _held("look", role, VIEWER).cte("scope", materialized=True))


@cache
def quiet_scope(role: Role | None) -> Scope:
    """The same scope, without telling row-level security. For statements of an act, of which it knows already."""
    return account_scope(role, VIEWER)


def account_scope(role: Role | None, account_id: sql.Column) -> Scope:
    """The scope of an account in this role, which is not looking."""
    return Scope(role, account_id, _held("scope_of", role, account_id).cte("scope", materialized=True))


def looking(found: sql.Select, scope: Scope) -> sql.Select:
    """The statement, run after row-level security was told who looks, and for it alone.

    OFFSET 0 keeps the planner from reading rows before the scope: it does not merge such a subquery, which refers to
    the scope, into the join with it.
    """
    told = found.where(scope.places.c.communities.is_not(None)).offset(0).lateral("seen")
    return sql.select(*told.c).from_(scope.places.join(told, sql.TRUE)).with_(scope.places)


def own_grids(scope: Scope) -> sql.Select:
    """The grids of a worker's posts, without those that a desk shift adds for a day."""
    post = _posts(scope.role, scope.account_id)
    return sql.select(post.c.grid_id).from_(post).where(post.c.grid_id.is_not(None)).with_(post)


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
    own = sql.select(post.c.grid_id).from_(post).where(post.c.grid_id.is_not(None)).with_(post)
    return grid_id.in_(own.where(sql.not_(handed_over)))


def held_places(role: Role, ids: sql.Column) -> sql.Select:
    """The scope arrays of each account of ``ids`` in this role, with the account's ``id``."""
    account = sql.rows_of(sql.func.unnest(ids), "account", {"id": sql.UUID})
    held = _held("scope_of", role, account.c.id).lateral("held")
    return sql.select(account.c.id, *held.c).from_(account.join(held, sql.TRUE))


def _held(function: str, role: Role | None, account_id: sql.Column) -> sql.Select:
    """One row with the arrays of :class:`Scope`, from a function of the second wall."""
    named = sql.NULL if role is None else sql.raw(sql.quote(role.value))
    call = sql.Column(f"wall.{function}(", account_id, ", ", named, ")")
    held = sql.rows_of(call, "held", _HELD)
    return sql.select(*held.c).from_(held)


def _posts(role: Role | None, account_id: sql.Column) -> sql.Cte:
    """The account's assignments in force today, by the calendar of their community."""
    day = today(_COMMUNITY)
    in_office = sql.and_(_ACCOUNT.c.role == role, _ACCOUNT.c.disabled_at.is_(None))
    own = _ASSIGNMENT.c.account_id == account_id, in_office, in_force_on(_ASSIGNMENT, day)
    account = _ACCOUNT.c.id == _ASSIGNMENT.c.account_id
    every = _ASSIGNMENT.join(_ACCOUNT, account).join(_COMMUNITY, _COMMUNITY.c.id == _ASSIGNMENT.c.community_id)
    return sql.select(_ASSIGNMENT.c.grid_id, day.label("today")).from_(every).where(*own).cte("post")


def in_force_on(post: sql.From, day: sql.Column) -> Condition:
    """True if a day is in the span ``starts_on`` to ``ends_on``, both included."""
    return sql.and_(post.c.starts_on <= day, sql.or_(post.c.ends_on.is_(None), post.c.ends_on >= day))


def today(community: sql.From) -> sql.Column:
    """Today by the community's calendar."""
    return sql.cast(sql.func.timezone(community.c.time_zone, sql.func.now()), sql.DATE)
