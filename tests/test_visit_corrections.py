"""Mistakes at the door are put right: what every reader saw before and after."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from schema.scalars import rfc_3339
from tests.client import Clock, Tunping, new_id, serving
from tests.test_alerts import passes
from tests.visit_days import NOON, PAST, Day, changed


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
async def test_a_tick_at_the_wrong_old_man_is_corrected(day: Day) -> None:
    """The duty comes back, the ladder goes on where it was, and the visit counts for whom it met."""
    untouched = {who: await day.read(who) for who in (day.worker, day.secretary)}
    assert untouched[day.worker]["alert"] == "OPEN"
    assert (untouched[day.worker]["owed"], untouched[day.worker]["duty"]) == (True, "DUE")
    visit = await day.recorded()
    for who, before in untouched.items():
        wrong = changed(before, await day.read(who))
        assert wrong.pop("home's visits") == (before["home's visits"], before["home's visits"] + 1)
        assert wrong.pop("his visits") == (before["his visits"], before["his visits"] + 1)
        assert wrong.pop("list") == (before["list"], before["list"] + 1)
        wrong.pop("missed since", None)
        assert wrong == {
            "owed": (True, False),
            "duty": ("DUE", "DONE"),
            "door": ("DUE", "DONE"),
            "compliance": (0, 1),
            "statistics": ((0, 0, 0), (1, 1, 0)),
            "by mode": ({}, {"HOME_VISIT": 1}),
            "week": ((0, 0), (1, 0)),
            "week's homes": (set(), {day.home}),
            "week's duty": (0, 1),
            "daily log": ((0, 0), (1, 0)),
            "alert": ("OPEN", "ENDED"),
        }
    met = [each["id"] for each in day.other["residents"]][:1]
    given = {"visit": visit, "reason": "点错了人，见到的是邻居", "household": day.other["id"], "residents": met}
    assert (await day.worker.do("correctVisit", given | {"clear": ["NOTE"]}))["errors"] == []
    for who, before in untouched.items():
        assert changed(before, await day.read(who)) == {
            "statistics": ((0, 0, 0), (1, 1, 0)),
            "by mode": ({}, {"HOME_VISIT": 1}),
            "week": ((0, 0), (1, 0)),
            "week's homes": (set(), {day.other["id"]}),
            "daily log": ((0, 0), (1, 0)),
        }
    told = (await day.secretary.ask(PAST, id=visit)).data["visit"]
    assert (told["household"]["id"], [each["id"] for each in told["residents"]]) == (day.other["id"], met)
    (past,) = told["corrections"]
    assert past == {
        "withdraws": False,
        "reason": "点错了人，见到的是邻居",
        "mode": "HOME_VISIT",
        "note": "一切都好",
        "spokeWith": None,
        "residents": [{"id": day.old_man["id"]}],
        "household": {"id": day.home},
        "premises": None,
        "correctedBy": {"username": "网格员01"},
    }
    day.clock.turn(timedelta(minutes=16))
    await passes(day.client)
    query = "query($r: ID!) { alerts(where: { open: true, resident: $r }) { nodes { rungs { rung } } } }"
    (alert,) = (await day.worker.ask(query, r=day.old_man["id"])).data["alerts"]["nodes"]
    assert [each["rung"] for each in alert["rungs"]] == ["BUILDING_HEAD", "NEIGHBOURS"]


@pytest.mark.long
async def test_a_withdrawn_visit_stays_on_record_and_counts_nowhere(day: Day) -> None:
    appeal = {"id": new_id("appeal"), "body": "楼道灯不亮"}
    untouched = {who: await day.read(who) for who in (day.worker, day.secretary)}
    visit = await day.recorded(appeals=[appeal])
    assert (await day.read())["alert"] == "ENDED"
    act = {"visit": visit, "reason": "没有去，误登记", "act": new_id("act")}
    done = [await day.worker.do("withdrawVisit", act, "visit { id withdrawnAt }") for _ in range(2)]
    assert done[0] == done[1]
    assert done[0] == {"visit": {"id": visit, "withdrawnAt": rfc_3339(day.clock())}, "errors": []}
    for who, before in untouched.items():
        assert changed(before, await day.read(who)) == {}
    told = (await day.secretary.ask(PAST, id=visit)).data["visit"]
    assert (told["residents"], told["note"], told["isAttempt"]) == ([], "一切都好", False)
    assert [(each["withdraws"], each["residents"]) for each in told["corrections"]] == [
        (True, [{"id": day.old_man["id"]}])
    ]
    kept = """query($home: ID!, $appeal: ID!) { withdrawnVisits(where: { household: $home }) { nodes { id } }
        appeal(id: $appeal) { visit { withdrawnAt } } }"""
    seen = (await day.worker.ask(kept, home=day.home, appeal=appeal["id"])).data
    assert visit in [each["id"] for each in seen["withdrawnVisits"]["nodes"]]
    assert seen["appeal"]["visit"]["withdrawnAt"] is not None
    for mutation, more in (
        ("withdrawVisit", {}),
        ("correctVisit", {"mode": "PHONE"}),
        ("addVisitPhotos", {"photos": []}),
    ):
        reason = {} if mutation == "addVisitPhotos" else {"reason": "再来一次"}
        assert await day.worker.refused(mutation, {"visit": visit, **reason, **more}) == "WRONG_STATE"


@pytest.mark.long
async def test_the_journal_keeps_what_a_visit_had_said(day: Day) -> None:
    visit = await day.recorded(spokeWith="女儿")
    given = {"visit": visit, "reason": "打的是电话", "mode": "PHONE", "clear": ["SPOKE_WITH"]}
    assert (await day.worker.do("correctVisit", given))["errors"] == []
    assert (await day.secretary.do("withdrawVisit", {"visit": visit, "reason": "重复登记"}))["errors"] == []
    uuid = visit.partition("_")[2]
    pool = day.client.app.state.owner
    rows = await pool.fetch("select kind, note from journal where visit_id = $1 order by id", uuid)
    local = (day.clock() + timedelta(hours=8)).date()
    on = f"{local.year}年{local.month}月{local.day}日12:00"
    assert [tuple(row) for row in rows] == [
        ("VISIT_RECORDED", None),
        (
            "VISIT_CORRECTED",
            f"打的是电话（原记录：上门，{on}，金穗家园3号楼1单元201，见到王德顺，与女儿交谈，备注：一切都好）",
        ),
        ("VISIT_WITHDRAWN", f"重复登记（原记录：电话，{on}，金穗家园3号楼1单元201，见到王德顺，备注：一切都好）"),
    ]


@pytest.mark.long
async def test_an_alert_that_somebody_took_stays_taken(day: Day) -> None:
    query = "query($r: ID!) { alerts(where: { open: true, resident: $r }) { nodes { id } } }"
    (alert,) = (await day.worker.ask(query, r=day.old_man["id"])).data["alerts"]["nodes"]
    assert (await day.worker.do("acknowledgeAlert", {"alert": alert["id"]}))["errors"] == []
    visit = await day.recorded()
    assert (await day.read())["alert"] == "ENDED"
    assert (await day.worker.do("withdrawVisit", {"visit": visit, "reason": "误登记"}))["errors"] == []
    assert (await day.read())["alert"] == "ACKNOWLEDGED"


@pytest.mark.long
async def test_an_alert_does_not_come_back_for_whom_another_visit_reached(day: Day) -> None:
    first, _ = await day.recorded(), await day.recorded(mode="PHONE")
    assert (await day.worker.do("withdrawVisit", {"visit": first, "reason": "误登记"}))["errors"] == []
    seen = await day.read()
    assert (seen["alert"], seen["duty"], seen["statistics"]) == ("ENDED", "DONE", (1, 1, 0))


@pytest.mark.long
async def test_a_visit_of_another_day_brings_back_no_alert_of_today(day: Day) -> None:
    """It had ended today's alert no more than it fulfilled today's duty; yesterday's alert is over."""
    yesterday = (day.clock() - timedelta(days=1)).isoformat()
    visit = await day.recorded(occurredAt=yesterday)
    assert (await day.read())["duty"] == "DUE"
    given = {"visit": visit, "reason": "就是今天", "occurredAt": day.clock().isoformat()}
    assert (await day.worker.do("correctVisit", given))["errors"] == []
    seen = await day.read()
    assert (seen["alert"], seen["duty"]) == ("ENDED", "DONE")
    assert (await day.worker.do("correctVisit", given | {"occurredAt": yesterday}))["errors"] == []
    seen = await day.read()
    assert (seen["alert"], seen["duty"]) == ("OPEN", "DUE")


