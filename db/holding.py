"""The places that a viewer's role holds today, computed inside the statement that reads."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlmodel import SQLModel

from db.accounts import Account, Assignment
from db.places import Community, Grid
from db.roster import RosterShift, RosterWeek
from rules.access import COMMUNITY_ROLES, Role
from rules.roster import DESKS

Condition: TypeAlias = sa.ColumnElement[bool]
Ids: TypeAlias = sa.ColumnElement[list[UUID]]

_DIALECT = PGDialect()  # type: ignore[no-untyped-call]
_VIEWER = "viewer"
_HELD = ("communities", "grids", "buildings", "organisations")
_UUIDS: Any = ARRAY(sa.Uuid())
_DESKS: list[sa.ColumnElement[Any]] = [sa.literal_column(f"'{post}'") for post in sorted(DESKS)]


def table(model: type[SQLModel]) -> sa.Table:
    """The Core table behind a SQLModel class."""
    return model.__table__  # type: ignore[attr-defined,no-any-return]


def alias(source: sa.Table) -> Any:
    """A fresh alias of a table, over a copy without constraints: a tenth of the cost where plans are made."""
    return _plain(source).alias()


@cache
def _plain(source: sa.Table) -> sa.TableClause:
    return sa.table(source.name, *(sa.column(column.name, column.type) for column in source.c))


@cache
def _places_of(role: Role | None) -> str:
    """The SQL of what a role holds: it is part of every statement, and dear to write anew for each."""
    scope = Scope(role, sa.literal_column(f":{_VIEWER}", sa.Uuid()))
    return str(sa.select(*scope.held("")).compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


@dataclass(frozen=True)
class Scope:
    """The places a viewer's role holds today, as one row of arrays that the whole statement shares."""

    role: Role | None
    account_id: sa.ColumnElement[UUID]

    @cached_property
    def places(self) -> sa.CTE:
        """One row: ``communities``, ``grids``, ``buildings`` and ``organisations`` of the viewer."""
        viewer: Any = self.account_id
        name = viewer.key if viewer.value is None else _VIEWER
        text = sa.text(_places_of(self.role).replace(f":{_VIEWER}", f":{name}"))
        if self.role is not None:
            text = text.bindparams(sa.bindparam(name, viewer.value, type_=sa.Uuid()))
        return text.columns(**dict.fromkeys(_HELD, _UUIDS)).cte("scope")

    def held(self, prefix: str = "held_") -> list[sa.ColumnElement[Any]]:
        """The same arrays as columns of a statement that has the account in its FROM."""
        each = (self._communities(), self._grids(), self._buildings(), self._organisations())
        return [self._ids(ids).label(prefix + name) for ids, name in zip(each, _HELD, strict=True)]

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
        return sa.cast(self._ids(self._rounds()), _UUIDS)

    def _column(self, name: str) -> Ids:
        return sa.cast(sa.select(self.places.c[name]).scalar_subquery(), _UUIDS)

    def _ids(self, ids: sa.Select[Any] | sa.CompoundSelect[Any] | None) -> sa.ColumnElement[Any]:
        if ids is None:
            return sa.cast(array([], type_=sa.Uuid()), _UUIDS)
        return sa.func.array(ids.scalar_subquery(), type_=_UUIDS)

    def _posts(self, held: Any) -> sa.Select[Any]:
        """The viewer's assignments in force today, by the calendar of their community.

        Correlated by name: the account may be a column of a statement several levels further out.
        """
        post, account, community = table(Assignment), table(Account), table(Community)
        return (
            sa.select(held)
            .select_from(
                post.join(account, account.c.id == post.c.account_id).join(
                    community, community.c.id == post.c.community_id
                )
            )
            .where(post.c.account_id == self.account_id, self._in_office(account))
            .where(_in_force(post))
            .correlate_except(post, account, community)
        )

    def on_round(self, grid_id: sa.ColumnElement[UUID]) -> Condition:
        """Whether the grid's round is the viewer's today: a worker's own without what they handed to a stand-in."""
        if self.role is not Role.GRID_WORKER:
            return grid_id == sa.any_(self.grids)
        post, other = table(Assignment), alias(table(Assignment))
        handed_over = sa.exists().where(
            other.c.stands_in_for == self.account_id, other.c.grid_id == post.c.grid_id, _in_force(other)
        )
        own = self._posts(post.c.grid_id).where(post.c.grid_id.is_not(None), sa.not_(handed_over))
        return grid_id.in_(own)

    def _in_office(self, account: sa.FromClause) -> Condition:
        return sa.and_(account.c.role == self.role, account.c.disabled_at.is_(None))

    def _communities(self) -> sa.Select[Any] | None:
        if self.role is None:
            return None
        if self.role is Role.ADMIN:
            return self._all(table(Community).c.id)
        return self._posts(table(Assignment).c.community_id)

    def _rounds(self) -> sa.Select[Any]:
        grid_id = table(Assignment).c.grid_id
        return self._posts(grid_id).where(grid_id.is_not(None))

    def _desks(self) -> sa.Select[Any]:
        """The communities at whose desk a worker in office serves today, by a published roster."""
        community, week, shift = table(Community), alias(table(RosterWeek)), alias(table(RosterShift))
        serves = (
            sa.exists()
            .select_from(shift.join(week, week.c.id == shift.c.week_id))
            .where(shift.c.account_id == self.account_id, shift.c.day == today(community))
            .where(shift.c.post.in_(_DESKS))
            .where(week.c.community_id == community.c.id, week.c.published_at.is_not(None))
            .correlate_except(shift, week)
        )
        return self._posts(community.c.id).where(serves)

    def _grids(self) -> sa.Select[Any] | sa.CompoundSelect[Any] | None:
        post, grid = table(Assignment), table(Grid)
        if self.role is Role.ADMIN:
            return self._all(grid.c.id)
        if self.role is Role.GRID_WORKER:
            # Who serves at a desk today may register any matter for anyone in the community.
            of_desks = sa.select(grid.c.id).where(grid.c.community_id.in_(self._desks()))
            return self._rounds().union(of_desks)
        if self.role is Role.GRID_LEADER:
            held = self._posts(post.c.estate_id)
            return sa.select(grid.c.id).where(grid.c.estate_id.in_(held))
        if self.role in COMMUNITY_ROLES:
            held = self._posts(post.c.community_id)
            return sa.select(grid.c.id).where(grid.c.community_id.in_(held))
        return None

    def _buildings(self) -> sa.Select[Any] | None:
        if self.role is not Role.BUILDING_HEAD:
            return None
        building_id = table(Assignment).c.building_id
        return self._posts(building_id).where(building_id.is_not(None))

    def _organisations(self) -> sa.Select[Any] | None:
        if self.role not in {Role.PARTNER, Role.CENTRE_MEDIATOR}:
            return None
        organisation_id = table(Assignment).c.organisation_id
        return self._posts(organisation_id).where(organisation_id.is_not(None))

    def _all(self, ids: sa.ColumnElement[UUID]) -> sa.Select[Any]:
        account = table(Account)
        office = sa.exists().where(account.c.id == self.account_id, self._in_office(account))
        return sa.select(ids).where(office.correlate_except(account))


def _in_force(post: sa.FromClause) -> Condition:
    """Whether an assignment holds today, by the calendar of the community in the same FROM."""
    return in_force_on(post, today(table(Community)))


def in_force_on(post: sa.FromClause, day: sa.ColumnElement[Any]) -> Condition:
    return sa.and_(post.c.starts_on <= day, sa.or_(post.c.ends_on.is_(None), post.c.ends_on >= day))


def today(community: sa.FromClause) -> sa.ColumnElement[Any]:
    """The day by the community's calendar."""
    return sa.cast(sa.func.timezone(community.c.time_zone, sa.func.now()), sa.Date)
