"""Parties who turn out to be somebody else, and speakers who are named after an agreement."""

from collections.abc import AsyncIterator

import pytest

from tests.client import Clock, Tunping, new_id, serving
from tests.test_dispute_corrections import NOW, homes, seen
from tests.test_exports import export, sheets
from tests.test_mediation import does, quarrel


@pytest.fixture
async def studio(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, at a moment that stands still."""
    async with serving(copy_url, Clock(NOW), token_seconds=10**8) as client:
        yield client


async def test_the_consent_of_another_person_does_not_stand(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, (home, other) = await quarrel(studio)
    (_, right), query = (
        await homes(studio),
        "query($id: ID!) { dispute(id: $id) { status parties { id consent claim } } }",
    )

    async def parties() -> tuple[str, dict[str, tuple[str, str | None]]]:
        found = (await leader.ask(query, id=dispute)).data["dispute"]
        return found["status"], {each["id"]: (each["consent"], each["claim"]) for each in found["parties"]}

    await does(leader, "noteClaim", dispute, party=home, claim="赔偿损失")
    await does(leader, "noteConsent", dispute, party=home, consent="GIVEN")
    await does(leader, "noteConsent", dispute, party=other, consent="REFUSED")
    await does(leader, "correctParty", dispute, party=other, outsiderName="楼上张家", reason="写错字")
    assert await parties() == ("REFUSED", {home: ("GIVEN", "赔偿损失"), other: ("REFUSED", None)})
    await does(leader, "correctParty", dispute, party=home, household=right["id"], reason="门牌写错")
    assert await parties() == ("REFUSED", {home: ("PENDING", "赔偿损失"), other: ("REFUSED", None)})
    resident = right["head"]["id"]
    await does(leader, "correctParty", dispute, party=other, resident=resident, reason="登记错人")
    assert await parties() == ("REPORTED", {home: ("PENDING", "赔偿损失"), other: ("PENDING", None)})
    case = await seen(leader, dispute)
    told = [each["note"].split("\n")[-1] for each in case["timeline"]["nodes"] if each["kind"] == "PARTY_CORRECTED"]
    assert sorted(told) == sorted(
        ["原因：写错字", "原当事人「同意调解」，须重新征求意愿", "原当事人「拒绝调解」，须重新征求意愿"]
    )


async def test_a_person_who_is_found_on_the_register_has_answered_already(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    (_, right) = await homes(studio)
    dispute, (_, other) = await quarrel(studio)
    await does(leader, "correctParty", dispute, party=other, outsiderName=right["head"]["name"], reason="问到了姓名")
    await does(leader, "noteConsent", dispute, party=other, consent="GIVEN")
    await does(leader, "correctParty", dispute, party=other, resident=right["head"]["id"], reason="登记中有此人")
    consents = {each["id"]: each["consent"] for each in (await seen(leader, dispute))["parties"]}
    assert consents[other] == "GIVEN"


async def test_a_speaker_is_named_also_after_an_agreement_and_nothing_else_is(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, (home, other) = await quarrel(studio)
    for party in (home, other):
        await does(leader, "noteConsent", dispute, party=party, consent="GIVEN")
    await does(leader, "beginMediation", dispute)
    agreed = {"id": new_id("agreement"), "form": "ORAL", "content": "修好水管，赔偿一千元。"}
    await does(leader, "recordAgreement", dispute, **agreed)
    await does(
        leader, "correctParty", dispute, party=home, speakerName="王小明", speakerPhone="139", reason="漏写代表人"
    )
    await does(leader, "correctParty", dispute, party=home, speakerName="王晓明", speakerPhone="139", reason="写错字")
    case = await seen(leader, dispute)
    (party,) = [each for each in case["parties"] if each["id"] == home]
    assert (party["speakerName"], party["phone"], party["consent"], case["status"]) == (
        "王晓明",
        "139",
        "GIVEN",
        "AGREED",
    )
    offered = (await leader.ask("query($id: ID!) { dispute(id: $id) { allowedActions } }", id=dispute)).data["dispute"]
    assert {"CORRECT_PARTIES", "CORRECT"} & {*offered["allowedActions"]} == {"CORRECT_PARTIES"}
    told = [each["note"] for each in case["timeline"]["nodes"] if each["kind"] == "PARTY_CORRECTED"]
    assert ["原因：写错字" in told[-1] or "原因：写错字" in told[0], len(told)] == [True, 2]
    step = {"dispute": dispute, "party": home, "reason": "再改"}
    for more in ({"role": "RESPONDENT"}, {"speakerName": "张三", "role": "RESPONDENT"}):
        assert await leader.refused("correctParty", {**step, **more}) == "WRONG_STATE"
    assert await leader.refused("correctParty", {**step, "party": other, "outsiderName": "张家"}) == "WRONG_STATE"


async def test_the_exported_cases_name_the_speakers(studio: Tunping) -> None:
    leader, secretary = await studio.as_("网格长01"), await studio.as_("书记01")
    dispute, (home, _) = await quarrel(studio)
    await does(leader, "correctParty", dispute, party=home, speakerName="王小明", reason="漏写代表人")
    name = next(each["name"] for each in (await seen(leader, dispute))["parties"] if each["id"] == home)
    rows = sheets(await export(secretary, "disputes.xlsx", first="2024-01-08", last="2024-01-08"))["纠纷"]
    (row,) = [row for row in rows if row[0] == dispute]
    assert sorted(row[rows[0].index("当事人")].split("、")) == sorted([f"{name}（代表人：王小明）", "楼上邻居"])
