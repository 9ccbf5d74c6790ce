"""What of a wish everybody may read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access import Role, Viewer
from rules.refusals import Refusal
from rules.wishes import MOVES, ON_WALL, PUBLISH, WishStatus, check_move, check_public
from schema.languages import message_of

names = st.builds(
    lambda surname, given_name: surname + given_name,
    st.sampled_from(["王", "李", "欧阳", "买", "古"]),
    st.text(st.sampled_from("德顺晓梅国强雪静"), min_size=2, max_size=2),
)
around = st.text(st.sampled_from("想要一张书桌给孩子写作业，。 "), max_size=12)
digits = st.lists(st.sampled_from("0123456789"), min_size=7, max_size=12)
apart = st.sampled_from(["", " ", "-", " - ", "."])


def leaks(text: str, *names_: str, hidden: bool = False) -> bool:
    """True if it may not be published."""
    try:
        check_public(text, names_, hidden=hidden)
    except Refusal:
        return True
    return False


@given(
    names,
    around,
    around,
    st.sampled_from(["{name}", "{first}大爷", "{first}奶奶", "小{first}", "老{first}", "{given}"]),
)
def test_a_name_is_found_wherever_and_however_it_is_written(name: str, before: str, after: str, form: str) -> None:
    surname = name[:-2]
    text = before + form.format(name=name, first=surname, given=name[-2:]) + after
    assert leaks(text, name)
    assert leaks(" ".join(text), name)


@given(names, names, around, st.sampled_from(["{first}奶奶", "小{first}", "{given}", "{given}家"]))
def test_what_is_hidden_is_told_by_full_names_alone(name: str, known: str, before: str, form: str) -> None:
    text = before + form.format(first=name[:-2], given=name[-2:])
    assert leaks(text, known, hidden=True) == leaks(text, hidden=True)
    assert leaks(before + known, known, hidden=True)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("王德顺的书桌", False),
        ("德顺的书桌", False),
        ("王奶奶的书桌", False),
        ("王德顺的书桌", True),
        ("王奶奶的书桌", True),
    ],
)
def test_the_refusal_of_a_name_does_not_say_which(text: str, hidden: bool) -> None:
    with pytest.raises(Refusal) as refused:
        check_public(text, ["李小梅", "王德顺"], hidden=hidden)
    assert refused.value.message() == "填写有误：公开的内容里有姓名或称呼。"
    assert (
        message_of(refused.value, "en") == "Invalid input: a public text may not contain a name or a form of address."
    )


@given(digits, apart, around)
def test_a_number_is_found_however_it_is_written(found: list[str], between: str, around_it: str) -> None:
    assert leaks(around_it + between.join(found))
    wide = "".join(chr(ord(each) - ord("0") + ord("\uff10")) for each in found)
    assert leaks(around_it + wide)


@pytest.mark.parametrize(
    "text",
    [
        "3号楼想要",
        "三号楼",
        "3-2-501",
        "2单元",
        "二单元门口",
        "501室",
        "1203房",
        "5栋",
        "阿依古丽想要一本书",
        "买买提的愿望",
    ],
)
def test_places_and_both_halves_of_a_name_are_found(text: str) -> None:
    assert leaks(text, "阿依古丽·买买提")


@pytest.mark.parametrize(
    "text",
    [
        "一名小学生想要一张书桌",
        "想要一张1米2的书桌，300元以内",
        "一位老人想要一台收音机听评书",
        "想在2024年1月10日前学会用手机",
        "两位老人想拍一张金婚照",
        "想尝尝糖葫芦",
    ],
)
def test_what_tells_nobody_and_nowhere_is_published(text: str) -> None:
    assert not leaks(text, "王德顺", "阿依古丽·买买提", "欧阳娜娜")


@pytest.mark.parametrize("text", ["师傅明天上门", "书桌买好了，老师帮忙挑的", "小方桌和毛巾都送到了", "人手不够"])
def test_what_an_organisation_reports_is_published(text: str) -> None:
    assert not leaks(text, "王德顺", hidden=True)


@given(st.sampled_from(MOVES), st.sampled_from(WishStatus), st.sampled_from([None, *Role]))
def test_a_move_leads_where_the_table_says_or_nowhere(move: object, status: WishStatus, role: Role | None) -> None:
    try:
        after = check_move(Viewer(None, role), move, status)  # type: ignore[arg-type]
    except Refusal:
        return
    assert (status in ON_WALL or after in ON_WALL) or after is WishStatus.DECLINED
    assert status not in {WishStatus.FULFILLED, WishStatus.DECLINED}


def test_nothing_is_on_the_wall_that_was_not_published() -> None:
    entering = [move for move in MOVES if move.target in ON_WALL and not move.sources <= ON_WALL]
    assert entering == [PUBLISH]
