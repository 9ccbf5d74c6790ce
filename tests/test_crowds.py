"""Many who do the same at the same time: one succeeds, the others are refused by name, and nothing fails."""

import asyncio
from collections import Counter

import asyncpg
import pytest

from tests.client import Tunping, new_id
from tests.test_id_numbers import number
from tests.test_people import newcomer, two_doors

SAME_NUMBER, MOVERS, ROUNDS = 15, 11, 20


async def test_of_many_newcomers_with_one_id_number_one_is_registered(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    door = (await two_doors(worker))[0]
    same = {"household": door, "name": "李小燕", "sex": "FEMALE", "idNumber": number("65010319900228002")}
    before = await served.count("resident")
    answers = await asyncio.gather(
        *(worker.do("addResident", {"id": new_id("resident"), **same}) for _ in range(SAME_NUMBER))
    )
    refused = Counter((error["code"], *error["path"]) for answer in answers for error in answer["errors"])
    assert refused == {("INVALID_INPUT", "idNumber"): SAME_NUMBER - 1}
    assert await served.count("resident") == before + 1


@pytest.mark.long
async def test_many_who_move_one_family_are_all_answered(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    family = [(await newcomer(worker))["id"] for _ in range(3)]
    door = (await two_doors(worker))[1]
    moved = {"residents": family, "household": door}
    answers = await asyncio.gather(*(worker.do("moveResidents", moved) for _ in range(MOVERS)))
    assert [each["errors"] for each in answers].count([]) >= 1
    assert {error["code"] for each in answers for error in each["errors"]} <= {"INVALID_INPUT"}
    await _live_at(worker, family, door)


@pytest.mark.long
async def test_two_phones_that_move_one_family_in_opposite_orders_are_all_answered(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    family = [(await newcomer(worker))["id"] for _ in range(4)]
    doors = await two_doors(worker)
    for turn in range(ROUNDS):
        door = doors[(turn + 1) % 2]
        orders = (family, family[::-1])
        answers = await asyncio.gather(
            *(worker.do("moveResidents", {"residents": each, "household": door}) for each in orders)
        )
        codes = sorted(error["code"] for each in answers for error in each["errors"])
        assert codes in ([], ["INVALID_INPUT"])
        await _live_at(worker, family, door)


async def _live_at(worker: Tunping, residents: list[str], household: str) -> None:
    """Asserts that they all live there, each by one residency that goes on."""
    query = """query($id: ID!) { resident(id: $id) { household { id } residencies { household { id } movedOutOn } } }"""
    for each in residents:
        found = (await worker.ask(query, id=each)).data["resident"]
        going_on = [stay["household"]["id"] for stay in found["residencies"] if stay["movedOutOn"] is None]
        assert (found["household"]["id"], going_on) == (household, [household])


@pytest.mark.long
async def test_two_notes_in_one_document_beside_single_notes_are_all_kept(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    appeals = [new_id("appeal") for _ in range(2)]
    for each in appeals:
        assert (await worker.do("openAppeal", {"id": each, "body": "3号楼2单元 暖气不热"}))["errors"] == []
    both = """mutation($one: ID!, $other: ID!) {
        a: addToAppeal(input: {appeal: $one, note: "还是冷"}) { errors { code } }
        b: addToAppeal(input: {appeal: $other, note: "还是冷"}) { errors { code } } }"""
    single = """mutation($one: ID!) { a: addToAppeal(input: {appeal: $one, note: "更冷了"}) { errors { code } } }"""

    async def send(query: str, *targets: str) -> None:
        answer = await worker.ask(query, **dict(zip(("one", "other"), targets, strict=False)))
        assert [each["errors"] for each in answer.data.values()] == [[]] * len(targets)

    for _ in range(ROUNDS):
        await asyncio.gather(
            send(both, *appeals), send(both, *appeals[::-1]), *(send(single, each) for each in appeals)
        )
    query = "query($id: ID!) { appeal(id: $id) { timeline(first: 1) { totalCount } } }"
    for each in appeals:
        assert (await worker.ask(query, id=each)).data["appeal"]["timeline"]["totalCount"] == 1 + 3 * ROUNDS


LOSING = """
create sequence losses;
create function lose() returns trigger language plpgsql security definer as $$
begin
    if nextval('losses') <= {count} then raise exception 'lost' using errcode = '{code}'; end if;
    return new;
end $$;
create trigger lose before insert on journal for each row execute function lose();
"""
FOUND = "drop trigger lose on journal; drop function lose; drop sequence losses"


@pytest.mark.parametrize("code", ["40P01", "40001"], ids=["deadlock", "serialization failure"])
@pytest.mark.parametrize(("losses", "status"), [(2, 200), (3, 503)])
async def test_an_act_that_loses_to_others_is_tried_three_times(
    tunping: Tunping, copy_url: str, code: str, losses: int, status: int
) -> None:
    worker = await tunping.as_("网格员01")
    appeal = {"id": new_id("appeal"), "body": "3号楼2单元 暖气不热"}
    query = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { errors { code } } }"
    admin = await asyncpg.connect(copy_url)
    await admin.execute(LOSING.format(count=losses, code=code))
    try:
        answer = await worker.ask(query, input=appeal)
        tries = await admin.fetchval("select last_value from losses")
    finally:
        await admin.execute(FOUND)
        await admin.close()
    assert (answer.status, tries) == (status, 3)
    if status == 200:
        assert answer.data["openAppeal"]["errors"] == []
        return
    assert (answer.code, answer.headers["retry-after"]) == ("UNAVAILABLE", "1")
    assert (
        await tunping.app.state.owner.fetchval(
            "select count(*) from appeal where id = $1", appeal["id"].removeprefix("appeal_")
        )
        == 0
    )
    assert (await worker.do("openAppeal", appeal))["errors"] == []
