"""Matters without a building: of premises, of a grid, of an estate, of the community as a whole."""

from datetime import UTC, datetime
from typing import Any

import pytest

from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Tunping, listening, new_id, phone, subscribed

LAMPS = "小区南门外路灯全灭"
PENSION = "来问养老认证要带什么"
PLACE = """query($id: ID!) { appeal(id: $id) { placeKind address issuingBody source grid { name } estate { name }
    premises { name } community { name } building { number } allowedActions } }"""
DONE: list[Any] = []


async def opened(client: Tunping, body: str, **more: Any) -> str:
    """An appeal: its id."""
    new = {"id": new_id("appeal"), "body": body} | more
    assert (await client.do("openAppeal", new))["errors"] == DONE
    return str(new["id"])


async def seen(client: Tunping, appeal: str) -> Any:
    """What somebody sees of an appeal, or None."""
    return (await client.ask(PLACE, id=appeal)).data["appeal"]


async def who_sees(tunping: Tunping, appeal: str) -> set[str]:
    """Of some accounts in different places."""
    names = ("网格员01", "网格员14", "网格长01", "网格长02", "社区01", "书记01", "联户长03", "热力公司01", "管理员")
    return {name for name in names if await seen(await tunping.as_(name), appeal) is not None}


OF_ALL = {"网格员01", "网格员14", "网格长01", "网格长02", "社区01", "书记01"}


async def test_what_names_no_place_at_the_counter_is_the_communitys(tunping: Tunping) -> None:
    appeal = await opened(tunping.as_nobody(), LAMPS, code=DEMO_COUNTER_CODE)
    found = await seen(await tunping.as_("网格员14"), appeal)
    assert {name: found[name] for name in ("placeKind", "address", "issuingBody", "source", "grid", "community")} == {
        "placeKind": "COMMUNITY",
        "address": "屯坪社区",
        "issuingBody": "屯坪社区",
        "source": "QR_COUNTER",
        "grid": None,
        "community": {"name": "屯坪社区"},
    }
    assert await who_sees(tunping, appeal) == OF_ALL


