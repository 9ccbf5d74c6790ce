"""The whole life of an appeal: dispatched, objected to, paused, rejected, withdrawn, closed by silence, reopened."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.acts.overdue import pass_over_appeals
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, listening, new_id, phone, serving, subscribed

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
COLD = "3号楼2单元 暖气不热"
SEEN = """query($id: ID!) { appeal(id: $id) { status level urgency objections overdue turnTo answer closedBySilence
    pauseEndsAt organisation { name } dispatch { status } dispatches { status reason }
    deadlines { kind dueAt state why } timeline { nodes { kind note } } } }"""
DONE: list[Any] = []


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def then(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application, in the first days of 2024."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def passes(client: Tunping) -> int:
    """One pass over what is overdue."""
    return await client.transact(pass_over_appeals)


async def opened(client: Tunping, **more: Any) -> tuple[str, str]:
    """A cold home, reported at the counter; its id and receipt."""
    new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": COLD} | more
    made = await client.as_nobody().do("openAppeal", new, "receiptCode")
    assert made["errors"] == DONE
    return new["id"], made["receiptCode"]


async def accepted(client: Tunping) -> tuple[str, str]:
    """The same, called back."""
    appeal, receipt = await opened(client)
    await does(await client.as_("网格员01"), "acceptAppeal", appeal)
    return appeal, receipt


async def does(who: Tunping, act: str, appeal: str, **more: Any) -> None:
    """An act that must succeed."""
    assert (await who.do(act, {"appeal": appeal} | more))["errors"] == DONE


async def seen(who: Tunping, appeal: str) -> Any:
    """The appeal."""
    return (await who.ask(SEEN, id=appeal)).data["appeal"]


async def test_what_a_certificate_needs_is_told_within_the_response_time(then: Tunping, clock: Clock) -> None:
    """Story 4."""
    asked = await opened(then, body="办居住证明要带哪些材料？3号楼2单元", kind="INQUIRY")
    worker = await then.as_("网格员01")
    before = await seen(worker, asked[0])
    assert [each["state"] for each in before["deadlines"]] == ["ON_TIME", "ON_TIME"]
    assert before["deadlines"][0]["dueAt"] == "2024-01-09T02:00:00.000Z"
    assert before["deadlines"][0]["why"] == "本社区规定的回应时限：1天"
    clock.turn(3 * HOUR)
    await does(worker, "acceptAppeal", asked[0], note="已电话回复")
    await does(worker, "answerAppeal", asked[0], answer="带身份证和房产证复印件。")
    receipt = "query($code: String!) { receipt(code: $code) { status answer allowedActions deadlines { state } } }"
    told = (await then.as_nobody().ask(receipt, code=asked[1])).data["receipt"]
    assert told == {
        "status": "AWAITING_CONFIRMATION",
        "answer": "带身份证和房产证复印件。",
        "allowedActions": ["CONFIRM", "WITHDRAW", "SUPPLEMENT"],
        "deadlines": [{"state": "MET"}, {"state": "MET"}],
    }


COLD_HOMES = 10
"""Appeals that the heating company was given in the demo's own story."""


async def test_an_organisation_sees_what_it_was_given_and_nothing_else(then: Tunping) -> None:
    worker, partner, other = [await then.as_(name) for name in ("网格员01", "热力公司01", "物业公司01")]
    appeal, _ = await accepted(then)
    assert await seen(partner, appeal) is None
    await does(worker, "dispatchAppeal", appeal, note="整栋都凉")
    assert await partner.refused("answerAppeal", {"appeal": appeal, "answer": "好了"}) == "WRONG_STATE"
    assert await other.refused("acceptDispatch", {"appeal": appeal}) == "NOT_FOUND"
    assert (await seen(partner, appeal))["status"] == "DISPATCHED"
    everything = "{ appeals { totalCount } residents { totalCount } households { totalCount } visits { totalCount } }"
    counted = (await partner.ask(everything)).data
    assert {name: each["totalCount"] for name, each in counted.items()} == {
        "appeals": 1 + COLD_HOMES,
        "residents": 0,
        "households": 0,
        "visits": 0,
    }
    await does(partner, "acceptDispatch", appeal, note="下午两点到")
    await does(partner, "answerAppeal", appeal, answer="已换阀门")
    now = await seen(worker, appeal)
    assert (now["status"], now["dispatch"], now["answer"]) == (
        "AWAITING_CONFIRMATION",
        {"status": "ACCEPTED"},
        "已换阀门",
    )


