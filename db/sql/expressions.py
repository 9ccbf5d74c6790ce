"""Expressions of SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy.dialects.postgresql.base import PGDialect

from db.sql.writing import Node, Writer, joined

BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, INTEGER = "BIGINT", "BOOLEAN", "BYTEA", "DATE", "DOUBLE PRECISION", "INTEGER"
INSTANT, LOCAL_TIME = "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE"
INTERVAL, JSON, TEXT, UUID = "INTERVAL", "JSON", "TEXT", "UUID"

ATOM, _TERM, _BOOLEAN = range(3)
"""How strongly an expression binds. An atom never needs parentheses, a term needs them beside another operator, and
the result of AND, OR or NOT needs them everywhere."""
_quote_name = PGDialect().identifier_preparer.quote  # type: ignore[no-untyped-call]


def array_of(type_: str) -> str:
    """The type of arrays of a type."""
    return f"{type_}[]"


class Rows(Node):
    """A query, which can stand in parentheses."""

    __slots__ = ()


class Column(Node):
    """An expression: its SQL, its type where the type is needed, and its name in a list of columns."""

    __slots__ = ("_rank", "name", "type")

    def __init__(self, *parts: str | Node, type_: str | None = None, name: str | None = None, rank: int = ATOM) -> None:
        self.parts = parts
        self.type, self.name, self._rank = type_, name, rank

    def __bool__(self) -> bool:
        raise TypeError("an expression of SQL is neither true nor false in Python")

    __hash__ = object.__hash__

    @property
    def operand(self) -> Node:
        """The expression as an operand."""
        return Node("(", self, ")") if self._rank else self

    @property
    def condition(self) -> Node:
        """The expression as part of AND, OR and NOT."""
        return Node("(", self, ")") if self._rank == _BOOLEAN else self

    def write_listed(self, out: Writer) -> None:
        """Appends the expression as an item of a list of columns."""
        self.write(out)
        if self.name is not None:
            out.pieces.append(f" AS {quoted(self.name)}")

    def op(self, operator: str) -> Callable[[Any], Column]:
        """Any operator."""
        return lambda other: self._with(operator, other)

    def _with(self, operator: str, other: Any, type_: str | None = None) -> Column:
        return Column(self.operand, f" {operator} ", _operand(other), type_=type_, rank=_TERM)

    def __eq__(self, other: object) -> Column:  # type: ignore[override]
        return self._with("=", other, BOOLEAN)

    def __ne__(self, other: object) -> Column:  # type: ignore[override]
        return self._with("<>", other, BOOLEAN)

    def __lt__(self, other: Any) -> Column:
        return self._with("<", other, BOOLEAN)

    def __le__(self, other: Any) -> Column:
        return self._with("<=", other, BOOLEAN)

    def __gt__(self, other: Any) -> Column:
        return self._with(">", other, BOOLEAN)

    def __ge__(self, other: Any) -> Column:
        return self._with(">=", other, BOOLEAN)

    def __add__(self, other: Any) -> Column:
        return self._with("+", other)

    def __sub__(self, other: Any) -> Column:
        return self._with("-", other)

    def __mul__(self, other: Any) -> Column:
        return self._with("*", other)

    def __truediv__(self, other: Any) -> Column:
        return self._with("/", other)

    def __mod__(self, other: Any) -> Column:
        return self._with("%", other)

    def __neg__(self) -> Column:
        return Column("-", self.operand, type_=self.type, rank=_TERM)

    def __getitem__(self, index: int) -> Column:
        return Column("(", self, f")[{index}]")

    def in_(self, members: Any) -> Column:
        """Whether it is one of some expressions, or of the rows of a SELECT."""
        return self._among("IN", members, nothing=FALSE)

    def not_in(self, members: Any) -> Column:
        """Whether it is none of them."""
        return self._among("NOT IN", members, nothing=TRUE)

    def _among(self, operator: str, members: Any, nothing: Column) -> Column:
        if not isinstance(members, Rows):
            members = comma(*members)
            if not members.parts:
                return nothing
        return Column(self.operand, f" {operator} (", members, ")", type_=BOOLEAN, rank=_TERM)

    def is_(self, _: None) -> Column:
        """Whether it is null."""
        return Column(self.operand, " IS NULL", type_=BOOLEAN, rank=_TERM)

    def is_not(self, _: None) -> Column:
        """Whether it is not null."""
        return Column(self.operand, " IS NOT NULL", type_=BOOLEAN, rank=_TERM)

    def is_not_distinct_from(self, other: Column) -> Column:
        """Whether they are equal, or both null."""
        return self._with("IS NOT DISTINCT FROM", other, BOOLEAN)

    def between(self, first: Any, last: Any) -> Column:
        """Whether it lies between two values, both included."""
        bounds = (" BETWEEN ", _operand(first), " AND ", _operand(last))
        return Column(self.operand, *bounds, type_=BOOLEAN, rank=_TERM)

    def like(self, pattern: Column) -> Column:
        """Whether it is like a pattern."""
        return self._with("LIKE", pattern, BOOLEAN)

    def collate(self, name: str) -> Column:
        """The same under a collation."""
        return Column(self.operand, f' COLLATE "{name}"', type_=self.type, rank=_TERM)

    def asc(self) -> Column:
        """Its ascending order."""
        return Column(self.operand, " ASC")

    def desc(self) -> Column:
        """Its descending order."""
        return Column(self.operand, " DESC")

    def nulls_last(self) -> Column:
        """An order with nulls at the end."""
        return Column(self, " NULLS LAST")

    def filter(self, condition: Column) -> Column:
        """An aggregate over the rows that meet a condition."""
        return Column(self, " FILTER (WHERE ", condition, ")", type_=self.type)

    def over(self, partition_by: Column | None = None, order_by: Sequence[Column] = ()) -> Column:
        """A window function."""
        partition = () if partition_by is None else ("PARTITION BY ", partition_by)
        order = (" ORDER BY ", comma(*order_by)) if order_by else ()
        return Column(self, " OVER (", *partition, *order, ")", type_=self.type)

    def label(self, name: str, type_: str | None = None) -> Column:
        """The same under a name; ``type_`` where the expression does not tell it."""
        return Column(self, type_=type_ or self.type, name=name, rank=self._rank)


TRUE, FALSE, NULL = Column("true", type_=BOOLEAN), Column("false", type_=BOOLEAN), Column("NULL")


@cache
def quoted(name: str) -> str:
    """An identifier of ours, quoted where SQL needs that."""
    return str(_quote_name(name))


def quote(text: str) -> str:
    """A SQL string literal of text that is ours or a GraphQL name."""
    return "'" + text.replace("'", "''") + "'"


def _node(value: Any) -> str | Node:
    """An argument: an expression, or a constant of ours."""
    if isinstance(value, Column):
        return value
    if isinstance(value, str):
        return quote(value)
    if type(value) is int:
        return str(value)
    raise TypeError(f"{value!r} is no expression")


def _operand(value: Any) -> str | Node:
    return value.operand if isinstance(value, Column) else _node(value)


def comma(*values: Any) -> Node:
    """Expressions and constants of ours, separated by commas."""
    return joined([_node(value) for value in values])


def raw(text: str, type_: str | None = None) -> Column:
    """SQL of ours as it is; an expression that needs no parentheses."""
    return Column(text, type_=type_)


class Parameter(Column):
    """A value that is given when the statement runs. ``key`` says which one it is."""

    __slots__ = ("key",)

    def __init__(self, key: Any, type_: str) -> None:
        super().__init__(type_=type_)
        self.key = key

    def write(self, out: Writer) -> None:
        """Appends the number of the parameter. Parameters with equal keys are one."""
        out.pieces.append(f"CAST(${out.number(self.key)} AS {self.type})")


def parameter(key: Any, type_: str) -> Column:
    """A parameter of the statement."""
    return Parameter(key, type_)


def cast(value: Column, type_: str) -> Column:
    """The value as another type."""
    return Column("CAST(", value, f" AS {type_})", type_=type_)


def and_(*conditions: Column) -> Column:
    """All of them; without any, true."""
    return _joined(" AND ", conditions, empty=TRUE)


def or_(*conditions: Column) -> Column:
    """At least one of them; without any, false."""
    return _joined(" OR ", conditions, empty=FALSE)


def _joined(word: str, conditions: tuple[Column, ...], empty: Column) -> Column:
    """The conditions without those that change nothing."""
    told = [each for each in conditions if each is not empty]
    if len(told) == 1:
        return told[0]
    if not told:
        return empty
    return Column(joined([each.condition for each in told], word), type_=BOOLEAN, rank=_BOOLEAN)


def not_(condition: Column) -> Column:
    """The opposite."""
    return Column("NOT ", condition.operand, type_=BOOLEAN, rank=_BOOLEAN)


def any_(array: Column) -> Column:
    """For comparing with each item of an array."""
    return Column("ANY (", array, ")")


def tuple_(*values: Column) -> Column:
    """A row of values, compared from its first on."""
    return Column("(", comma(*values), ")")


def array(items: Sequence[Any], type_: str) -> Column:
    """An array of items of a type."""
    return cast(Column("ARRAY[", comma(*items), "]"), array_of(type_))


def case(*whens: tuple[Any, Any], else_: Any = NULL, value: Column | None = None) -> Column:
    """The result of the first condition that holds, or of the first constant that ``value`` equals."""
    parts: list[str | Node] = ["CASE"] if value is None else ["CASE ", value]
    for when, then in whens:
        parts += (" WHEN ", _node(when), " THEN ", _node(then))
    return Column(*parts, " ELSE ", _node(else_), " END")


def ordered(item: Column, *orders: Column) -> Column:
    """The argument of an aggregate, in an order."""
    return Column(item, " ORDER BY ", comma(*orders), type_=item.type)


def distinct(item: Column) -> Column:
    """The argument of an aggregate, every value once."""
    return Column("DISTINCT ", item)


_AS_ITS_ARGUMENT = frozenset({"coalesce", "greatest", "least", "max", "min", "nullif"})


class _Functions:
    """PostgreSQL's functions by name; a type is given where it is needed."""

    def __getattr__(self, name: str) -> Callable[..., Column]:
        def call(*arguments: Any, type_: str | None = None) -> Column:
            if type_ is None and name in _AS_ITS_ARGUMENT:
                type_ = arguments[0].type
            return Column(f"{name}(", comma(*arguments), ")", type_=type_)

        setattr(self, name, call)
        return call

    def count(self, item: Column | None = None) -> Column:
        """How many rows, or values."""
        return Column("count(", "*" if item is None else item, ")", type_=BIGINT)


func = _Functions()
