"""The eight stories (domain.md section 10), on today's date, in a town that was an empty database before."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from db.acts.alerts import climb
from schema.scalars import rfc_3339
from tests.client import new_id
from tests.test_agreements import WRITTEN
from tests.test_incidents import CANDIDATES, seen, statuses
from tests.test_papers import paper, words
from tests.test_photos import digest, jpeg, put
from tests.test_places import done
from tests.test_sites import DISPUTE, SITES, joins_patrols
from tests.test_week import COUNTED, analysis, cases, numbers
from tests.towns import ZONE, Town, account, code, homes, morning, moved_in, set_up

WORKER, LEADER, STAFF, SECRETARY = "东园第1网格网格员", "东园网格长", "双园社工", "双园书记"
ALERTS = """{ alerts { nodes { id status household { address } workers { name phone } rungs { rung reached }
    findingLabel foundBy { username } } } }"""
DUTIES = """query($day: Date!, $resident: ID!) {
    duties(between: {startsOn: $day, endsOn: $day}, where: {resident: $resident}) { nodes { state } } }"""
APPEAL = """query($id: ID!) { appeal(id: $id) { status kind category source deadlines { kind state }
    callBacks { reached said calledBy { username } } } }"""
LEAK = """query($id: ID!) { dispute(id: $id) { status
    workspace { lossTotal claimTotal photoCount withoutConsent { id } }
    agreement { effectiveOn marksMissing { id } confirmationDeadline { dueOn state } } } }"""
RECORDED = "query($id: ID!) { node(id: $id) { ... on Visit { recordedAt } ... on Appeal { recordedAt } } }"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture(scope="module")
def codes(fresh_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The town is set up once; the codes of the invitations that nobody has used yet."""
    return set_up(fresh_url, tmp_path_factory.mktemp("town"))


@pytest.fixture
async def town(fresh_url: str, codes: dict[str, str]) -> AsyncIterator[Town]:
    """The town this morning."""
    async with morning(fresh_url, codes) as found:
        yield found


@pytest.mark.long
async def test_1_the_ladder_rings_for_a_man_whom_nobody_reached_and_the_head_knocks(town: Town) -> None:
    worker, head = await town.comes(WORKER), await town.comes("东园3号楼联户长")
    home, neighbours, *_ = await homes(worker, 3)
    man = await moved_in(worker, home, "王大爷", colour="RED", phone="13900000001")
    await moved_in(worker, neighbours, "李邻居", colour="CYAN", phone="13900000002")
    call = {"household": home, "mode": "PHONE"}
    await done(worker, "recordVisit", id=new_id("visit"), **call, residents=[man], occurredAt=now(town))
    town.clock.turn(timedelta(hours=2, minutes=1))
    await town.tunping.transact(climb)
    assert (await head.ask(ALERTS)).data["alerts"]["nodes"] == []
    town.clock.turn(DAY - timedelta(hours=2, minutes=1))
    await done(worker, "recordVisit", id=new_id("visit"), **call, residents=[], occurredAt=now(town))
    town.clock.turn(timedelta(hours=2, minutes=1))
    await town.tunping.transact(climb)
    (alert,) = (await head.ask(ALERTS)).data["alerts"]["nodes"]
    assert alert["status"] == "OPEN"
    assert alert["household"]["address"].startswith("东园3号楼1单元")
    assert [each["name"] for each in alert["workers"]] == ["东园第1网格"]
    assert alert["rungs"] == [{"rung": "BUILDING_HEAD", "reached": 1}]
    town.clock.turn(timedelta(minutes=16))
    await town.tunping.transact(climb)
    (alert,) = (await worker.ask(ALERTS)).data["alerts"]["nodes"]
    assert alert["rungs"][1] == {"rung": "NEIGHBOURS", "reached": 1}
    await done(head, "acknowledgeAlert", alert=alert["id"], note="我去敲门")
    await done(head, "reportAlert", alert=alert["id"], finding="REACHED", note="在家，电话没电了")
    (alert,) = (await worker.ask(ALERTS)).data["alerts"]["nodes"]
    assert (alert["status"], alert["findingLabel"]) == ("ENDED", "已见到本人，平安")
    assert alert["foundBy"] == {"username": "东园3号楼联户长"}
    duty = (await worker.ask(DUTIES, day=now(town)[:10], resident=man)).data["duties"]["nodes"]
    assert duty == [{"state": "DONE"}]


