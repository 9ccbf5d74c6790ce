"""The register as communities keep it: a sheet with a heading row, checked cell by cell (domain.md section 2)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from rules.id_numbers import birth_of, check_id_number, sex_of
from rules.people import OLDEST, Colour, Sex
from rules.refusals import Refusal
from rules.text import LINE_LIMIT


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet, with what whoever fills it in should know."""

    heading: str
    required: bool
    note: str
    example: str


COLUMNS = (
    Column("小区", False, "两个小区有同号楼栋时必填", "金穗家园"),
    Column("楼栋", True, "楼号", "3"),
    Column("单元", True, "单元号", "2"),
    Column("楼层", False, "不填时按房号推算；新房号推算不出时必填", "2"),
    Column("房号", True, "户的房号", "201"),
    Column("姓名", True, "居民姓名", "王小明"),
    Column("性别", True, "男或女", "男"),
    Column("身份证号", False, "18 位，该列须为文本格式；加密保存", ""),
    Column("出生日期", False, "年-月-日；填了身份证号可不填", "1990-01-31"),
    Column("电话", False, "联系电话", ""),
    Column("颜色", False, "红、橙、黄、绿、青、蓝，可有几种，用顿号隔开；只增不减", "绿、蓝"),
    Column("颜色原因", False, "红色和橙色必填", ""),
    Column("入住日期", False, "新登记的人不填时为导入当日；迁居、迁回的人必填", "2023-01-01"),
)
HEADINGS = tuple(column.heading for column in COLUMNS)
REQUIRED = tuple(column.heading for column in COLUMNS if column.required)
PLACE_HEADINGS = frozenset({"小区", "楼栋", "单元", "楼层", "房号"})
SEXES = {"男": Sex.MALE, "女": Sex.FEMALE}
COLOUR_WORDS = {"红": "RED", "橙": "ORANGE", "黄": "YELLOW", "绿": "GREEN", "青": "CYAN", "蓝": "BLUE"}
"""As the colours are written in a cell, joined by 、; codes and labels are understood too."""
_COLOURS = {
    **{word: Colour(code) for word, code in COLOUR_WORDS.items()},
    **{f"{word}色": Colour(code) for word, code in COLOUR_WORDS.items()},
    **{colour.value: colour for colour in Colour},
    **{colour.label: colour for colour in Colour},
}
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_COLOUR_BREAK = re.compile(r"[、，,;；\s]+")
Place = tuple[str | None, int, int, str]
"""Estate if it is named, building, unit and room."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong in a cell; row 1 holds the headings."""

    row: int
    heading: str
    text: str

    def __str__(self) -> str:
        """「第12行 身份证号:校验码不对」."""
        return f"第{self.row}行 {self.heading}：{self.text}"


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that is computed rather than written."""

    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that can be put on the register."""

    row: int
    place: Place
    floor: int | None
    name: str
    sex: Sex
    id_number: str | None = field(repr=False)
    born_on: date | None
    phone: str | None
    colours: frozenset[Colour]
    reason: str | None
    moved_in_on: date | None


def read_headings(cells: Sequence[Any]) -> tuple[dict[str, int], list[Problem]]:
    """Where each column stands; unknown, missing and double ones are problems."""
    names = [_text(cell) for cell in cells]
    found = {name: index for index, name in enumerate(names) if name in HEADINGS}
    unknown = [name for name in names if name and name not in HEADINGS]
    double = sorted({name for name in names if name and names.count(name) > 1})
    missing = [name for name in REQUIRED if name not in found]
    problems = [Problem(1, name, "没有这一列") for name in unknown]
    problems += [Problem(1, name, "列重复") for name in double]
    problems += [Problem(1, name, "缺少这一列") for name in missing]
    return found, problems


def read_row(row: int, cells: Mapping[str, Any], today: date) -> tuple[Entry | None, list[Problem]]:
    """The entry in a row, if it can be told where it belongs, and everything that is wrong with it."""
    return _Reader(row, cells, today).read()


def doubles(entries: Iterable[Entry]) -> list[Problem]:
    """People who stand in the file twice: by ID number, or by name at one door unless a date of birth differs."""
    numbers: dict[str, Entry] = {}
    named: dict[tuple[Any, ...], list[Entry]] = {}
    problems = []
    for entry in entries:
        earlier = named.setdefault((entry.name, *entry.place[1:]), [])
        by_number = numbers.setdefault(entry.id_number, entry) if entry.id_number else entry
        by_name = next((each for each in earlier if _alike(each, entry)), entry)
        if by_number is not entry:
            problems.append(Problem(entry.row, "身份证号", f"与第{by_number.row}行重复"))
        elif by_name is not entry:
            problems.append(Problem(entry.row, "姓名", f"与第{by_name.row}行重复"))
        earlier.append(entry)
    return problems


