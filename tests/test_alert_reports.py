"""Reports from the door of an alert, and what follows from them."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schema.scalars import rfc_3339
from tests.client import Clock, Tunping, new_id, serving
from tests.ladders import (
    COMMUNITY,
    DOOR,
    DUTIES,
    FEW,
    HEAD,
    INVITED,
    NEIGHBOURS,
    STEP,
    entries,
    report,
    rings,
    rungs,
    state,
    told,
)
from tests.races import Gate
from tests.test_alerts import DAY, mine, passes
from tests.test_calls import a_call
from tests.test_duty import grandpa, my_day


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(DAY)


@pytest.fixture
async def that_day(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application on the day of the clock, with few people who live alone, so that a pass takes little time."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        await client.app.state.owner.execute(FEW)
        yield client


@pytest.mark.long
async def test_the_head_finds_him_well_and_nobody_owes_him_anything_today(that_day: Tunping, clock: Clock) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 8, 14, 4, tzinfo=UTC))
    head, resident = await that_day.as_("联户长03"), (await grandpa(worker))["id"]
    owed = len(await my_day(worker))
    given = {"act": new_id("act"), "note": "在楼下下棋"}
    for _ in range(2):
        assert await report(head, alert, "REACHED", **given) == {"alert": {"status": "ENDED"}, "errors": []}
    seen = await state(worker, alert)
    assert (seen["status"], seen["findingLabel"], seen["foundBy"]) == (
        "ENDED",
        "已见到本人，平安",
        {"username": "联户长03"},
    )
    duty = (await worker.ask(DUTIES, day="2024-08-14", resident=resident)).data["duties"]["nodes"]
    assert duty == [{"state": "DONE", "visit": {"mode": "HOME_VISIT", "worker": {"username": "联户长03"}}}]
    assert len(await my_day(worker)) == owed - 1
    assert [kind for kind, *_ in await entries(that_day, alert)] == ["ALERT_RAISED", "ALERT_REPORTED", "ALERT_ENDED"]
    week = (await worker.ask('{ weeklyAnalysis(week: "2024-W33") { workers { worker { username } } } }')).data
    assert {each["worker"]["username"] for each in week["weeklyAnalysis"]["workers"]} == {"网格员01"}
    assert (await head.ask("{ visits { totalCount } }")).data == {"visits": {"totalCount": 0}}
    (problem,) = (await report(head, alert, "NOT_THERE"))["errors"]
    assert (problem["code"], problem["path"]) == ("WRONG_STATE", ["alert"])
    clock.turn(STEP)
    await passes(that_day)
    assert await rungs(worker, alert) == [HEAD]


@pytest.mark.long
async def test_nobody_answers_the_door_and_the_ladder_goes_on_at_once(that_day: Tunping, clock: Clock) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 8, 15, 4, tzinfo=UTC))
    head = await that_day.as_("联户长03")
    assert (await head.do("acknowledgeAlert", {"alert": alert, "note": "我去"}))["errors"] == []
    for _ in range(2):
        assert await report(head, alert, "NOT_THERE") == {"alert": {"status": "OPEN"}, "errors": []}
    seen = await state(worker, alert)
    assert (seen["finding"], seen["acknowledgedBy"], seen["note"]) == ("NOT_THERE", None, None)
    assert await rungs(worker, alert) == [HEAD, NEIGHBOURS]
    await passes(that_day)
    assert await rungs(worker, alert) == [HEAD, NEIGHBOURS]
    clock.turn(STEP)
    await passes(that_day)
    assert await rungs(worker, alert) == [HEAD, NEIGHBOURS, COMMUNITY]
    assert await report(worker, alert, "NOT_THERE") == {"alert": {"status": "OPEN"}, "errors": []}
    assert await rungs(worker, alert) == [HEAD, NEIGHBOURS, COMMUNITY]


@pytest.mark.long
async def test_help_is_needed_and_everybody_is_told_at_once(that_day: Tunping, clock: Clock) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 8, 16, 4, tzinfo=UTC))
    head, pool = await that_day.as_("联户长03"), that_day.app.state.owner
    appeals = await that_day.count("appeal")
    assert await report(head, alert, "HELP_NEEDED", note="摔倒了") == {"alert": {"status": "OPEN"}, "errors": []}
    seen = await state(worker, alert)
    assert (seen["finding"], seen["foundNote"], seen["urgentAt"]) == ("HELP_NEEDED", "摔倒了", rfc_3339(clock()))
    assert await rungs(worker, alert) == [HEAD, NEIGHBOURS, COMMUNITY]
    sent = Counter((row["username"], row["priority"]) for row in await told(that_day, alert))
    assert set(sent.values()) == {1}
    assert {name for name, priority in sent if priority == 0} >= {"联户长03", "网格员01", "书记01"}
    urgent = [row["body"] for row in await told(that_day, alert) if row["priority"] == 0]
    assert all(each.startswith(f"【屯坪社区】紧急：{DOOR}有人需要帮助，请马上前往。") for each in urgent)
    assert {row["priority"] for row in await pool.fetch(INVITED, alert)} == {0}
    before = await told(that_day, alert), await pool.fetch(INVITED, alert)
    assert (await head.do("acknowledgeAlert", {"alert": alert, "note": "已叫救护车"}))["errors"] == []
    assert (await report(worker, alert, "HELP_NEEDED"))["errors"] == []
    clock.turn(STEP)
    await passes(that_day)
    assert (await told(that_day, alert), await pool.fetch(INVITED, alert)) == before
    assert await that_day.count("appeal") == appeals


async def test_neighbours_who_were_asked_before_learn_that_it_is_urgent(that_day: Tunping, clock: Clock) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 8, 17, 4, tzinfo=UTC))
    clock.turn(STEP)
    await passes(that_day)
    assert (await report(worker, alert, "HELP_NEEDED"))["errors"] == []
    sent = await that_day.app.state.owner.fetch(INVITED, alert)
    assert Counter(row["answer_code"] for row in sent) == Counter({row["answer_code"]: 2 for row in sent})
    assert all(row["answer_code"] in row["body"] for row in sent)
    shown = await worker.ask("query($id: ID!) { alert(id: $id) { invitations { nodes { messageSentAt } } } }", id=alert)
    assert {each["messageSentAt"] for each in shown.data["alert"]["invitations"]["nodes"]} == {None}


@pytest.mark.long
async def test_a_neighbour_reports_by_the_code_in_the_message(that_day: Tunping, clock: Clock) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 8, 19, 4, tzinfo=UTC))
    clock.turn(STEP)
    await passes(that_day)
    codes = [row["answer_code"] for row in await that_day.app.state.owner.fetch(INVITED, alert)]
    nobody, resident = that_day.as_nobody(), (await grandpa(worker))["id"]

    async def says(finding: str, code: str, **more: str) -> Any:
        return await nobody.do("reportAlert", {"code": code, "finding": finding} | more, "alert { status }")

    given = {"act": new_id("act"), "note": "灯亮着，没人应"}
    for _ in range(2):
        assert await says("NOT_THERE", codes[0].lower(), **given) == {"alert": None, "errors": []}
    assert await rungs(worker, alert) == [HEAD, NEIGHBOURS, COMMUNITY]
    assert (await says("REACHED", codes[1]))["errors"] == []
    seen = await state(worker, alert)
    assert (seen["status"], seen["finding"], seen["foundBy"]) == ("ACKNOWLEDGED", "REACHED", None)
    assert seen["foundNote"].startswith("邻居")
    duty = (await worker.ask(DUTIES, day="2024-08-19", resident=resident)).data["duties"]["nodes"]
    assert duty == [{"state": "DUE", "visit": None}], "a worker still calls"
    call = await a_call(worker, most=1)
    assert (await worker.do("callForHelp", call))["errors"] == []
    other = await that_day.app.state.owner.fetchval(
        "select answer_code from invitation where 'call_' || call_id = $1", call["id"]
    )
    for code in (other, "NOSUCH", ""):
        (problem,) = (await says("REACHED", code))["errors"]
        assert (problem["code"], problem["path"]) == ("NOT_FOUND", ["code"])
    assert await nobody.refused("reportAlert", {"alert": alert, "finding": "REACHED"}) == "NOT_FOUND"
    assert await worker.refused("reportAlert", {"finding": "REACHED"}) == "INVALID_INPUT"
    for stranger in ("网格员14", "联户长01"):
        assert await (await that_day.as_(stranger)).refused("reportAlert", {"alert": alert, "finding": "REACHED"}) == (
            "NOT_FOUND"
        )


@pytest.mark.long
async def test_a_report_that_was_wrong_is_withdrawn_and_the_head_may_report_again(
    that_day: Tunping, clock: Clock
) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 9, 4, 4, tzinfo=UTC))
    head, staff = await that_day.as_("联户长03"), await that_day.as_("社区01")
    resident = (await grandpa(worker))["id"]
    assert (await report(head, alert, "REACHED"))["errors"] == []
    duty = (await worker.ask(DUTIES.replace("visit {", "visit { id"), day="2024-09-04", resident=resident)).data
    visit = duty["duties"]["nodes"][0]["visit"]["id"]
    assert (await staff.do("withdrawVisit", {"visit": visit, "reason": "敲的是隔壁的门"}))["errors"] == []
    seen = await state(worker, alert)
    assert (seen["status"], seen["finding"], seen["foundBy"]) == ("OPEN", None, None)
    assert await report(head, alert, "REACHED") == {"alert": {"status": "ENDED"}, "errors": []}
    duty = (await worker.ask(DUTIES, day="2024-09-04", resident=resident)).data["duties"]["nodes"]
    assert [each["state"] for each in duty] == ["DONE"]


@pytest.mark.parametrize("day", [11, 12])
async def test_a_report_and_a_pass_of_the_ladder_at_once_ring_each_rung_once(
    that_day: Tunping, clock: Clock, monkeypatch: pytest.MonkeyPatch, day: int
) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 9, day, 4, tzinfo=UTC))
    clock.turn(STEP)
    both = report(worker, alert, "NOT_THERE"), passes(that_day)
    answers = await Gate(monkeypatch, that_day).race(*(both if day == 11 else both[::-1]))
    assert {"alert": {"status": "OPEN"}, "errors": []} in answers
    # Whoever reports after the pass has waited for it, and rings the rung after it.
    assert await rungs(worker, alert) == ([HEAD, NEIGHBOURS] if day == 11 else [HEAD, NEIGHBOURS, COMMUNITY])


@pytest.mark.long
async def test_of_two_reports_at_once_the_second_finds_what_the_first_left(
    that_day: Tunping, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 9, 13, 4, tzinfo=UTC))
    head, gate = await that_day.as_("联户长03"), Gate(monkeypatch, that_day)
    first, second = await gate.race(report(head, alert, "REACHED"), report(worker, alert, "NOT_THERE"))
    assert (first["errors"], [each["code"] for each in second["errors"]]) == ([], ["WRONG_STATE"])
    visits = "select count(*) from visit where household_id = $1 and occurred_at = $2"
    home = (await grandpa(worker))["household"]["id"].removeprefix("household_")
    assert await that_day.app.state.owner.fetchval(visits, home, clock()) == 1
    clock.turn(timedelta(days=3))
    await passes(that_day)
    alert = (await mine(worker) or {})["id"]
    both = (report(head, alert, "HELP_NEEDED"), report(worker, alert, "HELP_NEEDED"))
    for answer in await gate.race(*both):
        assert answer["errors"] == []
    assert set(Counter((row["username"], row["priority"]) for row in await told(that_day, alert)).values()) == {1}


async def test_a_report_cannot_take_back_an_alert_that_somebody_takes_meanwhile(
    that_day: Tunping, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, alert = await rings(that_day, clock, datetime(2024, 9, 17, 4, tzinfo=UTC))
    head = await that_day.as_("联户长03")
    taken = head.do("acknowledgeAlert", {"alert": alert})
    answers = await Gate(monkeypatch, that_day).race(report(worker, alert, "REACHED"), taken)
    assert [[each["code"] for each in answer["errors"]] for answer in answers] == [[], ["WRONG_STATE"]]
