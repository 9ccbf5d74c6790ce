"""Heads of households, relations to them, and tenure: on the register, in sheets, and for whom they are."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import Result

from tests import command
from tests.client import Tunping, new_id
from tests.test_imports import SECRETARY, row, rows_of, written
from tests.test_people import newcomer

HOME = """query($id: ID!) { household(id: $id) { head { id name } tenure tenureLabel
    residents { id relation relationLabel tenure } } }"""


async def empty_door(client: Tunping) -> str:
    """A new household of the worker's grid."""
    worker = await client.as_("网格员01")
    found = (await worker.ask("{ households(first: 1) { nodes { building { id } } } }")).data["households"]["nodes"]
    new = {"id": new_id("household"), "building": found[0]["building"]["id"], "unit": 1, "floor": 1}
    assert (await worker.do("addHousehold", new | {"room": new["id"][-8:]}))["errors"] == []
    return str(new["id"])


async def family(client: Tunping, **head: Any) -> tuple[str, list[str]]:
    """A new household with its head, a spouse and a child; their ids."""
    worker, door = await client.as_("网格员01"), await empty_door(client)
    kinds = ({"relation": "HEAD", "tenure": "TENANT", **head}, {"relation": "SPOUSE"}, {"relation": "DAUGHTER"})
    return door, [(await newcomer(worker, household=door, **each))["id"] for each in kinds]


async def seen(who: Tunping, household: str) -> Any:
    """The household."""
    return (await who.ask(HOME, id=household)).data["household"]


def relations(home: Any) -> dict[str, str | None]:
    return {each["id"]: each["relation"] for each in home["residents"]}


async def test_a_household_has_one_head_to_whom_the_others_are_related(tunping: Tunping) -> None:
    worker, admin = await tunping.as_("网格员01"), await tunping.as_("管理员")
    door, (head, spouse, child) = await family(tunping)
    home = await seen(worker, door)
    assert (home["head"]["id"], home["tenure"], home["tenureLabel"]) == (head, "TENANT", "租住")
    assert {each["id"]: each["relationLabel"] for each in home["residents"]} == {
        head: "本人",
        spouse: "配偶",
        child: "女",
    }
    assert await seen(admin, door) == {"head": None, "tenure": None, "tenureLabel": None, "residents": []}
    second = {"id": new_id("resident"), "household": door, "name": "另一位", "sex": "MALE", "relation": "HEAD"}
    (problem,) = (await worker.do("addResident", second))["errors"]
    assert (problem["code"], problem["path"], "户主" in problem["message"]) == ("INVALID_INPUT", ["relation"], True)
    claim = {"resident": spouse, "relation": "HEAD"}
    assert await worker.refused("correctResident", claim) == "INVALID_INPUT"
    corrected = await worker.do(
        "correctResident",
        {"resident": child, "relation": "OTHER", "tenure": "LODGER"},
        "resident { relation tenureLabel timeline { nodes { note } } }",
    )
    assert (corrected["resident"]["relation"], corrected["resident"]["tenureLabel"]) == ("OTHER", "借住")
    assert corrected["resident"]["timeline"]["nodes"][-1]["note"] == "与户主关系、居住性质"
    assert await worker.refused("correctResident", {"resident": child, "relation": "OTHER"}) == "INVALID_INPUT"
    assert (await worker.do("moveOut", {"residents": [child]}))["errors"] == []
    (problem,) = (await worker.do("correctResident", {"resident": child, "relation": "SON"}))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["relation"])


async def test_a_building_head_learns_the_names_alone(tunping: Tunping) -> None:
    head = await tunping.as_("联户长03")
    asked = """{ households(first: 50) { nodes { head { name relation } tenure residents { name relation tenure }
        residencies(first: 9) { nodes { relation tenure } } } } }"""
    homes = (await head.ask(asked)).data["households"]["nodes"]
    named = [each for each in homes if each["head"]]
    assert named
    told = [each for home in named for each in (home, *home["residents"], *home["residencies"]["nodes"])]
    assert {(each.get("relation"), each["tenure"]) for each in told} == {(None, None)}
    assert {each["head"]["relation"] for each in named} == {None}


