"""Story 2: homes on one riser are cold. One incident, one dispatch, a receipt each; it closes when the last is warm."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Tunping, new_id, serving

HOMES = 10
INCIDENT = """query($id: ID!) { node(id: $id) { ... on Incident { title category unit closedAt
    dispatches { status reason } building { name } appeals(first: 100) { totalCount nodes { id status } }
    timeline(first: 100) { nodes { kind note } } } } }"""
CANDIDATES = """{ incidentCandidates { nodes { count category unit building { name } incident { id }
    appeals(first: 100) { nodes { id } } } } }"""


@pytest.fixture
async def riser(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, now."""
    async with serving(copy_url, token_seconds=10**6) as client:
        yield client


async def cold(client: Tunping, building: int, unit: int, count: int = HOMES) -> list[tuple[str, str]]:
    """Appeals from homes of one unit: their ids and receipts."""
    made = []
    for number in range(count):
        new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": f"{building}号楼{unit}单元 暖气不热 {number}"}
        done = await client.as_nobody().do("openAppeal", new, "receiptCode")
        assert done["errors"] == []
        made.append((new["id"], done["receiptCode"]))
    return made


async def merged(worker: Tunping, appeals: list[tuple[str, str]]) -> str:
    """An incident of them."""
    uuid = new_id("incident")
    given = {"incident": uuid, "appeals": [appeal for appeal, _ in appeals], "title": "立管不热"}
    assert await worker.do("mergeIntoIncident", given, "incident { id }") == {"incident": {"id": uuid}, "errors": []}
    return uuid


async def does(who: Tunping, mutation: str, **given: Any) -> None:
    """An act that must succeed."""
    assert (await who.do(mutation, given))["errors"] == []


async def seen(who: Tunping, incident: str) -> Any:
    """The incident."""
    return (await who.ask(INCIDENT, id=incident)).data["node"]


def statuses(incident: Any) -> dict[str, int]:
    """How many appeals stand where."""
    found = [each["status"] for each in incident["appeals"]["nodes"]]
    return {status: found.count(status) for status in sorted(set(found))}


@pytest.mark.long
async def test_ten_cold_homes(riser: Tunping) -> None:
    worker, partner, nobody = await riser.as_("网格员01"), await riser.as_("热力公司01"), riser.as_nobody()
    appeals = await cold(riser, 2, 1)
    (group,) = (await worker.ask(CANDIDATES)).data["incidentCandidates"]["nodes"]
    assert (group["count"], group["category"], group["unit"], group["building"]) == (
        10,
        "HEATING",
        1,
        {"name": "2号楼"},
    )
    assert {each["id"] for each in group["appeals"]["nodes"]} == {appeal for appeal, _ in appeals}
    incident = await merged(worker, appeals)
    assert (await worker.ask(CANDIDATES)).data["incidentCandidates"]["nodes"] == []
    assert await seen(partner, incident) is None
    await does(worker, "dispatchIncident", incident=incident, note="整个立管")
    assert statuses(await seen(partner, incident)) == {"DISPATCHED": 10}
    assert await partner.refused("acceptDispatch", {"appeal": appeals[0][0]}) == "INVALID_INPUT"
    await does(partner, "acceptIncident", incident=incident)
    await does(partner, "answerIncident", incident=incident, answer="更换立管阀门")
    for appeal, receipt in appeals[:9]:
        await does(nobody, "confirmAppeal", appeal=appeal, satisfied=True, rating=5, receiptCode=receipt)
    last, receipt = appeals[9]
    await does(nobody, "confirmAppeal", appeal=last, satisfied=False, note="我家还凉", receiptCode=receipt)
    now = await seen(worker, incident)
    assert (now["closedAt"], statuses(now)) == (None, {"CLOSED": 9, "IN_PROGRESS": 1})
    await does(partner, "answerIncident", incident=incident, answer="又排了气")
    await does(nobody, "confirmAppeal", appeal=last, satisfied=True, receiptCode=receipt)
    now = await seen(worker, incident)
    assert datetime.fromisoformat(now["closedAt"]) <= datetime.now(UTC)
    assert len(now["dispatches"]) == 1
    assert [each["note"] for each in now["timeline"]["nodes"] if each["kind"] == "INCIDENT_HANDLED"] == [
        "派单：三坪热力公司",
        "单位接单",
        "诉求答复：更换立管阀门",
        "诉求答复：又排了气",
    ]
    told = "query($code: String!) { receipt(code: $code) { appealId status } }"
    for appeal, receipt in appeals:
        shown = (await nobody.ask(told, code=receipt)).data["receipt"]
        assert shown == {"appealId": appeal, "status": "CLOSED"}
    await does(nobody, "reopenAppeal", appeal=last, reason="半夜又凉", receiptCode=receipt)
    assert (await seen(worker, incident))["closedAt"] is None


