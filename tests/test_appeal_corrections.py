"""Corrections of appeals: what every reader saw before, and what follows from the correction instead."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.acts.overdue import pass_over_appeals
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, listening, new_id, phone, serving, subscribed
from tests.races import Gate

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DONE: list[Any] = []
SEEN = """query($id: ID!) { appeal(id: $id) { body category urgency address level placeKind grid { name }
    handledBy { username } organisation { kind } incident { id }
    deadlines { dueAt } timeline(last: 1) { nodes { kind note before { field label value } } } } }"""


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def then(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application, in the first days of 2024."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def opened(client: Tunping, body: str = "3号楼2单元 暖气不热", **more: Any) -> tuple[str, str]:
    """An appeal from the counter: its id and receipt."""
    new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": body} | more
    made = await client.as_nobody().do("openAppeal", new, "receiptCode")
    assert made["errors"] == DONE
    return new["id"], made["receiptCode"]


async def corrected(who: Tunping, appeal: str, **given: Any) -> None:
    """A correction that must succeed."""
    changed = {"appeal": appeal, "reason": "登记时听错了"} | given
    assert (await who.do("correctAppeal", changed))["errors"] == DONE


async def refused(who: Tunping, appeal: str, **given: Any) -> tuple[str, list[str], str]:
    """The code, the path and the message of a refusal, which changes nothing."""
    (problem,) = (await who.do("correctAppeal", {"appeal": appeal, "reason": "登记时听错了"} | given))["errors"]
    return problem["code"], problem["path"], problem["message"]


async def seen(who: Tunping, appeal: str) -> Any:
    """The appeal."""
    return (await who.ask(SEEN, id=appeal)).data["appeal"]


async def account(client: Tunping, username: str) -> str:
    """The id of an account."""
    who = await client.as_(username)
    return str((await who.ask("{ me { id } }")).data["me"]["id"])


async def grid_of(client: Tunping, username: str) -> dict[str, str]:
    """A worker's grid, and a building in it."""
    who = await client.as_(username)
    query = "{ me { assignments { grid { id name buildings(first: 1) { nodes { id address } } } } } }"
    grid = (await who.ask(query)).data["me"]["assignments"][0]["grid"]
    (building,) = grid["buildings"]["nodes"]
    return {"grid": grid["id"], "name": grid["name"], "building": building["id"], "address": building["address"]}


async def of_categories(client: Tunping) -> dict[str, int]:
    """How many problems of 2024 the secretary counts in each category, and in the week's analysis."""
    query = """query($between: DayRange!) { statistics(between: $between) { directLine { byCategory {
        category total } } } weeklyAnalysis(week: "2024-W02") { byCategory { category opened { totalCount } } } }"""
    between = {"startsOn": "2024-01-01", "endsOn": "2024-12-31"}
    found = (await (await client.as_("书记01")).ask(query, between=between)).data
    of_year = {each["category"]: each["total"] for each in found["statistics"]["directLine"]["byCategory"]}
    week = {f"W {each['category']}": each["opened"]["totalCount"] for each in found["weeklyAnalysis"]["byCategory"]}
    return of_year | week


