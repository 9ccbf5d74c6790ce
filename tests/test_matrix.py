"""Every role by everything that the schema offers: its own, another's, and what does not exist.

Which cells are open is declared in rules/access.py, and which rows are whose in tests/oracle/sight.py.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLObjectType, is_leaf_type

from rules.access import ACTS, Role, may_read
from schema.schema import SCHEMA
from tests.oracle.acts import Doer, Inputs, Slot, digest, mutations, nothing, slots
from tests.oracle.leaks import Reader, counts
from tests.oracle.marks import Mark, mark
from tests.oracle.reads import asked, readings
from tests.oracle.rows import TABLE_OF_PREFIX, global_id
from tests.oracle.sides import Sides

VIEWERS = (*(role.value.lower() for role in Role), "nobody", "former_staff", "former_building_head")
SHORT = ("partner", "admin")
"""Viewers of the short run: who sees parts of cases, and who sees none."""
TRIES, KEPT = 10, 3
"""Inputs made up for each argument, and how many are kept: with different outcomes, the accepted ones first."""


def _viewers() -> list[Any]:
    return [pytest.param(each, marks=[] if each in SHORT else pytest.mark.long) for each in VIEWERS]


@pytest.fixture(scope="module")
def numbers() -> dict[str, Mark]:
    """The telephones of the marked communities."""
    return {}


@pytest.fixture(scope="module")
def sides(small_copy_url: str, numbers: dict[str, Mark]) -> Iterator[Sides]:
    """The application over two small communities in which every text is marked."""
    numbers |= asyncio.run(mark(small_copy_url))
    opened = Sides.open(small_copy_url)
    yield opened
    opened.close()


def test_the_documents_read_every_field() -> None:
    schema = SCHEMA._schema
    reached = asked(schema, [each.query for each in readings(schema)])
    events = {each.type.name for each in schema.subscription_type.fields.values() if hasattr(each.type, "name")}
    declared = {
        f"{type_.name}.{name}"
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name in type_.fields
    }
    assert len(reached) > 1_000
    print(sorted(declared - reached)[:20], events)


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
    print({k: sorted(x if "." in x else x.split()[0] for x in v)[:12] for k, v in found.items()})
    assert not found


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
