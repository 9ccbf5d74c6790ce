"""Statements of transactions, written once, or once for each role if the role decides which rows are visible."""

from collections.abc import Callable
from functools import cache
from typing import Any, Literal, TypeAlias

from db import sql
from db.base import Row, alias, column_types, table
from db.holding import looking_in_act, looking_scope, scope_of
from db.scope import Condition, Rule, Scope, kept_record, seen
from rules.access import Role

Lock: TypeAlias = bool | Literal["share", "skip"]
"""True locks rows ``FOR NO KEY UPDATE``, so that foreign keys to them can still be checked; "share" ``FOR SHARE``.

"skip" leaves out the rows that another transaction has locked.
"""
Query: TypeAlias = Callable[[Scope], sql.Query]
"""A function that returns the statement for a scope. Its parameters are given by name when it runs."""
IDS = sql.parameter("ids", sql.array_of(sql.UUID))
MANY = (list, tuple, set, frozenset)
Looks: TypeAlias = tuple[Role | None, bool]
"""The role of the viewer, and whether the posts of an earlier time count too."""


def comparison(value: Any) -> str:
    if value is None:
        return "null"
    return "any" if isinstance(value, MANY) else "equal"


def _rows_of(t: sql.From, order: tuple[str, ...], lock: Lock, *conditions: Condition) -> sql.Select:
    found = sql.select(*t.c).from_(t).where(*conditions)
    if order:
        found = found.order_by(*(t.c[each[1:]].desc() if each[0] == "-" else t.c[each].asc() for each in order))
    return _locking(found, t, lock) if lock else found


def _locking(found: sql.Select, t: sql.From, lock: Lock) -> sql.Select:
    return found.for_update(t, share=lock == "share", skip_locked=lock == "skip")


def _readable(model: type[Row], walled: bool) -> sql.From:
    """The table with the columns that the login may read."""
    readable = {name: type_ for name, type_ in column_types(model).items() if not (walled and name in model.secrets)}
    return sql.named(table(model).name, readable)


def seen_by_id(t: sql.From, scope: Scope) -> Condition:
    return sql.and_(t.c.id == sql.any_(IDS), seen(t, scope))


def kept(_: Scope) -> sql.Select:
    """The record that was kept, of each record that was merged into another."""
    named = sql.rows_of(sql.func.unnest(IDS), "named", {"id": sql.UUID})
    kept = kept_record(named.c.id)
    return sql.select(named.c.id.label("named"), kept.label("kept")).from_(named).where(kept != named.c.id)


@cache
def matching(
    model: type[Row], walled: bool, rule: Rule, looks: Looks, order: tuple[str, ...], lock: Lock
) -> sql.Written:
    """Rows by the condition of a rule."""
    t, scope = _readable(model, walled), scope_of(looks[0], late=looks[1])
    return sql.written(_rows_of(t, order, lock, rule(t, scope)).with_(scope.places))


@cache
def locked_by_id(model: type[Row], looks: Looks, lock: Lock) -> sql.Written:
    """Locks rows by id, as far as the viewer sees them, in the order of their ids, which it returns."""
    t, scope = alias(model), scope_of(looks[0], late=looks[1])
    found = sql.select(t.c.id).from_(t).where(seen_by_id(t, scope)).order_by(t.c.id.asc())
    return sql.written(_locking(found, t, lock).with_(scope.places))


@cache
def found_by_id(model: type[Row], walled: bool, looks: Looks) -> sql.Written:
    """Rows by id, as far as the viewer sees them."""
    t, scope = _readable(model, walled), looking_scope(looks[0], acting=True, late=looks[1])
    return sql.written(looking_in_act(_rows_of(t, ("id",), False, seen_by_id(t, scope)), scope))


@cache
def seen_by(query: Callable[[Scope], sql.Select], looks: Looks) -> sql.Written:
    scope = looking_scope(looks[0], acting=True, late=looks[1])
    return sql.written(looking_in_act(query(scope), scope))


@cache
def equal(
    model: type[Row],
    walled: bool,
    comparisons: tuple[tuple[str, str], ...],
    order: tuple[str, ...],
    lock: Lock,
    limit: int | None,
) -> str:
    """Rows by the values of columns."""
    t = _readable(model, walled)
    found = _rows_of(t, order, lock, *(_compared(t.c[name], how) for name, how in comparisons))
    return sql.written(found if limit is None else found.limit(limit)).text


def _compared(column: sql.Column, how: str) -> sql.Column:
    if how == "null":
        return column.is_(None)
    assert column.type is not None
    if how == "any":
        return column == sql.any_(sql.parameter(object(), sql.array_of(column.type)))
    return column == sql.parameter(object(), column.type)


@cache
def of_query(query: Query, looks: Looks) -> sql.Written:
    scope = scope_of(looks[0], late=looks[1])
    return sql.written(query(scope).with_(scope.places))


@cache
def delete(model: type[Row]) -> str:
    t = alias(model)
    return sql.written(sql.delete(t).where(t.c.id == sql.parameter("id", sql.UUID))).text


def covers(scope: Scope) -> sql.Select:
    grid, building = sql.parameter("grid", sql.UUID), sql.parameter("building", sql.UUID)
    return sql.select(sql.or_(grid == sql.any_(scope.grids), building == sql.any_(scope.buildings)))