async def test_an_organisation_reads_on_from_its_dispatch(then: Tunping) -> None:
    appeal, receipt = await opened(then)
    worker, partner = await then.as_("网格员01"), await then.as_("热力公司01")
    await does(worker, "acceptAppeal", appeal, note="老人独居，说话慢一些")
    await does(worker, "answerAppeal", appeal, answer="已请电工看过")
    await does(then.as_nobody(), "confirmAppeal", appeal, satisfied=False, note="还是冷", receiptCode=receipt)
    await does(worker, "dispatchAppeal", appeal, note="请换阀门")
    told = await seen(partner, appeal)
    assert told["timeline"]["nodes"] == [{"kind": "APPEAL_DISPATCHED", "note": "请换阀门"}]
    assert told["answer"] is None
    found = "query($text: String) { appeals(where: {text: $text}) { totalCount } }"
    assert (await partner.ask(found, text="电工")).data["appeals"]["totalCount"] == 0
    await does(partner, "acceptDispatch", appeal)
    await does(partner, "answerAppeal", appeal, answer="已更换阀门")
    told = await seen(partner, appeal)
    assert [each["kind"] for each in told["timeline"]["nodes"]] == [
        "APPEAL_DISPATCHED",
        "DISPATCH_ACCEPTED",
        "APPEAL_ANSWERED",
    ]
    assert told["answer"] == "已更换阀门"
    assert (await partner.ask(found, text="更换阀门")).data["appeals"]["totalCount"] == 1


@pytest.mark.long
async def test_after_two_objections_only_the_community_decides(then: Tunping) -> None:
    worker, partner, staff = [await then.as_(name) for name in ("网格员01", "热力公司01", "社区01")]
    appeal, _ = await accepted(then)
    for reason in ("入户管归物业", "不是我们的管网"):
        await does(worker, "dispatchAppeal", appeal)
        await does(partner, "objectDispatch", appeal, reason=reason)
        assert await seen(partner, appeal) is None
    now = await seen(worker, appeal)
    assert (now["status"], now["objections"]) == ("ACCEPTED", 2)
    assert [each["reason"] for each in now["dispatches"]] == ["入户管归物业", "不是我们的管网"]
    assert await worker.refused("dispatchAppeal", {"appeal": appeal}) == "WRONG_LEVEL"
    property_company = "{ organisations(first: 50) { nodes { id kind } } }"
    bodies = (await staff.ask(property_company)).data["organisations"]["nodes"]
    body = next(each["id"] for each in bodies if each["kind"] == "PROPERTY_COMPANY")
    await does(staff, "dispatchAppeal", appeal, organisation=body)
    assert (await seen(await then.as_("物业公司01"), appeal))["status"] == "DISPATCHED"


async def test_a_dispatch_is_taken_back_and_a_retry_changes_nothing(then: Tunping) -> None:
    worker = await then.as_("网格员01")
    appeal, _ = await accepted(then)
    act = {"appeal": appeal, "act": new_id("act")}
    for _ in range(3):
        assert (await worker.do("dispatchAppeal", act))["errors"] == DONE
    assert len((await seen(worker, appeal))["dispatches"]) == 1
    recall = {"appeal": appeal, "reason": "误派", "act": new_id("act")}
    for _ in range(2):
        assert (await worker.do("recallDispatch", recall))["errors"] == DONE
    now = await seen(worker, appeal)
    assert (now["status"], now["dispatch"], now["objections"]) == ("ACCEPTED", None, 0)
    assert now["dispatches"] == [{"status": "RECALLED", "reason": "误派"}]


