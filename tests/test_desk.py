"""What serving at a desk opens for a day: any matter, for anyone in the community (一人在岗,事项通办)."""

import asyncio
from typing import Any

import pytest

from rules.access import Role, Viewer
from tests.client import APPEALS, Clock, Tunping, listening, new_id, phone
from tests.client import serving as serving_app
from tests.oracle.sides import Sides
from tests.rosters import DAY, MONDAY, NOON, TODAY, clock, ids, planned, serving, swapping

__all__ = ["clock"]

GRIDS = (
    """{ residents { totalCount } appeals { totalCount } myDay { totalCount } me { assignments { grid { id } } } }"""
)


async def on_duty(tunping: Tunping) -> tuple[str, Any]:
    """This week's roster for today, published once, and who serves where."""
    leader = await tunping.as_("网格长01")
    day = await serving(leader, TODAY)
    if day is None:
        await planned(tunping, MONDAY, days=[str(TODAY)])
        day = await serving(leader, TODAY)
    return day["week"]["id"], day


async def exchange(tunping: Tunping, username: str, post: str) -> None:
    """The worker swaps with somebody at that post, unless they are there already."""
    week, day = await on_duty(tunping)
    there = [day["reception"]] if post == "reception" else day[post]
    names = {each["worker"]["username"]: each["worker"]["id"] for each in there}
    if username not in names:
        swap = swapping(week, (await ids(tunping))[username], next(iter(names.values())), TODAY)
        assert (await (await tunping.as_("网格长01")).do("swapShifts", swap))["errors"] == []


async def seen(client: Tunping) -> tuple[int, int, int]:
    """How many residents, appeals and duties of their own round somebody sees."""
    found = (await client.ask(GRIDS)).data
    return found["residents"]["totalCount"], found["appeals"]["totalCount"], found["myDay"]["totalCount"]


