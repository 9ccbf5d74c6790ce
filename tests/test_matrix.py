"""Every role by everything that the schema offers: its own, another's, and what does not exist.

Which cells are open is declared in rules/access.py, and which rows are whose in tests/oracle/sight.py.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import orjson
import pytest
from graphql import GraphQLObjectType

from rules.access import ACTS, Role, may_read
from schema.schema import SCHEMA
from tests.client import Tunping, serving
from tests.oracle.acts import Doer, Inputs, Slot, digest, mutations, nothing, slots
from tests.oracle.leaks import Reader, counts
from tests.oracle.marks import Mark, mark, plan_ahead
from tests.oracle.reads import Reading, asked, readings, subscriptions
from tests.oracle.rows import TABLE_OF_PREFIX, global_id
from tests.oracle.sides import Sides

VIEWERS = (*(role.value.lower() for role in Role), "nobody", "former_staff", "former_building_head")
SHORT = "partner"
"""The viewer of the short run, who sees parts of cases."""
_ROOTS = {"qrcode": ("qrCode",)}
OF_PAYLOADS = {"MissingPost.day", "MissingPost.post", "Problem.code", "Problem.message", "Problem.path", "Query.node"}
"""What only acts return, and the root that another test asks."""
PATHS = (
    ("dispute", "/papers/agreement/{id}.docx"),
    ("dispute", "/papers/confirmation/{id}.docx"),
    ("building", "/codes/sheet?building={id}"),
    ("photo", "/photos/{uuid}/full?until=4102444800&signature=00"),
)
TRIES, KEPT = 6, 3
"""Inputs made up for each argument, and how many are kept: with different outcomes, the accepted ones first."""


def _viewers() -> list[Any]:
    return [pytest.param(each, marks=[] if each == SHORT else pytest.mark.long) for each in VIEWERS]


@pytest.fixture(scope="module")
def numbers() -> dict[str, Mark]:
    """The telephones of the marked communities."""
    return {}


@pytest.fixture(scope="module")
def sides(small_copy_url: str, numbers: dict[str, Mark]) -> Iterator[Sides]:
    """The application over two small communities in which every text is marked."""
    numbers |= asyncio.run(mark(small_copy_url))
    asyncio.run(plan_ahead(small_copy_url))
    opened = Sides.open(small_copy_url)
    yield opened
    opened.close()


def test_the_documents_read_every_field() -> None:
    schema = SCHEMA._schema
    reached = asked(schema, [*(each.query for each in readings(schema)), *subscriptions(schema).values()])
    declared = {
        f"{type_.name}.{name}"
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        if not type_.name.endswith("Payload") and type_.name != "Mutation"
        for name in type_.fields
    }
    assert declared - reached == OF_PAYLOADS


@pytest.mark.parametrize("viewer", _viewers())
def test_no_answer_shows_what_is_not_the_viewers(sides: Sides, numbers: dict[str, Mark], viewer: str) -> None:
    reader, found = Reader(sides, viewer, numbers), {}
    for reading in readings(SCHEMA._schema):
        ids = []
        if reading.about is not None:
            table = TABLE_OF_PREFIX[reading.about]
            ids = [global_id(row) for row in (*sides.sights[viewer].rows(table)[:40], *reader.hidden(table)[:40])]
        answer = reader.ask(reading, ids)
        if leaks := reader.leaks(answer):
            found[reading.name] = leaks
        totals = counts(answer)
        for key, named in reading.filters.items():
            if not may_read(reader.viewer.role, *named.split(".")):
                assert totals[key] == 0
    for name, document in subscriptions(SCHEMA._schema).items():
        if leaks := reader.leaks(reader.events(document)):
            found[name] = leaks
    assert not found


@pytest.mark.parametrize("viewer", _viewers())
def test_an_id_opens_what_is_the_viewers_and_nothing_else(sides: Sides, numbers: dict[str, Mark], viewer: str) -> None:
    reader = Reader(sides, viewer, numbers)
    assert SCHEMA._schema.query_type is not None
    roots = SCHEMA._schema.query_type.fields
    for prefix in sorted(TABLE_OF_PREFIX):
        own, other = reader.own(prefix), reader.other(prefix)
        for given in (own, other, nothing(prefix)):
            if given is None:
                continue
            names = [name for name in (prefix, *_ROOTS.get(prefix, ())) if name in roots and "id" in roots[name].args]
            body = " ".join(f'{name}(id: "{given}") {{ id }}' for name in ("node", *names))
            answer = orjson.loads(reader.ask(Reading(prefix, f'{body} nodes(ids: ["{given}"]) {{ id }}'), []))
            shown = {"id": given} if given == own and reader.sight.rows(TABLE_OF_PREFIX[prefix]) else None
            assert answer == {"nodes": [shown], **dict.fromkeys(("node", *names), shown)}


@pytest.mark.parametrize("viewer", _viewers())
def test_no_act_tells_apart_what_others_have_and_what_does_not_exist(sides: Sides, viewer: str) -> None:
    doer, who = Doer(sides), sides.viewers[viewer]
    before = sides.runner.run(digest(sides.database, sorted(sides.world)))
    told = {}
    for name, mutation in mutations().items():
        for slot in slots(name, mutation):
            for inputs in _telling(doer, slot, viewer):
                other = inputs.others(slot)
                if other is not None:
                    ids = (other, nothing(slot.prefix))
                    answers = [doer.do(name, inputs.make(mutation, slot, each), who) for each in ids]
                    if answers[0] != answers[1]:
                        told[str(slot)] = answers
    assert not told
    assert sides.runner.run(digest(sides.database, sorted(sides.world))) == before


def _telling(doer: Doer, slot: Slot, viewer: str) -> list[Inputs]:
    """Inputs with different outcomes for an object of the viewer's own."""
    outcomes = defaultdict(list)
    who, mutation = doer.sides.viewers[viewer], mutations()[slot.mutation]
    allowed = who.role in ACTS[slot.mutation].roles
    for seed in range(TRIES if allowed else 1):
        inputs = Inputs(doer.sides.sights[viewer], seed)
        own = inputs.own(slot) or nothing(slot.prefix)
        errors = doer.do(slot.mutation, inputs.make(mutation, slot, own), who)
        assert allowed or errors, slot
        outcomes[str(errors)].append(inputs)
    return [inputs[0] for _, inputs in sorted(outcomes.items())][:KEPT]


