"""Keyset pagination: the bounds of a page, cursors, and the rows before and after a cursor."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from db import sql
from db.sql import Column
from rules.refusals import invalid
from schema.compiler.arguments import Argument, Fixed, Getter
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.scalars import date_of, instant_of

DEFAULT_SIZE = 20
LARGEST_SIZE = 100
"""Rows. A compromise between fewer requests and the size and time of one answer."""
_LONGEST_CURSOR = 2_000
"""Characters. The longest key is a name of 100 characters, at most 600 bytes in JSON."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The requested page: size, direction, and the cursor on each side."""

    size: Getter
    backward: bool
    after: Argument | None
    before: Argument | None


def read_bounds(arguments: Mapping[str, Argument]) -> Bounds:
    """The bounds from ``first``, ``after``, ``last``, ``before``. Raises ArgumentError for ``first`` with ``last``."""
    first, last = arguments.get("first"), arguments.get("last")
    if first and last:
        raise last.refused(invalid("first 与 last 不能同时使用"))
    return Bounds(
        size=_size(first or last),
        backward=last is not None,
        after=arguments.get("after"),
        before=arguments.get("before"),
    )


def _size(given: Argument | None) -> Getter:
    if given is None:
        return Fixed(DEFAULT_SIZE)
    if isinstance(given.get, Fixed) and _is_allowed(given.sample):
        return given.get
    return given.convert(_checked_size)


def _is_allowed(size: int) -> bool:
    return 1 <= size <= LARGEST_SIZE


def _checked_size(size: int) -> int:
    if not _is_allowed(size):
        raise invalid("每页应为 1 到 {most} 条", most=LARGEST_SIZE)
    return size


def cursor(order: Order, columns: Any) -> Column:
    """The cursor of a row: a JSON list of the order's name and the row's keys, in unpadded base64url."""
    keys = sql.func.json_build_array(constant(name_of(order)), *(columns[name] for name in order.columns))
    encoded = sql.func.encode(sql.func.convert_to(sql.cast(keys, sql.TEXT), constant("UTF8")), constant("base64"))
    return sql.func.translate(encoded, sql.raw(r"E'+/=\n'"), constant("-_"))


def name_of(order: Order) -> str:
    """The name of an order in its cursors."""
    return ("-" if order.descending else "") + ",".join(order.columns)


def beyond(order: Order, columns: Any, mark: Sequence[Column], *, later: bool, inclusive: bool = False) -> Column:
    """The condition for rows after (``later``) or before the row with the keys ``mark``, or including it."""
    keys, bound = sql.tuple_(*[columns[name] for name in order.columns]), sql.tuple_(*mark)
    if later is not order.descending:
        return keys >= bound if inclusive else keys > bound
    return keys <= bound if inclusive else keys < bound


def bind_cursor(row: Row, order: Order, columns: Any, given: Argument) -> list[Column]:
    """A parameter for each key of a cursor."""
    types = [columns[name].type for name in order.columns]
    readers = [_KEYS[type_] for type_ in types]

    def key(index: int) -> Getter:
        return given.convert(lambda text: _decode(text, order, readers)[index])

    return [row.bind(type_, key(index)) for index, type_ in enumerate(types)]


def _decode(text: str, order: Order, readers: Sequence[Callable[[Any], Any]]) -> list[Any]:
    try:
        if len(text) > _LONGEST_CURSOR:
            raise ValueError(len(text))
        padded = text + "=" * (-len(text) % 4)
        name, *keys = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if name != name_of(order) or len(keys) != len(readers):
            raise ValueError(name)
        return [read(key) for key, read in zip(keys, readers, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        raise invalid("游标无效") from None


def _number(bits: int) -> Callable[[Any], int]:
    def number(key: Any) -> int:
        if type(key) is not int or not -(2**bits) <= key < 2**bits:
            raise ValueError(key)
        return key

    return number


def _words(key: Any) -> str:
    if type(key) is not str or "\x00" in key:
        raise ValueError(key)
    return key


_KEYS: Mapping[str, Callable[[Any], Any]] = {
    sql.INSTANT: instant_of,
    sql.DATE: date_of,
    sql.UUID: UUID,
    sql.INTEGER: _number(31),
    sql.BIGINT: _number(63),
    sql.TEXT: _words,
    "VARCHAR": _words,
}
"""Readers of a cursor's keys by column type. They refuse values that PostgreSQL cannot store."""


def order_by(order: Order, columns: Any, *, backward: bool) -> list[Any]:
    """The ORDER BY of a page, reversed if ``backward``."""
    down = order.descending is not backward
    return [columns[name].desc() if down else columns[name].asc() for name in order.columns]