async def test_another_head_is_named_by_one_correction_and_the_old_relations_are_open(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    door, (head, spouse, child) = await family(tunping)
    change = {"household": door, "head": spouse, "act": new_id("act")}
    for _ in range(2):
        assert (await worker.do("correctHousehold", change))["errors"] == []
    assert relations(await seen(worker, door)) == {head: None, spouse: "HEAD", child: None}
    timeline = "query($id: ID!) { resident(id: $id) { timeline { nodes { kind note } } } }"
    for each in (head, spouse, child):
        told = (await worker.ask(timeline, id=each)).data["resident"]["timeline"]["nodes"]
        assert told[-1] == {"kind": "RESIDENT_CORRECTED", "note": "与户主关系"}
    assert await worker.refused("correctHousehold", {"household": door, "head": spouse}) == "INVALID_INPUT"
    (stranger,) = (await family(tunping))[1][:1]
    (problem,) = (await worker.do("correctHousehold", {"household": door, "head": stranger}))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["head"])
    missing = {"household": door, "head": new_id("resident")}
    assert await worker.refused("correctHousehold", missing) == "NOT_FOUND"


async def test_of_two_who_name_a_head_at_once_one_is_refused(tunping: Tunping) -> None:
    worker, leader = await tunping.as_("网格员01"), await tunping.as_("网格长01")
    door = await empty_door(tunping)
    people = [(await newcomer(worker, household=door))["id"] for _ in range(2)]
    pairs = zip((worker, leader), people, strict=True)
    changes = (who.do("correctResident", {"resident": each, "relation": "HEAD"}) for who, each in pairs)
    answers = await asyncio.gather(*changes)
    assert sorted(error["code"] for each in answers for error in each["errors"]) == ["INVALID_INPUT"]
    assert sorted(str(each) for each in relations(await seen(worker, door)).values()) == ["HEAD", "None"]


