"""The sheet's rules, pure: how cells are written, and which rows are one person."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.imports import row_of
from rules.buildings import BuildingName
from rules.people import Colour, Relation, Sex, Tenure
from rules.refusals import written
from rules.registers import HEADINGS, REQUIRED, CellProblem, Entry, doubles, read_headings, read_row

TODAY = date(2023, 12, 20)
THIRD = BuildingName.of("3号楼")
RIGHT = {"楼栋": "3", "单元": "2", "房号": "501", "姓名": "王小明", "性别": "男"}
CELLS = st.none() | st.text(max_size=30) | st.integers() | st.floats() | st.booleans() | st.dates() | st.datetimes()


def entry(row: int = 2, **facts: Any) -> Entry:
    """The entry in a right row."""
    found, problems = read_row(row, RIGHT | facts, TODAY)
    assert problems == []
    assert found is not None
    return found


@pytest.mark.parametrize(
    "written",
    ["2021-03-04", "2021/3/4", "2021.03.04", "2021年3月4日", "20210304", "２０２１－０３－０４", date(2021, 3, 4)],
)
def test_dates_as_offices_write_them(written: Any) -> None:
    assert entry(入住日期=written).moved_in_on == date(2021, 3, 4)


def test_dates_with_a_time_of_day_are_that_day() -> None:
    assert entry(入住日期=datetime.fromisoformat("2021-03-04T08:00")).moved_in_on == date(2021, 3, 4)


@pytest.mark.parametrize("written", ["3", 3, 3.0, "3号楼", "３栋", " 3 "])
def test_numbers_as_offices_write_them(written: Any) -> None:
    assert entry(楼栋=written).place == (None, THIRD, 2, "501")


@pytest.mark.parametrize("written", ["红、蓝", "红 蓝", "红色,蓝色", "独居老人;热心志愿者", "RED，BLUE"])
def test_colours_as_offices_write_them(written: str) -> None:
    assert entry(颜色=written, 颜色原因="独居").colours == {Colour.RED, Colour.BLUE}


@pytest.mark.parametrize(
    ("written", "relation"),
    [("本人", Relation.HEAD), (" 户主 ", Relation.HEAD), ("妻", Relation.SPOUSE), ("外孙女", Relation.GRANDCHILD)],
)
def test_relations_as_offices_write_them(written: str, relation: Relation) -> None:
    assert entry(与户主关系=written).relation is relation
    assert entry(居住性质="租赁").tenure is Tenure.TENANT


def test_a_row_says_whom_and_where() -> None:
    assert entry(房号="501室", 小区="金穗家园", 楼层="5层") == Entry(
        row=2,
        place=("金穗家园", THIRD, 2, "501室"),
        floor=5,
        name="王小明",
        sex=Sex.MALE,
        id_number=None,
        born_on=None,
        phone=None,
        colours=frozenset(),
        reason=None,
        moved_in_on=None,
    )


@pytest.mark.long
@given(st.fixed_dictionaries(dict.fromkeys(HEADINGS, CELLS)))
def test_whatever_stands_in_the_cells_is_read_or_named(cells: dict[str, Any]) -> None:
    found, problems = read_row(7, cells, TODAY)
    assert all(problem.row == 7 and problem.heading in HEADINGS and written(problem.said()) for problem in problems)
    assert problems or found is not None
    if not problems:
        assert found is not None
        assert found.name
        assert found.place[1].text


@given(st.permutations(HEADINGS))
def test_columns_may_stand_in_any_order(names: list[str]) -> None:
    columns, problems = read_headings(names)
    assert problems == []
    assert [names[columns[name]] for name in HEADINGS] == list(HEADINGS)


def said(problems: Iterable[CellProblem]) -> list[object]:
    """The problems in Chinese."""
    return [written(each.said()) for each in problems]


def test_each_needed_column_is_asked_for() -> None:
    for name in HEADINGS:
        _, problems = read_headings([each for each in HEADINGS if each != name])
        assert said(problems) == ([f"第1行 {name}：缺少这一列"] if name in REQUIRED else [])


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"出生日期": "1990-01-31"}, True),
        ({"小区": "金穗家园"}, True),
        ({"房号": "502"}, False),
        ({"姓名": "王小亮"}, False),
    ],
)
def test_who_stands_in_the_sheet_twice(other: dict[str, Any], same: bool) -> None:
    found = doubles([entry(2), entry(3, **other)])
    assert said(found) == (["第3行 姓名：与第2行重复"] if same else [])


def test_father_and_son_of_one_name_are_told_apart_by_their_births() -> None:
    assert doubles([entry(2, 出生日期="1960-01-01"), entry(3, 出生日期="1990-01-31")]) == []


def test_the_register_of_the_benchmark_is_right() -> None:
    for number in range(3):
        _, problems = read_row(2, row_of(number, (3, 2, "201")), date(2026, 1, 1))
        assert problems == []
