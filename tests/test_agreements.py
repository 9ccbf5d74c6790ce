"""Agreements: oral in a minute, put into writing, marked by all, kept or broken, confirmed by a court in time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id, serving
from tests.test_mediation import quarrel

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
AGREEMENT = """query($id: ID!) { node(id: $id) { ... on Agreement { form content effectiveOn wroteAt
    marks { kindLabel party { id } } marksMissing { id } terms { what amount performedOn deadline { dueOn state } }
    confirmationDeadline { dueOn state why } notConfirmable confirmationResultLabel
    dispute { status closedAt } checks { outcomeLabel } } } }"""
WRITTEN = {"facts": "楼上水管漏水，责任在楼上", "performance": "三日内修好，当面验收"}


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def studio(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, at a moment that stands still."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def agreed(client: Tunping, dispute: str, **change: Any) -> str:
    """An agreement in this case, oral unless changed."""
    new = {"id": new_id("agreement"), "dispute": dispute, "form": "ORAL", "content": "楼上三日内修好", **change}
    made = await (await client.as_("网格长01")).do("recordAgreement", new, "agreement { content }")
    assert made == {"agreement": {"content": new["content"]}, "errors": []}
    return str(new["id"])


async def seen(who: Tunping, agreement: str) -> Any:
    """The agreement."""
    return (await who.ask(AGREEMENT, id=agreement)).data["node"]


async def does(who: Tunping, mutation: str, agreement: str, **given: Any) -> None:
    """An act that must succeed."""
    assert (await who.do(mutation, {"agreement": agreement, **given}))["errors"] == [], mutation


async def test_an_oral_agreement_put_into_writing_stays_in_force_from_the_day_it_was_reached(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, parties = await quarrel(studio)
    agreement = await agreed(studio, dispute, reachedAt="2024-01-05T17:00:00Z")
    assert (await seen(leader, agreement))["effectiveOn"] == "2024-01-06"
    mark = {"agreement": agreement, "on": "2024-01-08", "mediator": True}
    assert await leader.refused("markAgreement", mark) == "INVALID_INPUT"
    await does(leader, "writeAgreement", agreement, **WRITTEN)
    assert await leader.refused("writeAgreement", {"agreement": agreement, **WRITTEN}) == "INVALID_INPUT"
    found = await seen(leader, agreement)
    assert (found["form"], found["effectiveOn"], found["wroteAt"]) == (
        "WRITTEN",
        "2024-01-06",
        "2024-01-08T02:00:00.000Z",
    )
    await does(leader, "markAgreement", agreement, on="2024-01-08", party=parties[0])
    assert (await seen(leader, agreement))["effectiveOn"] == "2024-01-06"


async def test_a_written_one_is_in_force_once_all_parties_the_mediator_and_the_committee_marked_it(
    studio: Tunping,
) -> None:
    leader = await studio.as_("网格长01")
    dispute, (home, other) = await quarrel(studio)
    agreement = await agreed(studio, dispute, form="WRITTEN", **WRITTEN)
    found = await seen(leader, agreement)
    assert (found["effectiveOn"], found["confirmationDeadline"]) == (None, None)
    assert [each["id"] for each in found["marksMissing"]] == sorted([home, other])
    for given in ({}, {"party": home, "seal": True}, {"mediator": True, "seal": True}):
        bad = {"agreement": agreement, "on": "2024-01-08", **given}
        assert await leader.refused("markAgreement", bad) == "INVALID_INPUT"
    tomorrow = {"agreement": agreement, "on": "2024-01-09", "seal": True}
    assert await leader.refused("markAgreement", tomorrow) == "IN_FUTURE"
    await does(leader, "markAgreement", agreement, on="2024-01-06", party=home, kind="FINGERPRINT")
    assert await leader.refused("markAgreement", {"agreement": agreement, "on": "2024-01-06", "party": home}) == (
        "INVALID_INPUT"
    )
    await does(leader, "markAgreement", agreement, on="2024-01-08", seal=True)
    await does(leader, "markAgreement", agreement, on="2024-01-06", mediator=True)
    found = await seen(leader, agreement)
    assert (found["effectiveOn"], [each["id"] for each in found["marksMissing"]]) == (None, [other])
    await does(leader, "markAgreement", agreement, on="2024-01-07", party=other)
    found = await seen(leader, agreement)
    assert (found["effectiveOn"], found["marksMissing"]) == ("2024-01-08", [])
    assert {each["party"]["id"]: each["kindLabel"] for each in found["marks"]} == {home: "按指印", other: "签名"}
    assert found["confirmationDeadline"] == {
        "dueOn": "2024-02-07",
        "state": "ON_TIME",
        "why": "人民调解法第三十三条：自调解协议生效之日起三十日内，双方当事人可以共同向人民法院申请司法确认",
    }


async def test_marks_stand_so_the_day_of_effect_and_the_thirty_days_do_not_move(studio: Tunping, clock: Clock) -> None:
    leader = await studio.as_("网格长01")
    dispute, parties = await quarrel(studio)
    new = {"id": new_id("agreement"), "dispute": dispute, "form": "WRITTEN", "content": "修好", **WRITTEN}
    tomorrow = {"partiesSignedOn": "2024-01-08", "mediatorSignedOn": "2024-01-08", "sealedOn": "2024-01-09"}
    (problem,) = (await leader.do("recordAgreement", new | tomorrow))["errors"]
    assert (problem["code"], problem["path"]) == ("IN_FUTURE", ["sealedOn"])
    oral = {"id": new_id("agreement"), "dispute": dispute, "form": "ORAL", "content": "修好"}
    assert await leader.refused("recordAgreement", oral | {"sealedOn": "2024-01-08"}) == "INVALID_INPUT"
    agreement = await agreed(studio, dispute, form="WRITTEN", **WRITTEN, **tomorrow | {"sealedOn": "2024-01-08"})
    clock.turn(timedelta(days=20))
    leader = await studio.as_("网格长01")
    for mark in ({"mediator": True}, {"seal": True}, {"party": parties[0]}):
        (problem,) = (await leader.do("markAgreement", {"agreement": agreement, "on": "2024-01-28", **mark}))["errors"]
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", list(mark))
    found = await seen(leader, agreement)
    assert (found["effectiveOn"], found["confirmationDeadline"]["dueOn"]) == ("2024-01-08", "2024-02-07")


@pytest.mark.long
async def test_each_term_is_owed_by_somebody_by_a_day_and_followed_up(studio: Tunping, clock: Clock) -> None:
    worker = await studio.as_("网格员01")
    dispute, (_, other) = await quarrel(studio)
    terms = [
        {"party": other, "what": "修好水管", "dueOn": "2024-01-11"},
        {"party": other, "what": "赔偿", "dueOn": "2024-02-01", "amount": "800.00"},
    ]
    agreement = await agreed(studio, dispute, terms=terms)
    query = "query($id: ID!) { node(id: $id) { ... on Agreement { dueOn terms { id } } } }"
    found = (await worker.ask(query, id=agreement)).data["node"]
    assert found["dueOn"] == "2024-02-01"
    first, second = (each["id"] for each in found["terms"])
    clock.turn(timedelta(days=4))
    worker = await studio.as_("网格员01")
    assert [each["deadline"]["state"] for each in (await seen(worker, agreement))["terms"]] == ["OVERDUE", "ON_TIME"]
    await does(worker, "checkPerformance", agreement, id=new_id("check"), term=first, outcome="PERFORMED")
    assert (await seen(worker, agreement))["dispute"]["status"] == "AGREED"
    assert [each["deadline"]["state"] for each in (await seen(worker, agreement))["terms"]] == ["MET_LATE", "ON_TIME"]
    await does(worker, "checkPerformance", agreement, id=new_id("check"), term=second, outcome="BREACHED")
    assert (await seen(worker, agreement))["dispute"]["status"] == "BREACHED"
    await does(worker, "checkPerformance", agreement, id=new_id("check"), outcome="PERFORMED", note="都付清了")
    found = await seen(worker, agreement)
    assert found["dispute"]["status"] == "PERFORMED"
    assert sorted(each["outcomeLabel"] for each in found["checks"]) == ["已履行", "已履行", "未履行"]
    strange = {"agreement": agreement, "id": new_id("check"), "outcome": "PERFORMED"}
    assert await worker.refused("checkPerformance", strange) == "WRONG_STATE"


async def test_a_court_is_asked_within_thirty_days_of_effect(studio: Tunping, clock: Clock) -> None:
    leader = await studio.as_("网格长01")
    dispute, _ = await quarrel(studio)
    agreement = await agreed(studio, dispute)
    clock.turn(timedelta(days=31))
    leader = await studio.as_("网格长01")
    late = {"agreement": agreement, "appliedOn": "2024-02-08"}
    (problem,) = (await leader.do("noteConfirmation", late))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["appliedOn"])
    assert "2024-02-07" in problem["message"]
    assert await leader.refused("noteConfirmation", late | {"appliedOn": "2024-02-09"}) == "IN_FUTURE"
    clock.turn(timedelta(hours=15))
    leader = await studio.as_("网格长01")
    (problem,) = (await leader.do("noteConfirmation", late | {"appliedOn": "2024-02-09"}))["errors"]
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["appliedOn"]), "it is the ninth there already"
    ruled = {"appliedOn": "2024-02-07", "result": "CONFIRMED", "number": "(2024)兵0001司确1号"}
    await does(leader, "noteConfirmation", agreement, **ruled)
    found = await seen(leader, agreement)
    assert (found["confirmationResultLabel"], found["confirmationDeadline"]["state"]) == ("法院已确认", "MET")


async def test_marriage_matters_are_not_confirmed_and_labour_matters_should_be_written(
    studio: Tunping, clock: Clock
) -> None:
    leader = await studio.as_("网格长01")
    dispute, _ = await quarrel(studio, type="MARRIAGE_FAMILY")
    agreement = await agreed(studio, dispute)
    found = await seen(leader, agreement)
    assert (found["confirmationDeadline"], found["notConfirmable"]) == (
        None,
        "涉及婚姻、收养等身份关系的协议不能申请司法确认",
    )
    (problem,) = (await leader.do("noteConfirmation", {"agreement": agreement, "appliedOn": "2024-01-08"}))["errors"]
    assert "婚姻、收养" in problem["message"]
    wages, _ = await quarrel(studio, type="WAGE_ARREARS")
    query = "query($id: ID!) { dispute(id: $id) { shouldBeWritten arbitrationOpenFrom { dueOn state why } } }"
    found = (await leader.ask(query, id=wages)).data["dispute"]
    assert (found["shouldBeWritten"], found["arbitrationOpenFrom"]["dueOn"]) == (True, "2024-01-23")
    assert "十五日内未达成调解协议" in found["arbitrationOpenFrom"]["why"]
    clock.turn(timedelta(days=16))
    leader = await studio.as_("网格长01")
    assert (await leader.ask(query, id=wages)).data["dispute"]["arbitrationOpenFrom"]["state"] == "OVERDUE"


async def test_terms_of_a_stranger_or_without_sense_are_refused_and_nothing_is_settled(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, (home, _) = await quarrel(studio)
    _, (stranger, _) = await quarrel(studio)
    new = {"id": new_id("agreement"), "dispute": dispute, "form": "ORAL", "content": "修好"}
    term = {"party": home, "what": "修好", "dueOn": "2024-01-11"}
    for change, path in (
        ({"party": stranger}, ["terms", "0"]),
        ({"what": " "}, ["terms", "0", "what"]),
        ({"amount": "-5"}, ["terms", "0", "amount"]),
    ):
        (problem,) = (await leader.do("recordAgreement", {**new, "terms": [term | change]}))["errors"]
        assert problem["path"] == path
    query = "query($id: ID!) { dispute(id: $id) { status agreement { id } } }"
    assert (await leader.ask(query, id=dispute)).data["dispute"] == {"status": "REPORTED", "agreement": None}


async def test_a_retry_by_somebody_whose_post_has_ended_finds_nothing(studio: Tunping) -> None:
    leader, owner = await studio.as_("网格长01"), studio.app.state.owner
    dispute, _ = await quarrel(studio)
    agreement = await agreed(studio, dispute)
    given = {"agreement": agreement, "act": new_id("act"), **WRITTEN}
    assert (await leader.do("writeAgreement", given))["errors"] == []
    own = "from account v where v.id = a.account_id and v.username = '网格长01'"
    await owner.execute(f"update assignment a set ends_on = '2023-12-31' {own}")
    assert await leader.refused("writeAgreement", given) == "NOT_FOUND"
    await owner.execute(f"update assignment a set ends_on = null {own}")
    assert (await leader.do("writeAgreement", given))["errors"] == []
