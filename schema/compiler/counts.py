"""Declarations of counts: what the rows of a noun can be counted by. Each dimension is declared once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from db import sql
from db.base import column_types
from db.scope import Condition
from schema.compiler import registry, sources
from schema.compiler.arguments import Dimension
from schema.compiler.declare import Class, argument, column, field, part
from schema.compiler.sources import Expression, Row

PERIODS = {"day": "The day", "week": "The Monday of the week", "month": "The first day of the month"}
MOST_DIMENSIONS, MOST_GROUPS = 3, 1_000
_KEY = "key"
_RULE = (
    f"Their numbers by one to {MOST_DIMENSIONS} dimensions, at most {MOST_GROUPS:,} groups: periods in order, then the"
    " largest group first. Periods without any are included."
)


@dataclass(frozen=True, slots=True)
class Key:
    """A value that all rows of a group have in common."""

    column: str
    made: Expression | None = None
    type: str = ""
    """Its SQL type; that of the noun's column by default."""
    shows: str = ""
    """The field of the noun that shows it. Who may not read that field may not count by it."""
    beside: Callable[[Row], tuple[sql.From, Condition]] | None = None
    """Another table, of which a row can have several rows or none. The expression is of that table's columns."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How the rows of a noun are counted."""

    group: type
    """The GraphQL type of a group."""
    dimensions: type[Dimension]
    keys: Mapping[str, Key]
    """By the name of the field of the group."""
    moment: str | None
    """The column with the instant by which days, weeks and months are counted."""

    def field(self) -> StrawberryField:
        """The field of a connection."""
        by = argument("dimensions", list[self.dimensions], "What to count by.")  # type: ignore[name-defined]
        groups = StrawberryAnnotation(list[self.group])  # type: ignore[name-defined]
        made = StrawberryField(python_name="counts_by", type_annotation=groups, description=_RULE)
        made.arguments = [by]
        return made


COUNTS: dict[type, Counts] = {}
"""The counts of each noun, by its GraphQL type."""


def key(column: str, description: str, made: Expression | None = None, **facts: Any) -> Any:
    """A key that is a column, or an expression under that name. ``facts`` are those of :class:`Key`."""
    value = sources.Value(lambda row: row.c[column])
    return _keyed(value, description, Key(column, made, **facts))


def key_to(foreign_key: str, description: str, **facts: Any) -> Any:
    """A key that is an object: the one that a foreign key points to."""
    source = sources.One(lambda row, target: target.id == row.c[foreign_key])
    return _keyed(source, description, Key(foreign_key, **facts))


def _keyed(source: sources.Source, description: str, key: Key) -> Any:
    facts: dict[str, Any] = {_KEY: key}
    return field(source, description, **facts)


def counted(noun: type, at: str | None = None, shows: str | None = None) -> Callable[[Class], Class]:
    """Declares the groups of a noun: a class with a field for each key, from which the enum of dimensions is made.

    With the column ``at`` of an instant, the noun is counted by days, weeks and months too. ``shows`` is the field of
    the noun that shows it, if that has another name.
    """

    def declare(cls: Class) -> Class:
        given = {name: each for name, each in vars(cls).items() if isinstance(each, StrawberryField)}
        columns = column_types(noun.__entity__.model)  # type: ignore[attr-defined]
        keys = {name: _completed(name, each.metadata[_KEY], columns) for name, each in given.items()}
        meanings = {name: each.description or "" for name, each in given.items()}
        _add(cls, "count", int, column("count", "How many."))
        for name, meaning in PERIODS.items() if at else ():
            meanings[name] = f"{meaning}."
            _add(cls, name, date | None, column(name, f"{meaning}, by the community's calendar."))
            keys[name] = Key(name, type=sql.DATE, shows=shows or to_camel_case(at or ""))
        members = [(name.upper(), (name.upper(), "", meaning)) for name, meaning in meanings.items()]
        made: Any = Dimension(f"{noun.__name__}Dimension", members)  # type: ignore[arg-type]
        made.__doc__ = f"What {cls.__name__} counts by; its field of that name is null otherwise."
        registry.vocabulary(made)
        COUNTS[noun] = Counts(part(cls), made, keys, at)
        return cls

    return declare


def _completed(name: str, key: Key, columns: Mapping[str, str]) -> Key:
    type_ = key.type or columns.get(key.column) or sql.TEXT
    return replace(key, type=type_, shows=key.shows or to_camel_case(name))


def _add(cls: type, name: str, type_: Any, made: StrawberryField) -> None:
    cls.__annotations__[name] = type_
    setattr(cls, name, made)


class Pages(StrawberryObjectDefinition):
    """The definition of connections. Those of a noun that is counted have a field more."""

    def copy_with(self, type_var_map: Mapping[str, Any]) -> Any:
        made = super().copy_with(type_var_map)
        (node,) = type_var_map.values()
        if node in COUNTS:
            made.__strawberry_definition__.fields.append(COUNTS[node].field())
        return made
