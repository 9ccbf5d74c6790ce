"""Buildings with names of their own, 「A座」 and 「甲3号楼」, beside those with numbers."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.address_match import BuildingSpot, EstateSpot, Index, certain, offered
from rules.buildings import BuildingName, check_building_name
from rules.folding import building_key, folded_building
from rules.refusals import Refusal
from rules.registers import read_row
from tests.client import Tunping, new_id, serving
from tests.test_places import done, own_community, problem
from tests.test_rules_registers import RIGHT, TODAY

ESTATE = EstateSpot(UUID(int=1), "金穗家园")
NAMES = ("3号楼", "甲3号楼", "A座", "B座", "C3号楼", "综合楼")
TOWN = Index([ESTATE], [BuildingSpot(UUID(int=at), ESTATE.id, name, 2) for at, name in enumerate(NAMES, 2)])


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("3", "3号楼"),
        (" ３栋", "3号楼"),
        ("三号楼", "3号楼"),
        ("第12幢", "12号楼"),
        ("3#", "3号楼"),
        ("A座", "A座"),
        ("甲3号楼", "甲3号楼"),
        ("综合楼", "综合楼"),
    ],
)
def test_a_number_in_any_spelling_is_one_name_and_others_stay(said: str, name: str) -> None:
    assert check_building_name(said) == name


@pytest.mark.parametrize("said", ["", "0", "10000号楼", "\u200b", "楼" * 21, "A\u0000座"])
def test_what_no_building_is_called_is_refused(said: str) -> None:
    with pytest.raises(Refusal):
        check_building_name(said, "name")


@pytest.mark.parametrize("said", ["A座", "ａ座", "A栋", "a", " A 幢", "A号楼"])
def test_spellings_of_one_name_are_equal(said: str) -> None:
    assert BuildingName.of(said) == BuildingName.of("A座")


@given(st.text(alphabet="0139AaＢ甲乙 座栋幢号楼#第-东", min_size=1, max_size=8))
def test_the_folded_name_stays_as_it_is(said: str) -> None:
    assert folded_building(folded_building(said)) == folded_building(said)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("A座停水", "金穗家园A座"),
        ("a座2单元501漏水", "金穗家园A座2单元"),
        ("金穗家园 B栋 1单元 没电", "金穗家园B座1单元"),
        ("我住Ａ座", "金穗家园A座"),
        ("甲3号楼2单元暖气不热", "金穗家园甲3号楼2单元"),
        ("甲三号楼暖气不热", "金穗家园甲3号楼"),
        ("C3号楼电梯坏了", "金穗家园C3号楼"),
        ("3号楼2单元暖气不热", "金穗家园3号楼2单元"),
    ],
)
def test_a_text_names_such_a_building(text: str, label: str) -> None:
    found = certain(text, TOWN)
    assert found is not None
    assert found.label == label


@pytest.mark.parametrize("text", ["A座和B座都停水", "A、B座停水", "不是A座", "A座对面", "乙3号楼停水", "D座停水"])
def test_a_text_that_names_two_or_none_is_not_certain(text: str) -> None:
    assert certain(text, TOWN) is None


def test_of_two_both_are_offered() -> None:
    assert [spot.label for spot in offered("A座和B座都停水", TOWN)] == ["金穗家园A座", "金穗家园B座"]


@pytest.mark.parametrize(
    ("cells", "readings"),
    [
        ({"楼栋": "A座"}, [(None, "A座")]),
        ({"楼栋": "金穗家园A座"}, [("金穗家园", "A座"), (None, "金穗家园A座")]),
        ({"楼栋": "甲3号楼"}, [("甲", "3号楼"), (None, "甲3号楼")]),
        ({"楼栋": "甲3号楼", "小区": "金穗家园"}, [("金穗家园", "甲3号楼")]),
        ({"楼栋": "金穗家园3号楼", "小区": "金穗家园"}, [("金穗家园", "3号楼"), ("金穗家园", "金穗家园3号楼")]),
        ({"楼栋": "综合楼"}, [(None, "综合楼")]),
    ],
)
def test_a_cell_is_read_with_and_without_an_estate(
    cells: dict[str, Any], readings: list[tuple[str | None, str]]
) -> None:
    entry, problems = read_row(2, RIGHT | cells, TODAY)
    assert entry is not None
    assert problems == []
    found = [entry.place[:2]] + ([entry.whole] if entry.whole else [])
    assert found == [(estate, BuildingName.of(name)) for estate, name in readings]


@pytest.fixture
async def tunping(copy_url: str) -> AsyncIterator[Tunping]:
    async with serving(copy_url) as served:
        yield served


async def test_the_database_folds_names_as_the_rules_do(copy_url: str) -> None:
    names = [*NAMES, "ａ 幢", "0３号楼", "Ａ-1 座", "楼", "号楼", "东楼#", "Ж座", "第3号楼"]
    connection = await asyncpg.connect(copy_url)
    try:
        query = "select sort_key(folded_building(n)) from unnest($1::text[]) with ordinality t(n, at) order by at"
        found = [row[0] for row in await connection.fetch(query, names)]
    finally:
        await connection.close()
    assert found == [building_key(name) for name in names]


WALK = """query($e: ID!) { buildings(where: {estate: $e}) { nodes { name number address } } }"""
CALLED = "query($e: ID!, $n: String) { buildings(where: {estate: $e, name: $n}) { nodes { name } } }"


@pytest.mark.long
async def test_such_buildings_are_set_up_found_named_in_reports_and_kept_apart(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    estate, grid = new_id("estate"), new_id("grid")
    await done(secretary, "addEstate", id=estate, community=await own_community(secretary), name="双塔园")
    await done(secretary, "addGrid", id=grid, estate=estate, name="第1网格")
    ids = {name: new_id("building") for name in ("A座", "10", "3", "甲3号楼")}
    for name, uuid in ids.items():
        await done(secretary, "addBuilding", id=uuid, grid=grid, name=name, units=2, floors=6)
    again = {"id": new_id("building"), "grid": grid, "name": "ａ栋", "units": 1, "floors": 1}
    assert (await problem(secretary, "addBuilding", **again))[1:] == ("填写有误：小区里已有这栋楼。", ["name"])
    found = (await secretary.ask(WALK, e=estate)).data["buildings"]["nodes"]
    assert [(each["name"], each["number"], each["address"]) for each in found] == [
        ("3号楼", 3, "双塔园3号楼"),
        ("10号楼", 10, "双塔园10号楼"),
        ("A座", None, "双塔园A座"),
        ("甲3号楼", None, "双塔园甲3号楼"),
    ]
    assert (await secretary.ask(CALLED, e=estate, n="a栋")).data["buildings"]["nodes"] == [{"name": "A座"}]
    offered = await secretary.ask('{ placeSuggestions(text: "双塔园A座2单元") { label } }')
    assert offered.data["placeSuggestions"] == [{"label": "双塔园A座2单元"}]
    appeal = {"id": new_id("appeal"), "body": "双塔园A座2单元楼道灯不亮"}
    told = await done(secretary, "openAppeal", "appeal { address building { name } }", **appeal)
    assert told["appeal"] == {"address": "双塔园A座2单元", "building": {"name": "A座"}}
    called = await done(secretary, "correctBuilding", "building { name number }", building=ids["A座"], name="11栋")
    assert called["building"] == {"name": "11号楼", "number": 11}


async def test_a_name_that_no_building_can_have_is_refused(reading: Tunping) -> None:
    query = "query ($name: String) { buildings(where: { name: $name }) { totalCount } }"
    answer = await (await reading.as_("书记01")).post({"query": query, "variables": {"name": "a\x00b"}})
    assert answer.code == "INVALID_INPUT"
