"""Writes the statement that reads a stretch of the journal and renders its entries as a subscription's events."""

from typing import Any

from graphql import GraphQLField, GraphQLObjectType, OperationDefinitionNode, get_named_type

from db import sql
from db.base import alias
from db.journal import Journal
from db.scope import visible
from db.sql import Column
from rules.journal import EntryKind
from schema.compiler.arguments import Getter, Window
from schema.compiler.build import Build
from schema.compiler.declare import SOURCE
from schema.compiler.expressions import json_object
from schema.compiler.sources import Feed

BATCH = 100
"""Entries read at once."""


def write_feed(build: Build, operation: OperationDefinitionNode) -> sql.Select:
    """Rows of ``xid``, ``id`` and the event, as far as the viewer sees the entries."""
    root = build.schema.subscription_type
    assert root is not None
    (selected,) = build.selections.of(root, [operation.selection_set])
    definition = root.fields[selected.node.name.value]
    event_type = get_named_type(definition.type)
    assert isinstance(event_type, GraphQLObjectType)
    j = alias(Journal)
    event = build.object(event_type, selected.selections, build.row(j.c), (selected.key,))
    answer = sql.cast(json_object([(selected.key, event)]), sql.TEXT)
    return (
        sql.select(sql.cast(j.c.xid, sql.TEXT).label("xid"), j.c.id, answer.label("event"))
        .from_(j)
        .where(*_stretch(build, j), sql.cast(j.c.kind, sql.TEXT).in_(sorted(kinds_of(definition))))
        .where(visible(Journal, j, build.scope))
        .order_by(j.c.xid, j.c.id)
        .limit(BATCH)
    )


def kinds_of(definition: GraphQLField) -> frozenset[EntryKind]:
    """The kinds of entries that a subscription's root field is about."""
    source: Feed = definition.extensions["strawberry-definition"].metadata[SOURCE]
    return source.kinds


def _stretch(build: Build, j: sql.From) -> list[Column]:
    after = sql.tuple_(_xid(build, lambda window: window.xid), build.bind(sql.BIGINT, _of(lambda w: w.id)))
    return [sql.tuple_(j.c.xid, j.c.id) > after, j.c.xid < _xid(build, lambda window: window.head)]


def _xid(build: Build, get: Any) -> Column:
    return sql.cast(build.bind(sql.TEXT, _of(lambda window: str(get(window)))), "XID8")


def _of(get: Any) -> Getter:
    def getter(run: Any) -> Any:
        window: Window | None = run.window
        return get(window)

    return getter