async def test_an_incident_tells_what_its_appeals_allow_and_when_they_are_due(riser: Tunping) -> None:
    worker, partner = await riser.as_("网格员01"), await riser.as_("热力公司01")
    appeals = await cold(riser, 2, 2, 2)
    incident = await merged(worker, appeals)
    case = """query($id: ID!) { incident(id: $id) { status level phase handlingLevel address allowedActions
        deadlines { kind dueAt state } appeals { nodes { level deadlines { kind dueAt state } } } } }"""
    shown = (await worker.ask(case, id=incident)).data["incident"]
    of_appeals = [each["deadlines"] for each in shown["appeals"]["nodes"]]
    assert shown["deadlines"] == min(of_appeals, key=lambda each: each[1]["dueAt"])
    told = [shown[each] for each in ("status", "level", "phase", "handlingLevel", "address")]
    assert told == ["OPEN", "GRID", "UNDERWAY", "GRID", "金穗家园2号楼2单元"]
    assert shown["allowedActions"] == ["DISPATCH"]
    await does(worker, "dispatchIncident", incident=incident)
    for who, allowed in ((worker, ["RECALL"]), (partner, ["TAKE_ON", "RETURN"])):
        assert (await who.ask(case, id=incident)).data["incident"]["allowedActions"] == allowed
    await does(worker, "escalateAppeal", appeal=appeals[0][0], reason="一直没有热")
    shown = (await worker.ask(case, id=incident)).data["incident"]
    assert (shown["level"], shown["handlingLevel"], shown["allowedActions"]) == ("COMMUNITY", "COMMUNITY", [])
    assert await worker.refused("recallIncident", {"incident": incident, "reason": "x"}) == "WRONG_LEVEL"
    await does(partner, "acceptIncident", incident=incident)
    await does(partner, "answerIncident", incident=incident, answer="已经热了")
    for appeal, receipt in appeals:
        await does(riser.as_nobody(), "confirmAppeal", appeal=appeal, satisfied=True, receiptCode=receipt)
    shown = (await worker.ask(case, id=incident)).data["incident"]
    assert (shown["status"], shown["phase"], shown["deadlines"]) == ("CLOSED", "SOLVED", [])


@pytest.mark.long
async def test_who_comes_later_goes_the_way_of_the_others(riser: Tunping) -> None:
    worker, partner = await riser.as_("网格员01"), await riser.as_("热力公司01")
    incident = await merged(worker, await cold(riser, 2, 2, 2))
    await does(worker, "dispatchIncident", incident=incident)
    await does(partner, "acceptIncident", incident=incident)
    late = await cold(riser, 2, 2, 2)
    (group,) = (await worker.ask(CANDIDATES)).data["incidentCandidates"]["nodes"]
    assert group["incident"] == {"id": incident}
    joining = {"incident": incident, "appeals": [appeal for appeal, _ in late], "act": new_id("act")}
    for _ in range(3):
        await does(worker, "mergeIntoIncident", **joining)
    now = await seen(partner, incident)
    assert (now["appeals"]["totalCount"], statuses(now)) == (4, {"IN_PROGRESS": 4})


@pytest.mark.long
async def test_a_dispatch_is_no_response_until_the_reporter_is_called_back_or_answered(riser: Tunping) -> None:
    worker, partner = await riser.as_("网格员01"), await riser.as_("热力公司01")
    appeals = await cold(riser, 2, 2, 2)
    incident = await merged(worker, appeals)
    await does(worker, "dispatchIncident", incident=incident)
    query = """query($id: ID!) { appeal(id: $id) { acceptedAt callBacks { reached }
        deadlines { kind metAt } } }"""

    async def response(appeal: str) -> tuple[bool, bool, int]:
        found = (await worker.ask(query, id=appeal)).data["appeal"]
        met = {each["kind"]: each["metAt"] is not None for each in found["deadlines"]}
        return found["acceptedAt"] is not None, met["RESPONSE"], len(found["callBacks"])

    assert [await response(appeal) for appeal, _ in appeals] == [(False, False, 0)] * 2
    await does(worker, "recordCallBack", id=new_id("callback"), appeal=appeals[0][0], reached=False)
    assert await response(appeals[0][0]) == (False, False, 1)
    await does(worker, "recordCallBack", id=new_id("callback"), appeal=appeals[0][0], reached=True)
    assert [await response(appeal) for appeal, _ in appeals] == [(True, True, 2), (False, False, 0)]
    await does(partner, "acceptIncident", incident=incident)
    await does(partner, "answerIncident", incident=incident, answer="已经热了")
    assert [await response(appeal) for appeal, _ in appeals] == [(True, True, 2), (True, True, 0)]


