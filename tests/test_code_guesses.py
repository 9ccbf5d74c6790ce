"""Guesses of codes by mutations: unknown ones are counted, and limited before the next look-up."""

import asyncio
from typing import Any

import pytest

from api.http.admission import LOOK_UPS_AT_ONCE
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Tunping, new_id, serving


def opening(code: str) -> dict[str, Any]:
    return {"id": new_id("appeal"), "code": code, "body": "3号楼2单元灯坏了"}


def wishing(code: str) -> dict[str, Any]:
    return {"id": new_id("wish"), "code": code, "body": "想要一副老花镜"}


def moving(code: str, appeal: str | None = None) -> dict[str, Any]:
    return {"appeal": appeal or new_id("appeal"), "receiptCode": code, "note": "还没有修"}


def confirming(code: str) -> dict[str, Any]:
    return {"appeal": new_id("appeal"), "receiptCode": code, "satisfied": True}


def answering(code: str) -> dict[str, Any]:
    return {"code": code, "coming": True}


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("answerCall", answering("AAAAAAA1")),
        ("openAppeal", opening("AAAAAAAAA1")),
        ("proposeWish", wishing("AAAAAAAAA1")),
        ("addToAppeal", moving("AAAAAAAAA1")),
        ("withdrawAppeal", moving("AAAAAAAAA1")),
        ("confirmAppeal", confirming("AAAAAAAAA1")),
        ("reopenAppeal", {"appeal": new_id("appeal"), "receiptCode": "AAAAAAAAA1", "reason": "又坏了"}),
    ],
)
async def test_unknown_codes_of_mutations_use_up_the_misses_of_an_address(
    copy_url: str, mutation: str, given: dict[str, Any]
) -> None:
    async with serving(copy_url, rates="misses-by-address=2/hour", behind_proxy=True) as tunping:
        codes = [await code_of(tunping, mutation, fresh(given)) for _ in range(3)]
        assert codes == ["NOT_FOUND", "NOT_FOUND", "TOO_MANY"]
        assert await code_of(tunping, mutation, fresh(given), "198.51.100.7") == "NOT_FOUND"


async def test_a_known_code_is_not_looked_up_after_too_many_misses_of_any_kind(copy_url: str) -> None:
    async with serving(copy_url, rates="misses-by-address=4/hour", behind_proxy=True) as tunping:
        opened = opening(DEMO_COUNTER_CODE)
        known = (await tunping.do("openAppeal", opened, "receiptCode"))["receiptCode"]
        move = moving(known, opened["id"])
        assert await code_of(tunping, "addToAppeal", move) == ""
        assert await code_of(tunping, "addToAppeal", moving("AAAAAAAAA1", opened["id"])) == "NOT_FOUND"
        assert await code_of(tunping, "answerCall", answering("AAAAAAA1")) == "NOT_FOUND"
        away = {"x-forwarded-for": "203.0.113.5"}
        missed = await tunping.post({"query": '{ receipt(code: "AAAAAAAAA1") { body } }'}, **away)
        assert missed.data == {"receipt": None}
        assert (await tunping.http.get("/q/AAAAAAAAA1", headers=away)).status_code == 404
        for mutation, given in (("addToAppeal", move), ("openAppeal", opening(DEMO_COUNTER_CODE))):
            assert await code_of(tunping, mutation, given) == "TOO_MANY"
        assert (await tunping.http.get(f"/r/{known}", headers=away)).status_code == 429
        assert await code_of(tunping, "openAppeal", opening(DEMO_COUNTER_CODE), "198.51.100.7") == ""


async def test_the_guesses_of_a_guest_do_not_stop_a_worker_at_the_same_address(copy_url: str) -> None:
    async with serving(copy_url, rates="misses-by-address=1/hour") as tunping:
        for code in ("NOT_FOUND", "TOO_MANY"):
            assert await code_of(tunping, "openAppeal", opening("AAAAAAAAA1")) == code
        worker = await tunping.as_("网格员01")
        for code in ("NOT_FOUND", "TOO_MANY"):
            assert await code_of(worker, "openAppeal", opening("AAAAAAAAA1")) == code


async def test_each_unknown_code_of_a_document_counts(copy_url: str) -> None:
    async with serving(copy_url, rates="misses-by-address=5/hour") as tunping:
        guesses = " ".join(
            f'a{n}: answerCall(input: {{code: "AAAAAAA{n}", coming: true}}) {{ errors {{ code }} }}' for n in range(5)
        )
        told = (await tunping.ask(f"mutation {{ {guesses} }}")).data
        assert {each["errors"][0]["code"] for each in told.values()} == {"NOT_FOUND"}
        refused = await tunping.ask(f"mutation {{ {guesses} }}")
        assert (refused.status, refused.code) == (429, "TOO_MANY")


@pytest.mark.long
@pytest.mark.parametrize("way", ["mutation", "query", "page"])
async def test_guesses_in_flight_pass_the_limit_by_few(copy_url: str, way: str) -> None:
    async with serving(copy_url, rates="misses-by-address=2/hour") as tunping:

        async def guess(number: int) -> str:
            code = f"AAAAAAAA{number:02}"
            if way == "mutation":
                return await code_of(tunping, "openAppeal", opening(code))
            if way == "page":
                return str((await tunping.http.get(f"/q/{code}")).status_code)
            answer = await tunping.ask(f'{{ receipt(code: "{code}") {{ body }} }}')
            return answer.code if "errors" in answer.body else "NOT_FOUND"

        told = await asyncio.gather(*map(guess, range(40)))
        missed = sum(each in {"NOT_FOUND", "404"} for each in told)
        assert 2 <= missed < 2 + LOOK_UPS_AT_ONCE
        assert set(told) <= {"NOT_FOUND", "404", "TOO_MANY", "429"}
        assert len(tunping.app.state.look_ups._of) == 0


@pytest.mark.long
async def test_right_codes_in_flight_are_all_served(copy_url: str) -> None:
    async with serving(copy_url, rates="misses-by-address=1/hour") as tunping:
        pages = await asyncio.gather(*(tunping.http.get(f"/q/{DEMO_COUNTER_CODE}") for _ in range(40)))
        assert {each.status_code for each in pages} == {200}


async def test_other_refusals_and_ids_are_no_misses(copy_url: str) -> None:
    async with serving(copy_url, rates="misses-by-address=1/hour") as tunping:
        worker = await tunping.as_("网格员01")
        for _ in range(3):
            blank = opening(DEMO_COUNTER_CODE) | {"body": " "}
            assert await tunping.refused("openAppeal", blank) == "INVALID_INPUT"
            lost = {"appeal": new_id("appeal"), "note": "还没有修"}
            assert await worker.refused("addToAppeal", lost) == "NOT_FOUND"
        assert (await tunping.do("openAppeal", opening(DEMO_COUNTER_CODE)))["errors"] == []


def fresh(given: dict[str, Any]) -> dict[str, Any]:
    """The same input under a new id."""
    return given | ({"id": new_id(given["id"].partition("_")[0])} if "id" in given else {})


async def code_of(client: Tunping, mutation: str, given: dict[str, Any], address: str = "203.0.113.5") -> str:
    """The code of the refusal, of the act or of the request; empty if the act was done."""
    type_ = mutation[0].upper() + mutation[1:] + "Input"
    query = f"mutation($input: {type_}!) {{ {mutation}(input: $input) {{ errors {{ code }} }} }}"
    answer = await client.post({"query": query, "variables": {"input": given}}, **{"x-forwarded-for": address})
    if "errors" in answer.body:
        return answer.code
    errors = answer.data[mutation]["errors"]
    return errors[0]["code"] if errors else ""