@pytest.fixture
async def tunping(small_copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the same communities."""
    async with serving(small_copy_url, public_url="https://example.org") as client:
        yield client


@pytest.mark.long
async def test_papers_sheets_and_photos_tell_nothing_of_others(sides: Sides, tunping: Tunping) -> None:
    """The paths are given by the prefix of the id that they have."""
    for viewer in ("legal_counsel", "partner", "admin", "grid_worker", "grid_leader", "building_head", "nobody"):
        reader = Reader(sides, viewer, {})
        account = sides.sights[viewer].anyhow("account", sides.viewers[viewer].account_id)
        client = await tunping.as_(account["username"]) if account else tunping.as_nobody()
        for prefix, path in PATHS:
            other = reader.other(prefix)
            if other is not None:
                paths = _path(path, other), _path(path, nothing(prefix))
                answers = [await client.http.get(each, headers=client.headers) for each in paths]
                assert answers[0].status_code == answers[1].status_code >= 400
                assert _told(answers[0]) == _told(answers[1])


def _path(path: str, given: str) -> str:
    return path.format(id=given, uuid=given.rpartition("_")[2])


def _told(response: httpx.Response) -> Any:
    """The body of a refusal, without the id of the request."""
    return re.sub(r'"requestId":"[^"]*"', "", response.text)
