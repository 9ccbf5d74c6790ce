"""On Friday the secretary opens the weekly analysis: every number leads to the cases behind it (story 8)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id, serving

WEEK, MONDAY, SUNDAY = "2023-W48", date(2023, 11, 27), date(2023, 12, 3)
THREE_DAYS_LATER = datetime(2023, 11, 26, 1, tzinfo=UTC)
"""On 2023-11-23 nobody reached 王大爷."""
AFTER_THE_WEEK = datetime(2023, 11, 28, 1, tzinfo=UTC)
ENDS = "2023-12-17T16:00:00.000Z"
"""The end of 2023-W50."""
COUNTED = """visits { totalCount } visitsRecordedLater { totalCount } householdsVisited { totalCount }
    appealsOpened { totalCount } problemsSolved { totalCount } disputesOpened { totalCount }
    disputesSettled { totalCount } draggingAppeals { totalCount } draggingDisputes { totalCount }"""
DUTY = " ".join(f"{state} {{ totalCount }}" for state in ("owed", "done", "late", "missed", "due", "paused"))
LOG = "householdsVisited { totalCount } disputesCollected { totalCount } problemsSolved { totalCount }"
LOCAL = "at time zone 'Asia/Shanghai')::date between $1 and $2"
IN_SQL = {
    "visits": f"select count(*) from visit where (occurred_at {LOCAL}",
    "visitsRecordedLater": f"""select count(*) from visit
        where (occurred_at {LOCAL} and (recorded_at at time zone 'Asia/Shanghai')::date > $2""",
    "householdsVisited": f"select count(distinct household_id) from visit where (occurred_at {LOCAL}",
    "appealsOpened": f"select count(*) from appeal where (opened_at {LOCAL}",
    "problemsSolved": f"select count(*) from appeal where status = 'CLOSED' and (closed_at {LOCAL}",
    "disputesOpened": f"select count(*) from dispute where (opened_at {LOCAL}",
    "disputesSettled": f"""select count(*) from dispute join agreement on dispute_id = dispute.id
        where (reached_at {LOCAL}""",
}
"""Each number once more, by days rather than instants."""


async def analysis(client: Tunping, wanted: str, week: str | None = WEEK, **given: Any) -> Any:
    """What is wanted of a week."""
    query = (
        f"query($week: String, $community: ID) {{ weeklyAnalysis(week: $week, community: $community) {{ {wanted} }} }}"
    )
    return (await client.ask(query, week=week, **given)).data["weeklyAnalysis"]


async def in_sql(client: Tunping, statement: str, *values: Any) -> Any:
    """The one value of a statement."""
    return await client.app.state.owner.fetchval(statement, *values)


def numbers(found: dict[str, Any]) -> dict[str, int]:
    """The counts of an object, without the rest."""
    return {
        name: value["totalCount"] for name, value in found.items() if isinstance(value, dict) and "totalCount" in value
    }


async def cases(client: Tunping, name: str, week: str = WEEK) -> list[str]:
    """The ids of all cases behind a number, page by page."""
    found: list[str] = []
    query = f"""query($after: String) {{ weeklyAnalysis(week: "{week}") {{
        {name}(first: 7, after: $after) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""
    page: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:
        page = (await client.ask(query, after=page["pageInfo"]["endCursor"])).data["weeklyAnalysis"][name]
        found += [each["id"] for each in page["nodes"]]
    return found


@pytest.mark.long
@pytest.mark.parametrize("week", [WEEK, "2023-W47", "2023-W52"])
async def test_every_number_is_what_the_records_say_and_leads_to_its_cases(reading: Tunping, week: str) -> None:
    secretary = await reading.as_("书记01")
    found = await analysis(secretary, f"startsOn endsOn {COUNTED}", week)
    days = [date.fromisoformat(found[name]) for name in ("startsOn", "endsOn")]
    for name, counted in numbers(found).items():
        if name in IN_SQL:
            assert counted == await in_sql(reading, IN_SQL[name], *days), name
        behind = await cases(secretary, name, week)
        assert len(behind) == len(set(behind)) == counted, name


async def test_a_demo_week_has_something_to_tell(reading: Tunping) -> None:
    found = await analysis(
        await reading.as_("书记01"), f"week startsOn endsOn startsAt endsAt {COUNTED} community {{ name }}"
    )
    assert [found[name] for name in ("week", "startsOn", "endsOn")] == [WEEK, "2023-11-27", "2023-12-03"]
    assert [found["startsAt"], found["endsAt"]] == ["2023-11-26T16:00:00.000Z", "2023-12-03T16:00:00.000Z"]
    assert found["community"]["name"] == "屯坪社区"
    assert list(numbers(found).values()) == [379, 0, 130, 5, 6, 3, 4, 0, 0]


async def test_the_parts_add_up_to_the_whole(reading: Tunping) -> None:
    wanted = f"""{COUNTED}
        byCategory {{ opened {{ totalCount }} openedBefore {{ totalCount }} solved {{ totalCount }} }}
        byKind {{ opened {{ totalCount }} solved {{ totalCount }} }} byBuilding {{ opened {{ totalCount }} }}
        byDisputeType {{ opened {{ totalCount }} settled {{ totalCount }} settledBefore {{ totalCount }} }}
        byLevel {{ level appeals {{ totalCount }} disputes {{ totalCount }} disputesBefore {{ totalCount }} }}
        previous {{ {COUNTED} }}"""
    found = await analysis(await reading.as_("书记01"), wanted)

    def added(part: str, name: str) -> int:
        return sum(each[name]["totalCount"] for each in found[part])

    whole, before = numbers(found), numbers(found["previous"])
    assert added("byCategory", "opened") == added("byKind", "opened") == whole["appealsOpened"]
    assert added("byCategory", "solved") == added("byKind", "solved") == whole["problemsSolved"]
    assert added("byCategory", "openedBefore") == before["appealsOpened"]
    assert added("byLevel", "appeals") == whole["problemsSolved"]
    assert added("byDisputeType", "opened") == whole["disputesOpened"]
    assert added("byDisputeType", "settled") == added("byLevel", "disputes") == whole["disputesSettled"]
    assert added("byDisputeType", "settledBefore") == added("byLevel", "disputesBefore") == before["disputesSettled"]
    at = {each["level"]: numbers(each) for each in found["byLevel"]}
    assert list(at) == ["GRID", "COMMUNITY", "JOINT", "CENTRE", "FARM"]
    assert (at["GRID"]["disputes"], at["COMMUNITY"]["disputes"]) == (3, 1)


@pytest.mark.long
async def test_the_week_before_is_told_as_when_it_is_asked_for_itself(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    wanted = f"""week {COUNTED} byCategory {{ label isNew opened {{ totalCount nodes {{ id }} }} }}
        duty {{ colour {DUTY} }} workers {{ worker {{ username }} {LOG} }}"""
    found = await analysis(secretary, f"previous {{ {wanted} previous {{ {wanted} }} }}")
    before = await analysis(secretary, wanted, "2023-W47")
    assert before["week"] == "2023-W47"
    assert found["previous"] == before | {"previous": await analysis(secretary, wanted, "2023-W46")}


async def test_new_is_what_did_not_occur_in_the_four_weeks_before(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    found = await analysis(secretary, "byCategory { category isNew } byBuilding { isNew building { number } }")
    known = f"select array_agg(distinct category) from appeal where (opened_at {LOCAL}"
    lately = await in_sql(reading, known, date(2023, 10, 30), date(2023, 11, 26))
    now = await in_sql(reading, known, MONDAY, SUNDAY)
    assert {each["category"] for each in found["byCategory"] if each["isNew"]} == set(now) - set(lately)
    assert set(now) - set(lately) == {"ELECTRICITY", "PROPERTY_SERVICE"}
    assert [each["building"]["number"] for each in found["byBuilding"] if each["isNew"]] == [40]


@pytest.mark.long
async def test_each_worker_has_a_log_of_seven_days(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    found = await analysis(
        secretary, f"workers {{ worker {{ id username role }} grids {{ name }} {LOG} days {{ workedOn {LOG} }} }}"
    )
    workers = found["workers"]
    on_grids = [each for each in workers if each["grids"]]
    assert [each["grids"][0]["name"] for each in on_grids] == [f"{number:02}号网格" for number in range(1, 15)]
    logged = {
        "householdsVisited": "select count(distinct household_id) from visit where worker_id = $3 and (occurred_at ",
        "disputesCollected": "select count(*) from dispute where registered_by = $3 and (opened_at ",
        "problemsSolved": "select count(*) from appeal where handled_by = $3 and (closed_at ",
    }
    for worker in workers:
        assert [day["workedOn"] for day in worker["days"]] == [f"2023-11-{day}" for day in range(27, 31)] + [
            f"2023-12-0{day}" for day in range(1, 4)
        ]
        uuid = worker["worker"]["id"].removeprefix("account_")
        spans = [
            (MONDAY, SUNDAY, worker),
            *((each := date.fromisoformat(day["workedOn"]), each, day) for day in worker["days"]),
        ]
        for first, last, log in spans:
            for name, statement in logged.items():
                assert log[name]["totalCount"] == await in_sql(reading, statement + LOCAL, first, last, uuid)
    assert sum(each["problemsSolved"]["totalCount"] for each in workers) == 6
    assert sum(each["disputesCollected"]["totalCount"] for each in workers) == 3


async def test_workers_come_by_their_grids_and_never_by_their_numbers(reading: Tunping) -> None:
    found = await analysis(await reading.as_("书记01"), f"workers {{ worker {{ username }} grids {{ name }} {LOG} }}")
    names = [
        (each["grids"][0]["name"] if each["grids"] else "~", each["worker"]["username"]) for each in found["workers"]
    ]
    assert names == sorted(names)
    counted = [each["householdsVisited"]["totalCount"] for each in found["workers"]]
    assert counted not in (sorted(counted), sorted(counted, reverse=True))


@pytest.mark.long
async def test_the_duties_of_the_week_are_those_of_its_days(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    found = await analysis(secretary, f"duty {{ colour {DUTY} }}")
    days = {"startsOn": str(MONDAY), "endsOn": str(SUNDAY)}
    query = "query($d: DayRange!) { compliance(between: $d) { colour owed done late missed due paused } }"
    compliance = (await secretary.ask(query, d=days)).data["compliance"]
    assert [{"colour": each["colour"], **numbers(each)} for each in found["duty"]] == compliance
    missed = await analysis(
        secretary, "duty { missed(where: {colour: [RED]}) { nodes { colour state resident { name } } } }"
    )
    states = [(each["colour"], each["state"]) for row in missed["duty"] for each in row["missed"]["nodes"]]
    assert states == [("RED", "MISSED")] * 3


async def test_a_worker_reads_the_week_of_their_own_grid_alone(reading: Tunping) -> None:
    found = await analysis(
        await reading.as_("网格员03"), f"{COUNTED} duty {{ owed {{ totalCount }} }} workers {{ worker {{ username }} }}"
    )
    grid = await in_sql(reading, "select id from grid where name = '03号网格'")
    for name, counted in numbers(found).items():
        if name in IN_SQL:
            assert counted == await in_sql(reading, f"{IN_SQL[name]} and grid_id = $3", MONDAY, SUNDAY, grid), name
    assert found["visits"]["totalCount"] > 0
    assert 0 < sum(each["owed"]["totalCount"] for each in found["duty"]) < 294
    assert found["workers"][0]["worker"]["username"] == "网格员03"
    assert {"网格员02", "网格员04"}.isdisjoint(each["worker"]["username"] for each in found["workers"])


async def test_whoever_works_with_nobody_reads_nothing(reading: Tunping) -> None:
    assert await analysis(await reading.as_("书记01"), "week", community=new_id("community")) is None
    wanted = f"visits {{ totalCount }} duty {{ {DUTY} }} workers {{ {LOG} }}"
    found = await analysis(await reading.as_("联户长03"), wanted)
    assert found["visits"] == {"totalCount": 0}
    assert found["duty"] == []
    assert found["workers"] == []


async def test_what_drags_was_open_at_the_weeks_end_however_it_ended_since(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    wanted = (
        "draggingAppeals(days: 2) { totalCount nodes { openedAt closedAt } } draggingDisputes(days: 1) { totalCount }"
    )
    found = await analysis(secretary, f"countedAt {wanted}", "2023-W50")
    assert found["countedAt"] == ENDS
    open_then = f"""where (closed_at is null or closed_at >= '{ENDS}')
        and opened_at < '{ENDS}'::timestamptz - $1 * interval '1 day'"""
    for table, days, name in (("appeal", 2, "draggingAppeals"), ("dispute", 1, "draggingDisputes")):
        agreed = "and id not in (select dispute_id from agreement where reached_at < '2023-12-17T16:00:00Z')"
        narrowed = f"{open_then} {agreed if table == 'dispute' else ''}"
        counted = await in_sql(reading, f"select count(*) from {table} {narrowed}", days)
        assert found[name]["totalCount"] == counted > 0
    opened = [each["openedAt"] for each in found["draggingAppeals"]["nodes"]]
    assert opened == sorted(opened)
    assert any(each["closedAt"] for each in found["draggingAppeals"]["nodes"])


async def test_what_has_been_open_for_more_than_two_weeks_drags_by_default(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    found = await analysis(secretary, "draggingAppeals { nodes { categoryLabel closedAt } }", "2023-W52")
    assert found["draggingAppeals"]["nodes"] == [{"categoryLabel": "供暖", "closedAt": None}]
    assert await cases(secretary, "draggingAppeals", "2023-W51") == []


@pytest.mark.parametrize(
    ("week", "first", "last", "before"),
    [
        ("2020-W53", "2020-12-28", "2021-01-03", "2020-W52"),
        ("2021-W01", "2021-01-04", "2021-01-10", "2020-W53"),
        ("2019-W01", "2018-12-31", "2019-01-06", "2018-W52"),
    ],
)
async def test_weeks_where_years_meet(reading: Tunping, week: str, first: str, last: str, before: str) -> None:
    found = await analysis(await reading.as_("书记01"), "week startsOn endsOn previous { week endsOn }", week)
    assert [found["week"], found["startsOn"], found["endsOn"]] == [week, first, last]
    assert found["previous"]["week"] == before
    assert date.fromisoformat(first).toordinal() - date.fromisoformat(found["previous"]["endsOn"]).toordinal() == 1


@pytest.mark.parametrize("week", ["2023-48", "2021-W53", "2999-W01"])
async def test_what_is_no_week_is_refused(reading: Tunping, week: str) -> None:
    answer = await (await reading.as_("书记01")).ask("query($w: String) { weeklyAnalysis(week: $w) { week } }", w=week)
    assert answer.code == "INVALID_INPUT"


@asynccontextmanager
async def at(url: str, now: datetime) -> AsyncIterator[Tunping]:
    """A worker's phone at a moment."""
    async with serving(url, Clock(now)) as client:
        yield await client.as_("网格员01")


async def visit(worker: Tunping, occurred_at: str, mode: str = "PHONE") -> None:
    """The phone syncs that 王大爷 was reached."""
    found = await worker.ask('{ residents(where: {text: "王德顺"}) { nodes { id household { id } } } }')
    (resident,) = found.data["residents"]["nodes"]
    reached = {"household": resident["household"]["id"], "residents": [resident["id"]], "mode": mode}
    given = {"id": new_id("visit"), "occurredAt": occurred_at, **reached}
    assert (await worker.do("recordVisit", given))["errors"] == []


async def red(worker: Tunping, week: str) -> dict[str, int]:
    """How many of those who live alone were reached, and the visits."""
    found = await analysis(
        worker,
        """visits { totalCount } visitsRecordedLater { totalCount }
        duty { colour done { totalCount } missed { totalCount } }""",
        week,
    )
    (duty,) = (each for each in found["duty"] if each["colour"] == "RED")
    return numbers(found) | numbers(duty)


async def test_a_visit_synced_three_days_late_turns_missed_into_done_in_the_analysis_of_its_week(copy_url: str) -> None:
    async with at(copy_url, THREE_DAYS_LATER) as worker:
        before = await red(worker, "2023-W47")
        await visit(worker, "2023-11-23T10:00:00+08:00")
        after = await red(worker, "2023-W47")
    assert after == before | {
        "visits": before["visits"] + 1,
        "done": before["done"] + 1,
        "missed": before["missed"] - 1,
    }
    async with at(copy_url, AFTER_THE_WEEK) as worker:
        following = await red(worker, "2023-W48")
        await visit(worker, "2023-11-26T23:59:59.999999+08:00")
        assert await red(worker, "2023-W47") == after | {"visits": after["visits"] + 1, "visitsRecordedLater": 1}
        assert await red(worker, "2023-W48") == following


async def test_an_agreement_counts_for_when_it_was_reached_and_for_who_collected_the_dispute(copy_url: str) -> None:
    async with at(copy_url, datetime(2023, 12, 6, tzinfo=UTC)) as worker:
        wanted = f"{COUNTED} pending: draggingDisputes(days: 1) {{ totalCount }}"
        before = numbers(await analysis(worker, wanted))
        leader = await worker.as_("网格长01")
        grid = (await worker.ask("{ me { assignments { grid { id } } } }")).data["me"]["assignments"][0]["grid"]
        sides = [{"role": "APPLICANT", "outsiderName": "甲"}, {"role": "RESPONDENT", "outsiderName": "乙"}]
        dispute = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "占道", "facts": "楼道堆物", "parties": sides}
        dispute |= {"grid": grid["id"], "origin": "PROACTIVE", "openedAt": "2023-11-29T10:00:00+08:00"}
        assert (await leader.do("openDispute", dispute))["errors"] == []
        opened = {"disputesOpened": before["disputesOpened"] + 1}
        assert numbers(await analysis(worker, wanted)) == before | opened | {"pending": before["pending"] + 1}
        agreement = {"id": new_id("agreement"), "dispute": dispute["id"], "form": "ORAL", "content": "清走"}
        agreement |= {"reachedAt": "2023-12-03T20:00:00+08:00"}
        assert (await leader.do("recordAgreement", agreement))["errors"] == []
        settled = {"disputesSettled": before["disputesSettled"] + 1}
        assert numbers(await analysis(worker, wanted)) == before | opened | settled
        found = await analysis(worker, f"workers {{ worker {{ username }} grids {{ name }} {LOG} }}")
        assert found["workers"][-1] == {
            "worker": {"username": "网格长01"},
            "grids": [],
            "householdsVisited": {"totalCount": 0},
            "disputesCollected": {"totalCount": 1},
            "problemsSolved": {"totalCount": 0},
        }


async def test_a_week_ends_with_its_sunday_in_the_communitys_time_zone(copy_url: str) -> None:
    async with at(copy_url, datetime(2024, 1, 3, tzinfo=UTC)) as worker:
        old, new = [(await red(worker, week))["visits"] for week in ("2023-W52", "2024-W01")]
        await visit(worker, "2023-12-31T23:59:59+08:00")
        assert [(await red(worker, week))["visits"] for week in ("2023-W52", "2024-W01")] == [old + 1, new]
        await visit(worker, "2024-01-01T00:00:00+08:00")
        assert [(await red(worker, week))["visits"] for week in ("2023-W52", "2024-W01")] == [old + 1, new + 1]
        pool = worker.app.state.owner
        await pool.execute("update community set time_zone = 'Asia/Urumqi'")
        wanted = 'visits(where: {occurredBetween: {startsAt: "2024-01-01T00:00:00+08:00"}}) { totalCount }'
        assert (await analysis(worker, wanted, "2023-W52"))["visits"]["totalCount"] == 1
        await pool.execute("update community set time_zone = 'Europe/London'")
        spring = await analysis(worker, "startsAt endsAt", "2023-W12")
        assert spring == {"startsAt": "2023-03-20T00:00:00.000Z", "endsAt": "2023-03-26T23:00:00.000Z"}
        await pool.execute("update community set time_zone = 'Asia/Shanghai'")


async def test_by_default_it_is_the_week_that_runs_up_to_now(copy_url: str) -> None:
    async with at(copy_url, datetime(2023, 11, 26, 16, 30, tzinfo=UTC)) as worker:
        found = await analysis(worker, "week countedAt visits { totalCount }", None)
        assert (found["week"], found["countedAt"]) == ("2023-W48", "2023-11-26T16:30:00.000Z")
        query = '{ weeklyAnalysis(week: "2023-W49") { week } }'
        assert (await worker.ask(query)).code == "INVALID_INPUT"
