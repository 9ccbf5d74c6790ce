"""What an operation may cost: bounds of documents, the estimated cost, places for heavy operations, introspection."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any
from uuid import uuid4

import graphql
import pytest
from graphql import ValidationContext, get_introspection_query

from db.database import Unavailable
from schema.compiler.refused import MOST_COST
from schema.engine.bulkhead import AT_ONCE, HEAVY, OF_ONE_VIEWER, Bulkhead
from schema.schema import SCHEMA
from tests.client import Tunping, serving
from tests.test_plans import plan_of, rows_read

ANALYSIS = (
    'weeklyAnalysis(week: "2023-W47") { duty { due { totalCount } late { totalCount } } byCategory { category } }'
)


@contextmanager
def calls(owner: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[None]]:
    """The calls of a function from now on."""
    made: list[None] = []
    original = getattr(owner, name)

    def counting(*args: Any, **kwargs: Any) -> Any:
        made.append(None)
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, counting)
        yield made


@pytest.mark.parametrize(
    "document",
    [
        "{ " + "__typename " * 900 + "}",
        "{ " + "me { name } " * 160 + "}",
        "{ ...F0 } "
        + " ".join(f"fragment F{n} on Query {{ a{n}: __typename ...F{n + 1} }}" for n in range(70))
        + " fragment F70 on Query { __typename }",
        "{ "
        + " ".join(f"...F{n}" for n in range(70))
        + " } "
        + " ".join(f"fragment F{n} on Query {{ a{n}: __typename }}" for n in range(70)),
        "{ ...A } fragment A on Query { me { ...B } } fragment B on Account { me { ...B } }",
        "{ me { name } } fragment Unused on Account { " + "name " * 100 + "}",
        "{ households { nodes { " + "building { grid { buildings { nodes { " * 5 + "id" + " } } } }" * 5 + " } } }",
    ],
    ids=["one field", "one object", "chain", "spreads", "cycle", "unused", "deep"],
)
async def test_a_document_that_takes_long_to_validate_is_refused_before(
    reading: Tunping, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with calls(ValidationContext, "__init__", monkeypatch) as validated:
        answer = await reading.ask(document)
    assert (answer.status, answer.code, len(validated)) == (400, "QUERY_TOO_LARGE", 0)


async def test_sixty_components_may_each_select_the_same_field(reading: Tunping) -> None:
    spread = " ".join(f"...F{n}" for n in range(40))
    fragments = " ".join(f"fragment F{n} on Account {{ id a{n}: name }}" for n in range(40))
    answer = await (await reading.as_("网格员01")).ask(f"{{ me {{ {spread} }} }} {fragments}")
    assert len(answer.data["me"]) == 41


async def test_only_a_few_errors_of_a_document_or_of_its_variables_are_looked_for(
    reading: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = " ".join(f"unknown{n}" for n in range(300))
    answer = await reading.ask(f"{{ {unknown} }}")
    assert len(answer.body["errors"]) <= 6
    query = "query($w: AppealFilter) { appeals(where: $w) { totalCount } }"
    with calls(sys.modules["graphql.utilities.validate_input_value"], "suggestion_list", monkeypatch) as looked:
        answer = await reading.ask(query, w={f"unknown{n}": n for n in range(4_000)})
    assert answer.codes == {"INVALID_VARIABLES"}
    assert len(answer.body["errors"]) <= 21
    assert len(looked) <= 21


async def test_more_values_than_any_input_has_are_refused_unread(reading: Tunping) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert (await reading.ask(query, ids=[None] * 5_000)).code == "QUERY_TOO_LARGE"
    assert (await reading.ask(query, ids=[None] * 4_000)).codes == {"INVALID_VARIABLES"}
    assert (await reading.ask("{ __typename }", unused={"a": [[{}] * 50] * 100})).code == "QUERY_TOO_LARGE"


async def test_an_answer_tells_its_estimated_cost(reading: Tunping) -> None:
    worker = await reading.as_("网格员01")

    async def cost(query: str, **variables: Any) -> int:
        answer = await worker.ask(query, **variables)
        assert answer.data
        told: int = answer.body["extensions"]["cost"]
        return told

    page = "query($n: Int) { appeals(first: $n) { nodes { id } } }"
    assert await cost(page, n=100) - await cost(page, n=10) == 90
    nested = "query($n: Int) { grids(first: 10) { nodes { buildings(first: $n) { nodes { id } } } } }"
    assert await cost(nested, n=20) - await cost(nested, n=10) == 100
    analysis = 'a: statistics(between: {startsOn: "2023-11-01", endsOn: "2023-11-30"}) { visits { total } }'
    once, twice = await cost(f"{{ {analysis} }}"), await cost(f"{{ {analysis} {analysis.replace('a:', 'b:')} }}")
    assert once < twice <= 2 * once


@pytest.mark.long
async def test_what_costs_too_much_is_refused_with_the_cost_and_the_limit(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    assert (await secretary.ask(f"{{ {ANALYSIS} }}")).data["weeklyAnalysis"]["duty"]
    aliases = " ".join(f"a{n}: {ANALYSIS}" for n in range(10))
    refused = await secretary.ask(f"{{ {aliases} }}")
    (error,) = refused.body["errors"]
    assert (refused.status, refused.code, error["extensions"]["limit"]) == (400, "QUERY_TOO_COSTLY", MOST_COST)
    assert error["extensions"]["cost"] > MOST_COST
    assert str(error["extensions"]["cost"]) in error["message"]


async def test_heavy_operations_have_few_places_and_one_viewer_not_all_of_them() -> None:
    bulkhead, somebody, somebody_else = Bulkhead(), uuid4(), uuid4()
    async with AsyncExitStack() as held:
        for _ in range(OF_ONE_VIEWER):
            await held.enter_async_context(bulkhead.place(somebody, HEAVY))
        third = asyncio.create_task(_passes(bulkhead, somebody, HEAVY))
        assert await _passes(bulkhead, somebody, HEAVY - 1)
        for _ in range(AT_ONCE - OF_ONE_VIEWER):
            await held.enter_async_context(bulkhead.place(somebody_else, HEAVY))
        assert await _passes(bulkhead, somebody_else, HEAVY - 1)
        assert not third.done()
    assert await third


async def _passes(bulkhead: Bulkhead, viewer: Any, cost: int) -> bool:
    async with bulkhead.place(viewer, cost):
        return True


async def test_who_waits_for_a_place_too_long_is_told_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bulkhead, viewer = Bulkhead(), uuid4()
    async with AsyncExitStack() as held:
        for _ in range(OF_ONE_VIEWER):
            await held.enter_async_context(bulkhead.place(viewer, HEAVY))
        monkeypatch.setattr("db.database.DEADLINE", 0.0)
        with pytest.raises(Unavailable):
            await _passes(bulkhead, viewer, HEAVY)


@pytest.mark.long
@pytest.mark.usefixtures("no_plans")
async def test_an_introspection_query_is_resolved_once_for_each_document(
    demo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(demo_url, introspection=True) as client:
        with calls(graphql, "execute_sync", monkeypatch) as resolved:
            first = await client.ask(get_introspection_query())
            again = await client.ask(get_introspection_query())
            assert first.data == again.data
            assert len(resolved) == 1
            named = "query($n: String!) { __type(name: $n) { name } }"
            assert [(await client.ask(named, n=name)).data["__type"]["name"] for name in ("Grid", "Appeal", "Grid")]
            assert len(resolved) == 3
        many = "{ " + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(100)) + " }"
        assert (await client.ask(many)).code == "QUERY_TOO_COSTLY"
        level = "fields { type { "
        deep = "{ __schema { types { " + level * 4 + "name" + " } }" * 4 + " } } }"
        assert (await client.ask(deep)).code in {"QUERY_TOO_COSTLY", "GRAPHQL_VALIDATION_FAILED"}


async def test_the_schema_is_told_to_strangers_only_where_a_setting_allows_it(demo_url: str) -> None:
    query = "{ __schema { queryType { name } } }"
    async with serving(demo_url) as client:
        refused = await client.ask(query)
        assert refused.code == "UNAUTHENTICATED"
        assert (await client.ask("{ __typename }")).data == {"__typename": "Query"}
        assert (await (await client.as_("网格员01")).ask(query)).data["__schema"]["queryType"] == {"name": "Query"}
    async with serving(demo_url, introspection=True) as client:
        assert (await client.ask(query)).data["__schema"]["queryType"] == {"name": "Query"}


MOST_ROWS_PER_UNIT = 250
"""Rows that PostgreSQL may read for a unit of cost: a count of visits in an index has 135 (0.2 µs each)."""


def asked_for() -> Iterator[tuple[str, str]]:
    """A query for each root field that needs no id, and for each field with objects below it."""
    query = SCHEMA._schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        if (root := called(name, field)) is None:
            continue
        yield name, f"{{ {root} {columns(field.type)} }}"
        if not columns(field.type):
            continue
        type_, nodes = listed(field.type)
        for below, inner in type_.fields.items():
            if (part := called(below, inner)) and columns(inner.type):
                yield f"{name}.{below}", f"{{ {root} {nodes % f'{part} {columns(inner.type)}'} }}"


def called(name: str, field: graphql.GraphQLField) -> str | None:
    """The field with its required arguments; None if it needs an id."""
    samples = {"DayRange": '{startsOn: "2023-11-01", endsOn: "2023-11-30"}', "String": '"3号楼"'}
    required = {each: given for each, given in field.args.items() if graphql.is_required_argument(given)}
    needed = {each: graphql.get_named_type(given.type).name for each, given in required.items()}
    if not set(needed.values()) <= set(samples):
        return None
    given = [f"{each}: {samples[type_]}" for each, type_ in needed.items()]
    given += ["first: 20"] if "first" in field.args else []
    return f"{name}({', '.join(given)})" if given else name


def listed(type_: Any) -> tuple[Any, str]:
    """The type of the objects of a field, and the selection around their fields."""
    named = graphql.get_named_type(type_)
    if "nodes" in named.fields:
        return graphql.get_named_type(named.fields["nodes"].type), "{ nodes { %s } }"
    return named, "{ %s }"


def columns(type_: Any) -> str:
    """A selection of the fields without objects; empty for a value."""
    named = graphql.get_named_type(type_)
    if graphql.is_leaf_type(named):
        return ""
    if graphql.is_union_type(named):
        return "{ __typename }"
    if "nodes" in named.fields:
        return f"{{ totalCount nodes {columns(named.fields['nodes'].type)} }}"
    plain = [
        name
        for name, each in named.fields.items()
        if not each.args and graphql.is_leaf_type(graphql.get_named_type(each.type))
    ]
    return f"{{ {' '.join(plain) or '__typename'} }}"


async def test_the_timelines_of_a_page_of_residents_read_their_entries_only(reading: Tunping) -> None:
    query = "{ residents(first: 100) { nodes { timeline(first: 20) { nodes { kind } } } } }"
    assert rows_read(await plan_of(reading, "书记01", query))["journal"] <= 100 * 20


@pytest.mark.long
async def test_the_estimated_cost_bounds_what_postgresql_reads(reading: Tunping) -> None:
    secretary, wrong = await reading.as_("书记01"), {}
    for name, query in asked_for():
        answer = await secretary.ask(query)
        read = sum(rows_read(await plan_of(reading, "书记01", query)).values())
        if read > MOST_ROWS_PER_UNIT * answer.body["extensions"]["cost"]:
            wrong[name] = read, answer.body["extensions"]["cost"]
    assert wrong == {}
