"""Rates and success rates: each number with what it is made of, leading to its cases, and adding up."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.appeals import AppealKind
from rules.statistics import AppealFigure, DisputeFigure
from tests.client import Clock, Tunping, new_id, serving
from tests.test_mediation import does, quarrel

YEAR = {"startsOn": "2023-01-01", "endsOn": "2023-12-31"}
RATE = "{ numerator denominator rate }"
APPEALS = f"""total unresolved overdue responseRate {RATE} resolutionRate {RATE} timelyResolutionRate {RATE}
    satisfactionRate {RATE}"""
DISPUTES = """total oral written settled performed breached failed refused withdrawn pending closed mediated
    settledInGrid"""
BY = {
    "directLine(kinds: $kinds)": (APPEALS, ("byKind", "byCategory", "byGrid", "byOrganisation", "byMonth")),
    "disputes": (DISPUTES, ("byType", "byLevel", "byOrigin", "byMonth")),
}
RATES = {
    "responseRate": (AppealFigure.RESPONDED_IN_TIME, AppealFigure.RESPONSE_DUE),
    "resolutionRate": (AppealFigure.RESOLVED, AppealFigure.TO_RESOLVE),
    "timelyResolutionRate": (AppealFigure.RESOLVED_IN_TIME, AppealFigure.RESOLUTION_DUE),
    "satisfactionRate": (AppealFigure.SATISFIED, AppealFigure.RATED),
}


async def statistics(client: Tunping, wanted: str, between: dict[str, str] | None = None, **given: Any) -> Any:
    """What is wanted of a period, the year by default."""
    variables = "$between: DayRange!" + (", $kinds: [AppealKind!]" if "$kinds" in wanted else "")
    query = f"query({variables}) {{ statistics(between: $between) {{ {wanted} }} }}"
    return (await client.ask(query, between=between or YEAR, **given)).data["statistics"]


def behind(names: Any) -> str:
    """How many cases there are behind each number."""
    return " ".join(f"{name}: cases(of: {name}) {{ totalCount }}" for name in names)


def numbers(found: dict[str, Any]) -> dict[str, int]:
    """The counts of an object, those within rates too; without the rates themselves, which do not add up."""
    flat = {name: value for name, value in found.items() if isinstance(value, int)}
    for name, value in found.items():
        if isinstance(value, dict) and "numerator" in value:
            flat |= {f"{name}.{part}": value[part] for part in ("numerator", "denominator")}
    return flat


async def test_the_rates_of_the_year_and_what_they_are_made_of(reading: Tunping) -> None:
    line = (await statistics(await reading.as_("书记01"), f"directLine {{ {APPEALS} }}"))["directLine"]
    assert (line["total"], line["unresolved"]) == (73, 3)
    assert line["resolutionRate"] == {"numerator": 70, "denominator": 73, "rate": 70 / 73}
    pool = reading.app.state.owner
    rated = await pool.fetchval("select count(rating) from appeal where kind = 'PROBLEM'")
    liked = await pool.fetchval("select count(*) from appeal where kind = 'PROBLEM' and rating >= 4")
    assert line["satisfactionRate"] == {"numerator": liked, "denominator": rated, "rate": liked / rated}
    in_time = await pool.fetchval(
        "select count(*) from appeal where kind = 'PROBLEM' and accepted_at <= response_due_at"
    )
    assert line["responseRate"] == {"numerator": in_time, "denominator": 73, "rate": in_time / 73}


async def test_heating_is_the_most_frequent_and_its_rates_lead_to_its_cases(reading: Tunping) -> None:
    wanted = f"""directLine {{ byCategory {{ label total satisfactionRate {RATE}
        cases(of: SATISFIED, first: 100) {{ totalCount nodes {{ category kind rating }} }} }} }}"""
    heating = (await statistics(await reading.as_("书记01"), wanted))["directLine"]["byCategory"][0]
    assert heating["label"] == "供暖"
    assert heating["cases"]["totalCount"] == heating["satisfactionRate"]["numerator"] > 0
    assert {(each["category"], each["kind"]) for each in heating["cases"]["nodes"]} == {("HEATING", "PROBLEM")}
    assert {each["rating"] for each in heating["cases"]["nodes"]} <= {4, 5}


async def test_every_number_leads_to_its_cases(reading: Tunping) -> None:
    wanted = f"""directLine {{ {APPEALS} {behind(AppealFigure)} }} disputes {{ {DISPUTES} {behind(DisputeFigure)} }}"""
    found = await statistics(await reading.as_("书记01"), wanted)
    line, disputes = found["directLine"], found["disputes"]
    for name, (over, under) in RATES.items():
        assert line[name]["numerator"] == line[over]["totalCount"], name
        assert line[name]["denominator"] == line[under]["totalCount"], name
    names = {name: name.lower() for name in DisputeFigure} | {"ALL": "total", "SETTLED_IN_GRID": "settledInGrid"}
    assert {name: disputes[name]["totalCount"] for name in names} == {
        name: disputes[field] for name, field in names.items()
    }
    assert line["UNRESOLVED"]["totalCount"] == line["unresolved"] == 3
    assert line["OVERDUE"]["totalCount"] == line["overdue"]


async def test_success_rates_by_type_level_origin_and_month(reading: Tunping) -> None:
    wanted = """disputes { total mediated mediationRate successRate closed closedSuccessRate
        byMonth { startsOn total successRate } byOrigin { origin label total }
        byType { label successRate cases(of: PENDING) { nodes { title status } } } }"""
    found = (await statistics(await reading.as_("书记01"), wanted))["disputes"]
    assert (found["total"], found["mediated"], found["mediationRate"]) == (101, 101, 1.0)
    assert (found["successRate"], found["closed"], found["closedSuccessRate"]) == (100 / 101, 100, 1.0)
    assert [each["startsOn"] for each in found["byMonth"]] == [f"2023-{month:02}-01" for month in range(1, 13)]
    pending = [each for each in found["byType"] if each["cases"]["nodes"]]
    (still_open,) = pending
    assert [each["status"] for each in still_open["cases"]["nodes"]] == ["MEDIATING"]
    assert still_open["successRate"] < 1


@pytest.fixture(scope="module")
def secretary(demo_url: str) -> Iterator[Any]:
    """Asks as the secretary, without an event loop of the test's own."""
    with asyncio.Runner() as runner:
        server = serving(demo_url)
        client = runner.run(server.__aenter__())
        signed_in = runner.run(client.as_("书记01"))
        yield lambda wanted, **given: runner.run(statistics(signed_in, wanted, **given))
        runner.run(server.__aexit__(None, None, None))


