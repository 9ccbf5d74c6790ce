"""The rules of the workbook: ranges, cells, and what a workbook adds to what is known."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access import Role
from rules.buildings import BuildingName
from rules.places import check_shape, checked_facts, room_of
from rules.refusals import Refusal, written
from rules.setup import ACCOUNTS, BUILDINGS, COMMUNITY, FORMS, HOMES, Item, items_of, read_row, size_of
from rules.setup_plan import HELD_IN, Known, plan

BUILDINGS_IN = next(each for each in BUILDINGS.columns if each.heading == "楼栋").read


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("3", (3,)),
        ("3号楼", (3,)),
        ("1-3", (1, 2, 3)),
        ("1号楼至3号楼", (1, 2, 3)),
        ("1~2、5，7", (1, 2, 5, 7)),
        ("2、1-3", (2, 1, 3)),
    ],
)
def test_numbers_are_read_as_people_write_them(said: str, numbers: tuple[int, ...]) -> None:
    assert [str(each) for each in BUILDINGS_IN(said)] == [f"{number}号楼" for number in numbers]


@pytest.mark.long
@given(st.text(max_size=20))
def test_any_text_is_numbers_or_a_named_problem(said: str) -> None:
    values, problems = read_row(BUILDINGS, 2, {"楼栋": said})
    assert problems or values["楼栋"]


def _cells(**more: Any) -> dict[str, Any]:
    return {"小区": "甲园", "楼栋": "1-2", "单元": "1-3", "楼层": "1-5", "户号": "1-2"} | more


def test_a_row_of_ranges_is_as_many_homes() -> None:
    values, problems = read_row(HOMES, 2, _cells())
    assert problems == []
    items = list(items_of(HOMES, 2, values))
    assert (size_of(HOMES, values), len(items)) == (60, 60)
    assert items[-1].key == ("甲园", BuildingName.of("2号楼"), 3, "502")


@pytest.mark.long
@given(st.tuples(*(st.integers(1, 9) for _ in range(4))))
def test_the_size_is_known_before_anything_is_made(sizes: tuple[int, ...]) -> None:
    ranges = {name: f"1-{size}" for name, size in zip(("楼栋", "单元", "楼层", "户号"), sizes, strict=True)}
    values, _ = read_row(HOMES, 2, _cells(**ranges))
    assert size_of(HOMES, values) == len({item.key for item in items_of(HOMES, 2, values)})


def _items(**facts: Any) -> dict[str, list[Item]]:
    return {COMMUNITY.name: [Item(COMMUNITY.name, 2, ("甲", "乙"), facts)]}


def test_what_is_known_is_not_added_again_and_an_empty_cell_says_nothing() -> None:
    known = Known({COMMUNITY.name: {("甲", "乙"): {"电话": "110", "时区": "Asia/Shanghai"}}})
    made = plan(_items(电话=None, 时区="Asia/Shanghai"), known)
    assert (made.problems, made.filled, made.counts()[COMMUNITY.name]) == ([], [], 0)


def test_what_is_not_known_yet_is_filled_in_and_what_differs_is_a_problem() -> None:
    known = Known({COMMUNITY.name: {("甲", "乙"): {"电话": None, "时区": "Asia/Shanghai"}}})
    assert plan(_items(电话="120", 时区=None), known).filled[0][1] == {"电话": "120"}
    (problem,) = plan(_items(电话=None, 时区="Asia/Urumqi"), known).problems
    assert (problem.heading, problem.row) == ("时区", 2)
    assert "这里只能新增，更正请在系统中办理" in str(written(problem.said()))


def test_every_role_is_held_in_a_place_that_the_sheet_of_accounts_names() -> None:
    headings = {*ACCOUNTS.headings(), COMMUNITY.name, None}
    assert HELD_IN.keys() == set(Role)
    assert set(HELD_IN.values()) <= headings


def test_every_example_of_the_template_can_be_read() -> None:
    for form in FORMS:
        values, problems = read_row(form, 2, {each.heading: each.example for each in form.columns})
        assert problems == []
        assert size_of(form, values) > 0


def test_a_room_has_its_floor_and_two_digits() -> None:
    assert [room_of(5, 1), room_of(11, 12)] == ["501", "1112"]


@pytest.mark.parametrize("shape", [(0, 1), (1, 0), (51, 1), (1, 151)])
def test_numbers_that_no_building_has_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(Refusal, match="INVALID_INPUT"):
        check_shape(*shape)


def test_null_removes_a_telephone_and_no_name() -> None:
    assert checked_facts({"name": None, "phone": None, "contact_name": " "}) == {"phone": None, "contact_name": None}
