"""Writes the statement that reads a range of the journal and renders its entries as events."""

from graphql import GraphQLField, GraphQLObjectType, OperationDefinitionNode, get_named_type

from db import sql
from db.base import alias
from db.journal import Journal
from db.scope import visible
from db.sql import Column
from rules.access import may_read
from rules.journal import EntryKind
from schema.compiler.arguments import Getter
from schema.compiler.build import Build
from schema.compiler.declare import SOURCE
from schema.compiler.expressions import constant, json_object
from schema.compiler.sources import Feed, Row, Value

BATCH = 100
"""Most entries of one read, and so of one batch of events."""


def write_feed(build: Build, operation: OperationDefinitionNode) -> sql.Select:
    """Rows of ``xid`` (text), ``id`` and ``event``, for the entries that the viewer may see.

    ``event`` is the cursor of the entry, a line feed, and the JSON text of the answer.
    """
    root = build.schema.subscription_type
    assert root is not None
    (selected,) = build.selections.of(root, [operation.selection_set])
    definition = root.fields[selected.node.name.value]
    event_type = get_named_type(definition.type)
    assert isinstance(event_type, GraphQLObjectType)
    j = alias(Journal)
    event = build.object(event_type, selected.selections, build.row(j.c), (selected.key,))
    answer = sql.cast(json_object([(selected.key, event)]), sql.TEXT)
    told = _cursor(event_type, build.row(j.c)).op("||")(constant("\n")).op("||")(answer)
    return (
        sql.select(sql.cast(j.c.xid, sql.TEXT).label("xid"), j.c.id, told.label("event"))
        .from_(j)
        .where(*_in_window(build, j), sql.cast(j.c.kind, sql.TEXT).in_(sorted(kinds_of(definition))))
        .where(visible(Journal, j, build.scope), sql.TRUE if may_read(build.role, event_type.name) else sql.FALSE)
        .order_by(j.c.xid, j.c.id)
        .limit(BATCH)
    )


def _cursor(event_type: GraphQLObjectType, row: Row) -> Column:
    source: Value = event_type.fields["cursor"].extensions["strawberry-definition"].metadata[SOURCE]
    return source.sql(row)


def kinds_of(definition: GraphQLField) -> frozenset[EntryKind]:
    """The kinds of entries that a root field delivers."""
    source: Feed = definition.extensions["strawberry-definition"].metadata[SOURCE]
    return source.kinds


def _in_window(build: Build, j: sql.From) -> list[Column]:
    def xid(get: Getter) -> Column:
        return sql.cast(build.bind(sql.TEXT, get), "XID8")

    after = sql.tuple_(xid(lambda run: str(run.window.xid)), build.bind(sql.BIGINT, lambda run: run.window.id))
    return [sql.tuple_(j.c.xid, j.c.id) > after, j.c.xid < xid(lambda run: str(run.window.head))]
