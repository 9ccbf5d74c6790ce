"""Rows as objects: made from records of the driver, and written by one statement."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, count
from typing import Any, NamedTuple, TypeAlias, TypeVar

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from db import sql
from db.base import Row, alias, table
from db.journal import Journal
from db.places import Grid

Model = TypeVar("Model", bound=Row)
_STORED = "_stored"
"""The attribute with the values of a row's columns in the database."""


Statement: TypeAlias = tuple[str, list[Any]]
"""A statement and the values of its parameters, in order."""


class _Shape(NamedTuple):
    """The columns that are written of a row: the given ones of a new row, the changed ones of a stored row."""

    model: type[Row]
    new: bool
    names: tuple[str, ...]
    many: bool = False


class _Columns(NamedTuple):
    """The columns of a table, by how their values are read and written."""

    names: tuple[str, ...]
    keys: tuple[str, ...]
    left_out: frozenset[str]
    """Columns of a new row that are not written if they are null: the database fills them in, or they are secrets,
    which the application's login may not write."""
    json: frozenset[str]
    has_arrays: bool
    readers: tuple[tuple[str, Callable[[Any], Any]], ...]
    """Conversions of values that the driver returns as plain text."""


@cache
def _columns(model: type[Row]) -> _Columns:
    own, types = table(model), {each.name: each.type for each in table(model).c}
    json = frozenset(name for name, type_ in types.items() if isinstance(type_, JSONB))
    enums = [(name, _members(type_.enum_class)) for name, type_ in types.items() if isinstance(type_, sa.Enum)]
    return _Columns(
        names=tuple(types),
        keys=tuple(each.name for each in own.primary_key.columns),
        left_out=model.secrets.union(
            each.name for each in own.c if each.server_default is not None or each.identity is not None
        ),
        json=json,
        has_arrays=any(isinstance(type_, sa.ARRAY) for type_ in types.values()),
        readers=(*enums, *((name, orjson.loads) for name in json)),
    )


def _members(enum: Any) -> Callable[[Any], Any]:
    """The members of an enum by value. A dictionary, because a call of the enum takes a microsecond."""
    return {each.value: each for each in enum}.__getitem__


def make_row(model: type[Model], record: asyncpg.Record) -> Model:
    """The row of a record that has all columns of the table, but for secrets that the login cannot read."""
    values = dict(record)
    for name, read in _columns(model).readers:
        if values[name] is not None:
            values[name] = read(values[name])
    row = object.__new__(model)
    row.__dict__.update(values)
    row.__dict__[_STORED] = values
    return row


def mark_stored(rows: Iterable[Row]) -> None:
    """Records that the database has the current values of the rows."""
    for row in rows:
        values = dict(row.__dict__)
        values.pop(_STORED, None)
        row.__dict__[_STORED] = values


def write_statement(rows: Sequence[Row]) -> Statement | None:
    """One statement that inserts the new rows and updates the changed ones; None if nothing has changed."""
    shapes: list[_Shape] = []
    values: list[Any] = []
    for shape, alike in _by_shape(rows).items():
        written = [_values(shape, row) for row in alike]
        if len(written) > 1 and not _columns(shape.model).has_arrays:
            shapes.append(shape._replace(many=True))
            values += [list(column) for column in zip(*written, strict=True)]
        else:
            shapes += [shape] * len(written)
            values += chain.from_iterable(written)
    if not shapes:
        return None
    text, positions = _statement(tuple(shapes))
    return text, [values[position] for position in positions]


def insert_statement(row: Row) -> Statement:
    """One statement that inserts a new row unless this violates a unique index. It returns a record if it did."""
    shape = _shape(row)
    text, positions = _insert_or_nothing(shape)
    values = _values(shape, row)
    return text, [values[position] for position in positions]


@cache
def _insert_or_nothing(shape: _Shape) -> sql.Written:
    return sql.written(_insert(shape, count()).on_conflict_do_nothing().returning(sql.TRUE))


