"""What a phone syncs late counts by the right of its time, and ids of merged records mean the record that was kept."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.client import Tunping, new_id
from tests.races import Gate
from tests.test_merges import doors, record
from tests.test_people import ago, day_of, today

WORKER = "网格员05"
POSTS = "select id from assignment where account_id = (select id from account where username = $1)"
DOORS = "{ households(first: 8) { nodes { id grid { id } residents { id } } } }"


def at(days: int, hour: int = 10) -> str:
    """An hour some days ago, by the community's clock."""
    return f"{ago(days)}T{hour:02}:00:00+08:00"


async def end_posts(tunping: Tunping, last_day: date, username: str = WORKER, **more: Any) -> None:
    """Ends the posts of a worker, as a hand-over does."""
    changes = {"starts_on": date(2023, 1, 1), "ends_on": last_day, "ended_at": None} | more
    names = ", ".join(f"{name} = ${index}" for index, name in enumerate(changes, 2))
    change = f"update assignment set {names} where id in ({POSTS})"
    await tunping.app.state.owner.execute(change, username, *changes.values())


@pytest.fixture
async def worker(tunping: Tunping) -> AsyncIterator[Tunping]:
    """A worker whose posts are as before after each test."""
    rows = await tunping.app.state.owner.fetch(f"select * from assignment where id in ({POSTS})", WORKER)
    yield await tunping.as_(WORKER)
    await tunping.app.state.owner.execute(f"delete from assignment where id in ({POSTS})", WORKER)
    for row in rows:
        names, places = ", ".join(row.keys()), ", ".join(f"${index + 1}" for index in range(len(row)))
        await tunping.app.state.owner.execute(f"insert into assignment ({names}) values ({places})", *row.values())


async def a_home(client: Tunping) -> dict[str, Any]:
    """A household of the viewer's grid with residents."""
    nodes = (await client.ask(DOORS)).data["households"]["nodes"]
    return next(each for each in nodes if each["residents"])


def a_visit(home: dict[str, Any], occurred_at: str, **more: Any) -> dict[str, Any]:
    residents = [each["id"] for each in home["residents"]]
    made = {"id": new_id("visit"), "household": home["id"], "mode": "HOME_VISIT", "residents": residents}
    return made | {"occurredAt": occurred_at} | more


@pytest.mark.long
@pytest.mark.parametrize(("days", "accepted"), [(9, True), (5, True), (4, True), (3, False), (0, False), (300, True)])
async def test_a_visit_counts_by_the_post_of_its_day(
    tunping: Tunping, worker: Tunping, days: int, accepted: bool
) -> None:
    home = await a_home(worker)
    await end_posts(tunping, today() - timedelta(4))
    assert (await worker.ask("{ households { totalCount } }")).data["households"]["totalCount"] == 0
    visit = a_visit(home, at(days, 0))
    if not accepted:
        assert await worker.refused("recordVisit", visit) == "NOT_FOUND"
        return
    for _ in range(3):
        # The worker does not see the visit any more. Whoever holds the grid does.
        assert await worker.do("recordVisit", visit, "visit { id }") == {"visit": None, "errors": []}
    row = await tunping.app.state.owner.fetchrow("select * from visit where 'visit_' || id = $1", visit["id"])
    assert (f"grid_{row['grid_id']}", f"household_{row['household_id']}") == (home["grid"]["id"], home["id"])
    assert (await worker.ask("{ visits { totalCount } households { totalCount } }")).data == {
        "visits": {"totalCount": 0},
        "households": {"totalCount": 0},
    }


async def test_before_the_post_began_and_elsewhere_there_was_no_right(tunping: Tunping, worker: Tunping) -> None:
    home, other = await a_home(worker), await a_home(await tunping.as_("网格员08"))
    await end_posts(tunping, today() - timedelta(4), starts_on=today() - timedelta(10))
    assert await worker.refused("recordVisit", a_visit(home, at(11))) == "NOT_FOUND"
    assert await worker.refused("recordVisit", a_visit(other, at(6))) == "NOT_FOUND"
    stranger = a_visit(home, at(6), residents=[other["residents"][0]["id"]])
    assert await worker.refused("recordVisit", stranger) == "NOT_FOUND"
    assert await worker.refused("openAppeal", {"id": new_id("appeal"), "household": home["id"], "body": "灯"}) == (
        "NOT_FOUND"
    )
    assert (await worker.do("recordVisit", a_visit(home, at(10))))["errors"] == []


