"""Parts of statistics: the period, counts, rates, and the cases behind a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import MAXYEAR, date
from typing import Any, TypeAlias

import strawberry

from db import places, sql
from db.base import alias
from db.scope import Condition
from db.sql import Column
from rules.refusals import invalid
from schema.compiler.declare import column, composed, part
from schema.compiler.expressions import constant
from schema.compiler.sources import Expression, Link, Row
from schema.filters import given_id


@strawberry.interface(description="Figures of a group: how many there are, and more by its kind.")
class Figures:
    total: int = strawberry.field(description="How many there are.")


Test: TypeAlias = Callable[[Row], Condition]
"""The condition of a count on a row."""
Kept: TypeAlias = Callable[[Row], Sequence[Condition]]
"""The conditions on all counted rows."""


def day_of_period(row: Row, name: str) -> Column:
    """The local midnight at which the given day begins, or for ``endsOn`` ends."""

    midnight = _local(row, lambda between: between[name])
    return _instant(row, midnight + sql.raw("interval '1 day'") if name == "endsOn" else midnight)


def end_of_year(row: Row) -> Column:
    """The local midnight that ends the year of the period's last day: the figures of a year are closed then."""
    return _instant(row, _local(row, lambda between: date(min(between["endsOn"].year + 1, MAXYEAR), 1, 1)))


def _local(row: Row, day: Callable[[dict[str, date]], date]) -> Column:
    """The midnight that begins a day which follows from the period."""

    def read(between: dict[str, date]) -> date:
        if between["endsOn"] < between["startsOn"]:
            raise invalid("结束日期早于开始日期", "endsOn")
        return day(between)

    return sql.cast(row.given("between", sql.DATE, read), sql.LOCAL_TIME)


def _instant(row: Row, local: Column) -> Column:
    # A scalar subquery is evaluated once, not for every row.
    return sql.select(sql.func.timezone(_time_zone(row), local)).scalar()


def month_of(moment: str) -> Expression:
    """The first day of the local month of an instant in a column."""

    def month(row: Row) -> Column:
        local = sql.func.timezone(_time_zone(row), row.c[moment])
        return sql.cast(sql.func.date_trunc(constant("month"), local), sql.DATE)

    return month


def _time_zone(row: Row) -> Column:
    return places.time_zone(row.scope, given_id(row, "community") if "community" in row.arguments else None)


def in_community(row: Row) -> list[Condition]:
    """Keeps the rows of the community in the arguments, if one is given."""
    if "community" not in row.arguments:
        return []
    if "community_id" in row.c:
        return [row.c.community_id == given_id(row, "community")]
    grid = alias(places.Grid)
    own = sql.select(grid.c.id).from_(grid).where(grid.c.community_id == given_id(row, "community"))
    return [row.c.grid_id.in_(own)]


def between(moment: str) -> Kept:
    """Rows whose instant is in the period."""

    def kept(row: Row) -> list[Condition]:
        at = row.c[moment]
        return [at >= day_of_period(row, "startsOn"), at < day_of_period(row, "endsOn"), *in_community(row)]

    return kept


def count(test: Test | None = None) -> Expression:
    """The number of rows that pass the test."""

    def expression(row: Row) -> Column:
        counted = sql.func.count()
        return counted if test is None else counted.filter(test(row))

    return expression


def share(part_of: Expression, whole: Expression) -> Expression:
    """The quotient of two counts, 0 to 1; null if the second is 0."""
    return lambda row: sql.cast(part_of(row), sql.DOUBLE) / sql.func.nullif(whole(row), 0)


def status_in(statuses: frozenset[Any]) -> Test:
    return lambda row: sql.cast(row.c.status, sql.TEXT).in_(sorted(statuses))


def both(*tests: Test) -> Test:
    return lambda row: sql.and_(*(test(row) for test in tests))


@part
class Rate:
    """A share, with the numbers that it is calculated from."""

    numerator: int = column("numerator", "The number of matching cases.")
    denominator: int = column("denominator", "The number of all cases.")
    rate: float | None = column("rate", "Numerator / denominator, 0 to 1; null if the denominator is 0.")


def rate(numerator: Test, denominator: Test, description: str) -> Any:
    """A field with a rate. The numerator counts only rows of the denominator."""
    over, under = count(both(denominator, numerator)), count(denominator)

    def columns(row: Row) -> dict[str, Column]:
        return {"numerator": over(row), "denominator": under(row), "rate": share(over, under)(row)}

    return composed(columns, description)


def behind(tests: Mapping[Any, Test], kept: Kept, key: str | None = None, made: Expression | None = None) -> Link:
    """The cases behind the number in the argument ``of``, selected by the conditions of its count.

    Within a group, also by the group's key: a column, or an expression ``made`` of the columns.
    """

    def link(row: Row, t: Any) -> Condition:
        case = replace(row, c=t)
        asked = row.arguments.get("of")
        conditions = [*kept(case)]
        if asked is not None:
            conditions.append(tests[asked.sample](case))
        if key is not None:
            own = made(case) if made else t[key]
            conditions.append(own.is_not_distinct_from(row.c[key]))
        return sql.and_(*conditions)

    return link
