"""Pages by slicing a sorted list, and cursors."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from tests.oracle.rows import Refused, Row, kept

DEFAULT_SIZE = 20
LARGEST_SIZE = 100
_BEYOND = 2**63


def encoded(parts: list[Any]) -> str:
    """Unpadded base64url of JSON."""
    text = json.dumps(parts, ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Order:
    """By which columns, and whether backwards."""

    columns: tuple[str, ...]
    descending: bool = False
    numbered: bool = False
    """True if the ids are numbers."""
    present: bool = False
    """True if rows without the first column are left out."""

    @property
    def name(self) -> str:
        """What a cursor of this order begins with."""
        return ("-" if self.descending else "") + ",".join(self.columns)

    def keys(self, row: Row) -> tuple[Any, ...]:
        """The row's place in the order."""
        return tuple(row[column] for column in self.columns)

    def cursor(self, row: Row) -> str:
        """The order's name and the row's keys."""
        parts = [self.name, *(kept(key) for key in self.keys(row))]
        return encoded(parts)

    def read(self, cursor: str) -> tuple[Any, ...]:
        """The keys that a cursor of this order names."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            name, *keys = json.loads(base64.b64decode(padded, b"-_", validate=True))
            if name != self.name:
                raise Refused(cursor)
            return tuple(self._read(column, key) for column, key in zip(self.columns, keys, strict=True))
        except (ValueError, TypeError, AttributeError):
            raise Refused(cursor) from None

    def _read(self, column: str, key: Any) -> Any:
        if column in {"name", "key", "estate", "within", "name_key", "walk_key"}:
            return _of(str, key)
        if column in {"number", "unit", "floor", "urgency", "fewest", "position"} or self.numbered:
            return _of(int, key)
        if column in {"mediate_by", "month", "judged_on", "owed_since", "day", "monday"}:
            return date.fromisoformat(key)
        return read_instant(key) if column.endswith("_at") else UUID(key)


BY_ID = Order(("id",))
BY_MAKING = Order(("made_at", "id"), descending=True)
BY_ENTRY = Order(("id",), numbered=True)
BY_NAME = Order(("name", "id"))
BY_NAME_KEY = Order(("name_key", "id"))
WALK = Order(("walk_key", "id"))
BY_DAY = Order(("day", "id"), descending=True)
BY_MONDAY = Order(("monday", "id"), descending=True)
LATEST = Order(("occurred_at", "id"), descending=True)
ISSUED = Order(("issued_at", "id"), descending=True)
RAISED = Order(("raised_at", "id"), descending=True)
NEWEST = Order(("opened_at", "id"), descending=True)
OLDEST = Order(("opened_at", "id"))

_DUE = {"appeal": "resolution_due_at", "dispute": "mediate_by"}


def case_order(table: str, given: Mapping[str, Any], order: Order) -> Order:
    """The order of cases that is asked for."""
    wanted = given.get("orderBy")
    by_due = Order((_DUE[table], "id"), present=True) if wanted == "DUE_FIRST" else order
    return OLDEST if wanted == "OLDEST" else by_due


def read_instant(text: str) -> datetime:
    """An instant with its zone, in UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise Refused(text)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Refused(text) from None


def _of(type_: type, key: Any) -> Any:
    """A key of this type, as far as a database can hold it."""
    if type(key) is not type_ or (isinstance(key, int) and abs(key) >= _BEYOND) or "\0" in str(key):
        raise Refused(key)
    return key


def read_size(first: int | None, last: int | None) -> int:
    """How many rows a page may have."""
    if first is not None and last is not None:
        raise Refused("first and last")
    asked = [size for size in (first, last) if size is not None]
    size = asked[0] if asked else DEFAULT_SIZE
    if not 1 <= size <= LARGEST_SIZE:
        raise Refused(size)
    return size


class Page:
    """A stretch of all rows that match."""

    def __init__(self, matching: Sequence[Row], order: Order, given: dict[str, Any]) -> None:
        self.order, self.matching, self.given = order, matching, given
        if order.present:
            matching = [row for row in matching if row[order.columns[0]] is not None]
            self.matching = matching
        self.total = len(matching)
        self.backward = given.get("last") is not None
        self.size = read_size(given.get("first"), given.get("last"))
        self._sorted = sorted(matching, key=order.keys, reverse=order.descending)
        self._after, self._before = given.get("after"), given.get("before")

    @cached_property
    def _window(self) -> list[Row]:
        """What lies between the cursors."""
        return [row for row in self._sorted if self._is_later(row) and self._is_earlier(row)]

    @property
    def rows(self) -> list[Row]:
        """The rows of the page."""
        return self._window[-self.size :] if self.backward else self._window[: self.size]

    def has_next(self) -> bool:
        """More than the page holds, when read from the start; else only what a cursor has cut off."""
        if not self.backward and len(self._window) > self.size:
            return True
        return self._before is not None and any(not self._is_earlier(row) for row in self._sorted)

    def has_previous(self) -> bool:
        """The same at the other end."""
        if self.backward and len(self._window) > self.size:
            return True
        return self._after is not None and any(not self._is_later(row) for row in self._sorted)

    def _is_later(self, row: Row) -> bool:
        """Later in reading order than the cursor ``after``, if there is one."""
        if self._after is None:
            return True
        keys, mark = self.order.keys(row), self.order.read(self._after)
        return keys < mark if self.order.descending else keys > mark

    def _is_earlier(self, row: Row) -> bool:
        if self._before is None:
            return True
        keys, mark = self.order.keys(row), self.order.read(self._before)
        return keys > mark if self.order.descending else keys < mark
