"""Background work that has stopped is noticed, once, and so is its return."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.app import create_app
from api.background.worker import Worker
from db.acts import clients
from db.acts.overdue import BATCH
from db.acts.scheduler import notice_silence
from db.webhooks import collect
from tests.client import Clock, Tunping, listening, new_id, phone, serving, settings
from tests.test_calls import a_call
from tests.test_centre import a_case, credentials, refer

NOW = datetime(2024, 3, 4, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHANGES = "subscription($after: Cursor) { schedulerChanged(after: $after) { kind kindLabel note } }"


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def server(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application, whose background work is done by the tests."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def ready(client: Tunping) -> Any:
    """What a monitor reads."""
    return (await client.http.get("/ready")).json()


async def looks(client: Tunping) -> bool:
    """The server looks whether the worker is alive."""
    return await client.transact(notice_silence)


async def entries(client: Tunping) -> list[str]:
    """What went on the record."""
    rows = await client.app.state.owner.fetch("select kind from journal where kind like 'SCHEDULER%' order by id")
    return [row["kind"] for row in rows]


@pytest.mark.long
async def test_a_dead_worker_is_noticed_once_and_its_return_too(server: Tunping, clock: Clock) -> None:
    worker = Worker(server.app.state.system, clock, None)
    await worker.pass_over()
    found = await ready(server)
    del found["record"]  # The rows of the demo wait for their links.
    del found["feed"]  # tests/test_positions.py
    assert found == {
        "ready": True,
        "scheduler": {"lastPassAt": "2024-03-04T02:00:00+00:00", "late": False},
        "messages": {"waitingSince": None, "late": False},
        "webhooks": {"waitingSince": None, "late": False},
        "pushes": {"waitingSince": None, "late": False},
    }
    clock.turn(5 * MINUTE)
    assert not await looks(server)
    clock.turn(MINUTE)
    assert (await ready(server))["scheduler"]["late"] is True
    assert [await looks(server) for _ in range(3)] == [True, False, False]
    assert await entries(server) == ["SCHEDULER_LATE"]
    clock.turn(60 * MINUTE)
    await worker.pass_over()
    assert (await ready(server))["scheduler"]["late"] is False
    assert not await looks(server)
    assert await entries(server) == ["SCHEDULER_LATE", "SCHEDULER_BACK"]


async def late(client: Tunping) -> list[bool]:
    """Whether messages and webhooks are late."""
    told = await ready(client)
    return [told["messages"]["late"], told["webhooks"]["late"]]


@pytest.mark.long
async def test_messages_and_webhooks_that_wait_are_late_after_five_minutes(copy_url: str) -> None:
    clock = Clock(datetime.now(UTC))
    async with serving(copy_url, clock, token_seconds=10**5) as client:
        worker, pool = await client.as_("网格员01"), client.app.state.owner
        assert (await worker.do("callForHelp", await a_call(worker, most=1)))["errors"] == []
        made = await credentials(client, "晚点系统")
        await client.transact(lambda tx: clients.set_webhook(tx, "晚点系统", "https://centre.example", private=False))
        await refer(client, *await a_case(client))
        while not await client.transact(lambda tx: collect(tx, made.client)):
            pass  # An open transaction elsewhere holds the journal up.
        assert (await ready(client))["messages"] == {"waitingSince": clock().isoformat(), "late": False}
        assert await late(client) == [False, False]
        clock.turn(6 * MINUTE)
        assert await late(client) == [False, True], "without a gateway messages wait for ever"
        options = settings(copy_url, sms_url="http://127.0.0.1:1/send")
        client.app.state.sends_messages = create_app(options, copy_url).state.sends_messages
        assert await late(client) == [True, True]
        await pool.execute("update message set sent_at = $1", clock())
        await client.transact(lambda tx: clients.disable_client(tx, "晚点系统"))
        nothing = {"waitingSince": None, "late": False}
        assert [(await ready(client))[name] for name in ("messages", "webhooks")] == [nothing, nothing]


async def test_what_came_due_meanwhile_goes_up_with_the_first_pass(server: Tunping, clock: Clock) -> None:
    worker, them = Worker(server.app.state.system, clock, None), await server.as_("网格员01")
    new = {"id": new_id("appeal"), "body": "3号楼2单元 暖气不热"}
    assert (await them.do("openAppeal", new))["errors"] == []
    clock.turn(240 * MINUTE)
    await worker.pass_over()
    seen = await them.ask("query($id: ID!) { appeal(id: $id) { level } }", id=new["id"])
    assert seen.data["appeal"] == {"level": "COMMUNITY"}


MANY = 3 * BATCH + 1
COPIED = """insert into appeal (id, community_id, grid_id, building_id, unit, source, kind, category, body,
        receipt_code, opened_at, clock_policy_id, response_due_at, resolution_due_at, level, status, urgency,
        closed_by_silence, objections)
    select gen_random_uuid(), community_id, grid_id, building_id, unit, source, kind, category, body, 'MANY' || n,
        opened_at, clock_policy_id, response_due_at, resolution_due_at, level, status, urgency, closed_by_silence,
        objections
    from appeal, generate_series(1, $2) n where 'appeal_' || id = $1"""
LEVELS = "select level, count(*) from appeal where receipt_code like 'MANY%' group by level"
RAISED = """select count(*), count(distinct appeal_id) from journal join appeal a on a.id = appeal_id
    where journal.kind = 'APPEAL_OVERDUE' and receipt_code like 'MANY%'"""


@pytest.mark.long
async def test_after_two_hours_of_silence_all_that_is_overdue_goes_up_at_once_and_one_level(
    server: Tunping, clock: Clock
) -> None:
    worker, pool = Worker(server.app.state.system, clock, None), server.app.state.owner
    new = {"id": new_id("appeal"), "body": "3号楼2单元 暖气不热"}
    assert (await (await server.as_("网格员01")).do("openAppeal", new))["errors"] == []
    await pool.execute(COPIED, new["id"], MANY)
    await worker.pass_over()
    assert dict(await pool.fetch(LEVELS)) == {"GRID": MANY}
    clock.turn(120 * MINUTE)
    await worker.pass_over()
    assert dict(await pool.fetch(LEVELS)) == {"COMMUNITY": MANY}
    clock.turn(MINUTE)
    await worker.pass_over()
    assert dict(await pool.fetch(LEVELS)) == {"COMMUNITY": MANY}
    assert tuple(await pool.fetchrow(RAISED)) == (MANY, MANY)


@pytest.mark.long
async def test_the_staff_is_told(copy_url: str) -> None:
    clock = Clock()
    async with listening(copy_url, clock) as client:
        await Worker(client.app.state.system, clock, None).pass_over()
        staff = await client.as_("社区01")
        start = (await staff.ask("{ liveCursor }")).data["liveCursor"]
        async with phone(staff) as office:
            await office.subscribe(CHANGES, after=start)
            clock.turn(6 * MINUTE)
            assert await looks(client)
            told = (await office.receive())["payload"]["data"]["schedulerChanged"]
    assert (told["kind"], told["kindLabel"]) == ("SCHEDULER_LATE", "后台任务停摆")
    assert told["note"].startswith("自 ")
