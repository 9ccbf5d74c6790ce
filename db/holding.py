"""The places that a viewer's role holds today, computed inside the statement that reads."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlmodel import SQLModel

from db import sql
from db.accounts import Account, Assignment
from db.places import Community, Grid
from db.roster import RosterShift, RosterWeek
from rules.access import COMMUNITY_ROLES, Role
from rules.roster import DESKS

Condition: TypeAlias = sql.Column
Ids: TypeAlias = sql.Column

_DIALECT = PGDialect()  # type: ignore[no-untyped-call]
_UUIDS = sql.array_of(sql.UUID)
_HELD = ("communities", "grids", "buildings", "organisations")


def table(model: type[SQLModel]) -> sa.Table:
    """The Core table behind a SQLModel class."""
    return model.__table__  # type: ignore[attr-defined,no-any-return]


def alias(source: sa.Table) -> sql.From:
    """A table under a name of its own."""
    return sql.named(source.name, _types(source))


def itself(source: sa.Table) -> sql.From:
    """A table under the name that it has."""
    return sql.named(source.name, _types(source), alias=False)


@cache
def _types(source: sa.Table) -> dict[str, str]:
    return {column.name: column.type.compile(_DIALECT).partition(" COLLATE")[0] for column in source.c}


_ACCOUNT, _ASSIGNMENT, _COMMUNITY, _GRID = (itself(table(each)) for each in (Account, Assignment, Community, Grid))


@cache
def _places_of(role: Role | None, account_id: str) -> sql.Select:
    """What a role holds is part of nearly every statement, and dear to write anew for each."""
    return places_held(role, sql.raw(account_id))


@dataclass
class Scope:
    """The places a viewer's role holds today, as one row of arrays that the whole statement shares."""

    role: Role | None
    account_id: sql.Column
    inline: bool = False
    """The row is computed where it is read, for parts of a statement that cannot define anything for all of it."""

    @cached_property
    def places(self) -> sql.Cte:
        """One row: ``communities``, ``grids``, ``buildings`` and ``organisations`` of the viewer."""
        return sql.Cte("scope", _places_of(self.role, self.account_id.text))

    @cached_property
    def communities(self) -> Ids:
        """The communities whose places and workers the viewer knows."""
        return self._column("communities")

    @cached_property
    def grids(self) -> Ids:
        """The grids whose people and cases the viewer works with."""
        return self._column("grids")

    @cached_property
    def buildings(self) -> Ids:
        """The buildings that the viewer heads."""
        return self._column("buildings")

    @cached_property
    def organisations(self) -> Ids:
        """The organisations that the viewer works for."""
        return self._column("organisations")

    @cached_property
    def rounds(self) -> Ids:
        """The grids of the viewer's own posts, without those that a desk opens to a worker for a day."""
        post = _posts(self.role, self.account_id)
        return sql.cast(_named_in(post, "grid_id").with_(post).array(), _UUIDS)

    def _column(self, name: str) -> Ids:
        own = sql.select(self.places.c[name]).from_(self.places)
        return sql.cast((own.with_(self.places) if self.inline else own).scalar(), _UUIDS)

    def on_round(self, grid_id: sql.Column) -> Condition:
        """Whether the grid's round is the viewer's today: a worker's own without what they handed to a stand-in."""
        if self.role is not Role.GRID_WORKER:
            return grid_id == sql.any_(self.grids)
        post, other = _posts(self.role, self.account_id), alias(table(Assignment))
        handed_over = sql.exists(other).where(
            other.c.stands_in_for == self.account_id,
            other.c.grid_id == post.c.grid_id,
            in_force_on(other, post.c.today),
        )
        return grid_id.in_(_named_in(post, "grid_id").with_(post).where(sql.not_(handed_over)))


def places_held(role: Role | None, account_id: sql.Column) -> sql.Select:
    """One row of what an account in this role holds today: ids of ``communities``, ``grids``, and so on."""
    if role is None:
        return _row_of()
    if role is Role.ADMIN:
        return _row_of(communities=_all(_COMMUNITY, account_id), grids=_all(_GRID, account_id))
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
    """The viewer's assignments in force today, by the calendar of their community."""
    day = today(_COMMUNITY)
    own = _ASSIGNMENT.c.account_id == account_id, _in_office(role), in_force_on(_ASSIGNMENT, day)
    account = _ACCOUNT.c.id == _ASSIGNMENT.c.account_id
    every = _ASSIGNMENT.join(_ACCOUNT, account).join(_COMMUNITY, _COMMUNITY.c.id == _ASSIGNMENT.c.community_id)
    places = (_ASSIGNMENT.c[f"{name}_id"] for name in ("community", "estate", "grid", "building", "organisation"))
    return sql.select(*places, day.label("today")).from_(every).where(*own).cte("post")


def _in_office(role: Role | None) -> Condition:
    return sql.and_(_ACCOUNT.c.role == role, _ACCOUNT.c.disabled_at.is_(None))


def _named_in(post: sql.From, name: str) -> sql.Select:
    """What the viewer's assignments name, of those that name one."""
    return sql.select(post.c[name]).from_(post).where(post.c[name].is_not(None))


def _grids(role: Role, account_id: sql.Column, post: sql.From) -> sql.Select | None:
    within = sql.select(_GRID.c.id).from_(_GRID)
    if role is Role.GRID_WORKER:
        # Who serves at a desk today may register any matter for anyone in the community.
        of_desks = within.where(_GRID.c.community_id.in_(_desks(account_id, post)))
        return sql.union(_named_in(post, "grid_id"), of_desks)
    if role is Role.GRID_LEADER:
        return within.where(_GRID.c.estate_id.in_(sql.select(post.c.estate_id).from_(post)))
    if role in COMMUNITY_ROLES:
        return within.where(_GRID.c.community_id.in_(sql.select(post.c.community_id).from_(post)))
    return None


def _desks(account_id: sql.Column, post: sql.From) -> sql.Select:
    """The communities at whose desk a worker in office serves today, by a published roster."""
    week, shift = alias(table(RosterWeek)), alias(table(RosterShift))
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
    return sql.and_(post.c.starts_on <= day, sql.or_(post.c.ends_on.is_(None), post.c.ends_on >= day))


def today(community: sql.From) -> sql.Column:
    """The day by the community's calendar."""
    return sql.cast(sql.func.timezone(community.c.time_zone, sql.func.now()), sql.DATE)
