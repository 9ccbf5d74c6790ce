"""All problems of an input are told at once, each with its own path."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import graphql
import pytest

from rules.access import Role
from rules.gathering import field_check, gathering, noting, refusals_under, refuse_noted
from rules.refusals import Refusal, invalid, together
from tests.client import Tunping, new_id, serving
from tests.generated_calls import ONE_OF
from tests.test_null import sample
from tests.test_retry_ids import KEYS, ROLES, TYPES, as_json, one_of_each_role

CODES = {"code", "receiptCode", "photo"}
LONG = "字" * 2_001
EXCLUSIVE = {"pushToDevice": "A subscription and a token exclude each other, which is told alone."}
"""Mutations whose texts cannot all be given, and why."""
ASKED_FIRST = {
    "correctCommunity": "Whether PostgreSQL knows a time zone is asked before the community is locked.",
    "revealIdNumber": "A reason that is refused does not count against the rate of reveals.",
}
"""Mutations that do not tell of an unknown id, and why."""


@pytest.fixture
async def tunping(small_copy_url: str) -> AsyncIterator[Tunping]:
    """The application over small communities."""
    async with serving(small_copy_url, token_seconds=10**6) as client:
        yield client


def is_text(field: graphql.GraphQLInputField) -> bool:
    return graphql.get_nullable_type(field.type) == graphql.GraphQLString


def faulty(type_: graphql.GraphQLInputObjectType) -> dict[str, Any]:
    """An input whose texts are all too long, and whose ids are unknown."""
    found: dict[str, Any] = {}
    group = [name for name in ONE_OF.get(type_.name, ()) if is_text(type_.fields[name])]
    for name, field in type_.fields.items():
        if name in group[1:]:
            continue
        if is_text(field) and name not in CODES:
            found[name] = LONG
        elif graphql.is_non_null_type(field.type):
            found[name] = sample(field.type, field.extensions["strawberry-definition"].metadata.get("prefix"))
    return found


def ids_of(name: str) -> list[str]:
    """The fields that have to name an object."""
    needed = [each for each, field in TYPES[name].fields.items() if graphql.is_non_null_type(field.type)]
    named = [
        each for each in needed if TYPES[name].fields[each].extensions["strawberry-definition"].metadata.get("prefix")
    ]
    return [each for each in named if each != KEYS[name]]


@pytest.mark.long
@pytest.mark.parametrize("share", range(2))
async def test_every_text_that_is_wrong_is_told_beside_an_unknown_id(tunping: Tunping, share: int) -> None:
    callers = await one_of_each_role(tunping)
    for name, type_ in [each for each in TYPES.items() if each[0] not in EXCLUSIVE][share::2]:
        given = faulty(type_)
        if texts := {each for each in given if given[each] == LONG}:
            role = Role.SECRETARY if Role.SECRETARY in ROLES[name] else next(each for each in ROLES[name] if each)
            problems = (await callers[role].do(name, as_json(given)))["errors"]
            told = {each["path"][0] for each in problems if each["path"]}
            assert (name, texts - told) == (name, set())
            assert len(problems) > len(texts) or not ids_of(name) or name in ASKED_FIRST, (name, problems)


async def test_each_of_four_faults_of_a_visit_has_its_own_path(tunping: Tunping) -> None:
    worker = (await one_of_each_role(tunping))[Role.GRID_WORKER]
    given = {"household": new_id("household"), "mode": "HOME_VISIT", "occurredAt": "2999-01-01T00:00:00Z"}
    given |= {"id": new_id("visit"), "note": LONG, "spokeWith": LONG}
    problems = (await worker.do("recordVisit", given))["errors"]
    assert [(each["code"], each["path"]) for each in problems] == [
        ("IN_FUTURE", ["occurredAt"]),
        ("TOO_LONG", ["note"]),
        ("TOO_LONG", ["spokeWith"]),
        ("NOT_FOUND", ["household"]),
    ]


async def test_what_is_wrong_with_each_case_of_a_visit_is_told(tunping: Tunping) -> None:
    worker = (await one_of_each_role(tunping))[Role.GRID_LEADER]
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    now = tunping.app.state.now().isoformat()
    given = {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "occurredAt": now, "spokeWith": "邻居"}
    wrong = [{"id": new_id("appeal"), "kind": "HELP", "body": body} for body in (LONG, "灯不亮", " ")]
    before = {table: await tunping.count(table) for table in ("visit", "appeal", "journal")}
    problems = (await worker.do("recordVisit", given | {"appeals": wrong}))["errors"]
    assert [(each["code"], each["path"]) for each in problems] == [
        ("TOO_LONG", ["appeals", "0", "body"]),
        ("INVALID_INPUT", ["appeals", "2", "body"]),
    ]
    assert {table: await tunping.count(table) for table in before} == before


async def test_each_unknown_id_of_a_list_is_told(tunping: Tunping) -> None:
    secretary = (await one_of_each_role(tunping))[Role.SECRETARY]
    given = {"id": new_id("account"), "username": " ", "name": "甲", "role": "GRID_WORKER", "phone": "电话"}
    problems = (await secretary.do("addAccount", given | {"grids": [new_id("grid"), new_id("grid")]}))["errors"]
    paths = [each["path"] for each in problems]
    assert paths == [["username"], ["phone"], ["grids", "0"], ["grids", "1"]]


def named_in(type_: graphql.GraphQLInputObjectType) -> list[str]:
    """The fields of an input that name existing objects; of those that exclude each other the first."""
    others = ONE_OF.get(type_.name, ())[1:]
    found = {name: field.extensions["strawberry-definition"].metadata for name, field in type_.fields.items()}
    return [
        name for name, facts in found.items() if facts.get("prefix") and not facts.get("new") and name not in others
    ]


@pytest.mark.parametrize("share", range(2))
async def test_all_unknown_ids_of_an_input_are_told_together(tunping: Tunping, share: int) -> None:
    callers = await one_of_each_role(tunping)
    tried = 0
    for name, type_ in [each for each in TYPES.items() if len(named_in(each[1])) > 1][share::2]:
        declared = {each: type_.fields[each].extensions["strawberry-definition"].metadata for each in type_.fields}
        needed = [each for each, field in type_.fields.items() if graphql.is_non_null_type(field.type)]
        given = {
            each: sample(type_.fields[each].type, declared[each].get("prefix")) for each in {*needed, *named_in(type_)}
        }
        role = Role.SECRETARY if Role.SECRETARY in ROLES[name] else next(each for each in ROLES[name] if each)
        problems = (await callers[role].do(name, as_json(given)))["errors"]
        told = {each["path"][0] for each in problems if each["code"] == "NOT_FOUND"}
        if told:
            assert (name, {*named_in(type_)} - told) == (name, set())
            tried += 1
    assert tried > 10


async def test_an_id_that_is_known_is_not_told_beside_an_unknown_one(tunping: Tunping) -> None:
    worker = (await one_of_each_role(tunping))[Role.GRID_LEADER]
    known = (await worker.ask("{ residents(first: 1) { nodes { id } } }")).data["residents"]["nodes"][0]["id"]
    given = {"id": new_id("visit"), "household": new_id("household"), "mode": "HOME_VISIT"}
    given |= {"occurredAt": tunping.app.state.now().isoformat()}
    for residents, more in (([known], []), ([known, new_id("resident")], [["residents", "1"]])):
        problems = (await worker.do("recordVisit", given | {"residents": residents}))["errors"]
        assert {each["code"] for each in problems} == {"NOT_FOUND"}
        assert [each["path"] for each in problems] == [["household"], *more]


@field_check
def positive(value: int, *path: str | int) -> int:
    if value <= 0:
        raise invalid("不是正数", *path)
    return value


def told(refusal: Refusal) -> list[tuple[str | int, ...]]:
    return [each.path for each in (refusal, *refusal.others)]


def test_outside_of_an_act_a_check_refuses_at_once() -> None:
    with pytest.raises(Refusal):
        positive(0, "a")


def gathered(act: Callable[[], None]) -> list[tuple[str | int, ...]]:
    """The paths of all that an act refuses."""
    with pytest.raises(Refusal) as refused, gathering():
        act()
    return told(refused.value)


def test_an_act_ends_before_it_writes_with_all_that_is_wrong() -> None:
    def act() -> None:
        assert [positive(value, name) for name, value in (("a", 0), ("b", 1), ("c", -1))] == [0, 1, -1]
        with refusals_under("d", 3):
            positive(0, "e")
            refuse_noted()
        pytest.fail("it goes on")

    assert gathered(act) == [("a",), ("c",), ("d", 3, "e")]


def test_a_refusal_that_ends_an_act_comes_last_and_once_for_a_path() -> None:
    def act() -> None:
        positive(0, "a")
        with noting("d"):
            raise invalid("无效", "e")
        with refusals_under("d"):
            raise together([invalid("无效", "e"), invalid("无效", "f")])

    assert gathered(act) == [("a",), ("d", "e"), ("d", "f")]


def test_an_act_in_an_act_gathers_its_own() -> None:
    def act() -> None:
        positive(0, "a")
        with noting("inner"), gathering():
            positive(0, "b")
        with noting("inner"), gathering():
            refuse_noted()  # What the outer act has noted does not end the inner one.

    assert gathered(act) == [("a",), ("inner", "b")]