async def test_what_one_organisation_took_on_can_be_given_to_another(then: Tunping) -> None:
    worker, first, second = [await then.as_(name) for name in ("网格员01", "热力公司01", "物业公司01")]
    appeal, _ = await accepted(then)
    await does(worker, "dispatchAppeal", appeal)
    await does(first, "acceptDispatch", appeal)
    bodies = (await worker.ask("{ organisations(first: 50) { nodes { id kind } } }")).data["organisations"]["nodes"]
    body = next(each["id"] for each in bodies if each["kind"] == "PROPERTY_COMPANY")
    given = {"appeal": appeal, "organisation": body, "note": "户内管归物业", "act": new_id("act")}
    for _ in range(2):
        assert (await worker.do("dispatchAppeal", given))["errors"] == DONE
    assert await seen(first, appeal) is None
    now = await seen(second, appeal)
    assert (now["status"], now["dispatch"]) == ("DISPATCHED", {"status": "PENDING"})
    assert (await seen(worker, appeal))["dispatches"] == [
        {"status": "RECALLED", "reason": "户内管归物业"},
        {"status": "PENDING", "reason": None},
    ]
    await does(second, "acceptDispatch", appeal)
    assert await first.refused("answerAppeal", {"appeal": appeal, "answer": "好了"}) == "NOT_FOUND"


async def test_a_pause_moves_the_deadlines_and_its_end_moves_them_back(then: Tunping, clock: Clock) -> None:
    worker, staff = await then.as_("网格员01"), await then.as_("社区01")
    appeal, _ = await accepted(then)
    before = (await seen(worker, appeal))["deadlines"][1]["dueAt"]
    pause = {"appeal": appeal, "endsAt": (NOW + 48 * HOUR).isoformat(), "reason": "等配件"}
    assert await worker.refused("pauseAppeal", pause) == "NOT_ALLOWED"
    await does(staff, "pauseAppeal", **pause)
    paused = await seen(worker, appeal)
    assert (paused["deadlines"][1]["state"], paused["deadlines"][1]["dueAt"]) == ("PAUSED", "2024-01-13T02:00:00.000Z")
    assert await staff.refused("pauseAppeal", pause) == "INVALID_INPUT"
    clock.turn(24 * HOUR)
    await does(staff, "resumeAppeal", appeal)
    assert (await seen(worker, appeal))["deadlines"][1]["dueAt"] == "2024-01-12T02:00:00.000Z" > before
    entries = {each["kind"]: each["note"] for each in (await seen(worker, appeal))["timeline"]["nodes"]}
    assert entries["APPEAL_PAUSED"] == "等配件"


async def test_what_is_rejected_says_where_to_turn(then: Tunping) -> None:
    worker = await then.as_("网格员01")
    appeal, receipt = await opened(then)
    no = {"appeal": appeal, "reason": "属于开发商保修", "turnTo": "金穗家园售后 0991-000000"}
    assert await worker.refused("rejectAppeal", no | {"turnTo": " "}) == "INVALID_INPUT"
    await does(worker, "rejectAppeal", **no)
    told = "query($code: String!) { receipt(code: $code) { status answer turnTo closedAt allowedActions } }"
    shown = (await then.as_nobody().ask(told, code=receipt)).data["receipt"]
    closed_at = shown.pop("closedAt")
    assert shown == {
        "status": "REJECTED",
        "answer": "属于开发商保修",
        "turnTo": "金穗家园售后 0991-000000",
        "allowedActions": [],
    }
    case = "query($id: ID!) { case(id: $id) { phase closedAt ... on Appeal { rejectedAt } } }"
    ended = (await worker.ask(case, id=appeal)).data["case"]
    assert ended == {"phase": "ENDED_UNSOLVED", "closedAt": ended["rejectedAt"], "rejectedAt": ended["rejectedAt"]}
    assert ended["closedAt"] == closed_at is not None


