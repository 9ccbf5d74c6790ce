"""A secretary sets up the own community by mutations, an administrator any; everybody else nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.client import Tunping, new_id, serving


@pytest.fixture
async def tunping(small_copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the small communities."""
    async with serving(small_copy_url) as client:
        yield client


async def own_community(client: Tunping) -> str:
    found = await client.ask("{ communities(first: 1) { nodes { id } } }")
    community: str = found.data["communities"]["nodes"][0]["id"]
    return community


async def done(client: Tunping, mutation: str, wanted: str = "", **given: Any) -> Any:
    """Runs a mutation that must not be refused."""
    payload = await client.do(mutation, given, wanted)
    assert payload["errors"] == [], (mutation, payload)
    return payload


async def problem(client: Tunping, mutation: str, **given: Any) -> tuple[str, str, list[str]]:
    """The refusal of a mutation: its code, message and path."""
    (found,) = (await client.do(mutation, given))["errors"]
    return found["code"], found["message"], found["path"]


async def estate_with_building(client: Tunping, community: str, name: str) -> dict[str, str]:
    """A new estate with a grid and a building of two units and six floors."""
    ids = {each: new_id(each) for each in ("estate", "grid", "building")}
    await done(client, "addEstate", id=ids["estate"], community=community, name=name)
    await done(client, "addGrid", id=ids["grid"], estate=ids["estate"], name="第1网格")
    built: dict[str, Any] = {"grid": ids["grid"], "name": "7", "units": 2, "floors": 6}
    await done(client, "addBuilding", id=ids["building"], **built)
    return ids


WHOLE = """query($id: ID!) { node(id: $id) { ... on Estate {
    name partyBranch { name phone } grids { nodes { name } } buildings { nodes { name units floors } }
} } }"""


@pytest.mark.parametrize("who", ["书记01", "管理员"])
async def test_an_estate_is_set_up_and_read_by_those_who_keep_places(tunping: Tunping, who: str) -> None:
    client = await tunping.as_(who)
    ids = await estate_with_building(client, await own_community(client), f"新园{who}")
    branch = {"id": new_id("partybranch"), "estate": ids["estate"], "name": "新园党支部", "phone": " 0991-1234567 "}
    await done(client, "addPartyBranch", **branch)
    ranges: dict[str, Any] = {"building": ids["building"], "units": [1, 2], "floors": [1, 2, 3], "doors": [1, 2]}
    act = new_id("act")
    for _ in range(2):
        await done(client, "addHouseholds", **ranges, act=act)
    assert (await client.ask(WHOLE, id=ids["estate"])).data["node"] == {
        "name": f"新园{who}",
        "partyBranch": {"name": "新园党支部", "phone": "0991-1234567"},
        "grids": {"nodes": [{"name": "第1网格"}]},
        "buildings": {"nodes": [{"name": "7号楼", "units": 2, "floors": 6}]},
    }
    homes = "query($b: ID!) { households(first: 20, where: {building: $b}) { nodes { unit floor room } } }"
    found = (await client.ask(homes, b=ids["building"])).data["households"]["nodes"]
    told = "select note from journal where building_id = $1 and household_id is null"
    built = await tunping.app.state.owner.fetchval(told, ids["building"].removeprefix("building_"))
    assert built == f"楼栋「新园{who}7号楼」"
    rooms = [(unit, floor, f"{floor}0{door}") for unit in (1, 2) for floor in (1, 2, 3) for door in (1, 2)]
    assert [(each["unit"], each["floor"], each["room"]) for each in found] == rooms


POLICIES = """query($id: ID!) { community(id: $id) { name phone timeZone farm { name }
    safetyLadder { reachBy stepMinutes isStartingValue } }
    visitPolicies { colour period modes graceDays isStartingValue community { id } }
    timeLimitPolicies { urgency responseMinutes resolutionMinutes isStartingValue }
    mediationPolicies { days isStartingValue }
}"""


