"""The duty roster through the API: planned, published, changed, swapped; and what a desk opens for a day."""

import asyncio
from collections import Counter
from datetime import date
from typing import Any

import pytest

from tests.client import Tunping, new_id
from tests.rosters import DAY, MONDAY, WEEK, clock, ids, planned, serving, swapping

__all__ = ["clock"]


def monday(weeks: int) -> date:
    """Each test plans a week of its own, so many weeks ahead."""
    return MONDAY + 7 * weeks * DAY


def change(week: str, day: date, *shifts: dict[str, Any]) -> dict[str, Any]:
    """The input of setDay."""
    return {"act": new_id("act"), "week": week, "servesOn": str(day), "shifts": list(shifts)}


async def test_a_proposed_week_keeps_the_rule_and_names_everybody(tunping: Tunping) -> None:
    leader = await tunping.as_("网格长01")
    given = {"act": new_id("act"), "startsOn": str(monday(1))}
    made = await leader.do("planRoster", given, WEEK)
    assert made["week"]["startsOn"] == str(monday(1))
    assert made["week"]["plannedBy"] == {"username": "网格长01"}
    assert (made["week"]["publishedAt"], made["missing"], made["errors"]) == (None, [], [])
    assert await leader.do("planRoster", given, WEEK) == made
    assert await leader.refused("planRoster", given | {"days": [str(monday(1))]}) == "CONFLICT"
    desks: Counter[str] = Counter()
    branches = []
    for number in range(5):
        day = await serving(leader, monday(1) + number * DAY)
        hall = [each["worker"]["username"] for each in day["hall"]]
        assert (len(hall), len(day["outreach"]), day["absent"]) == (3, 10, [])
        desks.update([*hall, day["reception"]["worker"]["username"]])
        branches.append(day["reception"]["partyBranch"]["name"])
    assert len(desks) == 14
    assert set(desks.values()) == {1, 2}
    assert len(set(branches)) == 5
    assert await serving(leader, monday(1) + 5 * DAY) is None


@pytest.mark.long
async def test_drafts_are_seen_by_those_who_plan_and_what_is_published_by_all_workers(tunping: Tunping) -> None:
    week = await planned(tunping, monday(2), publish=False)
    query = (
        "query($id: ID!) { node(id: $id) { id } rosterWeeks(first: 100) { nodes { id } } me { shifts { totalCount } } }"
    )
    outsiders = ["联户长03", "热力公司01", "管理员"]

    async def seen(username: str) -> tuple[bool, bool, bool]:
        client = await tunping.as_(username)
        found = (await client.ask(query, id=week)).data
        listed = {"id": week} in found["rosterWeeks"]["nodes"]
        return found["node"] is not None, listed, await serving(client, monday(2)) is not None

    for username in ["网格员01", *outsiders]:
        assert await seen(username) == (False, False, False)
    for username in ("网格长02", "社区01", "书记01"):
        assert await seen(username) == (True, True, True)
    staff = await tunping.as_("社区01")
    step = {"act": new_id("act"), "week": week}
    published = await staff.do("publishRoster", step, WEEK)
    assert published["week"]["publishedBy"] == {"username": "社区01"}
    assert await staff.do("publishRoster", step, WEEK) == published
    for username in ("网格员01", "管理员"):
        assert await seen(username) == (True, True, True)
    for username in outsiders[:2]:
        assert await seen(username) == (False, False, False)
    assert await staff.refused("publishRoster", {"act": new_id("act"), "week": week}) == "WRONG_STATE"
    again = {"act": new_id("act"), "startsOn": str(monday(2))}
    assert await staff.refused("planRoster", again) == "WRONG_STATE"


