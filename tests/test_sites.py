"""Year-end patrols of construction sites, and story 6: arrears found, joint mediation, wages paid and checked."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id, serving

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
SITES = """{ sites(first: 50) { totalCount nodes { id name patrols(first: 1) { nodes { hasLedger arrearsTotal } }
    openDisputes { totalCount } } } }"""
PATROL = """patrol { headcount hasLedger arrearsTotal meetingAt ledBy { username } workers { username }
    arrears { name people amount period } dispute { id level status } }"""
DISPUTE = """query($id: ID!) { dispute(id: $id) { type level status shouldBeWritten writtenFormPrompt facts
    arbitrationOpenFrom { dueOn state } parties { id role name claim claimAmount }
    agreement { id effectiveOn terms { id } } } }"""


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def town(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, at a moment that stands still."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def team(client: Tunping) -> dict[str, Any]:
    """The deputy director and the two who hold the site posts."""
    deputy = await client.as_("副主任01")
    found = (await deputy.ask("{ me { id } sitePosts { startsOn worker { id } } }")).data
    workers = [each["worker"]["id"] for each in found["sitePosts"] if each["startsOn"] < "2024"]
    return {"ledBy": found["me"]["id"], "workers": workers}


async def joins_patrols(staff: Tunping, worker: str, community: str) -> None:
    """A worker gets a site post from today on."""
    await does(staff, "giveSitePost", id=new_id("sitepost"), account=worker, community=community)


async def a_patrol(client: Tunping, number: int = 0, **change: Any) -> dict[str, Any]:
    """A patrol of a site on which nothing is owed."""
    site = (await (await client.as_("副主任01")).ask(SITES)).data["sites"]["nodes"][number]["id"]
    seen = {"headcount": 31, "hasLedger": True, "hasAccount": True, "hasNotice": True}
    return {"id": new_id("patrol"), "premises": site, **await team(client), **seen, **change}


def owing(**change: Any) -> dict[str, Any]:
    """Wages that are owed."""
    arrears = [
        {"name": "张建国", "amount": "8.6E+3", "period": "十一月", "phone": "13900001111"},
        {"name": "钢筋班组", "people": 5, "amount": "61200.00", "period": "十月、十一月"},
    ]
    called = {"meetingAt": (NOW + timedelta(days=1)).isoformat(), "dispute": new_id("dispute")}
    return {"arrears": arrears, **called, "hasLedger": False, **change}


async def test_all_eleven_sites_of_the_demo_were_visited_and_nothing_is_open(reading: Tunping) -> None:
    found = (await (await reading.as_("书记01")).ask(SITES)).data["sites"]
    assert found["totalCount"] == 11
    assert {each["openDisputes"]["totalCount"] for each in found["nodes"]} == {0}
    owed = [patrol["arrearsTotal"] for each in found["nodes"] for patrol in each["patrols"]["nodes"]]
    assert sorted(owed) == ["0.00"] * 10 + ["61200.00"]


async def test_who_holds_a_site_post_sees_all_sites_and_nobody_elses_people(town: Tunping) -> None:
    deputy, other = await town.as_("副主任01"), await town.as_("网格员12")
    (worker, _) = (await deputy.ask("{ sitePosts { worker { username } } }")).data["sitePosts"]
    posted = await town.as_(worker["worker"]["username"])
    asked = "{ sites(first: 50) { totalCount } premises { totalCount } residents { totalCount } }"
    mine, theirs = (await posted.ask(asked)).data, (await other.ask(asked)).data
    assert mine["sites"]["totalCount"] == 11
    assert theirs["sites"]["totalCount"] < 11
    assert mine["residents"]["totalCount"] < 600


@pytest.mark.long
async def test_a_community_has_two_site_posts_at_a_time(town: Tunping, clock: Clock) -> None:
    staff, worker = await town.as_("社区01"), await town.as_("网格员12")
    found = (await staff.ask("{ communities { nodes { id } } sitePosts { id worker { id } } }")).data
    community, posts = found["communities"]["nodes"][0]["id"], found["sitePosts"]
    me = (await worker.ask("{ me { id } }")).data["me"]["id"]
    new = {"id": new_id("sitepost"), "account": me, "community": community}
    assert await worker.refused("giveSitePost", new) == "NOT_ALLOWED"
    assert await staff.refused("giveSitePost", new) == "INVALID_INPUT"
    ended = {"post": posts[0]["id"], "endsOn": "2024-01-08", "act": new_id("act")}
    for _ in range(2):
        assert (await staff.do("endSitePost", ended))["errors"] == []
    clock.turn(timedelta(days=1))
    staff = await town.as_("社区01")
    given = await staff.do("giveSitePost", new, "post { startsOn endsOn worker { username } }")
    assert given["post"] == {"startsOn": "2024-01-09", "endsOn": None, "worker": {"username": "网格员12"}}
    for again in (posts[1]["worker"]["id"], me):
        assert await staff.refused("giveSitePost", {**new, "id": new_id("sitepost"), "account": again}) == (
            "INVALID_INPUT"
        )
    workers = [posts[1]["worker"]["id"], me]
    deputy = await town.as_("副主任01")
    yesterday = await a_patrol(town, workers=workers, patrolledAt="2024-01-08T03:00:00Z")
    (problem,) = (await deputy.do("recordPatrol", yesterday))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["workers", "1"])
    assert (await deputy.do("recordPatrol", await a_patrol(town, workers=workers)))["errors"] == []


@pytest.mark.long
async def test_arrears_open_a_dispute_with_the_firm_at_the_studio_at_once(town: Tunping) -> None:
    deputy = await town.as_("副主任01")
    patrol = await a_patrol(town, **owing())
    done = [await deputy.do("recordPatrol", patrol, PATROL) for _ in range(2)]
    assert done[0] == done[1]
    made = done[0]["patrol"]
    assert made["arrearsTotal"] == "69800.00"
    assert made["dispute"] == {"id": patrol["dispute"], "level": "COMMUNITY", "status": "REPORTED"}
    case = (await deputy.ask(DISPUTE, id=patrol["dispute"])).data["dispute"]
    assert (case["type"], case["shouldBeWritten"]) == ("WAGE_ARREARS", True)
    assert case["writtenFormPrompt"] == "劳动争议调解仲裁法第十四条：经调解达成协议的，应当制作调解协议书"
    assert case["arbitrationOpenFrom"] == {"dueOn": "2024-01-23", "state": "ON_TIME"}
    claims = {each["name"]: (each["role"], each["claim"], each["claimAmount"]) for each in case["parties"]}
    site = (await deputy.ask(SITES)).data["sites"]["nodes"][0]["name"]
    assert claims == {
        "张建国": ("APPLICANT", "支付十一月工资8600.00元", "8600.00"),
        "钢筋班组（5人）": ("APPLICANT", "支付十月、十一月工资61200.00元", "61200.00"),
        site: ("RESPONDENT", None, None),
    }
    found = (await deputy.ask("{ sites(where: {open: true}) { nodes { id } } }")).data["sites"]["nodes"]
    assert [each["id"] for each in found] == [patrol["premises"]]


@pytest.mark.long
async def test_a_bad_patrol_is_refused_by_name_and_no_dispute_is_left(town: Tunping) -> None:
    deputy, worker = await town.as_("副主任01"), await town.as_("网格员08")
    tables = ("site_patrol", "dispute", "dispute_party", "site_arrears", "journal")
    before = [await town.count(table) for table in tables]
    own = (await worker.ask("{ me { id } }")).data["me"]["id"]
    shop = (await deputy.ask("{ premises(where: {kind: [SHOP]}, first: 1) { nodes { id } } }")).data
    posted = (await team(town))["workers"]
    negative = [{"name": "张", "amount": "-1", "period": "十月"}]
    nobody = [{"name": "张", "amount": "5", "period": "十月", "people": 0}]
    nameless = [{"name": " ", "amount": "5", "period": "十月"}]
    cases: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"premises": shop["premises"]["nodes"][0]["id"]}, "INVALID_INPUT", ["premises"]),
        ({"premises": new_id("premises")}, "NOT_FOUND", ["premises"]),
        ({"ledBy": own}, "INVALID_INPUT", ["ledBy"]),
        ({"workers": posted[:1]}, "INVALID_INPUT", ["workers"]),
        ({"workers": [posted[0], own]}, "INVALID_INPUT", ["workers", "1"]),
        ({"headcount": -1}, "INVALID_INPUT", ["headcount"]),
        ({"patrolledAt": "2024-02-01T00:00:00Z"}, "IN_FUTURE", ["patrolledAt"]),
        (owing(meetingAt=None), "INVALID_INPUT", ["meetingAt"]),
        (owing(meetingAt="2023-12-01T00:00:00Z"), "INVALID_INPUT", ["meetingAt"]),
        (owing(dispute=None), "INVALID_INPUT", ["dispute"]),
        (owing(arrears=negative), "INVALID_INPUT", ["arrears", "0", "amount"]),
        (owing(arrears=nobody), "INVALID_INPUT", ["arrears", "0", "people"]),
        (owing(arrears=nameless), "INVALID_INPUT", ["arrears", "0", "name"]),
        ({"dispute": new_id("dispute")}, "INVALID_INPUT", ["dispute"]),
    ]
    for change, code, path in cases:
        (problem,) = (await deputy.do("recordPatrol", await a_patrol(town, **change)))["errors"]
        assert (problem["code"], problem["path"]) == (code, path), change
    assert await (await town.as_("社区01")).refused("recordPatrol", await a_patrol(town)) == "NOT_ALLOWED"
    assert before == [await town.count(table) for table in tables]


async def does(who: Tunping, mutation: str, **given: Any) -> None:
    """An act that must succeed."""
    assert (await who.do(mutation, given))["errors"] == [], mutation


@pytest.mark.long
async def test_story_6_wages_found_to_be_owed_are_paid_and_it_is_checked(town: Tunping, clock: Clock) -> None:
    deputy, staff, counsel = [await town.as_(name) for name in ("副主任01", "社区01", "法律顾问01")]
    patrol = await a_patrol(town, 3, **owing())
    assert (await deputy.do("recordPatrol", patrol))["errors"] == []
    case = {"dispute": patrol["dispute"]}
    found = (await deputy.ask(DISPUTE, id=patrol["dispute"])).data["dispute"]
    for party in found["parties"]:
        await does(staff, "noteConsent", **case, party=party["id"], consent="GIVEN")
    await does(staff, "raiseDispute", **case, reason="数额较大，施工方称劳务公司未结算")
    me = (await counsel.ask("{ me { id } }")).data["me"]["id"]
    await does(staff, "inviteMediator", **case, account=me)
    await does(staff, "beginMediation", **case)
    assert (await counsel.ask(DISPUTE, id=patrol["dispute"])).data["dispute"]["level"] == "JOINT"
    (firm,) = (party["id"] for party in found["parties"] if party["role"] == "RESPONDENT")
    agreement = {
        "id": new_id("agreement"),
        **case,
        "form": "WRITTEN",
        "content": "施工方从工资专用账户支付全部欠薪",
        "facts": found["facts"],
        "performance": "一月二十日前转入本人银行卡，凭流水核对",
        "terms": [{"party": firm, "what": "支付欠薪", "amount": "69800.00", "dueOn": "2024-01-20"}],
        "partiesSignedOn": "2024-01-08",
        "mediatorSignedOn": "2024-01-08",
        "sealedOn": "2024-01-08",
    }
    await does(staff, "recordAgreement", **agreement)
    found = (await staff.ask(DISPUTE, id=patrol["dispute"])).data["dispute"]
    assert (found["status"], found["writtenFormPrompt"]) == ("AGREED", None)
    assert (found["agreement"]["effectiveOn"], found["arbitrationOpenFrom"]["state"]) == ("2024-01-08", "MET")
    clock.turn(timedelta(days=11))
    deputy = await town.as_("副主任01")
    (term,) = found["agreement"]["terms"]
    check = {"id": new_id("check"), "agreement": agreement["id"], "term": term["id"], "outcome": "PERFORMED"}
    await does(deputy, "checkPerformance", **check, note="银行流水与工资表核对一致")
    assert (await deputy.ask(DISPUTE, id=patrol["dispute"])).data["dispute"]["status"] == "PERFORMED"
    site = "query($id: ID!) { node(id: $id) { ... on Premises { openDisputes { totalCount } } } }"
    assert (await deputy.ask(site, id=patrol["premises"])).data["node"] == {"openDisputes": {"totalCount": 0}}


async def test_a_site_post_that_has_ended_cannot_be_prolonged(town: Tunping) -> None:
    staff = await town.as_("社区01")
    posts = (await staff.ask("{ sitePosts { id endsOn } }")).data["sitePosts"]
    post = next(each for each in posts if each["endsOn"] is None)
    assert (await staff.do("endSitePost", {"post": post["id"], "endsOn": "2024-01-08"}))["errors"] == []
    assert await staff.refused("endSitePost", {"post": post["id"], "endsOn": "2024-12-31"}) == "INVALID_INPUT"


async def test_a_site_post_given_by_mistake_ends_at_once_and_so_does_that_of_a_disabled_account(
    town: Tunping, clock: Clock
) -> None:
    clock.turn(timedelta(days=2))
    secretary, worker = await town.as_("书记01"), await town.as_("网格员10")
    community = (await secretary.ask("{ communities { nodes { id } } }")).data["communities"]["nodes"][0]["id"]
    account = (await worker.ask("{ me { id } }")).data["me"]["id"]
    sees = "{ sites(first: 50) { totalCount } }"
    before = (await worker.ask(sees)).data["sites"]["totalCount"]
    for mutation in ("endSitePost", "disableAccount"):
        given = {"id": new_id("sitepost"), "account": account, "community": community}
        post = (await secretary.do("giveSitePost", given, "post { startsOn }"))["post"]
        assert (await worker.ask(sees)).data["sites"]["totalCount"] == 11 > before
        ends = {"account": account} if mutation == "disableAccount" else {"post": given["id"]}
        assert (await secretary.do(mutation, ends))["errors"] == []
        posts = (await secretary.ask("{ sitePosts { id startsOn endsOn endedAt } }")).data["sitePosts"]
        ended = next(each for each in posts if each["id"] == given["id"])
        assert (ended["startsOn"] > ended["endsOn"], ended["endedAt"][:10]) == (True, post["startsOn"])
        after = (await worker.ask(sees)).data["sites"]["totalCount"]
        assert after == (before if mutation == "endSitePost" else 0)


ACCOUNTS = "query($role: [Role!]) { accounts(where: { role: $role, active: true }) { nodes { id username } } }"


@pytest.mark.parametrize("username", ["社区01", "副主任01", "书记01"])
async def test_whoever_gives_site_posts_or_records_a_patrol_finds_everybody_in_a_list(
    town: Tunping, clock: Clock, username: str
) -> None:
    clock.turn(timedelta(days=3))
    client = await town.as_(username)
    asked = "{ communities { nodes { id } } sitePosts { id startsOn endsOn worker { id username } } }"
    found = (await client.ask(asked)).data
    for post in found["sitePosts"]:
        if post["endsOn"] is None:
            assert (await client.do("endSitePost", {"post": post["id"]}))["errors"] == []
    workers = (await client.ask(ACCOUNTS, role=["GRID_WORKER"])).data["accounts"]["nodes"][:2]
    for worker in workers:
        given = {"account": worker["id"], "community": found["communities"]["nodes"][0]["id"]}
        assert (await client.do("giveSitePost", {"id": new_id("sitepost"), **given}))["errors"] == []
    for who in (workers[0]["username"], "副主任02"):
        recording = await town.as_(who)
        leader = (await recording.ask(ACCOUNTS, role=["DEPUTY_DIRECTOR"])).data["accounts"]["nodes"][-1]
        posts = (await recording.ask(asked)).data["sitePosts"]
        held = [each["worker"]["id"] for each in posts if each["endsOn"] is None]
        patrol = await a_patrol(town, ledBy=leader["id"], workers=held)
        assert (await recording.do("recordPatrol", patrol))["errors"] == [], who
