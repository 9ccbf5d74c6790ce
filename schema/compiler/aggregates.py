"""Writes aggregates over the visible rows of a table, their groups, and objects composed of expressions."""

from dataclasses import replace

from db import sql
from db.base import alias
from db.scope import visible
from db.sql import Column
from rules.access import may_read
from schema.compiler.build import Asked
from schema.compiler.expressions import json_list
from schema.compiler.sources import Aggregate, Composed, Groups, Row


def write_aggregate(asked: Asked, source: Aggregate, row: Row) -> Column:
    """An aggregate object. A CTE reads the rows once for all of its groups."""
    t = alias(source.model)
    readable = [] if may_read(row.scope.role, asked.type.name) else [sql.FALSE]
    conditions = visible(source.model, t, row.scope), *source.only(replace(row, c=t.c)), *readable
    counted = sql.select(*t.c).from_(t).where(*conditions).cte("counted")
    found = asked.object(replace(row, c=counted.c, counted=counted))
    # HAVING makes it one row even if no aggregate function is selected.
    return sql.select(found).from_(counted).with_(counted).having(sql.TRUE).scalar()


def write_groups(asked: Asked, source: Groups, row: Row) -> Column:
    """The rows of the enclosing aggregate, grouped by a key and ordered by size and name, or by name only."""
    assert row.counted is not None
    rows = row.counted.again()
    if source.made is not None:
        # The key is a column, so that nested expressions can refer to it.
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
    return asked.object(replace(row, c=source.columns(row)))