@pytest.mark.long
async def test_2_ten_cold_homes_are_one_incident_which_closes_when_the_tenth_is_warm(town: Town) -> None:
    worker, partner = await town.comes(WORKER), await town.comes("双园热力值班")
    doors = [await code(worker, household=home) for home in await homes(worker, 2, 2)]
    forms = [await town.page(f"/q/{each}") for each in doors]
    receipts = [await form.send(body="家里暖气一直不热") for form in forms]
    (group,) = (await worker.ask(CANDIDATES)).data["incidentCandidates"]["nodes"]
    assert (group["count"], group["category"], group["unit"]) == (10, "HEATING", 2)
    incident = {"incident": new_id("incident")}
    appeals = [each["id"] for each in group["appeals"]["nodes"]]
    await done(worker, "mergeIntoIncident", **incident, appeals=appeals, title="2单元立管不热")
    await done(worker, "dispatchIncident", **incident, note="整个立管")
    await done(partner, "acceptIncident", **incident)
    await done(partner, "answerIncident", **incident, answer="更换了立管阀门")
    pages = [await town.page(each.path) for each in receipts]
    for warm in pages[:9]:
        assert (await warm.send("solved", rating="5")).status == 200
    await pages[9].send("unsolved", note="我家还凉")
    state = await seen(worker, incident["incident"])
    assert (state["closedAt"], statuses(state)) == (None, {"CLOSED": 9, "IN_PROGRESS": 1})
    await done(partner, "answerIncident", **incident, answer="又排了气")
    await (await town.page(pages[9].path)).send("solved", rating="4")
    state = await seen(worker, incident["incident"])
    assert state["closedAt"] is not None
    assert (statuses(state), len(state["dispatches"])) == ({"CLOSED": 10}, 1)


@pytest.mark.long
async def test_3_what_a_phone_without_signal_kept_arrives_once_and_in_order(town: Town) -> None:
    worker = await town.comes(WORKER)
    doors = (await homes(worker, 1))[:5]
    people = [await moved_in(worker, home, f"赵{mark}") for home, mark in zip(doors, "甲乙丙丁戊", strict=True)]
    times = [now(town, 5 * at - 60) for at in range(6)]
    outbox: list[tuple[str, dict[str, Any]]] = [
        ("recordVisit", {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "residents": [resident]})
        for home, resident in zip(doors, people, strict=True)
    ]
    blocked = {"id": new_id("appeal"), "kind": "REPORT", "reportKind": "OTHER", "household": doors[4]}
    outbox.append(("openAppeal", blocked | {"body": "楼道堆放杂物，堵住了通道"}))
    first = town.clock()
    for _ in range(3):
        for (act, given), at in zip(outbox, times, strict=True):
            town.clock.turn(SECOND)
            await done(worker, act, **given, **{"occurredAt" if act == "recordVisit" else "openedAt": at})
    sent = [given["id"] for _, given in outbox]
    recorded = [(await worker.ask(RECORDED, id=each)).data["node"]["recordedAt"] for each in sent]
    assert recorded == [rfc_3339(first + at * SECOND) for at in range(1, 7)]
    asked = "query($b: ID!) { household(id: $b) { visits { totalCount } appeals { totalCount } } }"
    counted = (await worker.ask(asked, b=doors[4])).data["household"]
    assert counted == {"visits": {"totalCount": 1}, "appeals": {"totalCount": 1}}


