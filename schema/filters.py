"""Predicates for filters."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import strawberry

from db import sql
from db.base import alias
from db.journal import Journal
from db.places import Grid
from db.scope import Condition
from db.sql import Column
from rules.refusals import invalid
from rules.text import clean
from schema.compiler.arguments import Argument
from schema.compiler.declare import filters, where
from schema.compiler.sources import Predicate, Row, Within
from schema.ids import meant_by, parse_id

SEARCH_LIMIT = 100
"""Characters: a compromise between long phrases and the cost of a LIKE on every row in scope."""


@filters
class TimeRange:
    """A range of time that includes its start and excludes its end. An omitted side is unbounded."""

    starts_at: datetime | None = strawberry.field(default=strawberry.UNSET, description="At or after this instant.")
    ends_at: datetime | None = strawberry.field(default=strawberry.UNSET, description="Before this instant.")


@filters
class DayRange:
    """Two local days of the community, both included."""

    starts_on: date = strawberry.field(description="The first day.")
    ends_on: date = strawberry.field(description="The last day.")


def given_id(row: Row, name: str) -> Column:
    """The UUID in a required argument that has the name of its type."""
    return row.given(name, sql.UUID, lambda text: parse_id(name, text))


def is_id(prefix: str, column: str) -> Predicate:
    """The column holds the object with the given id."""

    def predicate(row: Row, given: Argument) -> Condition:
        wanted = row.bind(sql.UUID, given.convert(lambda text: parse_id(prefix, text)))
        found: Condition = row.c[column] == meant_by(prefix, wanted)
        return found

    return predicate


def in_area(kind: str) -> Predicate:
    """The row's grid is in the given estate or community, or its matter is one of that as a whole."""

    def predicate(row: Row, given: Argument) -> Condition:
        wanted = row.bind(sql.UUID, given.convert(lambda text: parse_id(kind, text)))
        grid = alias(Grid)
        inside = sql.select(grid.c.id).from_(grid).where(grid.c[f"{kind}_id"] == wanted)
        return sql.or_(row.c.grid_id == wanted, row.c.grid_id.in_(inside))

    return predicate


def is_mine(column: str) -> Predicate:
    """The column holds the viewer's account, or if false another one or none."""
    return when(lambda row: sql.func.coalesce(row.c[column] == row.scope.account_id, sql.FALSE))


def changed_within(noun: str) -> Predicate:
    """The journal has an entry about the row that was recorded in the given range of time."""

    def predicate(row: Row, given: Argument) -> Condition:
        entry = alias(Journal)
        then = Within("recorded_at")(replace(row, c=entry.c), given)
        key = entry.c[f"{noun}_id"]
        found: Condition = row.c.id.in_(sql.select(key).from_(entry).where(then, key.is_not(None)))
        return found

    return predicate


@filters
class PublicFilter:
    """A filter of what everybody reads."""

    community: strawberry.ID | None = where(is_id("community", "community_id"), "Of this community.")


def among(column: str) -> Predicate:
    """The column holds one of the given enum values."""

    def predicate(row: Row, given: Argument) -> Condition:
        wanted = row.bind(sql.array_of(sql.TEXT), given.convert(lambda values: [value.value for value in values]))
        return sql.cast(row.c[column], sql.TEXT) == sql.any_(wanted)

    return predicate


within = Within
"""The column's instant lies in the given range."""


def contains(*columns: str) -> Predicate:
    """One of the columns contains the given text, in any width and case."""

    def predicate(row: Row, given: Argument) -> Condition:
        pattern = row.bind(sql.TEXT, given.convert(like))
        return sql.or_(*(folded(row.c[column]).like(folded(pattern)) for column in columns))

    return predicate


def folded(text: Column) -> Column:
    """The text in one width and case, in which texts are searched."""
    return sql.func.folded(text, type_=sql.TEXT)


def like(text: str) -> str:
    """The pattern of texts that contain the given one. Refuses what is no search."""
    escaped = checked_search(text).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def checked_search(text: str) -> str:
    """The text that is searched for. Raises INVALID_INPUT if it is empty, too long, or has a control character."""
    if len(text) > SEARCH_LIMIT or not (said := clean(text)):
        raise invalid("搜索内容应为 1 到 {most} 字", most=SEARCH_LIMIT)
    return said


def when(condition: Callable[[Row], Any]) -> Predicate:
    """A condition that must be true or false, as given; the value is part of the plan."""

    def predicate(row: Row, given: Argument) -> Condition:
        found: Condition = condition(row) if given.sample else sql.not_(condition(row))
        return found

    return predicate