async def test_only_leaders_and_the_community_plan(tunping: Tunping) -> None:
    week = await planned(tunping, monday(3))
    who = await ids(tunping)
    shift = {"worker": who["网格员01"], "post": "OUTREACH"}
    inputs: dict[str, dict[str, Any]] = {
        "planRoster": {"act": new_id("act"), "startsOn": str(monday(3))},
        "publishRoster": {"act": new_id("act"), "week": week},
        "setDay": change(week, monday(3), shift),
        "changeShift": {"act": new_id("act"), "week": week, "servesOn": str(monday(3)), "shift": shift},
    }
    for username in ("网格员01", "联户长03", "管理员"):
        client = await tunping.as_(username)
        for mutation, given in inputs.items():
            assert await client.refused(mutation, given) == "NOT_ALLOWED"
    assert await tunping.as_nobody().refused("planRoster", inputs["planRoster"]) == "UNAUTHENTICATED"


async def test_whoever_is_absent_is_listed_with_the_reason_and_serves_nowhere(tunping: Tunping) -> None:
    who, first = await ids(tunping), monday(4)
    absences = [
        {"worker": who["网格员01"], "reason": "休假"},
        {"worker": who["网格员02"], "reason": "培训", "days": [str(first + DAY)]},
    ]
    await planned(tunping, first, absences=absences)
    worker = await tunping.as_("网格员05")
    away = [(await serving(worker, first + number * DAY))["absent"] for number in range(2)]
    leave = {"worker": {"username": "网格员01"}, "reason": "休假"}
    assert away[0] == [leave]
    assert sorted(away[1], key=str) == sorted([leave, {"worker": {"username": "网格员02"}, "reason": "培训"}], key=str)


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"startsOn": str(MONDAY + DAY)}, ["startsOn"]),
        ({"startsOn": str(MONDAY - 7 * DAY)}, ["startsOn"]),
        ({"startsOn": str(MONDAY + 189 * DAY)}, ["startsOn"]),
        ({"days": [str(monday(6))]}, ["days", "0"]),
        ({"days": [str(monday(5)), str(monday(5) - DAY)]}, ["days", "1"]),
    ],
)
async def test_a_week_that_cannot_be_planned_is_refused(
    tunping: Tunping, more: dict[str, Any], path: list[str]
) -> None:
    leader = await tunping.as_("网格长01")
    before = await tunping.count("roster_week")
    given = {"act": new_id("act"), "startsOn": str(monday(5))}
    (refused,) = (await leader.do("planRoster", given | more))["errors"]
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", path)
    assert await tunping.count("roster_week") == before


async def test_a_past_day_is_not_changed(tunping: Tunping) -> None:
    week = await planned(tunping, monday(6))
    pool = tunping.app.state.owner
    uuid = week.removeprefix("roster_")
    past = MONDAY - 14 * DAY
    await pool.execute("update roster_week set monday = $2 where id = $1", uuid, past)
    await pool.execute("update roster_shift set day = day - $2::int where week_id = $1", uuid, (monday(6) - past).days)
    who = await ids(tunping)
    leader = await tunping.as_("网格长01")
    (refused,) = (await leader.do("setDay", change(week, past, {"worker": who["网格员01"], "post": "OUTREACH"})))[
        "errors"
    ]
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["servesOn"])
    swap = {
        "act": new_id("act"),
        "week": week,
        "first": who["网格员01"],
        "second": who["网格员02"],
        "days": [str(past)],
    }
    (refused,) = (await leader.do("swapShifts", swap))["errors"]
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["days", "0"])