@pytest.mark.long
async def test_4_what_a_certificate_needs_is_told_by_whoever_is_on_duty_in_time(town: Town) -> None:
    staff, leader = await town.comes(STAFF), await town.comes(LEADER)
    today = town.clock().astimezone(ZONE).date()
    week = {"startsOn": str(today - today.weekday() * DAY), "days": [str(today)]}
    planned = await done(leader, "planRoster", "week { id }", act=new_id("act"), **week)
    await done(leader, "publishRoster", act=new_id("act"), week=planned["week"]["id"])
    roster = "query($d: Date!) { dutyRoster(on: $d) { hall { worker { username } } } }"
    (serving,) = (await leader.ask(roster, d=str(today))).data["dutyRoster"]
    on_duty = await town.comes(serving["hall"][0]["worker"]["username"])
    counter = await town.page(f"/q/{await code(staff, counter='服务大厅柜台')}")
    receipt = await counter.send(body="办居住证明要带哪些材料？", kind="INQUIRY", phone="13900000003")
    number = receipt.path.removeprefix("/r/")
    asked = {"id": (await town.receipt(number))["appealId"]}
    appeal = (await on_duty.ask(APPEAL, **asked)).data["appeal"]
    assert (appeal["kind"], appeal["category"], appeal["source"]) == ("INQUIRY", "CERTIFICATE", "QR_COUNTER")
    assert appeal["deadlines"][0] == {"kind": "RESPONSE", "state": "ON_TIME"}
    town.clock.turn(timedelta(hours=1))
    said = "带身份证和房产证复印件。"
    await done(on_duty, "recordCallBack", id=new_id("callback"), appeal=asked["id"], reached=True, said=said)
    await done(on_duty, "answerAppeal", appeal=asked["id"], answer=said)
    appeal = (await on_duty.ask(APPEAL, **asked)).data["appeal"]
    assert appeal["deadlines"] == [{"kind": clock, "state": "MET"} for clock in ("RESPONSE", "RESOLUTION")]
    assert [each["reached"] for each in appeal["callBacks"]] == [True]
    assert said in (await town.page(receipt.path)).text


