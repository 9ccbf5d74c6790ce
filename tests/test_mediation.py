"""From a quarrel on a landing to joint mediation: consent, meetings, levels, who is invited, and how it can end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from rules.disputes import DisputeStatus
from tests.client import Clock, Tunping, new_id, serving

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
CASE = """query($id: ID!) { dispute(id: $id) { status level begunAt endReason routesTold allowedActions
    mediationDeadline { dueOn state why } jointMediators { account { username } releasedAt }
    meetings { place minutes parties { id } guests { name kindLabel } } siteVisits { place }
    timeline(first: 100) { nodes { kind note actor { username } } } } }"""


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def studio(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, at a moment that stands still."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def quarrel(client: Tunping, **change: Any) -> tuple[str, list[str]]:
    """A dispute between a home and an outsider, who have said nothing yet; its id and the parties'."""
    worker = await client.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    sides = [{"role": "APPLICANT", "household": home}, {"role": "RESPONDENT", "outsiderName": "楼上邻居"}]
    new = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "漏水", "facts": "漏水", "parties": sides, **change}
    made = await worker.do("openDispute", new, "dispute { parties { id } }")
    assert made["errors"] == []
    return str(new["id"]), [party["id"] for party in made["dispute"]["parties"]]


async def does(who: Tunping, mutation: str, dispute: str, **given: Any) -> None:
    """A move that must be made."""
    assert (await who.do(mutation, {"dispute": dispute, **given}))["errors"] == [], mutation


async def seen(who: Tunping, dispute: str) -> Any:
    """The case."""
    return (await who.ask(CASE, id=dispute)).data["dispute"]


