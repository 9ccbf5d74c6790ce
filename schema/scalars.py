"""Scalars: dates, instants, and positions in the live feed."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.schema.types.base_scalars import DecimalDefinition

Cursor = NewType("Cursor", str)
JSON = NewType("JSON", object)

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


def rfc_3339(moment: datetime) -> str:
    """An instant in UTC with milliseconds, such as ``2023-11-05T00:30:00.000Z``."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


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


_RFC_3339 = "https://www.rfc-editor.org/rfc/rfc3339"
SCALARS: dict[object, Any] = {
    date: strawberry.scalar(
        name="Date",
        description="A calendar day, RFC 3339, such as `2023-11-05`.",
        specified_by_url=_RFC_3339 + "#section-5.6",
        parse_value=_parse_date,
        serialize=date.isoformat,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339 with any offset. Answers are in UTC: `2023-11-05T00:30:00.000Z`.",
        specified_by_url=_RFC_3339 + "#section-5.6",
        parse_value=_parse_instant,
        serialize=rfc_3339,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An amount with decimals, as a text, such as `1200.50`.",
        specified_by_url="https://www.w3.org/TR/xmlschema11-2/#decimal",
        parse_value=DecimalDefinition.parse_value,
        serialize=str,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        parse_value=lambda value: value,
        serialize=lambda value: value,
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A position in the live feed. Opaque: keep the last one received and resume after it.",
        parse_value=str,
        serialize=str,
    ),
}
