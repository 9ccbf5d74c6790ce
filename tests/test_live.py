"""Each new appeal on the right phones: once, in order, whatever breaks in between."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

import db.feed
from db.feed import Head
from db.positions import Cursor
from schema.engine import feed as feed_module
from schema.engine.feed import Feed, Subscriber
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import APPEALS, Tunping, listening, new_id, phone, subscribed

COLD = "3号楼2单元 暖气不热"
LISTENING = """select pid from pg_stat_activity
    where datname = current_database() and application_name = 'tunping listener'"""


class Rounds:
    """Counts the rounds in which the feed reads the journal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._passed = 0
        try_round = Feed._try_round

        async def counted(feed: Feed) -> bool:
            waiting = await try_round(feed)
            self._passed += 1
            return waiting

        monkeypatch.setattr(Feed, "_try_round", counted)

    async def pass_by(self, count: int) -> None:
        """Waits for so many rounds; the first may have begun before."""
        end = self._passed + count
        async with asyncio.timeout(30):
            while self._passed < end:  # noqa: ASYNC110  there is no event for it
                await asyncio.sleep(0.01)


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Rounds:
    """The rounds of the feed from now on."""
    return Rounds(monkeypatch)


async def report(client: Tunping, body: str = COLD) -> str:
    """A resident files an appeal; or a worker for them, who is not stopped by the limits against floods."""
    appeal = new_id("appeal")
    made = await client.do("openAppeal", {"id": appeal, "code": DEMO_COUNTER_CODE, "body": body})
    assert made["errors"] == []
    return appeal


async def report_at_home(worker: Tunping) -> str:
    """A worker or leader files an appeal about a home of their own."""
    homes = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"]
    appeal = new_id("appeal")
    new = {"id": appeal, "household": homes[0]["id"], "body": "灯不亮"}
    assert (await worker.do("openAppeal", new))["errors"] == []
    return appeal


def position_of(cursor: str) -> int:
    parsed = Cursor.parse(cursor)
    assert parsed is not None
    return parsed.position


async def cursor_now(client: Tunping) -> str:
    return str((await client.ask("{ liveCursor }")).data["liveCursor"])


