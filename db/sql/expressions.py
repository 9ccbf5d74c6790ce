"""Expressions of SQL, as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy.dialects.postgresql.base import PGDialect

BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, INTEGER = "BIGINT", "BOOLEAN", "BYTEA", "DATE", "DOUBLE PRECISION", "INTEGER"
INSTANT, LOCAL_TIME = "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE"
INTERVAL, JSON, TEXT, UUID = "INTERVAL", "JSON", "TEXT", "UUID"

ATOM, _TERM, _BOOLEAN = range(3)
"""How firmly an expression holds together: an atom needs no brackets, a term needs some beside another operator, what
AND, OR and NOT make needs them everywhere."""
PARAMETER = "\x02"
"""Stands on both sides of a parameter's name, until the statement is whole."""
_quote_name = PGDialect().identifier_preparer.quote  # type: ignore[no-untyped-call]


def array_of(type_: str) -> str:
    """The type of arrays of a type."""
    return f"{type_}[]"


class Rows:
    """What has rows, and can stand in brackets."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The SQL."""
        raise NotImplementedError


class Column:
    """An expression: its SQL, its type where somebody has to know it, its name in a list of columns."""

    __slots__ = ("_rank", "name", "text", "type")

    def __init__(self, text: str, type_: str | None = None, name: str | None = None, rank: int = ATOM) -> None:
        self.text, self.type, self.name, self._rank = text, type_, name, rank

    def __bool__(self) -> bool:
        raise TypeError("an expression of SQL is neither true nor false in Python")

    __hash__ = object.__hash__

    @property
    def operand(self) -> str:
        """The text as part of an expression with an operator."""
        return f"({self.text})" if self._rank else self.text

    @property
    def condition(self) -> str:
        """The text as part of AND, OR and NOT."""
        return f"({self.text})" if self._rank == _BOOLEAN else self.text

    @property
    def listed(self) -> str:
        """The text in a list of columns."""
        if self.name is None or self.text.endswith(f".{quoted(self.name)}"):
            return self.text
        return f"{self.text} AS {quoted(self.name)}"

    def op(self, operator: str) -> Callable[[Any], Column]:
        """Any operator."""
        return lambda other: self._with(operator, other)

    def _with(self, operator: str, other: Any, type_: str | None = None) -> Column:
        return Column(f"{self.operand} {operator} {_operand(other)}", type_, rank=_TERM)

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
        return Column(f"-{self.operand}", self.type, rank=_TERM)

    def __getitem__(self, index: int) -> Column:
        return Column(f"({self.text})[{index}]")

    def in_(self, members: Any) -> Column:
        """Whether it is one of some expressions, or of the rows of a SELECT."""
        return self._among("IN", members, nothing=FALSE)

    def not_in(self, members: Any) -> Column:
        """Whether it is none of them."""
        return self._among("NOT IN", members, nothing=TRUE)

    def _among(self, operator: str, members: Any, nothing: Column) -> Column:
        if isinstance(members, Rows):
            return Column(f"{self.operand} {operator} ({members.text})", BOOLEAN, rank=_TERM)
        listed = ", ".join(map(_text, members))
        return Column(f"{self.operand} {operator} ({listed})", BOOLEAN, rank=_TERM) if listed else nothing

    def is_(self, _: None) -> Column:
        """Whether it is null."""
        return Column(f"{self.operand} IS NULL", BOOLEAN, rank=_TERM)

    def is_not(self, _: None) -> Column:
        """Whether it is not null."""
        return Column(f"{self.operand} IS NOT NULL", BOOLEAN, rank=_TERM)

    def is_not_distinct_from(self, other: Column) -> Column:
        """Whether they are equal, or both null."""
        return self._with("IS NOT DISTINCT FROM", other, BOOLEAN)

    def between(self, first: Any, last: Any) -> Column:
        """Whether it lies between two values, both included."""
        return Column(f"{self.operand} BETWEEN {_operand(first)} AND {_operand(last)}", BOOLEAN, rank=_TERM)

    def like(self, pattern: Column) -> Column:
        """Whether it is like a pattern."""
        return self._with("LIKE", pattern, BOOLEAN)

    def collate(self, name: str) -> Column:
        """The same under a collation."""
        return Column(f'{self.operand} COLLATE "{name}"', self.type, rank=_TERM)

    def asc(self) -> Column:
        """Its ascending order."""
        return Column(f"{self.operand} ASC")

    def desc(self) -> Column:
        """Its descending order."""
        return Column(f"{self.operand} DESC")

    def nulls_last(self) -> Column:
        """An order with nulls at the end."""
        return Column(f"{self.text} NULLS LAST")

    def filter(self, condition: Column) -> Column:
        """An aggregate over the rows that meet a condition."""
        return Column(f"{self.text} FILTER (WHERE {condition.text})", self.type)

    def over(self, partition_by: Column | None = None, order_by: tuple[Column, ...] | list[Column] = ()) -> Column:
        """A window function."""
        parts = [] if partition_by is None else [f"PARTITION BY {partition_by.text}"]
        if order_by:
            parts.append(f"ORDER BY {comma(*order_by)}")
        return Column(f"{self.text} OVER ({' '.join(parts)})", self.type)

    def label(self, name: str, type_: str | None = None) -> Column:
        """The same under a name; ``type_`` where the expression does not tell it."""
        return Column(self.text, type_ or self.type, name, self._rank)