async def test_a_wrong_category_is_corrected_for_every_reader(then: Tunping, clock: Clock) -> None:
    worker, head = await then.as_("网格员01"), await then.as_("联户长03")
    new = {"id": new_id("appeal"), "body": "3号楼2单元 暖气管漏水", "source": "BUILDING_HEAD"}
    made = await head.do("openAppeal", new, "receiptCode")
    appeal, receipt = new["id"], made["receiptCode"]
    before, figures = await seen(worker, appeal), await of_categories(then)
    assert (before["category"], before["organisation"]) == ("HEATING", {"kind": "HEATING_COMPANY"})
    assert [each["dueAt"] for each in before["deadlines"]] == ["2024-01-08T04:00:00.000Z", "2024-01-11T02:00:00.000Z"]
    clock.turn(HOUR)
    await corrected(worker, appeal, category="WATER", body="3号楼2单元 自来水管漏水", urgency="NORMAL")
    after = await seen(worker, appeal)
    assert (after["category"], after["body"]) == ("WATER", "3号楼2单元 自来水管漏水")
    assert after["organisation"] == {"kind": "UTILITY_COMPANY"}
    assert [each["dueAt"] for each in after["deadlines"]] == ["2024-01-09T02:00:00.000Z", "2024-01-15T02:00:00.000Z"]
    assert after["timeline"]["nodes"] == [
        {
            "kind": "APPEAL_CORRECTED",
            "note": "登记时听错了",
            "before": [
                {"field": "category", "label": "类别", "value": "供暖"},
                {"field": "body", "label": "内容", "value": "3号楼2单元 暖气管漏水"},
            ],
        }
    ]
    now = await of_categories(then)
    assert now.get("HEATING", 0) == figures["HEATING"] - 1
    assert now["WATER"] == figures.get("WATER", 0) + 1
    assert now.get("W HEATING", 0) == figures["W HEATING"] - 1
    assert now["W WATER"] == figures.get("W WATER", 0) + 1
    told = await seen(head, appeal)
    assert told["body"] == "3号楼2单元 自来水管漏水"
    assert told["timeline"]["nodes"] == [{"kind": "APPEAL_CORRECTED", "note": "登记时听错了", "before": []}]
    query = "query($code: String!) { receipt(code: $code) { body categoryLabel steps { label said } } }"
    followed = (await then.as_nobody().ask(query, code=receipt)).data["receipt"]
    assert (followed["body"], followed["categoryLabel"]) == ("3号楼2单元 自来水管漏水", "供水排水")
    assert followed["steps"][-1] == {"label": "诉求更正", "said": None}


async def test_an_organisation_does_not_read_what_was_before(then: Tunping) -> None:
    worker, partner = await then.as_("网格员01"), await then.as_("热力公司01")
    appeal, _ = await opened(then, "3号楼2单元 暖气不热，户主王某电话不便公开")
    for mutation in ("acceptAppeal", "dispatchAppeal"):
        assert (await worker.do(mutation, {"appeal": appeal}))["errors"] == DONE
    await corrected(worker, appeal, body="3号楼2单元 暖气不热")
    found = await seen(partner, appeal)
    assert (found["body"], found["timeline"]["nodes"][0]["before"]) == ("3号楼2单元 暖气不热", [])
    assert await then.app.state.owner.fetchval("select before is not null from journal order by id desc limit 1")


async def test_a_wrong_urgency_moves_the_clocks_from_the_same_moment_and_a_pause_stays(
    then: Tunping, clock: Clock
) -> None:
    worker, staff = await then.as_("网格员01"), await then.as_("社区01")
    appeal, _ = await opened(then, "3号楼2单元 门禁坏了")
    until = (NOW + 24 * HOUR).isoformat()
    assert (await staff.do("pauseAppeal", {"appeal": appeal, "endsAt": until, "reason": "等零件"}))["errors"] == DONE
    clock.turn(HOUR)
    await corrected(worker, appeal, urgency="URGENT")
    due = [each["dueAt"] for each in (await seen(worker, appeal))["deadlines"]]
    assert due == ["2024-01-09T02:30:00.000Z", "2024-01-10T02:00:00.000Z"]
    await corrected(worker, appeal, urgency="NORMAL")
    due = [each["dueAt"] for each in (await seen(worker, appeal))["deadlines"]]
    assert due == ["2024-01-10T02:00:00.000Z", "2024-01-16T02:00:00.000Z"]


async def test_times_that_were_set_since_do_not_count(then: Tunping, clock: Clock) -> None:
    worker, deputy = await then.as_("网格员01"), await then.as_("书记01")
    appeal, _ = await opened(then, "3号楼2单元 门禁坏了")
    clock.turn(HOUR)
    (community,) = (await deputy.ask("{ communities { nodes { id } } }")).data["communities"]["nodes"]
    times = {"responseMinutes": 5, "resolutionMinutes": 10, "stepMinutes": 60, "silenceDays": 7, "reopenDays": 30}
    for more in ({"urgency": "URGENT"}, {"category": "PROPERTY_SERVICE", "urgency": "URGENT"}):
        set_ = {"community": community["id"], "act": new_id("act")} | times | more
        assert (await deputy.do("setTimeLimits", set_))["errors"] == DONE
    await corrected(worker, appeal, urgency="URGENT")
    due = [each["dueAt"] for each in (await seen(worker, appeal))["deadlines"]]
    assert due == ["2024-01-08T02:30:00.000Z", "2024-01-09T02:00:00.000Z"]