@pytest.mark.long
async def test_who_moves_with_the_head_stays_related_and_who_moves_alone_does_not(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    _, (head, spouse, child) = await family(tunping)
    other, (own, *_) = await family(tunping)
    new = await empty_door(tunping)
    assert (await worker.do("moveResidents", {"residents": [head, spouse], "household": new}))["errors"] == []
    assert relations(await seen(worker, new)) == {head: "HEAD", spouse: "SPOUSE"}
    assert (await worker.do("moveResidents", {"residents": [child], "household": new}))["errors"] == []
    assert relations(await seen(worker, new))[child] is None
    assert (await worker.do("moveResidents", {"residents": [head], "household": other}))["errors"] == []
    home = await seen(worker, other)
    assert (home["head"]["id"], relations(home)[head]) == (own, None)


@pytest.mark.long
async def test_a_merged_record_gives_its_relation_to_the_kept_one_and_gets_it_back(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    door, (head, _, child) = await family(tunping)
    double = (await newcomer(worker, household=door))["id"]
    merge = {"id": new_id("merge"), "keep": double, "merge": head}
    assert (await worker.do("mergeResidents", merge))["errors"] == []
    home = await seen(worker, door)
    assert (home["head"]["id"], home["tenure"], relations(home)[double]) == (double, "TENANT", "HEAD")
    assert (await worker.do("undoMerge", {"merge": merge["id"]}))["errors"] == []
    home = await seen(worker, door)
    assert (home["head"]["id"], relations(home)[double]) == (head, None)
    again = {"id": new_id("merge"), "keep": child, "merge": head}
    assert (await worker.do("mergeResidents", again))["errors"] == []
    assert (await seen(worker, door))["head"] is None, "the kept record is the daughter's"
    assert (await worker.do("correctResident", {"resident": double, "relation": "HEAD"}))["errors"] == []
    assert (await worker.do("undoMerge", {"merge": again["id"]}))["errors"] == []
    home = await seen(worker, door)
    assert (home["head"]["id"], relations(home)[head]) == (double, None), "another head was named meanwhile"


async def test_who_spoke_for_a_household_is_still_known_after_a_merger(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    door, (head, *_) = await family(tunping, name="原户主")
    double = (await newcomer(worker, household=door, name="保留的记录"))["id"]
    sides = [{"role": "APPLICANT", "household": door, "speaker": head}, {"role": "RESPONDENT", "outsiderName": "某"}]
    dispute = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "某", "facts": "某", "parties": sides}
    assert (await worker.do("openDispute", dispute))["errors"] == []
    asked = "query($id: ID!) { dispute(id: $id) { parties { speakerName } } }"

    async def spoke() -> Any:
        return (await worker.ask(asked, id=dispute["id"])).data["dispute"]["parties"][0]["speakerName"]

    merge = {"id": new_id("merge"), "keep": double, "merge": head}
    assert (await worker.do("mergeResidents", merge))["errors"] == []
    assert await spoke() == "保留的记录"
    assert (await worker.do("undoMerge", {"merge": merge["id"]}))["errors"] == []
    assert await spoke() == "原户主"


async def test_in_the_demo_every_home_in_which_somebody_lives_has_a_head(reading: Tunping) -> None:
    worker = await reading.as_("网格员03")
    homes: list[Any] = []
    asked = """query($after: String) { households(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
        nodes { head { id } tenure residents { relation tenure } } } }"""
    page: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:
        page = (await worker.ask(asked, after=page["pageInfo"]["endCursor"])).data["households"]
        homes += page["nodes"]
    lived_in = [each for each in homes if each["residents"]]
    assert all(each["head"] and each["tenure"] for each in lived_in)
    assert all(each["relation"] and each["tenure"] for home in lived_in for each in home["residents"])
    assert {each["tenure"] for each in lived_in} == {"OWNER", "TENANT"}


@pytest.fixture
def tunping_command(small_copy_url: str) -> Callable[..., Result]:
    """The command line over the module's copy of the small communities."""
    return lambda *arguments: command.tunping(small_copy_url, *arguments)


@pytest.mark.long
def test_a_sheet_has_relations_and_tenure_and_one_head_for_each_home(
    tunping_command: Callable[..., Result], small_copy_url: str, tmp_path: Path
) -> None:
    def load(*rows: dict[str, Any]) -> Result:
        return tunping_command("import", "residents", written(tmp_path / "名册.xlsx", *rows), *SECRETARY)

    (free,) = rows_of(
        small_copy_url,
        """select b.number, h.unit, h.room, e.name from household h join building b on b.id = h.building_id
        join estate e on e.id = b.estate_id where not exists (select from resident r where r.household_id = h.id)
        and b.community_id = (select community_id from account where username = '书记01') limit 1""",
    )
    home = dict(zip(("楼栋", "单元", "房号", "小区"), free, strict=True))
    first = row(**home, 姓名="户主甲", 与户主关系="户主", 居住性质="租赁")
    second = row(**home, 姓名="妻子乙", 性别="女", 与户主关系="妻", 居住性质="租住")
    both = load(first, second | {"与户主关系": "本人"})
    assert "第3行 与户主关系：第2行已是这一户的户主" in both.stderr
    assert "第2行 与户主关系：应为本人、配偶" in load(first | {"与户主关系": "邻居"}).stderr
    assert "第2行 居住性质：应为自有、租住、借住之一" in load(first | {"居住性质": "占用"}).stderr
    assert "新增 2" in load(first, second).stdout
    assert "未变 2" in load(first, second | {"居住性质": None}).stdout
    taken = load(row(**home, 姓名="第三人", 与户主关系="本人"))
    assert "第2行 与户主关系：登记中这一户已有另一位户主" in taken.stderr
    assert "更正 2" in load(first | {"与户主关系": "配偶"}, second | {"与户主关系": "本人"}).stdout
    stays = """select s.relation, s.tenure from residency s join resident r on r.id = s.resident_id
        where r.name in ('户主甲', '妻子乙') order by r.name"""
    assert rows_of(small_copy_url, stays) == [("HEAD", "TENANT"), ("SPOUSE", "TENANT")]
    file = tmp_path / "导出.xlsx"
    assert tunping_command("export", "residents", file, *SECRETARY).exit_code == 0
    sheet: Any = openpyxl.load_workbook(file).active
    heads, *lines = sheet.iter_rows(values_only=True)
    told = [dict(zip(heads, line, strict=True)) for line in lines]
    assert {
        each["姓名"]: (each["与户主关系"], each["居住性质"]) for each in told if each["姓名"] in {"户主甲", "妻子乙"}
    } == {
        "户主甲": ("配偶", "租住"),
        "妻子乙": ("本人", "租住"),
    }
