"""Plans: a statement and how to get each of its parameters, kept for the next request of the same shape."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
)

from db import sql
from rules.access import Role
from schema.compiler import aggregates, feeds, pages, relations, sources
from schema.compiler.arguments import Getter, Path, Run, shape
from schema.compiler.build import Asked, Build, Writer
from schema.compiler.introspection import introspector
from schema.compiler.refused import RequestError
from schema.compiler.selection import Selections

MOST_ROWS = 5_000
"""Rows that one answer may have by its page sizes, lists within lists multiplied."""
MOST_PLANS = 1_000

Item = TypeVar("Item")

WRITERS: Mapping[type, Writer] = {
    sources.Namespace: relations.write_namespace,
    sources.One: relations.write_one,
    sources.Many: relations.write_many,
    sources.Either: relations.write_either,
    sources.NodeById: relations.write_node,
    sources.NodesByIds: relations.write_nodes,
    sources.Page: pages.write_page,
    sources.Aggregate: aggregates.write_aggregate,
    sources.Groups: aggregates.write_groups,
    sources.Composed: aggregates.write_composed,
}


class Fetcher(Protocol):
    """A connection or a pool of asyncpg."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement."""

    sql: str
    getters: tuple[Getter, ...]
    checks: tuple[Getter, ...]
    """Arguments that this role's statement does not need, read all the same: a bad one is refused to everybody."""
    sizes: tuple[sources.Size, ...]

    def parameters(self, run: Run) -> list[Any]:
        """The statement's parameters for a run; too large an answer is refused before it is asked for."""
        if sum(size.rows(run) for size in self.sizes) > MOST_ROWS:
            raise RequestError("QUERY_TOO_LARGE", f"The page sizes allow more than {MOST_ROWS} rows; ask for fewer.")
        for check in self.checks:
            check(run)
        return [get(run) for get in self.getters]

    async def fetch(self, connection: Fetcher, run: Run) -> str | None:
        """The JSON of the answer."""
        text: str | None = await connection.fetchval(self.sql, *self.parameters(run))
        return text


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by name."""
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def start_build(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    role: Role | None,
) -> Build:
    """An empty statement for an operation."""
    selections = Selections(schema, fragments, variables)
    return Build(schema, selections, variables, role, WRITERS, introspector(schema, fragments, operation))


def plan_query(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    role: Role | None,
) -> Plan:
    """The plan of a query operation."""
    build = start_build(schema, fragments_of(document), operation, variables, role)
    assert schema.query_type is not None
    answer = build.object(schema.query_type, [operation.selection_set], build.row(None), ())
    return finish(build, sql.select(sql.cast(answer, sql.TEXT)))


def plan_object(build: Build, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode], path: Path) -> Plan:
    """The plan of one object that a mutation touched."""
    touched = build.bind(sql.UUID, lambda run: run.touched)
    found = relations.write_linked(
        Asked(build, type_, sets, path), type_, lambda _, t: t.id == touched, build.row(None)
    )
    return finish(build, sql.select(sql.cast(found, sql.TEXT)))


def plan_feed(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    role: Role | None,
) -> Plan:
    """The plan of a subscription's events: rows of ``xid``, ``id`` and the event's JSON, in order."""
    build = start_build(schema, fragments_of(document), operation, variables, role)
    return finish(build, feeds.write_feed(build, operation))


def finish(build: Build, statement: sql.Select) -> Plan:
    """The statement as text, with a getter for each of its parameters in order."""
    text, getters = sql.written(statement.with_(build.scope.places))
    unread = set(build.getters).difference(getters)
    return Plan(text, getters, tuple([get for get in build.getters if get in unread]), tuple(build.sizes))


class Recent(Generic[Item]):
    """A bounded store that drops what was used least recently."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[Any, Item] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Any) -> Item | None:
        """What is kept under a key."""
        item = self._items.get(key)
        if item is not None:
            self._items.move_to_end(key)
        return item

    def put(self, key: Any, item: Item) -> None:
        """Keeps an item."""
        self._items[key] = item
        self._items.move_to_end(key)
        if len(self._items) > self._most:
            self._items.popitem(last=False)

    def get_or_make(self, key: Any, make: Callable[[], Item]) -> Item:
        """What is kept under a key, or else what is made for it now."""
        item = self.get(key)
        if item is None:
            item = make()
            self.put(key, item)
        return item


class Plans(Recent[Any]):
    """The plans of this process, of queries, mutations and events, and the documents that they are for."""

    def __init__(self, most: int = MOST_PLANS) -> None:
        super().__init__(most)
        self.questions: Recent[Any] = Recent(most)


def plan_key(query: str, name: str | None, role: Role | None, variables: Mapping[str, Any]) -> Any:
    """What a plan is kept under: the document, the operation, the role and the shape of the variables."""
    return query, name, role, shape(variables)
