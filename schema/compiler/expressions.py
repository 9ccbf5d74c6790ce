"""SQL expressions for JSON objects, lists, labels and ids."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import graphql

from db import sql
from db.base import Row, alias
from db.sql import Column
from rules.vocabulary import Word
from schema.languages import REASON, label_of, translated

EMPTY = sql.raw("'[]'::json", sql.JSON)
"""An empty list."""


def json_object(pairs: Sequence[tuple[str, Column]]) -> Column:
    """``JSON_OBJECT(key: value, ...)``. Unlike ``json_build_object``, it is not limited to 50 pairs."""
    if not pairs:
        return sql.raw("'{}'::json", sql.JSON)
    parts: list[str | sql.Node] = ["JSON_OBJECT("]
    for key, value in pairs:
        parts += (f"{sql.quote(key)}: ", value, ", ")
    return sql.Column(*parts[:-1], " RETURNING json)", type_=sql.JSON)


def constant(text: str) -> Column:
    """A text literal in the statement. Not for values of clients."""
    return sql.raw(sql.quote(text), sql.TEXT)


def json_list(item: Column, *, order_by: Sequence[Column] = (), only: Column | None = None) -> Column:
    """The items of a group as a JSON list, ``[]`` without items."""
    aggregate = sql.func.json_agg(sql.ordered(item, *order_by) if order_by else item)
    if only is not None:
        aggregate = aggregate.filter(only)
    return sql.func.coalesce(aggregate, EMPTY, type_=sql.JSON)


def nothing(type_: graphql.GraphQLOutputType) -> Column:
    """The value of a field that the viewer may not read: null, or an empty list."""
    return sql.NULL if graphql.is_nullable_type(type_) else EMPTY


def instant(value: Column) -> Column:
    """An instant as RFC 3339 in UTC with milliseconds, as ``rfc_3339`` in :mod:`schema.scalars` writes it."""
    return sql.func.to_char(
        sql.func.timezone(constant("UTC"), value), constant('YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), type_=sql.TEXT
    )


def label(value: Column, words: type[Word]) -> Column:
    """The label of a word in the language of the answer."""
    labels = sql.Worded(lambda language: _labels_of(words, language))
    return sql.Column("CASE ", sql.cast(value, sql.TEXT), labels, " ELSE NULL END")


@cache
def _labels_of(words: type[Word], language: str) -> str:
    return "".join(f" WHEN {sql.quote(word.value)} THEN {sql.quote(label_of(word, language))}" for word in words)


def said(chinese: str) -> Column:
    """A part of a reason in the language of the answer."""
    return sql.Column(sql.Worded(lambda language: sql.quote(translated(language, REASON, chinese))), type_=sql.TEXT)


def column_of(model: type[Row], foreign_key: str, name: str) -> Callable[[Any], Column]:
    """A column of the row that a foreign key points to, regardless of visibility."""

    def expression(row: Any) -> Column:
        target = alias(model)
        return sql.select(target.c[name]).from_(target).where(target.c.id == row.c[foreign_key]).scalar()

    return expression


def typed_id(prefix: str, value: Column) -> Column:
    """A global id: ``<prefix>_<uuid>``."""
    return constant(f"{prefix}_").op("||")(sql.cast(value, sql.TEXT))


def json_known(texts: Sequence[Column]) -> Column:
    """The texts that are not null as a JSON list."""
    return sql.func.to_json(sql.func.array_remove(sql.array(texts, sql.TEXT), sql.NULL), type_=sql.JSON)