@pytest.mark.long
async def test_a_level_that_only_a_wrong_clock_had_raised_is_the_grids_again(then: Tunping, clock: Clock) -> None:
    worker, staff = await then.as_("网格员01"), await then.as_("社区01")
    new = {"id": new_id("appeal"), "body": "3号楼2单元 门禁坏了", "urgency": "URGENT"}
    assert (await worker.do("openAppeal", new))["errors"] == DONE
    clock.turn(HOUR)
    await then.transact(pass_over_appeals)
    assert (await seen(worker, new["id"]))["level"] == "COMMUNITY"
    assert (await refused(worker, new["id"], urgency="NORMAL"))[0] == "WRONG_LEVEL"
    await corrected(staff, new["id"], urgency="NORMAL")
    assert (await seen(worker, new["id"]))["level"] == "GRID"
    assert (await worker.do("acceptAppeal", {"appeal": new["id"]}))["errors"] == DONE
    assert (await worker.do("escalateAppeal", {"appeal": new["id"], "reason": "要换设备"}))["errors"] == DONE
    await corrected(staff, new["id"], category="SAFETY")
    assert (await seen(worker, new["id"]))["level"] == "COMMUNITY", "somebody raised it"


TIMELINE = """query($id: ID!) { appeal(id: $id) { timeline(last: 2) { nodes { kind before { label value } } }
    callBacks { reached } } }"""


async def test_a_wrong_place_is_corrected_and_the_others_take_over(then: Tunping) -> None:
    worker, far, staff = await then.as_("网格员01"), await then.as_("网格员14"), await then.as_("社区01")
    appeal, receipt = await opened(then)
    accepted = await worker.do("acceptAppeal", {"appeal": appeal}, "appeal { handledBy { name } }")
    there, handler = await grid_of(then, "网格员14"), accepted["appeal"]["handledBy"]["name"]
    assert (await refused(worker, appeal, building=there["building"]))[:2] == ("NOT_FOUND", ["building"])
    await corrected(staff, appeal, building=there["building"], unit=1)
    assert await seen(worker, appeal) is None
    found = await seen(far, appeal)
    assert (found["address"], found["grid"]) == (f"{there['address']}1单元", {"name": there["name"]})
    assert found["handledBy"] is None, "who handled it does not work there"
    (told, left) = (await staff.ask(TIMELINE, id=appeal)).data["appeal"]["timeline"]["nodes"]
    place = {"label": "地点", "value": "金穗家园3号楼2单元"}
    assert told == {"kind": "APPEAL_CORRECTED", "before": [place, {"label": "经办人", "value": handler}]}
    assert left == {"kind": "APPEAL_LEFT", "before": []}
    mine = (await far.ask(TIMELINE, id=appeal)).data["appeal"]
    assert mine == {"timeline": {"nodes": [told, left]}, "callBacks": [{"reached": True}]}, "its history comes along"
    address = "query($code: String!) { receipt(code: $code) { address } }"
    assert (await then.as_nobody().ask(address, code=receipt)).data["receipt"] == {"address": found["address"]}


async def test_a_matter_of_the_community_is_placed_by_whoever_serves(then: Tunping) -> None:
    worker, leader = await then.as_("网格员01"), await then.as_("网格长02")
    appeal, _ = await opened(then, "小区南门外路灯全灭")
    here = await grid_of(then, "网格员01")
    await corrected(worker, appeal, grid=here["grid"])
    found = await seen(worker, appeal)
    assert (found["placeKind"], found["address"]) == ("GRID", here["name"])
    assert found["timeline"]["nodes"][0]["kind"] == "APPEAL_LEFT"
    assert await seen(leader, appeal) is None
    query = "query($id: ID!) { grids(first: 1) { nodes { estate { id name } } } node(id: $id) { id } }"
    estate = (await worker.ask(query, id=appeal)).data["grids"]["nodes"][0]["estate"]
    await corrected(await then.as_("社区01"), appeal, estate=estate["id"])
    assert (await seen(await then.as_("社区01"), appeal))["address"] == estate["name"]


