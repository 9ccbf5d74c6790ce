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
from tests.oracle.guarded import BOTH, FIRST, SECOND, Guarded
from tests.oracle.leaks import Reader, counts
from tests.oracle.marks import Mark, mark, plan_ahead
from tests.oracle.reads import Reading, asked, readings, subscriptions
from tests.oracle.rows import TABLE_OF_PREFIX, global_id
from tests.oracle.sides import Sides

VIEWERS = (*(role.value.lower() for role in Role), "nobody", "former_staff", "former_building_head")
WALLS = (BOTH, FIRST, SECOND)
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


def _cells(*walls: str) -> pytest.MarkDecorator:
    """Every viewer by the walls that stand. The first of them is in the short run."""
    cells = [(walls_, viewer) for walls_ in walls for viewer in VIEWERS]
    parameters = [pytest.param(*each, marks=() if each == (walls[0], SHORT) else pytest.mark.long) for each in cells]
    return pytest.mark.parametrize(("guarded", "viewer"), parameters, indirect=["guarded"])


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


@pytest.fixture(scope="module")
def doors(sides: Sides, small_copy_url: str) -> Iterator[dict[str, Guarded]]:
    """The database behind both walls, and behind each of them alone."""
    opened = {name: sides.runner.run(Guarded.open(small_copy_url, name)) for name in WALLS}
    yield opened
    for each in opened.values():
        sides.runner.run(each.database.close())


@pytest.fixture
def guarded(doors: dict[str, Guarded], request: pytest.FixtureRequest) -> Iterator[Guarded]:
    """The database behind the walls that the parameter names, while they stand."""
    found = doors[request.param]
    with found.standing():
        yield found


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


@_cells(SECOND, FIRST, BOTH)
def test_no_answer_shows_what_is_not_the_viewers(
    sides: Sides, guarded: Guarded, numbers: dict[str, Mark], viewer: str
) -> None:
    reader, found = Reader(sides, guarded, viewer, numbers), {}
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


@_cells(BOTH, FIRST, SECOND)
def test_an_id_opens_what_is_the_viewers_and_nothing_else(
    sides: Sides, guarded: Guarded, numbers: dict[str, Mark], viewer: str
) -> None:
    reader = Reader(sides, guarded, viewer, numbers)
    own = {prefix: reader.own(prefix) for prefix in sorted(TABLE_OF_PREFIX)}
    for given in (own, {prefix: reader.other(prefix) or nothing(prefix) for prefix in own}, {prefix: nothing(prefix) for prefix in own}):
        answer = orjson.loads(reader.told(_BY_ID, given))
        for prefix, each in given.items():
            sees = given is own and reader.sight.rows(TABLE_OF_PREFIX[prefix])
            shown = {"id": each} if sees else None
            told = {key: value for key, value in answer.items() if key.partition("__")[0] == prefix}
            assert told == {key: [shown] if key.endswith("__nodes") else shown for key in told}


def _by_id() -> str:
    """A query that asks for an object of each type in all ways that there are."""
    root = SCHEMA._schema.query_type
    assert root is not None
    asked = []
    for prefix in sorted(TABLE_OF_PREFIX):
        asked += [f"{prefix}__node: node(id: ${prefix}) {{ id }}", f"{prefix}__nodes: nodes(ids: [${prefix}]) {{ id }}"]
        names = [name for name in (prefix, *_ROOTS.get(prefix, ())) if "id" in getattr(root.fields.get(name), "args", ())]
        asked += [f"{prefix}__{name}: {name}(id: ${prefix}) {{ id }}" for name in names]
    return f"query({', '.join(f'${prefix}: ID!' for prefix in sorted(TABLE_OF_PREFIX))}) {{ {' '.join(asked)} }}"


_BY_ID = _by_id()


@_cells(BOTH, FIRST, SECOND)
def test_no_act_tells_apart_what_others_have_and_what_does_not_exist(
    sides: Sides, guarded: Guarded, small_copy_url: str, viewer: str
) -> None:
    doer, who = Doer(sides, guarded), sides.viewers[viewer]
    before = sides.runner.run(digest(small_copy_url, sorted(sides.world)))
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
    assert sides.runner.run(digest(small_copy_url, sorted(sides.world))) == before


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
async def test_papers_sheets_and_photos_tell_nothing_of_others(
    sides: Sides, doors: dict[str, Guarded], tunping: Tunping
) -> None:
    """The paths are given by the prefix of the id that they have."""
    for viewer in ("legal_counsel", "partner", "admin", "grid_worker", "grid_leader", "building_head", "nobody"):
        reader = Reader(sides, doors[BOTH], viewer, {})
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
