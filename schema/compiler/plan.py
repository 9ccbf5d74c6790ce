"""Plans: a statement and a getter for each parameter, for requests of the same shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol

import asyncpg
import graphql

from db import sql
from db.holding import looking, looking_in_act
from db.sql import Column
from rules.access import ANONYMOUS, WORKERS, Role
from schema.compiler import aggregates, feeds, pages, relations, sources
from schema.compiler.arguments import Getter, Path, Run
from schema.compiler.build import Asked, Build, ToPrepare, Writer
from schema.compiler.counts import MOST_GROUPS
from schema.compiler.refused import RequestError, too_large
from schema.compiler.selection import Selected, Selections
from schema.ids import meant_by
from schema.languages import CHINESE

MOST_ROWS = 5_000
"""Most rows of one answer: the sum over all lists of their page sizes, multiplied along nested lists."""
BASE_COST = 10
"""The cost of the smallest operation: the viewer's scope, and the way to the database and back."""

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
    sources.Prepared: relations.write_prepared,
}


_ANY_RUN = Run({}, ANONYMOUS, datetime.min.replace(tzinfo=UTC))


class Fetcher(Protocol):
    """The database of the server."""

    async def fetchval(self, query: str, *args: Any, by_place: bool) -> Any: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement that returns the JSON of an answer, or the rows of a feed."""

    sql: str
    getters: tuple[Getter, ...]
    checks: tuple[Getter, ...]
    """Getters that this role's statement does not use. They are called so that all roles get the same refusals."""
    sizes: tuple[sources.Size, ...]
    fixed_cost: int = 0
    charges: tuple[tuple[sources.Size, int], ...] = ()
    """The cost of each row of the lists."""
    introspected: tuple[Selected, ...] = ()
    prepared: tuple[ToPrepare, ...] = ()
    secrets: tuple[str, ...] = ()
    by_place: bool = False
    """True if the viewer sees by place alone: staff of a community, without a code that opens a case."""
    live: bool = False
    """True if the answer has positions in the live feed."""
    personal: bool = False
    """True if the events of a feed depend on the account itself, and not only on its places."""
    is_prepared: bool = False
    """True if the prepared fields are the whole answer, which then needs no statement."""

    @property
    def size(self) -> int:
        """Characters of the statement."""
        return len(self.sql)

    @property
    def is_fixed(self) -> bool:
        """True if the cost is the same in every run."""
        return all(each.is_fixed for each in (*self.sizes, *(within for within, _ in self.charges)))

    def cost(self, run: Run) -> int:
        """The estimated cost. Raises RequestError for too many rows, ArgumentError for a bad page size."""
        if not self.sizes and not self.charges:
            return self.fixed_cost
        rows = sum([size.rows(run) for size in self.sizes])
        if rows > MOST_ROWS:
            raise too_large("每页数量合计超过 {most} 行，请减少数量。", most=MOST_ROWS)
        return self.fixed_cost + rows + sum([cost * within.times(run) for within, cost in self.charges])

    def parameters(self, run: Run) -> list[Any]:
        """The parameters of the statement. Raises ArgumentError for a bad value."""
        for check in self.checks:
            check(run)
        return [get(run) for get in self.getters]

    async def fetch(self, database: Fetcher, run: Run) -> str | None:
        """The JSON. Raises RequestError if something was counted by too much (:mod:`schema.compiler.counting`)."""
        given = self.parameters(run)
        if self.is_prepared:
            return "{" + ",".join(f'"{each.key}":{run.prepared[each.key]}' for each in self.prepared) + "}"
        try:
            text: str | None = await database.fetchval(self.sql, *given, by_place=self.by_place)
        except asyncpg.RaiseError as error:
            if error.constraint_name != "few_groups":
                raise
            raise too_large("统计结果超过 {most} 组，请缩小范围或减少维度。", most=MOST_GROUPS) from None
        return text


def fragments_of(document: graphql.DocumentNode) -> dict[str, graphql.FragmentDefinitionNode]:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, graphql.FragmentDefinitionNode)
    }