@pytest.mark.long
async def test_5_a_flat_leaks_into_eleven_others_and_all_agree_in_writing(town: Town) -> None:
    worker, leader, staff = [await town.comes(name) for name in (WORKER, LEADER, STAFF)]
    flat, *harmed = (await homes(worker, 4))[:12]
    case = {"dispute": new_id("dispute")}
    sides: list[dict[str, Any]] = [
        {"role": "RESPONDENT", "household": flat, "speakerName": "张志强", "speakerPhone": "13900000004"},
        *({"role": "APPLICANT", "household": home, "speakerName": f"住户{at}"} for at, home in enumerate(harmed)),
    ]
    firms = (await worker.ask("{ organisations { nodes { id name } } }")).data["organisations"]["nodes"]
    firm = next(each["id"] for each in firms if each["name"] == "双园物业")
    sides.append({"role": "RESPONDENT", "organisation": firm, "speakerName": "周建军"})
    told = {"type": "DAMAGES", "title": "水管爆裂", "facts": "水管爆裂，水渗入十一户。", "parties": sides}
    made = await done(worker, "openDispute", "dispute { parties { id } }", id=case["dispute"], **told)
    everybody = [each["id"] for each in made["dispute"]["parties"]]
    owner, *leaked, company = everybody
    for number, party in enumerate(leaked, 1):
        photo, lost = jpeg(f"#0000{number:02x}"), f"{100 * number}.00"
        await put(worker, photo)
        found = {"id": new_id("finding"), "party": party, "place": "顶棚", "loss": "受潮塌落", "amount": lost}
        await done(worker, "recordFinding", **case, **found, photos=[digest(photo)])
        await done(worker, "noteClaim", **case, party=party, claim="照价赔偿", claimAmount=lost)
    work = (await leader.ask(LEAK, id=case["dispute"])).data["dispute"]["workspace"]
    assert (work["lossTotal"], work["claimTotal"], work["photoCount"]) == ("6600.00", "6600.00", 11)
    for party in everybody:
        await done(worker, "noteConsent", **case, party=party, consent="GIVEN")
    await done(leader, "raiseDispute", **case, reason="涉及十三方")
    await done(staff, "beginMediation", **case)
    today = town.clock().astimezone(ZONE).date()
    owed = [{"party": owner, "what": "按清单赔偿十一户", "amount": "6600.00", "dueOn": str(today + 30 * DAY)}]
    owed.append({"party": company, "what": "更换入户阀门", "dueOn": str(today + 20 * DAY)})
    agreement = {"id": new_id("agreement"), "form": "WRITTEN", "content": "按清单赔偿，物业更换阀门", **WRITTEN}
    await done(staff, "recordAgreement", **case, **agreement, terms=owed)
    marks: list[dict[str, Any]] = [{"party": each} for each in everybody]
    for mark in (*marks, {"mediator": True}, {"seal": True}):
        await done(staff, "markAgreement", agreement=agreement["id"], on=str(today), **mark)
    settled = (await staff.ask(LEAK, id=case["dispute"])).data["dispute"]["agreement"]
    assert (settled["effectiveOn"], settled["marksMissing"]) == (str(today), [])
    assert settled["confirmationDeadline"] == {"dueOn": str(today + 30 * DAY), "state": "ON_TIME"}
    printed = words((await paper(staff, "agreement", case["dispute"])).content)
    request = words((await paper(staff, "confirmation", case["dispute"])).content)
    for said in ("张志强", "双园物业", "6600.00", "更换入户阀门"):
        assert said in printed
    assert "双园物业（代表人：周建军）" in request


@pytest.mark.long
async def test_6_arrears_on_a_site_go_to_joint_mediation_are_paid_and_checked(town: Town) -> None:
    deputy, staff, counsel = [await town.comes(name) for name in ("双园副主任", STAFF, "双园律师")]
    mine = (await deputy.ask("{ me { id } communities { nodes { id } } }")).data
    community = mine["communities"]["nodes"][0]["id"]
    workers = (await account(staff, "GRID_WORKER"))[:2]
    for each in workers:
        await joins_patrols(staff, each, community)
    (site,) = (await deputy.ask(SITES)).data["sites"]["nodes"]
    owed = {"name": "张建国", "amount": "8600.00", "period": "十一月", "phone": "13900000005"}
    found: dict[str, Any] = {
        "headcount": 31,
        "hasLedger": False,
        "hasAccount": True,
        "hasNotice": True,
        "arrears": [owed],
    }
    case = {"dispute": new_id("dispute")}
    team: dict[str, Any] = {
        "premises": site["id"],
        "ledBy": mine["me"]["id"],
        "workers": workers,
        "meetingAt": now(town, 24 * 60),
    }
    await done(deputy, "recordPatrol", id=new_id("patrol"), **team, **found, **case)
    opened = (await deputy.ask(DISPUTE, id=case["dispute"])).data["dispute"]
    for party in opened["parties"]:
        await done(staff, "noteConsent", **case, party=party["id"], consent="GIVEN")
    await done(staff, "raiseDispute", **case, reason="数额较大")
    (lawyer,) = await account(staff, "LEGAL_COUNSEL")
    await done(staff, "inviteMediator", **case, account=lawyer)
    await done(staff, "beginMediation", **case)
    assert (await counsel.ask(DISPUTE, id=case["dispute"])).data["dispute"]["level"] == "JOINT"
    (firm,) = (party["id"] for party in opened["parties"] if party["role"] == "RESPONDENT")
    today = town.clock().astimezone(ZONE).date()
    signed = dict.fromkeys(("partiesSignedOn", "mediatorSignedOn", "sealedOn"), str(today))
    terms = [{"party": firm, "what": "支付欠薪", "amount": "8600.00", "dueOn": str(today + 7 * DAY)}]
    agreement: dict[str, Any] = {"id": new_id("agreement"), "form": "WRITTEN", "terms": terms}
    await done(staff, "recordAgreement", **case, **agreement, **WRITTEN, **signed, content="支付全部欠薪")
    (term,) = (await staff.ask(DISPUTE, id=case["dispute"])).data["dispute"]["agreement"]["terms"]
    check = {"id": new_id("check"), "agreement": agreement["id"], "term": term["id"], "outcome": "PERFORMED"}
    await done(deputy, "checkPerformance", **check, note="银行流水与工资表核对一致")
    assert (await deputy.ask(DISPUTE, id=case["dispute"])).data["dispute"]["status"] == "PERFORMED"
    (site,) = (await deputy.ask(SITES)).data["sites"]["nodes"]
    assert site["openDisputes"] == {"totalCount": 0}


