"""Keyset pages: the bounds of a page, its cursors, and the rows that lie on either side of a cursor."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from rules.refusals import Refusal, invalid
from schema.compiler.arguments import Argument, Getter
from schema.compiler.expressions import constant
from schema.compiler.sources import Column, Order, Row

DEFAULT_SIZE = 20
LARGEST_SIZE = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which page is asked for: its size, its direction, and the cursor on each side."""

    size: Getter
    backward: bool
    after: Argument | None
    before: Argument | None


def read_bounds(arguments: Mapping[str, Argument]) -> Bounds:
    """The page's bounds from ``first``, ``after``, ``last``, ``before``."""
    first, last = arguments.get("first"), arguments.get("last")
    if first and last:
        raise last.refused(invalid("first 与 last 不能同时使用", "`first` and `last` exclude each other"))
    size = first or last
    return Bounds(
        size=size.convert(_checked_size) if size else lambda _: DEFAULT_SIZE,
        backward=last is not None,
        after=arguments.get("after"),
        before=arguments.get("before"),
    )


def _checked_size(size: int) -> int:
    if not 1 <= size <= LARGEST_SIZE:
        raise invalid(f"每页应为 1 到 {LARGEST_SIZE} 条", f"a page has 1 to {LARGEST_SIZE} items")
    return size


def cursor(order: Order, columns: Any) -> sa.ColumnElement[str]:
    """A row's cursor: the order's name and the row's keys, as unpadded base64url of JSON."""
    keys = sa.func.json_build_array(constant(name_of(order)), *(columns[name] for name in order.columns))
    encoded = sa.func.encode(sa.func.convert_to(sa.cast(keys, sa.Text), constant("UTF8")), constant("base64"))
    return sa.func.translate(encoded, sa.literal_column(r"E'+/=\n'"), constant("-_"))


def name_of(order: Order) -> str:
    """What marks a cursor as belonging to this order."""
    return ("-" if order.descending else "") + ",".join(order.columns)


def beyond(
    order: Order, columns: Any, mark: Sequence[Column], *, later: bool, inclusive: bool = False
) -> sa.ColumnElement[bool]:
    """The rows later (or earlier) in the order than the row that a cursor marks; ``inclusive``: with that row."""
    keys, bound = sa.tuple_(*(columns[name] for name in order.columns)), sa.tuple_(*mark)
    if later is not order.descending:
        return keys >= bound if inclusive else keys > bound
    return keys <= bound if inclusive else keys < bound


def bind_cursor(row: Row, order: Order, columns: Any, given: Argument) -> list[Column]:
    """One parameter for each key of a given cursor."""
    types = [columns[name].type for name in order.columns]

    def key(index: int) -> Getter:
        return given.convert(lambda text: _decode(text, order, types)[index])

    return [row.bind(type_, key(index)) for index, type_ in enumerate(types)]


def _decode(text: str, order: Order, types: Sequence[Any]) -> list[Any]:
    try:
        padded = text + "=" * (-len(text) % 4)
        name, *keys = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if name != name_of(order) or len(keys) != len(types):
            raise ValueError(name)
        return [_convert(key, type_) for key, type_ in zip(keys, types, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        raise _bad_cursor() from None


def _convert(key: Any, type_: Any) -> Any:
    """A key as its column's type has it; whatever PostgreSQL could not hold is no cursor of ours."""
    python_type = type_.python_type
    if python_type is datetime:
        return _instant(key)
    if python_type is date:
        return date.fromisoformat(key)
    largest = 2**63 if isinstance(type_, sa.BigInteger) else 2**31
    if python_type is int and (type(key) is not int or not -largest <= key < largest):
        raise ValueError(key)
    if python_type is str and (type(key) is not str or "\x00" in key):
        raise ValueError(key)
    return key if python_type in {int, str} else python_type(key)


def _instant(key: str) -> datetime:
    moment = datetime.fromisoformat(key)
    if moment.tzinfo is None:
        raise ValueError(key)
    return moment.astimezone(UTC)


def _bad_cursor() -> Refusal:
    return invalid("游标无效", "the cursor is not one of this connection and order")


def order_by(order: Order, columns: Any, *, backward: bool) -> list[Any]:
    """The ORDER BY of a page, read from its end when ``backward``."""
    down = order.descending is not backward
    return [columns[name].desc() if down else columns[name].asc() for name in order.columns]