async def test_its_reporter_adds_to_it_and_takes_it_back(then: Tunping) -> None:
    nobody, worker = then.as_nobody(), await then.as_("网格员01")
    appeal, receipt = await opened(then)
    due = (await seen(worker, appeal))["deadlines"]
    assert await nobody.refused("addToAppeal", {"appeal": appeal, "note": "更冷了"}) == "NOT_FOUND"
    await does(nobody, "addToAppeal", appeal, note="更冷了", receiptCode=receipt)
    now = await seen(worker, appeal)
    assert now["deadlines"] == due
    assert now["timeline"]["nodes"][-1] == {"kind": "APPEAL_NOTED", "note": "更冷了"}
    await does(nobody, "withdrawAppeal", appeal, receiptCode=receipt)
    assert (await seen(worker, appeal))["status"] == "WITHDRAWN"
    assert await nobody.refused("addToAppeal", {"appeal": appeal, "note": "x", "receiptCode": receipt}) == "WRONG_STATE"


async def satisfaction(who: Tunping) -> dict[str, int]:
    """How many were satisfied, of how many who said so."""
    wanted = "directLine { satisfactionRate { numerator denominator } }"
    january = '{startsOn: "2024-01-01", endsOn: "2024-01-31"}'
    found = (await who.ask(f"{{ statistics(between: {january}) {{ {wanted} }} }}")).data["statistics"]["directLine"]
    rate: dict[str, int] = found["satisfactionRate"]
    return rate


@pytest.mark.long
async def test_silence_closes_it_without_a_rating_and_it_can_be_reopened_for_a_while(
    then: Tunping, clock: Clock
) -> None:
    worker, nobody = await then.as_("网格员01"), then.as_nobody()
    appeal, receipt = await accepted(then)
    await does(worker, "answerAppeal", appeal, answer="已修好")
    rated = await satisfaction(worker)
    clock.turn(timedelta(days=6, hours=23))
    await passes(then)
    assert (await seen(worker, appeal))["status"] == "AWAITING_CONFIRMATION"
    clock.turn(HOUR)
    await passes(then)
    now = await seen(worker, appeal)
    assert (now["status"], now["closedBySilence"]) == ("CLOSED", True)
    assert await satisfaction(worker) == rated
    await does(nobody, "reopenAppeal", appeal, reason="又凉了", receiptCode=receipt)
    now = await seen(worker, appeal)
    assert (now["status"], now["closedBySilence"], now["overdue"]) == ("IN_PROGRESS", False, True)
    await does(worker, "answerAppeal", appeal, answer="又修好了")
    await does(nobody, "confirmAppeal", appeal, satisfied=True, rating=4, receiptCode=receipt)
    assert await satisfaction(worker) == {name: number + 1 for name, number in rated.items()}
    clock.turn(timedelta(days=31))
    late = {"appeal": appeal, "reason": "再凉", "receiptCode": receipt}
    assert await nobody.refused("reopenAppeal", late) == "INVALID_INPUT"


@pytest.mark.long
async def test_after_two_hours_without_a_scheduler_each_overdue_appeal_goes_one_level_up(
    then: Tunping, clock: Clock
) -> None:
    worker = await then.as_("网格员01")
    appeals = [(await opened(then))[0] for _ in range(3)]
    paused, ontime = (await accepted(then))[0], (await opened(then))[0]
    staff = await then.as_("社区01")
    await does(staff, "pauseAppeal", paused, endsAt=(NOW + 999 * HOUR).isoformat(), reason="等配件")
    await passes(then)
    clock.turn(4 * HOUR)
    await does(worker, "acceptAppeal", ontime)
    await does(worker, "addToAppeal", appeals[0], note="催一下")
    await passes(then)
    await passes(then)
    levels = [(await seen(worker, each))["level"] for each in (*appeals, paused, ontime)]
    assert levels == ["COMMUNITY"] * 3 + ["GRID"] * 2
    raised = [
        each for each in (await seen(worker, appeals[0]))["timeline"]["nodes"] if each["kind"] == "APPEAL_OVERDUE"
    ]
    assert raised == [{"kind": "APPEAL_OVERDUE", "note": "超过回应时限"}]
    clock.turn(24 * HOUR)
    await passes(then)
    await passes(then)
    assert (await seen(worker, appeals[0]))["level"] == "FARM"
    clock.turn(99 * HOUR)
    await passes(then)
    kinds = [each["kind"] for each in (await seen(worker, appeals[0]))["timeline"]["nodes"]]
    assert kinds.count("APPEAL_OVERDUE") == 2


