"""Notices: to workers, heads or everybody, read or not, withdrawn with a reason, and in the live feed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import Clock, Phone, Tunping, listening, new_id, phone, serving, subscribed
from tests.test_activities import estate_of

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
NOTICE = "query($id: ID!) { notice(id: $id) { title read readers withdrawReason timeline { nodes { kind note } } } }"
WALL = "{ noticeWall(first: 100) { nodes { noticeId title body community estate } } }"
FEED = "subscription($after: Cursor) { noticePublished(after: $after) { cursor notice { title read } } }"
EVERYBODY = ("书记01", "网格长01", "网格长02", "网格员01", "网格员12", "联户长03", "热力公司01", "管理员")


@pytest.fixture
def clock() -> Clock:
    """A day after those of the demo."""
    return Clock(NOW)


@pytest.fixture
async def tunping(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo. Its tokens hold longer than the clock is turned."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


def notice(**given: Any) -> dict[str, Any]:
    """The input of a new notice."""
    told = {"title": "明天停水", "body": "明天上午9:00到11:00停水，请提前接水。电话0991-3700000。"}
    return {"id": new_id("notice"), "audience": "PUBLIC", **told, **given}


async def published(who: Tunping, **given: Any) -> str:
    """A new notice."""
    new = notice(**given)
    assert (await who.do("publishNotice", new))["errors"] == []
    return str(new["id"])


async def seen(who: Tunping, uuid: str) -> Any:
    """The notice as somebody sees it."""
    return (await who.ask(NOTICE, id=uuid)).data["notice"]


async def on_wall(who: Tunping, uuid: str) -> Any:
    """The notice as everybody sees it, if they do."""
    nodes = (await who.ask(WALL)).data["noticeWall"]["nodes"]
    return next((each for each in nodes if each["noticeId"] == uuid), None)


@pytest.mark.parametrize(
    ("audience", "estate", "told"),
    [
        ("WORKERS", None, {"书记01", "网格长01", "网格长02", "网格员01", "网格员12"}),
        ("WORKERS", "金穗家园", {"书记01", "网格长01", "网格员01"}),
        ("HEADS", None, {"书记01", "联户长03"}),
        ("HEADS", "金穗家园", {"书记01", "网格长01", "联户长03"}),
        ("HEADS", "春晖苑", {"书记01", "网格长02"}),
        ("PUBLIC", None, {"书记01", "网格长01", "网格长02", "网格员01", "网格员12", "联户长03"}),
    ],
)
async def test_a_notice_is_for_its_audience(
    tunping: Tunping, audience: str, estate: str | None, told: set[str]
) -> None:
    secretary = await tunping.as_("书记01")
    given = {"estate": await estate_of(secretary, estate)} if estate else {}
    uuid = await published(secretary, audience=audience, **given)
    readers = {each for each in EVERYBODY if await seen(await tunping.as_(each), uuid)}
    assert readers == told
    shown = await on_wall(tunping.as_nobody(), uuid)
    assert (shown and shown["community"]) == ("屯坪社区" if audience == "PUBLIC" else None)


async def test_the_sender_learns_how_many_have_read_it(tunping: Tunping) -> None:
    secretary, leader = await tunping.as_("书记01"), await tunping.as_("网格长01")
    uuid = await published(secretary, audience="WORKERS")
    worker, head = await tunping.as_("网格员01"), await tunping.as_("联户长03")
    before = await tunping.count("journal")
    for _ in range(2):
        done = await worker.do("markRead", {"notice": uuid}, "notice { read readers }")
        assert done == {"notice": {"read": True, "readers": None}, "errors": []}
    assert (await leader.do("markRead", {"notice": uuid}))["errors"] == []
    assert await head.refused("markRead", {"notice": uuid}) == "NOT_FOUND"
    assert await (await tunping.as_("热力公司01")).refused("markRead", {"notice": uuid}) == "NOT_ALLOWED"
    assert await tunping.count("journal") == before  # Nobody's reading is on record.
    found = [await seen(who, uuid) for who in (secretary, leader, worker)]
    assert [(each["read"], each["readers"]) for each in found] == [(False, 2), (True, None), (True, None)]
    unread = "{ notices(where: {read: false, current: true}) { nodes { id } } }"
    listed = [(await who.ask(unread)).data["notices"]["nodes"] for who in (secretary, worker)]
    assert [{"id": uuid} in each for each in listed] == [True, False]


async def test_a_withdrawn_notice_leaves_the_wall_and_says_why(tunping: Tunping) -> None:
    secretary, worker, nobody = await tunping.as_("书记01"), await tunping.as_("网格员01"), tunping.as_nobody()
    uuid = await published(secretary)
    withdrawal = {"notice": uuid, "reason": "时间写错了", "act": new_id("act")}
    for _ in range(2):
        assert (await secretary.do("withdrawNotice", withdrawal))["errors"] == []
    assert await secretary.refused("withdrawNotice", {"notice": uuid, "reason": "再撤一次"}) == "WRONG_STATE"
    known = await seen(worker, uuid)
    assert known["withdrawReason"] == "时间写错了"
    assert known["timeline"]["nodes"] == [
        {"kind": "NOTICE_PUBLISHED", "note": None},
        {"kind": "NOTICE_WITHDRAWN", "note": "时间写错了"},
    ]
    assert await on_wall(nobody, uuid) is None


async def test_a_notice_holds_until_its_end(tunping: Tunping, clock: Clock) -> None:
    secretary, nobody = await tunping.as_("书记01"), tunping.as_nobody()
    uuid = await published(secretary, endsAt=(NOW + timedelta(1)).isoformat())
    current = "{ notices(where: {current: true}, first: 100) { nodes { id } } }"
    for turned, holds in ((timedelta(), True), (timedelta(1), False)):
        clock.turn(turned)
        assert (await on_wall(nobody, uuid) is not None) is holds
        assert ({"id": uuid} in (await secretary.ask(current)).data["notices"]["nodes"]) is holds


@pytest.mark.parametrize(
    ("username", "estate", "code"),
    [
        ("社区01", None, None),
        ("网格长01", "金穗家园", None),
        ("网格长01", None, "NOT_ALLOWED"),
        ("网格长01", "春晖苑", "NOT_ALLOWED"),
        ("网格员01", "金穗家园", "NOT_ALLOWED"),
        ("联户长03", "金穗家园", "NOT_ALLOWED"),
        ("管理员", None, "NOT_ALLOWED"),
    ],
)
async def test_the_office_publishes_for_the_community_and_leaders_for_their_estate(
    tunping: Tunping, username: str, estate: str | None, code: str | None
) -> None:
    who = await tunping.as_(username)
    given = {"estate": await estate_of(who, estate)} if estate else {}
    problems = (await who.do("publishNotice", notice(audience="WORKERS", **given)))["errors"]
    assert [each["code"] for each in problems] == ([code] if code else [])


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"title": "\n"}, "INVALID_INPUT", "title"),
        ({"title": "停" * 101}, "TOO_LONG", "title"),
        ({"body": "停" * 2_001}, "TOO_LONG", "body"),
        ({"body": "请3号楼2单元501来拿快递"}, "INVALID_INPUT", "body"),
        ({"body": "社区里的独居老人请注意"}, "INVALID_INPUT", "body"),
        ({"body": "身份证 110101 19900101 1237 已找到"}, "INVALID_INPUT", "body"),
        ({"endsAt": (NOW - timedelta(1)).isoformat()}, "INVALID_INPUT", "endsAt"),
        ({"endsAt": (NOW + timedelta(400)).isoformat()}, "INVALID_INPUT", "endsAt"),
        ({"estate": new_id("estate")}, "NOT_FOUND", "estate"),
    ],
)
async def test_a_notice_that_cannot_be_is_refused_by_name(
    tunping: Tunping, given: dict[str, Any], code: str, path: str
) -> None:
    before = await tunping.count("notice")
    (problem,) = (await (await tunping.as_("书记01")).do("publishNotice", notice(**given)))["errors"]
    assert (problem["code"], problem["path"]) == (code, [path])
    assert await tunping.count("notice") == before


async def test_workers_are_told_of_homes_and_people(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    uuid = await published(secretary, audience="WORKERS", body="请看看3号楼2单元501的独居老人")
    assert await seen(await tunping.as_("网格员12"), uuid) is not None


@pytest.mark.long
async def test_the_feed_brings_a_notice_to_its_audience_and_nobody_else(copy_url: str) -> None:
    async with listening(copy_url) as served:
        secretary = await served.as_("书记01")
        start = (await secretary.ask("{ liveCursor }")).data["liveCursor"]
        worker, head = await served.as_("网格员01"), await served.as_("联户长03")
        async with phone(worker) as of_worker, phone(head) as of_head:
            await of_worker.subscribe(FEED)
            await of_head.subscribe(FEED)
            await subscribed(served, 2)
            await published(secretary, audience="WORKERS", title="只给工作人员")
            await published(secretary, audience="HEADS", title="只给联户长")
            last = await published(secretary, title="给大家")
            assert await titles(of_worker, 2) == ["只给工作人员", "给大家"]
            assert await titles(of_head, 2) == ["只给联户长", "给大家"]
        assert (await worker.do("markRead", {"notice": last}))["errors"] == []
        colleague = await served.as_("网格员02")
        read = {}
        for name, who in (("reader", worker), ("other", colleague)):
            async with phone(who) as connected:
                await connected.subscribe(FEED, after=start)
                events = [await event(connected) for _ in range(2)]
                read[name] = [each["notice"]["read"] for each in events]
        assert read == {"reader": [False, True], "other": [False, False]}


async def event(connected: Phone) -> Any:
    """The next notice with its cursor."""
    message = await connected.receive()
    assert message["type"] == "next", message
    return message["payload"]["data"]["noticePublished"]


async def titles(connected: Phone, count: int) -> list[str]:
    """The titles of the next notices."""
    return [(await event(connected))["notice"]["title"] for _ in range(count)]