async def test_a_post_that_ended_at_once_held_until_that_moment(tunping: Tunping, worker: Tunping) -> None:
    home, now = await a_home(worker), datetime.now(UTC)
    ended = now - timedelta(minutes=30)
    await end_posts(tunping, day_of(ended) - timedelta(1), ended_at=ended)
    for minutes, errors in ((45, []), (31, []), (29, ["NOT_FOUND"]), (0, ["NOT_FOUND"])):
        made = await worker.do("recordVisit", a_visit(home, (now - timedelta(minutes=minutes)).isoformat()))
        assert sorted({each["code"] for each in made["errors"]}) == errors, minutes


async def test_a_stand_in_syncs_after_their_days(tunping: Tunping, worker: Tunping) -> None:
    home, stand_in = await a_home(worker), await tunping.as_("网格员08")
    add = """insert into assignment (account_id, community_id, grid_id, starts_on, ends_on, stands_in_for)
        select $1, community_id, grid_id, $2, $3, account_id from assignment where id in
        (select id from assignment where account_id = (select id from account where username = $4)) limit 1"""
    account = await tunping.app.state.owner.fetchval("select id from account where username = '网格员08'")
    await tunping.app.state.owner.execute(add, account, today() - timedelta(8), today() - timedelta(3), WORKER)
    for days, errors in ((8, []), (3, []), (2, ["NOT_FOUND"]), (9, ["NOT_FOUND"])):
        made = await stand_in.do("recordVisit", a_visit(home, at(days)))
        assert sorted({each["code"] for each in made["errors"]}) == errors, days


async def test_who_holds_no_post_any_more_still_syncs(tunping: Tunping, worker: Tunping) -> None:
    home = await a_home(worker)
    await end_posts(tunping, today() - timedelta(4))
    dispute: dict[str, Any] = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "漏水", "facts": "楼上漏水"}
    dispute["parties"] = [
        {"role": "APPLICANT", "resident": home["residents"][0]["id"]},
        {"role": "RESPONDENT", "outsiderName": "装修队"},
    ]
    found = {"appeals": [{"id": new_id("appeal"), "body": "楼道堵塞"}], "disputes": [dispute]}
    made = await worker.do("recordVisit", a_visit(home, at(6), **found), "appeals { id } disputes { id }")
    assert (made["errors"], made["appeals"], made["disputes"]) == ([], [None], [None])
    alone = {"id": new_id("appeal"), "household": home["id"], "body": "灯不亮", "openedAt": at(5)}
    assert (await worker.do("openAppeal", alone))["errors"] == []
    again = dispute | {"id": new_id("dispute"), "openedAt": at(5)}
    assert (await worker.do("openDispute", again))["errors"] == []
    assert await worker.refused("openDispute", again | {"id": new_id("dispute"), "openedAt": at(1)}) == "NOT_FOUND"
    assert await worker.refused("openAppeal", alone | {"id": new_id("appeal"), "openedAt": at(1)}) == "NOT_FOUND"


@pytest.mark.long
async def test_of_several_acts_only_the_late_one_goes_back(tunping: Tunping, worker: Tunping) -> None:
    home = await a_home(worker)
    await end_posts(tunping, today() - timedelta(4))
    query = """mutation($visit: RecordVisitInput!, $appeal: OpenAppealInput!) {
        recordVisit(input: $visit) { errors { code } } openAppeal(input: $appeal) { errors { code } } }"""
    appeal = {"id": new_id("appeal"), "household": home["id"], "body": "灯不亮"}
    made = (await worker.ask(query, visit=a_visit(home, at(6)), appeal=appeal)).data
    assert made == {"recordVisit": {"errors": []}, "openAppeal": {"errors": [{"code": "NOT_FOUND"}]}}


