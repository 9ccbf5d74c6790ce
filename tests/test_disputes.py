"""A dispute from the landing to the agreement."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2024, 1, 8, 2, tzinfo=UTC))


async def report(tunping: Tunping, **change: Any) -> tuple[str, dict[str, Any]]:
    """A worker reports a dispute between a resident and an outsider."""
    worker = await tunping.as_("网格员01")
    found = await worker.ask("{ residents(first: 1) { nodes { id } } }")
    dispute = {
        "id": new_id("dispute"),
        "type": "NEIGHBOUR",
        "title": "噪声",
        "facts": "夜间装修",
        "parties": [
            {"role": "APPLICANT", "resident": found.data["residents"]["nodes"][0]["id"], "consent": "GIVEN"},
            {"role": "RESPONDENT", "outsiderName": "施工队", "claim": "无"},
        ],
    } | change
    return dispute["id"], await worker.do("openDispute", dispute, "dispute { id status level allowedActions }")


def oral(dispute: str, **change: Any) -> dict[str, Any]:
    return {
        "id": new_id("agreement"),
        "dispute": dispute,
        "form": "ORAL",
        "content": "夜间十点后停工",
        "reachedAt": "2023-12-31T17:00:00Z",
    } | change


async def test_the_leader_settles_it_and_an_oral_agreement_is_in_force_that_day(tunping: Tunping) -> None:
    dispute, made = await report(tunping)
    offered = [*("CONSENT", "ADD_PARTIES", "STATE_CLAIM", "SURVEY", "GATHER_EVIDENCE", "WITHDRAW")]
    assert made["dispute"] == {"id": dispute, "status": "REPORTED", "level": "GRID", "allowedActions": offered}
    leader = await tunping.as_("网格长01")
    settled = await leader.do(
        "recordAgreement",
        oral(dispute),
        """agreement { form content effectiveOn recordedBy { username } }
        dispute { status mediator { username } parties { role subject { __typename } }
                  timeline { nodes { kind fromStatus toStatus } } }""",
    )
    # 17:00 UTC on the 31st is the first of January in Asia/Shanghai.
    assert settled == {
        "agreement": {
            "form": "ORAL",
            "content": "夜间十点后停工",
            "effectiveOn": "2024-01-01",
            "recordedBy": {"username": "网格长01"},
        },
        "dispute": {
            "status": "AGREED",
            "mediator": {"username": "网格长01"},
            "parties": [
                {"role": "APPLICANT", "subject": {"__typename": "Resident"}},
                {"role": "RESPONDENT", "subject": {"__typename": "UnregisteredParty"}},
            ],
            "timeline": {
                "nodes": [
                    {"kind": "DISPUTE_OPENED", "fromStatus": None, "toStatus": "REPORTED"},
                    {"kind": "AGREEMENT_RECORDED", "fromStatus": "REPORTED", "toStatus": "AGREED"},
                ]
            },
        },
        "errors": [],
    }


async def test_a_written_agreement_is_in_force_when_all_marks_are_there(tunping: Tunping) -> None:
    leader = await tunping.as_("网格长01")
    written = {"form": "WRITTEN", "facts": "责任在施工队", "performance": "三日内"}
    marks = {"partiesSignedOn": "2023-12-30", "mediatorSignedOn": "2023-12-31"}
    for seal, effective in (({}, None), ({"sealedOn": "2024-01-01"}, "2024-01-01")):
        dispute, _ = await report(tunping)
        made = await leader.do("recordAgreement", oral(dispute) | written | marks | seal, "agreement { effectiveOn }")
        assert made == {"agreement": {"effectiveOn": effective}, "errors": []}


async def test_a_written_agreement_without_what_the_law_asks_is_refused(tunping: Tunping) -> None:
    dispute, _ = await report(tunping)
    leader = await tunping.as_("网格长01")
    made = await leader.do("recordAgreement", oral(dispute, form="WRITTEN", facts="…"))
    assert made["errors"] == [
        {
            "code": "CONTENT_MISSING",
            "message": "请写明：履行方式和期限（人民调解法第二十九条）。",
            "path": ["performance"],
        }
    ]
    (unsaid,) = (await leader.do("recordAgreement", oral(dispute, content=" ")))["errors"]
    assert (unsaid["path"], unsaid["message"]) == (["content"], "请写明：协议内容（人民调解法第二十八条）。")


async def test_one_party_refuses_and_there_is_no_mediation(tunping: Tunping) -> None:
    parties = [
        {"role": "APPLICANT", "outsiderName": "甲", "consent": "GIVEN"},
        {"role": "RESPONDENT", "outsiderName": "乙", "consent": "REFUSED"},
    ]
    worker = await tunping.as_("网格员01")
    grid = (await worker.ask("{ me { assignments { grid { id } } } }")).data["me"]["assignments"][0]["grid"]["id"]
    dispute, made = await report(tunping, parties=parties, grid=grid)
    assert made["errors"] == []
    assert await (await tunping.as_("网格长01")).refused("recordAgreement", oral(dispute)) == "PARTY_REFUSES"


async def test_a_worker_reports_but_does_not_mediate(tunping: Tunping) -> None:
    dispute, _ = await report(tunping)
    worker = await tunping.as_("网格员01")
    assert await worker.refused("recordAgreement", oral(dispute)) == "NOT_ALLOWED"


async def test_a_dispute_is_settled_once_and_a_retry_is_harmless(tunping: Tunping) -> None:
    dispute, _ = await report(tunping)
    leader = await tunping.as_("网格长01")
    agreement = oral(dispute)
    first = await leader.do("recordAgreement", agreement, "agreement { id }")
    assert await leader.do("recordAgreement", agreement, "agreement { id }") == first
    assert await leader.refused("recordAgreement", agreement | {"content": "另一"}) == "CONFLICT"
    assert await leader.refused("recordAgreement", oral(dispute)) == "WRONG_STATE"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"parties": [{"role": "APPLICANT", "outsiderName": "甲"}]}, "TOO_FEW_PARTIES"),
        ({"parties": [{"role": "APPLICANT"}, {"role": "RESPONDENT", "outsiderName": "乙"}]}, "INVALID_INPUT"),
        (
            {
                "parties": [
                    {"role": "APPLICANT", "outsiderName": "甲"},
                    {"role": "RESPONDENT", "outsiderName": "乙"},
                ]
            },
            "INVALID_INPUT",
        ),
        ({"grid": "grid_0199f0c2-0000-7000-8000-000000000000"}, "NOT_FOUND"),
        ({"title": "长" * 101}, "TOO_LONG"),
        ({"origin": "REFERRED"}, "INVALID_INPUT"),
        ({"referredBy": "派出所"}, "INVALID_INPUT"),
    ],
)
async def test_a_dispute_that_cannot_be_is_refused_by_name(tunping: Tunping, change: dict[str, Any], code: str) -> None:
    disputes = await tunping.count("dispute")
    _, made = await report(tunping, **change)
    assert made["errors"][0]["code"] == code
    assert await tunping.count("dispute") == disputes


async def test_a_leader_of_another_estate_does_not_find_it(tunping: Tunping) -> None:
    dispute, _ = await report(tunping)
    other = await tunping.as_("网格长05")
    assert await other.refused("recordAgreement", oral(dispute)) == "NOT_FOUND"
    seen = await other.ask("query($id: ID!) { dispute(id: $id) { title } }", id=dispute)
    assert seen.data == {"dispute": None}
