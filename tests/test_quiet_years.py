"""The demo lives on after 2023: whenever it is loaded, the community is at work, and 2023 stays what it was."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from db.acts.alerts import climb
from db.acts.overdue import pass_over_appeals
from seeds import demo
from seeds.book import Book
from seeds.clock import DAY, YEAR_ENDS, ZONE
from tests import databases
from tests.client import Clock, Tunping, serving
from tests.command import tunping
from tests.test_seeds import fingerprint
from tests.test_statistics import APPEALS, DISPUTES

HOUR = time(11)
LEAP_DAY = datetime(2024, 2, 29, 20, 39, tzinfo=ZONE)
FIRST_AND_MONDAY = datetime(2024, 4, 1, 10, 5, tzinfo=ZONE)
LATER = [
    datetime(2024, 4, 1, 0, 10, tzinfo=ZONE),
    datetime(2024, 9, 19, 0, 12, tzinfo=ZONE),
    datetime(2024, 12, 31, 11, 1, tzinfo=ZONE),
    datetime(2024, 12, 31, 23, 58, tzinfo=ZONE),
    datetime(2025, 3, 3, 8, 30, tzinfo=ZONE),
    datetime(2026, 2, 28, 13, 0, tzinfo=ZONE),
]
"""The first hour of a month, the night after a late visit told of a matter, minutes after the ladder's hour, the end
of a year, a Monday, and a Saturday."""
DUE = """{ myDay(first: 100) { nodes { colour firstMissedOn } } }"""
COMPLIANCE = "query($between: DayRange!) { compliance(between: $between) { colour owed done late missed } }"
FIGURES = f"""query($between: DayRange!) {{ statistics(between: $between) {{
    disputes {{ {DISPUTES} successRate closedSuccessRate settledInGridShare mediationRate
        byMonth {{ {DISPUTES} }} byType {{ {DISPUTES} }} }}
    directLine {{ {APPEALS} byMonth {{ {APPEALS} }} byCategory {{ total unresolved }} }} visits {{ total households }}
    constructionSites {{ total patrolled matters openMatters }} }} }}"""
YEAR = {"startsOn": "2023-01-01", "endsOn": "2023-12-31"}


@contextmanager
def loaded(postgres: str, now: datetime) -> Iterator[str]:
    """A new database with the demo as of a moment."""
    with databases.copied(postgres, "empty") as url:
        asyncio.run(demo.load(url, now))
        yield url


@pytest.fixture(scope="module")
def leap_day(postgres: str) -> Iterator[str]:
    with loaded(postgres, LEAP_DAY) as url:
        yield url


@pytest.fixture(scope="module")
def monday(postgres: str) -> Iterator[str]:
    with loaded(postgres, FIRST_AND_MONDAY) as url:
        yield url


@asynccontextmanager
async def at(url: str, now: datetime) -> AsyncIterator[tuple[Tunping, Clock]]:
    clock = Clock(now)
    async with serving(url, clock, token_seconds=10**7) as client:
        yield client, clock


async def passes(client: Tunping) -> tuple[int, int]:
    """The first passes of the worker: how many rungs rang, and how many appeals moved."""
    return await client.transact(climb), await client.transact(pass_over_appeals)


async def check(url: str, now: datetime) -> None:
    """What holds whenever the demo is loaded."""
    local = now.astimezone(ZONE)
    async with at(url, now) as (client, clock):
        assert await passes(client) == (0, 0)
        clock.turn(timedelta(minutes=1))
        if local.time() > HOUR:
            assert await passes(client) == (0, 0)
        secretary, worker = await client.as_("书记01"), await client.as_("网格员01")
        duties = (await secretary.ask(DUE)).data["myDay"]["nodes"]
        assert (await worker.ask(DUE)).data["myDay"]["nodes"]
        await _duties_are_done(secretary, local.date())
        alone = [each for each in duties if each["colour"] == "RED"]
        assert len(alone) == (1 if local.time() > HOUR else len(alone)) <= 42
        assert all(each["firstMissedOn"] is None or _days_ago(each["firstMissedOn"], local) <= 2 for each in alone)
        await _nothing_is_ahead_of_its_time(client, now)
        await _everything_is_on_the_board(secretary, local)


async def _duties_are_done(secretary: Tunping, today: date) -> None:
    """In the five weeks before this one, in which a month ends, nearly all are done."""
    monday = today - today.weekday() * DAY
    between = {"startsOn": str(monday - 35 * DAY), "endsOn": str(monday - DAY)}
    found = (await secretary.ask(COMPLIANCE, between=between)).data["compliance"]
    done = {each["colour"]: (each["done"] + each["late"]) / each["owed"] for each in found}
    assert set(done) == {"RED", "ORANGE", "YELLOW"}
    assert min(done.values()) > 0.9, found
    assert next(each for each in found if each["colour"] == "RED")["owed"] == 35 * 42


def _days_ago(day: str, now: datetime) -> int:
    return (now.date() - date.fromisoformat(day)).days


async def _nothing_is_ahead_of_its_time(client: Tunping, now: datetime) -> None:
    last = await client.app.state.owner.fetchrow(
        """select (select max(recorded_at) from journal where kind <> 'ALERT_RAISED') as entry,
            (select max(recorded_at) from visit) as visit, (select max(raised_at) from alert) as alert,
            (select max(opened_at) from appeal) as appeal, (select max(recorded_at) from dispute) as dispute,
            (select max(planned_at) from roster_week) as roster,
            (select max(patrolled_at) from site_patrol) as patrol"""
    )
    assert max(last.values()) <= now


async def _everything_is_on_the_board(secretary: Tunping, now: datetime) -> None:
    query = """query($day: Date!) { dutyRoster(on: $day) { hall { id } }
        appeals(where: {open: true}, first: 100) { nodes { status level deadlines { stateLabel } } }
        disputes(first: 40) { nodes { status } } wishes(first: 20) { nodes { status } } }"""
    coming = now.date() + (7 - now.weekday()) * DAY
    found = (await secretary.ask(query, day=str(coming))).data
    assert len(found["dutyRoster"]) == 1
    appeals = found["appeals"]["nodes"]
    statuses = {"SUBMITTED", "ACCEPTED", "DISPATCHED", "IN_PROGRESS", "AWAITING_CONFIRMATION"}
    assert {each["status"] for each in appeals} == statuses
    late = [each for each in appeals if any(one["stateLabel"] == "已超时" for one in each["deadlines"])]
    assert [each["level"] for each in late] == ["FARM"]
    assert {"已暂停"} <= {one["stateLabel"] for each in appeals for one in each["deadlines"]}
    disputes = {each["status"] for each in found["disputes"]["nodes"]}
    assert disputes == {"REPORTED", "MEDIATING", "AGREED", "PERFORMED", "BREACHED", "FAILED", "REFUSED", "WITHDRAWN"}
    assert {"PROPOSED", "PUBLISHED", "CLAIMED", "FULFILLED"} <= {each["status"] for each in found["wishes"]["nodes"]}


@pytest.mark.long
async def test_on_a_leap_day_in_the_evening_the_community_has_worked(leap_day: str) -> None:
    await check(leap_day, LEAP_DAY)


@pytest.mark.long
async def test_on_a_first_of_the_month_that_is_a_monday_the_morning_is_half_over(monday: str) -> None:
    await check(monday, FIRST_AND_MONDAY)


@pytest.fixture(params=LATER, ids=str)
def later(request: pytest.FixtureRequest, postgres: str) -> Iterator[tuple[str, datetime]]:
    now: datetime = request.param
    with loaded(postgres, now) as url:
        yield url, now


@pytest.mark.long
async def test_so_it_has_at_any_hour_of_any_other_day(later: tuple[str, datetime]) -> None:
    await check(*later)


@pytest.mark.long
async def test_at_the_hour_the_ladder_rings_for_those_who_are_still_to_be_reached(monday: str) -> None:
    async with at(monday, FIRST_AND_MONDAY) as (client, clock):
        secretary = await client.as_("书记01")
        waiting = [each for each in (await secretary.ask(DUE)).data["myDay"]["nodes"] if each["colour"] == "RED"]
        assert 1 < len(waiting) < 42
        clock.turn(timedelta(minutes=54))
        assert await client.transact(climb) == 0
        clock.turn(timedelta(minutes=1))
        while await client.transact(climb):
            pass
        raised = "select count(*) from alert where day = $1"
        assert await client.app.state.owner.fetchval(raised, FIRST_AND_MONDAY.date()) == len(waiting)


@pytest.mark.long
async def test_after_the_hour_one_alert_waits_for_who_took_it(leap_day: str) -> None:
    query = """{ alerts(first: 100) { nodes { missedOn status note acknowledgedBy { username } rungs { rung } } } }"""
    async with at(leap_day, LEAP_DAY) as (client, _):
        found = (await (await client.as_("网格员01")).ask(query)).data["alerts"]["nodes"]
    today = [each for each in found if each["missedOn"] == "2024-02-29"]
    assert [(each["status"], each["acknowledgedBy"]["username"]) for each in today] == [("ACKNOWLEDGED", "联户长04")]
    assert {each["status"] for each in found if each["missedOn"] < "2024-02-28"} <= {"ENDED"}


@pytest.mark.long
async def test_the_figures_of_2023_are_the_same_after_its_cases_have_ended(leap_day: str, demo_url: str) -> None:
    """But for the number that are past a deadline now: of 2023 none is left."""
    found = []
    for url in (demo_url, leap_day):
        async with at(url, LEAP_DAY) as (client, _):
            secretary = await client.as_("书记01")
            found.append((await secretary.ask(FIGURES, between=YEAR)).data["statistics"])
            left = "{ appeals(where: {open: true}, orderBy: OLDEST) { nodes { openedAt } } }"
            oldest = (await secretary.ask(left)).data["appeals"]["nodes"][0]["openedAt"]
            assert oldest.startswith("2023-12" if url == demo_url else "2024-02")
    before, after = map(_without_overdue, found)
    assert before["directLine"]["unresolved"] == 3
    assert before["disputes"]["pending"] == 1
    assert before == after


def _without_overdue(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _without_overdue(each) for name, each in found.items() if name != "overdue"}
    return [_without_overdue(each) for each in found] if isinstance(found, list) else found


@pytest.mark.long
async def test_the_duties_of_2023_are_the_same_although_their_days_of_grace_are_in_2024(
    leap_day: str, demo_url: str
) -> None:
    found = []
    for url in (demo_url, leap_day):
        async with at(url, LEAP_DAY) as (client, _):
            between = {"startsOn": "2023-12-01", "endsOn": "2023-12-31"}
            found.append((await (await client.as_("书记01")).ask(COMPLIANCE, between=between)).data)
    assert found[0] == found[1]


@pytest.mark.long
def test_it_is_the_same_for_the_same_moment_and_2023_is_the_same_for_any() -> None:
    first, again, before = demo.demo(LEAP_DAY), demo.demo(LEAP_DAY), demo.demo(YEAR_ENDS)
    assert fingerprint(first) == fingerprint(again)
    rows = _rows(first)
    changed = {table for table, own in _rows(before).items() if not own <= rows[table]}
    assert changed == {"appeal", "dispute", "wish"}


def _rows(book: Book) -> dict[str, set[str]]:
    """The rows by table, without nulls: a column that only the quiet years fill is in all records."""
    return {
        sheet.table: {
            repr([each for each in zip(sheet.columns, record, strict=True) if each[1] is not None])
            for record in sheet.records
        }
        for sheet in book.sheets()
    }


@pytest.mark.long
@pytest.mark.parametrize("day", ["yesterday", "2023-12-32", "2999-01-01"])
def test_a_last_day_that_is_none_or_not_over_is_refused(fresh_url: str, day: str) -> None:
    done = tunping(fresh_url, "seed", "--until", day)
    assert done.exit_code == 1
    assert "2023-12-31" in done.output


@pytest.mark.long
async def test_visitors_see_activities_notices_and_doors_that_nobody_opened(monday: str) -> None:
    async with at(monday, FIRST_AND_MONDAY) as (client, _):
        secretary = await client.as_("书记01")
        found = (
            await secretary.ask(
                """{ activities(first: 20, where: {ahead: true}) { nodes { status coming } }
                activities_: activities(first: 20, where: {ahead: false}) { nodes { beginsAt status } }
                noticeWall(first: 5) { nodes { title } } }"""
            )
        ).data
        assert [each["status"] for each in found["activities"]["nodes"]] == ["OPEN"]
        assert found["activities"]["nodes"][0]["coming"] == 6
        assert [each for each in found["activities_"]["nodes"] if each["beginsAt"] > "2024"]
        assert "服务大厅周末也开门" in [each["title"] for each in found["noticeWall"]["nodes"]]
        attempts = "select count(*) from visit where is_attempt and occurred_at >= '2024-01-01'"
        assert await client.app.state.owner.fetchval(attempts) > 5
