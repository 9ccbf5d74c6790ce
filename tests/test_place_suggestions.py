"""Places named in a text: bound where it is certain, offered where it is not, by label to who may not look."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Tunping, new_id, serving

ASKED = """query($text: String!, $code: String) {
    placeSuggestions(text: $text, code: $code) { label unit building { number } household { room } } }"""


TWIN = """with twin as (
        insert into building (community_id, estate_id, grid_id, name, units, floors)
        select g.community_id, g.estate_id, g.id, '3号楼', 2, 6 from grid g
        where g.estate_id <> (select estate_id from building where number = 3) order by g.name limit 1
        returning id, grid_id)
    insert into household (building_id, grid_id, unit, floor, room) select id, grid_id, 1, 1, '101' from twin"""


@pytest.fixture(scope="module")
def twins_url(copy_url: str) -> str:
    """The demo, where a second estate has a building 3 with a door 101 as well."""
    asyncio.run(_add_twin(copy_url))
    return copy_url


async def _add_twin(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(TWIN)
    await connection.close()


@pytest.fixture
async def twins(twins_url: str) -> AsyncIterator[Tunping]:
    """The application over both."""
    async with serving(twins_url) as client:
        yield client


@pytest.fixture
async def other(twins: Tunping) -> str:
    """What the second estate is called."""
    name: str = await twins.app.state.owner.fetchval(
        "select e.name from estate e join building b on b.estate_id = e.id where b.number = 3 and e.name <> '金穗家园'"
    )
    return name


async def suggested(client: Tunping, text: str, code: str | None = None) -> list[tuple[Any, ...]]:
    """The label, the unit, the building's number and the room of each place that is offered."""
    found = (await client.ask(ASKED, text=text, code=code)).data["placeSuggestions"]
    return [
        (each["label"], each["unit"], each["building"] and each["building"]["number"], _room(each["household"]))
        for each in found
    ]


def _room(household: Any) -> Any:
    return household and household["room"]


async def open_appeal(client: Tunping, body: str, **more: Any) -> Any:
    """The payload of what is reported."""
    new = {"id": new_id("appeal"), "body": body} | more
    return await client.do("openAppeal", new, "appeal { building { number estate { name } } unit source } receiptCode")


async def test_workers_are_offered_places_with_their_homes(twins: Tunping, other: str) -> None:
    worker = await twins.as_("网格员01")
    assert await suggested(worker, "3号楼1单元101漏水") == sorted(
        [("金穗家园3号楼1单元101", 1, 3, "101"), (f"{other}3号楼1单元101", 1, 3, None)]
    )


async def test_residents_are_offered_labels_alone(twins: Tunping, other: str) -> None:
    nobody = twins.as_nobody()
    offered = [("金穗家园3号楼1单元101", 1, None, None), (f"{other}3号楼1单元101", 1, None, None)]
    assert await suggested(nobody, "3号楼1单元101漏水", DEMO_COUNTER_CODE) == sorted(offered)
    assert await suggested(nobody, "3号楼1单元101漏水") == []
    assert await suggested(nobody, "3号楼1单元101漏水", "NOSUCHCODE") == []


async def test_a_form_may_ask_before_anything_is_written(twins: Tunping) -> None:
    assert await suggested(twins.as_nobody(), " ", DEMO_COUNTER_CODE) == []


async def test_a_text_too_long_is_refused(twins: Tunping) -> None:
    answer = await twins.as_nobody().ask(ASKED, text="3" * 2_001, code=DEMO_COUNTER_CODE)
    assert answer.code == "TOO_LONG"


async def test_a_revoked_code_offers_nothing(twins: Tunping) -> None:
    pool = twins.app.state.owner
    dead = await pool.fetchval("select code from qr_code where revoked_at is not null limit 1")
    live = await pool.fetchval("select code from qr_code where building_id is not null and revoked_at is null limit 1")
    assert await suggested(twins.as_nobody(), "3号楼", dead) == []
    assert len(await suggested(twins.as_nobody(), "", live)) == 1


async def test_one_certain_place_is_bound(twins: Tunping, other: str) -> None:
    nobody = twins.as_nobody()
    made = await open_appeal(nobody, f"{other}3号楼1单元停水", code=DEMO_COUNTER_CODE)
    row = await twins.app.state.owner.fetchrow(
        """select e.name, b.number, a.unit, a.source from appeal a join building b on b.id = a.building_id
        join estate e on e.id = b.estate_id where a.receipt_code = $1""",
        made["receiptCode"],
    )
    assert tuple(row) == (other, 3, 1, "QR_COUNTER")


async def test_what_is_not_certain_is_refused_with_the_places_to_choose_from(twins: Tunping, other: str) -> None:
    before = await twins.count("appeal")
    (problem,) = (await open_appeal(twins.as_nobody(), "3号楼1单元停水", code=DEMO_COUNTER_CODE))["errors"]
    assert (problem["code"], problem["path"]) == ("PLACE_UNCLEAR", ["body"])
    offered = "、".join(sorted([f"{other}3号楼1单元", "金穗家园3号楼1单元"]))
    assert f"（可能是：{offered}）" in problem["message"]
    assert await twins.count("appeal") == before


@pytest.mark.parametrize("body", ["不是5号楼", "5号楼99单元没水", "4号楼和5号楼没水", "幸福小区5号楼没水"])
async def test_no_guess_is_made_in_silence(twins: Tunping, body: str) -> None:
    (problem,) = (await open_appeal(twins.as_nobody(), body, code=DEMO_COUNTER_CODE))["errors"]
    assert problem["code"] == "PLACE_UNCLEAR"


async def test_what_is_told_by_telephone_is_bound_by_its_words(twins: Tunping) -> None:
    worker = await twins.as_("网格员01")
    made = await open_appeal(worker, "来电说二号楼一单元停水", source="PHONE")
    assert made["appeal"] == {"building": {"number": 2, "estate": {"name": "金穗家园"}}, "unit": 1, "source": "PHONE"}


async def test_a_buildings_code_wins_over_what_the_text_names(twins: Tunping) -> None:
    pool = twins.app.state.owner
    code = await pool.fetchval(
        """select code from qr_code q join building b on b.id = q.building_id
        where b.number = 2 and q.revoked_at is null"""
    )
    bound = "select b.number, a.unit from appeal a join building b on b.id = a.building_id where a.receipt_code = $1"
    for body, place in (("6号楼2单元停水", (2, None)), ("1单元停水", (2, 1)), ("二号楼一单元停水", (2, 1))):
        made = await open_appeal(twins.as_nobody(), body, code=code)
        assert tuple(await pool.fetchrow(bound, made["receiptCode"])) == place
