"""The dispute resolution centre's system: its credentials, what exists for it, and that each look is on record."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from db.acts import clients
from tests.client import Clock, Tunping, listening, new_id, phone, serving, subscribed
from tests.test_photos import digest, jpeg, put

CASE = """query TheCase($id: ID!) { dispute(id: $id) { id title facts parties { name phone address } allowedActions
    timeline { nodes { kind } } } }"""


async def credentials(tunping: Tunping, name: str | None = None) -> clients.Credentials:
    """The centre's own, as the command line makes them."""
    name = name or new_id("system")
    return await tunping.transact(lambda tx: clients.add_client(tx, name, "调解员01"))


async def sign_in(tunping: Tunping, made: clients.Credentials, **change: str) -> Any:
    """By the client's credentials."""
    form = {"grant_type": "client_credentials", "client_id": f"client_{made.client}", "client_secret": made.secret}
    return await tunping.http.post("/auth/token", data=form | change)


async def as_system(tunping: Tunping, made: clients.Credentials) -> Tunping:
    """The centre's system."""
    token = (await sign_in(tunping, made)).json()["access_token"]
    return Tunping(tunping.app, tunping.http, token)


async def a_case(tunping: Tunping) -> tuple[str, list[str]]:
    """A dispute at the mediation studio to which both parties have agreed; its id and theirs."""
    worker, staff = await tunping.as_("网格员01"), await tunping.as_("社区01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    parties = [
        {"role": "APPLICANT", "household": home, "consent": "GIVEN"},
        {"role": "RESPONDENT", "outsiderName": "楼上的邻居", "outsiderPhone": "13900000000", "consent": "GIVEN"},
    ]
    dispute: dict[str, Any] = {
        "id": new_id("dispute"),
        "type": "NEIGHBOUR",
        "title": "卫生间漏水",
        "facts": "楼上漏水，泡了家具",
        "parties": parties,
    }
    made = await worker.do("openDispute", dispute, "dispute { parties { id } }")
    assert made["errors"] == []
    raised = await staff.do("raiseDispute", {"dispute": dispute["id"], "reason": "两家谈不拢"})
    assert raised["errors"] == []
    return dispute["id"], [party["id"] for party in made["dispute"]["parties"]]


async def refer(tunping: Tunping, dispute: str, parties: list[str], level: str = "COMMUNITY") -> str:
    """Sends a case to the centre; the referral's id."""
    staff = await tunping.as_("社区01")
    bodies = (await staff.ask("{ organisations(first: 50) { nodes { id kind } } }")).data["organisations"]["nodes"]
    centre = next(body["id"] for body in bodies if body["kind"] == "DISPUTE_CENTRE")
    referral = {
        "id": new_id("referral"),
        "dispute": dispute,
        "organisation": centre,
        "reason": "社区调解不成",
        "consents": parties,
    }
    sent = await staff.do("referDispute", referral, "dispute { level allowedActions }")
    assert (sent["errors"], sent["dispute"]["level"]) == ([], level)
    assert "RECALL" in sent["dispute"]["allowedActions"]
    return str(referral["id"])


async def test_a_system_signs_in_with_its_own_credentials_and_gets_no_refresh_token(tunping: Tunping) -> None:
    made = await credentials(tunping)
    answer = await sign_in(tunping, made)
    assert answer.status_code == 200
    assert sorted(answer.json()) == ["access_token", "expires_in", "token_type"]
    basic = base64.b64encode(f"client_{made.client}:{made.secret}".encode()).decode()
    by_header = await tunping.http.post(
        "/auth/token", data={"grant_type": "client_credentials"}, headers={"authorization": f"Basic {basic}"}
    )
    assert by_header.status_code == 200
    me = (await (await as_system(tunping, made)).ask("{ me { username role } }")).data["me"]
    assert me == {"username": "调解员01", "role": "CENTRE_MEDIATOR"}


@pytest.mark.parametrize(
    "change",
    [{"client_secret": "wrong"}, {"client_id": "client_00000000-0000-7000-8000-000000000000"}, {"client_id": "x"}],
)
async def test_wrong_credentials_tell_nothing(tunping: Tunping, change: dict[str, str]) -> None:
    answer = await sign_in(tunping, await credentials(tunping), **change)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