async def test_a_party_who_clearly_refuses_ends_it_and_may_think_again(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, (_, other) = await quarrel(studio)
    await does(leader, "noteConsent", dispute, party=other, consent="REFUSED", note="没什么好谈的")
    assert (await seen(leader, dispute))["status"] == "REFUSED"
    (problem,) = (await leader.do("beginMediation", {"dispute": dispute}))["errors"]
    assert problem["code"] == "PARTY_REFUSES"
    assert "人民调解法第十七条" in problem["message"]
    await does(leader, "noteConsent", dispute, party=other, consent="GIVEN")
    await does(leader, "beginMediation", dispute)
    assert (await seen(leader, dispute))["status"] == "MEDIATING"


async def test_mediating_has_the_communitys_own_time_limit_and_says_that_it_is_not_the_law(
    studio: Tunping, clock: Clock
) -> None:
    leader, secretary = await studio.as_("网格长01"), await studio.as_("书记01")
    (first, _), (second, _) = await quarrel(studio), await quarrel(studio)
    await does(leader, "beginMediation", first)
    community = (await secretary.ask("{ communities { nodes { id } } }")).data["communities"]["nodes"][0]["id"]
    assert await leader.refused("setMediationLimit", {"community": community, "days": 10}) == "NOT_ALLOWED"
    assert await secretary.refused("setMediationLimit", {"community": community, "days": 0}) == "INVALID_INPUT"
    limit = {"community": community, "days": 10, "act": new_id("act")}
    for _ in range(2):
        assert (await secretary.do("setMediationLimit", limit))["errors"] == []
    assert await secretary.refused("setMediationLimit", limit | {"days": 11}) == "CONFLICT"
    await does(leader, "beginMediation", second)
    dues = [(await seen(leader, each))["mediationDeadline"] for each in (first, second)]
    assert dues == [
        {"dueOn": "2024-02-07", "state": "ON_TIME", "why": "默认的调解期限（社区尚未规定）：30天"},
        {"dueOn": "2024-01-18", "state": "ON_TIME", "why": "本社区规定的调解期限：10天"},
    ]
    clock.turn(timedelta(days=11))
    leader = await studio.as_("网格长01")
    assert [(await seen(leader, each))["mediationDeadline"]["state"] for each in (first, second)] == [
        "ON_TIME",
        "OVERDUE",
    ]
    assert (await secretary.do("setMediationLimit", {"community": community, "days": 30}))["errors"] == []


async def test_a_meeting_has_minutes_and_others_join_with_the_parties_consent_alone(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, (home, other) = await quarrel(studio)
    _, (stranger, _) = await quarrel(studio)
    given = {"dispute": dispute, "place": "调解室", "minutes": "双方说明了漏水经过。", "parties": [home, other]}
    assert await leader.refused("recordMeeting", {"id": new_id("meeting"), **given}) == "WRONG_STATE"
    await does(leader, "beginMediation", dispute)
    guests = [{"name": "马师傅", "kind": "EXPERT"}, {"name": "张阿姨", "kind": "NEIGHBOUR"}]
    uninvited = {"id": new_id("meeting"), **given, "guests": guests}
    (problem,) = (await leader.do("recordMeeting", uninvited))["errors"]
    assert (problem["code"], problem["path"]) == ("CONSENT_MISSING", ["guestsConsented"])
    assert problem["message"] == "尚有当事人未同意，须征得各方同意（人民调解法第二十条）。"
    elsewhere = {"id": new_id("meeting"), **given, "parties": [home, stranger]}
    assert await leader.refused("recordMeeting", elsewhere) == "NOT_FOUND"
    held = uninvited | {"guestsConsented": True}
    for _ in range(2):
        assert (await leader.do("recordMeeting", held))["errors"] == []
    assert (await seen(leader, dispute))["meetings"] == [
        {
            "place": "调解室",
            "minutes": "双方说明了漏水经过。",
            "parties": [{"id": each} for each in sorted([home, other])],
            "guests": [{"name": "马师傅", "kindLabel": "专业人士"}, {"name": "张阿姨", "kindLabel": "邻里"}],
        }
    ]


@pytest.mark.long
async def test_what_cannot_be_settled_goes_up_and_the_invited_see_that_case_alone(studio: Tunping) -> None:
    worker, leader, staff, counsel, office = [
        await studio.as_(name) for name in ("网格员01", "网格长01", "社区01", "法律顾问01", "司法所01")
    ]
    dispute, _ = await quarrel(studio)
    me = (await counsel.ask("{ me { id } disputes { totalCount } residents { totalCount } }")).data
    assert (me["disputes"]["totalCount"], me["residents"]["totalCount"]) == (0, 0)
    invited = {"account": me["me"]["id"]}
    assert await staff.refused("inviteMediator", {"dispute": dispute, **invited}) == "WRONG_LEVEL"
    await does(leader, "raiseDispute", dispute, reason="谈了两次没谈拢")
    assert await leader.refused("raiseDispute", {"dispute": dispute, "reason": "再上报"}) == "WRONG_LEVEL"
    assert await leader.refused("beginMediation", {"dispute": dispute}) == "WRONG_LEVEL"
    await does(staff, "raiseDispute", dispute, reason="涉及法律问题")
    assert await staff.refused("raiseDispute", {"dispute": dispute, "reason": "再上报"}) == "WRONG_LEVEL"
    own = (await worker.ask("{ me { id } }")).data["me"]["id"]
    assert await staff.refused("inviteMediator", {"dispute": dispute, "account": own}) == "INVALID_INPUT"
    post = "update assignment set ends_on = $1 where account_id = $2"
    fetch, uuid = studio.app.state.owner.fetch, invited["account"].removeprefix("account_")
    await fetch(post, date(2023, 1, 31), uuid)
    assert await staff.refused("inviteMediator", {"dispute": dispute, **invited}) == "INVALID_INPUT"
    await fetch(post, None, uuid)
    await does(staff, "inviteMediator", dispute, **invited)
    case = await seen(counsel, dispute)
    assert (case["level"], case["allowedActions"]) == ("JOINT", ["SURVEY", "GATHER_EVIDENCE", "PROPOSE"])
    assert (await counsel.ask("{ disputes { totalCount } }")).data["disputes"]["totalCount"] == 1
    assert await seen(office, dispute) is None
    looks = "query($id: ID!) { dispute(id: $id) { accessRecords { nodes { account { username } } } } }"
    looked = (await staff.ask(looks, id=dispute)).data["dispute"]["accessRecords"]["nodes"]
    assert {each["account"]["username"] for each in looked} == {"法律顾问01"}
    await does(staff, "releaseMediator", dispute, **invited, note="意见已出")
    assert await seen(counsel, dispute) is None
    assert await staff.refused("releaseMediator", {"dispute": dispute, **invited}) == "NOT_FOUND"
    assert [each["account"]["username"] for each in (await seen(staff, dispute))["jointMediators"]] == ["法律顾问01"]


async def test_on_failure_the_parties_are_told_of_the_other_routes(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, _ = await quarrel(studio)
    await does(leader, "beginMediation", dispute)
    silent = {"dispute": dispute, "reason": "差距太大", "routesTold": []}
    (problem,) = (await leader.do("failMediation", silent))["errors"]
    assert (problem["code"], "人民调解法第二十六条" in problem["message"]) == ("CONTENT_MISSING", True)
    await does(leader, "failMediation", dispute, reason="差距太大", routesTold=["COURT", "ADMINISTRATIVE"])
    case = await seen(leader, dispute)
    assert (case["status"], case["endReason"], case["routesTold"]) == (
        "FAILED",
        "差距太大",
        ["COURT", "ADMINISTRATIVE"],
    )
    assert case["allowedActions"] == []


async def test_a_visit_to_the_place_is_arranged_ahead(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, _ = await quarrel(studio)
    visit = {"id": new_id("sitevisit"), "dispute": dispute, "place": "3号楼2单元501", "purpose": "看漏水点"}
    assert await leader.refused("planSiteVisit", {**visit, "at": "2024-01-08T01:59:00Z"}) == "INVALID_INPUT"
    assert (await leader.do("planSiteVisit", {**visit, "at": "2024-01-09T02:00:00Z"}))["errors"] == []
    assert (await seen(leader, dispute))["siteVisits"] == [{"place": "3号楼2单元501"}]


async def test_of_two_who_move_one_case_at_once_one_wins_and_the_other_is_told_how_it_stands(studio: Tunping) -> None:
    leader, staff = await studio.as_("网格长01"), await studio.as_("社区01")
    dispute, _ = await quarrel(studio)
    await does(leader, "beginMediation", dispute)
    settled = {"id": new_id("agreement"), "dispute": dispute, "form": "ORAL", "content": "各修各的"}
    failed = {"dispute": dispute, "reason": "谈不拢", "routesTold": ["COURT"]}
    answers = await asyncio.gather(leader.do("recordAgreement", settled), staff.do("failMediation", failed))
    codes = sorted(error["code"] for each in answers for error in each["errors"])
    assert codes == ["WRONG_STATE"]
    status = (await seen(staff, dispute))["status"]
    assert status == ("AGREED" if answers[0]["errors"] == [] else "FAILED")
    (told,) = (error["message"] for each in answers for error in each["errors"])
    assert DisputeStatus(status).label in told


async def test_every_move_is_told_with_who_made_it(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, (home, _) = await quarrel(studio)
    act = new_id("act")
    for _ in range(2):
        await does(leader, "noteConsent", dispute, party=home, consent="GIVEN", note="同意", act=act)
    await does(leader, "withdrawDispute", dispute, reason="两家和好了")
    told = (await seen(leader, dispute))["timeline"]["nodes"]
    assert [(each["kind"], each["note"], each["actor"]["username"]) for each in told] == [
        ("DISPUTE_OPENED", None, "网格员01"),
        ("CONSENT_NOTED", "同意", "网格长01"),
        ("DISPUTE_WITHDRAWN", "两家和好了", "网格长01"),
    ]