async def test_a_new_community_has_policies_from_its_first_minute(tunping: Tunping) -> None:
    admin = await tunping.as_("管理员")
    given = {"id": new_id("community"), "farm": "北屯农场", "name": "新生社区", "timeZone": "Asia/Urumqi"}
    wanted = "community { name timeZone farm { name } }"
    for _ in range(2):
        made = await done(admin, "addCommunity", wanted, **given, phone="0991-7654321")
        assert made["community"] == {"name": "新生社区", "timeZone": "Asia/Urumqi", "farm": {"name": "北屯农场"}}
    found = (await admin.ask(POLICIES, id=given["id"])).data
    assert found["community"]["phone"] == "0991-7654321"
    assert found["community"]["safetyLadder"] == {"reachBy": "11:00", "stepMinutes": 15, "isStartingValue": True}
    own = [each for each in found["visitPolicies"] if each.pop("community")["id"] == given["id"]]
    due = [each for each in own if each["period"]]
    assert all(each.pop("isStartingValue") for each in own)
    assert sorted(due, key=lambda each: str(each["period"])) == [
        {"colour": "RED", "period": "DAY", "modes": ["HOME_VISIT", "PHONE"], "graceDays": 1},
        {"colour": "YELLOW", "period": "MONTH", "modes": ["HOME_VISIT"], "graceDays": 5},
        {"colour": "ORANGE", "period": "WEEK", "modes": ["HOME_VISIT"], "graceDays": 2},
    ]
    assert {each["colour"] for each in own} == {"RED", "ORANGE", "YELLOW", "GREEN", "CYAN", "BLUE"}
    clocks = [(None, 24 * 60, 15 * 24 * 60), ("URGENT", 120, 3 * 24 * 60)]
    for urgency, response, resolution in clocks:
        times = {"responseMinutes": response, "resolutionMinutes": resolution}
        assert {"urgency": urgency, **times, "isStartingValue": True} in found["timeLimitPolicies"]
    assert {"days": 30, "isStartingValue": True} in found["mediationPolicies"]
    again = await problem(admin, "addCommunity", **given | {"id": new_id("community")})
    assert again[0] == "INVALID_INPUT"
    assert "农场里已有同名的社区" in again[1]
    assert again[2] == ["name"]