async def test_a_disabled_system_or_account_signs_in_no_more(tunping: Tunping) -> None:
    made, other = await credentials(tunping, "一个系统"), await credentials(tunping, "另一个系统")
    await tunping.transact(lambda tx: clients.disable_client(tx, "一个系统"))
    assert (await sign_in(tunping, made)).status_code == 401
    disable = "update account set disabled_at = {} where username = '调解员01'"
    await tunping.app.state.owner.execute(disable.format("now()"))
    assert (await sign_in(tunping, other)).status_code == 401
    await tunping.app.state.owner.execute(disable.format("null"))
    assert (await sign_in(tunping, other)).status_code == 200


async def test_a_case_that_was_not_referred_does_not_exist_for_the_centre(tunping: Tunping) -> None:
    system = await as_system(tunping, await credentials(tunping))
    dispute, parties = await a_case(tunping)
    everything = "{ disputes { totalCount } referrals { totalCount } residents { totalCount } appeals { totalCount } }"
    names = ("disputes", "referrals", "residents", "appeals")
    before = [(await system.ask(everything)).data[name]["totalCount"] for name in names]
    assert (await system.ask(CASE, id=dispute)).data == {"dispute": None}
    missing = new_id("dispute")
    for name, more in (("acceptReferral", {}), ("recordMeeting", MEETING), ("noteConsent", CONSENT)):
        hidden = await system.refused(name, {"dispute": dispute, **more})
        assert hidden == await system.refused(name, {"dispute": missing, **more}) == "NOT_FOUND"
    await refer(tunping, dispute, parties)
    seen = (await system.ask(CASE, id=dispute)).data["dispute"]
    assert seen["parties"][1] == {"name": "楼上的邻居", "phone": "13900000000", "address": None}
    assert seen["allowedActions"][:2] == ["CONSENT", "TAKE_ON"]
    after = (await system.ask(everything)).data
    assert [after[name]["totalCount"] for name in names] == [before[0] + 1, before[1] + 1, 0, 0]


async def test_a_case_that_was_referred_to_another_centre_does_not_exist_for_this_one(tunping: Tunping) -> None:
    system = await as_system(tunping, await credentials(tunping))
    dispute, parties = await a_case(tunping)
    referral = await refer(tunping, dispute, parties)
    elsewhere = """with other as (insert into organisation (community_id, kind, name)
        select community_id, kind, $1 from organisation where kind = 'DISPUTE_CENTRE' limit 1 returning id)
        update referral set organisation_id = other.id from other where referral.id = $2"""
    await tunping.app.state.owner.execute(elsewhere, new_id("另一中心"), referral.removeprefix("referral_"))
    assert (await system.ask(CASE, id=dispute)).data == {"dispute": None}
    assert await system.refused("acceptReferral", {"dispute": dispute}) == "NOT_FOUND"


async def test_the_parties_consent_to_the_referral_is_on_record(tunping: Tunping) -> None:
    staff = await tunping.as_("社区01")
    dispute, parties = await a_case(tunping)
    asked = "query($id: ID!) { dispute(id: $id) { parties { consentedToReferralAt } } }"
    before = (await staff.ask(asked, id=dispute)).data["dispute"]["parties"]
    await refer(tunping, dispute, parties)
    after = (await staff.ask(asked, id=dispute)).data["dispute"]["parties"]
    assert [each["consentedToReferralAt"] is None for each in before] == [True, True]
    assert [each["consentedToReferralAt"] is None for each in after] == [False, False]


@pytest.mark.long
async def test_the_centre_sees_the_evidence_of_its_cases_and_adds_to_it(tunping: Tunping) -> None:
    system, worker = await as_system(tunping, await credentials(tunping)), await tunping.as_("网格员01")
    dispute, parties = await a_case(tunping)
    assert (await put(worker, jpeg("indigo"))).status_code in {200, 201}
    found = {"id": new_id("finding"), "dispute": dispute, "party": parties[0], "place": "顶棚", "loss": "渗水"}
    photo = await worker.do("recordFinding", found | {"photos": [digest(jpeg("indigo"))]}, "finding { photos { id } }")
    node = "query($id: ID!) { node(id: $id) { __typename } }"
    (uuid,) = (each["id"] for each in photo["finding"]["photos"])
    assert (await system.ask(node, id=uuid)).data == {"node": None}
    await refer(tunping, dispute, parties)
    assert (await system.ask(node, id=uuid)).data == {"node": {"__typename": "Photo"}}
    stated = {"id": new_id("evidence"), "dispute": dispute, "statement": "现场看见渗水"}
    assert (await system.do("addEvidence", stated, "evidence { number }"))["evidence"] == {"number": 3}
    asked = "query($id: ID!) { dispute(id: $id) { evidence { nodes { kind sha256 } } } }"
    seen = (await system.ask(asked, id=dispute)).data["dispute"]["evidence"]["nodes"]
    assert [each["kind"] for each in seen] == ["FINDING", "PHOTO", "STATEMENT"]


