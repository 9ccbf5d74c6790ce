"""What statistics are made of: a period by the calendar, counts, rates, and the cases behind a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias

from db import places, sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.refusals import invalid
from schema.compiler.declare import column, composed, part
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Link, Row
from schema.ids import parse_id

Test: TypeAlias = Callable[[Row], Condition]
"""Whether a row counts."""
Kept: TypeAlias = Callable[[Row], Sequence[Condition]]
"""Which rows are counted at all."""


def day_of_period(row: Row, name: str) -> Column:
    """The given day's midnight by the community's calendar; ``last`` means the midnight that ends it."""

    def read(between: dict[str, date]) -> date:
        if between["last"] < between["first"]:
            raise invalid("结束日期早于开始日期", "the last day is before the first", "last")
        return between[name]

    midnight: Column = sql.cast(row.given("between", sql.DATE, read), sql.LOCAL_TIME)
    if name == "last":
        midnight = midnight + sql.raw("interval '1 day'")
    # A SELECT of its own is reckoned once, and not for every row that is compared with it.
    return sql.select(sql.func.timezone(_time_zone(row), midnight)).scalar()


def month_of(moment: str) -> Expression:
    """The first day of the month of a column's instant, by the community's calendar."""

    def month(row: Row) -> Column:
        local = sql.func.timezone(_time_zone(row), row.c[moment])
        return sql.cast(sql.func.date_trunc(constant("month"), local), sql.DATE)

    return month


def _time_zone(row: Row) -> Column:
    community = alias(places.Community)
    own = sql.select(community.c.time_zone).from_(community).where(community.c.id == sql.any_(row.scope.communities))
    if "community" in row.arguments:
        own = own.where(community.c.id == _community(row))
    first = own.order_by(community.c.id).limit(1)
    return sql.func.coalesce(first.scalar(), constant("Asia/Shanghai"))


def _community(row: Row) -> Column:
    return row.given("community", sql.UUID, lambda text: parse_id("community", text))


def in_community(row: Row) -> list[Condition]:
    """Keeps the rows of the community in the arguments, if one is given."""
    if "community" not in row.arguments:
        return []
    if "community_id" in row.c:
        return [row.c.community_id == _community(row)]
    grid = alias(places.Grid)
    own = sql.select(grid.c.id).from_(grid).where(grid.c.community_id == _community(row))
    return [row.c.grid_id.in_(own)]


def between(moment: str) -> Kept:
    """Rows whose instant lies in the period."""

    def kept(row: Row) -> list[Condition]:
        at = row.c[moment]
        return [at >= day_of_period(row, "first"), at < day_of_period(row, "last"), *in_community(row)]

    return kept


def count(test: Test | None = None) -> Expression:
    """How many rows, of those that count."""

    def expression(row: Row) -> Column:
        counted = sql.func.count()
        return counted if test is None else counted.filter(test(row))

    return expression


def share(part_of: Expression, whole: Expression) -> Expression:
    """The part's share of the whole, 0 to 1; null when the whole is nothing."""
    return lambda row: sql.cast(part_of(row), sql.DOUBLE) / sql.func.nullif(whole(row), 0)


def status_in(statuses: frozenset[Any]) -> Test:
    """Whether the row has one of these statuses."""
    return lambda row: sql.cast(row.c.status, sql.TEXT).in_(sorted(statuses))


def both(*tests: Test) -> Test:
    """Whether all of it holds."""
    return lambda row: sql.and_(*(test(row) for test in tests))


@part
class Rate:
    """A share with what it is made of."""

    numerator: int = column("numerator", "How many of them.")
    denominator: int = column("denominator", "Of how many.")
    rate: float | None = column("rate", "Numerator / denominator, 0 to 1; null when the denominator is 0.")


def rate(numerator: Test, denominator: Test, description: str) -> Any:
    """The field of a rate; the numerator is counted within the denominator."""
    over, under = count(both(denominator, numerator)), count(denominator)

    def columns(row: Row) -> dict[str, Column]:
        return {"numerator": over(row), "denominator": under(row), "rate": share(over, under)(row)}

    return composed(columns, description)


def behind(tests: Mapping[Any, Test], kept: Kept, key: str | None = None, made: Expression | None = None) -> Link:
    """The cases behind the number in the argument ``of``: the same conditions that it is counted by.

    Within a group they have its key: a column of theirs, or what is ``made`` of their columns.
    """

    def link(row: Row, t: Any) -> Condition:
        case = replace(row, c=t)
        asked = row.arguments.get("of")
        conditions = [*kept(case), *([tests[asked.sample](case)] if asked else [])]
        if key is not None:
            own = made(case) if made else t[key]
            conditions.append(own.is_not_distinct_from(row.c[key]))
        return sql.and_(*conditions)

    return link