async def test_the_handler_is_somebody_who_works_there(then: Tunping) -> None:
    worker = await then.as_("网格员01")
    appeal, _ = await opened(then)
    for name in ("网格员14", "联户长03", "热力公司01"):
        code, path, _ = await refused(worker, appeal, handler=await account(then, name))
        assert (code, path) == ("INVALID_INPUT", ["handler"]), name
    assert (await refused(worker, appeal, handler=new_id("account")))[:2] == ("NOT_FOUND", ["handler"])
    await corrected(worker, appeal, handler=await account(then, "网格长01"))
    assert (await seen(worker, appeal))["handledBy"] == {"username": "网格长01"}
    assert (await worker.do("acceptAppeal", {"appeal": appeal}))["errors"] == DONE
    assert (await seen(worker, appeal))["handledBy"] == {"username": "网格长01"}


async def test_category_and_place_stay_while_it_is_dispatched(then: Tunping) -> None:
    worker = await then.as_("网格员01")
    appeal, _ = await opened(then)
    here = await grid_of(then, "网格员01")
    for mutation in ("acceptAppeal", "dispatchAppeal"):
        assert (await worker.do(mutation, {"appeal": appeal}))["errors"] == DONE
    for change in ({"category": "WATER"}, {"building": here["building"]}):
        code, path, message = await refused(worker, appeal, **change)
        assert (code, path, "请先撤回派单" in message) == ("INVALID_INPUT", ["appeal"], True)
    await corrected(worker, appeal, body="3号楼2单元 暖气只有十度", urgency="URGENT")
    assert (await worker.do("recallDispatch", {"appeal": appeal, "reason": "派错了"}))["errors"] == DONE
    await corrected(worker, appeal, category="WATER")
    assert (await seen(worker, appeal))["organisation"] == {"kind": "UTILITY_COMPANY"}


async def test_what_no_longer_fits_leaves_its_incident_by_name(then: Tunping) -> None:
    worker = await then.as_("网格员01")
    appeals = [(await opened(then, f"4号楼1单元 暖气不热 {number}"))[0] for number in range(3)]
    incident = new_id("incident")
    given = {"incident": incident, "appeals": appeals, "title": "立管不热"}
    assert (await worker.do("mergeIntoIncident", given))["errors"] == DONE
    await corrected(worker, appeals[0], urgency="URGENT")
    assert (await seen(worker, appeals[0]))["incident"] == {"id": incident}
    await corrected(worker, appeals[0], category="WATER")
    found = await seen(worker, appeals[0])
    assert (found["incident"], found["timeline"]["nodes"][0]["note"]) == (None, "登记时听错了（退出事件：立管不热）")
    query = """query($id: ID!) { node(id: $id) { ... on Incident { closedAt appeals { totalCount }
        timeline(last: 1) { nodes { kind } } } } }"""
    left = (await worker.ask(query, id=incident)).data["node"]
    assert (left["closedAt"], left["appeals"], left["timeline"]["nodes"]) == (
        None,
        {"totalCount": 2},
        [{"kind": "APPEAL_CORRECTED"}],
    )
    for appeal in appeals[1:]:
        await corrected(worker, appeal, category="WATER")
    assert (await worker.ask(query, id=incident)).data["node"]["closedAt"] == "2024-01-08T02:00:00.000Z"


