"""Two records of one person: suggested, merged, and parted again without a trace."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest

from tests.client import Tunping, new_id, serving
from tests.runs import first
from tests.test_people import ago

TABLES = (
    "resident",
    "residency",
    "resident_colour",
    "visit_resident",
    "appeal",
    "dispute_party",
    "duty_pause",
    "visit",
)
MERGE = "merge { kept { name phone bornOn colours } merged { mergedInto { name } } undoneAt }"


@pytest.fixture
async def small(small_copy_url: str) -> AsyncIterator[Tunping]:
    """The application over small communities, whose rows are soon compared."""
    async with serving(small_copy_url) as client:
        yield client


async def doors(worker: Tunping) -> list[str]:
    """Some households of the worker's grid."""
    found = await worker.ask("{ households(first: 5) { nodes { id } } }")
    return [each["id"] for each in found.data["households"]["nodes"]]


async def record(worker: Tunping, household: str, **facts: Any) -> str:
    """One more record of a person."""
    new = {"id": new_id("resident"), "household": household, "name": "双重记", "sex": "MALE", "movedInOn": ago(20)}
    assert (await worker.do("addResident", new | facts))["errors"] == []
    return str(new["id"])


async def everything(tunping: Tunping) -> dict[str, Any]:
    """All rows of the tables that a merger may touch."""
    pool = tunping.app.state.owner
    return {name: {str(row) for row in await pool.fetch(f"select * from {name}")} for name in TABLES}


async def visit(worker: Tunping, household: str, *residents: str) -> None:
    """A visit that reached them."""
    made = {"id": new_id("visit"), "household": household, "mode": "HOME_VISIT", "residents": list(residents)}
    made |= {"occurredAt": f"{ago(1)}T10:00:00+08:00"}
    assert (await worker.do("recordVisit", made))["errors"] == []


