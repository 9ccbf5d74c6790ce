"""What PostgreSQL does for what clients send: how many statements, and how many rows they read."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
import pytest
from graphql import get_operation_ast, parse

from db import documents, pool
from db.database import Database
from db.transaction import Transaction
from rules.access import Role, Viewer
from rules.documents import DocumentKind
from schema.compiler.arguments import Run
from schema.compiler.documents import plan_documents
from schema.compiler.plan import Operation, Plan, fragments_of, plan_query
from schema.engine import plans as plans_module
from schema.engine.execution import coerced_variables
from schema.engine.plans import Plans, Recent, plan_key
from schema.schema import SCHEMA
from seeds.scale import OVERSEER
from tests.client import Tunping, new_id, serving

GRIDS = 5
"""Of the community of the register."""
WORKER, SECRETARY = "规模1网格员01", "规模1书记01"


@pytest.fixture
async def register(register_url: str) -> AsyncIterator[Tunping]:
    """The application over the register: 2,000 homes in five grids, 10,000 appeals and 17,151 visits."""
    async with serving(register_url) as client:
        yield client


async def plan_of(client: Tunping, username: str, query: str) -> Any:
    """The nodes of PostgreSQL's plan for a query, run once."""
    database: Database = client.app.state.database
    row = await client.app.state.owner.fetchrow("select id, role from account where username = $1", username)
    viewer, document = Viewer(row["id"], Role(row["role"])), parse(query)
    node = get_operation_ast(document)
    assert node is not None
    operation = Operation(SCHEMA._schema, node, fragments_of(document))
    plan = plan_query(operation, coerced_variables(operation, {}), viewer.role)
    return await explained(database, plan, Run({}, viewer, datetime.now(UTC)))


async def explained(database: Database, plan: Plan, run: Run) -> Any:
    """The nodes of PostgreSQL's plan, run once."""
    explain = f"explain (analyze, format json) {plan.sql}"
    told = await database.fetchval(explain, *plan.parameters(run), by_place=plan.by_place)
    return orjson.loads(told)[0]["Plan"]


def nodes(plan: Any) -> Iterator[Any]:
    """A plan's node and all below it."""
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


def rows_read(plan: Any) -> Counter[str]:
    """How many rows of each table were read, those that a filter threw away as well."""
    read: Counter[str] = Counter()
    for node in nodes(plan):
        if "Relation Name" in node:
            each = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            read[node["Relation Name"]] += round(each * node["Actual Loops"])
    return read


@pytest.mark.parametrize(("username", "grids"), [(WORKER, 1), (SECRETARY, GRIDS), (OVERSEER, GRIDS)])
@pytest.mark.parametrize(
    ("asked", "table"),
    [
        ("appeals(first: 20) { pageInfo { hasNextPage } nodes { body } }", "appeal"),
        ("appeals(first: 20, where: {status: [SUBMITTED]}) { nodes { body } }", "appeal"),
        ("visits(first: 20) { nodes { occurredAt note } }", "visit"),
        ("households(first: 20) { nodes { room } }", "household"),
        ("disputes(first: 20) { nodes { title } }", "dispute"),
    ],
)
async def test_a_page_reads_the_firsts_of_each_grid_and_no_more(
    register: Tunping, username: str, grids: int, asked: str, table: str
) -> None:
    read = rows_read(await plan_of(register, username, f"{{ {asked} }}"))
    assert 0 < read[table] <= 21 * grids


@pytest.mark.parametrize(
    "asked",
    [
        'residents(first: 20, where: {text: "王"}) { nodes { name } }',
        'search(text: "王") { residents(first: 20) { pageInfo { hasNextPage } nodes { name } } }',
    ],
)
async def test_what_a_text_finds_is_read_by_id_and_not_once_for_each_grid(register: Tunping, asked: str) -> None:
    plan = await plan_of(register, SECRETARY, f"{{ {asked} }}")
    assert 0 < rows_read(plan)["resident"] <= 21
    assert not {"ix_resident_grid", "ix_resident_living"} & {each.get("Index Name") for each in nodes(plan)}


