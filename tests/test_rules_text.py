"""The text policy and folded forms, as pure functions."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.folding import DOTS, folded_name, folded_room, name_parts
from rules.id_numbers import check_id_number, read_id_number
from rules.phones import check_phone, read_phone
from rules.refusals import Code, Refusal
from rules.text import LINE_LIMIT, check_name, check_optional, check_text, clean, meant, receipt_code

UNSEEN = (
    "",
    " ",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\u3164",
    "\u2800",
    "\u200b\n\u00a0",
    "\u2060\u00ad",
    "\ufe0f",
    "_x000D_",
)
REFUSED = ("\x00", "\x0b", "\x0c", "\x1b", "\x7f", "\x9f", "\ufffe", "\uffff", "\ufdd0", "\U0010ffff", "\ud800")
LINE_ENDS = ("\r\n", "\r", "_x000D_\n", "_x000d_", "\u2028", "\u2029", "\x85")
BLANKS = (" ", "\u3000", "\u00a0", "\t", "\n", "\u2003", "\u200b", "\ufeff", "\u2060", "  ")
WRITTEN = st.text(max_size=LINE_LIMIT)
NAMES = ("王伟", "欧阳娜娜", "阿依古丽·买买提", "ئەركىن مەمەت", "Ерболат Қасым", "John Smith", "㐂𠮷", "Ｗi-Fi")


@pytest.mark.parametrize("text", UNSEEN)
def test_a_text_of_which_nothing_is_seen_is_empty(text: str) -> None:
    assert clean(text) == ""
    assert check_optional(text) is None
    with pytest.raises(Refusal) as refused:
        check_text(text, "body")
    assert (refused.value.code, refused.value.path) == (Code.INVALID_INPUT, ("body",))


@pytest.mark.parametrize("letter", REFUSED)
@pytest.mark.parametrize("check", [check_text, check_optional, check_name, check_phone, check_id_number])
def test_a_control_character_is_refused_by_name(letter: str, check: object) -> None:
    with pytest.raises(Refusal) as refused:
        check(f"甲{letter}乙", "name")  # type: ignore[operator]
    assert (refused.value.code, refused.value.path) == (Code.INVALID_INPUT, ("name",))
    assert f"U+{ord(letter):04X}" in refused.value.message()


@pytest.mark.parametrize("end", LINE_ENDS)
def test_all_line_ends_are_one(end: str) -> None:
    assert check_text(f"甲{end}乙{end}") == "甲\n乙"


@pytest.mark.parametrize("blank", BLANKS)
def test_blanks_at_the_ends_are_removed(blank: str) -> None:
    assert check_text(f"{blank}王　伟{blank}") == "王　伟"


def test_a_text_is_composed_and_otherwise_as_written() -> None:
    assert check_text("e\u0301 Ａ　①") == "é Ａ　①"
    assert check_text("👩\u200d👧 ❤\ufe0f") == "👩\u200d👧 ❤\ufe0f"
    assert check_name("王\t\n 伟") == "王 伟"


@given(WRITTEN)
def test_the_policy_is_idempotent(text: str) -> None:
    try:
        once = clean(text)
    except Refusal:
        return
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(WRITTEN)
def test_folded_forms_are_idempotent(text: str) -> None:
    for folded in (folded_name, folded_room):
        once = folded(text)
        assert folded(once) == once


@given(st.sampled_from(NAMES), st.sampled_from(BLANKS), st.sampled_from(BLANKS))
def test_names_that_look_the_same_compare_equal(name: str, before: str, after: str) -> None:
    wanted = folded_name(name)
    for form in ("NFC", "NFD", "NFKC"):
        assert folded_name(before + unicodedata.normalize(form, name) + after) == wanted
    assert folded_name(name.upper()) == folded_name(name.lower()) == wanted
    assert folded_name("\u200b".join(name)) == wanted


@pytest.mark.parametrize("dot", DOTS)
@pytest.mark.parametrize("around", ["", " ", "\u3000"])
def test_the_dots_of_names_are_one(dot: str, around: str) -> None:
    assert folded_name(f"阿依古丽{around}{dot}{around}买买提") == "阿依古丽·买买提"
    assert name_parts(folded_name(f"阿依古丽{dot}买买提")) == ["阿依古丽", "买买提"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王　伟", "王伟"),
        ("王 小 二", "王小二"),
        ("王伟\u200b", "王伟"),
        ("ئەرکین مەمەت", "ئەركىن  مەمەت"),
        ("Ерболат", "Epбoлaт"),
        ("ＷＩＦＩ", "wifi"),
        ("O’Neill", "o'neill"),
    ],
)
def test_one_person_compares_equal(one: str, other: str) -> None:
    assert folded_name(one) == folded_name(other)


@pytest.mark.parametrize(("one", "other"), [("王伟", "王玮"), ("John Smith", "Johnsmith"), ("阿依·古丽", "阿依古丽")])
def test_other_people_compare_different(one: str, other: str) -> None:
    assert folded_name(one) != folded_name(other)


@pytest.mark.parametrize("room", ["409", "409室", "４０９", " 409 室", "0409", "409房", "409号", "409户"])
def test_rooms_have_one_form(room: str) -> None:
    assert folded_room(room) == "409"


@pytest.mark.parametrize("room", ["（大）", "(大)", "( 大 )", "（大)", "\u200b（大）"])
def test_rooms_with_brackets_have_one_form(room: str) -> None:
    assert folded_room(room) == "(大)"


@pytest.mark.parametrize(
    "text",
    [
        "１１０１０１１９９００３０７７６９４",
        "١١٠١٠١١٩٩٠٠٣٠٧٧٦٩٤",
        "110101 19900307 7694",
        "\u200b110101-19900307-7694 ",
        "११०१०११९९००३०७७६९४",
    ],
)
def test_an_id_number_has_one_form(text: str) -> None:
    assert check_id_number(text) == "110101199003077694"


@pytest.mark.parametrize("x", ["X", "x", "Ｘ", "ｘ", "×", "Х", "х", " x"])
def test_the_last_character_has_one_form(x: str) -> None:
    assert check_id_number(f"11010119900307002{x}") == "11010119900307002X"


@pytest.mark.parametrize("text", ["110101900307769", "１１０１０１９００３０７７６９", "110101 900307 769"])
def test_numbers_of_fifteen_digits_get_the_century_and_the_check_digit(text: str) -> None:
    assert check_id_number(text) == "110101199003077694"


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("13800138000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("0086 138 0013 8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("138\u200b00138000", "13800138000"),
        ("0991-2345678", "0991-2345678"),
        ("(0991) 2345678", "0991-2345678"),
        ("（0991）2345678", "0991-2345678"),
        ("+86-991-2345678", "0991-2345678"),
        ("09912345678", "0991-2345678"),
        ("0991－2345678转801", "0991-2345678-801"),
        ("0991 2345678 ext. 801", "0991-2345678-801"),
        ("0991-2345678-801", "0991-2345678-801"),
        ("(010)65529988-12", "010-65529988-12"),
        ("2345678", "2345678"),
        ("234-5678", "2345678"),
        ("110", "110"),
        ("电话：96111", "96111"),
        ("400-820-8820", "4008208820"),
        ("+7 701 123 4567", "+77011234567"),
    ],
)
def test_a_telephone_has_one_form(text: str, phone: str) -> None:
    assert check_phone(text) == phone
    assert check_phone(phone) == phone


@pytest.mark.parametrize("text", ["无", "12", "请打电话", "13800138000/13900139000", "0" * 26, "138a0138000"])
def test_what_is_no_telephone_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        check_phone(text, "phone")


@given(st.text("0123456789+-() 转", max_size=30))
def test_the_form_of_a_telephone_is_idempotent(text: str) -> None:
    if (phone := read_phone(text)) is not None:
        assert read_phone(phone) == phone


@given(st.text("0123456789Xx -", max_size=20))
def test_the_form_of_an_id_number_is_idempotent(text: str) -> None:
    assert read_id_number(read_id_number(text)) == read_id_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "AB12CD34EF",
        " ab12 cd34 ef ",
        "回执码:AB12CD34EF",
        "回执码：ａｂ１２ｃｄ３４ｅｆ",
        "您的回执码是「AB12-CD34-EF」",
        "\u200bAB12\u3000CD34EF\n",
        "Receipt code: AB12CD34EF",
    ],
)
def test_a_receipt_code_is_found_as_people_copy_it(text: str) -> None:
    assert receipt_code(text) == "AB12CD34EF"


def test_a_text_that_is_too_long_is_compared_as_it_is_written() -> None:
    long = "a" + "\u0301" * 3_000 + "\u0327" * 3_000
    assert meant(long) == long