@pytest.mark.long
async def test_a_published_day_keeps_the_rule_as_a_whole_and_a_refusal_lists_all_reasons(tunping: Tunping) -> None:
    first = monday(7)
    week = await planned(tunping, first)
    leader = await tunping.as_("网格长01")
    day = await serving(leader, first)
    hall, host = [each["worker"] for each in day["hall"]], day["reception"]["worker"]
    away = [{"worker": each["id"], "post": "OUTREACH"} for each in hall[:2]]
    wrong = change(week, first, *away, {"worker": host["id"], "post": "ABSENT"})
    (refused,) = (await leader.do("setDay", wrong))["errors"]
    assert refused["code"] == "ROSTER_RULE"
    assert refused["message"] == (
        f"排班不符合规则：{first} 不在岗须写明原因，其他岗位不写；{first} 服务大厅应有 2 至 3 人，现有 1 人；"
        f"{first} 网格党支部应有 1 人接待，现有 0 人。"
    )
    assert await serving(leader, first) == day
    new_host = day["outreach"][0]["worker"]
    branch = day["reception"]["partyBranch"]["id"]
    right = change(
        week,
        first,
        away[0],
        {"worker": host["id"], "post": "ABSENT", "reason": "生病"},
        {"worker": new_host["id"], "post": "RECEPTION", "partyBranch": branch},
    )
    done = await leader.do("setDay", right, WEEK)
    assert done["errors"] == []
    assert await leader.do("setDay", right, WEEK) == done
    now = await serving(leader, first)
    assert len(now["hall"]) == 2
    assert now["reception"]["worker"] == new_host
    assert now["absent"] == [{"worker": {"username": host["username"]}, "reason": "生病"}]
    single = {"act": new_id("act"), "week": week, "servesOn": str(first), "shift": away[1]}
    assert await leader.refused("changeShift", single) == "ROSTER_RULE"
    single["shift"] = {"worker": hall[0]["id"], "post": "HALL"}
    assert (await leader.do("changeShift", single))["errors"] == []
    query = "query($id: ID!) { node(id: $id) { ... on RosterWeek { timeline { nodes { kind actor { username } } } } } }"
    told = (await leader.ask(query, id=week)).data["node"]["timeline"]["nodes"]
    kinds = ["ROSTER_CHANGED", "ROSTER_PUBLISHED", "ROSTER_CHANGED", "ROSTER_CHANGED"]
    assert told == [{"kind": kind, "actor": {"username": "网格长01"}} for kind in kinds]


async def test_a_draft_may_be_unfinished_but_is_not_published_so(tunping: Tunping) -> None:
    first = monday(8)
    week = await planned(tunping, first, publish=False)
    leader = await tunping.as_("网格长01")
    day = await serving(leader, first)
    host = day["reception"]["worker"]["id"]
    assert (await leader.do("setDay", change(week, first, {"worker": host, "post": "HALL"})))["errors"] == []
    nonsense = change(week, first, {"worker": host, "post": "RECEPTION"}, {"worker": host, "post": "HALL"})
    (refused,) = (await leader.do("setDay", nonsense))["errors"]
    assert refused["code"] == "ROSTER_RULE"
    (refused,) = (await leader.do("publishRoster", {"act": new_id("act"), "week": week}))["errors"]
    assert refused["message"] == (
        f"排班不符合规则：{first} 服务大厅应有 2 至 3 人，现有 4 人；{first} 网格党支部应有 1 人接待，现有 0 人。"
    )
    assert await serving(await tunping.as_("网格员01"), first) is None
    assert await planned(tunping, first) == week


async def test_posts_of_strangers_and_at_strange_branches_are_not_found(tunping: Tunping) -> None:
    first = monday(9)
    week = await planned(tunping, first)
    leader = await tunping.as_("网格长01")
    me = (await leader.ask("{ me { id } }")).data["me"]["id"]
    who = await ids(tunping)
    for shift, path in (
        ({"worker": me, "post": "OUTREACH"}, ["shifts", "0", "worker"]),
        (
            {"worker": who["网格员01"], "post": "RECEPTION", "partyBranch": new_id("partybranch")},
            ["shifts", "0", "partyBranch"],
        ),
    ):
        (refused,) = (await leader.do("setDay", change(week, first, shift)))["errors"]
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", path)
    unknown = {"act": new_id("act"), "startsOn": str(monday(10)), "absences": [{"worker": me, "reason": "休假"}]}
    (refused,) = (await leader.do("planRoster", unknown))["errors"]
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["absences", "0", "worker"])


