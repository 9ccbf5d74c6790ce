"""Who gets an event: groups of equals, what their accounts hold, several processes, and the feed of chosen kinds."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

import db.feed
from db.feed import Head
from rules.access import Role
from schema.engine.feed import Feed, Subscriber
from tests.client import Tunping, listening, new_id, phone, subscribed
from tests.test_duty import grandpa
from tests.test_households import empty_door
from tests.test_live import cursor_now, report, report_at_home


class Readings:
    """Counts how often the feed reads what accounts hold."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        reading = db.feed.read_holdings

        async def counted(*given: Any) -> Any:
            self.count += 1
            return await reading(*given)

        monkeypatch.setattr("schema.engine.holdings.read_holdings", counted)


async def test_what_a_worker_holds_is_read_again_only_when_it_changed(
    served: Tunping, copy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, other, secretary = [await served.as_(name) for name in ("网格员03", "网格员12", "书记01")]
    readings = Readings(monkeypatch)
    admin = await asyncpg.connect(copy_url)
    async with phone(worker) as connected, phone(secretary) as witness:
        for each in (connected, witness):
            await each.subscribe()
        await subscribed(served, 2)
        for _ in range(2):
            own = await report_at_home(worker)
            assert [(await each.event())["appeal"]["id"] for each in (connected, witness)] == [own, own]
        known = readings.count
        far = await report_at_home(other)
        assert ((await witness.event())["appeal"]["id"], readings.count) == (far, known)
        await admin.execute(
            """update assignment set grid_id = (select grid_id from assignment a join account v on v.id = a.account_id
                where v.username = '网格员12' limit 1)
            where account_id = (select id from account where username = '网格员03')"""
        )
        near = await report_at_home(other)
        assert [(await each.event())["appeal"]["id"] for each in (connected, witness)] == [near, near]
        assert readings.count > known
    await admin.close()


async def test_a_post_that_ends_during_a_round_takes_no_event_from_equals(
    served: Tunping, copy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, worker = [await served.as_(name) for name in ("社区01", "社区02", "网格员01")]
    admin = await asyncpg.connect(copy_url)
    reading, ended = Feed._read, asyncio.Queue[str]()

    async def racing(feed: Feed, connection: Any, equals: Sequence[Subscriber], after: int, head: Head) -> int:
        if len(equals) == 2:
            monkeypatch.setattr(Feed, "_read", reading)
            ending = """update assignment a set ends_on = '2023-01-01' from account v
                where v.id = a.account_id and v.id = $1 returning v.username"""
            ended.put_nowait(await admin.fetchval(ending, equals[0].viewer.account_id))
        return await reading(feed, connection, equals, after, head)

    async with phone(first) as one, phone(second) as other:
        for each in (one, other):
            await each.subscribe()
        await subscribed(served, 2)
        seen = await report_at_home(worker)
        assert [(await each.event())["appeal"]["id"] for each in (one, other)] == [seen, seen]
        monkeypatch.setattr(Feed, "_read", racing)
        last = await report_at_home(worker)
        stays = other if await ended.get() == "社区01" else one
        assert (await stays.event())["appeal"]["id"] == last
    await admin.close()


async def test_a_round_that_fails_halfway_repeats_nothing(served: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two groups are concerned, and the reading for the second one fails once."""
    worker, secretary = await served.as_("网格员01"), await served.as_("书记01")
    reading, failed = Feed._read, asyncio.Event()

    async def fails(feed: Feed, connection: Any, equals: Sequence[Subscriber], after: int, head: Head) -> int:
        if equals[0].viewer.role is Role.SECRETARY and not failed.is_set():
            failed.set()
            raise OSError
        return await reading(feed, connection, equals, after, head)

    async with phone(worker) as first, phone(secretary) as second:
        await first.subscribe()
        await subscribed(served)
        await second.subscribe()
        await subscribed(served, 2)
        before = await report(served)
        assert [(await each.event())["appeal"]["id"] for each in (first, second)] == [before, before]
        monkeypatch.setattr(Feed, "_read", fails)
        appeals = [await report(served) for _ in range(2)]
        for each in (first, second):
            assert [(await each.event())["appeal"]["id"] for _ in appeals] == appeals
    assert failed.is_set()


@pytest.mark.long
async def test_two_processes_on_one_database_each_serve_their_own_phones(served: Tunping, copy_url: str) -> None:
    """One ends while changes are made at the other. Its phones go on there, and miss nothing."""
    async with listening(copy_url) as second:
        worker = await second.as_("网格员01")
        async with phone(await served.as_("网格员01")) as here, phone(worker) as there:
            for each in (here, there):
                await each.subscribe(after=await cursor_now(worker))
            appeals = [await report(client) for client in (served, second, served)]
            for each in (here, there):
                events = [await each.event() for _ in appeals]
                assert [event["appeal"]["id"] for event in events] == appeals
    missed = [await report(served) for _ in range(2)]
    async with phone(await served.as_("网格员01")) as here:
        await here.subscribe(after=events[-1]["cursor"])
        assert [(await here.event())["appeal"]["id"] for _ in missed] == missed


FEED = """subscription($after: Cursor, $kinds: [JournalEntryKind!]) {
    feed(after: $after, kinds: $kinds) { cursor kind occurredAt appeal { id } visit { id } dispute { id } } }"""


@pytest.mark.long
async def test_one_feed_has_all_kinds_or_those_that_the_client_chooses(served: Tunping) -> None:
    worker, elsewhere = await served.as_("网格员01"), await served.as_("网格员12")
    start = await cursor_now(worker)
    async with phone(worker) as whole, phone(worker) as some, phone(elsewhere) as far:
        await whole.subscribe(FEED, after=start)
        await some.subscribe(FEED, after=start, kinds=["APPEAL_ACCEPTED", "VISIT_RECORDED"])
        await far.subscribe(FEED, after=start)
        appeal = await report_at_home(worker)
        accepted = {"appeal": appeal, "act": new_id("act")}
        assert (await worker.do("acceptAppeal", accepted))["errors"] == []
        far_off = await report_at_home(elsewhere)
        both = [(await whole.receive())["payload"]["data"]["feed"] for _ in range(2)]
        chosen = (await some.receive())["payload"]["data"]["feed"]
        other = (await far.receive())["payload"]["data"]["feed"]
    assert [(each["kind"], each["appeal"]["id"]) for each in both] == [
        ("APPEAL_OPENED", appeal),
        ("APPEAL_ACCEPTED", appeal),
    ]
    assert chosen == both[1]
    assert (other["kind"], other["appeal"]["id"]) == ("APPEAL_OPENED", far_off)


FIELD_WORK = """subscription($after: Cursor) { feed(after: $after) {
    kind visit { id } household { id } call { id what } rosterWeek { id startsOn } } }"""


@pytest.mark.long
async def test_calls_visits_registers_and_rosters_come_with_what_they_are_about(served: Tunping) -> None:
    worker, far = await served.as_("网格员01"), await served.as_("网格员12")
    start = await cursor_now(worker)
    person = await grandpa(worker)
    home = person["household"]["id"]
    call = {"id": new_id("call"), "what": "搬两袋米上楼", "household": home}
    visit = {"id": new_id("visit"), "household": home, "residents": [person["id"]], "mode": "HOME_VISIT"}
    async with phone(worker) as near, phone(far) as elsewhere:
        for each in (near, elsewhere):
            await each.subscribe(FIELD_WORK, after=start)
        assert (await worker.do("callForHelp", call))["errors"] == []
        assert (await worker.do("recordVisit", visit | {"occurredAt": served.app.state.now().isoformat()}))[
            "errors"
        ] == []
        door = await empty_door(served)
        leader, today = await served.as_("网格长01"), served.app.state.now().date()
        monday = today + timedelta(days=7 - today.weekday())
        week = await leader.do("planRoster", {"act": new_id("act"), "startsOn": str(monday)}, "week { id }")
        published = {"act": new_id("act"), "week": week["week"]["id"]}
        assert (await leader.do("publishRoster", published))["errors"] == []
        events = [(await near.receive())["payload"]["data"]["feed"] for _ in range(4)]
        other = (await elsewhere.receive())["payload"]["data"]["feed"]
    nothing = dict.fromkeys(("visit", "household", "call", "rosterWeek"))
    roster = nothing | {"kind": "ROSTER_PUBLISHED", "rosterWeek": {"id": published["week"], "startsOn": str(monday)}}
    assert events == [
        nothing | {"kind": "HELP_CALLED", "call": {"id": call["id"], "what": "搬两袋米上楼"}},
        nothing | {"kind": "VISIT_RECORDED", "visit": {"id": visit["id"]}, "household": {"id": home}},
        nothing | {"kind": "HOUSEHOLD_ADDED", "household": {"id": door}},
        roster,
    ]
    assert other == roster