async def test_what_hangs_on_a_page_is_read_by_its_key(register: Tunping) -> None:
    query = """{ appeals(first: 20) { nodes { household { room building { number } }
        timeline(first: 5) { nodes { kind } } } } }"""
    read = rows_read(await plan_of(register, SECRETARY, query))
    assert 20 <= read["journal"] <= 20 * 5
    assert read["household"] <= 20
    assert read["building"] <= 20


async def test_the_duties_that_a_phone_keeps_read_each_visit_by_its_key(register: Tunping) -> None:
    owner = register.app.state.owner
    worker = await owner.fetchval("select id from account where username = $1", WORKER)
    grid = await owner.fetchval("select grid_id from assignment where account_id = $1 and grid_id is not null", worker)
    plan = plan_documents(SCHEMA._schema, DocumentKind.DUTIES, Role.GRID_WORKER, "zh")
    run = Run({}, Viewer(worker, Role.GRID_WORKER), datetime.now(UTC), wanted=[grid])
    found = await explained(register.app.state.database, plan, run)
    read = rows_read(found)
    # Only duties of the running period that are fulfilled have a visit. On its first day there may be none.
    assert read["visit"] < read["household"] * 2
    assert {each["Index Name"] for each in nodes(found) if each.get("Relation Name") == "visit"} == {"pk_visit"}


async def test_a_page_of_a_first_copy_lists_no_more_of_a_bucket_than_fits(register: Tunping) -> None:
    most, many = 20, "select bucket from document where kind = 'VISIT' group by bucket having count(*) > 1000"
    buckets = [row["bucket"] for row in await register.app.state.owner.fetch(many)]
    explain = f"explain (analyze, format json) {documents._CHANGED}"
    given: tuple[Any, ...] = (DocumentKind.VISIT, [], 0, 0, buckets, [], UUID(int=0), most)
    plan = orjson.loads(await register.app.state.database.fetchval(explain, *given))[0]["Plan"]
    assert 0 < rows_read(plan)["document"] <= most * len(buckets)


async def test_weeks_and_grids_are_counted_in_the_index(register: Tunping) -> None:
    ends = datetime.now(UTC)
    span = f'{{startsAt: "{(ends - timedelta(200)).isoformat()}", endsAt: "{ends.isoformat()}"}}'
    counts = "countsBy(dimensions: [WEEK, GRID]) { count week }"
    plan = await plan_of(register, SECRETARY, f"{{ appeals(where: {{openedBetween: {span}}}) {{ {counts} }} }}")
    reads = [each for each in nodes(plan) if each.get("Relation Name") == "appeal"]
    assert {(each["Node Type"], each["Index Name"]) for each in reads} == {("Index Only Scan", "ix_appeal_grid")}
    assert "width_bucket" not in str(plan)


@pytest.mark.parametrize("after", [False, True])
async def test_a_later_page_costs_what_the_first_one_does(register: Tunping, *, after: bool) -> None:
    secretary = await register.as_(SECRETARY)
    cursor = None
    for _ in range(10 if after else 0):
        page = await secretary.ask(
            "query($after: String) { appeals(first: 100, after: $after) { pageInfo { endCursor } } }", after=cursor
        )
        cursor = page.data["appeals"]["pageInfo"]["endCursor"]
    place = f', after: "{cursor}"' if cursor else ""
    read = rows_read(await plan_of(register, SECRETARY, f"{{ appeals(first: 20{place}) {{ nodes {{ body }} }} }}"))
    assert 20 <= read["appeal"] <= 20 * GRIDS


