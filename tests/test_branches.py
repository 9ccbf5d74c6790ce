"""The Party branch: members, opening hours, who receives, its wishes and what was brought to it, as one query."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id, serving
from tests.test_activities import estate_of, plan

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
BRANCHES = "{ estates(first: 100) { nodes { name partyBranch { id } } } }"
BRANCH = """query($id: ID!) { partyBranch(id: $id) { name phone estate { name }
    members { id name post phone account { username } } openingHours { weekday opens closes }
    receptions(first: 3, where: {startsOn: "2023-12-01", endsOn: "2023-12-31"}) {
        nodes { servesOn worker { username } } }
    wishes { nodes { publishedText statusLabel } } appeals(first: 100) { nodes { id body } } } }"""
HOURS = [{"weekday": 6, "opens": "10:00", "closes": "12:00"}, {"weekday": 1, "opens": "16:00", "closes": "19:30"}]


@pytest.fixture
def clock() -> Clock:
    """A Monday after the days of the demo."""
    return Clock(NOW)


@pytest.fixture
async def tunping(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def branch_of(who: Tunping, estate: str) -> str:
    """The id of the branch of an estate."""
    nodes = (await who.ask(BRANCHES)).data["estates"]["nodes"]
    return next(str(each["partyBranch"]["id"]) for each in nodes if each["name"] == estate)


async def seen(who: Tunping, branch: str) -> Any:
    """A branch, by the one query."""
    return (await who.ask(BRANCH, id=branch)).data["partyBranch"]


async def account(tunping: Tunping, username: str) -> str:
    """The id of an account."""
    return f"account_{await tunping.app.state.owner.fetchval('select id from account where username = $1', username)}"


async def test_a_branch_is_one_query(tunping: Tunping) -> None:
    leader = await tunping.as_("网格长01")
    found = await seen(leader, await branch_of(leader, "金穗家园"))
    assert found["estate"] == {"name": "金穗家园"}
    assert [(each["account"], each["name"], each["post"]) for each in found["members"]] == [
        ({"username": "网格员01"}, None, None),
        (None, "周建平", "支部书记"),
    ]
    assert found["openingHours"][:2] == [
        {"weekday": 1, "opens": "10:00", "closes": "13:30"},
        {"weekday": 1, "opens": "16:00", "closes": "19:00"},
    ]
    assert len(found["openingHours"]) == 10
    days = [each["servesOn"] for each in found["receptions"]["nodes"]]
    assert days == sorted(days, reverse=True)
    assert {each["worker"]["username"] for each in found["receptions"]["nodes"]} <= {"网格员01", "网格员02", "网格员03"}
    of_all = await seen(await tunping.as_("书记01"), await branch_of(leader, "金穗家园"))
    assert of_all["wishes"]["nodes"] == [{"publishedText": "一位老人想要一台收音机听评书", "statusLabel": "已认领"}]


async def test_what_is_brought_to_the_reception_is_found_with_the_branch(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    branch, other = [await branch_of(secretary, each) for each in ("金穗家园", "春晖苑")]
    await receives(tunping, "网格员12", branch)
    worker = await tunping.as_("网格员12")
    home = (await (await tunping.as_("网格员01")).ask("{ households(first: 1) { nodes { id } } }")).data["households"]
    brought = [new_id("appeal") for _ in range(3)]
    for uuid, more in zip(brought, ({}, {"source": "PHONE"}, {"openedAt": "2024-01-07T02:00:00Z"}), strict=True):
        given = {"id": uuid, "household": home["nodes"][0]["id"], "body": "来问养老认证要带什么", **more}
        assert (await worker.do("openAppeal", given))["errors"] == []
    own = await tunping.as_("网格员01")  # who does not receive today
    elsewhere = {"id": new_id("appeal"), "household": home["nodes"][0]["id"], "body": "暖气不热", "source": "DESK"}
    assert (await own.do("openAppeal", elsewhere))["errors"] == []
    found = [[each["id"] for each in (await seen(secretary, each))["appeals"]["nodes"]] for each in (branch, other)]
    assert [{*brought, elsewhere["id"]} & {*each} for each in found] == [{brought[0]}, set()]
    leader = await tunping.as_("网格长02")  # who does not see the home
    of_leader = (await seen(leader, branch))["appeals"]["nodes"]
    assert brought[0] not in {each["id"] for each in of_leader}


async def receives(tunping: Tunping, username: str, branch: str) -> None:
    """Lets a worker receive at a branch today, by a published roster."""
    owner, uuid = tunping.app.state.owner, branch.partition("_")[2]
    week = await owner.fetchval(
        """insert into roster_week (community_id, monday, planned_by, published_by, published_at)
        select e.community_id, '2024-01-08', a.id, a.id, now() from estate e join party_branch b on b.estate_id = e.id,
            account a where b.id = $1 and a.username = '书记01' returning id""",
        uuid,
    )
    await owner.execute(
        """insert into roster_shift (week_id, day, account_id, post, party_branch_id)
        select $1, (now() at time zone 'Asia/Shanghai')::date, id, 'RECEPTION', $2 from account where username = $3""",
        week,
        uuid,
        username,
    )
    await owner.execute(
        """insert into roster_shift (week_id, day, account_id, post, party_branch_id)
        select $1, '2024-01-08', id, 'RECEPTION', $2 from account where username = $3""",
        week,
        uuid,
        username,
    )


async def test_opening_hours_are_set_as_a_whole(tunping: Tunping) -> None:
    leader = await tunping.as_("网格长03")
    branch = await branch_of(leader, "杏林里")
    given = {"partyBranch": branch, "hours": HOURS, "act": new_id("act")}
    for _ in range(2):
        done = await leader.do("setOpeningHours", given, "partyBranch { openingHours { weekday opens closes } }")
        assert done["errors"] == []
        assert done["partyBranch"]["openingHours"] == HOURS[::-1]
    note = "select note from journal where kind = 'BRANCH_HOURS_SET' order by id desc limit 1"
    told = await tunping.app.state.owner.fetchval(note)
    assert told.endswith("：周一 16:00–19:30、周六 10:00–12:00")
    assert (await leader.do("setOpeningHours", {"partyBranch": branch, "hours": []}))["errors"] == []
    assert (await seen(leader, branch))["openingHours"] == []


@pytest.mark.parametrize(
    ("hours", "path"),
    [
        ([(8, "10:00", "12:00")], ["hours", "0", "weekday"]),
        ([(0, "10:00", "12:00")], ["hours", "0", "weekday"]),
        ([(1, "12:00", "12:00")], ["hours", "0", "closes"]),
        ([(1, "10:00", "12:00"), (1, "25:00", "26:00")], ["hours", "1", "opens"]),
        ([(1, "10:00:30", "12:00")], ["hours", "0", "opens"]),
        ([(1, "10:00+08:00", "12:00")], ["hours", "0", "opens"]),
        ([(1, "10:00", "12:00"), (2, "10:00", "12:00"), (1, "11:30", "13:00")], ["hours", "2"]),
        ([(day, f"{hour:02}:00", f"{hour:02}:30") for day in range(1, 8) for hour in range(4)], ["hours"]),
    ],
)
async def test_hours_that_cannot_be_are_refused_by_name(
    tunping: Tunping, hours: list[tuple[int, str, str]], path: list[Any]
) -> None:
    leader = await tunping.as_("网格长02")
    branch = await branch_of(leader, "春晖苑")
    before = (await seen(leader, branch))["openingHours"]
    given = [{"weekday": day, "opens": opens, "closes": closes} for day, opens, closes in hours]
    (problem,) = (await leader.do("setOpeningHours", {"partyBranch": branch, "hours": given}))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", path)
    assert (await seen(leader, branch))["openingHours"] == before


async def test_a_member_organises_the_activities_of_the_estate_as_long_as_they_are_one(tunping: Tunping) -> None:
    leader, head = await tunping.as_("网格长01"), await tunping.as_("联户长03")
    branch, estate = await branch_of(leader, "金穗家园"), await estate_of(leader, "金穗家园")
    begins = {"beginsAt": "2024-01-09T02:00:00Z", "endsAt": "2024-01-09T04:00:00Z", "estate": estate}
    assert await head.refused("planActivity", plan(**begins)) == "NOT_ALLOWED"
    member = {"id": new_id("branchmember"), "partyBranch": branch, "account": await account(tunping, "联户长03")}
    for _ in range(2):
        assert (await leader.do("addBranchMember", {**member, "post": "组织委员"}))["errors"] == []
    assert (await head.do("planActivity", plan(**begins)))["errors"] == []
    assert await leader.refused("addBranchMember", {**member, "id": new_id("branchmember")}) == "INVALID_INPUT"
    assert (await leader.do("removeBranchMember", {"member": member["id"]}))["errors"] == []
    assert await head.refused("planActivity", plan(**begins)) == "NOT_ALLOWED"
    assert await leader.refused("removeBranchMember", {"member": member["id"]}) == "INVALID_INPUT"
    assert member["id"] not in {each["id"] for each in (await seen(leader, branch))["members"]}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, ["account"]),
        ({"name": "周建平", "account": "网格员01"}, ["account"]),
        ({"name": "周建平"}, ["post"]),
        ({"name": "周" * 101, "post": "书记"}, ["name"]),
        ({"account": "网格员02", "phone": "139"}, ["phone"]),
        ({"account": "热力公司01"}, ["account"]),
        ({"account": "管理员"}, ["account"]),
    ],
)
async def test_a_member_who_cannot_be_is_refused_by_name(
    tunping: Tunping, given: dict[str, Any], path: list[str]
) -> None:
    secretary = await tunping.as_("书记01")
    new = {"id": new_id("branchmember"), "partyBranch": await branch_of(secretary, "金穗家园"), **given}
    if "account" in new:
        new["account"] = await account(tunping, new["account"])
    (problem,) = (await secretary.do("addBranchMember", new))["errors"]
    assert problem["path"] == path


@pytest.mark.parametrize(
    ("username", "estate", "code"),
    [
        ("书记01", "春晖苑", None),
        ("副主任01", "春晖苑", None),
        ("网格长02", "春晖苑", None),
        ("网格长01", "春晖苑", "NOT_ALLOWED"),
        ("社区01", "春晖苑", "NOT_ALLOWED"),
        ("网格员01", "金穗家园", "NOT_ALLOWED"),
        ("管理员", "金穗家园", "NOT_ALLOWED"),
    ],
)
async def test_a_branch_is_kept_by_its_leader_and_those_who_lead_the_community(
    tunping: Tunping, username: str, estate: str, code: str | None
) -> None:
    who = await tunping.as_(username)
    new = {"partyBranch": await branch_of(who, estate), "name": "热依汗", "post": "宣传委员", "phone": "139"}
    member = {"id": new_id("branchmember"), **new}
    problems = (await who.do("addBranchMember", member))["errors"]
    assert [each["code"] for each in problems] == ([code] if code else [])


async def test_contacts_are_for_colleagues(tunping: Tunping) -> None:
    branch = await branch_of(await tunping.as_("书记01"), "金穗家园")
    known = {}
    for username in ("网格员12", "联户长03", "热力公司01", "管理员"):
        known[username] = bool((await seen(await tunping.as_(username), branch))["members"])
    assert known == {"网格员12": True, "联户长03": True, "热力公司01": False, "管理员": False}