TRUE, FALSE, NULL = Column("true", BOOLEAN), Column("false", BOOLEAN), Column("NULL")


@cache
def quoted(name: str) -> str:
    """A name of ours as SQL has it."""
    return str(_quote_name(name))


def quote(text: str) -> str:
    """A SQL string literal of text that is ours or a GraphQL name."""
    return "'" + text.replace("'", "''") + "'"


def _text(value: Any) -> str:
    """An argument: an expression, or a constant of ours."""
    if isinstance(value, Column):
        return value.text
    if isinstance(value, str):
        return quote(value)
    if type(value) is int:
        return str(value)
    raise TypeError(f"{value!r} is no expression")


def _operand(value: Any) -> str:
    return value.operand if isinstance(value, Column) else _text(value)


def comma(*values: Any) -> str:
    return ", ".join(map(_text, values))


def raw(text: str, type_: str | None = None) -> Column:
    """SQL of ours as it is; an expression that needs no brackets."""
    return Column(text, type_)


def parameter(name: str, type_: str) -> Column:
    """A parameter of the statement."""
    return Column(f"CAST({PARAMETER}{name}{PARAMETER} AS {type_})", type_)


def cast(value: Column, type_: str) -> Column:
    """The value as another type."""
    return Column(f"CAST({value.text} AS {type_})", type_)


def and_(*conditions: Column) -> Column:
    """All of them; without any, true."""
    return _joined(" AND ", conditions, empty=TRUE)


def or_(*conditions: Column) -> Column:
    """At least one of them; without any, false."""
    return _joined(" OR ", conditions, empty=FALSE)


def _joined(word: str, conditions: tuple[Column, ...], empty: Column) -> Column:
    """What is certain of itself, and so changes nothing, is not written."""
    told = [each for each in conditions if each is not empty]
    if len(told) == 1:
        return told[0]
    return empty if not told else Column(word.join([each.condition for each in told]), BOOLEAN, rank=_BOOLEAN)


def not_(condition: Column) -> Column:
    """The opposite."""
    return Column(f"NOT {condition.operand}", BOOLEAN, rank=_BOOLEAN)


def any_(array: Column) -> Column:
    """For comparing with each item of an array."""
    return Column(f"ANY ({array.text})")


def tuple_(*values: Column) -> Column:
    """A row of values, compared from its first on."""
    return Column(f"({comma(*values)})")


def array(items: Sequence[Any], type_: str) -> Column:
    """An array of items of a type."""
    return cast(Column(f"ARRAY[{comma(*items)}]"), array_of(type_))


def case(*whens: tuple[Any, Any], else_: Any = NULL, value: Column | None = None) -> Column:
    """The result of the first condition that holds, or of the first constant that ``value`` equals."""
    told = " ".join([f"WHEN {_text(when)} THEN {_text(then)}" for when, then in whens])
    subject = "" if value is None else f"{value.text} "
    return Column(f"CASE {subject}{told} ELSE {_text(else_)} END")


def ordered(item: Column, *orders: Column) -> Column:
    """The argument of an aggregate, in an order."""
    return Column(f"{item.text} ORDER BY {comma(*orders)}", item.type)


def distinct(item: Column) -> Column:
    """The argument of an aggregate, every value once."""
    return Column(f"DISTINCT {item.text}")


_AS_ITS_ARGUMENT = frozenset({"coalesce", "greatest", "least", "max", "min", "nullif"})


class _Functions:
    """PostgreSQL's functions by name; a type is given where somebody has to know it."""

    def __getattr__(self, name: str) -> Callable[..., Column]:
        def call(*arguments: Any, type_: str | None = None) -> Column:
            if type_ is None and name in _AS_ITS_ARGUMENT:
                type_ = arguments[0].type
            return Column(f"{name}({comma(*arguments)})", type_)

        setattr(self, name, call)
        return call

    def count(self, item: Column | None = None) -> Column:
        """How many rows, or values."""
        return Column("count(*)" if item is None else f"count({item.text})", BIGINT)


func = _Functions()