DAYS = st.dates(date(2022, 12, 1), date(2024, 1, 31))


@pytest.mark.long
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(DAYS, DAYS).map(sorted), st.sets(st.sampled_from(sorted(AppealKind))))
def test_columns_add_up(secretary: Any, days: list[date], kinds: set[str]) -> None:
    """In any period each number is the sum of its parts, by whatever key it is parted."""
    between = {"startsOn": days[0].isoformat(), "endsOn": days[1].isoformat()}
    for whole, (figures, parts) in BY.items():
        wanted = " ".join(f"{part} {{ {figures} }}" for part in parts)
        found = secretary(f"whole: {whole} {{ {figures} {wanted} }}", between=between, kinds=sorted(kinds))["whole"]
        for part in parts:
            for name, number in numbers(found).items():
                assert sum(numbers(each)[name] for each in found[part]) == number, (part, name)
    disputes = secretary(f"disputes {{ {DISPUTES} }}", between=between)["disputes"]
    assert disputes["pending"] + disputes["closed"] == disputes["total"]
    assert disputes["settled"] + disputes["failed"] + disputes["refused"] + disputes["withdrawn"] == disputes["closed"]
    assert disputes["oral"] + disputes["written"] == disputes["settled"] >= disputes["settledInGrid"]


@pytest.mark.long
async def test_what_failed_was_taken_up_and_what_was_refused_or_withdrawn_was_not(copy_url: str) -> None:
    clock = Clock(datetime(2024, 3, 8, 2, tzinfo=UTC))
    async with serving(copy_url, clock) as client:
        leader = await client.as_("网格长01")
        cases = [await quarrel(client) for _ in range(4)]
        (settled, _), (failed, _), (refused, (party, _)), (withdrawn, _) = cases
        for dispute in (settled, failed):
            await does(leader, "beginMediation", dispute)
        await does(leader, "recordAgreement", settled, id=new_id("agreement"), form="ORAL", content="修好")
        await does(leader, "failMediation", failed, reason="谈不拢", routesTold=["COURT"])
        await does(leader, "noteConsent", refused, party=party, consent="REFUSED")
        await does(leader, "withdrawDispute", withdrawn, reason="和好了")
        march = {"startsOn": "2024-03-01", "endsOn": "2024-03-31"}
        wanted = """disputes { total mediated mediationRate successRate closedSuccessRate
            cases(of: MEDIATED) { nodes { id } } }"""
        found = (await statistics(leader, wanted, march))["disputes"]
    assert {each["id"] for each in found.pop("cases")["nodes"]} == {settled, failed}
    rates = {"mediationRate": 0.5, "successRate": 0.25, "closedSuccessRate": 0.25}
    assert found == {"total": 4, "mediated": 2, **rates}


