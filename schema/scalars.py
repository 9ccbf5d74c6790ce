"""Scalars: instants, and positions in the live feed."""

from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

Cursor = NewType("Cursor", str)


def _parse_instant(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise GraphQLError("An instant is ISO 8601 with its zone, such as 2023-11-05T08:30:00+08:00.") from None


SCALARS: dict[object, Any] = {
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