async def test_a_visit_reached_who_lives_in_another_grid_by_now(tunping: Tunping, worker: Tunping) -> None:
    home, other = await a_home(worker), await a_home(await tunping.as_("网格员08"))
    person = await record(worker, home["id"])
    moved = {"residents": [person], "household": other["id"], "on": ago(3)}
    assert (await (await tunping.as_("书记01")).do("moveResidents", moved))["errors"] == []
    for days, errors in ((10, []), (4, []), (2, ["NOT_FOUND"]), (30, ["NOT_FOUND"])):
        made = await worker.do("recordVisit", a_visit(home, at(days), residents=[person]))
        assert sorted({each["code"] for each in made["errors"]}) == errors, days


# Merged records


async def merged(worker: Tunping, *, apart: bool = True) -> tuple[str, str, str, str]:
    """Two merged records, the kept one first, and the households in which they lived by them."""
    home, other, *_ = await doors(worker)
    other = other if apart else home
    kept, gone = await record(worker, home), await record(worker, other)
    merge = {"id": new_id("merge"), "keep": kept, "merge": gone}
    assert (await worker.do("mergeResidents", merge))["errors"] == []
    return kept, gone, home, other


def a_pause(resident: str) -> dict[str, Any]:
    day = str(today())
    return {"id": new_id("pause"), "resident": resident, "startsOn": day, "endsOn": day, "reason": "住院"}


@pytest.mark.long
@pytest.mark.parametrize("apart", [True, False])
async def test_a_late_visit_reaches_the_record_that_was_kept(tunping: Tunping, apart: bool) -> None:
    worker = await tunping.as_(WORKER)
    kept, gone, home, other = await merged(worker, apart=apart)
    reached = "visit { residents { id } }"
    for household, residents in ((home, [gone]), (other, [gone]), (other, [gone, kept]), (home, [kept])):
        visit = a_visit({"id": household, "residents": []}, at(2), residents=residents)
        made = await worker.do("recordVisit", visit, reached)
        assert made == {"visit": {"residents": [{"id": kept}]}, "errors": []}
    elsewhere = (await doors(worker))[3]
    visit = a_visit({"id": elsewhere, "residents": []}, at(2), residents=[gone])
    assert await worker.refused("recordVisit", visit) == "INVALID_INPUT"
    visit = a_visit({"id": other, "residents": []}, at(2))
    assert (await worker.do("recordVisit", visit))["errors"] == []
    corrected = {"visit": visit["id"], "reason": "漏记", "residents": [gone]}
    assert (await worker.do("correctVisit", corrected, reached))["visit"] == {"residents": [{"id": kept}]}


@pytest.mark.long
async def test_every_act_on_a_merged_record_is_one_on_the_kept_record(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_(WORKER), await tunping.as_("书记01")
    kept, gone, home, other = await merged(worker)
    appeal = {"id": new_id("appeal"), "household": other, "resident": gone, "body": "灯不亮"}
    assert (await worker.do("openAppeal", appeal))["errors"] == []
    wish = {"id": new_id("wish"), "household": home, "resident": gone, "body": "一张书桌"}
    assert (await worker.do("proposeWish", wish))["errors"] == []
    dispute: dict[str, Any] = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "漏水", "facts": "楼上漏水"}
    dispute["parties"] = [
        {"role": "APPLICANT", "resident": gone},
        {"role": "RESPONDENT", "household": other, "speaker": gone},
    ]
    assert (await worker.do("openDispute", dispute))["errors"] == []
    party = {"id": new_id("party"), "dispute": dispute["id"], "party": {"role": "RESPONDENT", "resident": gone}}
    assert (await worker.do("addParty", party))["errors"] == []
    pause = a_pause(gone)
    assert (await worker.do("pauseDuty", pause))["errors"] == []
    colour = {"resident": gone, "colour": "BLUE"}
    assert (await worker.do("setColour", colour, "resident { id colours }"))["resident"] == {
        "id": kept,
        "colours": ["BLUE"],
    }
    assert (await worker.do("removeColour", colour, "resident { id }"))["resident"] == {"id": kept}
    named = {"resident": gone, "name": "王建国", "act": new_id("act")}
    for _ in range(2):
        assert (await worker.do("correctResident", named, "resident { id name }"))["resident"] == {
            "id": kept,
            "name": "王建国",
        }
    head = {"household": home, "head": gone}
    assert (await worker.do("correctHousehold", head, "household { head { id } }"))["household"] == {
        "head": {"id": kept}
    }
    twice = {"residents": [gone, kept], "household": (await doors(worker))[3]}
    assert await worker.refused("moveResidents", twice) == "INVALID_INPUT"
    moved = await worker.do("moveResidents", twice | {"residents": [gone]}, "residents { id }")
    assert moved == {"residents": [{"id": kept}], "errors": []}
    left = await secretary.do("moveOut", {"residents": [gone]}, "residents { id leftOn }")
    assert left["residents"] == [{"id": kept, "leftOn": str(today())}]
    for table in ("appeal", "wish", "dispute_party", "duty_pause", "resident_colour", "visit_resident"):
        count = f"select count(*) from {table} where 'resident_' || resident_id = $1"
        assert await tunping.app.state.owner.fetchval(count, gone) == 0, table


