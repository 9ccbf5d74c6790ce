"""Sources of a field's value: an expression, a relation, a page, an aggregate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from db import sql
from db.base import Row as TableRow
from db.scope import Condition, Rule, Scope
from db.sql import Column
from rules.journal import EntryKind
from schema.compiler.arguments import Argument, Fixed, Getter, Run


class Binder(Protocol):
    """Makes a parameter that is read at each run."""

    def __call__(self, type_: str, get: Getter, *, opens: bool = False) -> Column: ...


@dataclass(frozen=True, slots=True)
class Size:
    """The maximum number of rows of a list, for each row of the enclosing list ``within``."""

    get: Getter
    within: "Size | None"
    few: int = 1
    """The usual length of a short list without a page size."""

    @property
    def is_fixed(self) -> bool:
        """True if no run changes it, because the page sizes are literals."""
        return isinstance(self.get, Fixed) and (self.within is None or self.within.is_fixed)

    def rows(self, run: Run) -> int:
        """The maximum number of rows in the whole answer. Short lists do not count."""
        rows: int = self.get(run)
        return rows * (self.within.rows(run) if self.within else 1)

    def times(self, run: Run) -> int:
        """The number of rows for the estimate of the cost."""
        rows: int = self.get(run)
        return self.few * rows * (self.within.times(run) if self.within else 1)


@dataclass(frozen=True, slots=True)
class Row:
    """The input of an expression: the row's columns, the viewer's scope, the arguments of the enclosing fields."""

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

    def shown_code(self, convert: Callable[[str], str]) -> Column:
        """The argument ``code`` as a parameter. The code opens its case, and the places around it, to the statement."""
        return self.bind(sql.TEXT, self.arguments["code"].convert(convert), opens=True)


Expression: TypeAlias = Callable[[Row], Column]
Link: TypeAlias = Callable[[Row, Any], Condition]
"""The join condition between the enclosing row and the columns of a target row."""
Rows: TypeAlias = Callable[[Row], sql.From]
"""Makes the rows to select from, for an enclosing row. Called for each place in a statement."""


@dataclass(frozen=True, slots=True)
class Value:
    """An expression."""

    sql: Expression


@dataclass(frozen=True, slots=True)
class One:
    """At most one object of the field's type."""

    link: Link
    rows: Rows | None = None
    """The rows to select from; the type's table by default."""


@dataclass(frozen=True, slots=True)
class Many:
    """A short list of objects of bounded length, in a fixed order."""

    link: Link
    order: Callable[[Any], Sequence[Column]]
    rows: Rows | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A keyset order: columns that are not null, the last of them unique, all in one direction."""

    columns: tuple[str, ...]
    descending: bool = False
    present: bool = False
    """True if the first column can be null. Rows without it are left out."""


@dataclass(frozen=True, slots=True)
class Page:
    """A connection with keyset pagination in both directions, filters and orders."""

    orders: Mapping[Any, Order]
    """The order for each value of ``orderBy``; None is the key of the default."""
    link: Link | None = None
    rows: Rows | None = None
    rule: Rule | None = None
    """The visibility rule for the linked rows, if it is shorter than the table's."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A member of a union: its condition, and the link to its object (None for the same row)."""

    type_name: str
    when: Expression
    link: Link | None


@dataclass(frozen=True, slots=True)
class Either:
    """A union: the first alternative whose condition is true."""

    alternatives: Sequence[Alternative]


@dataclass(frozen=True, slots=True)
class NodeById:
    """The object with the id in the argument ``id``: of the type with ``prefix``, or of any type."""

    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class NodesByIds:
    """The objects with the ids in the argument ``ids``, of any types, in that order."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """An object without a row. Its fields can use its arguments."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An object of aggregates over the rows of a table that the viewer may see and that meet ``only``."""

    model: type[TableRow]
    only: Callable[[Row], Sequence[Condition]]


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of the enclosing aggregate, ordered by size (descending) or by key."""

    key: str
    made: Expression | None = None
    """The expression for the key, if it is not a column."""
    by_size: bool = True


@dataclass(frozen=True, slots=True)
class Composed:
    """An object without a table, whose columns are expressions of the enclosing row."""

    columns: Callable[[Row], Mapping[str, Column]]


@dataclass(frozen=True, slots=True)
class Feed:
    """The root of a subscription: journal entries of some kinds."""

    kinds: frozenset[EntryKind]
    at_once: bool = False
    """True if the first event comes with the subscription itself. It has a cursor and nothing else."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A root field whose value is made before the statement, by the function of this name (schema/engine)."""

    name: str


Source: TypeAlias = (
    Value
    | One
    | Many
    | Page
    | Either
    | NodeById
    | NodesByIds
    | Namespace
    | Aggregate
    | Groups
    | Composed
    | Feed
    | Prepared
)

Predicate: TypeAlias = Callable[[Row, Argument], Condition]
"""The condition of a filter field on a row, for a value."""


@dataclass(frozen=True, slots=True)
class Within:
    """A predicate: the column's instant lies in the given range."""

    column: str

    def __call__(self, row: Row, given: Argument) -> Condition:
        at = row.c[self.column]
        sides = {"startsAt": at.__ge__, "endsAt": at.__lt__}
        bounds = {name: row.bind(sql.INSTANT, part.get) for name, part in given.parts().items()}
        return sql.and_(sql.TRUE, *(sides[name](bound) for name, bound in bounds.items()))