@pytest.mark.long
async def test_7_a_child_s_wish_is_claimed_and_fulfilled_and_everybody_sees_it(town: Town) -> None:
    worker, secretary = await town.comes(WORKER), await town.comes(SECRETARY)
    home, *_ = await homes(worker, 5)
    await moved_in(worker, home, "小满")
    door = await town.page(f"/q/{await code(worker, household=home)}")
    receipt = await door.send(body="小满想要一张书桌", kind="WISH")
    (wish,) = (await secretary.ask("{ wishes { nodes { id } } }")).data["wishes"]["nodes"]
    given = {"wish": wish["id"]}
    named = {**given, "publishedText": "小满想要一张书桌"}
    assert await secretary.refused("publishWish", named) == "INVALID_INPUT"
    await done(secretary, "publishWish", **given, publishedText="一名小学生想要一张书桌")
    wall = next(link for link in receipt.links if link.startswith("/wishes"))
    await done(worker, "claimWish", **given, volunteerName="李热心", volunteerPhone="13900000006")
    await done(worker, "noteWishProgress", **given, note="书桌买好了，周六送到")
    await done(worker, "fulfilWish", **given, note="书桌送到了")
    shown = await town.page(wall)
    for said in ("一名小学生想要一张书桌", "书桌送到了"):
        assert said in shown.text
    assert "小满" not in shown.html
    assert "书桌送到了" in (await town.page(receipt.path)).text


@pytest.mark.long
async def test_8_each_number_of_this_week_s_analysis_leads_to_its_cases(town: Town) -> None:
    worker, secretary = await town.comes(WORKER), await town.comes(SECRETARY)
    home = (await homes(worker, 1))[-1]
    resident = await moved_in(worker, home, "孙大娘")
    met: dict[str, Any] = {"household": home, "mode": "HOME_VISIT", "residents": [resident], "occurredAt": now(town)}
    appeal = {"id": new_id("appeal"), "household": home, "body": "楼道灯不亮"}
    await done(worker, "recordVisit", id=new_id("visit"), **met)
    await done(worker, "openAppeal", **appeal)
    found = await analysis(secretary, f"week {COUNTED}", None)
    year, week, _ = town.clock().astimezone(ZONE).isocalendar()
    assert found["week"] == f"{year}-W{week:02}"
    counted = numbers(found)
    assert counted["visits"] >= 1
    assert counted["appealsOpened"] >= 1
    behind = {name: await cases(secretary, name, found["week"]) for name in counted}
    assert {name: len(set(ids)) for name, ids in behind.items()} == counted
    assert appeal["id"] in behind["appealsOpened"]


def now(town: Town, minutes: float = 0) -> str:
    """The time by the town's clock, or so many minutes from it."""
    return (town.clock() + timedelta(minutes=minutes)).isoformat()