async def test_a_count_reads_an_index_and_no_rows(register: Tunping) -> None:
    plan = await plan_of(register, SECRETARY, "{ appeals(first: 1) { totalCount } }")
    reading = [node for node in nodes(plan) if node.get("Relation Name") == "appeal"]
    assert [(node["Node Type"], node["Heap Fetches"]) for node in reading] == [("Index Only Scan", 0)]
    assert "Filter" not in reading[0], "the second wall compares the grid of each entry"


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of the acts meanwhile."""
    said: list[str] = []

    run, fetch = Transaction._run, Transaction._fetch

    async def ran(transaction: Transaction, command: str) -> str:
        said.append(command)
        return await run(transaction, command)

    async def fetched(transaction: Transaction, text: str, values: Any) -> Any:
        said.append(text)
        return await fetch(transaction, text, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transaction, "_run", ran)
        patch.setattr(Transaction, "_fetch", fetched)
        yield said


async def recorded(worker: Tunping, reached: int) -> list[str]:
    """The statements that record a visit to so many residents."""
    query = "{ households(first: 100) { nodes { id residents { id } } } }"
    homes = (await worker.ask(query)).data["households"]["nodes"]
    home = next(each for each in homes if len(each["residents"]) >= reached)
    visit = {"id": new_id("visit"), "household": home["id"], "mode": "PHONE"}
    visit |= {
        "occurredAt": datetime.now(UTC).isoformat(),
        "residents": [each["id"] for each in home["residents"][:reached]],
    }
    with counted() as said:
        assert (await worker.do("recordVisit", visit, "visit { id }"))["errors"] == []
    return said


async def test_a_visit_takes_as_many_statements_for_four_as_for_one(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    assert len(await recorded(worker, 0)) == 5
    assert len(await recorded(worker, 1)) == len(await recorded(worker, 3)) == 9


async def test_a_plan_is_kept_for_its_document_role_and_shape_and_the_oldest_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plans_module, "KEPT_PLANS", 2 * 11)
    plans, made = Plans(), list[str]()
    for text in ("a", "b", "a", "c", "a", "b"):
        assert (await planned(plans, text, made)).text == text
    assert made == ["a", "b", "c", "b"]


async def planned(plans: Plans, text: str, made: list[str]) -> Any:
    def make() -> Any:
        made.append(text)
        return SimpleNamespace(text=text, size=10)

    return await plans.get_or_make(plan_key(text, None, Role.SECRETARY, {}), make)


async def test_after_a_long_document_new_ones_wait_and_known_ones_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    plans, made = Plans(), list[str]()
    await planned(plans, "known", made)
    hours = count(step=3600)
    monkeypatch.setattr(plans_module, "time", SimpleNamespace(thread_time=lambda: next(hours)))
    await planned(plans, "long", made)
    waiting = asyncio.ensure_future(planned(plans, "new", made))
    await planned(plans, "known", made)
    assert made == ["known", "long"]
    waiting.cancel()


def test_a_cache_counts_lengths_and_keeps_the_latest_item_however_long() -> None:
    recent: Recent[str] = Recent(10)
    for key, size in (("a", 4), ("b", 6), ("b", 5)):
        recent.put(key, key, size)
    assert (recent.get("a"), recent.get("b"), recent.size) == ("a", "b", 9)
    recent.put("c", "c", 1_000)
    assert (recent.get("a"), recent.get("b"), recent.get("c"), recent.size) == (None, None, "c", 1_000)


async def test_a_connection_keeps_prepared_statements_by_their_length(
    fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_PREPARED", 1_000)
    kept = "select coalesce(sum(length(statement)), 0) from pg_prepared_statements"
    opened = await Database.open(fresh_url, 1)
    try:
        for number in range(100):
            assert await opened.fetchval(f"select {number} /* {'x' * 90} */") == number
        assert 900 <= await opened.fetchval(kept) <= 1_200
        assert await opened.fetchval(f"select 'long' /* {'x' * 100_000} */") == "long"
        assert await opened.fetchval("select 1") == 1
        assert await opened.fetchval(kept) <= 1_200
    finally:
        await opened.close()
