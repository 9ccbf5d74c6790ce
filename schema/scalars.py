"""Scalars: instants with their zone, and positions in the live feed."""

from datetime import datetime
from typing import Any, NewType

import strawberry

Cursor = NewType("Cursor", str)


def _parse_instant(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("an instant is ISO 8601 with its zone, such as 2023-11-05T08:30:00+08:00")
    return moment


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
