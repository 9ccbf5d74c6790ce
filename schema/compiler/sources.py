"""Where the value of a field comes from: a column, an expression, a relation, a page, an aggregate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from db import sql
from db.base import Row as TableRow
from db.scope import Condition, Scope
from db.sql import Column
from rules.journal import EntryKind
from schema.compiler.arguments import Argument, Getter, Run


class Binder(Protocol):
    """Makes a parameter of the statement that is read at each run."""

    def __call__(self, type_: str, get: Getter) -> Column: ...


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a list may have, within each row of the list around it."""

    get: Callable[[Run], int]
    within: "Size | None"

    def rows(self, run: Run) -> int:
        """How many rows that makes in the whole answer."""
        return self.get(run) * (self.within.rows(run) if self.within else 1)


@dataclass(frozen=True, slots=True)
class Row:
    """What an expression may use: the row's columns, the viewer's scope, the arguments at hand."""

    c: Any
    scope: Scope
    bind: Binder
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    counted: sql.Cte | None = None
    """The rows of the enclosing aggregate."""
    within: Size | None = None

    def given(self, name: str, type_: str, convert: Callable[[Any], Any] = lambda value: value) -> Column:
        """A required argument as a parameter."""
        return self.bind(type_, self.arguments[name].convert(convert))


Expression: TypeAlias = Callable[[Row], Column]
Link: TypeAlias = Callable[[Row, Any], Condition]
"""The condition that ties a row of the target (its columns) to the row that asks."""
Rows: TypeAlias = Callable[[Row], sql.From]
"""Rows to select from, as seen from the row that asks; made anew for each place in a statement."""


@dataclass(frozen=True, slots=True)
class Value:
    """A leaf, by an expression."""

    sql: Expression


@dataclass(frozen=True, slots=True)
class One:
    """At most one object of the field's type."""

    link: Link
    rows: Rows | None = None
    """Where to select it from; by default the table behind the type."""


@dataclass(frozen=True, slots=True)
class Many:
    """A short list of objects that cannot grow without bound, in a fixed order."""

    link: Link
    order: Callable[[Any], Sequence[Column]]
    rows: Rows | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A keyset order: columns that are never null and end in a unique one; all in one direction."""

    columns: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A connection: keyset pages in either direction, filtered and ordered by arguments."""

    orders: Mapping[Any, Order]
    """By the value of ``orderBy``; under ``None`` the order without it."""
    link: Link | None = None
    rows: Rows | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the types behind a union: when it applies, and which object it is (``None``: the same row)."""

    type_name: str
    when: Expression
    link: Link | None


@dataclass(frozen=True, slots=True)
class Either:
    """A union: the first alternative that applies."""

    alternatives: Sequence[Alternative]


@dataclass(frozen=True, slots=True)
class NodeById:
    """The object with the id in the argument ``id``: of one type, by its prefix, or of any."""

    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class NodesByIds:
    """The objects of any types with the ids in the argument ``ids``, in their order."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """An object without a row, whose arguments its fields share."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An object whose fields are counted over all rows of a table that the viewer sees and ``only`` keeps."""

    model: type[TableRow]
    only: Callable[[Row], Sequence[Condition]]


@dataclass(frozen=True, slots=True)
class Groups:
    """The rows of the enclosing aggregate, grouped: largest group first, or by their key."""

    key: str
    made: Expression | None = None
    """How the key is made of a row's columns, where it is not one of them."""
    by_size: bool = True


@dataclass(frozen=True, slots=True)
class Composed:
    """An object without rows of its own, whose columns are expressions of the row around it."""

    columns: Callable[[Row], Mapping[str, Column]]


@dataclass(frozen=True, slots=True)
class Feed:
    """Journal entries of these kinds, as they come; the root of a subscription."""

    kinds: frozenset[EntryKind]


Source: TypeAlias = (
    Value | One | Many | Page | Either | NodeById | NodesByIds | Namespace | Aggregate | Groups | Composed | Feed
)

Predicate: TypeAlias = Callable[[Row, Argument], Condition]
"""A filter's condition on a row, for a given value."""
