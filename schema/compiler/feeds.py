"""Writes the statement that reads a range of the journal and renders its entries as events."""

from typing import NamedTuple

from graphql import GraphQLField, GraphQLObjectType, OperationDefinitionNode, get_named_type

from db import sql
from db.base import alias
from db.journal import Journal
from db.positions import FeedPosition
from db.scope import visible
from db.sql import Column
from rules.access import may_read
from rules.journal import EntryKind
from schema.compiler.arguments import Argument
from schema.compiler.build import Build
from schema.compiler.declare import SOURCE
from schema.compiler.expressions import constant, json_object
from schema.compiler.selection import Selected
from schema.compiler.sources import Feed, Row, Value

_BETWEEN = "\n"
"""Stands between the cursor and the answer. No cursor has it."""
BATCH = 100
"""Most entries of one read, and so of one batch of events."""


class Event(NamedTuple):
    """An event as all subscribers of a group receive it. The answer is JSON text in UTF-8."""

    cursor: str
    answer: bytes


def write_feed(build: Build, operation: OperationDefinitionNode) -> sql.Select:
    """Rows of ``position``, ``id`` and ``event``, for the entries that the viewer may see.

    ``event`` is the cursor of the entry and the JSON text of the answer, which :func:`event_of` takes apart.
    """
    root = build.schema.subscription_type
    assert root is not None
    (selected,) = build.selections.of(root, [operation.selection_set])
    definition = root.fields[selected.node.name.value]
    event_type = get_named_type(definition.type)
    assert isinstance(event_type, GraphQLObjectType)
    j, placed = alias(Journal), alias(FeedPosition)
    event = build.object(event_type, selected.selections, build.row(j.c), (selected.key,))
    answer = sql.cast(json_object([(selected.key, event)]), sql.TEXT)
    told = _cursor(event_type, build.row(j.c)).op("||")(constant(_BETWEEN)).op("||")(answer)
    return (
        sql.select(placed.c.position, j.c.id, told.label("event"))
        .from_(placed.join(j, j.c.id == placed.c.entry_id))
        .where(*_in_window(build, placed), _of_kinds(build, definition, selected, sql.cast(j.c.kind, sql.TEXT)))
        .where(visible(Journal, j, build.scope), sql.TRUE if may_read(build.role, event_type.name) else sql.FALSE)
        .order_by(placed.c.position)
        .limit(BATCH)
    )


def begins_at_once(definition: GraphQLField) -> bool:
    """True if a subscription to the root field begins with an event."""
    source: Feed = definition.extensions["strawberry-definition"].metadata[SOURCE]
    return source.at_once


def event_of(text: str) -> Event:
    """An event as it was read."""
    cursor, _, answer = text.partition(_BETWEEN)
    return Event(cursor, answer.encode())


def _cursor(event_type: GraphQLObjectType, row: Row) -> Column:
    source: Value = event_type.fields["cursor"].extensions["strawberry-definition"].metadata[SOURCE]
    return source.sql(row)


def kinds_of(definition: GraphQLField, chosen: Argument | None) -> frozenset[EntryKind]:
    """The kinds of entries that a root field delivers, with the client's choice if it has one."""
    source: Feed = definition.extensions["strawberry-definition"].metadata[SOURCE]
    return source.kinds if chosen is None else frozenset(chosen.sample)


def _of_kinds(build: Build, definition: GraphQLField, selected: Selected, kind: Column) -> Column:
    chosen = build.arguments(definition, selected.node, (selected.key,)).get("kinds")
    if chosen is None:
        return kind.in_(sorted(kinds_of(definition, None)))
    return kind == sql.any_(build.bind(sql.array_of(sql.TEXT), chosen.convert(list)))


def _in_window(build: Build, placed: sql.From) -> list[Column]:
    after = build.bind(sql.BIGINT, lambda run: run.window.after)
    return [placed.c.position > after, placed.c.position <= build.bind(sql.BIGINT, lambda run: run.window.head)]
