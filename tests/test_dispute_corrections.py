"""A dispute and its parties put right: what every reader saw before and after, and that the record stays true."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id, phone, serving, subscribed
from tests.test_centre import refer
from tests.test_findings import finding
from tests.test_mediation import does, quarrel

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
CASE = """query($id: ID!) { dispute(id: $id) { type title facts status closedAt grid { name } evidenceHead
    parties { id role kind name speakerName phone address consent }
    evidence(first: 50) { nodes { kind statement note } }
    timeline(first: 100) { nodes { kind note actor { username } } } } }"""
FIGURES = """{ statistics(between: { startsOn: "2024-01-08", endsOn: "2024-01-08" }) { disputes { total
    byType { type total } } } weeklyAnalysis(week: "2024-W02") { byDisputeType { type opened { totalCount } } } }"""


@pytest.fixture
async def studio(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, at a moment that stands still."""
    async with serving(copy_url, Clock(NOW), token_seconds=10**8) as client:
        yield client


async def seen(who: Tunping, dispute: str) -> Any:
    """The case."""
    return (await who.ask(CASE, id=dispute)).data["dispute"]


async def joint(client: Tunping) -> tuple[str, list[str]]:
    """A case in joint mediation, to which counsel is invited; its id and the parties'."""
    leader, staff, counsel = [await client.as_(name) for name in ("网格长01", "社区01", "法律顾问01")]
    dispute, parties = await quarrel(client)
    for who in (leader, staff):
        await does(who, "raiseDispute", dispute, reason="谈不拢")
    me = (await counsel.ask("{ me { id } }")).data["me"]["id"]
    await does(staff, "inviteMediator", dispute, account=me)
    return dispute, parties


async def figures(client: Tunping) -> dict[str, tuple[int, int]]:
    """By type: the disputes of the day, and those of the week."""
    found = (await (await client.as_("书记01")).ask(FIGURES)).data
    days = {each["type"]: each["total"] for each in found["statistics"]["disputes"]["byType"]}
    weeks = {each["type"]: each["opened"]["totalCount"] for each in found["weeklyAnalysis"]["byDisputeType"]}
    assert sum(days.values()) == found["statistics"]["disputes"]["total"]
    return {name: (days.get(name, 0), weeks.get(name, 0)) for name in days.keys() | weeks.keys()}


async def test_every_reader_sees_the_corrected_dispute_and_what_it_was(studio: Tunping) -> None:
    dispute, parties = await joint(studio)
    secretary = await studio.as_("书记01")
    for party in parties:
        await does(secretary, "noteConsent", dispute, party=party, consent="GIVEN")
    await refer(studio, dispute, parties, "JOINT")
    readers = [await studio.as_(name) for name in ("网格员01", "网格长01", "书记01", "法律顾问01", "调解员01")]
    before, counted = [await seen(each, dispute) for each in readers], await figures(studio)
    assert {(each["type"], each["title"], each["facts"]) for each in before} == {("NEIGHBOUR", "漏水", "漏水")}
    change = {"type": "DAMAGES", "title": "厨房漏水", "facts": "厨房水管漏水，泡坏吊顶。", "reason": "登记时写错"}
    for _ in range(2):
        await does(secretary, "correctDispute", dispute, **change, act="act_0199f0c2-0000-4000-8000-000000000001")
    for each in readers:
        case = await seen(each, dispute)
        assert {name: case[name] for name in ("type", "title", "facts")} == {
            name: change[name] for name in ("type", "title", "facts")
        }
        (told,) = [entry for entry in case["timeline"]["nodes"] if entry["kind"] == "DISPUTE_CORRECTED"]
        assert told == {
            "kind": "DISPUTE_CORRECTED",
            "note": "原因：登记时写错\n类型：邻里纠纷 → 损害赔偿纠纷\n标题：漏水 → 厨房漏水\n原事实经过：漏水",
            "actor": {"username": "书记01"},
        }
    after = await figures(studio)
    counts = ((name, counted.get(name, (0, 0)), after.get(name, (0, 0))) for name in counted.keys() | after.keys())
    changed = {name: (now[0] - then[0], now[1] - then[1]) for name, then, now in counts if now != then}
    assert changed == {"NEIGHBOUR": (-1, -1), "DAMAGES": (1, 1)}
    assert await seen(await studio.as_("联户长03"), dispute) is None