MEETING = {"id": new_id("meeting"), "place": "中心", "minutes": "……", "parties": []}
CONSENT = {"party": new_id("party"), "consent": "GIVEN"}


async def test_what_the_centre_sends_back_is_gone_for_it(tunping: Tunping) -> None:
    system = await as_system(tunping, await credentials(tunping))
    dispute, parties = await a_case(tunping)
    await refer(tunping, dispute, parties)
    sent_back = await system.do("rejectReferral", {"dispute": dispute, "reason": "不属受理范围"}, "dispute { id }")
    assert sent_back == {"dispute": None, "errors": []}
    assert (await system.ask(CASE, id=dispute)).data == {"dispute": None}
    mine = (await system.ask("{ referrals(first: 1) { nodes { status answer dispute { id } } } }")).data
    assert mine["referrals"]["nodes"] == [{"status": "REJECTED", "answer": "不属受理范围", "dispute": None}]
    await refer(tunping, dispute, parties)
    assert (await system.ask(CASE, id=dispute)).data["dispute"]["id"] == dispute


async def test_every_look_from_outside_is_on_record_and_looks_at_nothing_are_not(tunping: Tunping) -> None:
    system = await as_system(tunping, await credentials(tunping))
    first, second = await a_case(tunping), await a_case(tunping)
    for dispute, parties in (first, second):
        await refer(tunping, dispute, parties)
    await system.ask(CASE, id=first[0])
    await system.ask(CASE, id=new_id("dispute"))
    await system.ask("{ me { name } organisations { totalCount } }")
    await system.ask("{ disputes { nodes { parties { name phone } } } }")
    secretary = await tunping.as_("书记01")
    looks = "query($id: ID!) { dispute(id: $id) { accessRecords { nodes { operation account { username } } } } }"
    seen = [
        (await secretary.ask(looks, id=case)).data["dispute"]["accessRecords"]["nodes"] for case, _ in (first, second)
    ]
    listing = {"operation": "disputes", "account": {"username": "调解员01"}}
    assert seen[0] == [listing, {"operation": "TheCase", "account": {"username": "调解员01"}}]
    assert seen[1] == [listing]
    await secretary.ask(CASE, id=second[0])
    assert (await secretary.ask(looks, id=second[0])).data["dispute"]["accessRecords"]["nodes"] == [listing]
    hidden = (await system.ask("{ disputes { nodes { accessRecords { totalCount } } } }")).data["disputes"]["nodes"]
    assert {"accessRecords": {"totalCount": 0}} in hidden
    assert all(each == hidden[0] for each in hidden)


HIDING = [
    "{{ disputes {{ nodes {{ parties {{ name }} }} }} }} # {other}",
    """query($p: ID!) {{ node(id: $p) {{ ... on DisputeParty {{ name }} }} x: dispute(id: "{other}") {{ id }} }}""",
    """query($p: ID!) {{ nodes(ids: [$p, "{other}"]) {{ id ... on DisputeParty {{ name }} }} }}""",
    """{{ disputes {{ nodes {{ id: title }} edges {{ node {{ parties {{ name }} }} }} }} }} # {other}""",
    """mutation($d: ID!, $p: ID!) {{ noteClaim(input: {{ dispute: $d, party: $p, claim: "赔偿 {other}" }}) {{
        dispute {{ parties {{ name }} }} errors {{ code }} }} }}""",
]


@pytest.mark.parametrize("asked", HIDING)
async def test_a_look_is_on_record_whatever_else_the_operation_names(tunping: Tunping, asked: str) -> None:
    system, secretary = await as_system(tunping, await credentials(tunping)), await tunping.as_("书记01")
    dispute, parties = await a_case(tunping)
    await refer(tunping, dispute, parties)
    given = {"d": dispute, "p": parties[1]}
    used = {name: value for name, value in given.items() if f"${name}:" in asked}
    assert "楼上的邻居" in str(await system.ask(asked.format(other=new_id("dispute")), **used))
    looks = "query($id: ID!) { dispute(id: $id) { accessRecords { totalCount } } }"
    assert (await secretary.ask(looks, id=dispute)).data["dispute"]["accessRecords"]["totalCount"] == 1


