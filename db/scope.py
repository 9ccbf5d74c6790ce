"""Who sees which rows: each noun declares its rule beside its tables, and statements ask for it here.

A table without a rule does not compile, so it can never be read by oversight. The places that a scope is made of are
computed inside the statement that reads (db/holding.py): an account that is disabled or loses a grid sees nothing more
with its next statement, whatever its token says.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias
from uuid import UUID

from db import sql
from db.base import Row, alias, model_of, table
from rules.access import WORKERS, Role

Condition: TypeAlias = sql.Column


class Scope(Protocol):
    """What a viewer's role holds today, as arrays of ids."""

    @property
    def role(self) -> Role | None:
        """The viewer's role; nothing without an account."""

    @property
    def account_id(self) -> sql.Column:
        """The viewer's account."""

    @property
    def communities(self) -> sql.Column:
        """The communities whose places and workers the viewer knows."""

    @property
    def grids(self) -> sql.Column:
        """The grids whose people and cases the viewer works with."""

    @property
    def rounds(self) -> sql.Column:
        """The grids of the viewer's own posts, without those that a desk opens to a worker for a day."""

    @property
    def buildings(self) -> sql.Column:
        """The buildings that the viewer heads."""

    @property
    def organisations(self) -> sql.Column:
        """The organisations that the viewer works for."""

    def on_round(self, grid_id: sql.Column) -> Condition:
        """Whether the grid's round is the viewer's today: a worker's own without what they handed to a stand-in."""


Rule: TypeAlias = Callable[[sql.From, Scope], Condition]
"""The condition under which a viewer sees a row of a table, given the table's alias."""
_RULES: dict[type[Row], Rule] = {}


def seen_by(rule: Rule, *models: type[Row]) -> None:
    """Declares the rule of tables."""
    for model in models:
        _RULES[model] = rule


def visible(model: type[Row], t: sql.From, scope: Scope) -> Condition:
    """The condition under which the viewer sees a row of ``t``, an alias of the model's table.

    Raises LookupError for a table without a rule. Without a role nothing is seen.
    """
    if model not in _RULES:
        raise LookupError(f"table {model.__tablename__} has no visibility rule")
    return _RULES[model](t, scope) if scope.role else sql.FALSE


class InGrids(sql.Column):
    """That a row's grid is one of the viewer's few, and nothing else."""

    __slots__ = ()


def in_grid(t: sql.From, scope: Scope) -> Condition:
    """Rows of the viewer's grids. An administrator's are all grids: looking each up would mislead the planner."""
    if scope.role is Role.ADMIN:
        return sql.and_(t.c.grid_id.is_not(None), sql.func.cardinality(scope.grids) > 0)
    return InGrids((t.c.grid_id == sql.any_(scope.grids)).operand, type_=sql.BOOLEAN)


def in_community(t: sql.From, scope: Scope) -> Condition:
    """Rows of the viewer's communities."""
    return t.c.community_id == sql.any_(scope.communities)


def by_home(t: sql.From, scope: Scope) -> Condition:
    """Homes and those who live there: workers see them by grid, a building head by building."""
    if scope.role is Role.BUILDING_HEAD:
        return t.c.building_id == sql.any_(scope.buildings)
    return in_grid(t, scope)


def through(foreign_key: str, rule: Rule | None = None) -> Rule:
    """Rows that point to something the viewer sees by the rule of its table, or by another ``rule``."""

    def pointing(t: sql.From, scope: Scope) -> Condition:
        return seen_through(t, foreign_key, scope, rule)

    return pointing


def seen_through(t: sql.From, foreign_key: str, scope: Scope, rule: Rule | None = None) -> Condition:
    """Whether the viewer sees what a row points to."""
    (key,) = table(model_of(t.stem)).c[foreign_key].foreign_keys
    model = model_of(key.column.table.name)
    target = alias(model)
    seen = visible(model, target, scope) if rule is None else rule(target, scope)
    return sql.exists(target).where(target.c.id == t.c[foreign_key], seen)


def own_in_office(column: str) -> Rule:
    """Rows that a building head in office made, by the column that names who did."""

    def own(t: sql.From, scope: Scope) -> Condition:
        return sql.and_(t.c[column] == scope.account_id, sql.func.cardinality(scope.buildings) > 0)

    return own


class Held(NamedTuple):
    """The places that an account holds today."""

    communities: frozenset[UUID]
    grids: frozenset[UUID]
    buildings: frozenset[UUID]
    organisations: frozenset[UUID]


class Entry(NamedTuple):
    """The kind of a journal entry, and where it belongs."""

    kind: str
    grid_id: UUID | None
    community_id: UUID


def may_see(role: Role, held: Held, entry: Entry) -> bool:
    """Whether an account that holds these places may see an entry. False is certain: the entry need not be read.

    Workers see entries by place, as the rule of the journal says; what others see depends on the case itself.
    """
    if role not in WORKERS:
        return True
    return entry.community_id in held.communities if entry.grid_id is None else entry.grid_id in held.grids