async def test_what_has_ended_is_corrected_by_the_community_alone(then: Tunping) -> None:
    worker, staff = await then.as_("网格员01"), await then.as_("社区01")
    appeal, receipt = await opened(then)
    for mutation, more in (("acceptAppeal", {}), ("answerAppeal", {"answer": "修好了"})):
        assert (await worker.do(mutation, {"appeal": appeal} | more))["errors"] == DONE
    yes = {"appeal": appeal, "satisfied": True, "receiptCode": receipt}
    assert (await then.as_nobody().do("confirmAppeal", yes))["errors"] == DONE
    assert (await refused(worker, appeal, category="WATER"))[0] == "WRONG_STATE"
    await corrected(staff, appeal, category="WATER")
    found = await seen(staff, appeal)
    assert (found["category"], found["handledBy"]) == ("WATER", {"username": "网格员01"})


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({}, "INVALID_INPUT", ["appeal"]),
        ({"category": "HEATING"}, "INVALID_INPUT", ["appeal"]),
        ({"reason": "  ", "category": "WATER"}, "INVALID_INPUT", ["reason"]),
        ({"body": " "}, "INVALID_INPUT", ["body"]),
        ({"body": "冷" * 2_001}, "TOO_LONG", ["body"]),
        ({"unit": 1}, "INVALID_INPUT", ["building"]),
        ({"appeal": "visit_0199f0c2-0000-7000-8000-000000000000"}, "MALFORMED_ID", ["appeal"]),
    ],
)
async def test_bad_corrections_change_nothing(
    then: Tunping, change: dict[str, Any], code: str, path: list[str]
) -> None:
    worker = await then.as_("网格员01")
    appeal, _ = await opened(then)
    before = await then.count("journal")
    (problem,) = (await worker.do("correctAppeal", {"appeal": appeal, "reason": "听错了"} | change))["errors"]
    assert (problem["code"], problem["path"]) == (code, path)
    assert await then.count("journal") == before


async def test_nobody_else_corrects_it_and_a_retry_is_one_correction(then: Tunping) -> None:
    appeal, _ = await opened(then)
    given = {"appeal": appeal, "reason": "听错了", "category": "WATER", "act": new_id("act")}
    assert await (await then.as_("网格员14")).refused("correctAppeal", given) == "NOT_FOUND"
    for name in ("联户长03", "热力公司01"):
        assert await (await then.as_(name)).refused("correctAppeal", given) == "NOT_ALLOWED"
    assert await then.as_nobody().refused("correctAppeal", given) == "UNAUTHENTICATED"
    worker = await then.as_("网格员01")
    for _ in range(2):
        assert (await worker.do("correctAppeal", given))["errors"] == DONE
    count = "select count(*) from journal where appeal_id = $1 and kind = 'APPEAL_CORRECTED'"
    assert await then.app.state.owner.fetchval(count, appeal.removeprefix("appeal_")) == 1


async def test_of_two_corrections_at_once_each_keeps_what_it_found(
    then: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await then.as_("网格员01"), await then.as_("社区01")
    appeal, _ = await opened(then)
    both = (corrected(who, appeal, category=category) for who, category in ((first, "WATER"), (second, "SAFETY")))
    await Gate(monkeypatch, then).race(*both)
    nodes = (await first.ask(TIMELINE, id=appeal)).data["appeal"]["timeline"]["nodes"]
    assert [each["before"][0]["value"] for each in nodes] == ["供暖", "供水排水"]
    assert (await seen(first, appeal))["category"] == "SAFETY"


async def test_both_who_had_it_and_who_have_it_now_are_told(copy_url: str) -> None:
    async with listening(copy_url) as client:
        near, far, staff = [await client.as_(name) for name in ("网格员01", "网格员14", "社区01")]
        appeal, _ = await opened(client)
        there = await grid_of(client, "网格员14")
        query = "subscription { appealChanged { kind appeal { address } } }"
        async with phone(near) as old, phone(far) as new:
            for each in (old, new):
                await each.subscribe(query)
            await subscribed(client, 2)
            await corrected(staff, appeal, building=there["building"])
            told = [(await each.receive())["payload"]["data"]["appealChanged"] for each in (old, new)]
    assert told == [
        {"kind": "APPEAL_LEFT", "appeal": None},
        {"kind": "APPEAL_CORRECTED", "appeal": {"address": there["address"]}},
    ]
