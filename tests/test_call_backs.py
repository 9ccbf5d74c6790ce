"""Call-backs: when, by whom, whether they reached the reporter, what was said. The first that did is the response."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from rules.access import Role
from rules.call_backs import check_called
from rules.refusals import Refusal
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, new_id, serving
from tests.races import Gate

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DONE: list[Any] = []
SEEN = """query($id: ID!) { appeal(id: $id) { status acceptedAt handledBy { username } deadlines { kind state }
    callBacks { reached said calledAt calledBy { username } } timeline { nodes { kind note } } allowedActions } }"""


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def then(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application, in the first days of 2024."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def opened(client: Tunping) -> tuple[str, str]:
    """A cold home, reported at the counter: its id and receipt."""
    new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": "3号楼2单元 暖气不热"}
    made = await client.as_nobody().do("openAppeal", new, "receiptCode")
    assert made["errors"] == DONE
    return new["id"], made["receiptCode"]


async def called(who: Tunping, appeal: str, **given: Any) -> Any:
    """A call-back that is recorded."""
    new = {"id": new_id("callback"), "appeal": appeal} | given
    made = await who.do("recordCallBack", new, "callBack { id } appeal { status }")
    assert made["errors"] == DONE
    assert made["callBack"] == {"id": new["id"]}
    return made["appeal"]["status"]


async def seen(who: Tunping, appeal: str) -> Any:
    """The appeal."""
    return (await who.ask(SEEN, id=appeal)).data["appeal"]


async def test_who_reaches_nobody_has_not_responded_and_who_reaches_them_has(then: Tunping, clock: Clock) -> None:
    worker = await then.as_("网格员01")
    appeal, receipt = await opened(then)
    clock.turn(HOUR)
    assert await called(worker, appeal, reached=False, said="响了很久") == "SUBMITTED"
    waiting = await seen(worker, appeal)
    assert (waiting["acceptedAt"], waiting["deadlines"][0]) == (None, {"kind": "RESPONSE", "state": "ON_TIME"})
    clock.turn(HOUR / 2)
    assert await called(worker, appeal, reached=True, said="今天上午过去看") == "ACCEPTED"
    clock.turn(HOUR)
    assert await called(worker, appeal, reached=True, said="再问一次") == "ACCEPTED"
    found = await seen(worker, appeal)
    assert found["acceptedAt"] == "2024-01-08T03:30:00.000Z"
    assert found["handledBy"] == {"username": "网格员01"}
    assert found["deadlines"][0] == {"kind": "RESPONSE", "state": "MET"}
    by = {"calledBy": {"username": "网格员01"}}
    assert found["callBacks"] == [
        {"reached": False, "said": "响了很久", "calledAt": "2024-01-08T03:00:00.000Z"} | by,
        {"reached": True, "said": "今天上午过去看", "calledAt": "2024-01-08T03:30:00.000Z"} | by,
        {"reached": True, "said": "再问一次", "calledAt": "2024-01-08T04:30:00.000Z"} | by,
    ]
    assert found["timeline"]["nodes"] == [
        {"kind": "APPEAL_OPENED", "note": None},
        {"kind": "CALL_BACK_RECORDED", "note": "没有联系上：响了很久"},
        {"kind": "APPEAL_ACCEPTED", "note": "今天上午过去看"},
        {"kind": "CALL_BACK_RECORDED", "note": "再问一次"},
    ]
    query = "query($code: String!) { receipt(code: $code) { steps { label said } } }"
    steps = (await then.as_nobody().ask(query, code=receipt)).data["receipt"]["steps"]
    assert [each["label"] for each in steps] == ["诉求提交", "回访", "诉求受理", "回访"]
    assert {each["said"] for each in steps} == {None}


async def test_accepting_is_a_call_back_that_reached_the_reporter(then: Tunping) -> None:
    worker = await then.as_("网格员01")
    appeal, _ = await opened(then)
    assert (await worker.do("acceptAppeal", {"appeal": appeal, "note": "已上门看过"}))["errors"] == DONE
    (call,) = (await seen(worker, appeal))["callBacks"]
    assert (call["reached"], call["said"], call["calledAt"]) == (True, "已上门看过", "2024-01-08T02:00:00.000Z")


async def test_a_call_that_is_recorded_later_counts_for_when_it_was_made(then: Tunping, clock: Clock) -> None:
    worker = await then.as_("网格员01")
    appeal, _ = await opened(then)
    made_at = (NOW + HOUR).isoformat()
    clock.turn(5 * HOUR)
    assert await called(worker, appeal, reached=True, calledAt=made_at) == "ACCEPTED"
    assert (await seen(worker, appeal))["deadlines"][0] == {"kind": "RESPONSE", "state": "MET"}
    for wrong, code in ((NOW - HOUR, "INVALID_INPUT"), (NOW + 9 * HOUR, "IN_FUTURE")):
        given = {"id": new_id("callback"), "appeal": appeal, "reached": True, "calledAt": wrong.isoformat()}
        assert await worker.refused("recordCallBack", given) == code


async def test_only_who_works_on_it_records_and_reads_call_backs(then: Tunping) -> None:
    worker = await then.as_("网格员01")
    appeal, _ = await opened(then)
    await called(worker, appeal, reached=True)
    new = {"id": new_id("callback"), "appeal": appeal, "reached": True}
    assert await (await then.as_("网格员14")).refused("recordCallBack", new) == "NOT_FOUND"
    assert await (await then.as_("联户长03")).refused("recordCallBack", new) == "NOT_ALLOWED"
    assert await then.as_nobody().refused("recordCallBack", new) == "UNAUTHENTICATED"
    assert (await worker.do("dispatchAppeal", {"appeal": appeal}))["errors"] == DONE
    partner = await then.as_("热力公司01")
    assert (await seen(partner, appeal))["callBacks"] == []
    assert (await worker.do("withdrawAppeal", {"appeal": appeal}))["errors"] == DONE
    assert await worker.refused("recordCallBack", new) == "WRONG_STATE"


async def test_a_retry_records_one_call(then: Tunping) -> None:
    worker = await then.as_("网格员01")
    appeal, _ = await opened(then)
    new = {"id": new_id("callback"), "appeal": appeal, "reached": True}
    first, second = await worker.do("recordCallBack", new), await worker.do("recordCallBack", new)
    assert first == second
    assert len((await seen(worker, appeal))["callBacks"]) == 1
    assert await worker.refused("recordCallBack", new | {"reached": False}) == "CONFLICT"


async def test_of_two_who_call_at_once_one_accepts_and_both_are_on_record(
    then: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await then.as_("网格员01"), await then.as_("社区01")
    appeal, _ = await opened(then)
    calls = (called(who, appeal, reached=True) for who in (first, second))
    assert await Gate(monkeypatch, then).race(*calls) == ("ACCEPTED", "ACCEPTED")
    found = await seen(first, appeal)
    kinds = [each["kind"] for each in found["timeline"]["nodes"]]
    assert kinds == ["APPEAL_OPENED", "APPEAL_ACCEPTED", "CALL_BACK_RECORDED"]
    assert len(found["callBacks"]) == 2


async def test_every_response_of_the_demo_is_a_call_back(demo_url: str) -> None:
    connection = await asyncpg.connect(demo_url)
    try:
        responses = """select count(*) from appeal a where accepted_at is not null and incident_id is null
            and from_report_id is null and report_kind is null"""
        called = " and accepted_at = (select min(called_at) from call_back c where c.appeal_id = a.id and reached)"
        found = await connection.fetchval(responses), await connection.fetchval(responses + called)
    finally:
        await connection.close()
    assert found == (96, 96)


@pytest.mark.parametrize("called_at", [NOW - timedelta(seconds=1), NOW + 2 * HOUR])
def test_a_call_back_is_between_the_appeal_and_now(called_at: datetime) -> None:
    with pytest.raises(Refusal):
        check_called(called_at, NOW, NOW + HOUR, Role.GRID_WORKER)
