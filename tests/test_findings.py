"""A leak over many homes: findings, losses, photos, claims and consents, home by home; evidence that cannot change."""

import asyncio
from hashlib import sha256
from typing import Any

import pytest

from api.http.pictures import picture_of
from tests.client import Tunping, new_id
from tests.test_photos import digest, jpeg, put

WORKSPACE = """query($id: ID!) { dispute(id: $id) { status evidenceHead workspace { findingCount photoCount lossTotal
    claimTotal withoutConsent { id } byParty { party { id } claimAmount findingCount photoCount lossTotal
    findings { id place loss amount photos { width } } } }
    evidence(first: 100) { totalCount nodes { number kind sha256 previous hash statement } }
    timeline(first: 100) { nodes { kind note } } } }"""


async def leak(client: Tunping, homes: int = 3, **consent: str) -> tuple[str, list[str]]:
    """A leak into homes of grid 01; the dispute and the homes' parties."""
    worker = await client.as_("网格员01")
    found = (await worker.ask(f"{{ households(first: {homes}) {{ nodes {{ id }} }} }}")).data["households"]["nodes"]
    given = {"consent": "GIVEN"} | consent
    parties = [{"role": "APPLICANT", "household": home["id"], **given} for home in found]
    new = {"id": new_id("dispute"), "type": "DAMAGES", "title": "漏水", "facts": "水管爆裂", "parties": parties}
    made = await worker.do("openDispute", new, "dispute { parties { id } }")
    assert made["errors"] == []
    return str(new["id"]), [party["id"] for party in made["dispute"]["parties"]]


def finding(dispute: str, party: str, **change: Any) -> dict[str, Any]:
    """A loss."""
    said = {"place": "客厅顶棚", "loss": "石膏板塌落", "amount": "1200.50"}
    return {"id": new_id("finding"), "dispute": dispute, "party": party, **said, **change}


async def seen(who: Tunping, dispute: str) -> Any:
    """The case."""
    return (await who.ask(WORKSPACE, id=dispute)).data["dispute"]


