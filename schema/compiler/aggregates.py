"""Writes figures: aggregates over all visible rows of a table, the same by group, and what is composed of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from db import sql
from db.scope import alias, visible
from db.sql import Column
from schema.compiler.build import Asked
from schema.compiler.expressions import json_list
from schema.compiler.sources import Aggregate, Composed, Groups, Row

Select = Callable[..., sql.Select]


def write_aggregate(asked: Asked, source: Aggregate, row: Row) -> Column:
    """One object of figures."""
    columns, select = _rows(source, row)
    counted = replace(row, c=columns, aggregate=source)
    # HAVING makes it one row even when only groups or __typename are selected.
    return select(asked.object(counted)).having(sql.TRUE).scalar()


def write_groups(asked: Asked, source: Groups, row: Row) -> Column:
    """The rows of the enclosing aggregate by a key: the largest group first, then by name."""
    assert row.aggregate is not None
    columns, select = _rows(row.aggregate, row)
    if source.made is not None:
        columns, select = _with_key(source.key, source.made(replace(row, c=columns)), columns, select)
    key = columns[source.key]
    item = asked.object(replace(row, c=columns))
    g = (
        select(item.label("item"), sql.func.count().label("size"), sql.cast(key, sql.TEXT).label("key"))
        .group_by(key)
        .subquery("group")
    )
    by_key = g.c.key.collate("C").nulls_last()
    listed = json_list(g.c.item, order_by=[g.c.size.desc(), by_key] if source.by_size else [by_key])
    return sql.select(listed).from_(g).scalar()


def write_composed(asked: Asked, source: Composed, row: Row) -> Column:
    """An object over expressions of the row."""
    return asked.object(replace(row, c=source.columns(row)))


def _rows(source: Aggregate, row: Row) -> tuple[Any, Select]:
    """The columns of a fresh alias, and a SELECT over its rows that the viewer sees and ``only`` keeps."""
    t = alias(source.table)
    conditions = (visible(source.table, t, row.scope), *source.only(replace(row, c=t.c)))

    def select(*columns: Any) -> sql.Select:
        return sql.select(*columns).from_(t).where(*conditions)

    return t.c, select


def _with_key(name: str, made: Column, columns: Any, select: Select) -> tuple[Any, Select]:
    """The same rows with one column more, so that what is nested in a group may refer to it."""
    t = select(*columns, made.label(name)).subquery("keyed")
    return t.c, lambda *wanted: sql.select(*wanted).from_(t)