async def test_a_correction_needs_a_reason_a_difference_and_a_mediator_before_the_agreement(studio: Tunping) -> None:
    worker, leader = await studio.as_("网格员01"), await studio.as_("网格长01")
    dispute, _ = await quarrel(studio)
    change = {"dispute": dispute, "title": "另一标题", "reason": "写错"}
    assert await worker.refused("correctDispute", change) == "NOT_ALLOWED"
    assert await (await studio.as_("网格长03")).refused("correctDispute", change) == "NOT_FOUND"
    for wrong, path in (({"reason": " "}, "reason"), ({"title": "漏水"}, "dispute"), ({"title": " "}, "title")):
        (problem,) = (await leader.do("correctDispute", change | wrong))["errors"]
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", [path])
    await does(leader, "beginMediation", dispute)
    await does(leader, "correctDispute", **change)
    settled = {"id": new_id("agreement"), "dispute": dispute, "form": "ORAL", "content": "修好"}
    assert (await leader.do("recordAgreement", settled))["errors"] == []
    assert await leader.refused("correctDispute", change | {"title": "又改"}) == "WRONG_STATE"


async def test_a_dispute_goes_to_the_grid_where_it_belongs_and_both_grids_are_told(studio: Tunping) -> None:
    first, second, leader, staff = [await studio.as_(name) for name in ("网格员01", "网格员12", "网格长01", "社区01")]
    dispute, _ = await quarrel(studio)
    here, there = [
        (await each.ask("{ me { assignments { grid { id name } } } }")).data["me"]["assignments"][0]["grid"]
        for each in (first, second)
    ]
    move = {"dispute": dispute, "grid": there["id"], "reason": "楼栋在另一网格"}
    assert await leader.refused("correctDispute", move) == "NOT_FOUND"
    assert await staff.refused("correctDispute", move | {"grid": new_id("grid")}) == "NOT_FOUND"
    await does(staff, "correctDispute", **move)
    assert await seen(first, dispute) is None
    case = await seen(second, dispute)
    said = f"原因：楼栋在另一网格\n网格：{here['name']} → {there['name']}"
    assert (case["grid"]["name"], [each["note"] for each in case["timeline"]["nodes"]]) == (there["name"], [said])
    told = [each["note"] for each in (await seen(staff, dispute))["timeline"]["nodes"]]
    assert told == [None, said, said]
    assert [each["name"] for each in case["parties"]] == [
        each["name"] for each in (await seen(staff, dispute))["parties"]
    ]


async def test_the_feed_tells_of_corrections(served: Tunping) -> None:
    leader = await served.as_("网格长01")
    dispute, (_, other) = await quarrel(served)
    query = "subscription { disputeChanged { kind note dispute { title parties { name } } } }"
    async with phone(leader) as connected:
        await connected.subscribe(query)
        await subscribed(served)
        await does(leader, "correctDispute", dispute, title="改后", reason="写错")
        await does(leader, "correctParty", dispute, party=other, outsiderName="楼上张家", reason="写错")
        events = [(await connected.receive())["payload"]["data"]["disputeChanged"] for _ in range(2)]
    assert [(each["kind"], each["dispute"]["title"]) for each in events] == [
        ("DISPUTE_CORRECTED", "改后"),
        ("PARTY_CORRECTED", "改后"),
    ]
    assert "楼上张家" in {each["name"] for each in events[1]["dispute"]["parties"]}


async def homes(client: Tunping, number: int = 2) -> list[Any]:
    """Homes of grid 01 in which somebody lives."""
    worker = await client.as_("网格员01")
    asked = "{ households(first: 60) { nodes { id address head { id name phone } residents { id name } } } }"
    found = (await worker.ask(asked)).data["households"]["nodes"]
    return [each for each in found if each["head"] and each["head"]["phone"]][:number]


