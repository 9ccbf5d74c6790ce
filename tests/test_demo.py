"""The figures of 2023 (domain.md section 6), as anybody reads them through the API."""

from typing import Any

import pytest

from tests.client import Tunping

YEAR = {"startsOn": "2023-01-01", "endsOn": "2023-12-31"}


async def statistics(client: Tunping, wanted: str, **between: str) -> Any:
    query = f"query($between: DayRange!) {{ statistics(between: $between) {{ {wanted} }} }}"
    return (await client.ask(query, between=between or YEAR)).data["statistics"]


async def test_a_hundred_and_one_disputes_of_which_one_is_still_being_mediated(reading: Tunping) -> None:
    found = await statistics(
        await reading.as_("书记01"),
        "disputes { total oral written pending settled successRate closedSuccessRate }",
    )
    assert found["disputes"] == {
        "total": 101,
        "oral": 96,
        "written": 4,
        "pending": 1,
        "settled": 100,
        "successRate": pytest.approx(100 / 101),
        "closedSuccessRate": 1.0,
    }


async def test_four_in_five_are_settled_in_the_grid(reading: Tunping) -> None:
    found = await statistics(
        await reading.as_("书记01"), "disputes { settledInGrid settledInGridShare byLevel { level settled } }"
    )
    assert found["disputes"]["settledInGrid"] == 80
    assert found["disputes"]["settledInGridShare"] == pytest.approx(0.8)
    assert sum(each["settled"] for each in found["disputes"]["byLevel"]) == 100
    assert found["disputes"]["byLevel"][0]["level"] == "GRID"


async def test_the_direct_line_had_73_problems_heating_first_and_three_unresolved(reading: Tunping) -> None:
    found = await statistics(
        await reading.as_("书记01"),
        "directLine { total unresolved byCategory { category label total unresolved } }",
        startsOn="2023-09-01",
        endsOn="2023-12-31",
    )
    line = found["directLine"]
    assert (line["total"], line["unresolved"]) == (73, 3)
    assert (line["byCategory"][0]["category"], line["byCategory"][0]["label"]) == ("HEATING", "供暖")
    assert line["byCategory"][0]["total"] > line["byCategory"][1]["total"]
    assert sum(each["total"] for each in line["byCategory"]) == 73
    assert sum(each["unresolved"] for each in line["byCategory"]) == 3


async def test_the_whole_year_has_no_more_problems_than_since_september(reading: Tunping) -> None:
    found = await statistics(await reading.as_("书记01"), "directLine { total unresolved }")
    assert found["directLine"] == {"total": 73, "unresolved": 3}


async def test_eleven_construction_sites_with_all_matters_resolved(reading: Tunping) -> None:
    found = await statistics(await reading.as_("书记01"), "constructionSites { total matters openMatters }")
    sites = found["constructionSites"]
    assert (sites["total"], sites["openMatters"]) == (11, 0)
    assert sites["matters"] > 0


async def test_days_are_counted_by_the_communitys_calendar(reading: Tunping) -> None:
    """A day's figures add up to the month's, and a visit at 00:30 in Asia/Shanghai is not the day before's."""
    secretary = await reading.as_("书记01")
    month = await statistics(secretary, "visits { total }", startsOn="2023-03-01", endsOn="2023-03-31")
    days = [
        await statistics(secretary, "visits { total }", startsOn=f"2023-03-{day:02}", endsOn=f"2023-03-{day:02}")
        for day in range(1, 32)
    ]
    assert sum(each["visits"]["total"] for each in days) == month["visits"]["total"] > 0


async def test_a_worker_counts_their_own_grid_alone(reading: Tunping) -> None:
    worker, secretary = await reading.as_("网格员01"), await reading.as_("书记01")
    own = await statistics(worker, "disputes { total } visits { total byMode { count } }")
    whole = await statistics(secretary, "disputes { total } visits { total }")
    assert 0 < own["visits"]["total"] < whole["visits"]["total"]
    assert sum(each["count"] for each in own["visits"]["byMode"]) == own["visits"]["total"]


async def test_a_year_without_cases_has_no_rates(reading: Tunping) -> None:
    found = await statistics(
        await reading.as_("书记01"),
        "disputes { total successRate byType { total } }",
        startsOn="2020-01-01",
        endsOn="2020-12-31",
    )
    assert found["disputes"] == {"total": 0, "successRate": None, "byType": []}


async def test_the_community_is_as_large_as_promised(reading: Tunping) -> None:
    data = (
        await (await reading.as_("书记01")).ask(
            """{ estates { totalCount } grids { totalCount } buildings { totalCount }
                households { totalCount } residents { totalCount }
                communities { nodes { name farm { name } } }
                red: residents(where: {colour: [RED]}) { totalCount }
                blue: residents(where: {colour: [BLUE]}) { totalCount }
                orange: residents(where: {colour: [ORANGE]}) { totalCount }
                yellow: residents(where: {colour: [YELLOW]}) { totalCount }
                green: residents(where: {colour: [GREEN]}) { totalCount }
                cyan: residents(where: {colour: [CYAN]}) { totalCount } }"""
        )
    ).data
    assert data["communities"]["nodes"] == [{"name": "屯坪社区", "farm": {"name": "三坪农场"}}]
    least = {"estates": 5, "grids": 12, "buildings": 60, "households": 1_200, "residents": 3_500}
    assert {name for name, count in least.items() if data[name]["totalCount"] < count} == set()
    assert all(data[colour]["totalCount"] > 0 for colour in ("red", "orange", "yellow", "green", "cyan", "blue"))


@pytest.mark.long
async def test_every_working_day_of_december_has_its_roster(reading: Tunping) -> None:
    worker = await reading.as_("网格员01")
    query = """query($day: Date!) { dutyRoster(on: $day) {
        hall { id } reception { partyBranch { name } } outreach { id } absent { worker { username } reason } } }"""
    days = [f"2023-12-{monday + number:02}" for monday in (4, 11, 18, 25) for number in range(5)]
    found = [(await worker.ask(query, day=day)).data["dutyRoster"] for day in days]
    assert [(len(each["hall"]), len(each["outreach"])) for (each,) in found] == [(3, 10)] * 19 + [(3, 9)]
    assert found[-1][0]["absent"] == [{"worker": {"username": "网格员14"}, "reason": "休假"}]
    assert len({each["reception"]["partyBranch"]["name"] for (each,) in found}) == 6
    assert (await worker.ask(query, day="2023-12-02")).data == {"dutyRoster": []}


async def test_what_building_heads_reported_is_told_by_kind(reading: Tunping) -> None:
    query = """{ move: appeals(where: {reportKind: [MOVE_IN, MOVE_OUT]}) { nodes { body reportKindLabel } }
        all: appeals(where: {kind: [REPORT]}) { totalCount nodes { reportKind } }
        other: appeals(where: {kind: [PROBLEM, HELP, INQUIRY]}, first: 100) { nodes { reportKind } } }"""
    found = (await (await reading.as_("书记01")).ask(query)).data
    words = {"迁入": "搬来", "迁出": "搬走"}
    assert all(words[each["reportKindLabel"]] in each["body"] for each in found["move"]["nodes"])
    assert found["all"]["totalCount"] == 13
    assert None not in {each["reportKind"] for each in found["all"]["nodes"]}
    assert {each["reportKind"] for each in found["other"]["nodes"]} == {None}
