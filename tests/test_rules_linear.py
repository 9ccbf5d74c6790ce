"""What people write is read in linear time, whatever it is.

The steps of the engine of regular expressions cannot be counted from outside. So these tests measure the processor
time of their own thread, which hardly depends on what else the machine does, and the best of several attempts counts.
A text of the largest size takes some 10 ms. A reader that backtracks exceeds the bounds by far: eight numbers and 1,900
line breaks once took 32 s.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import addresses
from rules.address_match import BuildingSpot, EstateSpot, Index, certain, narrow, offered
from rules.appeal_words import guess_category, guess_urgency
from rules.codes import typed_code
from rules.id_numbers import check_id_number
from rules.photos import check_sha256
from rules.refusals import Refusal
from rules.registers import HEADINGS, read_headings, read_row
from rules.text import BODY_LIMIT, check_optional, one_form, receipt_code
from rules.webhooks import check_address
from rules.week import first_day_of
from rules.wishes import check_public
from tests.hostile_texts import TEXTS

BOUND = 0.1
"""Processor seconds for a text of the largest size."""
LONGER = 100
"""Times the size of a text that the form of a page may contain: 256 KiB."""
MOST_COLUMNS = 16_384
"""Columns of a sheet in a spreadsheet program."""
ATTEMPTS = 5
HOME = BuildingSpot(UUID(int=1), UUID(int=2), "3号楼", 4)
TOWN = Index([EstateSpot(UUID(int=2), "金穗家园")], [HOME], communities=["屯坪社区"])
NOW = datetime(2023, 12, 20, tzinfo=UTC)
Reader = Callable[[str], object]
READERS: dict[str, Reader] = {
    "read": addresses.read.__wrapped__,
    "joined": addresses.joined.__wrapped__,
    "certain": lambda text: certain(text, TOWN),
    "offered": lambda text: offered(text, TOWN),
    "narrow": lambda text: narrow(text, HOME, TOWN),
    "public": lambda text: check_public(text, ["王小明", "欧阳德顺"]),
    "category": guess_category,
    "urgency": guess_urgency,
}
"""They get texts of ``BODY_LIMIT`` characters at most."""
CHECKS: dict[str, Reader] = {
    "text": check_optional,
    "one form": one_form,
    "receipt": receipt_code,
    "code": typed_code,
    "ID number": check_id_number,
    "digest": check_sha256,
    "webhook": lambda text: check_address(f"https://{text}", private=False),
    "week": lambda text: first_day_of(text, NOW),
    "row": lambda text: read_row(2, dict.fromkeys(HEADINGS, text), date(2023, 12, 20)),
}
"""They get whatever is sent, and refuse what is too long."""
TOKENS = (
    *"0123456789零一二三四五六七八九十百号楼栋幢座#单元门室房-、,/~和跟到至的里住在都全元个月日:.不王@",
    *("还是", "号楼", "单元", "门洞", "我家", "之间", "不是", "楼号", "房间号", "我们这边", "一二三四", "金穗家园"),
    *(" ", "\n", "\u3000", "\u2028", "\u0300", "\u0323", "\u0315", "\ufdfa", "\u2474", "\u200b", "\U0001d7d9"),
)
runs = st.builds(lambda token, times: token * times, st.sampled_from(TOKENS), st.sampled_from([1, 1, 1, 2, 4, 9, 1900]))
pieces = st.lists(runs, min_size=1, max_size=6).map("".join)


def filled(piece: str, size: int) -> str:
    """The piece, over and over."""
    return (piece * (size // len(piece) + 1))[:size]


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """A few tokens, over and over, between others: as long as a text may be."""
    head, piece, tail = draw(pieces | st.just("")), draw(pieces), draw(pieces | st.just(""))
    return head + filled(piece, max(0, BODY_LIMIT - len(head) - len(tail))) + tail


def seconds(reader: Reader, text: str, enough: float) -> float:
    """The processor time of reading a text. Attempts end with one that takes less than ``enough``."""
    best = float("inf")
    for _ in range(ATTEMPTS):
        began = time.thread_time()
        with suppress(Refusal, ValueError):
            reader(text)
        best = min(best, time.thread_time() - began)
        if best < enough or best > 10 * enough:
            break
    return best


@pytest.mark.long
@pytest.mark.parametrize("reader", READERS)
@given(text=hostile())
def test_a_text_of_any_tokens_is_read_in_linear_time(reader: str, text: str) -> None:
    assert seconds(READERS[reader], text[:BODY_LIMIT], BOUND) < BOUND


@pytest.mark.parametrize("text", TEXTS[:14], ids=range(14))
def test_blanks_without_end_are_read_in_linear_time(text: str) -> None:
    assert max(seconds(reader, text, BOUND) for reader in READERS.values()) < BOUND


@pytest.mark.long
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_every_hostile_text_is_read_in_linear_time(text: str) -> None:
    assert max(seconds(reader, text, BOUND) for reader in READERS.values()) < BOUND


@pytest.mark.long
@pytest.mark.parametrize("check", CHECKS)
@given(piece=pieces)
def test_what_is_far_too_long_is_refused_in_linear_time(check: str, piece: str) -> None:
    text = filled(piece, LONGER * BODY_LIMIT)
    assert seconds(CHECKS[check], text, 10 * BOUND) < 10 * BOUND


@pytest.mark.long
def test_as_many_headings_as_a_sheet_can_have_are_read_in_linear_time() -> None:
    names = list(map(str, range(MOST_COLUMNS)))
    assert seconds(lambda _: read_headings(names), "", 10 * BOUND) < 10 * BOUND


def test_hostile_texts_are_as_long_as_a_text_may_be() -> None:
    assert {len(text) <= BODY_LIMIT for text in TEXTS} == {True}
    assert len(set(TEXTS)) == len(TEXTS) >= 60
    assert sum(len(text) > 0.9 * BODY_LIMIT for text in TEXTS) >= 200
