"""Corrections of visits that meet other acts: visits, passes of the ladder, merges and moves."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from db.acts.alerts import climb
from tests.client import Clock, Tunping, listening, new_id, phone, serving
from tests.races import Gate
from tests.test_alerts import passes
from tests.visit_days import NOON, PAST, Day


@pytest.fixture
async def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOON)


@pytest.fixture
async def that_day(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application on that day."""
    async with serving(copy_url, clock, token_seconds=10**7) as client:
        yield client


@pytest.fixture
async def day(that_day: Tunping, clock: Clock) -> Day:
    """A day at noon."""
    return await Day(that_day, clock).begin()


@pytest.mark.long
async def test_phones_hear_that_an_alert_is_back(copy_url: str) -> None:
    Day.days += 7
    clock = Clock(NOON + timedelta(days=Day.days))
    async with listening(copy_url, clock, access_token_seconds=10**7) as client:
        day = await Day(client, clock).begin()
        visit = await day.recorded()
        head = await client.as_("联户长03")
        cursor = (await head.ask("{ liveCursor }")).data["liveCursor"]
        async with phone(head) as connected:
            query = "subscription($after: Cursor) { alertRaised(after: $after) { rung alert { status } } }"
            await connected.subscribe(query, after=cursor)
            assert (await day.worker.do("withdrawVisit", {"visit": visit, "reason": "误登记"}))["errors"] == []
            event = (await connected.receive())["payload"]["data"]["alertRaised"]
            assert event == {"rung": "BUILDING_HEAD", "alert": {"status": "OPEN"}}


@pytest.mark.long
async def test_a_withdrawal_and_another_visit_that_meet_leave_him_reached(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, day.client)
    for first_is_visit in (True, False):
        wrong = await day.recorded()
        visit = day.worker.do("recordVisit", day.visit(mode="PHONE"))
        withdrawal = day.worker.do("withdrawVisit", {"visit": wrong, "reason": "误登记"})
        both = (visit, withdrawal) if first_is_visit else (withdrawal, visit)
        assert [each["errors"] for each in await gate.race(*both)] == [[], []]
        seen = await day.read()
        assert (seen["duty"], seen["alert"]) == ("DONE", "ENDED")
        await day.begin()


@pytest.mark.long
async def test_of_two_corrections_at_once_each_keeps_what_it_found(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = await day.recorded()
    one = day.worker.do("correctVisit", {"visit": visit, "reason": "一", "note": "第一次更正"})
    two = day.secretary.do("correctVisit", {"visit": visit, "reason": "二", "residents": [], "note": "第二次更正"})
    assert [each["errors"] for each in await Gate(monkeypatch, day.client).race(one, two)] == [[], []]
    told = (await day.worker.ask(PAST, id=visit)).data["visit"]
    assert [each["note"] for each in told["corrections"]] == ["一切都好", "第一次更正"]
    assert (told["note"], told["isAttempt"]) == ("第二次更正", True)


@pytest.mark.long
async def test_a_withdrawal_and_a_pass_of_the_ladder_that_meet_leave_one_alert(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await day.recorded()
    day.clock.turn(timedelta(hours=1))
    withdrawal = day.worker.do("withdrawVisit", {"visit": visit, "reason": "误登记"})
    done, _ = await Gate(monkeypatch, day.client).race(withdrawal, day.client.transact(climb))
    assert done["errors"] == []
    query = "select count(*) from alert where resident_id = $1 and day = $2::text::date"
    uuid = day.old_man["id"].partition("_")[2]
    assert await day.client.app.state.owner.fetchval(query, uuid, day.today) == 1
    await passes(day.client)
    assert (await day.read())["alert"] == "OPEN"


@pytest.mark.long
async def test_a_correction_between_a_merge_and_its_end_stays(day: Day) -> None:
    """Whom the correction no longer names is not named again when the merge is undone."""
    home = day.other["id"]
    new = {"household": home, "name": "双登记", "sex": "MALE", "movedInOn": "2020-01-01"}
    kept, merged = new_id("resident"), new_id("resident")
    for each in (kept, merged):
        assert (await day.worker.do("addResident", new | {"id": each}))["errors"] == []
    visit = await day.recorded(household=home, residents=[kept, merged])
    merge = new_id("merge")
    assert (await day.worker.do("mergeResidents", {"id": merge, "keep": kept, "merge": merged}))["errors"] == []
    given = {"visit": visit, "reason": "谁也没见到", "residents": []}
    assert (await day.worker.do("correctVisit", given))["errors"] == []
    assert (await day.worker.do("undoMerge", {"merge": merge}))["errors"] == []
    told = (await day.worker.ask(PAST, id=visit)).data["visit"]
    assert (told["residents"], told["isAttempt"]) == ([], True)
    assert [each["residents"] for each in told["corrections"]] == [[{"id": kept}]]


@pytest.mark.long
async def test_a_visit_is_corrected_after_the_resident_has_moved_to_another_community(day: Day) -> None:
    """The secretary, who does not see them any more, takes them off the visit."""
    home = day.other["id"]
    new = {"id": new_id("resident"), "household": home, "name": "要搬走的", "sex": "MALE", "movedInOn": "2020-01-01"}
    assert (await day.worker.do("addResident", new))["errors"] == []
    visit = await day.recorded(household=home, residents=[new["id"]])
    uuid = new["id"].partition("_")[2]
    pool = day.client.app.state.owner
    async with pool.acquire() as connection, connection.transaction():
        community, estate, grid, house, building = (new_id("x").partition("_")[2] for _ in range(5))
        await connection.execute(
            """insert into community (id, farm_id, name, time_zone)
            select $1, farm_id, '另一社区', time_zone from community limit 1""",
            community,
        )
        await connection.execute(
            "insert into estate (id, community_id, name) values ($1, $2, '另一小区')", estate, community
        )
        await connection.execute(
            "insert into grid (id, community_id, estate_id, name) values ($1, $2, $3, '网格')", grid, community, estate
        )
        await connection.execute(
            """insert into building (id, community_id, estate_id, grid_id, name, units, floors)
            values ($1, $2, $3, $4, '1号楼', 1, 1)""",
            building,
            community,
            estate,
            grid,
        )
        await connection.execute(
            "insert into household (id, building_id, grid_id, unit, floor, room) values ($1, $2, $3, 1, 1, '101')",
            house,
            building,
            grid,
        )
        moved = "set household_id = $2, building_id = $3, grid_id = $4"
        await connection.execute(f"update resident {moved} where id = $1", uuid, house, building, grid)
        await connection.execute(f"update residency {moved} where resident_id = $1", uuid, house, building, grid)
    given = {"visit": visit, "reason": "没有见到", "residents": []}
    assert (await day.secretary.do("correctVisit", given))["errors"] == []
    left = "select count(*) from visit_resident where visit_id = $1"
    assert await pool.fetchval(left, visit.partition("_")[2]) == 0