async def test_losses_photos_claims_and_consents_add_up_home_by_home(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    dispute, (first, second, third) = await leak(tunping, consent="PENDING")
    for colour in ("navy", "teal"):
        assert (await put(worker, jpeg(colour))).status_code == 201
    photos = [digest(jpeg(colour)) for colour in ("navy", "teal")]
    for given in (
        finding(dispute, first, photos=photos),
        finding(dispute, first, place="地板", amount="99.50"),
        finding(dispute, second, amount=None),
    ):
        assert (await worker.do("recordFinding", given))["errors"] == []
    claim = {"dispute": dispute, "party": first, "claim": "赔偿顶棚和地板", "claimAmount": "1300.00"}
    assert (await worker.do("noteClaim", claim))["errors"] == []
    assert (await worker.do("noteConsent", {"dispute": dispute, "party": second, "consent": "GIVEN"}))["errors"] == []
    case = await seen(await tunping.as_("网格长01"), dispute)
    work = case["workspace"]
    assert (work["findingCount"], work["photoCount"], work["lossTotal"], work["claimTotal"]) == (
        3,
        2,
        "1300.00",
        "1300.00",
    )
    assert [each["id"] for each in work["withoutConsent"]] == [first, third]
    rows = {each["party"]["id"]: each for each in work["byParty"]}
    assert [rows[party]["lossTotal"] for party in (first, second, third)] == ["1300.00", "0.00", "0.00"]
    assert [rows[party]["findingCount"] for party in (first, second, third)] == [2, 1, 0]
    assert [len(each["photos"]) for each in rows[first]["findings"]] == [2, 0]
    assert [each["kind"] for each in case["evidence"]["nodes"]] == ["FINDING", "PHOTO", "PHOTO", "FINDING", "FINDING"]


async def test_a_home_that_turns_out_to_be_harmed_joins_and_a_party_that_refuses_ends_it(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    dispute, _ = await leak(tunping, 2)
    company = {"role": "RESPONDENT", "outsiderName": "安顺物业", "consent": "GIVEN"}
    joined: dict[str, Any] = {"id": new_id("party"), "dispute": dispute, "party": company}
    wanted = "dispute { status parties { id name } }"
    twice = [await worker.do("addParty", joined, wanted) for _ in range(2)]
    assert twice[0] == twice[1]
    assert twice[0]["dispute"]["parties"][-1] == {"id": joined["id"], "name": "安顺物业"}
    given = finding(dispute, joined["id"], place="管道井", loss="入户阀门锈断")
    assert (await worker.do("recordFinding", given))["errors"] == []
    refusing = {"id": new_id("party"), "dispute": dispute, "party": company | {"consent": "REFUSED"}}
    assert (await worker.do("addParty", refusing, wanted))["dispute"]["status"] == "REFUSED"
    assert await worker.refused("recordFinding", finding(dispute, joined["id"])) == "WRONG_STATE"


async def test_a_finding_is_corrected_or_withdrawn_but_what_it_said_stays(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    dispute, (party, *_) = await leak(tunping, 2)
    wrong, right = finding(dispute, party), finding(dispute, party, amount="200.00")
    await worker.do("recordFinding", wrong)
    assert (await worker.do("recordFinding", right | {"corrects": wrong["id"]}))["errors"] == []
    assert (await seen(worker, dispute))["workspace"]["lossTotal"] == "200.00"
    again = finding(dispute, party, corrects=wrong["id"])
    assert await worker.refused("recordFinding", again) == "INVALID_INPUT"
    taken_back = {"finding": right["id"], "reason": "不是这一户", "act": new_id("act")}
    for _ in range(2):
        assert (await worker.do("withdrawFinding", taken_back))["errors"] == []
    case = await seen(worker, dispute)
    assert (case["workspace"]["findingCount"], case["workspace"]["lossTotal"]) == (0, "0.00")
    assert case["evidence"]["totalCount"] == 2
    query = """query($id: ID!) { dispute(id: $id) { findings { nodes { id amount withdrawnReason
        withdrawnBy { username } corrects { id } } } } }"""
    kept = (await worker.ask(query, id=dispute)).data["dispute"]["findings"]["nodes"]
    assert sorted(kept, key=lambda each: each["amount"]) == [
        {
            "id": wrong["id"],
            "amount": "1200.50",
            "withdrawnReason": "更正",
            "withdrawnBy": {"username": "网格员01"},
            "corrects": None,
        },
        {
            "id": right["id"],
            "amount": "200.00",
            "withdrawnReason": "不是这一户",
            "withdrawnBy": {"username": "网格员01"},
            "corrects": {"id": wrong["id"]},
        },
    ]


async def test_evidence_is_chained_and_anybody_can_compute_it(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    dispute, _ = await leak(tunping, 2)
    await put(worker, jpeg("olive"))
    stated = {"id": new_id("evidence"), "dispute": dispute, "statement": "阀门是我关的", "note": "楼上住户"}
    shown = {"id": new_id("evidence"), "dispute": dispute, "photo": digest(jpeg("olive"))}
    for given in (stated, stated, shown):
        assert (await worker.do("addEvidence", given))["errors"] == []
    assert await worker.refused("addEvidence", stated | {"note": "另一个人"}) == "CONFLICT"
    case = await seen(worker, dispute)
    one, two = case["evidence"]["nodes"]
    assert one["sha256"] == sha256("阀门是我关的".encode()).hexdigest()
    assert two["sha256"] == sha256(picture_of(jpeg("olive")).whole).hexdigest()
    assert (one["previous"], two["previous"], case["evidenceHead"]) == ("0" * 64, one["hash"], two["hash"])
    told = [each["note"] for each in case["timeline"]["nodes"] if each["kind"] == "EVIDENCE_ADDED"]
    assert sorted(told) == [f"第1号 {one['hash']}", f"第2号 {two['hash']}"]


@pytest.mark.long
async def test_bad_findings_and_evidence_are_refused_by_name_and_leave_nothing(tunping: Tunping) -> None:
    worker, head = await tunping.as_("网格员01"), await tunping.as_("联户长03")
    dispute, (party, *_) = await leak(tunping, 2)
    other, (stranger, *_) = await leak(tunping, 2)
    before = [await tunping.count(table) for table in ("finding", "evidence", "journal", "photo")]
    bad: list[tuple[str, dict[str, Any], str, list[str]]] = [
        ("recordFinding", finding(dispute, stranger), "NOT_FOUND", ["party"]),
        ("recordFinding", finding(dispute, party, place=" "), "INVALID_INPUT", ["place"]),
        ("recordFinding", finding(dispute, party, amount="-1"), "INVALID_INPUT", ["amount"]),
        ("recordFinding", finding(dispute, party, amount="1.001"), "INVALID_INPUT", ["amount"]),
        ("recordFinding", finding(dispute, party, foundAt="2999-01-01T00:00:00Z"), "IN_FUTURE", ["foundAt"]),
        ("recordFinding", finding(dispute, party, photos=["0" * 64]), "NOT_FOUND", ["photos", "0"]),
        ("recordFinding", finding(dispute, party, photos=["zz"]), "INVALID_INPUT", ["photos", "0"]),
        ("recordFinding", finding(dispute, party, corrects=new_id("finding")), "NOT_FOUND", ["corrects"]),
        ("withdrawFinding", {"finding": new_id("finding"), "reason": "错"}, "NOT_FOUND", ["finding"]),
        ("noteClaim", {"dispute": dispute, "party": stranger, "claim": "赔"}, "NOT_FOUND", ["party"]),
        ("addEvidence", {"id": new_id("evidence"), "dispute": dispute}, "INVALID_INPUT", ["statement"]),
        ("addEvidence", {"id": new_id("evidence"), "dispute": dispute, "photo": "0" * 64}, "NOT_FOUND", ["photo"]),
        (
            "addEvidence",
            {"id": new_id("evidence"), "dispute": dispute, "photo": "0" * 64, "statement": "两样"},
            "INVALID_INPUT",
            ["statement"],
        ),
        (
            "addParty",
            {"id": new_id("party"), "dispute": dispute, "party": {"role": "APPLICANT"}},
            "INVALID_INPUT",
            ["party"],
        ),
    ]
    for mutation, given, code, path in bad:
        (problem,) = (await worker.do(mutation, given))["errors"]
        assert (problem["code"], problem["path"]) == (code, path), mutation
    assert await head.refused("recordFinding", finding(other, stranger)) == "NOT_ALLOWED"
    assert before == [await tunping.count(table) for table in ("finding", "evidence", "journal", "photo")]


@pytest.mark.long
async def test_ten_workers_at_once_make_one_chain(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    dispute, (party, *_) = await leak(tunping, 2)
    given = [finding(dispute, party, place=f"房间{number}") for number in range(10)]
    answers = await asyncio.gather(*(worker.do("recordFinding", each) for each in given))
    assert [each["errors"] for each in answers] == [[]] * 10
    pieces = (await seen(worker, dispute))["evidence"]["nodes"]
    assert [each["number"] for each in pieces] == list(range(1, 11))
    assert [each["previous"] for each in pieces[1:]] == [each["hash"] for each in pieces[:-1]]


async def test_photos_of_a_case_are_seen_by_who_sees_the_case(tunping: Tunping) -> None:
    worker, other = await tunping.as_("网格员01"), await tunping.as_("网格员05")
    dispute, (party, *_) = await leak(tunping, 2)
    await put(worker, jpeg("gold"))
    given = finding(dispute, party, photos=[digest(jpeg("gold"))])
    made = await worker.do("recordFinding", given, "finding { photos { id url } }")
    (photo,) = made["finding"]["photos"]
    assert (await worker.http.get(photo["url"])).status_code == 200
    query = "query($id: ID!) { node(id: $id) { __typename } }"
    assert (await worker.ask(query, id=photo["id"])).data == {"node": {"__typename": "Photo"}}
    assert (await other.ask(query, id=photo["id"])).data == {"node": None}
