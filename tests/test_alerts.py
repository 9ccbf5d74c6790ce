"""The safety ladder: nobody reached 王大爷, and it rings, rung by rung, each once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db.acts.alerts import climb
from tests.client import Clock, Tunping, listening, new_id, phone, serving
from tests.test_duty import grandpa

DAY = datetime(2023, 11, 23, tzinfo=UTC)
"""The day on which nobody reaches 王大爷; 08:00 by the community's clock."""
ALERTS = """{ alerts(where: {open: true}) { nodes { id status resident { name } missedOn
    rungs { rung } invitations { nodes { resident { name } answer } } } } }"""


@pytest.fixture
async def clock() -> Clock:
    """Turned by the tests."""
    return Clock(DAY)


@pytest.fixture
async def that_day(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application on that day."""
    async with serving(copy_url, clock, token_seconds=10**7) as client:
        yield client


async def passes(client: Tunping) -> int:
    """One pass of the ladder; how many rungs rang."""
    rang = 0
    while some := await client.transact(climb):
        rang += some
    return rang


async def mine(worker: Tunping) -> dict[str, Any] | None:
    """The alert about 王大爷, if it is open."""
    found = (await worker.ask(ALERTS)).data["alerts"]["nodes"]
    named: list[dict[str, Any]] = [each for each in found if each["resident"]["name"] == "王德顺"]
    assert len(named) <= 1
    return named[0] if named else None


async def test_nobody_reaches_him_the_ladder_rings_and_the_building_head_knocks(
    that_day: Tunping, clock: Clock
) -> None:
    """Story 1."""
    worker, head = await that_day.as_("网格员01"), await that_day.as_("联户长03")
    clock.turn(timedelta(hours=2, minutes=59))
    await passes(that_day)
    assert await mine(worker) is None
    clock.turn(timedelta(minutes=1))
    await passes(that_day)
    alert = await mine(head)
    assert alert is not None
    assert (alert["status"], alert["missedOn"], alert["rungs"]) == ("OPEN", "2023-11-23", [{"rung": "BUILDING_HEAD"}])
    assert alert["invitations"]["nodes"] == []
    await passes(that_day)
    clock.turn(timedelta(minutes=15))
    await passes(that_day)
    alert = await mine(worker)
    assert alert is not None
    assert [each["rung"] for each in alert["rungs"]] == ["BUILDING_HEAD", "NEIGHBOURS"]
    assert 0 < len(alert["invitations"]["nodes"]) <= 8
    assert "王德顺" not in [each["resident"]["name"] for each in alert["invitations"]["nodes"]]
    taken = await head.do("acknowledgeAlert", {"alert": alert["id"], "note": "我去敲门"}, "alert { status note }")
    assert taken == {"alert": {"status": "ACKNOWLEDGED", "note": "我去敲门"}, "errors": []}
    assert await worker.refused("acknowledgeAlert", {"alert": alert["id"]}) == "WRONG_STATE"
    clock.turn(timedelta(hours=3))
    await passes(that_day)
    told = "query($id: ID!) { alert(id: $id) { status rungs { rung } acknowledgedBy { username } endedAt } }"
    still = (await worker.ask(told, id=alert["id"])).data["alert"]
    assert [each["rung"] for each in still["rungs"]] == ["BUILDING_HEAD", "NEIGHBOURS"]
    assert still["acknowledgedBy"] == {"username": "联户长03"}
    resident = await grandpa(worker)
    visit = {"id": new_id("visit"), "household": resident["household"]["id"], "residents": [resident["id"]]}
    visit |= {"mode": "HOME_VISIT", "occurredAt": clock().isoformat()}
    assert (await worker.do("recordVisit", visit))["errors"] == []
    assert (await worker.ask(told, id=alert["id"])).data["alert"]["status"] == "ENDED"


async def red_day(client: Tunping, clock: Clock, day: datetime) -> Tunping:
    """A worker, on a day without visits."""
    clock.turn(day - clock())
    return await client.as_("网格员01")


@pytest.mark.long
async def test_a_rung_is_pushed_to_the_phones_it_concerns(copy_url: str) -> None:
    clock = Clock(datetime(2024, 2, 1, 3, 30, tzinfo=UTC))
    async with listening(copy_url, clock) as client:
        head, stranger = await client.as_("联户长03"), await client.as_("网格员14")
        query = """subscription($after: Cursor) { alertRaised(after: $after) {
            cursor rung alert { id resident { name colours } } } }"""
        cursor = (await head.ask("{ liveCursor }")).data["liveCursor"]
        async with phone(head) as connected, phone(stranger) as elsewhere:
            await connected.subscribe(query, after=cursor)
            await elsewhere.subscribe(query, after=cursor)
            await passes(client)
            event = (await connected.receive())["payload"]["data"]["alertRaised"]
            assert event["rung"] == "BUILDING_HEAD"
            assert event["alert"]["resident"]["colours"] is None
            theirs = (await elsewhere.receive())["payload"]["data"]["alertRaised"]
            assert theirs["alert"]["id"] != event["alert"]["id"]


@pytest.mark.long
async def test_who_is_in_hospital_or_was_phoned_rings_nobody(that_day: Tunping, clock: Clock) -> None:
    worker = await red_day(that_day, clock, datetime(2024, 3, 4, 1, tzinfo=UTC))
    resident = await grandpa(worker)
    pause = {"id": new_id("pause"), "resident": resident["id"], "reason": "住院"}
    pause |= {"startsOn": "2024-03-04", "endsOn": "2024-03-04"}
    assert (await worker.do("pauseDuty", pause))["errors"] == []
    clock.turn(timedelta(hours=4))
    await passes(that_day)
    assert await mine(worker) is None, "an alert of another day would have ended, too"
    clock.turn(timedelta(hours=20))
    call = {"id": new_id("visit"), "household": resident["household"]["id"], "residents": [resident["id"]]}
    call |= {"mode": "PHONE", "occurredAt": clock().isoformat()}
    assert (await worker.do("recordVisit", call))["errors"] == []
    clock.turn(timedelta(hours=4))
    await passes(that_day)
    assert await mine(worker) is None
    clock.turn(timedelta(hours=24))
    online = call | {"id": new_id("visit"), "mode": "ONLINE", "occurredAt": clock().isoformat()}
    assert (await worker.do("recordVisit", online))["errors"] == []
    await passes(that_day)
    assert await mine(worker) is not None


@pytest.mark.long
async def test_two_passes_at_once_ring_each_rung_once(that_day: Tunping, clock: Clock) -> None:
    await red_day(that_day, clock, datetime(2024, 4, 1, 4, tzinfo=UTC))
    before = await that_day.count("alert_rung")
    rang = sum(await asyncio.gather(*(passes(that_day) for _ in range(4))))
    raised = await that_day.count("alert_rung") - before
    assert rang == raised > 0
    clock.turn(timedelta(minutes=16))
    climbed = sum(await asyncio.gather(*(passes(that_day) for _ in range(4))))
    assert await that_day.count("alert_rung") - before == raised + climbed
    told = await that_day.app.state.owner.fetch(
        "select alert_id, to_status, count(*) from journal where kind in ('ALERT_RAISED', 'ALERT_CLIMBED')"
        " group by 1, 2 having count(*) > 1"
    )
    assert told == []


@pytest.mark.long
async def test_after_downtime_it_climbs_on_one_rung_at_a_time(that_day: Tunping, clock: Clock) -> None:
    worker = await red_day(that_day, clock, datetime(2024, 5, 6, 4, tzinfo=UTC))
    await passes(that_day)
    clock.turn(timedelta(hours=5))
    await passes(that_day)
    await passes(that_day)
    alert = await mine(worker)
    assert alert is not None
    assert [each["rung"] for each in alert["rungs"]] == ["BUILDING_HEAD", "NEIGHBOURS"]
    clock.turn(timedelta(minutes=15))
    await passes(that_day)
    await passes(that_day)
    clock.turn(timedelta(minutes=15))
    await passes(that_day)
    alert = await mine(worker)
    assert alert is not None
    assert [each["rung"] for each in alert["rungs"]] == ["BUILDING_HEAD", "NEIGHBOURS", "COMMUNITY"]


@pytest.mark.long
async def test_two_who_take_it_at_once_have_one_winner(that_day: Tunping, clock: Clock) -> None:
    worker = await red_day(that_day, clock, datetime(2024, 6, 3, 4, tzinfo=UTC))
    await passes(that_day)
    alert = await mine(worker)
    assert alert is not None
    both = [worker, await that_day.as_("联户长03"), await that_day.as_("书记01")]
    answers = await asyncio.gather(*(each.do("acknowledgeAlert", {"alert": alert["id"]}) for each in both))
    assert sorted(len(each["errors"]) for each in answers) == [0, 1, 1]
    assert {each["code"] for answer in answers for each in answer["errors"]} == {"WRONG_STATE"}
    assert await (await that_day.as_("网格员14")).refused("acknowledgeAlert", {"alert": alert["id"]}) == "NOT_FOUND"
    assert await that_day.as_nobody().refused("acknowledgeAlert", {"alert": alert["id"]}) == "UNAUTHENTICATED"


@pytest.mark.long
async def test_a_neighbour_takes_it_by_the_code_in_the_message(that_day: Tunping, clock: Clock) -> None:
    worker = await red_day(that_day, clock, datetime(2024, 7, 1, 4, tzinfo=UTC))
    await passes(that_day)
    clock.turn(timedelta(minutes=15))
    await passes(that_day)
    alert = await mine(worker)
    assert alert is not None
    codes = await that_day.app.state.owner.fetch(
        "select i.answer_code, m.body from invitation i join message m on m.invitation_id = i.id"
        " where i.alert_id = $1 order by i.id",
        alert["id"].removeprefix("alert_"),
    )
    assert all(row["answer_code"] in row["body"] and "王" not in row["body"] for row in codes)
    nobody = that_day.as_nobody()
    cannot = {"code": codes[0]["answer_code"].lower(), "coming": False}
    assert (await nobody.do("answerCall", cannot, "invitation { id }")) == {"invitation": None, "errors": []}
    coming = {"code": codes[1]["answer_code"], "coming": True}
    assert (await nobody.do("answerCall", coming))["errors"] == []
    assert (await nobody.do("answerCall", coming))["errors"] == []
    assert await nobody.refused("answerCall", cannot | {"coming": True}) == "WRONG_STATE"
    assert await nobody.refused("answerCall", {"code": "NOSUCH", "coming": True}) == "NOT_FOUND"
    assert await mine(worker) is None


async def test_the_ladder_is_set_by_the_community(that_day: Tunping) -> None:
    secretary = await that_day.as_("书记01")
    community = (await secretary.ask("{ communities { nodes { id } } }")).data["communities"]["nodes"][0]["id"]
    new = {"community": community, "reachBy": "10:30", "stepMinutes": 20}
    wanted = "community { safetyLadder { reachBy stepMinutes } }"
    assert (await secretary.do("setSafetyLadder", new, wanted))["community"] == {
        "safetyLadder": {"reachBy": "10:30", "stepMinutes": 20}
    }
    for wrong in ({"reachBy": "25:00"}, {"stepMinutes": 0}, {"stepMinutes": 1441}):
        assert await secretary.refused("setSafetyLadder", new | wrong) == "INVALID_INPUT"
    assert await (await that_day.as_("网格员01")).refused("setSafetyLadder", new) == "NOT_ALLOWED"