@dataclass(frozen=True, eq=False)
class Operation:
    """A validated operation, with the fragments of its document."""

    schema: graphql.GraphQLSchema
    node: graphql.OperationDefinitionNode
    fragments: Mapping[str, graphql.FragmentDefinitionNode]

    @cached_property
    def variables(self) -> Mapping[str, Any]:
        """The types of the variables."""
        given = self.node.variable_definitions or ()
        return {each.variable.name.value: graphql.type_from_ast(self.schema, each.type) for each in given}

    @property
    def mutates(self) -> bool:
        return self.node.operation is graphql.OperationType.MUTATION

    def selections(self, variables: Mapping[str, Any]) -> Selections:
        return Selections(self.schema, self.fragments, variables)

    def roots(self, variables: Mapping[str, Any]) -> list[str]:
        """The names of the selected root fields, each once."""
        root = self.schema.get_root_type(self.node.operation)
        assert root is not None
        selected = self.selections(variables).of(root, [self.node.selection_set])
        return list(dict.fromkeys(each.node.name.value for each in selected))

    def build(
        self, variables: Mapping[str, Any], role: Role | None, language: str = CHINESE, *, acting: bool = False
    ) -> Build:
        """An empty statement."""
        return Build(self.schema, self.selections(variables), variables, role, WRITERS, acting, language)


def plan_query(operation: Operation, variables: Mapping[str, Any], role: Role | None, language: str = CHINESE) -> Plan:
    """The plan of a query operation."""
    build, root = operation.build(variables, role, language), operation.schema.query_type
    assert root is not None
    sets = [operation.node.selection_set]
    plan = finish(build, _answer(build, build.object(root, sets, build.row(None), ())))
    return replace(plan, is_prepared=len(build.prepared) == len(build.selections.of(root, sets)) > 0)


def plan_object(
    build: Build, type_: graphql.GraphQLObjectType, sets: Sequence[graphql.SelectionSetNode], path: Path
) -> Plan:
    """The plan of an object of a payload, by its id."""
    prefix = build.entity(type_).prefix or ""
    touched = meant_by(prefix, build.bind(sql.UUID, lambda run: run.touched))
    found = relations.write_linked(
        Asked(build, type_, sets, path), type_, lambda _, t: t.id == touched, build.row(None)
    )
    return finish(build, _answer(build, found))


def _answer(build: Build, answer: Column) -> sql.Select:
    """The statement for one JSON value, which is computed after row-level security was told who looks."""
    viewer = build.scope.places
    found = sql.select(sql.cast(answer, sql.TEXT).label("answer"))
    if build.acting:
        return looking_in_act(found, build.scope)
    found = found.from_(viewer).where(viewer.c.done > 0).with_(viewer)
    if not build.codes:
        return found
    shown = sql.Column("wall.open(", sql.array(build.codes, sql.TEXT), ")").label("done", sql.BOOLEAN)
    opened = sql.select(shown).from_(viewer).where(viewer.c.done > 0).cte("opened", materialized=True)
    return found.from_(opened).where(opened.c.done).with_(opened)


def _account_of(run: Run) -> Any:
    """The viewer's account where an event depends on it. In the scope it is another parameter."""
    return run.viewer.account_id


def plan_feed(operation: Operation, variables: Mapping[str, Any], role: Role | None, language: str = CHINESE) -> Plan:
    """The plan of a subscription, with the rows of :func:`write_feed`."""
    build = operation.build(variables, role, language)
    build.scope = replace(build.scope, account_id=sql.parameter(_account_of, sql.UUID))
    plan = finish(build, looking(feeds.write_feed(build, operation.node), build.scope))
    return replace(plan, personal=_account_of in plan.getters)


def finish(build: Build, statement: sql.Select) -> Plan:
    """The plan of a complete statement."""
    text, getters = sql.written(statement, build.language)
    unread = set(build.getters).difference(getters)
    checks = tuple([get for get in build.getters if get in unread])
    plan = Plan(
        text,
        getters,
        checks,
        tuple(build.sizes),
        build.charges[None],
        tuple([(within, cost) for within, cost in build.charges.items() if within is not None]),
        tuple(build.introspected),
        tuple(build.prepared),
        tuple(build.secrets),
        by_place=build.role in WORKERS and not build.codes,
        live=build.live,
    )
    return _estimated(plan) if plan.is_fixed else plan


def _estimated(plan: Plan) -> Plan:
    """The plan with its whole cost. One that is refused keeps its lists, so that each run is refused."""
    try:
        return replace(plan, fixed_cost=plan.cost(_ANY_RUN), sizes=(), charges=())
    except RequestError:
        return plan
