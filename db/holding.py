"""The scope of a viewer: the places for which their role holds today, computed inside the reading statement.

The statement also tells row-level security who looks. Nobody looks yet when the scope is read, so it is read from views
of the second wall (db/wall_two.sql).
"""

from functools import cache

from db import sql
from db.accounts import Assignment
from db.base import alias
from db.scope import Condition, Scope
from rules.access import COMMUNITY_ROLES, Role

_HELD = ("communities", "grids", "buildings", "organisations")
_OF_ORGANISATIONS = frozenset({Role.PARTNER, Role.CENTRE_MEDIATOR})
_PLACES = tuple(f"{kind}_id" for kind in ("community", "estate", "grid", "building", "organisation"))


_POSTED = dict.fromkeys(("account_id", *_PLACES), sql.UUID) | {"role": sql.TEXT, "today": sql.DATE}


def _view(name: str, *ids: str, **others: str) -> sql.From:
    """A view with these ids and other columns."""
    return sql.Table(name, dict.fromkeys(ids, sql.UUID) | others)


POST = sql.Table("post_today", _POSTED)
"""The posts in force today, of accounts that are not disabled."""
OPEN_POST = _view("post_open", "account_id", "community_id")
"""The posts that have not ended, also those that have not begun."""
_DESK = _view("desk_today", "account_id", "community_id", day=sql.DATE)
_AREA = _view("area_place", "id", "community_id", "estate_id")


VIEWER = sql.parameter(lambda run: run.viewer.account_id, sql.UUID)
"""The viewer's account, as a parameter of a statement."""
_THEN = sql.parameter(lambda tx: tx.then, sql.INSTANT)
"""The earlier time whose posts count too, as a parameter of a statement."""


@cache
def scope_of(role: Role | None, *, late: bool = False) -> Scope:
    """The scope of a role for :data:`VIEWER`. Cached, because nearly every statement has it.

    ``late`` is for an act that is recorded late: the places that the viewer held at the time of the act count too.
    """
    held = places_held(role, VIEWER, post_as_of(VIEWER, _THEN) if late else POST)
    return Scope(role, VIEWER, held.cte("scope"))


def account_scope(role: Role | None, account_id: sql.Column) -> Scope:
    """The scope of an account in this role."""
    return Scope(role, account_id, places_held(role, account_id).cte("scope"))


def post_as_of(account_id: sql.Column, at: sql.Column) -> sql.From:
    """The account's posts in force today, and those in force at an earlier time, with the local day of that time."""
    return sql.rows_of(sql.Column("wall.posts_as_of(", account_id, ", ", at, ")"), "post_as_of", _POSTED)


@cache
def looking_scope(role: Role | None, *, acting: bool = False, late: bool = False) -> Scope:
    """The scope of :func:`looking` statements: its row is there after row-level security was told who looks.

    ``acting`` is for a statement of an act, whose beginning has told the account and the role.
    """
    scope = scope_of(role, late=late)
    told = {name: sql.func.array_to_string(scope.places.c[name], sql.raw("','")) for name in _told(role)}
    if acting:
        told["acts"] = sql.raw("'no'")
    else:
        told["account"] = sql.func.coalesce(sql.cast(VIEWER, sql.TEXT), sql.raw("''"))
        told["role"] = sql.raw(sql.quote(role.value if role else "NOBODY"))
    settings = [sql.func.set_config(f"tunping.{name}", value, sql.TRUE) for name, value in told.items()]
    done = sql.func.num_nonnulls(*settings).label("done", sql.INTEGER)
    viewer = sql.select(*scope.places.c, done).from_(scope.places).with_(scope.places)
    return Scope(role, VIEWER, viewer.cte("viewer", materialized=True), joined=True)


def _told(role: Role | None) -> tuple[str, ...]:
    """The kinds of places that row-level security is told for a role. No role has places of the other kinds."""
    if role is Role.BUILDING_HEAD:
        return "communities", "grids", "buildings"
    return ("communities", "grids", "organisations") if role in _OF_ORGANISATIONS else ("communities", "grids")


def looking(found: sql.Select, scope: Scope) -> sql.Select:
    """The statement, run after row-level security was told who looks. Its scope is :func:`looking_scope`."""
    return _after(scope.places, scope.places.c.done > 0, found).with_(scope.places)


def looking_in_act(found: sql.Select, scope: Scope) -> sql.Select:
    """The same inside of an act, which goes on acting afterwards."""
    rows = looking(found, scope).cte("found", materialized=True)
    counted = sql.select(sql.func.count()).from_(rows).scalar()
    again = sql.Column("wall.act_again(", counted, ")").label("done", sql.BOOLEAN)
    acts = sql.select(again).cte("acts", materialized=True)
    return _after(acts, acts.c.done, sql.select(*rows.c).from_(rows)).with_(rows, acts)


def _after(first: sql.Cte, done: Condition, then: sql.Select) -> sql.Select:
    """The rows of ``then``, read after the row of ``first``.

    OFFSET 0 keeps the planner from merging the subquery, which refers to that row, into the join with it.
    """
    seen = then.where(done).offset(0).lateral("seen")
    return sql.select(*seen.c).from_(first.join(seen, sql.TRUE))


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