def _alike(one: Entry, other: Entry) -> bool:
    """Nothing that is written down tells two people of one name apart."""
    pairs = ((one.place[0], other.place[0]), (one.born_on, other.born_on), (one.id_number, other.id_number))
    return all(None in pair or pair[0] == pair[1] for pair in pairs)


def _text(cell: Any) -> str:
    """A cell as text: full-width signs as usual ones, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return unicodedata.normalize("NFKC", str(cell)).strip()


class _Reader:
    """Reads one row and collects what is wrong with it."""

    def __init__(self, row: int, cells: Mapping[str, Any], today: date) -> None:
        self._row, self._cells, self._today = row, cells, today
        self._problems: list[Problem] = []

    def read(self) -> tuple[Entry | None, list[Problem]]:
        """The entry, and the problems."""
        for heading, cell in self._cells.items():
            if isinstance(cell, Formula):
                self._wrong(heading, "是公式，请改为数值")
        entry = self._entry()
        if entry.born_on and entry.moved_in_on and entry.moved_in_on < entry.born_on:
            self._wrong("入住日期", "早于出生日期")
        placed = PLACE_HEADINGS.isdisjoint(problem.heading for problem in self._problems)
        return (entry if placed else None), self._problems

    def _entry(self) -> Entry:
        number, sex = self._id_number(), self._sex()
        return Entry(
            row=self._row,
            place=(self._text("小区") or None, self._number("楼栋"), self._number("单元"), self._room()),
            floor=self._floor(),
            name=self._required("姓名"),
            sex=sex or Sex.FEMALE,
            id_number=number,
            born_on=self._fitting(number, sex, self._date("出生日期")),
            phone=self._text("电话") or None,
            colours=self._colours(),
            reason=self._text("颜色原因") or None,
            moved_in_on=self._date("入住日期"),
        )

    def _wrong(self, heading: str, text: str) -> None:
        self._problems.append(Problem(self._row, heading, text))

    def _cell(self, heading: str) -> Any:
        cell = self._cells.get(heading)
        return None if isinstance(cell, Formula) else cell

    def _text(self, heading: str) -> str:
        text = _text(self._cell(heading))
        if len(text) > LINE_LIMIT or "\x00" in text:
            self._wrong(heading, f"最多 {LINE_LIMIT} 字")
        return text

    def _required(self, heading: str) -> str:
        text = self._text(heading)
        if not text and not isinstance(self._cells.get(heading), Formula):
            self._wrong(heading, "未填写")
        return text

    def _room(self) -> str:
        return self._required("房号").removesuffix("室").rstrip()

    def _number(self, heading: str) -> int:
        text = self._required(heading)
        digits = re.fullmatch(r"(\d{1,4})(号楼|栋|号|单元|层)?", text)
        if text and not digits:
            self._wrong(heading, f"「{text}」不是数字")
        return int(digits[1]) if digits else 0

    def _floor(self) -> int | None:
        text = self._text("楼层").removesuffix("层").removesuffix("楼")
        if text and not re.fullmatch(r"-?\d{1,3}", text):
            self._wrong("楼层", f"「{text}」不是数字")
            return None
        return int(text) if text else None

    def _sex(self) -> Sex | None:
        text = self._required("性别")
        if text and text not in SEXES:
            self._wrong("性别", "应为男或女")
        return SEXES.get(text)

    def _date(self, heading: str) -> date | None:
        cell = self._cell(heading)
        day = cell.date() if isinstance(cell, datetime) else cell if isinstance(cell, date) else self._written(heading)
        if day is not None and not OLDEST <= day <= self._today:
            self._wrong(heading, "日期应在 1900 年以后、今天以前")
            return None
        return day

    def _written(self, heading: str) -> date | None:
        text = self._text(heading)
        found = _DATE.fullmatch(text)
        try:
            day = date(*(int(part) for part in found.groups())) if found else None
        except ValueError:
            day = None
        if text and day is None:
            self._wrong(heading, f"「{text}」不是日期")
        return day

    def _id_number(self) -> str | None:
        cell = self._cell("身份证号")
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            self._wrong("身份证号", "是数字格式，末几位已丢失；请将该列设为文本后重填")
            return None
        text = self._text("身份证号")
        if not text:
            return None
        try:
            return check_id_number(text)
        except Refusal as refusal:
            self._wrong("身份证号", str(refusal.details["reason_zh"]))
            return None

    def _fitting(self, number: str | None, sex: Sex | None, born_on: date | None) -> date | None:
        if number is None:
            return born_on
        if sex is not None and sex_of(number) is not sex:
            self._wrong("性别", "与身份证号不符")
        if born_on not in {None, birth_of(number)}:
            self._wrong("出生日期", "与身份证号不符")
        return birth_of(number)

    def _colours(self) -> frozenset[Colour]:
        words = [word for word in _COLOUR_BREAK.split(self._text("颜色")) if word]
        for word in words:
            if word not in _COLOURS:
                self._wrong("颜色", f"没有「{word}」这种颜色")
        return frozenset(_COLOURS[word] for word in words if word in _COLOURS)