@pytest.mark.long
async def test_an_attempt_is_shown_at_the_door_and_counts_as_none(day: Day) -> None:
    """Until it is corrected: somebody was there after all."""
    untouched = await day.read(day.worker)
    visit = await day.recorded(residents=[], note="敲门没有人应")
    attempt = await day.read(day.worker)
    assert changed(untouched, attempt) == {
        "attempts at the door": (0, 1),
        "statistics": ((0, 0, 0), (0, 0, 1)),
        "week": ((0, 0), (0, 1)),
        "daily log": ((0, 0), (0, 1)),
        "home's visits": (untouched["home's visits"], untouched["home's visits"] + 1),
        "list": (untouched["list"], untouched["list"] + 1),
    }
    assert (await day.worker.ask(PAST, id=visit)).data["visit"]["isAttempt"] is True
    given = {"visit": visit, "reason": "后来开了门", "residents": [day.old_man["id"]]}
    assert (await day.worker.do("correctVisit", given))["errors"] == []
    seen = await day.read(day.worker)
    assert (seen["alert"], seen["duty"], seen["statistics"], seen["daily log"]) == ("ENDED", "DONE", (1, 1, 0), (1, 0))
    assert seen["attempts at the door"] == 0


@pytest.mark.long
async def test_who_speaks_with_a_daughter_has_made_no_attempt_and_reached_nobody(day: Day) -> None:
    visit = await day.recorded(residents=[], spokeWith="王大爷的女儿，电话里说他在家")
    seen = await day.read()
    assert (seen["duty"], seen["alert"], seen["statistics"]) == ("DUE", "OPEN", (1, 1, 0))
    assert (await day.worker.ask(PAST, id=visit)).data["visit"]["isAttempt"] is False