def responsible_for(grid_id: sql.Column) -> sql.Select:
    """The accounts whose round a grid is today: its grid workers, or who stands in for them."""
    post, other = sql.named("post_today", _POSTED), alias(Assignment)
    handed_over = sql.exists(other).where(
        other.c.stands_in_for == post.c.account_id,
        other.c.grid_id == post.c.grid_id,
        in_force_on(other, post.c.today),
    )
    own = post.c.role == Role.GRID_WORKER, post.c.grid_id == grid_id
    return sql.select(post.c.account_id).from_(post).where(*own, sql.not_(handed_over))


def in_office(place: str, uuid: sql.Column, *roles: Role) -> sql.Select:
    """The accounts that have one of these roles today in a place, such as a ``building_id``."""
    post = sql.named("post_today", _POSTED)
    return sql.select(post.c.account_id).from_(post).where(post.c.role.in_(sorted(roles)), post.c[place] == uuid)


def is_signed_in(account_id: sql.Column) -> Condition:
    """True if the live feed can reach the account."""
    t = sql.named("signed_in", {"account_id": sql.UUID})
    return sql.exists(t).where(t.c.account_id == account_id)


def places_held(role: Role | None, account_id: sql.Column, posts: sql.From = POST) -> sql.Select:
    """One row with the arrays of :class:`Scope` for an account in this role, by these posts."""
    if role is None:
        return _row_of()
    if role is Role.ADMIN:
        call = sql.func.unnest(sql.Column("wall.administered_by(", account_id, ")"))
        administered = sql.rows_of(call, "administered", {"id": sql.UUID})
        return _row_of(communities=sql.select(administered.c.id).from_(administered))
    post = _posts(role, account_id, posts)
    held = {"communities": sql.select(post.c.community_id).from_(post)}
    if role is Role.BUILDING_HEAD:
        held["buildings"] = _named_in(post, "building_id")
    elif role in _OF_ORGANISATIONS:
        held["organisations"] = _named_in(post, "organisation_id")
    elif (grids := _grids(role, account_id, post)) is not None:
        held["grids"] = grids
    return _row_of(**held).with_(post)


def _row_of(**held: sql.Select) -> sql.Select:
    nothing = sql.array([], sql.UUID)
    return sql.select(*((held[name].array() if name in held else nothing).label(name) for name in _HELD))


def _posts(role: Role | None, account_id: sql.Column, posts: sql.From = POST) -> sql.Cte:
    """The account's assignments in force today, by the calendar of their community."""
    own = posts.c.account_id == account_id, posts.c.role == role
    return sql.select(*(posts.c[name] for name in _PLACES), posts.c.today).from_(posts).where(*own).cte("post")


def _named_in(post: sql.From, name: str) -> sql.Select:
    """The places of one kind in the assignments."""
    return sql.select(post.c[name]).from_(post).where(post.c[name].is_not(None))


def _grids(role: Role, account_id: sql.Column, post: sql.From) -> sql.Select | None:
    """The grids of a role, and the estates and communities around them, whose own matters it works with too."""
    within = sql.select(_AREA.c.id).from_(_AREA)
    communities = sql.select(post.c.community_id).from_(post)
    if role is Role.GRID_WORKER:
        # A worker at a desk today may register any matter for anyone in the community (domain.md section 2).
        of_desks = within.where(_AREA.c.community_id.in_(_desks(account_id, post)))
        around = sql.select(_AREA.c.estate_id).from_(post.join(_AREA, _AREA.c.id == post.c.grid_id))
        return sql.union(_named_in(post, "grid_id"), around, communities, of_desks)
    if role is Role.GRID_LEADER:
        return sql.union(within.where(_AREA.c.estate_id.in_(_named_in(post, "estate_id"))), communities)
    if role in COMMUNITY_ROLES:
        return within.where(_AREA.c.community_id.in_(communities))
    return None


def _desks(account_id: sql.Column, post: sql.From) -> sql.Select:
    """The communities at whose desk the account serves today, by a published roster."""
    serves = sql.exists(_DESK).where(
        _DESK.c.account_id == account_id, _DESK.c.day == post.c.today, _DESK.c.community_id == post.c.community_id
    )
    return sql.select(post.c.community_id).from_(post).where(serves)


def in_force_on(post: sql.From, day: sql.Column) -> Condition:
    """True if a day is in the span ``starts_on`` to ``ends_on``, both included."""
    return sql.and_(post.c.starts_on <= day, sql.or_(post.c.ends_on.is_(None), post.c.ends_on >= day))


def today(community: sql.From) -> sql.Column:
    """Today by the community's calendar."""
    return sql.cast(sql.func.timezone(community.c.time_zone, sql.func.now()), sql.DATE)


def held_places(role: Role, ids: sql.Column) -> sql.Select:
    """The scope arrays of each account of ``ids`` in this role, with the account's ``id``."""
    account = sql.rows_of(sql.func.unnest(ids), "account", {"id": sql.UUID})
    held = places_held(role, account.c.id).lateral("held")
    return sql.select(account.c.id, *held.c).from_(account.join(held, sql.TRUE))