async def test_two_passes_at_once_move_nothing_twice(then: Tunping, clock: Clock) -> None:
    appeals = [(await opened(then))[0] for _ in range(5)]
    clock.turn(3 * HOUR)
    await asyncio.gather(*(passes(then) for _ in range(4)))
    worker = await then.as_("社区01")
    for appeal in appeals:
        kinds = [each["kind"] for each in (await seen(worker, appeal))["timeline"]["nodes"]]
        assert kinds.count("APPEAL_OVERDUE") == 1


async def test_two_who_move_one_appeal_at_once_have_one_winner_and_one_clear_refusal(then: Tunping) -> None:
    appeal, _ = await opened(then)
    both = [await then.as_(name) for name in ("网格员01", "网格长01")]
    answers = await asyncio.gather(*(each.do("acceptAppeal", {"appeal": appeal}) for each in both))
    assert sorted(len(each["errors"]) for each in answers) == [0, 1]
    assert [error["code"] for each in answers for error in each["errors"]] == ["WRONG_STATE"]


async def test_the_community_sets_its_times_and_what_is_open_keeps_its_own(then: Tunping) -> None:
    worker, secretary = await then.as_("网格员01"), await then.as_("书记01")
    before, _ = await opened(then)
    community = (await secretary.ask("{ communities { nodes { id } } }")).data["communities"]["nodes"][0]["id"]
    times = {"responseMinutes": 90, "resolutionMinutes": 600, "stepMinutes": 60, "silenceDays": 3, "reopenDays": 10}
    new = {"community": community, "category": "HEATING", "kind": "PROBLEM"} | times
    assert await worker.refused("setTimeLimits", new) == "NOT_ALLOWED"
    assert await secretary.refused("setTimeLimits", new | {"responseMinutes": 0}) == "INVALID_INPUT"
    for _ in range(2):
        assert (await secretary.do("setTimeLimits", new))["errors"] == DONE
    after, _ = await opened(then)
    whys = [(await seen(worker, each))["deadlines"][0]["why"] for each in (before, after)]
    assert whys == ["本社区规定的回应时限（供暖）：2小时", "本社区规定的回应时限（供暖·问题）：90分钟"]
    held = (await secretary.ask("{ timeLimitPolicies { kind category } }")).data["timeLimitPolicies"]
    assert held.count({"kind": "PROBLEM", "category": "HEATING"}) == 1


async def test_whoever_scans_a_code_says_that_it_is_urgent(then: Tunping) -> None:
    worker = await then.as_("网格员01")
    scanned, _ = await opened(then, urgency="URGENT")
    assert (await seen(worker, scanned))["urgency"] == "URGENT"
    urgent = {"id": new_id("appeal"), "body": "3号楼2单元 水管爆裂", "urgency": "URGENT"}
    assert (await worker.do("openAppeal", urgent))["errors"] == DONE
    assert (await seen(worker, urgent["id"]))["deadlines"][0]["dueAt"] == "2024-01-08T02:30:00.000Z"


async def test_what_happens_to_appeals_is_pushed(copy_url: str) -> None:
    async with listening(copy_url) as client:
        worker = await client.as_("网格员01")
        appeal, _ = await opened(client)
        query = "subscription { appealChanged { kind kindLabel appeal { id status } } }"
        async with phone(worker) as pushed:
            await pushed.subscribe(query)
            await subscribed(client)
            await does(worker, "acceptAppeal", appeal)
            message = await pushed.receive()
    told = message["payload"]["data"]["appealChanged"]
    assert told == {
        "kind": "APPEAL_ACCEPTED",
        "kindLabel": "诉求受理",
        "appeal": {"id": appeal, "status": "ACCEPTED"},
    }
