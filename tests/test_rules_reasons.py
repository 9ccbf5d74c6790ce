"""A reason says in some words why something sensitive is needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reasons import check_reason, says_something
from rules.refusals import Refusal

GOOD = [
    "为老人办理高龄津贴，需核对号码",
    "派出所来函请求协助核实户籍",
    "needed for her old age pension",
    "办理医保参保登记 for the clinic",
]
BAD = [
    "办理老年证",
    "needed for the pension",
    "需要需要需要需要需要需要",
    "好好好好好好好好好好好好",
    "because because because because because",
    "1234567890 1234567890",
    "。。。。。。！！！！！！？？？？",
    "查看身份证号码的原因和理由",
    "ID number reveal reason reasons ID numbers",
    "a b c d e f g h i j",
]
FILLER = st.text("0123456789０１２ ，。！？!?,.-—…()（）", max_size=30)


@pytest.mark.parametrize("text", GOOD)
def test_a_sentence_is_a_reason(text: str) -> None:
    assert check_reason(f" {text} ") == text


@pytest.mark.parametrize("text", BAD)
def test_few_words_repeated_ones_and_the_forms_own_are_none(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_reason(text, "reason")
    assert "请写明为何需要查看，至少十个字" in refused.value.message()
    assert (refused.value.code, refused.value.path) == ("INVALID_INPUT", ("reason",))


@given(st.sampled_from(GOOD), FILLER, FILLER)
def test_digits_and_punctuation_around_change_nothing(text: str, before: str, after: str) -> None:
    assert says_something(f"{before} {text} {after}")


@given(st.sampled_from([each for each in BAD if len(each) < 12]), FILLER, FILLER)
def test_digits_and_punctuation_make_no_reason(text: str, before: str, after: str) -> None:
    assert not says_something(f"{before} {text} {after}")


@given(FILLER, st.integers(1, 20))
def test_fillers_alone_are_no_reason(text: str, times: int) -> None:
    assert not says_something(text * times)


@given(st.text("事务办理津贴", min_size=1), st.integers(1, 20))
def test_up_to_six_characters_in_any_order_are_no_reason(text: str, times: int) -> None:
    assert not says_something(text * times)


@given(st.text("ABCDEFxyz ", min_size=1, max_size=3), st.integers(1, 30))
def test_a_repeated_word_is_no_reason(word: str, times: int) -> None:
    assert not says_something(f"{word} " * times)