async def test_a_policy_that_somebody_sets_is_no_starting_value(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    community = await own_community(secretary)
    ladder: dict[str, Any] = {"community": community, "reachBy": "10:30", "stepMinutes": 20}
    await done(secretary, "setSafetyLadder", **ladder)
    query = "query($id: ID!) { community(id: $id) { safetyLadder { isStartingValue setBy { username } } } }"
    found = (await secretary.ask(query, id=community)).data["community"]["safetyLadder"]
    assert found == {"isStartingValue": False, "setBy": {"username": "书记01"}}


@pytest.mark.long
async def test_places_and_organisations_are_corrected_and_the_journal_tells(tunping: Tunping) -> None:
    client = await tunping.as_("书记01")
    community = await own_community(client)
    ids = await estate_with_building(client, community, "待改园")
    ids["partybranch"], ids["premises"], ids["organisation"] = map(new_id, ("partybranch", "premises", "organisation"))
    await done(
        client, "addPartyBranch", id=ids["partybranch"], estate=ids["estate"], name="待改党支部", phone="0991-111"
    )
    shop = {"kind": "SHOP", "name": "待改小店", "contactName": "钱老板", "contactPhone": "13900000000"}
    await done(client, "addPremises", id=ids["premises"], grid=ids["grid"], **shop)
    body = {"kind": "HOSPITAL", "name": "待改卫生院"}
    await done(client, "addOrganisation", id=ids["organisation"], community=community, **body)
    corrections: list[tuple[str, dict[str, Any], str, str, Any]] = [
        ("correctCommunity", {"community": community, "phone": "0991-7654321"}, "community", "phone", "0991-7654321"),
        ("correctEstate", {"estate": ids["estate"], "name": "改好园"}, "estate", "name", "改好园"),
        ("correctPartyBranch", {"partyBranch": ids["partybranch"], "clear": ["PHONE"]}, "partyBranch", "phone", None),
        ("correctGrid", {"grid": ids["grid"], "name": "第9网格"}, "grid", "name", "第9网格"),
        ("correctBuilding", {"building": ids["building"], "floors": 8}, "building", "floors", 8),
        ("correctPremises", {"premises": ids["premises"], "clear": ["CONTACT_NAME"]}, "premises", "contactName", None),
        (
            "correctOrganisation",
            {"organisation": ids["organisation"], "kind": "COURT"},
            "organisation",
            "kind",
            "COURT",
        ),
    ]
    for mutation, given, noun, field, value in corrections:
        act = new_id("act")
        for _ in range(2):
            payload = await done(client, mutation, f"{noun} {{ {field} }}", **given, act=act)
            assert payload[noun][field] == value, mutation
        assert (await problem(client, mutation, **given))[1] == "填写有误：没有要更正的内容。"
    notes = await tunping.app.state.owner.fetch("select note from journal where kind = 'PLACE_CORRECTED' order by id")
    assert [row["note"] for row in notes][-7:] == [
        "社区「屯坪社区」：电话",
        "小区「待改园」：名称 待改园 → 改好园",
        "党支部「待改党支部」：电话",
        "网格「第1网格」：名称 第1网格 → 第9网格",
        "楼栋「改好园7号楼」：楼层数 6 → 8",
        "商铺「待改小店」：联系人",
        "单位「待改卫生院」：类别",
    ]


async def test_a_farm_is_corrected_and_each_of_its_communities_is_told(tunping: Tunping) -> None:
    admin, secretary = await tunping.as_("管理员"), await tunping.as_("书记01")
    asked = "query($id: ID!) { community(id: $id) { farm { id name } } }"
    community = await own_community(secretary)
    farm, name = (await secretary.ask(asked, id=community)).data["community"]["farm"].values()
    for given in ("三坪新农场", name):
        correction = {"farm": farm, "name": given, "act": new_id("act")}
        for _ in range(2):
            assert (await done(admin, "correctFarm", "farm { name }", **correction))["farm"] == {"name": given}
        assert (await secretary.ask(asked, id=community)).data["community"]["farm"]["name"] == given
        assert (await problem(admin, "correctFarm", farm=farm, name=given))[1] == "填写有误：没有要更正的内容。"
    assert await secretary.refused("correctFarm", {"farm": farm, "name": "别的农场"}) == "NOT_ALLOWED"
    told = """select note from journal where kind = 'PLACE_CORRECTED' and note like '农场%'
        and 'community_' || community_id = $1 order by id"""
    assert [row["note"] for row in await tunping.app.state.owner.fetch(told, community)] == [
        f"农场「{name}」：名称 {name} → 三坪新农场",
        f"农场「三坪新农场」：名称 三坪新农场 → {name}",
    ]


async def test_a_secretary_says_who_answers_for_a_category(tunping: Tunping) -> None:
    client = await tunping.as_("书记01")
    community = await own_community(client)
    body = {"id": new_id("organisation"), "community": community, "kind": "UTILITY_COMPANY", "name": "新水务公司"}
    await done(client, "addOrganisation", **body, phone="96111")
    wanted = "community { categories { category label organisation { name } } }"
    told = await done(client, "setCategory", wanted, community=community, category="WATER", organisation=body["id"])
    water = {"category": "WATER", "label": "供水排水", "organisation": {"name": "新水务公司"}}
    assert water in told["community"]["categories"]
    told = await done(client, "setCategory", wanted, community=community, category="WATER", clear=["ORGANISATION"])
    assert water | {"organisation": None} in told["community"]["categories"]


WRONG: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("addEstate", {"name": " "}, "内容为空", ["name"]),
    ("addEstate", {"name": "金穗家园"}, "社区里已有同名的小区", ["name"]),
    ("addBuilding", {"name": "0号楼"}, "应为 1 到 9999", ["name"]),
    ("addBuilding", {"units": 51}, "应为 1 到 50", ["units"]),
    ("addBuilding", {"name": "七栋"}, "小区里已有这栋楼", ["name"]),
    ("addHouseholds", {"units": [3]}, "应为 1 到 2", ["units"]),
    ("addHouseholds", {"floors": []}, "应为 1 到 6", ["floors"]),
    ("addHouseholds", {"doors": [100]}, "应为 1 到 99", ["doors"]),
    ("addHouseholds", {"units": [*range(1, 51)], "floors": [*range(1, 22)]}, "一次最多 1000 户", ["doors"]),
    ("correctCommunity", {"phone": "请打电话"}, "电话应为 3 至 25 位数字", ["phone"]),
    ("correctCommunity", {"timeZone": "Mars/Olympus"}, "没有这个时区", ["timeZone"]),
    ("correctCommunity", {"timeZone": "localtime"}, "没有这个时区", ["timeZone"]),
    ("addPartyBranch", {}, "小区已有网格党支部", ["estate"]),
]


