"""Row-level visibility: each noun declares the rule of its tables, and every statement adds it as a condition.

A statement for a table without a rule does not compile, so no rule can be forgotten. The places of a scope are computed
inside the reading statement (db/holding.py). A disabled account, or one that lost a grid, therefore sees nothing more
from its next statement on, whatever its token says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias
from uuid import UUID

from db import sql
from db.base import Row, alias, model_of, table
from rules.access import WORKERS, Role

Condition: TypeAlias = sql.Column


@dataclass(frozen=True)
class Scope:
    """The places for which an account's role holds today, as arrays of ids from one CTE of the statement."""

    role: Role | None
    """The viewer's role; None without an account."""
    account_id: sql.Column
    places: sql.Cte
    """One row with the arrays (db/holding.py)."""
    joined: bool = False
    """True if the statement selects from ``places``, so that conditions refer to its row. Otherwise each reads it."""

    @cached_property
    def communities(self) -> sql.Column:
        """The communities whose places and workers the viewer sees."""
        return self._array("communities")

    @cached_property
    def grids(self) -> sql.Column:
        """The grids whose residents and cases the viewer works with, and the estates and communities around them."""
        return self._array("grids")

    @cached_property
    def buildings(self) -> sql.Column:
        """The buildings that the viewer heads."""
        return self._array("buildings")

    @cached_property
    def organisations(self) -> sql.Column:
        """The organisations that the viewer works for."""
        return self._array("organisations")

    def _array(self, name: str) -> sql.Column:
        held = self.places.c[name]
        return held if self.joined else sql.cast(sql.select(held).from_(self.places).scalar(), sql.array_of(sql.UUID))


Rule: TypeAlias = Callable[[sql.From, Scope], Condition]
"""A function from a table's alias and a scope to the condition under which the viewer sees a row."""
_RULES: dict[type[Row], Rule] = {}


def seen_by(rule: Rule, *models: type[Row]) -> None:
    """Declares the visibility rule of tables."""
    for model in models:
        _RULES[model] = rule


def visible(model: type[Row], t: sql.From, scope: Scope) -> Condition:
    """The condition under which the viewer sees a row of ``t``, an alias of the model's table.

    It is false without a role. Raises LookupError for a table without a rule.
    """
    if model not in _RULES:
        raise LookupError(f"table {model.__tablename__} has no visibility rule")
    return _RULES[model](t, scope) if scope.role else sql.FALSE


def seen(t: sql.From, scope: Scope) -> Condition:
    """The rule of the table itself."""
    return visible(model_of(t.stem), t, scope)


class InGrids(sql.Column):
    """The condition that a row's grid is in the viewer's scope. The compiler recognises it and merges grid by grid."""

    __slots__ = ()


class LookedUp(sql.Column):
    """The condition that a row is one of those that were looked up. The compiler recognises it and reads them by id."""

    __slots__ = ()


def looked_up(uuid: sql.Column, uuids: sql.Column) -> Condition:
    """Rows with one of the ids in an array."""
    return LookedUp((uuid == sql.any_(uuids)).operand, type_=sql.BOOLEAN)


def in_grid(t: sql.From, scope: Scope) -> Condition:
    """Rows of the viewer's grids."""
    return InGrids((t.c.grid_id == sql.any_(scope.grids)).operand, type_=sql.BOOLEAN)


def in_community(t: sql.From, scope: Scope) -> Condition:
    return t.c.community_id == sql.any_(scope.communities)


def by_home(t: sql.From, scope: Scope) -> Condition:
    """Households and residents: workers see them by grid, a building head by building."""
    if scope.role is Role.BUILDING_HEAD:
        return t.c.building_id == sql.any_(scope.buildings)
    return in_grid(t, scope)


def through(foreign_key: str, rule: Rule = seen) -> Rule:
    """The rule for rows whose foreign key points to a row that the viewer sees, by its table's rule or by ``rule``."""
    return lambda t, scope: seen_through(t, foreign_key, scope, rule)


def seen_through(t: sql.From, foreign_key: str, scope: Scope, rule: Rule = seen) -> Condition:
    """True if the viewer sees the row that a foreign key points to."""
    (key,) = table(model_of(t.stem)).c[foreign_key].foreign_keys
    target = alias(model_of(key.column.table.name))
    return sql.exists(target).where(target.c.id == t.c[foreign_key], rule(target, scope))


def own_in_office(author: sql.Column, scope: Scope) -> Condition:
    """Rows that the viewer, a building head in office, created."""
    return sql.and_(author == scope.account_id, sql.func.cardinality(scope.buildings) > 0)


def kept_record(resident_id: sql.Column) -> sql.Column:
    """The id of the record that an id means: of the one that was kept, for a record that was merged into another."""
    return sql.Column("wall.kept(", resident_id, ")", type_=sql.UUID)


class Held(NamedTuple):
    """The places of an account's scope today."""

    communities: frozenset[UUID]
    grids: frozenset[UUID]
    buildings: frozenset[UUID]
    organisations: frozenset[UUID]


class Entry(NamedTuple):
    """The kind and the place of a journal entry."""

    kind: str
    grid_id: UUID | None
    community_id: UUID


def may_see(role: Role, held: Held, entry: Entry) -> bool:
    """True if an account may see an entry, decided without a query. False is definite, true needs the journal's rule.

    Workers see entries by place; older ones about an appeal that came to their grids since are no news to them. For
    other roles it depends on the case.
    """
    if role not in WORKERS:
        return True
    return entry.community_id in held.communities if entry.grid_id is None else entry.grid_id in held.grids