async def test_an_appeal_reaches_the_workers_phone_by_notice(served: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed also polls, so the next poll is put off by an hour."""
    monkeypatch.setattr("schema.engine.feed.POLL", 3_600.0)
    worker = await served.as_("网格员01")
    async with phone(worker) as connected:
        await connected.subscribe(after=await cursor_now(worker))
        appeal = await report(served)
        event = await connected.event()
        assert event["appeal"] == {"id": appeal, "body": COLD}


async def test_without_a_cursor_only_what_comes_from_now_on_is_sent(served: Tunping) -> None:
    await report(served)
    worker = await served.as_("网格员01")
    async with phone(worker) as connected:
        await connected.subscribe()
        await subscribed(served)
        appeal = await report(served)
        assert (await connected.event())["appeal"]["id"] == appeal


@pytest.mark.parametrize("by_cursor", [False, True])
async def test_what_was_committed_before_is_no_news(served: Tunping, *, by_cursor: bool) -> None:
    worker = await served.as_("网格员01")
    await report(served)
    given = {"after": await cursor_now(worker)} if by_cursor else {}
    async with phone(worker) as connected:
        await connected.subscribe(**given)
        await subscribed(served)
        appeal = await report(served)
        assert (await connected.event())["appeal"]["id"] == appeal


async def test_what_was_missed_comes_first_and_nothing_twice(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    start = await cursor_now(worker)
    missed = [await report(served) for _ in range(3)]
    async with phone(worker) as connected:
        await connected.subscribe(after=start)
        events = [await connected.event() for _ in range(2)]
        assert [event["appeal"]["id"] for event in events] == missed[:2]
    async with phone(worker) as connected:
        await connected.subscribe(after=events[-1]["cursor"])
        fresh = await report(served)
        again = [(await connected.event())["appeal"]["id"] for _ in range(2)]
        last = await report(served)
        assert [*again, (await connected.event())["appeal"]["id"]] == [missed[2], fresh, last]


@pytest.mark.long
@pytest.mark.parametrize("looked_at", [pytest.param(2, marks=pytest.mark.long), 200])
async def test_a_long_absence_is_caught_up_batch_by_batch(
    served: Tunping, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    """Also from so far back that the news are not looked at one by one."""
    monkeypatch.setattr(db.feed, "MOST_NEWS", looked_at)
    worker = await served.as_("网格员01")
    start = await cursor_now(worker)
    missed = [await report(worker, f"{COLD} {number}") for number in range(230)]
    async with phone(worker) as connected:
        await connected.subscribe(after=start)
        assert [(await connected.event())["appeal"]["id"] for _ in missed] == missed


async def test_a_worker_of_another_grid_hears_nothing(served: Tunping) -> None:
    worker, elsewhere = await served.as_("网格员01"), await served.as_("网格员12")
    async with phone(worker) as near, phone(elsewhere) as far:
        await near.subscribe(after=await cursor_now(worker))
        await far.subscribe(after=await cursor_now(elsewhere))
        await report(served)
        await near.event()
        own = await report_at_home(elsewhere)
        assert (await far.event())["appeal"]["id"] == own


async def test_a_leader_of_another_estate_hears_nothing(served: Tunping) -> None:
    """Though both lead in one community, and ask the same."""
    leaders = [await served.as_(f"网格长0{number}") for number in (1, 2, 3)]
    async with phone(leaders[0]) as first, phone(leaders[1]) as second, phone(leaders[2]) as third:
        for connected in (first, second, third):
            await connected.subscribe()
        await subscribed(served, 3)
        appeal = await report_at_home(leaders[1])
        assert (await second.event())["appeal"]["id"] == appeal
        for leader, connected in ((leaders[0], first), (leaders[2], third)):
            own = await report_at_home(leader)
            assert (await connected.event())["appeal"]["id"] == own


async def test_the_journal_is_read_only_for_whom_an_entry_may_concern(
    served: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[UUID | None] = []

    async def noted(feed: Feed, connection: Any, equals: Sequence[Subscriber], after: int, head: Head) -> int:
        read.append(equals[0].viewer.account_id)
        return await reading(feed, connection, equals, after, head)

    reading = Feed._read
    monkeypatch.setattr(Feed, "_read", noted)
    worker, elsewhere, leader = [await served.as_(name) for name in ("网格员01", "网格员12", "书记01")]
    async with phone(worker) as near, phone(elsewhere) as far, phone(leader) as other:
        await near.subscribe()
        await far.subscribe()
        await other.subscribe("subscription { disputeChanged { cursor } }")
        await subscribed(served, 3)
        await report(served)
        await near.event()
    (me,) = [UUID((await worker.ask("{ me { id } }")).data["me"]["id"].partition("_")[2])]
    assert read == [me]


@pytest.mark.long
async def test_who_loses_the_grid_hears_nothing_more(served: Tunping, copy_url: str, rounds: Rounds) -> None:
    worker, leader = await served.as_("网格员02"), await served.as_("书记01")
    grid = (
        await worker.ask(
            "{ buildings(first: 100) { nodes { number grid { id } } } me { assignments { grid { id } } } }"
        )
    ).data
    own = grid["me"]["assignments"][0]["grid"]["id"]
    number = next(each["number"] for each in grid["buildings"]["nodes"] if each["grid"]["id"] == own)
    async with phone(worker) as connected, phone(leader) as witness:
        await connected.subscribe(after=await cursor_now(worker))
        await witness.subscribe(after=await cursor_now(leader))
        await report(served, f"{number}号楼1单元 漏水")
        await connected.event()
        await witness.event()
        admin = await asyncpg.connect(copy_url)
        await admin.execute(
            "update assignment set ends_on = '2023-01-01' where account_id ="
            " (select id from account where username = '网格员02')"
        )
        await admin.close()
        await report(served, f"{number}号楼1单元 又漏水")
        assert (await witness.event())["appeal"]["body"] == f"{number}号楼1单元 又漏水"
        await rounds.pass_by(2)
        await connected.send(type="ping")
        assert (await connected.receive())["type"] == "pong"


LATE = """insert into journal (kind, community_id, grid_id, appeal_id, occurred_at)
    select 'APPEAL_OPENED', community_id, grid_id, id, now() from appeal
    where grid_id = (select grid_id from building where number = 3) limit 1"""


async def test_a_transaction_that_commits_late_holds_nobody_up_and_is_not_skipped(
    served: Tunping, copy_url: str
) -> None:
    worker = await served.as_("网格员01")
    slow = await asyncpg.connect(copy_url)
    try:
        late = slow.transaction()
        await late.start()
        await slow.execute(LATE)
        async with phone(worker) as connected:
            await connected.subscribe(after=await cursor_now(worker))
            early = await report(served)
            assert (await connected.event())["appeal"]["id"] == early
            await late.commit()
            assert (await connected.event())["appeal"]["id"] != early
    finally:
        await slow.close()


@pytest.mark.long
async def test_sixteen_writers_lose_nothing_repeat_nothing_and_keep_the_order(served: Tunping) -> None:
    """A few each; `make bench` does it for ten seconds."""
    worker = await served.as_("网格员01")
    sent: list[str] = []

    async def write() -> None:
        sent.extend([await report(worker) for _ in range(15)])

    async with phone(worker) as connected:
        await connected.subscribe(after=await cursor_now(worker))
        await asyncio.gather(*(write() for _ in range(16)))
        sent.append(await report(worker))
        events = [await connected.event() for _ in sent]
    received = [event["appeal"]["id"] for event in events]
    assert len(received) == len(set(received))
    assert set(received) == set(sent)
    places = [position_of(event["cursor"]) for event in events]
    assert places == sorted(places)


async def test_the_listener_comes_back_when_its_connection_is_cut(
    copy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.feed, "HEARTBEAT", 0.2)
    async with listening(copy_url) as served:
        worker = await served.as_("网格员01")
        async with phone(worker) as connected:
            await connected.subscribe(after=await cursor_now(worker))
            first = await report(served)
            assert (await connected.event())["appeal"]["id"] == first
            admin = await asyncpg.connect(copy_url)
            (cut,) = await admin.fetch(LISTENING)
            await admin.execute("select pg_terminate_backend($1)", cut["pid"])
            async with asyncio.timeout(30):
                while await admin.fetch(LISTENING) in ([], [cut]):  # noqa: ASYNC110  there is no event for it
                    await asyncio.sleep(0.02)
            await admin.close()
            appeal = await report(served)
            assert (await connected.event())["appeal"]["id"] == appeal


async def test_events_come_as_server_sent_events_too(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    query = "subscription($after: Cursor) { appealOpened(after: $after) { appeal { id timeline { nodes { kind } } } } }"
    body = {"query": query, "variables": {"after": await cursor_now(worker)}}
    headers = worker.headers | {"accept": "text/event-stream"}
    async with worker.http.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        appeal = await report(served)
        lines = response.aiter_lines()
        async with asyncio.timeout(30):
            assert (await anext(lines)).startswith("id: ")
            assert await anext(lines) == "event: next"
            data = orjson.loads((await anext(lines)).removeprefix("data: "))
        expected = {"id": appeal, "timeline": {"nodes": [{"kind": "APPEAL_OPENED"}]}}
        assert data == {"data": {"appealOpened": {"appeal": expected}}}


def never_reads(subscriber: Subscriber) -> bool:
    """A queue that has been full for too long."""
    subscriber.cut_off()
    return False


async def test_who_does_not_read_is_cut_off_and_resumes_after_the_last_cursor(
    served: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence would look as if nothing had happened: both transports end instead."""
    worker = await served.as_("网格员01")
    start = await cursor_now(worker)
    missed = await report(served)
    feed = served.app.state.feed
    body = {"query": APPEALS, "variables": {"after": start}}
    headers = worker.headers | {"accept": "text/event-stream"}
    monkeypatch.setattr("schema.engine.feed.Subscriber.ready", never_reads)
    async with worker.http.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert "event: complete" not in [line async for line in response.aiter_lines()]
    async with phone(worker) as connected:
        await connected.subscribe(after=start)
        assert (await connected.closing())[0] == 4008
    monkeypatch.undo()
    assert not feed._subscribers
    async with phone(worker) as connected:
        await connected.subscribe(after=start)
        assert (await connected.event())["appeal"]["id"] == missed


@pytest.mark.long
@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ me { id } }", {}, "SUBSCRIPTIONS_ONLY"),
        ('mutation { acceptAppeal(input: {appeal: "x"}) { errors { code } } }', {}, "SUBSCRIPTIONS_ONLY"),
        ("subscription { nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", {}, "GRAPHQL_PARSE_FAILED"),
        (
            "subscription($no: Boolean!) { ... @include(if: $no) { appealOpened { cursor } } }",
            {"no": False},
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ('subscription { appealOpened(after: "zzz") { cursor } }', {}, "INVALID_CURSOR"),
        ('subscription { appealOpened(after: "9000000000.1") { cursor } }', {}, "RESYNC_REQUIRED"),
        (
            "subscription { appealOpened { appeal { timeline(first: 500) { totalCount nodes { kind } } } } }",
            {},
            "INVALID_INPUT",
        ),
    ],
)
async def test_a_wrong_subscription_gets_its_named_error(
    served: Tunping, query: str, variables: dict[str, str], code: str
) -> None:
    async with phone(await served.as_("网格员01")) as connected:
        await connected.subscribe(query, **variables)
        message = await connected.receive()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)


async def test_nobody_without_an_account_listens(served: Tunping) -> None:
    async with phone(served.as_nobody()) as connected:
        await connected.subscribe()
        message = await connected.receive()
        assert message["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_subscription_that_is_complete_sends_nothing_even_if_another_one_has_its_id(
    served: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, completed, hand_out = asyncio.Event(), asyncio.Event(), feed_module._hand_out

    async def held_up(*given: Any) -> None:
        read.set()
        await completed.wait()
        await hand_out(*given)

    monkeypatch.setattr(feed_module, "_hand_out", held_up)
    async with phone(await served.as_("网格员01")) as connected:
        await connected.subscribe()
        await subscribed(served)
        await report(served)
        await read.wait()
        await connected.send(id="1", type="complete")
        await connected.subscribe("subscription { disputeChanged { cursor } }")
        await connected.send(type="ping")
        assert await connected.receive() == {"type": "pong"}
        completed.set()
        await subscribed(served)
        await connected.subscribe(key="2")
        await subscribed(served, 2)
        own = await report(served)
        told = await connected.receive()
    assert (told["id"], told["payload"]["data"]["appealOpened"]["appeal"]["id"]) == ("2", own)
