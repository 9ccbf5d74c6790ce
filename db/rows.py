"""Rows of tables as objects: made from records, and written by one statement."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from itertools import chain, count
from typing import Any, NamedTuple, TypeVar

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from db import sql
from db.base import Row, alias, table
from db.journal import Journal
from db.places import Grid

Model = TypeVar("Model", bound=Row)
_READ = "_read"
"""Under which attribute a row keeps the values that the database has."""


class Statement(NamedTuple):
    """A statement and the values of its parameters."""

    text: str
    values: list[Any]


class _Shape(NamedTuple):
    """What is written of a row: all columns that are given for a new one, the changed ones of a known one."""

    model: type[Row]
    new: bool
    names: tuple[str, ...]
    many: bool = False


@cache
def _readers(model: type[Row]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """The columns whose values the driver does not give as their own types."""
    found: list[tuple[str, Callable[[Any], Any]]] = []
    for column in table(model).c:
        if isinstance(column.type, sa.Enum):
            enum: type[StrEnum] = column.type.enum_class  # type: ignore[assignment]
            found.append((column.name, enum))
        elif isinstance(column.type, JSONB):
            found.append((column.name, orjson.loads))
    return tuple(found)


def make_row(model: type[Model], record: asyncpg.Record) -> Model:
    """The row of a record that has all columns of the table."""
    values = dict(record)
    for name, read in _readers(model):
        if values[name] is not None:
            values[name] = read(values[name])
    row = object.__new__(model)
    row.__dict__.update(values)
    row.__dict__[_READ] = values
    return row


def known(rows: Iterable[Row]) -> None:
    """Notes that the database has the rows as they are."""
    for row in rows:
        values = dict(row.__dict__)
        values.pop(_READ, None)
        row.__dict__[_READ] = values


def write_statement(rows: Sequence[Row]) -> Statement | None:
    """Inserts and updates as one statement; nothing where nothing has changed."""
    shapes: list[_Shape] = []
    values: list[Any] = []
    for shape, same in _by_shape(rows).items():
        written = [_values(shape, row) for row in same]
        if len(written) > 1 and shape.new and not _has_arrays(shape.model):
            shapes.append(shape._replace(many=True))
            values += [list(column) for column in zip(*written, strict=True)]
        else:
            shapes += [shape] * len(written)
            values += chain.from_iterable(written)
    if not shapes:
        return None
    text, keys = _statement(tuple(shapes))
    return Statement(text, [values[key] for key in keys])


def _by_shape(rows: Sequence[Row]) -> dict[_Shape, list[Row]]:
    """The rows that have something to write; entries of the journal last, for they refer to all others."""
    found: dict[_Shape, list[Row]] = defaultdict(list)
    for row in sorted({id(row): row for row in rows}.values(), key=lambda row: isinstance(row, Journal)):
        found[_shape(row)].append(row)
    return {shape: same for shape, same in found.items() if shape.names}


def _shape(row: Row) -> _Shape:
    read: Mapping[str, Any] | None = row.__dict__.get(_READ)
    model = type(row)
    if read is None:
        omitted = _made_by_database(model)
        names = [name for name in _columns(model) if row.__dict__[name] is not None or name not in omitted]
        return _Shape(model, True, tuple(names))
    changed = [name for name in _columns(model) if row.__dict__[name] != read[name]]
    return _Shape(model, False, tuple(changed))


def _values(shape: _Shape, row: Row) -> list[Any]:
    values = [row.__dict__[name] for name in shape.names]
    for name in _json_columns(shape.model).intersection(shape.names):
        at = shape.names.index(name)
        values[at] = orjson.dumps(values[at]).decode()
    if not shape.new:
        values += [row.__dict__[_READ][name] for name in _keys(shape.model)]
    return values


@cache
def _columns(model: type[Row]) -> tuple[str, ...]:
    return tuple(table(model).c.keys())


@cache
def _made_by_database(model: type[Row]) -> frozenset[str]:
    """The columns that the database fills in where they are not given."""
    return frozenset(
        each.name for each in table(model).c if each.server_default is not None or each.identity is not None
    )


@cache
def _json_columns(model: type[Row]) -> frozenset[str]:
    return frozenset(each.name for each in table(model).c if isinstance(each.type, JSONB))


@cache
def _has_arrays(model: type[Row]) -> bool:
    return any(isinstance(each.type, sa.ARRAY) for each in table(model).c)


@cache
def _keys(model: type[Row]) -> tuple[str, ...]:
    return tuple(column.name for column in table(model).primary_key.columns)


@cache
def _statement(shapes: tuple[_Shape, ...]) -> sql.Written:
    """All of them at once: the last is the statement, the others are CTEs of it. Parameters are named by place."""
    places = count()
    changes = [_insert(shape, places) if shape.new else _update(shape, places) for shape in shapes]
    return sql.written(changes[-1].with_(*(change.cte("written") for change in changes[:-1])))


def _insert(shape: _Shape, places: Iterator[int]) -> sql.Insert:
    t = alias(shape.model)
    types = {name: str(t.c[name].type) for name in shape.names}
    if not shape.many:
        values = {name: sql.parameter(next(places), type_) for name, type_ in types.items()}
        return sql.insert(t, values | _community(shape, values))
    arrays = [sql.parameter(next(places), sql.array_of(type_)) for type_ in types.values()]
    given = sql.rows_of(sql.func.unnest(*arrays), "given", types, "place")
    columns = {name: given.c[name] for name in shape.names}
    columns |= _community(shape, columns)
    return sql.insert_from(t, list(columns), sql.select(*columns.values()).from_(given).order_by(given.c.place))


def _community(shape: _Shape, values: Mapping[str, sql.Column]) -> dict[str, sql.Column]:
    """The community of a journal entry is that of its grid, where it is not given."""
    if shape.model is not Journal or "community_id" not in shape.names or "grid_id" not in shape.names:
        return {}
    grid = alias(Grid)
    own = sql.select(grid.c.community_id).from_(grid).where(grid.c.id == values["grid_id"])
    return {"community_id": sql.func.coalesce(values["community_id"], own.scalar())}


def _update(shape: _Shape, places: Iterator[int]) -> sql.Update:
    t = alias(shape.model)
    changed = {name: sql.parameter(next(places), str(t.c[name].type)) for name in shape.names}
    own = [t.c[name] == sql.parameter(next(places), str(t.c[name].type)) for name in _keys(shape.model)]
    return sql.update(t, **changed).where(*own)
