"""An appeal from the resident's words to the resident's yes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Tunping, new_id, serving

COLD = "3号楼2单元 暖气不热"
STATE = "appeal { status level }"


async def open_cold(tunping: Tunping) -> tuple[str, str]:
    """A resident's appeal by the counter's code: its id and its receipt code."""
    appeal = new_id("appeal")
    made = await tunping.as_nobody().do(
        "openAppeal", {"id": appeal, "code": DEMO_COUNTER_CODE, "body": COLD}, "receiptCode"
    )
    assert made["errors"] == []
    return appeal, made["receiptCode"]


async def test_a_resident_without_an_account_gets_a_receipt_and_nothing_else(tunping: Tunping) -> None:
    made = await tunping.as_nobody().do(
        "openAppeal",
        {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": COLD},
        "receiptCode appeal { id reporterPhone }",
    )
    assert len(made["receiptCode"]) == 10
    assert made["appeal"] is None


async def test_what_the_resident_says_finds_its_place_and_category(tunping: Tunping) -> None:
    appeal, _ = await open_cold(tunping)
    worker = await tunping.as_("网格员01")
    seen = await worker.ask(
        """query($id: ID!) { appeal(id: $id) {
            status level source category unit building { name } household { id } organisation { kind }
            registeredBy { id } timeline { nodes { kind toStatus actor { id } } } allowedActions } }""",
        id=appeal,
    )
    assert seen.data["appeal"] == {
        "status": "SUBMITTED",
        "level": "GRID",
        "source": "QR_COUNTER",
        "category": "HEATING",
        "unit": 2,
        "building": {"name": "3号楼"},
        "household": None,
        "organisation": {"kind": "HEATING_COMPANY"},
        "registeredBy": None,
        "timeline": {"nodes": [{"kind": "APPEAL_OPENED", "toStatus": "SUBMITTED", "actor": None}]},
        "allowedActions": [*("ACCEPT", "REJECT", "WITHDRAW", "SUPPLEMENT", "CALL_BACK", "CORRECT")],
    }


async def test_an_appeal_is_accepted_answered_and_confirmed_by_its_reporter(tunping: Tunping) -> None:
    appeal, receipt = await open_cold(tunping)
    worker = await tunping.as_("网格员01")
    accepted = await worker.do("acceptAppeal", {"appeal": appeal}, "appeal { status handledBy { username } }")
    assert accepted["appeal"] == {"status": "ACCEPTED", "handledBy": {"username": "网格员01"}}
    answered = await worker.do("answerAppeal", {"appeal": appeal, "answer": "阀门已更换"}, "appeal { status answer }")
    assert answered["appeal"] == {"status": "AWAITING_CONFIRMATION", "answer": "阀门已更换"}
    resident = tunping.as_nobody()
    yes = {"appeal": appeal, "satisfied": True, "rating": 5, "receiptCode": receipt.lower()}
    assert (await resident.do("confirmAppeal", yes))["errors"] == []
    followed = await resident.ask(
        "query($code: String!) { receipt(code: $code) { status answer rating steps { label } } }",
        code=receipt,
    )
    assert followed.data["receipt"] == {
        "status": "CLOSED",
        "answer": "阀门已更换",
        "rating": 5,
        "steps": [{"label": "诉求提交"}, {"label": "诉求受理"}, {"label": "诉求答复"}, {"label": "居民确认"}],
    }


async def test_not_satisfied_it_goes_on_and_is_not_rated(tunping: Tunping) -> None:
    appeal, receipt = await open_cold(tunping)
    worker = await tunping.as_("网格员01")
    await worker.do("acceptAppeal", {"appeal": appeal})
    await worker.do("answerAppeal", {"appeal": appeal, "answer": "看过了"})
    no: dict[str, Any] = {"appeal": appeal, "satisfied": False, "receiptCode": receipt}
    assert await tunping.as_nobody().refused("confirmAppeal", no | {"rating": 1}) == "INVALID_INPUT"
    assert (await tunping.as_nobody().do("confirmAppeal", no | {"note": "还是不热"}))["errors"] == []
    seen = await worker.ask(
        "query($id: ID!) { appeal(id: $id) { status timeline(last: 1) { nodes { kind note } } } }", id=appeal
    )
    assert seen.data["appeal"] == {
        "status": "IN_PROGRESS",
        "timeline": {"nodes": [{"kind": "APPEAL_RETURNED", "note": "还是不热"}]},
    }


async def test_what_a_worker_cannot_solve_goes_up_in_the_communitys_name(tunping: Tunping) -> None:
    appeal, _ = await open_cold(tunping)
    worker, staff = await tunping.as_("网格员01"), await tunping.as_("社区01")
    await worker.do("acceptAppeal", {"appeal": appeal})
    assert await worker.refused("escalateAppeal", {"appeal": appeal, "reason": " "}) == "INVALID_INPUT"
    up = await worker.do(
        "escalateAppeal", {"appeal": appeal, "reason": "主管道故障"}, "appeal { level status issuingBody }"
    )
    assert up["appeal"] == {"level": "COMMUNITY", "status": "ACCEPTED", "issuingBody": "屯坪社区"}
    assert await worker.refused("answerAppeal", {"appeal": appeal, "answer": "…"}) == "WRONG_LEVEL"
    farm = await staff.do("escalateAppeal", {"appeal": appeal, "reason": "须农场协调"}, STATE)
    assert farm["appeal"] == {"level": "FARM", "status": "ACCEPTED"}
    assert await staff.refused("escalateAppeal", {"appeal": appeal, "reason": "再上"}) == "WRONG_LEVEL"


@pytest.mark.parametrize(
    ("mutation", "extra"),
    [
        ("answerAppeal", {"answer": "…"}),
        ("escalateAppeal", {"reason": "…"}),
        ("confirmAppeal", {"satisfied": True}),
    ],
)
async def test_a_move_that_is_not_allowed_names_the_state(
    tunping: Tunping, mutation: str, extra: dict[str, Any]
) -> None:
    appeal, _ = await open_cold(tunping)
    worker = await tunping.as_("网格员01")
    entries = await tunping.count("journal")
    made = await worker.do(mutation, {"appeal": appeal} | extra)
    assert made["errors"] == [{"code": "WRONG_STATE", "message": "当前状态为「已提交」，不能这样处理。", "path": []}]
    assert await tunping.count("journal") == entries


async def test_refusals_speak_english_to_those_who_ask_for_it(tunping: Tunping) -> None:
    query = 'mutation { acceptAppeal(input: {appeal: "appeal_x"}) { errors { code message path } } }'
    answer = await (await tunping.as_("网格员01")).post({"query": query}, **{"accept-language": "en-GB, zh;q=0.5"})
    assert answer.data["acceptAppeal"]["errors"] == [
        {
            "code": "MALFORMED_ID",
            "message": "Malformed id “appeal_x”.",
            "path": ["appeal"],
        }
    ]


async def test_a_retry_is_the_same_act_and_other_content_is_a_conflict(tunping: Tunping) -> None:
    new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": COLD}
    resident = tunping.as_nobody()
    appeals, entries = await tunping.count("appeal"), await tunping.count("journal")
    first = await resident.do("openAppeal", new, "receiptCode")
    again = await resident.do("openAppeal", new, "receiptCode")
    assert again == first
    assert await resident.refused("openAppeal", new | {"body": COLD + "!"}) == "CONFLICT"
    worker = await tunping.as_("网格员01")
    assert await worker.refused("openAppeal", new) == "CONFLICT"
    assert (await tunping.count("appeal"), await tunping.count("journal")) == (appeals + 1, entries + 1)


async def test_fifty_equal_submissions_at_once_are_one_appeal(tunping: Tunping) -> None:
    new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": COLD}
    appeals = await tunping.count("appeal")
    made = await asyncio.gather(*(tunping.as_nobody().do("openAppeal", new, "receiptCode") for _ in range(50)))
    assert len({each["receiptCode"] for each in made}) == 1
    assert all(each["errors"] == [] for each in made)
    assert await tunping.count("appeal") == appeals + 1


async def test_a_retried_move_with_the_phones_act_id_is_harmless(tunping: Tunping) -> None:
    appeal, _ = await open_cold(tunping)
    worker = await tunping.as_("网格员01")
    step = {"appeal": appeal, "act": new_id("act")}
    first = await worker.do("acceptAppeal", step, STATE)
    assert first["appeal"]["status"] == "ACCEPTED"
    assert await worker.do("acceptAppeal", step, STATE) == first
    assert await worker.refused("acceptAppeal", step | {"note": "另一内容"}) == "CONFLICT"
    assert await worker.refused("acceptAppeal", {"appeal": appeal}) == "WRONG_STATE"


async def test_two_workers_at_once_have_one_winner_and_one_clear_refusal(tunping: Tunping) -> None:
    appeal, _ = await open_cold(tunping)
    people = [await tunping.as_("网格员01"), await tunping.as_("社区01")]
    made = await asyncio.gather(*(each.do("acceptAppeal", {"appeal": appeal}) for each in people))
    codes = sorted(problem["code"] for each in made for problem in each["errors"])
    assert codes == ["WRONG_STATE"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": "appeal_123"}, "MALFORMED_ID"),
        ({"id": "visit_0199f0c2-0000-7000-8000-000000000000"}, "MALFORMED_ID"),
        ({"code": "NO-SUCH-CODE"}, "NOT_FOUND"),
        ({"code": None}, "INVALID_INPUT"),
        ({"body": "   "}, "INVALID_INPUT"),
        ({"body": COLD + "冷" * 2_000}, "TOO_LONG"),
        ({"body": COLD + "\u0000"}, "INVALID_INPUT"),
        ({"body": "3单元暖气不热"}, "PLACE_UNCLEAR"),
        ({"body": "3号楼和5号楼都不热"}, "PLACE_UNCLEAR"),
        ({"body": "3号楼99单元不热"}, "PLACE_UNCLEAR"),
        ({"body": "888号楼不热"}, "PLACE_UNCLEAR"),
        ({"openedAt": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, "IN_FUTURE"),
    ],
)
async def test_bad_input_has_its_named_refusal_and_nothing_is_written(
    tunping: Tunping, change: dict[str, Any], code: str
) -> None:
    new = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": COLD} | change
    appeals, entries = await tunping.count("appeal"), await tunping.count("journal")
    assert await tunping.as_nobody().refused("openAppeal", new) == code
    assert (await tunping.count("appeal"), await tunping.count("journal")) == (appeals, entries)


async def test_a_worker_opens_none_for_a_household_of_another_grid(tunping: Tunping) -> None:
    worker, elsewhere = await tunping.as_("网格员01"), await tunping.as_("网格员12")
    other = await elsewhere.ask("{ households(first: 1) { nodes { id building { id } } } }")
    household = other.data["households"]["nodes"][0]
    new = {"id": new_id("appeal"), "body": "漏水", "household": household["id"]}
    assert await worker.refused("openAppeal", new) == "NOT_FOUND"
    del new["household"]
    assert await worker.refused("openAppeal", new | {"building": household["building"]["id"]}) == "NOT_FOUND"


async def test_staff_open_none_for_another_communitys_household_or_building(small_copy_url: str) -> None:
    async with serving(small_copy_url) as tunping:
        pool = tunping.app.state.owner
        staff = await pool.fetchrow(
            """select a.username, s.community_id from account a join assignment s on s.account_id = a.id
            where a.role = 'COMMUNITY_STAFF' and a.disabled_at is null and a.id in
                (select account_id from assignment group by account_id having count(distinct community_id) = 1)
                and s.ends_on is null limit 1"""
        )
        other = await pool.fetchrow(
            """select h.id, h.building_id from household h join grid g on g.id = h.grid_id
            where g.community_id <> $1 limit 1""",
            staff["community_id"],
        )
        worker = await tunping.as_(staff["username"])
        assert (await worker.ask("{ households { totalCount } }")).data["households"]["totalCount"] > 0
        new = {"id": new_id("appeal"), "body": "漏水"}
        before = await tunping.count("appeal"), await tunping.count("journal")
        for place in ({"household": f"household_{other['id']}"}, {"building": f"building_{other['building_id']}"}):
            assert await worker.refused("openAppeal", new | place) == "NOT_FOUND"
        assert (await tunping.count("appeal"), await tunping.count("journal")) == before


async def test_a_building_head_reports_and_follows_their_own_report(tunping: Tunping) -> None:
    head = await tunping.as_("联户长03")
    made = await head.do(
        "openAppeal",
        {"id": new_id("appeal"), "body": "3号楼1单元楼道堵塞", "kind": "REPORT"},
        "appeal { source kind registeredBy { username } }",
    )
    assert made["appeal"] == {
        "source": "BUILDING_HEAD",
        "kind": "REPORT",
        "registeredBy": {"username": "联户长03"},
    }
    seen = await head.ask("{ appeals { nodes { registeredBy { username } } } }")
    assert {each["registeredBy"]["username"] for each in seen.data["appeals"]["nodes"]} == {"联户长03"}


async def test_a_receipt_code_opens_its_own_appeal_alone(tunping: Tunping) -> None:
    first, _ = await open_cold(tunping)
    _, receipt = await open_cold(tunping)
    resident = tunping.as_nobody()
    wrong = {"appeal": first, "satisfied": True, "receiptCode": receipt}
    assert await resident.refused("confirmAppeal", wrong) == "NOT_FOUND"
    unknown = await resident.ask('{ receipt(code: "0000000000") { body } }')
    assert unknown.data == {"receipt": None}
    nothing = await resident.ask("{ appeals { totalCount } residents { totalCount } me { id } }")
    assert nothing.code == "UNAUTHENTICATED"