def _by_shape(rows: Sequence[Row]) -> dict[_Shape, list[Row]]:
    """The rows with something to write. Journal entries come last, because they refer to the other rows."""
    found: dict[_Shape, list[Row]] = defaultdict(list)
    for row in sorted({id(row): row for row in rows}.values(), key=lambda row: type(row) is Journal):
        found[_shape(row)].append(row)
    return {shape: alike for shape, alike in found.items() if shape.names}


def _shape(row: Row) -> _Shape:
    stored: Mapping[str, Any] | None = row.__dict__.get(_STORED)
    row.derive(stored or {})
    own, columns = row.__dict__, _columns(type(row))
    if stored is None:
        left_out = columns.left_out
        given = [name for name in columns.names if own[name] is not None or name not in left_out]
        return _Shape(type(row), True, tuple(given))
    # A secret that was not read is in neither. Most values are the same objects, whose comparison costs more.
    changed = [name for name in columns.names if (new := own.get(name)) is not (old := stored.get(name)) and new != old]
    return _Shape(type(row), False, tuple(changed))


def _values(shape: _Shape, row: Row) -> list[Any]:
    columns = _columns(shape.model)
    own = row.__dict__
    values = [own[name] for name in shape.names]
    for name in columns.json:
        if own.get(name) is not None and name in shape.names:
            values[shape.names.index(name)] = orjson.dumps(own[name]).decode()
    if not shape.new:
        values += [row.__dict__[_STORED][name] for name in columns.keys]
    return values


@cache
def _statement(shapes: tuple[_Shape, ...]) -> sql.Written:
    """All changes as one statement: the last one, with the others as its CTEs. A parameter's key is its position."""
    positions = count()
    changes = [_insert(shape, positions) if shape.new else _update(shape, positions) for shape in shapes]
    return sql.written(changes[-1].with_(*(change.cte("written") for change in changes[:-1])))


def _insert(shape: _Shape, positions: Iterator[int]) -> sql.Insert:
    t = alias(shape.model)
    if not shape.many:
        values = {name: _parameter(t, name, positions) for name in shape.names}
        return sql.insert(t, values | _community(shape, values))
    given = _unnested(t, {name: name for name in shape.names}, positions)
    columns = {name: given.c[name] for name in shape.names}
    columns |= _community(shape, columns)
    return sql.insert_from(t, list(columns), sql.select(*columns.values()).from_(given).order_by(given.c.place))


def _parameter(t: sql.From, name: str, positions: Iterator[int]) -> sql.Column:
    return sql.parameter(next(positions), str(t.c[name].type))


def _unnested(t: sql.From, columns: Mapping[str, str], positions: Iterator[int]) -> sql.From:
    """A row for each place in the parameters, which are arrays: one for each column of ``t``, under a new name."""
    types = {name: str(t.c[column].type) for name, column in columns.items()}
    arrays = [sql.parameter(next(positions), sql.array_of(type_)) for type_ in types.values()]
    return sql.rows_of(sql.func.unnest(*arrays), "given", types, "place")


def _community(shape: _Shape, values: Mapping[str, sql.Column]) -> dict[str, sql.Column]:
    """A journal entry without a community gets that of its grid."""
    if shape.model is not Journal or "community_id" not in shape.names or "grid_id" not in shape.names:
        return {}
    grid = alias(Grid)
    own = sql.select(grid.c.community_id).from_(grid).where(grid.c.id == values["grid_id"])
    return {"community_id": sql.func.coalesce(values["community_id"], own.scalar())}


def _update(shape: _Shape, positions: Iterator[int]) -> sql.Update:
    t, keys = alias(shape.model), _columns(shape.model).keys
    if not shape.many:
        changed = {name: _parameter(t, name, positions) for name in shape.names}
        return sql.update(t, **changed).where(*(t.c[key] == _parameter(t, key, positions) for key in keys))
    given = _unnested(t, {name: name for name in shape.names} | {f"stored_{key}": key for key in keys}, positions)
    changed = {name: given.c[name] for name in shape.names}
    return sql.update(t, **changed).from_(given).where(*(t.c[key] == given.c[f"stored_{key}"] for key in keys))
