"""The rungs of the safety ladder: who is told, and when it is rung by hand."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.background.worker import Worker
from db.acts.alerts import climb
from db.messages import lease
from rules.alerts import LADDER
from tests.client import Clock, Tunping, listening, new_id, phone, serving
from tests.ladders import (
    COMMUNITY,
    DOOR,
    FEW,
    HEAD,
    INVITED,
    NEIGHBOURS,
    STEP,
    entries,
    report,
    rings,
    rungs,
    state,
    told,
)
from tests.races import Gate
from tests.test_alerts import DAY, mine, passes, red_day
from tests.test_calls import a_call
from tests.test_duty import grandpa


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(DAY)


@pytest.fixture
async def that_day(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application on the day of the clock, with few people who live alone, so that a pass takes little time."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        await client.app.state.owner.execute(FEW)
        yield client


async def test_each_rung_reaches_its_people_by_message_once(that_day: Tunping, clock: Clock) -> None:
    _, alert = await rings(that_day, clock, datetime(2024, 8, 5, 4, tzinfo=UTC))
    first = await told(that_day, alert)
    assert {row["username"] for row in first} == {"网格员01", "联户长03"}
    worker, head = first
    assert worker["body"].startswith(f"【屯坪社区】{DOOR}今天还没有联系上。请尽快核实。联户长：")
    assert head["body"].startswith(f"【屯坪社区】{DOOR}今天还没有联系上。请您敲门看看，并反馈情况。网格员：")
    assert head["to_phone"] in worker["body"]
    assert worker["to_phone"] in head["body"]
    for _ in range(2):
        clock.turn(STEP)
        await passes(that_day)
        await passes(that_day)
    everybody = await told(that_day, alert)
    office = {"社区01", "社区02", "副主任01", "副主任02", "书记01", "网格长01"}
    assert Counter(row["username"] for row in everybody) == Counter({"网格员01", "联户长03"} | office)
    neighbours = await that_day.app.state.owner.fetch(INVITED, alert)
    assert 0 < len(neighbours) <= 8
    texts = [row["body"] for row in (*everybody, *neighbours)]
    assert all(each.startswith(f"【屯坪社区】{DOOR}") and "王" not in each.split("：")[0] for each in texts)
    assert (await state(await that_day.as_("书记01"), alert))["rungs"] == [
        {"rung": HEAD, "reached": 1},
        {"rung": NEIGHBOURS, "reached": len(neighbours)},
        {"rung": COMMUNITY, "reached": 6},
    ]


async def test_a_rung_without_anybody_is_passed_at_once_and_says_so(that_day: Tunping, clock: Clock) -> None:
    await red_day(that_day, clock, datetime(2024, 8, 6, 4, tzinfo=UTC))
    pool, secretary = that_day.app.state.owner, await that_day.as_("书记01")
    await pool.execute("create table kept as select id, phone from account where role = 'BUILDING_HEAD'")
    await pool.execute("update account set phone = null where role = 'BUILDING_HEAD'")
    try:
        rang = await passes(that_day)
        query = """select 'alert_' || id as id, exists (select from alert_rung r where r.alert_id = a.id
            and rung = 'NEIGHBOURS' and reached = 0) as alone from alert a where day = '2024-08-06'"""
        found = await pool.fetch(query)
        alone, others = ([row["id"] for row in found if row["alone"] is each] for each in (True, False))
        assert others
        assert rang == 3 * len(alone) + 2 * len(others)
        for alert in alone:
            assert await rungs(secretary, alert) == [HEAD, NEIGHBOURS, COMMUNITY]
        first = others[0]
        assert (await state(secretary, first))["rungs"][0] == {"rung": HEAD, "reached": 0}
        said = await entries(that_day, first)
        assert said == [
            ("ALERT_RAISED", HEAD, "联户长无人可通知"),
            ("ALERT_CLIMBED", NEIGHBOURS, None),
        ]
        clock.turn(STEP)
        assert await passes(that_day) == len(others)
    finally:
        await pool.execute("update account a set phone = k.phone from kept k where k.id = a.id; drop table kept")


@pytest.mark.long
async def test_with_nobody_anywhere_it_ends_at_the_community_and_says_so(that_day: Tunping, clock: Clock) -> None:
    await red_day(that_day, clock, datetime(2024, 8, 7, 4, tzinfo=UTC))
    pool, secretary = that_day.app.state.owner, await that_day.as_("书记01")
    everybody = "create table kept as select 'account' as t, id, phone from account union select 'resident', id, phone"
    await pool.execute(f"{everybody} from resident; update account set phone = null; update resident set phone = null")
    try:
        await passes(that_day)
        alert = (await mine(secretary) or {})["id"]
        empty = [{"rung": each, "reached": 0} for each in (HEAD, NEIGHBOURS, COMMUNITY)]
        assert (await state(secretary, alert))["rungs"] == empty
        assert (await entries(that_day, alert))[-1] == ("ALERT_CLIMBED", COMMUNITY, "社区无人可通知")
        clock.turn(STEP)
        assert await passes(that_day) == 0
        # Whoever is signed in gets the live feed there.
        await pool.execute(
            """with phone as (insert into device (account_id, name, first_seen_at)
                    select id, 'app', now() from account where username = '联户长03' returning id, account_id)
                insert into device_session (account_id, device_id, token_digest, rotated_at, expires_at)
                select account_id, id, 'x', now(), now() + interval '1 day' from phone"""
        )
        clock.turn(timedelta(days=1))
        await passes(that_day)
        alert = (await mine(secretary) or {})["id"]
        assert (await state(secretary, alert))["rungs"] == [{"rung": HEAD, "reached": 1}]
    finally:
        for name in ("account", "resident"):
            await pool.execute(f"update {name} t set phone = k.phone from kept k where k.id = t.id and k.t = '{name}'")
        await pool.execute("drop table kept; delete from device_session; delete from device")


async def test_the_head_sees_the_door_and_whom_to_phone_and_no_more(that_day: Tunping, clock: Clock) -> None:
    _, alert = await rings(that_day, clock, datetime(2024, 8, 12, 4, tzinfo=UTC))
    head = await that_day.as_("联户长03")
    query = """query($id: ID!) { alert(id: $id) { household { address } workers { username name phone }
        resident { name phone colours } invitations { totalCount } } }"""
    seen = (await head.ask(query, id=alert)).data["alert"]
    (worker,) = seen["workers"]
    assert seen["household"] == {"address": DOOR}
    assert (worker["username"], bool(worker["name"] and worker["phone"])) == ("网格员01", True)
    assert seen["resident"] == {"name": "王德顺", "phone": None, "colours": None}
    assert seen["invitations"] == {"totalCount": 0}
    assert (await (await that_day.as_("联户长01")).ask(query, id=alert)).data == {"alert": None}


async def test_who_stands_in_is_told_instead_of_who_is_away(that_day: Tunping, clock: Clock) -> None:
    pool = that_day.app.state.owner
    await pool.execute(
        """insert into assignment (account_id, community_id, grid_id, stands_in_for, starts_on, ends_on)
        select other.id, p.community_id, p.grid_id, p.account_id, current_date - 1, current_date + 1
        from assignment p join account a on a.id = p.account_id and a.username = '网格员01', account other
        where other.username = '网格员02'"""
    )
    try:
        _, alert = await rings(that_day, clock, datetime(2024, 8, 13, 4, tzinfo=UTC))
        assert {row["username"] for row in await told(that_day, alert)} == {"网格员02", "联户长03"}
        query = "query($id: ID!) { alert(id: $id) { workers { username } } }"
        seen = (await (await that_day.as_("联户长03")).ask(query, id=alert)).data["alert"]["workers"]
        assert seen == [{"username": "网格员02"}]
    finally:
        await pool.execute("delete from assignment where stands_in_for is not null and ends_on = current_date + 1")


@pytest.mark.long
async def test_a_worker_whom_nobody_answers_at_eight_raises_the_alert_at_eight(that_day: Tunping, clock: Clock) -> None:
    worker = await red_day(that_day, clock, datetime(2024, 9, 2, 0, tzinfo=UTC))
    resident = (await grandpa(worker))["id"]
    given = {"resident": resident, "note": "打了三次电话没有人接", "act": new_id("act")}
    made = [await worker.do("raiseAlert", given, "alert { id status }") for _ in range(2)]
    assert made[0] == made[1]
    alert = made[0]["alert"]["id"]
    seen = await state(await that_day.as_("联户长03"), alert)
    assert (seen["raisedBy"], seen["reason"]) == ({"username": "网格员01"}, "打了三次电话没有人接")
    assert seen["rungs"] == [{"rung": HEAD, "reached": 1}]
    assert {row["username"] for row in await told(that_day, alert)} == {"网格员01", "联户长03"}
    assert (await worker.do("raiseAlert", {"resident": resident}, "alert { id }"))["alert"]["id"] == alert
    clock.turn(STEP)
    await passes(that_day)
    assert await rungs(worker, alert) == [HEAD, NEIGHBOURS]
    clock.turn(timedelta(hours=3))
    await passes(that_day)
    assert (await mine(worker) or {})["id"] == alert
    assert (await report(worker, alert, "REACHED"))["errors"] == []
    assert await worker.refused("raiseAlert", {"resident": resident}) == "INVALID_INPUT"
    assert await (await that_day.as_("网格员14")).refused("raiseAlert", {"resident": resident}) == "NOT_FOUND"
    assert await (await that_day.as_("联户长03")).refused("raiseAlert", {"resident": resident}) == "NOT_ALLOWED"
    found = await worker.ask("{ residents(where: {colour: [YELLOW]}, first: 1) { nodes { id } } }")
    yellow = found.data["residents"]["nodes"][0]["id"]
    assert await worker.refused("raiseAlert", {"resident": yellow}) == "INVALID_INPUT"
    assert await worker.refused("raiseAlert", {"resident": new_id("resident")}) == "NOT_FOUND"


async def test_an_alert_that_had_ended_is_raised_again_when_the_reason_is_gone(that_day: Tunping, clock: Clock) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 9, 3, 4, tzinfo=UTC))
    resident = (await grandpa(worker))["id"]
    pause = {"id": new_id("pause"), "resident": resident, "reason": "住院"}
    pause |= {"startsOn": "2024-09-03", "endsOn": "2024-09-03"}
    assert (await worker.do("pauseDuty", pause))["errors"] == []
    await passes(that_day)
    assert (await state(worker, alert))["status"] == "ENDED"
    assert await worker.refused("raiseAlert", {"resident": resident}) == "INVALID_INPUT"
    assert (await worker.do("endPause", {"pause": pause["id"]}))["errors"] == []
    again = await worker.do("raiseAlert", {"resident": resident, "note": "没有去医院"}, "alert { id status }")
    assert again["alert"] == {"id": alert, "status": "OPEN"}
    assert (await entries(that_day, alert))[-1] == ("ALERT_RESUMED", HEAD, "没有去医院")
    clock.turn(STEP)
    await passes(that_day)
    assert await rungs(worker, alert) == [HEAD, NEIGHBOURS]


@pytest.mark.parametrize("day", [9, 10])
async def test_a_worker_and_the_hour_at_once_raise_one_alert(
    that_day: Tunping, clock: Clock, monkeypatch: pytest.MonkeyPatch, day: int
) -> None:
    worker = await red_day(that_day, clock, datetime(2024, 9, day, 4, tzinfo=UTC))
    resident = (await grandpa(worker))["id"]
    raised = worker.do("raiseAlert", {"resident": resident}, "alert { id }")
    both = (raised, passes(that_day)) if day == 9 else (passes(that_day), raised)
    answers = await Gate(monkeypatch, that_day).race(*both)
    made: Any = answers[0] if day == 9 else answers[1]
    alert = (await mine(worker) or {})["id"]
    assert made == {"alert": {"id": alert}, "errors": []}
    assert await rungs(worker, alert) == [HEAD]
    assert len(await told(that_day, alert)) == 2


async def test_a_message_about_an_alert_is_not_behind_those_of_a_call(that_day: Tunping, clock: Clock) -> None:
    worker = await red_day(that_day, clock, datetime(2024, 10, 8, 3, tzinfo=UTC))
    await that_day.app.state.owner.execute("update message set sent_at = now() where sent_at is null")
    assert (await worker.do("callForHelp", await a_call(worker, most=50)))["errors"] == []
    clock.turn(timedelta(minutes=1))
    await passes(that_day)
    alert = (await mine(worker) or {})["id"]
    assert (await report(worker, alert, "HELP_NEEDED"))["errors"] == []
    pool = that_day.app.state.owner
    waiting = [row["priority"] for row in await pool.fetch("select priority from message where sent_at is null")]
    sent = [await that_day.transact(lease) for _ in waiting]
    ids = [each.id for each in sent if each is not None]
    order = {row["id"]: row["priority"] for row in await pool.fetch("select id, priority from message")}
    assert [order[each] for each in ids] == sorted(waiting)
    assert {0, 1, 3} == set(waiting)


async def test_what_becomes_of_an_alert_is_pushed(copy_url: str) -> None:
    clock = Clock(datetime(2024, 10, 9, 3, 30, tzinfo=UTC))
    async with listening(copy_url, clock) as client:
        worker, head = await client.as_("网格员01"), await client.as_("联户长03")
        await passes(client)
        alert = (await mine(head) or {})["id"]
        cursor = (await worker.ask("{ liveCursor }")).data["liveCursor"]
        query = (
            """subscription($after: Cursor) { alertChanged(after: $after) { kind kindLabel alert { id finding } } }"""
        )
        async with phone(worker) as connected:
            await connected.subscribe(query, after=cursor)
            assert (await report(head, alert, "REACHED"))["errors"] == []
            events = [(await connected.receive())["payload"]["data"]["alertChanged"] for _ in range(2)]
        assert [each["kindLabel"] for each in events] == ["上门反馈", "提醒解除"]
        assert events[0]["alert"] == {"id": alert, "finding": "REACHED"}


async def test_those_who_die_between_two_statements_leave_nothing_behind(that_day: Tunping, clock: Clock) -> None:
    """Everything about a rung is in one transaction: the rung, its messages and its entry."""
    worker, alert = await rings(that_day, clock, datetime(2024, 10, 10, 4, tzinfo=UTC))
    clock.turn(STEP)
    before = [await that_day.count(name) for name in ("alert_rung", "message", "invitation", "journal")]

    async def dies(tx: Any) -> None:
        await climb(tx)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await that_day.transact(dies)
    assert [await that_day.count(name) for name in ("alert_rung", "message", "invitation", "journal")] == before
    await passes(that_day)
    assert await rungs(worker, alert) == [HEAD, NEIGHBOURS]


async def test_more_alerts_than_fit_in_a_transaction_ring_in_the_next_ones(
    that_day: Tunping, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.acts.alerts.BATCH", 9)
    await red_day(that_day, clock, datetime(2024, 10, 11, 4, tzinfo=UTC))
    raised = "select count(*) from alert where day = '2024-10-11'"
    assert 0 < await that_day.transact(climb) <= 9 + len(LADDER)
    some = await that_day.app.state.owner.fetchval(raised)
    await Worker(that_day.app.state.system, clock, None).climb()
    assert 0 < some < await that_day.app.state.owner.fetchval(raised)
    assert await passes(that_day) == 0
