"""Writes figures: aggregates over all visible rows of a table, the same by group, and what is composed of them."""

from dataclasses import replace

from db import sql
from db.base import alias
from db.scope import visible
from db.sql import Column
from schema.compiler.build import Asked
from schema.compiler.expressions import json_list
from schema.compiler.sources import Aggregate, Composed, Groups, Row


def write_aggregate(asked: Asked, source: Aggregate, row: Row) -> Column:
    """One object of figures; its rows are read once, however many groups are asked for."""
    t = alias(source.model)
    conditions = visible(source.model, t, row.scope), *source.only(replace(row, c=t.c))
    counted = sql.select(*t.c).from_(t).where(*conditions).cte("counted")
    found = asked.object(replace(row, c=counted.c, counted=counted))
    # HAVING makes it one row even when only groups or __typename are selected.
    return sql.select(found).from_(counted).with_(counted).having(sql.TRUE).scalar()


def write_groups(asked: Asked, source: Groups, row: Row) -> Column:
    """The rows of the enclosing aggregate by a key: the largest group first, then by name."""
    assert row.counted is not None
    rows = row.counted.again()
    if source.made is not None:
        # One column more, so that what is nested in a group may refer to it.
        made = source.made(replace(row, c=rows.c)).label(source.key)
        rows = sql.select(*rows.c, made).from_(rows).subquery("keyed")
    key = rows.c[source.key]
    item = asked.object(replace(row, c=rows.c))
    size, name = sql.func.count().label("size"), sql.cast(key, sql.TEXT).label("key")
    g = sql.select(item.label("item"), size, name).from_(rows).group_by(key).subquery("group")
    by_key = g.c.key.collate("C").nulls_last()
    listed = json_list(g.c.item, order_by=[g.c.size.desc(), by_key] if source.by_size else [by_key])
    return sql.select(listed).from_(g).scalar()


def write_composed(asked: Asked, source: Composed, row: Row) -> Column:
    """An object over expressions of the row."""
    return asked.object(replace(row, c=source.columns(row)))
