"""Expressions of SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy.dialects.postgresql.base import PGDialect

from db.sql.writing import Node, Writer, separated

BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, INTEGER = "BIGINT", "BOOLEAN", "BYTEA", "DATE", "DOUBLE PRECISION", "INTEGER"
INSTANT, LOCAL_TIME = "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE"
INTERVAL, JSON, TEXT, UUID = "INTERVAL", "JSON", "TEXT", "UUID"

ATOM, _TERM, _BOOLEAN = range(3)
"""The binding strength of an expression. An atom never needs parentheses. A term needs them beside another operator.
The result of AND, OR or NOT needs them everywhere."""
_quote_name = PGDialect().identifier_preparer.quote  # type: ignore[no-untyped-call]


def array_of(type_: str) -> str:
    """The type of arrays of a type."""
    return f"{type_}[]"


class Rows(Node):
    """A query that can be written in parentheses."""

    __slots__ = ()


class Column(Node):
    """An expression. ``type`` is None where no caller needs it; ``name`` is its alias in a SELECT list."""

    __slots__ = ("_rank", "name", "type")

    def __init__(self, *parts: str | Node, type_: str | None = None, name: str | None = None, rank: int = ATOM) -> None:
        self.parts = parts
        self.type, self.name, self._rank = type_, name, rank

    def __bool__(self) -> bool:
        raise TypeError("an expression of SQL is neither true nor false in Python")

    __hash__ = object.__hash__

    @property
    def operand(self) -> Node:
        """The expression as an operand of another operator."""
        return Node("(", self, ")") if self._rank else self

    @property
    def condition(self) -> Node:
        """The expression as an operand of AND, OR and NOT."""
        return Node("(", self, ")") if self._rank == _BOOLEAN else self

    def write_listed(self, out: Writer) -> None:
        """Appends the expression with its alias, as an item of a SELECT list."""
        self.write(out)
        if self.name is not None:
            out.pieces.append(f" AS {quoted(self.name)}")

    def op(self, operator: str) -> Callable[[Any], Column]:
        """An operator that has no method here."""
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
        """An element of an array; the first has index 1."""
        return Column("(", self, f")[{index}]")

    def in_(self, members: Any) -> Column:
        """IN, with expressions or a SELECT. Without members it is false."""
        return self._among("IN", members, nothing=FALSE)

    def not_in(self, members: Any) -> Column:
        return self._among("NOT IN", members, nothing=TRUE)

    def _among(self, operator: str, members: Any, nothing: Column) -> Column:
        parts = [members] if isinstance(members, Rows) else comma(members)
        if not parts:
            return nothing
        return Column(self.operand, f" {operator} (", *parts, ")", type_=BOOLEAN, rank=_TERM)

    def is_(self, _: None) -> Column:
        return Column(self.operand, " IS NULL", type_=BOOLEAN, rank=_TERM)

    def is_not(self, _: None) -> Column:
        return Column(self.operand, " IS NOT NULL", type_=BOOLEAN, rank=_TERM)

    def is_not_distinct_from(self, other: Column) -> Column:
        return self._with("IS NOT DISTINCT FROM", other, BOOLEAN)

    def between(self, first: Any, last: Any) -> Column:
        bounds = (" BETWEEN ", _operand(first), " AND ", _operand(last))
        return Column(self.operand, *bounds, type_=BOOLEAN, rank=_TERM)

    def like(self, pattern: Column) -> Column:
        return self._with("LIKE", pattern, BOOLEAN)

    def collate(self, name: str) -> Column:
        return Column(self.operand, f' COLLATE "{name}"', type_=self.type, rank=_TERM)

    def asc(self) -> Column:
        return Column(self.operand, " ASC")

    def desc(self) -> Column:
        return Column(self.operand, " DESC")

    def nulls_last(self) -> Column:
        return Column(self, " NULLS LAST")

    def filter(self, condition: Column) -> Column:
        """An aggregate with FILTER."""
        return Column(self, " FILTER (WHERE ", condition, ")", type_=self.type)

    def over(self, partition_by: Column | None = None, order_by: Sequence[Column] = ()) -> Column:
        """A window function with OVER."""
        partition = () if partition_by is None else ("PARTITION BY ", partition_by)
        order = (" ORDER BY ", *comma(order_by)) if order_by else ()
        return Column(self, " OVER (", *partition, *order, ")", type_=self.type)

    def label(self, name: str, type_: str | None = None) -> Column:
        """The expression under an alias; ``type_`` if the expression has no type."""
        return Column(self, type_=type_ or self.type, name=name, rank=self._rank)


TRUE, FALSE, NULL = Column("true", type_=BOOLEAN), Column("false", type_=BOOLEAN), Column("NULL")


@cache
def quoted(name: str) -> str:
    """An identifier, quoted if SQL needs that."""
    return str(_quote_name(name))


def quote(text: str) -> str:
    """A string literal. Only for constants and GraphQL names: values from clients are parameters."""
    return "'" + text.replace("'", "''") + "'"


def _node(value: Any) -> str | Node:
    """An expression, or a constant as a literal. Raises TypeError for anything else."""
    if isinstance(value, Column):
        return value
    if isinstance(value, str):
        return quote(value)
    if type(value) is int:
        return str(value)
    raise TypeError(f"{value!r} is no expression")


def _operand(value: Any) -> str | Node:
    return value.operand if isinstance(value, Column) else _node(value)


def comma(values: Iterable[Any]) -> list[str | Node]:
    """Expressions and constants, separated by commas."""
    return separated(map(_node, values))


def raw(text: str, type_: str | None = None) -> Column:
    """SQL text as it is. It must not contain values from clients, and must not need parentheses."""
    return Column(text, type_=type_)


class Parameter(Column):
    """A value that is given when the statement runs. Parameters with equal keys are one parameter."""

    __slots__ = ("key",)

    def __init__(self, key: Any, type_: str) -> None:
        super().__init__(type_=type_)
        self.key = key

    def write(self, out: Writer) -> None:
        out.pieces.append(f"CAST(${out.number(self.key)} AS {self.type})")


def parameter(key: Any, type_: str) -> Column:
    return Parameter(key, type_)


def cast(value: Column, type_: str) -> Column:
    return Column("CAST(", value, f" AS {type_})", type_=type_)


def and_(*conditions: Column) -> Column:
    """AND; true without conditions. A condition that is TRUE is left out."""
    return _joined(" AND ", conditions, empty=TRUE)


def or_(*conditions: Column) -> Column:
    """OR; false without conditions. A condition that is FALSE is left out."""
    return _joined(" OR ", conditions, empty=FALSE)


def _joined(word: str, conditions: tuple[Column, ...], empty: Column) -> Column:
    kept = [each for each in conditions if each is not empty]
    if len(kept) == 1:
        return kept[0]
    if not kept:
        return empty
    return Column(*separated([each.condition for each in kept], word), type_=BOOLEAN, rank=_BOOLEAN)


def not_(condition: Column) -> Column:
    return Column("NOT ", condition.operand, type_=BOOLEAN, rank=_BOOLEAN)


def any_(array: Column) -> Column:
    return Column("ANY (", array, ")")


def tuple_(*values: Column) -> Column:
    """A row constructor, for comparing several values in order."""
    return Column("(", *comma(values), ")")


def array(items: Sequence[Any], type_: str) -> Column:
    """An array constructor with the type of its items."""
    return cast(Column("ARRAY[", *comma(items), "]"), array_of(type_))


def case(*whens: tuple[Any, Any], else_: Any = NULL, value: Column | None = None) -> Column:
    """CASE with conditions, or with constants that are compared with ``value``."""
    parts: list[str | Node] = ["CASE"] if value is None else ["CASE ", value]
    for when, then in whens:
        parts += (" WHEN ", _node(when), " THEN ", _node(then))
    return Column(*parts, " ELSE ", _node(else_), " END")


def ordered(item: Column, *orders: Column) -> Column:
    """An argument of an aggregate with ORDER BY."""
    return Column(item, " ORDER BY ", *comma(orders), type_=item.type)


def distinct(item: Column) -> Column:
    """An argument of an aggregate with DISTINCT."""
    return Column("DISTINCT ", item)


_TYPED_AS_ARGUMENT = frozenset({"coalesce", "greatest", "least", "max", "min", "nullif"})


class _Functions:
    """PostgreSQL's functions by name: ``func.lower(x)``. ``type_`` gives the type of the result if it is needed."""

    def __getattr__(self, name: str) -> Callable[..., Column]:
        def call(*arguments: Any, type_: str | None = None) -> Column:
            if type_ is None and name in _TYPED_AS_ARGUMENT:
                type_ = arguments[0].type
            return Column(f"{name}(", *comma(arguments), ")", type_=type_)

        setattr(self, name, call)
        return call

    def count(self, item: Column | None = None) -> Column:
        """``count(*)``, or the count of an expression."""
        return Column("count(", "*" if item is None else item, ")", type_=BIGINT)


func = _Functions()