async def far_home(tunping: Tunping) -> str:
    """A home in the grid of another worker."""
    other = await tunping.as_("网格员14")
    return str((await other.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"])


async def test_a_desk_opens_the_community_for_the_day_and_not_before_nor_after(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    pool = tunping.app.state.owner
    await exchange(tunping, "网格员01", "outreach")
    own, everything = await seen(worker), await seen(secretary)
    assert own[0] < everything[0]
    await exchange(tunping, "网格员01", "hall")
    at_desk = await seen(worker)
    assert at_desk[:2] == everything[:2]
    assert at_desk[2] == own[2], "their own round stays what it is"
    for moved, expected in ((-1, own), (2, own), (-1, at_desk)):
        await pool.execute("update roster_shift set day = day + $1::int where day >= $2", moved, TODAY - DAY)
        assert await seen(worker) == expected
    week, _ = await on_duty(tunping)
    uuid = week.removeprefix("roster_")
    hidden = "update roster_week set published_at = null, published_by = null where id = $1"
    kept = await pool.fetchrow("select published_at, published_by from roster_week where id = $1", uuid)
    await pool.execute(hidden, uuid)
    assert await seen(worker) == own, "a draft opens nothing"
    await pool.execute("update roster_week set published_at = $2, published_by = $3 where id = $1", uuid, *kept)
    assert await seen(worker) == at_desk
    await exchange(tunping, "网格员01", "outreach")
    assert await seen(worker) == own, "lost with the shift"
    await exchange(tunping, "网格员01", "reception")
    assert await seen(worker) == at_desk
    await pool.execute("update assignment set ends_on = $1 where account_id = $2", TODAY - DAY, await uuid_of(tunping))
    assert await seen(worker) == (0, 0, 0), "without a post there is no desk"
    await pool.execute("update assignment set ends_on = null where account_id = $1", await uuid_of(tunping))


async def uuid_of(tunping: Tunping) -> str:
    """The first worker's id as the database has it."""
    return (await ids(tunping))["网格员01"].removeprefix("account_")


@pytest.mark.long
async def test_at_a_desk_any_matter_is_registered_for_anyone(tunping: Tunping) -> None:
    worker, home = await tunping.as_("网格员01"), await far_home(tunping)
    await exchange(tunping, "网格员01", "outreach")
    far = {"id": new_id("appeal"), "household": home, "body": "暖气不热"}
    assert await worker.refused("openAppeal", far) == "NOT_FOUND"
    await exchange(tunping, "网格员01", "hall")
    wanted = "appeal { source registeredBy { username } household { id } }"
    made = await worker.do("openAppeal", far, wanted)
    assert made["appeal"] == {"source": "DESK", "registeredBy": {"username": "网格员01"}, "household": {"id": home}}
    called = await worker.do("openAppeal", far | {"id": new_id("appeal"), "source": "PHONE"}, wanted)
    assert called["appeal"]["source"] == "PHONE"
    near = {"id": new_id("appeal"), "body": "3号楼2单元 暖气不热"}
    assert (await worker.do("openAppeal", near, wanted))["appeal"]["source"] == "APP"
    parties = [{"role": "APPLICANT", "household": home}, {"role": "RESPONDENT", "outsiderName": "乙"}]
    dispute = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "漏水", "facts": "漏水", "parties": parties}
    assert (await worker.do("openDispute", dispute, "dispute { id }"))["dispute"] == {"id": dispute["id"]}
    await exchange(tunping, "网格员01", "outreach")
    query = "query($id: ID!) { appeal(id: $id) { id } }"
    assert (await worker.ask(query, id=far["id"])).data == {"appeal": None}


@pytest.mark.long
async def test_the_live_feed_follows_the_desk(copy_url: str) -> None:
    async with listening(copy_url, Clock(NOON)) as tunping:
        worker, other, home = await tunping.as_("网格员01"), await tunping.as_("网格员14"), await far_home(tunping)
        await exchange(tunping, "网格员01", "outreach")
        cursor = (await worker.ask("{ liveCursor }")).data["liveCursor"]

        async def opened(where: dict[str, str]) -> str:
            new = {"id": new_id("appeal"), "body": "灯不亮", **where}
            by = other if "household" in where else worker
            assert (await by.do("openAppeal", new))["errors"] == []
            return new["id"]

        async with phone(worker) as connected:
            await connected.subscribe(APPEALS, after=cursor)
            await opened({"household": home})
            near = await opened({"body": "3号楼1单元灯不亮"})
            assert (await connected.event())["appeal"]["id"] == near, "what is not theirs does not come"
            await exchange(tunping, "网格员01", "hall")
            far = await opened({"household": home})
            assert (await connected.event())["appeal"]["id"] == far
            await exchange(tunping, "网格员01", "outreach")
            await opened({"household": home})
            near = await opened({"body": "3号楼1单元灯不亮"})
            assert (await connected.event())["appeal"]["id"] == near


@pytest.mark.long
def test_what_a_desk_opens_is_answered_alike_by_the_reference(small_copy_url: str) -> None:
    async def prepare() -> None:
        async with serving_app(small_copy_url, Clock(NOON)) as tunping:
            await exchange(tunping, "网格员01", "hall")

    asyncio.run(prepare())
    sides = Sides.open(small_copy_url)
    try:
        worker = next(row for row in sides.world["account"] if row["username"] == "网格员01")
        sides.viewers["at_desk"] = Viewer(worker["id"], Role.GRID_WORKER)
        found = sides.check(
            """{ households { totalCount } disputes { totalCount } appeals(first: 3) { nodes { id allowedActions } }
            duties(between: {startsOn: "2023-12-01", endsOn: "2023-12-02"}) { totalCount } myDay { totalCount } }""",
            viewer="at_desk",
        )
        assert (
            found["households"]["totalCount"]
            == sides.check("{ households { totalCount } }")["households"]["totalCount"]
        )
    finally:
        sides.close()