@pytest.mark.long
async def test_a_firm_is_visited_and_counted_apart(day: Day) -> None:
    firms = (await day.worker.ask("{ premises(first: 2) { nodes { id name } } }")).data["premises"]["nodes"]
    untouched = await day.read()
    visit: dict[str, Any] = {"id": new_id("visit"), "mode": "HOME_VISIT", "occurredAt": day.clock().isoformat()}
    visit |= {"premises": firms[0]["id"], "note": "检查了灭火器"}
    made = await day.worker.do(
        "recordVisit", visit | {"spokeWith": "店长"}, "visit { household { id } premises { name } isAttempt }"
    )
    firm = {"household": None, "premises": {"name": firms[0]["name"]}, "isAttempt": False}
    assert made == {"visit": firm, "errors": []}
    closed = visit | {"id": new_id("visit"), "premises": firms[1]["id"]}
    assert (await day.worker.do("recordVisit", closed, "visit { isAttempt }"))["visit"] == {"isAttempt": True}
    assert changed(untouched, await day.read()) == {
        "statistics": ((0, 0, 0), (1, 0, 1)),
        "by mode": ({}, {"HOME_VISIT": 1}),
        "week": ((0, 0), (1, 1)),
        "daily log": ((0, 0), (0, 1)),
    }
    query = """query($id: ID!, $on: DayRange!) { node(id: $id) { ... on Premises {
        visits { nodes { spokeWith } } } } statistics(between: $on) { visits { premises } } }"""
    seen = (await day.secretary.ask(query, id=firms[0]["id"], on={"startsOn": day.today, "endsOn": day.today})).data
    assert seen["node"] == {"visits": {"nodes": [{"spokeWith": "店长"}]}}
    assert seen["statistics"]["visits"]["premises"] == 1
    home = {"visit": visit["id"], "reason": "是去了住户家", "household": day.home}
    assert (await day.worker.do("correctVisit", home | {"residents": [day.old_man["id"]]}))["errors"] == []
    assert (await day.read())["duty"] == "DONE"
    back = home | {"household": None, "premises": firms[0]["id"], "reason": "还是单位"}
    assert await day.worker.refused("correctVisit", back) == "INVALID_INPUT"
    assert (await day.worker.do("correctVisit", back | {"residents": []}))["errors"] == []
    assert (await day.read())["duty"] == "DUE"