async def test_an_appeal_called_back_too_late_lowers_the_response_rate_and_one_taken_back_counts_for_nothing(
    copy_url: str,
) -> None:
    clock = Clock(datetime(2024, 1, 8, 2, tzinfo=UTC))
    january = {"startsOn": "2024-01-01", "endsOn": "2024-01-31"}
    async with serving(copy_url, clock) as client:
        worker = await client.as_("网格员01")
        homes = (await worker.ask("{ households(first: 3) { nodes { id } } }")).data["households"]["nodes"]

        async def line() -> Any:
            wanted = f"directLine(kinds: $kinds) {{ {APPEALS} }}"
            return (await statistics(worker, wanted, january, kinds=["INQUIRY"]))["directLine"]

        async def asks(home: Any) -> tuple[str, str]:
            given = {"id": new_id("appeal"), "household": home["id"], "kind": "INQUIRY", "category": "CERTIFICATE"}
            given |= {"body": "开证明要带什么", "source": "DESK", "openedAt": clock().isoformat()}
            done = await worker.do("openAppeal", given, "appeal { id } receiptCode")
            return given["id"], done["receiptCode"]

        before = await line()
        assert (before["responseRate"], before["total"]) == ({"numerator": 0, "denominator": 0, "rate": None}, 0)
        late, taken_back, waiting = [await asks(home) for home in homes]
        assert (await line())["responseRate"]["denominator"] == 0
        await client.do("withdrawAppeal", {"appeal": taken_back[0], "receiptCode": taken_back[1]})
        clock.turn(timedelta(days=30))
        worker = await client.as_("网格员01")
        assert (await worker.do("acceptAppeal", {"appeal": late[0]}))["errors"] == []
        found = await line()
        assert found["responseRate"] == {"numerator": 0, "denominator": 2, "rate": 0.0}
        assert found["resolutionRate"] == {"numerator": 0, "denominator": 2, "rate": 0.0}
        assert (found["total"], found["overdue"]) == (3, 2)
        cases = "directLine(kinds: [INQUIRY]) { cases(of: RESPONSE_DUE, orderBy: OLDEST) { nodes { id } } }"
        (due,) = (await statistics(worker, cases, january)).values()
        assert {each["id"] for each in due["cases"]["nodes"]} == {late[0], waiting[0]}