async def test_of_a_page_of_cases_those_that_it_shows_are_on_record(tunping: Tunping) -> None:
    system, secretary = await as_system(tunping, await credentials(tunping)), await tunping.as_("书记01")
    first, second = await a_case(tunping), await a_case(tunping)
    for dispute, parties in (first, second):
        await refer(tunping, dispute, parties)
    shown = (await system.ask("{ x: disputes(first: 1) { nodes { id title } } }")).data["x"]["nodes"][0]["id"]
    sent = "{ referrals(first: 1) { edges { node { dispute { id title } } } } }"
    (told,) = (await system.ask(sent)).data["referrals"]["edges"]
    looks = "query($id: ID!) { dispute(id: $id) { accessRecords { totalCount } } }"
    counts = [
        (await secretary.ask(looks, id=case)).data["dispute"]["accessRecords"]["totalCount"]
        for case, _ in (first, second)
    ]
    expected = [shown, told["node"]["dispute"]["id"]]
    assert counts == [expected.count(case) for case, _ in (first, second)]


@pytest.mark.long
async def test_the_centre_hears_of_its_cases_alone_and_resumes_at_any_cursor(copy_url: str) -> None:
    async with listening(copy_url) as tunping:
        system = await as_system(tunping, await credentials(tunping))
        query = """subscription($after: Cursor) { disputeChanged(after: $after) { cursor kind
            dispute { id title } } }"""
        async with phone(system) as feed:
            await feed.subscribe(query)
            await subscribed(tunping)
            hidden, _ = await a_case(tunping)
            dispute, parties = await a_case(tunping)
            await refer(tunping, dispute, parties)
            told = {"kind": "", "cursor": ""}
            while told["kind"] != "DISPUTE_REFERRED":  # what came before it may come too, once the case is theirs
                told = (await feed.receive())["payload"]["data"]["disputeChanged"]
                assert told["dispute"]["id"] == dispute
        await system.do("acceptReferral", {"dispute": dispute})
        async with phone(system) as feed:
            await feed.subscribe(query, after=told["cursor"])
            missed = (await feed.receive())["payload"]["data"]["disputeChanged"]
            assert (missed["kind"], missed["dispute"]["id"]) == ("REFERRAL_ACCEPTED", dispute)
        looks = "query($id: ID!) { dispute(id: $id) { accessRecords { nodes { operation } } } }"
        secretary = await tunping.as_("书记01")
        seen = (await secretary.ask(looks, id=dispute)).data["dispute"]["accessRecords"]["nodes"]
        assert {each["operation"] for each in seen} == {"subscription"}
        assert (await secretary.ask(looks, id=hidden)).data["dispute"]["accessRecords"]["nodes"] == []


@pytest.mark.long
async def test_the_centre_settles_the_case_and_reports_back(small_copy_url: str) -> None:
    clock = Clock()
    async with serving(small_copy_url, clock) as tunping:
        system = await as_system(tunping, await credentials(tunping))
        dispute, parties = await a_case(tunping)
        await refer(tunping, dispute, parties)
        staff = await tunping.as_("社区01")
        assert await system.refused("beginMediation", {"dispute": dispute}) == "WRONG_LEVEL"
        accepted = await system.do("acceptReferral", {"dispute": dispute}, "dispute { level mediator { username } }")
        assert accepted["dispute"] == {"level": "CENTRE", "mediator": {"username": "调解员01"}}
        assert await staff.refused("beginMediation", {"dispute": dispute}) == "WRONG_LEVEL"
        await system.do("beginMediation", {"dispute": dispute})
        visit = {"id": new_id("sitevisit"), "dispute": dispute, "place": "现场"}
        at = (clock() + timedelta(days=1)).isoformat()
        planned = await system.do("planSiteVisit", visit | {"at": at}, "siteVisit { place }")
        assert planned == {"siteVisit": {"place": "现场"}, "errors": []}
        agreement = {"id": new_id("agreement"), "dispute": dispute, "form": "ORAL", "content": "楼上修好防水"}
        assert (await system.do("recordAgreement", agreement))["errors"] == []
        done = await system.do("reportBack", {"dispute": dispute, "result": "已达成口头协议"}, "dispute { status }")
        assert done == {"dispute": {"status": "AGREED"}, "errors": []}
        told = (await staff.ask("{ referrals { nodes { status result dispute { status } } } }")).data["referrals"]
        assert told["nodes"][0] == {"status": "DONE", "result": "已达成口头协议", "dispute": {"status": "AGREED"}}
