"""Scalars: dates, instants, and positions in the live feed."""

from datetime import UTC, date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

Cursor = NewType("Cursor", str)

_YEARS = range(1800, 3000)
"""asyncpg writes the first and the last date that Python has as ``infinity``, and date arithmetic overflows near them.

The range is wider than that of any rule (births: from 1900), so that typing errors get the message of the rule.
"""
_BETWEEN = f"in the years {_YEARS.start} to {_YEARS.stop - 1}"


def instant_of(text: str) -> datetime:
    """An ISO 8601 instant in UTC. Raises ValueError or TypeError for any other text."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or moment.year not in _YEARS:
        raise ValueError(text)
    return moment.astimezone(UTC)


def date_of(text: str) -> date:
    """An ISO 8601 date. Raises ValueError or TypeError for any other text."""
    day = date.fromisoformat(text)
    if day.year not in _YEARS:
        raise ValueError(text)
    return day


def _parse_instant(value: Any) -> datetime:
    try:
        return instant_of(value)
    except (ValueError, TypeError):
        raise GraphQLError(
            f"An instant is ISO 8601 with its zone, such as 2023-11-05T08:30:00+08:00, {_BETWEEN}."
        ) from None


def _parse_date(value: Any) -> date:
    try:
        return date_of(value)
    except (ValueError, TypeError):
        raise GraphQLError(f"A date is ISO 8601, such as 2023-11-05, {_BETWEEN}.") from None


SCALARS: dict[object, Any] = {
    date: strawberry.scalar(
        name="Date",
        description="A calendar day, ISO 8601, such as `2023-11-05`.",
        parse_value=_parse_date,
        serialize=date.isoformat,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, ISO 8601 with its zone; answers are in UTC.",
        parse_value=_parse_instant,
        serialize=datetime.isoformat,
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A position in the live feed. Opaque: keep the last one received and resume after it.",
        parse_value=str,
        serialize=str,
    ),
}
