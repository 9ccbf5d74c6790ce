"""SQL expressions that SQLAlchemy does not bring: JSON objects of any width, lists, labels, ids."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class JsonObject(sa.ColumnElement[Any]):
    """``JSON_OBJECT(key: value, ...)``, which takes any number of pairs (``json_build_object`` takes fifty)."""

    inherit_cache = False
    type = sa.JSON()

    def __init__(self, pairs: Sequence[tuple[str, sa.ColumnElement[Any]]]) -> None:
        self.pairs = pairs

    @property
    def _from_objects(self) -> list[sa.FromClause]:
        return [source for _, value in self.pairs for source in value._from_objects]


@compiles(JsonObject)
def _json_object(element: JsonObject, compiler: SQLCompiler, **options: Any) -> str:
    pairs = (f"{quote(key)}: {compiler.process(value, **options)}" for key, value in element.pairs)
    return f"JSON_OBJECT({', '.join(pairs)} RETURNING json)" if element.pairs else "'{}'::json"


def quote(text: str) -> str:
    """A SQL string literal of text that is ours or a GraphQL name."""
    return "'" + text.replace("'", "''") + "'"


def constant(text: str) -> sa.ColumnElement[str]:
    """Text of our own, written into the statement rather than bound."""
    return sa.literal_column(quote(text), sa.Text())


def json_list(item: sa.ColumnElement[Any], *, order_by: Any = None, only: Any = None) -> sa.ColumnElement[Any]:
    """The items of a group as a JSON list; empty rather than null."""
    ordered = item if order_by is None else aggregate_order_by(item, *order_by)
    aggregate: Any = sa.func.json_agg(ordered)
    if only is not None:
        aggregate = aggregate.filter(only)
    return sa.func.coalesce(aggregate, sa.literal_column("'[]'::json"), type_=sa.JSON())


def label(value: sa.ColumnElement[Any], labels: Mapping[Any, str]) -> sa.ColumnElement[str]:
    """The Chinese label of an enum's value."""
    whens = {constant(key.value): constant(text) for key, text in labels.items()}
    return sa.case(whens, value=sa.cast(value, sa.Text))


def typed_id(prefix: str, value: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """A global id: ``<prefix>_<uuid>``."""
    return constant(f"{prefix}_").op("||")(sa.cast(value, sa.Text))


def values(members: Sequence[StrEnum]) -> list[sa.ColumnElement[str]]:
    """Enum members as constants of a statement."""
    return [constant(member.value) for member in members]
