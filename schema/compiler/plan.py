"""Plans: a statement and a getter for each parameter, cached for requests of the same shape."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import graphql

from db import sql
from rules.access import Role
from schema.compiler import aggregates, feeds, pages, relations, sources
from schema.compiler.arguments import Getter, Path, Run, shape
from schema.compiler.build import Asked, Build, Writer
from schema.compiler.introspection import introspector
from schema.compiler.refused import RequestError
from schema.compiler.selection import Selections

MOST_ROWS = 5_000
"""Most rows of one answer: the sum over all lists of their page sizes, multiplied along nested lists."""
MOST_PLANS = 1_000
"""A compromise between memory and the number of different documents of clients, for each of the roles."""

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
    """A statement that returns the JSON of an answer, or the rows of a feed."""

    sql: str
    getters: tuple[Getter, ...]
    checks: tuple[Getter, ...]
    """Getters that this role's statement does not use. They are called so that all roles get the same refusals."""
    sizes: tuple[sources.Size, ...]

    def parameters(self, run: Run) -> list[Any]:
        """The parameters of the statement. Raises RequestError for too many rows, ArgumentError for a bad value."""
        if sum(size.rows(run) for size in self.sizes) > MOST_ROWS:
            raise RequestError("QUERY_TOO_LARGE", f"The page sizes allow more than {MOST_ROWS} rows; ask for fewer.")
        for check in self.checks:
            check(run)
        return [get(run) for get in self.getters]

    async def fetch(self, connection: Fetcher, run: Run) -> str | None:
        text: str | None = await connection.fetchval(self.sql, *self.parameters(run))
        return text


def fragments_of(document: graphql.DocumentNode) -> dict[str, graphql.FragmentDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, graphql.FragmentDefinitionNode)
    }


@dataclass(frozen=True, slots=True)
class Operation:
    """A validated operation, with the fragments of its document."""

    schema: graphql.GraphQLSchema
    node: graphql.OperationDefinitionNode
    fragments: Mapping[str, graphql.FragmentDefinitionNode]

    def selections(self, variables: Mapping[str, Any]) -> Selections:
        return Selections(self.schema, self.fragments, variables)

    def build(self, variables: Mapping[str, Any], role: Role | None) -> Build:
        """An empty statement."""
        introspect = introspector(self.schema, self.fragments, self.node)
        return Build(self.schema, self.selections(variables), variables, role, WRITERS, introspect)


def plan_query(operation: Operation, variables: Mapping[str, Any], role: Role | None) -> Plan:
    """The plan of a query operation."""
    build, root = operation.build(variables, role), operation.schema.query_type
    assert root is not None
    answer = build.object(root, [operation.node.selection_set], build.row(None), ())
    return finish(build, sql.select(sql.cast(answer, sql.TEXT)))


def plan_object(
    build: Build, type_: graphql.GraphQLObjectType, sets: Sequence[graphql.SelectionSetNode], path: Path
) -> Plan:
    """The plan of an object of a payload, by its id."""
    touched = build.bind(sql.UUID, lambda run: run.touched)
    found = relations.write_linked(
        Asked(build, type_, sets, path), type_, lambda _, t: t.id == touched, build.row(None)
    )
    return finish(build, sql.select(sql.cast(found, sql.TEXT)))


def plan_feed(operation: Operation, variables: Mapping[str, Any], role: Role | None) -> Plan:
    """The plan of a subscription, with the rows of :func:`write_feed`."""
    build = operation.build(variables, role)
    return finish(build, feeds.write_feed(build, operation.node))


def finish(build: Build, statement: sql.Select) -> Plan:
    """The plan of a complete statement."""
    text, getters = sql.written(statement.with_(build.scope.places))
    unread = set(build.getters).difference(getters)
    return Plan(text, getters, tuple([get for get in build.getters if get in unread]), tuple(build.sizes))


class Recent(Generic[Item]):
    """A cache that drops the least recently used item above ``most`` items."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[Any, Item] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Any) -> Item | None:
        item = self._items.get(key)
        if item is not None:
            self._items.move_to_end(key)
        return item

    def put(self, key: Any, item: Item) -> None:
        self._items[key] = item
        self._items.move_to_end(key)
        if len(self._items) > self._most:
            self._items.popitem(last=False)

    def get_or_make(self, key: Any, make: Callable[[], Item]) -> Item:
        item = self.get(key)
        if item is None:
            item = make()
            self.put(key, item)
        return item


class Plans(Recent[Any]):
    """The cached plans of this process, and the parsed documents (``questions``)."""

    def __init__(self, most: int = MOST_PLANS) -> None:
        super().__init__(most)
        self.questions: Recent[Any] = Recent(most)


def plan_key(query: str, name: str | None, role: Role | None, variables: Mapping[str, Any]) -> Any:
    """The cache key of a plan: the document, operation, role, and shape of the variables."""
    return query, name, role, shape(variables)