@pytest.mark.long
async def test_parties_are_persons_homes_with_a_speaker_premises_bodies_and_outsiders(studio: Tunping) -> None:
    worker, counsel = await studio.as_("网格员01"), await studio.as_("法律顾问01")
    dispute, _ = await joint(studio)
    home, other = await homes(studio)
    found = (
        await worker.ask("{ premises(first: 1) { nodes { id name } } organisations { nodes { id name phone } } }")
    ).data
    firm, body = found["premises"]["nodes"][0], found["organisations"]["nodes"][0]
    given: list[dict[str, Any]] = [
        {"resident": other["head"]["id"]},
        {"household": home["id"], "speaker": home["head"]["id"]},
        {"household": other["id"], "speakerName": "女儿小芳", "speakerPhone": "13911110000"},
        {"premises": firm["id"], "speakerName": "马经理", "speakerPhone": "13911112222"},
        {"organisation": body["id"], "speakerName": "周主任"},
        {"organisation": body["id"]},
    ]
    added = [new_id("party") for _ in given]
    for uuid, each in zip(added, given, strict=True):
        joining = {"id": uuid, "dispute": dispute, "party": {"role": "RESPONDENT", **each}}
        assert (await worker.do("addParty", joining))["errors"] == []
    known = {each["id"]: each for each in (await seen(counsel, dispute))["parties"]}
    parties = [known[uuid] for uuid in added]
    assert [(each["kind"], each["name"], each["speakerName"], each["phone"]) for each in parties] == [
        ("RESIDENT", other["head"]["name"], None, other["head"]["phone"]),
        ("HOUSEHOLD", home["address"], home["head"]["name"], home["head"]["phone"]),
        ("HOUSEHOLD", other["address"], "女儿小芳", "13911110000"),
        ("PREMISES", firm["name"], "马经理", "13911112222"),
        ("ORGANISATION", body["name"], "周主任", body["phone"]),
        ("ORGANISATION", body["name"], None, body["phone"]),
    ]


@pytest.mark.parametrize(
    ("party", "path"),
    [
        ({"household": "home", "speaker": "stranger"}, "speaker"),
        ({"household": "home", "speaker": "head", "speakerName": "某"}, "speaker"),
        ({"resident": "head", "speakerName": "某"}, "speakerName"),
        ({"outsiderName": "某", "speakerName": "某"}, "speakerName"),
        ({"organisation": "body", "speaker": "head"}, "speaker"),
        ({"organisation": "body", "speakerPhone": "139"}, "speakerName"),
        ({"organisation": "body", "household": "home"}, None),
    ],
)
async def test_nobody_speaks_for_whom_they_cannot(studio: Tunping, party: dict[str, str], path: str | None) -> None:
    worker = await studio.as_("网格员01")
    dispute, _ = await quarrel(studio)
    home, other = await homes(studio)
    body = (await worker.ask("{ organisations(first: 1) { nodes { id } } }")).data["organisations"]["nodes"][0]["id"]
    known = {"home": home["id"], "head": home["head"]["id"], "stranger": other["head"]["id"], "body": body}
    wrong = {"role": "RESPONDENT", **{name: known.get(value, value) for name, value in party.items()}}
    (problem,) = (await worker.do("addParty", {"id": new_id("party"), "dispute": dispute, "party": wrong}))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["party", *([path] if path else [])])