async def test_too_few_at_work_keep_what_they_can_and_what_is_missing_is_told(tunping: Tunping) -> None:
    first, who = monday(11), await ids(tunping)
    leader = await tunping.as_("网格长01")
    absences = [{"worker": who[f"网格员{n:02}"], "reason": "培训"} for n in range(3, 15)]
    given = {"act": new_id("act"), "startsOn": str(first), "days": [str(first)], "absences": absences}
    made = await leader.do("planRoster", given, WEEK)
    missing = [{"servesOn": str(first), "post": post} for post in ("RECEPTION", "OUTREACH")]
    assert made["missing"] == missing
    published = await leader.do("publishRoster", {"act": new_id("act"), "week": made["week"]["id"]}, WEEK)
    assert (published["errors"], published["missing"]) == ([], missing)
    day = await serving(leader, first)
    assert {each["worker"]["username"] for each in day["hall"]} == {"网格员01", "网格员02"}
    assert day["reception"] is None


@pytest.mark.long
async def test_who_joins_must_be_given_a_post_before_a_week_is_published(tunping: Tunping) -> None:
    first = monday(12)
    pool = tunping.app.state.owner
    await pool.execute("update account set disabled_at = now() where username = '网格员14'")
    week = await planned(tunping, first, publish=False)
    await pool.execute("update account set disabled_at = null where username = '网格员14'")
    leader = await tunping.as_("网格长01")
    (refused,) = (await leader.do("publishRoster", {"act": new_id("act"), "week": week}))["errors"]
    name = await pool.fetchval("select name from account where username = '网格员14'")
    reasons = "；".join(f"{first + number * DAY} {name}没有安排" for number in range(5))
    assert refused["message"] == f"排班不符合规则：{reasons}。"
    await planned(tunping, first)
    await pool.execute("update account set disabled_at = now() where username = '网格员14'")
    other = await planned(tunping, monday(13))
    await pool.execute("update account set disabled_at = null where username = '网格员14'")
    assert await tunping.count(f"roster_shift where week_id = '{other.removeprefix('roster_')}'") == 65


@pytest.mark.long
async def test_a_worker_swaps_their_own_shift_with_a_colleague(tunping: Tunping) -> None:
    first = monday(14)
    week = await planned(tunping, first)
    day = await serving(await tunping.as_("网格长01"), first)
    mine, other, third = day["reception"]["worker"], day["outreach"][0]["worker"], day["hall"][0]["worker"]
    worker = await tunping.as_(mine["username"])
    swap = swapping(week, mine["id"], other["id"], first)
    assert await (await tunping.as_(third["username"])).refused("swapShifts", swap) == "NOT_ALLOWED"
    assert (await worker.do("swapShifts", swap))["errors"] == []
    assert (await worker.do("swapShifts", swap))["errors"] == []
    assert await worker.refused("swapShifts", swap | {"days": [str(first + DAY)]}) == "CONFLICT"
    now = await serving(worker, first)
    assert now["reception"] == day["reception"] | {"worker": other}
    assert mine in [each["worker"] for each in now["outreach"]]
    query = """query($id: ID!) { node(id: $id) { ... on RosterWeek {
        timeline(last: 1) { nodes { kind note actor { username } } } } } }"""
    (told,) = (await worker.ask(query, id=week)).data["node"]["timeline"]["nodes"]
    pool = tunping.app.state.owner
    names = [await pool.fetchval("select name from account where username = $1", u["username"]) for u in (mine, other)]
    assert told == {
        "kind": "SHIFTS_SWAPPED",
        "note": f"{names[0]} ⇄ {names[1]}：{first}",
        "actor": {"username": mine["username"]},
    }