async def test_bad_input_is_refused_by_name_and_nothing_is_written(tunping: Tunping) -> None:
    client = await tunping.as_("书记01")
    community = await own_community(client)
    ids = await estate_with_building(client, community, "错园")
    await done(client, "addPartyBranch", id=new_id("partybranch"), estate=ids["estate"], name="错园党支部")
    right: dict[str, dict[str, Any]] = {
        "addEstate": {"id": new_id("estate"), "community": community},
        "addBuilding": {"id": new_id("building"), "grid": ids["grid"], "name": "8", "units": 1, "floors": 1},
        "addHouseholds": {"building": ids["building"], "units": [1], "floors": [1], "doors": [1]},
        "correctCommunity": {"community": community},
        "addPartyBranch": {"id": new_id("partybranch"), "estate": ids["estate"], "name": "又一个"},
    }
    before = await tunping.count("journal")
    for mutation, given, why, path in WRONG:
        code, message, where = await problem(client, mutation, **right[mutation] | given)
        assert (code, where) == ("INVALID_INPUT", path), (mutation, given)
        assert why in message
    assert await tunping.count("journal") == before


@pytest.mark.parametrize("who", ["书记01", "管理员"])
async def test_a_building_keeps_what_its_homes_need(tunping: Tunping, who: str) -> None:
    client = await tunping.as_(who)
    ids = await estate_with_building(client, await own_community(client), f"住园{who}")
    other, elsewhere = new_id("grid"), await estate_with_building(client, await own_community(client), f"邻园{who}")
    await done(client, "addGrid", id=other, estate=ids["estate"], name="第2网格")
    building = {"building": ids["building"]}
    assert (await problem(client, "correctBuilding", **building, grid=elsewhere["grid"]))[2] == ["grid"]
    moved = await done(client, "correctBuilding", "building { grid { id } }", **building, grid=other)
    assert moved["building"]["grid"]["id"] == other
    await done(client, "addHouseholds", **building, units=[2], floors=[5], doors=[1])
    assert "登记中还有2单元的住户" in (await problem(client, "correctBuilding", **building, units=1))[1]
    assert "登记中还有5层的住户" in (await problem(client, "correctBuilding", **building, floors=4))[1]
    assert "不能改到另一个网格" in (await problem(client, "correctBuilding", **building, grid=ids["grid"]))[1]