async def test_a_party_added_by_mistake_is_removed_and_mediation_goes_on(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, parties = await quarrel(studio)
    wrong = {"role": "RESPONDENT", "outsiderName": "不相干的人", "outsiderPhone": "13900007777", "consent": "REFUSED"}
    added = {"id": new_id("party"), "dispute": dispute, "party": wrong}
    assert (await leader.do("addParty", added))["errors"] == []
    case = await seen(leader, dispute)
    assert (case["status"], case["closedAt"] is None) == ("REFUSED", False)
    removal = {"party": added["id"], "reason": "听错了门牌", "act": new_id("act")}
    for _ in range(2):
        await does(leader, "removeParty", dispute, **removal)
    case = await seen(leader, dispute)
    assert (case["status"], case["closedAt"]) == ("REPORTED", None)
    assert [each["id"] for each in case["parties"]] == parties
    (told,) = [each["note"] for each in case["timeline"]["nodes"] if each["kind"] == "PARTY_REMOVED"]
    assert told == "移除：被申请人不相干的人，13900007777，拒绝调解\n原因：听错了门牌"
    assert (
        await leader.refused("removeParty", {"dispute": dispute, "party": added["id"], "reason": "再来"}) == "NOT_FOUND"
    )


@pytest.mark.long
async def test_a_party_is_not_removed_if_something_hangs_on_it_or_too_few_remain(studio: Tunping) -> None:
    worker, leader = await studio.as_("网格员01"), await studio.as_("网格长01")
    dispute, (home, other) = await quarrel(studio)
    elsewhere, (stranger, _) = await quarrel(studio)
    removal = {"dispute": dispute, "party": other, "reason": "登记错了"}
    assert await worker.refused("removeParty", removal) == "NOT_ALLOWED"
    assert await leader.refused("removeParty", removal) == "TOO_FEW_PARTIES"
    assert await leader.refused("removeParty", removal | {"party": stranger}) == "NOT_FOUND"
    third = {"id": new_id("party"), "dispute": dispute, "party": {"role": "RESPONDENT", "outsiderName": "三楼"}}
    assert (await leader.do("addParty", third))["errors"] == []
    assert (await worker.do("recordFinding", finding(dispute, home)))["errors"] == []
    await does(leader, "beginMediation", dispute)
    met = {"id": new_id("meeting"), "place": "调解室", "minutes": "谈", "parties": [home, other]}
    await does(leader, "recordMeeting", dispute, **met)
    for party, kept in ((home, "1条查勘记录、1次调解会记录"), (other, "1次调解会记录")):
        (problem,) = (await leader.do("removeParty", removal | {"party": party}))["errors"]
        assert (problem["code"], problem["path"], kept in problem["message"]) == ("INVALID_INPUT", ["party"], True)
    await does(leader, "removeParty", dispute, party=third["id"], reason="登记错了")
    settled = {"id": new_id("agreement"), "dispute": elsewhere, "form": "ORAL", "content": "修好"}
    assert (await leader.do("recordAgreement", settled))["errors"] == []
    assert await leader.refused("removeParty", {**removal, "dispute": elsewhere, "party": stranger}) == "WRONG_STATE"


async def test_of_two_who_remove_the_last_but_one_party_at_once_one_is_refused(studio: Tunping) -> None:
    leader, staff = await studio.as_("网格长01"), await studio.as_("社区01")
    dispute, parties = await quarrel(studio)
    third = {"id": new_id("party"), "dispute": dispute, "party": {"role": "RESPONDENT", "outsiderName": "三楼"}}
    assert (await leader.do("addParty", third))["errors"] == []
    removals = [{"dispute": dispute, "party": each, "reason": "登记错了"} for each in parties]
    pairs = zip((leader, staff), removals, strict=True)
    answers = await asyncio.gather(*(who.do("removeParty", removal) for who, removal in pairs))
    assert sorted(error["code"] for each in answers for error in each["errors"]) == ["TOO_FEW_PARTIES"]


async def test_a_wrong_party_is_put_right_and_the_evidence_says_who_it_was(studio: Tunping) -> None:
    worker, leader = await studio.as_("网格员01"), await studio.as_("网格长01")
    dispute, (home, other) = await quarrel(studio)
    _, right = await homes(studio)
    before = await seen(leader, dispute)
    wrong = next(each["name"] for each in before["parties"] if each["id"] == home)
    assert (await worker.do("recordFinding", finding(dispute, home)))["errors"] == []
    subject = {"household": right["id"], "speaker": right["head"]["id"]}
    await does(leader, "correctParty", dispute, party=home, role="RESPONDENT", **subject, reason="门牌写错")
    case = await seen(leader, dispute)
    (party,) = [each for each in case["parties"] if each["id"] == home]
    assert (party["name"], party["speakerName"], party["role"]) == (
        right["address"],
        right["head"]["name"],
        "RESPONDENT",
    )
    now = f"被申请人{right['address']}（代表人：{right['head']['name']}），{right['head']['phone']}"
    lines = [f"更正前：申请人{wrong}", f"更正后：{now}"]
    (told,) = [each["note"] for each in case["timeline"]["nodes"] if each["kind"] == "PARTY_CORRECTED"]
    assert told == "\n".join([*lines, "原因：门牌写错"])
    assert [(each["kind"], each["statement"]) for each in case["evidence"]["nodes"]] == [
        ("FINDING", None),
        ("STATEMENT", "更正当事人。" + "；".join(lines)),
    ]
    same = {"dispute": dispute, "party": home, "household": right["id"], "speaker": right["head"]["id"], "reason": "再"}
    assert await leader.refused("correctParty", same) == "INVALID_INPUT"
    await does(leader, "correctParty", dispute, party=other, outsiderPhone="13900008888", reason="补电话")
    await does(leader, "correctParty", dispute, party=other, outsiderName="楼上张家", reason="写错")
    await does(leader, "correctParty", dispute, party=home, speakerName="儿子", speakerPhone="139", reason="换人代表")
    parties = {each["id"]: each for each in (await seen(leader, dispute))["parties"]}
    assert (parties[other]["name"], parties[other]["phone"]) == ("楼上张家", "13900008888")
    assert (parties[home]["name"], parties[home]["speakerName"]) == (right["address"], "儿子")
    assert len((await seen(leader, dispute))["evidence"]["nodes"]) == 2, "the subject stayed"


@pytest.mark.long
async def test_counsel_does_in_a_joint_case_what_they_came_for_and_nothing_after_they_left(studio: Tunping) -> None:
    staff, counsel, office = [await studio.as_(name) for name in ("社区01", "法律顾问01", "司法所01")]
    dispute, (home, _) = await joint(studio)
    await does(staff, "beginMediation", dispute)
    meeting = {"dispute": dispute, "place": "司法所", "minutes": "释明责任", "parties": [home]}
    evidence = {"dispute": dispute, "statement": "维修单显示阀门老化"}
    proposal = {"dispute": dispute, "content": "楼上修水管并赔偿两千元", "performance": "转账", "dueOn": "2024-02-01"}
    acts: list[tuple[str, dict[str, Any], str]] = [
        ("recordMeeting", meeting, "meeting"),
        ("recordFinding", finding(dispute, home), "finding"),
        ("addEvidence", evidence, "evidence"),
        ("proposeTerms", proposal, "proposal"),
    ]
    for act, given, prefix in acts:
        assert await office.refused(act, {**given, "id": new_id(prefix)}) == "NOT_FOUND"
        assert (await counsel.do(act, {**given, "id": new_id(prefix)}))["errors"] == []
    for act in ("correctDispute", "failMediation", "recordAgreement"):
        more: dict[str, dict[str, Any]] = {
            "correctDispute": {"reason": "某"},
            "failMediation": {"reason": "某", "routesTold": ["COURT"]},
            "recordAgreement": {"form": "ORAL", "id": new_id("agreement")},
        }
        given = {"dispute": dispute, **more[act]}
        assert await counsel.refused(act, given) == "NOT_ALLOWED"
    told = (await seen(staff, dispute))["timeline"]["nodes"]
    assert [each["kind"] for each in told if each["actor"]["username"] == "法律顾问01"] == [
        *("MEETING_HELD", "FINDING_RECORDED", "EVIDENCE_ADDED", "EVIDENCE_ADDED", "TERMS_PROPOSED")
    ]
    me = (await counsel.ask("{ me { id } }")).data["me"]["id"]
    await does(staff, "releaseMediator", dispute, account=me)
    for act, given, prefix in acts:
        assert await counsel.refused(act, {**given, "id": new_id(prefix)}) == "NOT_FOUND"


async def test_counsel_acts_at_the_joint_level_only(studio: Tunping) -> None:
    counsel, centre = await studio.as_("法律顾问01"), await studio.as_("调解员01")
    dispute, parties = await joint(studio)
    secretary = await studio.as_("书记01")
    for party in parties:
        await does(secretary, "noteConsent", dispute, party=party, consent="GIVEN")
    await refer(studio, dispute, parties, "JOINT")
    await does(centre, "acceptReferral", dispute)
    assert (await seen(counsel, dispute))["status"] == "REPORTED", "the invitation is still valid"
    evidence = {"id": new_id("evidence"), "dispute": dispute, "statement": "某"}
    assert await counsel.refused("addEvidence", evidence) == "WRONG_LEVEL"
    await does(centre, "correctDispute", dispute, title="中心改的标题", reason="概括不准")


async def test_an_accepted_proposal_becomes_the_agreement(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, _ = await quarrel(studio)
    elsewhere, _ = await quarrel(studio)
    first = {
        "id": new_id("proposal"),
        "dispute": dispute,
        "content": "修水管",
        "performance": "三日内",
        "dueOn": "2024-01-11",
    }
    for _ in range(2):
        assert (await leader.do("proposeTerms", first))["errors"] == []
    foreign = {"id": new_id("proposal"), "dispute": elsewhere, "content": "另一件"}
    assert (await leader.do("proposeTerms", foreign))["errors"] == []
    agreement = {"id": new_id("agreement"), "dispute": dispute, "form": "WRITTEN", "facts": "漏水"}
    assert await leader.refused("recordAgreement", agreement) == "CONTENT_MISSING"
    assert await leader.refused("recordAgreement", agreement | {"proposal": foreign["id"]}) == "NOT_FOUND"
    wanted = (
        "agreement { content performance dueOn proposal { id } } dispute { proposals { id proposedBy { username } } }"
    )
    made = await leader.do("recordAgreement", agreement | {"proposal": first["id"]}, wanted)
    assert made == {
        "agreement": {
            "content": "修水管",
            "performance": "三日内",
            "dueOn": "2024-01-11",
            "proposal": {"id": first["id"]},
        },
        "dispute": {"proposals": [{"id": first["id"], "proposedBy": {"username": "网格长01"}}]},
        "errors": [],
    }
    late = {"id": new_id("proposal"), "dispute": dispute, "content": "太晚"}
    assert await leader.refused("proposeTerms", late) == "WRONG_STATE"