async def test_a_question_at_the_desk_needs_no_place(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    appeal = await opened(worker, PENSION, kind="INQUIRY")
    assert (await seen(worker, appeal))["placeKind"] == "COMMUNITY"
    assert await who_sees(tunping, appeal) == OF_ALL
    assert (await worker.do("acceptAppeal", {"appeal": appeal}))["errors"] == DONE
    answered = await (await tunping.as_("网格员14")).do(
        "answerAppeal",
        {"appeal": appeal, "answer": "带身份证和社保卡"},
        "appeal { status timeline { nodes { kind } } }",
    )
    kinds = ["APPEAL_OPENED", "APPEAL_ACCEPTED", "APPEAL_ANSWERED"]
    timeline = {"nodes": [{"kind": kind} for kind in kinds]}
    assert answered["appeal"] == {"status": "AWAITING_CONFIRMATION", "timeline": timeline}


@pytest.mark.long
@pytest.mark.parametrize("body", ["金穗家园南门外路灯全灭", "金穗小区里的路灯全灭"])
async def test_a_text_that_names_an_estate_is_of_the_estate(tunping: Tunping, body: str) -> None:
    scanned = await opened(tunping.as_nobody(), body, code=DEMO_COUNTER_CODE)
    told = await opened(await tunping.as_("网格员01"), body)
    for appeal in (scanned, told):
        found = await seen(await tunping.as_("社区01"), appeal)
        assert (found["placeKind"], found["address"], found["estate"]) == ("ESTATE", "金穗家园", {"name": "金穗家园"})
        assert await who_sees(tunping, appeal) == OF_ALL - {"网格员14", "网格长02"}


@pytest.mark.parametrize("body", ["金穗家园对面的路灯全灭", "金穗家园和春晖苑的路灯全灭"])
async def test_an_estate_that_is_only_a_landmark_or_one_of_two_is_not_taken_for_the_place(
    tunping: Tunping, body: str
) -> None:
    appeal = await opened(tunping.as_nobody(), body, code=DEMO_COUNTER_CODE)
    assert (await seen(await tunping.as_("社区01"), appeal))["placeKind"] == "COMMUNITY"


@pytest.mark.long
async def test_whoever_registers_names_a_shop_a_grid_or_an_estate(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    query = "{ grids(first: 1) { nodes { id } } premises(first: 1) { nodes { id name grid { id name } } } }"
    (shop,) = (await worker.ask(query)).data["premises"]["nodes"]
    in_shop = await opened(worker, "店门口井盖坏了", premises=shop["id"])
    found = await seen(worker, in_shop)
    assert (found["placeKind"], found["address"], found["grid"]) == (
        "PREMISES",
        shop["name"],
        {"name": shop["grid"]["name"]},
    )
    in_grid = await opened(worker, "路面结冰", grid=shop["grid"]["id"])
    assert (await seen(worker, in_grid))["placeKind"] == "GRID"
    for appeal in (in_shop, in_grid):
        assert await who_sees(tunping, appeal) == OF_ALL - {"网格员14", "网格长02"}
    query = """query($id: ID!, $kinds: [AppealPlace!]) { node(id: $id) { ... on Premises { appeals(first: 9) {
        nodes { id } } } } appeals(where: {placeKind: $kinds, text: "井盖坏了"}) { totalCount } }"""
    of_shop = (await worker.ask(query, id=shop["id"], kinds=["PREMISES", "GRID"])).data
    assert {"id": in_shop} in of_shop["node"]["appeals"]["nodes"]
    assert of_shop["appeals"]["totalCount"] >= 1
    homes = (await worker.ask(query, id=shop["id"], kinds=["HOUSEHOLD"])).data
    assert homes["appeals"]["totalCount"] == 0


async def test_what_is_found_on_a_visit_to_a_shop_concerns_the_shop(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    (shop,) = (await worker.ask("{ premises(first: 1) { nodes { id name } } }")).data["premises"]["nodes"]
    found = {"id": new_id("appeal"), "body": "消防通道堆了货"}
    visit = {"id": new_id("visit"), "premises": shop["id"], "mode": "HOME_VISIT", "spokeWith": "店长"}
    visit |= {"occurredAt": datetime.now(UTC).isoformat(), "appeals": [found]}
    assert (await worker.do("recordVisit", visit))["errors"] == DONE
    assert (await seen(worker, found["id"]))["premises"] == {"name": shop["name"]}


async def test_a_refusal_says_whether_the_place_is_unknown_or_of_somebody_else(tunping: Tunping) -> None:
    worker, far = await tunping.as_("网格员01"), await tunping.as_("网格员14")
    mine = (await far.ask("{ me { assignments { grid { id } } } }")).data["me"]["assignments"][0]["grid"]["id"]
    query = "query($g: ID!) { buildings(first: 1, where: {grid: $g}) { nodes { address } } }"
    (theirs,) = (await far.ask(query, g=mine)).data["buildings"]["nodes"]
    for body, message in (
        (
            f"{theirs['address']}门坏了",
            "无法确定地点（写明的地点不在您负责的范围内），请写明一处，例如「3号楼2单元」。",
        ),
        ("888号楼门坏了", "无法确定地点，请写明一处，例如「3号楼2单元」。"),
    ):
        (problem,) = (await worker.do("openAppeal", {"id": new_id("appeal"), "body": body}))["errors"]
        assert (problem["code"], problem["message"]) == ("PLACE_UNCLEAR", message)


async def test_nobody_names_two_places_nor_one_where_they_do_not_work(tunping: Tunping) -> None:
    worker, far = await tunping.as_("网格员01"), await tunping.as_("网格员14")
    query = "{ me { assignments { grid { id estate { id } community { id } } } } premises(first: 1) { nodes { id } } }"
    mine, theirs = (await worker.ask(query)).data, (await far.ask(query)).data
    own, other = mine["me"]["assignments"][0]["grid"], theirs["me"]["assignments"][0]["grid"]
    before = await tunping.count("appeal"), await tunping.count("journal")
    refusals = {
        "two": ({"estate": own["estate"]["id"], "community": own["community"]["id"]}, "INVALID_INPUT", ["community"]),
        "grid": ({"grid": other["id"]}, "NOT_FOUND", ["grid"]),
        "estate": ({"estate": other["estate"]["id"]}, "NOT_FOUND", ["estate"]),
        "premises": ({"premises": theirs["premises"]["nodes"][0]["id"]}, "NOT_FOUND", ["premises"]),
        "unknown": ({"community": new_id("community")}, "NOT_FOUND", ["community"]),
    }
    for name, (place, code, path) in refusals.items():
        (problem,) = (await worker.do("openAppeal", {"id": new_id("appeal"), "body": LAMPS} | place))["errors"]
        assert (problem["code"], problem["path"]) == (code, path), name
    scanned = {"id": new_id("appeal"), "body": LAMPS, "code": DEMO_COUNTER_CODE, "community": new_id("community")}
    assert await tunping.as_nobody().refused("openAppeal", scanned) == "NOT_FOUND"
    assert (await tunping.count("appeal"), await tunping.count("journal")) == before


async def test_a_building_head_still_reports_of_their_building_only(tunping: Tunping) -> None:
    head = await tunping.as_("联户长03")
    assert await head.refused("openAppeal", {"id": new_id("appeal"), "body": LAMPS}) == "PLACE_UNCLEAR"
    community = (await head.ask("{ communities { nodes { id } } }")).data["communities"]["nodes"][0]["id"]
    given = {"id": new_id("appeal"), "body": LAMPS, "community": community}
    assert await head.refused("openAppeal", given) == "NOT_FOUND"


async def test_a_matter_of_the_community_is_dispatched_and_has_deadlines(tunping: Tunping) -> None:
    worker, partner = await tunping.as_("网格员01"), await tunping.as_("热力公司01")
    appeal = await opened(worker, "换热站门口的管道冒汽", category="HEATING")
    for mutation in ("acceptAppeal", "dispatchAppeal"):
        assert (await worker.do(mutation, {"appeal": appeal}))["errors"] == DONE
    query = "query($id: ID!) { appeal(id: $id) { address grid { id } deadlines { kind } callBacks { id } } }"
    assert (await partner.ask(query, id=appeal)).data["appeal"] == {
        "address": "屯坪社区",
        "grid": None,
        "deadlines": [{"kind": "RESPONSE"}, {"kind": "RESOLUTION"}],
        "callBacks": [],
    }
    assert (await partner.do("acceptDispatch", {"appeal": appeal}))["errors"] == DONE


async def test_its_reporter_follows_it_by_the_receipt(tunping: Tunping) -> None:
    new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": LAMPS}
    receipt = (await tunping.as_nobody().do("openAppeal", new, "receiptCode"))["receiptCode"]
    query = "query($code: String!) { receipt(code: $code) { address issuingBody steps { label } } }"
    assert (await tunping.as_nobody().ask(query, code=receipt)).data["receipt"] == {
        "address": "屯坪社区",
        "issuingBody": "屯坪社区",
        "steps": [{"label": "诉求提交"}],
    }


async def test_statistics_count_it_beside_the_grids(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    await opened(await tunping.as_("网格员01"), "金穗家园垃圾桶满了")
    await opened(await tunping.as_("网格员01"), "垃圾车三天没来")
    query = """query($between: DayRange!) { statistics(between: $between) { directLine {
        total byGrid { total grid { name } estate { name } cases { totalCount } } } } }"""
    between = {"startsOn": "2024-01-01", "endsOn": "2999-12-31"}
    found = (await secretary.ask(query, between=between)).data["statistics"]["directLine"]
    assert sum(each["total"] for each in found["byGrid"]) == found["total"]
    whole = {(each["estate"] or {}).get("name") for each in found["byGrid"] if each["grid"] is None}
    assert whole == {"金穗家园", None}
    assert all(each["cases"]["totalCount"] == each["total"] for each in found["byGrid"])


async def test_it_reaches_every_phone_of_the_community_and_none_of_others(copy_url: str) -> None:
    async with listening(copy_url) as client:
        near, far, head = [await client.as_(name) for name in ("网格员01", "网格员14", "联户长03")]
        query = "subscription { appealOpened { appeal { body } } }"
        async with phone(near) as first, phone(far) as second, phone(head) as third:
            for each in (first, second, third):
                await each.subscribe(query)
            await subscribed(client, 3)
            await opened(near, "金穗家园大门坏了")
            await opened(client.as_nobody(), LAMPS, code=DEMO_COUNTER_CODE)
            own = {"id": new_id("appeal"), "body": "3号楼楼道灯坏了"}
            assert (await head.do("openAppeal", own))["errors"] == DONE
            told = [(await each.receive())["payload"]["data"] for each in (first, first, second, third)]
    bodies = [each["appealOpened"]["appeal"]["body"] for each in told]
    assert bodies == ["金穗家园大门坏了", LAMPS, LAMPS, "3号楼楼道灯坏了"]