@pytest.mark.parametrize("who", ["书记01", "管理员"])
async def test_households_that_are_on_the_register_are_not_added_again(tunping: Tunping, who: str) -> None:
    client = await tunping.as_(who)
    ids = await estate_with_building(client, await own_community(client), f"再园{who}")
    doors: dict[str, Any] = {"building": ids["building"], "units": [1], "floors": [3]}
    await done(client, "addHouseholds", **doors, doors=[1, 2])
    await done(client, "addHouseholds", **doors, doors=[2, 3])
    assert "这些住户都已登记" in (await problem(client, "addHouseholds", **doors, doors=[1, 2, 3]))[1]
    counted = "query($b: ID!) { households(where: {building: $b}) { totalCount } }"
    assert (await client.ask(counted, b=ids["building"])).data["households"]["totalCount"] == 3


async def test_a_building_that_an_appeal_is_about_stays_in_its_grid(tunping: Tunping) -> None:
    """Nor does an administrator move it, who sees no appeals."""
    secretary, admin = await tunping.as_("书记01"), await tunping.as_("管理员")
    ids = await estate_with_building(secretary, await own_community(secretary), "诉园")
    other = new_id("grid")
    await done(secretary, "addGrid", id=other, estate=ids["estate"], name="第2网格")
    await done(secretary, "openAppeal", id=new_id("appeal"), body="楼道灯不亮", building=ids["building"])
    for client in (secretary, admin):
        code, message, path = await problem(client, "correctBuilding", building=ids["building"], grid=other)
        assert (code, path) == ("INVALID_INPUT", ["grid"])
        assert "楼栋已有登记的住户、诉求或其他事项，不能改到另一个网格" in message


@pytest.mark.long
async def test_nobody_sets_up_another_community(tunping: Tunping) -> None:
    """To a secretary its places are as if they did not exist; staff may not set up even their own."""
    there = await tunping.as_("杏园书记01")
    theirs = await estate_with_building(there, await own_community(there), "杏园新区")
    secretary, admin = await tunping.as_("书记01"), await tunping.as_("管理员")
    tries: list[tuple[str, dict[str, Any], str]] = [
        ("addEstate", {"id": new_id("estate"), "community": await own_community(there), "name": "x"}, "community"),
        ("addGrid", {"id": new_id("grid"), "estate": theirs["estate"], "name": "x"}, "estate"),
        ("correctGrid", {"grid": theirs["grid"], "name": "x"}, "grid"),
        ("correctBuilding", {"building": theirs["building"], "floors": 9}, "building"),
        ("addHouseholds", {"building": theirs["building"], "units": [1], "floors": [1], "doors": [1]}, "building"),
    ]
    for mutation, given, path in tries:
        code, _, where = await problem(secretary, mutation, **given)
        assert (code, where) == ("NOT_FOUND", [path]), mutation
        for who in ("副主任01", "网格员01", "双社区01"):
            assert await (await tunping.as_(who)).refused(mutation, given) == "NOT_ALLOWED"
    assert (
        await secretary.refused("addCommunity", {"id": new_id("community"), "farm": "x", "name": "x"}) == "NOT_ALLOWED"
    )
    await done(admin, "correctBuilding", building=theirs["building"], floors=9)


async def test_each_community_tells_its_residents_its_own_telephone(tunping: Tunping) -> None:
    """On the page of a code, on that of a receipt, and on the wall of its wishes."""
    phones = {"书记01": "0991-2000001", "杏园书记01": "0991-2000002"}
    for username, phone in phones.items():
        client = await tunping.as_(username)
        community = await own_community(client)
        payload = await client.do("correctCommunity", {"community": community, "phone": phone})
        assert payload["errors"] == []
        uuid = community.removeprefix("community_")
        owner = tunping.app.state.owner
        code = await owner.fetchval("select code from qr_code where revoked_at is null and community_id = $1", uuid)
        receipt = await owner.fetchval("select receipt_code from appeal where community_id = $1 limit 1", uuid)
        for path in (f"/q/{code}", f"/r/{receipt}"):
            page = (await tunping.as_nobody().http.get(path)).text
            assert [each for each in phones.values() if each in page] == [phone], path
