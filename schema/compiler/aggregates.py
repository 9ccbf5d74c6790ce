"""Writes figures: aggregates over all visible rows of a table, and the same by group."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from db.scope import alias, visible
from schema.compiler.build import Asked
from schema.compiler.expressions import json_list
from schema.compiler.sources import Aggregate, Column, Groups, Row

Select = Callable[..., sa.Select[Any]]


def write_aggregate(asked: Asked, source: Aggregate, row: Row) -> Column:
    """One object of figures."""
    columns, select = _rows(source, row)
    counted = replace(row, c=columns, aggregate=source)
    # HAVING makes it one row even when only groups or __typename are selected.
    return select(asked.object(counted)).having(sa.true()).scalar_subquery()


def write_groups(asked: Asked, source: Groups, row: Row) -> Column:
    """The rows of the enclosing aggregate by a column: the largest group first, then by name."""
    assert row.aggregate is not None
    columns, select = _rows(row.aggregate, row)
    key = columns[source.key]
    item = asked.object(replace(row, c=columns))
    g = (
        select(item.label("item"), sa.func.count().label("size"), sa.cast(key, sa.Text).label("key"))
        .group_by(key)
        .subquery()
    )
    listed = json_list(g.c.item, order_by=[g.c.size.desc(), sa.collate(g.c.key, "C")])
    return sa.select(listed).select_from(g).correlate_except(g).scalar_subquery()


def _rows(source: Aggregate, row: Row) -> tuple[Any, Select]:
    """The columns of a fresh alias, and a SELECT over its rows that the viewer sees and ``only`` keeps."""
    t = alias(source.table)
    conditions = (visible(source.table, t, row.scope), *source.only(replace(row, c=t.c)))

    def select(*columns: Any) -> sa.Select[Any]:
        return sa.select(*columns).select_from(t).where(*conditions).correlate_except(t)

    return t.c, select
