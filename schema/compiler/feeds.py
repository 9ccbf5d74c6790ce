"""Writes the statement that reads a stretch of the journal and renders its entries as a subscription's events."""

from typing import Any

import sqlalchemy as sa
from graphql import GraphQLField, GraphQLObjectType, OperationDefinitionNode, get_named_type

from db.base import Xid8
from db.journal import Journal
from db.scope import alias, table, visible
from rules.journal import EntryKind
from schema.compiler.arguments import Getter, Window
from schema.compiler.build import Build
from schema.compiler.declare import SOURCE
from schema.compiler.expressions import JsonObject, values
from schema.compiler.sources import Column, Feed

BATCH = 100
"""Entries read at once."""


def write_feed(build: Build, operation: OperationDefinitionNode) -> sa.Select[Any]:
    """Rows of ``xid``, ``id`` and the event, as far as the viewer sees the entries."""
    root = build.schema.subscription_type
    assert root is not None
    (selected,) = build.selections.of(root, [operation.selection_set])
    definition = root.fields[selected.node.name.value]
    event_type = get_named_type(definition.type)
    assert isinstance(event_type, GraphQLObjectType)
    j = alias(table(Journal))
    event = build.object(event_type, selected.selections, build.row(j.c), (selected.key,))
    answer = sa.cast(JsonObject([(selected.key, event)]), sa.Text)
    return (
        sa.select(sa.cast(j.c.xid, sa.Text).label("xid"), j.c.id, answer.label("event"))
        .where(*_stretch(build, j), sa.cast(j.c.kind, sa.Text).in_(values(sorted(kinds_of(definition)))))
        .where(visible(table(Journal), j, build.scope))
        .order_by(j.c.xid, j.c.id)
        .limit(BATCH)
    )


def kinds_of(definition: GraphQLField) -> frozenset[EntryKind]:
    """The kinds of entries that a subscription's root field is about."""
    source: Feed = definition.extensions["strawberry-definition"].metadata[SOURCE]
    return source.kinds


def _stretch(build: Build, j: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    after = sa.tuple_(_xid(build, lambda window: window.xid), build.bind(sa.BigInteger(), _of(lambda w: w.id)))
    return [sa.tuple_(j.c.xid, j.c.id) > after, j.c.xid < _xid(build, lambda window: window.head)]


def _xid(build: Build, get: Any) -> Column:
    return sa.cast(build.bind(sa.Text(), _of(lambda window: str(get(window)))), Xid8())


def _of(get: Any) -> Getter:
    def getter(run: Any) -> Any:
        window: Window | None = run.window
        return get(window)

    return getter
