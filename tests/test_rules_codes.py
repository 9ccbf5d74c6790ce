"""The letters of QR codes, and how a typed code is read."""

import math

import pytest

from rules.codes import CODE_LENGTH, CODE_LETTERS, check_live, code_url, typed_code
from rules.refusals import Code, Refusal


def test_nobody_guesses_a_code_and_nobody_misreads_one() -> None:
    assert CODE_LENGTH * math.log2(len(CODE_LETTERS)) >= 80
    assert len(set(CODE_LETTERS)) == len(CODE_LETTERS)
    assert not set("ILOU") & set(CODE_LETTERS)


def test_a_code_may_be_typed_in_small_letters() -> None:
    assert typed_code(" 7q4m2x9kabcd3456\n") == "7Q4M2X9KABCD3456"


@pytest.mark.parametrize("value", ["\x00", "A" * 101])
def test_what_cannot_be_a_code_is_refused(value: str) -> None:
    with pytest.raises(Refusal) as refused:
        typed_code(value)
    assert refused.value.code is Code.INVALID_INPUT


def test_the_page_behind_a_code_is_short() -> None:
    assert code_url("https://a.example/", "7Q4M") == code_url("https://a.example", "7Q4M") == "https://a.example/q/7Q4M"


def test_a_code_ends_once() -> None:
    check_live(revoked=False)
    with pytest.raises(Refusal) as refused:
        check_live(revoked=True)
    assert (refused.value.code, refused.value.path) == (Code.WRONG_STATE, ("qrCode",))