@pytest.mark.long
async def test_a_visit_that_goes_nowhere_or_to_two_places_is_refused(day: Day) -> None:
    first = "{ premises(first: 1) { nodes { id } } }"
    stranger = await day.client.as_("网格员14")
    firm, elsewhere = [(await who.ask(first)).data["premises"]["nodes"][0]["id"] for who in (day.worker, stranger)]
    visits = await day.client.count("visit")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"household": None}, "household"),
        ({"household": None, "premises": firm}, "residents"),
        ({"premises": firm}, "premises"),
        ({"household": None, "premises": elsewhere, "residents": []}, "premises"),
        ({"spokeWith": "长" * 101}, "spokeWith"),
    ]
    for change, path in wrong:
        (problem,) = (await day.worker.do("recordVisit", day.visit(**change)))["errors"]
        assert problem["path"] == [path], change
    assert await day.client.count("visit") == visits


@pytest.mark.long
async def test_who_may_correct_a_visit_and_for_how_long(day: Day) -> None:
    visit = await day.recorded()
    given = {"visit": visit, "reason": "写错了", "note": "新的备注"}
    leader, stranger = await day.client.as_("网格长01"), await day.client.as_("网格员14")
    head, staff = await day.client.as_("联户长03"), await day.client.as_("社区01")
    codes = [await each.refused("correctVisit", given) for each in (leader, stranger, head, day.client.as_nobody())]
    assert codes == ["NOT_ALLOWED", "NOT_FOUND", "NOT_ALLOWED", "UNAUTHENTICATED"]
    day.clock.turn(timedelta(days=7))
    assert (await day.worker.do("correctVisit", given))["errors"] == []
    day.clock.turn(timedelta(seconds=1))
    later = given | {"note": "更新的备注"}
    for mutation in ("correctVisit", "withdrawVisit"):
        asked = {name: later[name] for name in ("visit", "reason", *(("note",) if mutation[0] == "c" else ()))}
        (problem,) = (await day.worker.do(mutation, asked))["errors"]
        told = (problem["code"], problem["message"], problem["path"])
        assert told == ("TOO_LATE", "登记已超过 7 天，请由社区工作人员更正。", ["visit"])
    assert (await staff.do("correctVisit", later))["errors"] == []
    assert (await staff.do("withdrawVisit", {"visit": visit, "reason": "重复"}))["errors"] == []


@pytest.mark.long
async def test_a_correction_that_cannot_be_is_refused_by_name(day: Day) -> None:
    visit, unknown = await day.recorded(), "0199f0c2-0000-7000-8000-000000000000"
    tables = ("visit_correction", "visit_correction_resident", "journal", "visit_resident")
    before = [await day.client.count(table) for table in tables]
    wrong: list[tuple[dict[str, Any], str, list[str]]] = [
        ({}, "INVALID_INPUT", ["visit"]),
        ({"note": "一切都好", "mode": "HOME_VISIT"}, "INVALID_INPUT", ["visit"]),
        ({"reason": " ", "mode": "PHONE"}, "INVALID_INPUT", ["reason"]),
        ({"reason": "长" * 101, "mode": "PHONE"}, "TOO_LONG", ["reason"]),
        ({"occurredAt": "2999-01-01T00:00:00Z"}, "IN_FUTURE", ["occurredAt"]),
        ({"household": day.other["id"]}, "INVALID_INPUT", ["residents", "0"]),
        ({"household": f"household_{unknown}"}, "NOT_FOUND", ["household"]),
        ({"premises": f"premises_{unknown}", "residents": []}, "NOT_FOUND", ["premises"]),
        ({"residents": [f"resident_{unknown}"]}, "NOT_FOUND", ["residents", "0"]),
        ({"residents": [day.other["residents"][0]["id"]]}, "INVALID_INPUT", ["residents", "0"]),
        ({"spokeWith": "长" * 101}, "TOO_LONG", ["spokeWith"]),
        ({"note": "长" * 2001}, "TOO_LONG", ["note"]),
    ]
    for change, code, path in wrong:
        (problem,) = (await day.worker.do("correctVisit", {"visit": visit, "reason": "写错了"} | change))["errors"]
        assert (problem["code"], problem["path"]) == (code, path), change
    assert [await day.client.count(table) for table in tables] == before
