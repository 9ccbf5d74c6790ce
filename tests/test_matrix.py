"""Every role by everything that the schema offers: its own, another's, and what does not exist.

Which cells are open is declared in rules/access.py, and which rows are whose in tests/oracle/sight.py.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from itertools import islice
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
from tests.oracle.reads import asked, readings, subscriptions
from tests.oracle.rows import TABLE_OF_PREFIX, global_id
from tests.oracle.sides import Sides
from tests.oracle.sight import Sight

VIEWERS = (*(role.value.lower() for role in Role), "nobody", "former_staff", "former_building_head")
WALLS = (BOTH, FIRST, SECOND)
SHORT, STEP = "partner", 8
"""The viewer of the short run, who sees parts of cases, and of how many documents or arguments it tries one."""
OF_PAYLOADS = {
    "UnderstaffedPost.servesOn",
    "UnderstaffedPost.post",
    "Problem.code",
    "Problem.message",
    "Problem.path",
    "Query.node",
    *(f"ActAnswer.{name}" for name in ("act", "basedOn", "document", "object", "outcome", "problems", "version")),
}
"""What only acts return, and the root that another test asks."""
PATHS = (
    ("dispute", "/papers/agreement/{id}.docx"),
    ("dispute", "/papers/confirmation/{id}.docx"),
    ("building", "/codes/sheet?building={id}"),
    ("photo", "/photos/{uuid}/full?until=4102444800&signature=00"),
)
TRIES, KEPT = 6, 3
"""Inputs made up for each argument, and how many are kept: with different outcomes, the accepted ones first."""


_viewers = pytest.mark.parametrize(
    "viewer", [pytest.param(each, marks=() if each == SHORT else pytest.mark.long) for each in VIEWERS]
)
_sampled = pytest.mark.parametrize(
    ("viewer", "step"), [(SHORT, STEP), *(pytest.param(each, 1, marks=pytest.mark.long) for each in VIEWERS)]
)


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
    opened[FIRST].planned = opened[BOTH].planned
    yield opened
    for each in opened.values():
        sides.runner.run(each.database.close())


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


@pytest.mark.parametrize("wall", [SECOND, pytest.param(FIRST, marks=pytest.mark.long)])
@_sampled
def test_no_answer_shows_what_is_not_the_viewers(
    sides: Sides, doors: dict[str, Guarded], numbers: dict[str, Mark], wall: str, viewer: str, step: int
) -> None:
    """What neither wall shows when it stands alone, both do not show."""
    with doors[wall].standing():
        assert not _leaks(Reader(sides, doors[wall], viewer, numbers), step)


def _leaks(reader: Reader, step: int) -> dict[str, set[str]]:
    """By document: what its answer shows and the viewer may not read."""
    found = {}
    for reading in islice(readings(SCHEMA._schema), 0, None, step):
        ids = []
        if reading.about is not None:
            table = TABLE_OF_PREFIX[reading.about]
            ids = [global_id(row) for row in (*reader.sight.rows(table)[:40], *reader.hidden(table)[:40])]
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
    return found


@_viewers
def test_an_id_opens_what_is_the_viewers_and_nothing_else(
    sides: Sides, doors: dict[str, Guarded], numbers: dict[str, Mark], viewer: str
) -> None:
    for guarded in doors.values():
        with guarded.standing():
            _check_ids(Reader(sides, guarded, viewer, numbers))


def _check_ids(reader: Reader) -> None:
    own = {prefix: reader.own(prefix) for prefix in sorted(TABLE_OF_PREFIX)}
    others, missing = {each: reader.other(each) or nothing(each) for each in own}, {each: nothing(each) for each in own}
    for given in (own, others, missing):
        opened = {prefix for prefix in own if given is own and reader.sight.rows(TABLE_OF_PREFIX[prefix])}
        shown = {prefix: {"id": given[prefix]} if prefix in opened else None for prefix in own}
        assert {each: orjson.loads(reader.told(_NODE, {"id": given[each]}))["node"] for each in own} == shown
        answer = orjson.loads(reader.told(_BY_ID, given))
        assert answer.pop("nodes") == [*shown.values()]
        assert answer == {name: shown[prefix] for name, prefix in _OPENING.items()}


def _opening() -> dict[str, str]:
    """The root fields that take an id, with its prefix."""
    root = SCHEMA._schema.query_type
    assert root is not None
    taking = {name: name.lower() for name, field in root.fields.items() if "id" in field.args}
    return {name: prefix for name, prefix in taking.items() if prefix in TABLE_OF_PREFIX}


_OPENING = _opening()
_NODE = "query($id: ID!) { node(id: $id) { id } }"
_VARIABLES = ", ".join(f"${each}: ID!" for each in sorted(TABLE_OF_PREFIX))
_LISTED = ", ".join(f"${each}" for each in sorted(TABLE_OF_PREFIX))
_ROOT_FIELDS = " ".join(f"{name}(id: ${each}) {{ id }}" for name, each in _OPENING.items())
_BY_ID = f"query({_VARIABLES}) {{ nodes(ids: [{_LISTED}]) {{ id }} {_ROOT_FIELDS} }}"


@_sampled
def test_no_act_tells_apart_what_others_have_and_what_does_not_exist(
    sides: Sides, doors: dict[str, Guarded], small_copy_url: str, viewer: str, step: int
) -> None:
    before = sides.runner.run(digest(small_copy_url, sorted(sides.world)))
    doer = Doer(sides, doors[BOTH], sides.viewers[viewer])
    telling = {
        slot: inputs
        for slot in [slot for name, mutation in mutations().items() for slot in slots(name, mutation)][::step]
        if (inputs := [each for each in _telling(doer, sides.sights[viewer], slot) if each.others(slot)])
    }
    for guarded in doors.values():
        with guarded.standing():
            doer = Doer(sides, guarded, sides.viewers[viewer])
            told = {str(slot): found for slot, inputs in telling.items() if (found := _told_apart(doer, slot, inputs))}
        assert not told, guarded.name
    assert sides.runner.run(digest(small_copy_url, sorted(sides.world))) == before


def _telling(doer: Doer, sight: Sight, slot: Slot) -> list[Inputs]:
    """Inputs with different outcomes for an object of the viewer's own."""
    outcomes = defaultdict(list)
    allowed = doer.viewer.role in ACTS[slot.mutation].roles
    for seed in range(TRIES if allowed else 1):
        inputs = Inputs(sight, seed)
        errors = doer.do(slot, inputs, inputs.own(slot) or nothing(slot.prefix))
        assert allowed or errors, slot
        outcomes[str(errors)].append(inputs)
    return [inputs[0] for _, inputs in sorted(outcomes.items())][:KEPT]


def _told_apart(doer: Doer, slot: Slot, inputs: list[Inputs]) -> list[Any]:
    """The answers for ids of others and of nothing, where they differ."""
    found = []
    for each in inputs:
        calls = [(each, given) for given in (each.others(slot) or "", nothing(slot.prefix))]
        if len({str(errors) for errors in doer.do_all(slot, calls)}) > 1:
            # An act that was done can change the answer to the next one in its request.
            singly = [doer.do(slot, *call) for call in calls]
            found += [singly] if singly[0] != singly[1] else []
    return found


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
