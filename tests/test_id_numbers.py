"""ID numbers: checked, sealed at rest, shown masked, and told in full only for a reason that goes on the record."""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.acts.journal import _meant, _plain
from db.acts.people import NewResident
from db.sealing import Sealer
from rules.id_numbers import birth_of, check_digit, check_id_number, masked, sex_of
from rules.people import Sex
from rules.refusals import Refusal
from tests.client import SEALING_KEY, SECRET, Clock, Tunping, new_id, serving

DIGITS = st.dates().map(lambda day: f"650103{day:%Y%m%d}").filter(lambda text: len(text) == 14)
NUMBERS = st.builds(lambda first, tail: first + tail, DIGITS, st.integers(0, 999).map(lambda number: f"{number:03}"))
REASON = "为老人办理高龄津贴，需核对号码"
WANTED = "resident { id bornOn idNumberMasked }"


def number(first: str) -> str:
    """A number whose check digit is right."""
    return first + check_digit(first)


def test_the_example_of_the_standard_is_right() -> None:
    assert check_digit("11010519491231002") == "X"
    assert check_id_number(" 11010519491231002x ") == "11010519491231002X"


@given(NUMBERS, st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_is_noticed(first: str, at: int, by: int) -> None:
    whole = number(first)
    assert check_id_number(whole) == whole
    wrong = whole[:at] + str((int(whole[at]) + by) % 10) + whole[at + 1 :]
    with pytest.raises(Refusal):
        check_id_number(wrong)


@given(NUMBERS, st.integers(0, 15))
def test_any_two_neighbours_swapped_are_noticed(first: str, at: int) -> None:
    whole = number(first)
    swapped = whole[:at] + whole[at + 1] + whole[at] + whole[at + 2 :]
    if swapped != whole:
        with pytest.raises(Refusal):
            check_id_number(swapped)


def test_birth_and_sex_are_in_the_number() -> None:
    assert birth_of("11010519491231002X").isoformat() == "1949-12-31"
    assert sex_of("11010519491231002X") is Sex.FEMALE
    assert masked("002X") == "**************002X"
    for wrong in ("1101051949123100", "110105194913310020", number("11010519490231002")):
        with pytest.raises(Refusal):
            check_id_number(wrong)


def test_what_is_sealed_opens_for_its_own_row_and_key_alone() -> None:
    row, keys = uuid4(), Sealer.of({1: SECRET}).newest
    value, key, index = keys.seal(row, "11010519491231002X", "a")
    assert keys.open(row, value, key) == "11010519491231002X"
    again = keys.seal(row, "11010519491231002X", "a")
    assert {value, key} & {again.value, again.key} == set()
    assert index == again.blind == keys.index("a") != keys.index("b")
    other = Sealer.of({1: SECRET + b"2"}).newest
    for opened, other_row, data_key in ((keys, uuid4(), key), (other, row, key), (keys, row, again.key)):
        with pytest.raises(Refusal):
            opened.open(other_row, value, data_key)


async def newcomer(worker: Tunping, **more: Any) -> dict[str, Any]:
    """The input of a new resident."""
    found = await worker.ask("{ households(first: 1) { nodes { id } } }")
    home = found.data["households"]["nodes"][0]["id"]
    return {"id": new_id("resident"), "household": home, "name": "有号者", "sex": "FEMALE"} | more


async def test_a_number_is_kept_sealed_and_shown_masked(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    new = await newcomer(worker, idNumber="11010519491231002x")
    made = await worker.do("addResident", new, WANTED)
    assert made["errors"] == []
    assert made["resident"]["bornOn"] == "1949-12-31"
    assert made["resident"]["idNumberMasked"] == "**************002X"
    rows = await tunping.app.state.owner.fetch("select * from resident where name = '有号者'")
    assert "11010519491231002X" not in str([dict(each) for each in rows])
    assert b"11010519491231002X" not in rows[0]["id_number_sealed"]
    entries = await tunping.app.state.owner.fetch("select * from journal order by id desc limit 5")
    assert "0519491231" not in str([dict(each) for each in entries])


async def test_a_number_cannot_be_guessed_from_the_digest_of_what_was_sent(tunping: Tunping) -> None:
    """Everything else that was sent is in the database. Without a key, a thousand guesses would find the number."""
    worker = await tunping.as_("网格员01")
    new = await newcomer(worker, idNumber=number("65010319900131012"))
    assert (await worker.do("addResident", new))["errors"] == []
    assert (await worker.do("addResident", new))["errors"] == []
    assert await worker.refused("addResident", new | {"idNumber": number("65010319900131014")}) == "CONFLICT"
    uuid, home = (UUID(new[name].partition("_")[2]) for name in ("id", "household"))
    query = "select digest from journal where resident_id = $1 and kind = 'RESIDENT_ADDED'"
    digest = await tunping.app.state.owner.fetchval(query, uuid)
    guesses = [number(f"65010319900131{serial:03}") for serial in range(1000)]
    inputs = [NewResident(uuid, home, "有号者", Sex.FEMALE, id_number=guess) for guess in guesses]
    contents = [
        orjson.dumps(_meant(["add_resident", each]), default=_plain, option=orjson.OPT_SORT_KEYS) for each in inputs
    ]
    assert digest not in {sha256(each).digest() for each in contents}
    assert digest in {Sealer.of({1: SEALING_KEY}).newest.index(each.decode()) for each in contents}


async def test_wrong_numbers_are_refused_and_leave_nobody(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    taken = number("65010319900131002")
    assert (await worker.do("addResident", await newcomer(worker, idNumber=taken)))["errors"] == []
    before = await tunping.count("resident")
    wrong = {
        "check digit": {"idNumber": "110105194912310021"},
        "somebody else's": {"idNumber": taken},
        "sex": {"idNumber": number("65010319900131001")},
        "date of birth": {"idNumber": number("65010319900131004"), "bornOn": "1991-01-31"},
    }
    for case, facts in wrong.items():
        (problem,) = (await worker.do("addResident", await newcomer(worker, **facts)))["errors"]
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["idNumber"]), case
    assert await tunping.count("resident") == before


async def test_the_full_number_is_told_for_a_reason_that_goes_on_the_record(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    new = await newcomer(worker, idNumber=number("65010319900131006"))
    uuid = (await worker.do("addResident", new, WANTED))["resident"]["id"]
    asked = {"resident": uuid, "reason": REASON}
    told = await worker.do("revealIdNumber", asked, "idNumber")
    assert told == {"idNumber": number("65010319900131006"), "errors": []}
    seen = await worker.ask(
        "query($id: ID!) { node(id: $id) { ... on Resident { timeline { nodes { kind note } } } } }", id=uuid
    )
    assert {"kind": "ID_NUMBER_REVEALED", "note": REASON} in seen.data["node"]["timeline"]["nodes"]
    entries = await tunping.count("journal")
    for reason in (" ", "办理老年证", "查看身份证号的理由原因事由", "13900000000 11010519491231002X"):
        assert await worker.refused("revealIdNumber", asked | {"reason": reason}) == "INVALID_INPUT"
    head = await tunping.as_("联户长03")
    assert await head.refused("revealIdNumber", asked) == "NOT_ALLOWED"
    assert await (await tunping.as_("网格员05")).refused("revealIdNumber", asked) == "NOT_FOUND"
    assert await tunping.count("journal") == entries


async def test_an_account_reveals_so_many_an_hour(copy_url: str) -> None:
    clock = Clock()
    async with serving(copy_url, clock, rates="reveals-by-account=2/hour") as client:
        worker = await client.as_("网格员01")
        new = await newcomer(worker, idNumber=number("65010319900131020"))
        uuid = (await worker.do("addResident", new, WANTED))["resident"]["id"]
        asked = {"resident": uuid, "reason": REASON}
        for _ in range(3):  # What is refused before anything is looked up does not count.
            assert await worker.refused("revealIdNumber", asked | {"reason": "办证"}) == "INVALID_INPUT"
        for _ in range(2):
            assert (await worker.do("revealIdNumber", asked))["errors"] == []
        (problem,) = (await worker.do("revealIdNumber", asked))["errors"]
        assert (problem["code"], problem["message"]) == ("TOO_MANY", "提交过于频繁，请 60 分钟后再试。")
        clock.turn(timedelta(hours=1))
        worker = await client.as_("网格员01")
        assert (await worker.do("revealIdNumber", asked))["errors"] == []


async def test_a_building_head_sees_no_number(tunping: Tunping) -> None:
    head, leader = await tunping.as_("联户长03"), await tunping.as_("网格长01")
    home = (await head.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    new = await newcomer(leader, household=home, idNumber=number("65010319900131010"))
    uuid = (await leader.do("addResident", new, WANTED))["resident"]["id"]
    query = "query($id: ID!) { node(id: $id) { ... on Resident { name idNumberMasked } } }"
    assert (await head.ask(query, id=uuid)).data["node"] == {"name": "有号者", "idNumberMasked": None}


async def test_without_a_key_no_number_is_kept(copy_url: str) -> None:
    async with serving(copy_url, sealing_key=None) as client:
        worker = await client.as_("网格员01")
        before = await client.count("resident")
        new = await newcomer(worker, idNumber=number("65010319900131008"))
        assert await worker.refused("addResident", new) == "INVALID_INPUT"
        assert await client.count("resident") == before
