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
_HELD = dict.fromkeys(("communities", "grids", "buildings", "organisations"), _UUIDS)


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


_ACCOUNT, _POST, _COMMUNITY, _GRID = (itself(table(each)) for each in (Account, Assignment, Community, Grid))


@cache
def _places_of(role: Role | None, account_id: str) -> str:
    """The SQL of what a role holds: it is part of nearly every statement, and dear to write anew for each."""
    return sql.select(*Scope(role, sql.raw(account_id)).held("")).text


@dataclass
class Scope:
    """The places a viewer's role holds today, as one row of arrays that the whole statement shares."""

    role: Role | None
    account_id: sql.Column
    used: bool = False
    """Whether something read the row, so that the statement has to define :attr:`places`."""
    inline: bool = False
    """Without that row: each list is computed where it stands, for statements that read one of them once."""

    @cached_property
    def places(self) -> sql.From:
        """One row: ``communities``, ``grids``, ``buildings`` and ``organisations`` of the viewer."""
        return sql.cte("scope", _places_of(self.role, self.account_id.text), _HELD)

    def held(self, prefix: str = "held_") -> list[sql.Column]:
        """The same arrays as columns of a statement that has the account in its FROM."""
        return [self._computed(name).label(prefix + name) for name in _HELD]

    def _computed(self, name: str) -> sql.Column:
        made = {
            "communities": self._communities,
            "grids": self._grids,
            "buildings": self._buildings,
            "organisations": self._organisations,
        }
        return self._ids(made[name]())

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
        return sql.cast(self._ids(self._rounds()), _UUIDS)

    def _column(self, name: str) -> Ids:
        if self.inline:
            return sql.cast(self._computed(name), _UUIDS)
        self.used = True
        return sql.cast(sql.select(self.places.c[name]).from_(self.places).scalar(), _UUIDS)

    def _ids(self, ids: sql.Select | None) -> sql.Column:
        return sql.array([], sql.UUID) if ids is None else ids.array()

    def _posts(self, held: sql.Column) -> sql.Select:
        """The viewer's assignments in force today, by the calendar of their community."""
        return (
            sql.select(held)
            .from_(
                _POST.join(_ACCOUNT, _ACCOUNT.c.id == _POST.c.account_id).join(
                    _COMMUNITY, _COMMUNITY.c.id == _POST.c.community_id
                )
            )
            .where(_POST.c.account_id == self.account_id, self._in_office(), _in_force(_POST))
        )

    def _held(self, held: sql.Column) -> sql.Select:
        """What the viewer's assignments name, of those that name one."""
        return self._posts(held).where(held.is_not(None))

    def on_round(self, grid_id: sql.Column) -> Condition:
        """Whether the grid's round is the viewer's today: a worker's own without what they handed to a stand-in."""
        if self.role is not Role.GRID_WORKER:
            return grid_id == sql.any_(self.grids)
        other = alias(table(Assignment))
        handed_over = sql.exists(other).where(
            other.c.stands_in_for == self.account_id, other.c.grid_id == _POST.c.grid_id, _in_force(other)
        )
        own = self._rounds().where(sql.not_(handed_over))
        return grid_id.in_(own)

    def _in_office(self) -> Condition:
        return sql.and_(_ACCOUNT.c.role == self.role, _ACCOUNT.c.disabled_at.is_(None))

    def _communities(self) -> sql.Select | None:
        if self.role is None:
            return None
        if self.role is Role.ADMIN:
            return self._all(_COMMUNITY)
        return self._posts(_POST.c.community_id)

    def _rounds(self) -> sql.Select:
        return self._held(_POST.c.grid_id)

    def _desks(self) -> sql.Select:
        """The communities at whose desk a worker in office serves today, by a published roster."""
        week, shift = alias(table(RosterWeek)), alias(table(RosterShift))
        serves = (
            sql.exists(shift.join(week, week.c.id == shift.c.week_id))
            .where(shift.c.account_id == self.account_id, shift.c.day == today(_COMMUNITY))
            .where(shift.c.post.in_(sorted(DESKS)))
            .where(week.c.community_id == _COMMUNITY.c.id, week.c.published_at.is_not(None))
        )
        return self._posts(_COMMUNITY.c.id).where(serves)

    def _grids(self) -> sql.Select | None:
        if self.role is Role.ADMIN:
            return self._all(_GRID)
        if self.role is Role.GRID_WORKER:
            # Who serves at a desk today may register any matter for anyone in the community.
            of_desks = sql.select(_GRID.c.id).from_(_GRID).where(_GRID.c.community_id.in_(self._desks()))
            return sql.union(self._rounds(), of_desks)
        if self.role is Role.GRID_LEADER:
            held = self._posts(_POST.c.estate_id)
            return sql.select(_GRID.c.id).from_(_GRID).where(_GRID.c.estate_id.in_(held))
        if self.role in COMMUNITY_ROLES:
            held = self._posts(_POST.c.community_id)
            return sql.select(_GRID.c.id).from_(_GRID).where(_GRID.c.community_id.in_(held))
        return None

    def _buildings(self) -> sql.Select | None:
        if self.role is not Role.BUILDING_HEAD:
            return None
        return self._held(_POST.c.building_id)

    def _organisations(self) -> sql.Select | None:
        if self.role not in {Role.PARTNER, Role.CENTRE_MEDIATOR}:
            return None
        return self._held(_POST.c.organisation_id)

    def _all(self, source: sql.From) -> sql.Select:
        office = sql.exists(_ACCOUNT).where(_ACCOUNT.c.id == self.account_id, self._in_office())
        return sql.select(source.c.id).from_(source).where(office)


def _in_force(post: sql.From) -> Condition:
    """Whether an assignment holds today, by the calendar of the community in the same FROM."""
    return in_force_on(post, today(_COMMUNITY))


def in_force_on(post: sql.From, day: sql.Column) -> Condition:
    return sql.and_(post.c.starts_on <= day, sql.or_(post.c.ends_on.is_(None), post.c.ends_on >= day))


def today(community: sql.From) -> sql.Column:
    """The day by the community's calendar."""
    return sql.cast(sql.func.timezone(community.c.time_zone, sql.func.now()), sql.DATE)