@pytest.mark.long
async def test_two_records_of_one_person_are_suggested_merged_and_parted(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home, other, *_ = await doors(worker)
    kept = await record(worker, home, phone="13911112222")
    merged = await record(worker, other, phone="13911112222", bornOn="1961-05-06", movedInOn=ago(9))
    await visit(worker, other, merged)
    query = "{ duplicateSuggestions { nodes { first { id } second { id } why whyLabel } } }"
    pair: dict[str, Any] = {"first": {"id": min(kept, merged)}, "second": {"id": max(kept, merged)}}
    pair |= {"why": "NAME_AND_PHONE", "whyLabel": "姓名和电话相同"}
    assert pair in (await worker.ask(query)).data["duplicateSuggestions"]["nodes"]
    assert (await (await tunping.as_("联户长03")).ask(query)).data["duplicateSuggestions"]["nodes"] == []
    orange = {"resident": merged, "colour": "ORANGE", "reason": "困难"}
    assert (await worker.do("setColour", orange))["errors"] == []
    before = await everything(tunping)
    merge = {"id": new_id("merge"), "keep": kept, "merge": merged}
    made = await worker.do("mergeResidents", merge, MERGE)
    assert made["merge"] == {
        "kept": {"name": "双重记", "phone": "13911112222", "bornOn": "1961-05-06", "colours": ["ORANGE"]},
        "merged": {"mergedInto": {"name": "双重记"}},
        "undoneAt": None,
    }
    assert await worker.do("mergeResidents", merge, MERGE) == made
    told = await worker.ask(
        "query($id: ID!) { resident(id: $id) { visits { totalCount } timeline { nodes { kind } } } }", id=kept
    )
    assert told.data["resident"]["visits"]["totalCount"] == 1
    kinds = [each["kind"] for each in told.data["resident"]["timeline"]["nodes"]]
    assert kinds == ["RESIDENT_ADDED", "RESIDENT_ADDED", "COLOUR_SET", "RESIDENTS_MERGED"]
    assert pair not in (await worker.ask(query)).data["duplicateSuggestions"]["nodes"]
    undone = {"merge": merge["id"], "act": new_id("act")}
    assert (await worker.do("undoMerge", undone))["errors"] == []
    assert (await worker.do("undoMerge", undone))["errors"] == []
    assert await everything(tunping) == before
    assert await worker.refused("undoMerge", {"merge": merge["id"]}) == "WRONG_STATE"


async def test_what_cannot_be_merged_is_refused(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home, *_ = await doors(worker)
    first, second, third = [await record(worker, home, name="三重记") for _ in range(3)]
    merge = {"id": new_id("merge"), "keep": first, "merge": second}
    assert await worker.refused("mergeResidents", merge | {"merge": first}) == "INVALID_INPUT"
    elsewhere = (await (await tunping.as_("网格员14")).do("mergeResidents", merge))["errors"]
    assert {each["code"] for each in elsewhere} == {"NOT_FOUND"}
    assert await (await tunping.as_("联户长03")).refused("mergeResidents", merge) == "NOT_ALLOWED"
    assert (await worker.do("mergeResidents", merge))["errors"] == []
    again = {"id": new_id("merge"), "keep": first, "merge": second}
    assert await worker.refused("mergeResidents", again) == "INVALID_INPUT"
    # The second record means the first one, into which it was merged.
    later = {"id": new_id("merge"), "keep": third, "merge": second}
    assert (await worker.do("mergeResidents", later))["errors"] == []
    assert await worker.refused("undoMerge", {"merge": merge["id"]}) == "INVALID_INPUT"
    assert (await worker.do("undoMerge", {"merge": later["id"]}))["errors"] == []
    assert (await worker.do("undoMerge", {"merge": merge["id"]}))["errors"] == []


@pytest.mark.long
@pytest.mark.parametrize("seed", first(4, range(12)))
async def test_whatever_is_merged_is_parted_without_a_trace(small: Tunping, seed: int) -> None:
    random = Random(seed)  # noqa: S311  a case that fails must come again
    worker = await small.as_("网格员01")
    homes = await doors(worker)
    pair = [await _lived(random, worker, homes, f"随机{seed}") for _ in range(2)]
    if random.random() < 0.5:
        shared = homes[-1]
        for each in pair:
            await worker.do("moveResidents", {"residents": [each], "household": shared})
        await visit(worker, shared, *pair)
    before = await everything(small)
    merge = {"id": new_id("merge"), "keep": pair[0], "merge": pair[1]}
    assert (await worker.do("mergeResidents", merge))["errors"] == []
    merged = await everything(small)
    assert merged != before
    assert (await worker.do("undoMerge", {"merge": merge["id"]}))["errors"] == []
    assert await everything(small) == before


async def _lived(random: Random, worker: Tunping, homes: list[str], name: str) -> str:
    """Somebody who has moved, was visited, has colours, appeals and a pause, or not."""
    facts = {"bornOn": "1950-01-01"} if random.random() < 0.5 else {"phone": "13900009999"}
    home = random.choice(homes[:-1])
    resident = await record(worker, home, name=name, movedInOn=ago(random.randint(10, 40)), **facts)
    for _ in range(random.randint(0, 2)):
        await visit(worker, home, resident)
    for colour in random.sample(["RED", "ORANGE", "BLUE"], random.randint(0, 3)):
        await worker.do("setColour", {"resident": resident, "colour": colour, "reason": "因故"})
    if random.random() < 0.4:
        await worker.do("removeColour", {"resident": resident, "colour": "RED"})
    appeal = {"id": new_id("appeal"), "household": home, "resident": resident, "body": "灯不亮"}
    assert (await worker.do("openAppeal", appeal))["errors"] == []
    if random.random() < 0.5:
        pause = {"id": new_id("pause"), "resident": resident, "startsOn": ago(2), "endsOn": ago(0), "reason": "住院"}
        assert (await worker.do("pauseDuty", pause))["errors"] == []
    if random.random() < 0.5:
        await worker.do("moveOut", {"residents": [resident], "on": ago(random.randint(0, 9))})
    return resident