async def test_queries_by_the_id_of_a_merged_record_find_the_kept_one(tunping: Tunping) -> None:
    worker = await tunping.as_(WORKER)
    kept, gone, home, _ = await merged(worker)
    third = await record(worker, home)
    merge = {"id": new_id("merge"), "keep": third, "merge": kept}
    assert (await worker.do("mergeResidents", merge))["errors"] == []
    red = {"resident": gone, "colour": "RED", "reason": "独居"}
    assert (await worker.do("setColour", red))["errors"] == []
    query = """query($id: ID!, $ids: [ID!]!) {
        resident(id: $id) { id } node(id: $id) { id } nodes(ids: $ids) { id }
        duties(where: {resident: $id}, between: {startsOn: "%s", endsOn: "%s"}) { nodes { resident { id } } } }"""
    query = query.replace("%s", str(today()))
    for named in (gone, kept, third):
        found = (await worker.ask(query, id=named, ids=[gone, kept, third])).data
        assert found == {
            "resident": {"id": third},
            "node": {"id": third},
            "nodes": [{"id": third}] * 3,
            "duties": {"nodes": [{"resident": {"id": third}}]},
        }
    again = {"id": new_id("merge"), "keep": gone, "merge": kept}
    assert await worker.refused("mergeResidents", again) == "INVALID_INPUT"
    stranger = await tunping.as_("网格员14")
    found = (await stranger.ask(query, id=gone, ids=[gone])).data
    assert found == {"resident": None, "node": None, "nodes": [None], "duties": {"nodes": []}}
    assert await stranger.refused("correctResident", {"resident": gone, "name": "别"}) == "NOT_FOUND"


@pytest.mark.long
@pytest.mark.parametrize("act", ["recordVisit", "openAppeal", "openDispute", "setColour", "pauseDuty"])
async def test_an_act_that_meets_a_merge_counts_for_the_kept_record(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    worker = await tunping.as_(WORKER)
    home, other, *_ = await doors(worker)
    kept, gone = await record(worker, home), await record(worker, other)
    parties = [{"role": "APPLICANT", "resident": gone}, {"role": "RESPONDENT", "outsiderName": "邻居"}]
    input_: Any = {
        "recordVisit": a_visit({"id": other, "residents": []}, at(1), residents=[gone]),
        "openAppeal": {"id": new_id("appeal"), "household": other, "resident": gone, "body": "灯不亮"},
        "openDispute": {
            "id": new_id("dispute"), "type": "NEIGHBOUR", "title": "漏水", "facts": "漏水", "parties": parties
        },
        "setColour": {"resident": gone, "colour": "CYAN"},
        "pauseDuty": a_pause(gone),
    }[act]  # fmt: skip
    merge = {"id": new_id("merge"), "keep": kept, "merge": gone}
    gate = Gate(monkeypatch, tunping)
    done, acted = await gate.race(worker.do("mergeResidents", merge), worker.do(act, input_))
    assert (done["errors"], acted["errors"]) == ([], [])
    for table in ("appeal", "dispute_party", "duty_pause", "visit_resident"):
        count = f"select count(*) from {table} where 'resident_' || resident_id = $1"
        assert await tunping.app.state.owner.fetchval(count, gone) == 0, table