async def test_an_objection_brings_all_of_it_back(riser: Tunping) -> None:
    worker, partner = await riser.as_("网格员01"), await riser.as_("热力公司01")
    incident = await merged(worker, await cold(riser, 4, 1, 3))
    await does(worker, "dispatchIncident", incident=incident)
    assert await partner.refused("objectIncident", {"incident": incident, "reason": " "}) == "INVALID_INPUT"
    await does(partner, "objectIncident", incident=incident, reason="户内管归物业")
    assert await seen(partner, incident) is None
    now = await seen(worker, incident)
    assert (statuses(now), now["dispatches"]) == ({"ACCEPTED": 3}, [{"status": "OBJECTED", "reason": "户内管归物业"}])
    assert await worker.refused("recallIncident", {"incident": incident, "reason": "x"}) == "WRONG_STATE"


async def test_after_two_objections_only_the_community_decides_for_all_of_it(riser: Tunping) -> None:
    worker, staff = await riser.as_("网格员01"), await riser.as_("社区01")
    partner = await riser.as_("热力公司01")
    incident = await merged(worker, await cold(riser, 5, 2, 2))
    for reason in ("户内管归物业", "不是我们的管网"):
        await does(worker, "dispatchIncident", incident=incident)
        await does(partner, "objectIncident", incident=incident, reason=reason)
    assert await worker.refused("dispatchIncident", {"incident": incident}) == "WRONG_LEVEL"
    assert len((await seen(worker, incident))["dispatches"]) == 2
    await does(staff, "dispatchIncident", incident=incident)
    assert statuses(await seen(partner, incident)) == {"DISPATCHED": 2}


async def test_what_is_not_one_thing_is_not_merged(riser: Tunping) -> None:
    worker = await riser.as_("网格员01")
    (one, _), (two, _) = await cold(riser, 4, 2, 2)
    ((elsewhere, _),) = await cold(riser, 4, 1, 1)
    new = new_id("incident")
    before = await riser.count("incident"), await riser.count("journal")
    for appeals, code in (
        ([one], "INVALID_INPUT"),
        ([one, elsewhere], "INVALID_INPUT"),
        ([one, new_id("appeal")], "NOT_FOUND"),
    ):
        assert await worker.refused("mergeIntoIncident", {"incident": new, "appeals": appeals}) == code
    assert (
        await (await riser.as_("联户长03")).refused("mergeIntoIncident", {"incident": new, "appeals": [one, two]})
        == "NOT_ALLOWED"
    )
    await does(worker, "withdrawAppeal", appeal=two)
    assert await worker.refused("mergeIntoIncident", {"incident": new, "appeals": [one, two]}) == "WRONG_STATE"
    assert (await riser.count("incident"), await riser.count("journal")) == (before[0], before[1] + 1)


async def test_an_incident_of_others_is_taken_for_a_new_one(riser: Tunping) -> None:
    worker, elsewhere = await riser.as_("网格员01"), await riser.as_("网格员12")
    hidden = await merged(worker, await cold(riser, 3, 2, 2))
    (first, _), *_ = await cold(riser, 3, 2, 2)
    given = {"appeals": [first], "title": "立管不热"}
    ids = hidden, new_id("incident")
    answers = [await elsewhere.do("mergeIntoIncident", given | {"incident": each}) for each in ids]
    assert answers[0] == answers[1]
    own = [each for each, _ in await cold(riser, 3, 2, 2)]
    pool = riser.app.state.owner
    await pool.execute(
        """update appeal a set grid_id = p.grid_id, community_id = p.community_id from assignment p, account c
        where c.username = '网格员12' and p.account_id = c.id and a.id = any($1::uuid[])""",
        [each.removeprefix("appeal_") for each in own],
    )
    taken = await elsewhere.do("mergeIntoIncident", {"incident": hidden, "appeals": own})
    assert [each["code"] for each in taken["errors"]] == ["CONFLICT"]
    assert statuses(await seen(worker, hidden)) == {"SUBMITTED": 2}


@pytest.mark.long
async def test_the_last_two_who_confirm_at_once_close_it(riser: Tunping) -> None:
    worker, nobody = await riser.as_("网格员01"), riser.as_nobody()
    appeals = await cold(riser, 5, 1, 4)
    incident = await merged(worker, appeals)
    await does(worker, "dispatchIncident", incident=incident)
    await does(worker, "recallIncident", incident=incident, reason="自己修好了")
    await does(worker, "answerIncident", incident=incident, answer="已排气")
    await asyncio.gather(
        *(
            does(nobody, "confirmAppeal", appeal=appeal, satisfied=True, receiptCode=receipt)
            for appeal, receipt in appeals
        )
    )
    assert (await seen(worker, incident))["closedAt"] is not None


@pytest.mark.long
async def test_fifty_submissions_with_one_id_are_one_appeal(riser: Tunping) -> None:
    new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": "3号楼2单元 停水了"}
    before = await riser.count("appeal")
    answers = await asyncio.gather(*(riser.as_nobody().do("openAppeal", new, "receiptCode") for _ in range(50)))
    assert await riser.count("appeal") == before + 1
    assert len({each["receiptCode"] for each in answers}) == 1
    assert all(each["errors"] == [] for each in answers)