async def test_two_days_are_swapped_at_once_or_not_at_all(tunping: Tunping) -> None:
    first = monday(15)
    who = await ids(tunping)
    week = await planned(tunping, first, absences=[{"worker": who["网格员01"], "reason": "休假"}])
    leader = await tunping.as_("网格长01")
    days = [await serving(leader, first + number * DAY) for number in range(2)]
    one, other = days[0]["hall"][0]["worker"], days[1]["hall"][0]["worker"]
    assert one != other
    swap = swapping(week, one["id"], other["id"], first, first + DAY)
    assert (await leader.do("swapShifts", swap))["errors"] == []
    now = [await serving(leader, first + number * DAY) for number in range(2)]
    assert other in [each["worker"] for each in now[0]["hall"]]
    assert one in [each["worker"] for each in now[1]["hall"]]
    absent, outside = who["网格员01"], [each["worker"]["id"] for each in now[0]["outreach"]]
    for wrong, path in (
        (swapping(week, one["id"], one["id"], first), ["second"]),
        (swapping(week, one["id"], other["id"], first, first), ["days"]),
        (swapping(week, one["id"], other["id"]), ["days"]),
        (swapping(week, one["id"], absent, first), ["days", "0"]),
        (swapping(week, outside[0], outside[1], first), ["days", "0"]),
    ):
        (refused,) = (await leader.do("swapShifts", wrong))["errors"]
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", path)
    half = swapping(week, one["id"], other["id"], first, first + 6 * DAY)
    assert await leader.refused("swapShifts", half) == "NOT_FOUND"
    assert [await serving(leader, first + number * DAY) for number in range(2)] == now


async def test_a_worker_does_not_swap_in_a_draft(tunping: Tunping) -> None:
    week, who = await planned(tunping, monday(16), publish=False), await ids(tunping)
    worker = await tunping.as_("网格员01")
    swap = swapping(week, who["网格员01"], who["网格员02"], monday(16))
    assert await worker.refused("swapShifts", swap) == "NOT_FOUND"


async def test_two_who_publish_at_once_publish_once(tunping: Tunping) -> None:
    week = await planned(tunping, monday(17), publish=False)
    clients = [await tunping.as_(username) for username in ("网格长01", "社区01")]
    steps = (client.do("publishRoster", {"act": new_id("act"), "week": week}) for client in clients)
    codes = [each["code"] for answer in await asyncio.gather(*steps) for each in answer["errors"]]
    assert codes == ["WRONG_STATE"]
    uuid = week.removeprefix("roster_")
    assert await tunping.count(f"journal where roster_week_id = '{uuid}' and kind = 'ROSTER_PUBLISHED'") == 1


async def test_two_who_plan_at_once_leave_one_whole_draft(tunping: Tunping) -> None:
    clients = [await tunping.as_(username) for username in ("网格长01", "社区01")]
    given = {"startsOn": str(monday(18))}
    made = await asyncio.gather(*(each.do("planRoster", given | {"act": new_id("act")}, WEEK) for each in clients))
    assert [each["errors"] for each in made] == [[], []]
    assert made[0]["week"]["id"] == made[1]["week"]["id"]
    uuid = made[0]["week"]["id"].removeprefix("roster_")
    assert await tunping.count(f"roster_shift where week_id = '{uuid}'") == 5 * 14


async def test_swaps_at_once_take_turns(tunping: Tunping) -> None:
    first = monday(19)
    week = await planned(tunping, first)
    leader = await tunping.as_("网格长01")
    day = await serving(leader, first)
    (one, *_), (two, three, *_) = ([each["worker"]["id"] for each in day[name]] for name in ("hall", "outreach"))
    clients = [await tunping.as_(username) for username in ("网格长01", "社区01")]
    swaps = [swapping(week, one, other, first) for other in (two, three)]
    made = await asyncio.gather(*(client.do("swapShifts", swap) for client, swap in zip(clients, swaps, strict=True)))
    codes = [each["code"] for answer in made for each in answer["errors"]]
    assert codes == ["INVALID_INPUT"], "the second finds both outside"
    now = await serving(leader, first)
    assert (len(now["hall"]), len(now["outreach"])) == (3, 10)
