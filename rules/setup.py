"""The workbook that sets up a community (domain.md section 1): its sheets and columns, read cell by cell."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import product
from math import prod
from typing import Any, TypeVar

from rules.access import Role
from rules.accounts import UserName
from rules.appeals import AppealCategory
from rules.buildings import LONGEST, MOST_NUMBER, BuildingName, check_building_name, numbered
from rules.communities import check_zone_name
from rules.phones import check_phone
from rules.places import MOST_DOORS, MOST_FLOORS, MOST_UNITS, OrganisationKind, PremisesKind, room_of
from rules.refusals import Refusal, Said
from rules.registers import Formula
from rules.text import LINE_LIMIT, clean, one_form
from rules.vocabulary import Word

MOST_ROWS = 5_000
"""Rows of a sheet. Ranges describe a large community in some hundreds."""
MOST_HOMES = 50_000
"""Households of a workbook: a large community has 20,000."""
_MOST_IN_A_RANGE = 500
_PART = re.compile(r"(\d{1,4})(?:[-~—–至到](\d{1,4}))?")
_LETTER = re.compile(r"[^\W\d_]")
_BREAK = re.compile(r"[、，,;；\s]+")
_SUFFIX = re.compile(r"(号楼|栋|号|单元|层|楼|室)(?=[-~—–至到、，,;；\s]|$)")

Key = tuple[Any, ...]
Named = TypeVar("Named")
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a cell. Row 1 holds the headings; row 0 is the whole sheet."""

    sheet: str
    row: int
    heading: str
    reason: object
    """A clause, such as :class:`Said`."""

    def said(self) -> Said:
        """「楼栋 第3行 单元数：未填写」."""
        facts = {"sheet": self.sheet, "row": self.row, "heading": self.heading, "reason": self.reason}
        if not self.row:
            return Said("{sheet}：{reason}", facts)
        return Said("{sheet} 第{row}行 {heading}：{reason}" if self.heading else "{sheet} 第{row}行：{reason}", facts)


class WrongCell(Exception):
    """A cell that cannot be read, with the reason: a clause."""

    def __init__(self, reason: object) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``read`` turns the text of a cell into a value, or raises :class:`WrongCell` or a refusal."""

    heading: str
    required: bool
    read: Callable[[str], Any]
    note: str
    example: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something that the workbook describes: by its natural key, with facts by heading. None is not told."""

    sheet: str
    row: int
    key: Key
    facts: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Form:
    """A sheet: its columns, and those that make the key. A column of several numbers stands for as many items."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    def headings(self) -> tuple[str, ...]:
        return tuple(each.heading for each in self.columns)


def _plain(text: str) -> str:
    return text


def _phone(text: str) -> str:
    return check_phone(text)


def _zone(text: str) -> str:
    return check_zone_name(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in _BREAK.split(text) if each))


def _number(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        found = _numbers(most)(text)
        if len(found) != 1:
            raise WrongCell(Said("应为一个数字"))
        return found[0]

    return read


def _numbers(most: int) -> Callable[[str], tuple[int, ...]]:
    """Numbers and ranges such as 「1-5、8」, from 1 to ``most``."""

    def read(text: str) -> tuple[int, ...]:
        found: dict[int, None] = {}
        for part in _BREAK.split(_SUFFIX.sub("", text)):
            found |= dict.fromkeys(_range(part, most))
        return _few(found)

    return read


def _few(found: Mapping[Named, None]) -> tuple[Named, ...]:
    """The items of a cell. Raises :class:`WrongCell` for more than a row can mean."""
    if len(found) > _MOST_IN_A_RANGE:
        raise WrongCell(Said("一格最多 {most} 个", {"most": _MOST_IN_A_RANGE}))
    return tuple(found)


def _buildings(text: str) -> tuple[BuildingName, ...]:
    """Names, numbers and ranges of numbers, such as 「1-5、8、A座」."""
    found: dict[BuildingName, None] = {}
    for part in filter(None, _BREAK.split(text)):
        number = _SUFFIX.sub("", part)
        if _PART.fullmatch(number) or not _LETTER.search(number):
            found |= dict.fromkeys(BuildingName.of(numbered(each)) for each in _range(number, MOST_NUMBER))
        elif len(part) > LONGEST:
            raise WrongCell(Said("楼名最多 {most} 字", {"most": LONGEST}))
        else:
            found[BuildingName.of(check_building_name(part))] = None
    return _few(found)


def _range(part: str, most: int) -> range:
    said = _PART.fullmatch(part)
    if not said:
        raise WrongCell(Said("「{part}」不是数字或范围，例如 3 或 1-5", {"part": part}))
    first, last = int(said[1]), int(said[2] or said[1])
    if not 1 <= first <= last <= most:
        raise WrongCell(Said("「{part}」应在 1 到 {most} 之间", {"part": part, "most": most}))
    return range(first, last + 1)


def _word(words: type[Word]) -> Callable[[str], Any]:
    known = {each.label: each for each in words} | {each.value: each for each in words}

    def read(text: str) -> Any:
        if text not in known:
            labels = "、".join(each.label for each in words)
            raise WrongCell(Said("没有「{text}」，应为：{labels}", {"text": text, "labels": labels}))
        return known[text]

    return read


def _words(words: type[Word]) -> Callable[[str], tuple[Any, ...]]:
    one = _word(words)
    return lambda text: tuple(one(each) for each in _names(text))


_ESTATE = Column("小区", True, _plain, "小区名称", "金穗家园")
_GRID = Column("网格", True, _plain, "网格名称", "第1网格")
COMMUNITY = Form(
    "社区",
    (
        Column("农场", True, _plain, "农场名称", "三坪农场"),
        Column("社区", True, _plain, "社区名称；一份工作簿只有一个社区", "屯坪社区"),
        Column("电话", False, _phone, "给居民看的电话", "0991-0000000"),
        Column("自办诉求", False, _words(AppealCategory), "由社区自己办理的诉求类别，用顿号隔开", "证明办理、其他"),
        Column("时区", False, _zone, "不填时为 Asia/Shanghai", "Asia/Shanghai"),
    ),
    ("农场", "社区"),
)
ESTATES = Form(
    "小区",
    (
        _ESTATE,
        Column("党支部", False, _plain, "该小区的网格党支部", "金穗家园网格党支部"),
        Column("党支部电话", False, _phone, "居民服务站的电话", ""),
    ),
    ("小区",),
)
GRIDS = Form("网格", (_ESTATE, _GRID), ("小区", "网格"))
BUILDINGS = Form(
    "楼栋",
    (
        _ESTATE,
        Column("楼栋", True, _buildings, "楼号、楼名，或楼号的范围", "1-5"),
        _GRID,
        Column("单元数", True, _number(MOST_UNITS), "每栋有几个单元", "3"),
        Column("楼层数", True, _number(MOST_FLOORS), "每栋有几层", "6"),
    ),
    ("小区", "楼栋"),
)
HOMES = Form(
    "住户",
    (
        _ESTATE,
        Column("楼栋", True, _buildings, "楼号、楼名，或楼号的范围", "1-5"),
        Column("单元", True, _numbers(MOST_UNITS), "单元号，或范围", "1-3"),
        Column("楼层", True, _numbers(MOST_FLOORS), "楼层，或范围", "1-6"),
        Column("户号", True, _numbers(MOST_DOORS), "每层的户号，或范围；5 层的 1 号为 501", "1-2"),
    ),
    ("小区", "楼栋", "单元", "楼层", "户号"),
)
PREMISES = Form(
    "企业商铺工地",
    (
        _ESTATE,
        _GRID,
        Column("名称", True, _plain, "企业、商铺或工地的名称", "惠民超市"),
        Column("类别", True, _word(PremisesKind), "、".join(each.label for each in PremisesKind), "商铺"),
        Column("地址", False, _plain, "地址", "1号楼底商"),
        Column("联系人", False, _plain, "联系人的姓名", ""),
        Column("联系电话", False, _phone, "联系人的电话", ""),
    ),
    ("小区", "网格", "名称"),
)
ORGANISATIONS = Form(
    "单位",
    (
        Column("名称", True, _plain, "单位名称", "三坪热力公司"),
        Column("类别", True, _word(OrganisationKind), "、".join(each.label for each in OrganisationKind), "热力公司"),
        Column("电话", False, _phone, "值班电话", ""),
        Column("负责诉求", False, _words(AppealCategory), "、".join(each.label for each in AppealCategory), "供暖"),
    ),
    ("名称",),
)
ACCOUNTS = Form(
    "账号",
    (
        Column("用户名", True, UserName.of, "登录用的名字，全系统不能重复", "网格员01"),
        Column("姓名", True, _plain, "本人姓名", "张三"),
        Column("岗位", True, _word(Role), "、".join(each.label for each in Role), "网格员"),
        Column("电话", False, _phone, "本人电话", ""),
        Column("小区", False, _plain, "网格长必填；网格、楼栋在几个小区都有时必填", "金穗家园"),
        Column("网格", False, _names, "网格员必填，可有几个", "第1网格"),
        Column("楼栋", False, _buildings, "联户长必填", ""),
        Column("单位", False, _plain, "协作单位、人民调解员必填", ""),
    ),
    ("用户名",),
)
FORMS = (COMMUNITY, ESTATES, GRIDS, BUILDINGS, HOMES, PREMISES, ORGANISATIONS, ACCOUNTS)
GUIDE = "填写说明"
"""The sheet of the template that explains the others. It is not read."""


def read_headings(form: Form, cells: Sequence[Any]) -> tuple[dict[str, int], list[Problem]]:
    """The position of each column, and a problem for each unknown, repeated or missing one."""
    names = ["" if isinstance(cell, Formula) else _text(cell) for cell in cells]
    known = form.headings()
    found = {name: names.index(name) for name in names if name in known}
    odd = [(name, Said("没有这一列")) for name in dict.fromkeys(names) if name and name not in known]
    odd += [(name, Said("列重复")) for name in found if names.count(name) > 1]
    needed = [each.heading for each in form.columns if each.required and each.heading not in found]
    odd += [(name, Said("缺少这一列")) for name in needed]
    return found, [Problem(form.name, 1, *each) for each in odd]


def read_row(form: Form, row: int, cells: Values) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a row by heading, and every problem of the row. Values that cannot be read are left out."""
    values, problems = {}, []
    for column in form.columns:
        try:
            values[column.heading] = _value(column, cells.get(column.heading))
        except (WrongCell, Refusal) as wrong:
            problems.append(Problem(form.name, row, column.heading, wrong.reason))
    return values, problems


def _value(column: Column, cell: Any) -> Any:
    """The value of a cell; None if it is empty."""
    if isinstance(cell, Formula):
        raise WrongCell(Said("是公式，请改为数值"))
    if isinstance(cell, date | datetime | time):
        raise WrongCell(Said("成了日期，请将该列设为文本后重填"))
    # Names stay as they are written. Numbers and words may be typed in full width.
    text = _written(cell) if column.read in {_plain, _names} else _text(cell)
    if len(text) > LINE_LIMIT:
        raise WrongCell(Said("最多 {most} 字", {"most": LINE_LIMIT}))
    try:
        text = clean(text)
    except Refusal as refusal:
        raise WrongCell(refusal.reason) from None
    if column.required and not text:
        raise WrongCell(Said("未填写"))
    return column.read(text) if text else None


def _written(cell: Any) -> str:
    """A cell as text, with whole numbers without a point."""
    if cell is None:
        return ""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()


def _text(cell: Any) -> str:
    """The same with full-width characters in their usual form."""
    text = _written(cell)
    return one_form(text).strip() if len(text) <= LINE_LIMIT else text


def size_of(form: Form, values: Values) -> int:
    """How many items a row describes: none if a cell of its key is missing or cannot be read."""
    if any(values.get(heading) is None for heading in form.key):
        return 0
    return prod(len(_each(values[heading])) for heading in form.key)


def items_of(form: Form, row: int, values: Values) -> Iterator[Item]:
    """The items of a row: one for each combination of the numbers in its key."""
    if not size_of(form, values):
        return
    facts = {name: value for name, value in values.items() if name not in form.key}
    for key in product(*(_each(values[heading]) for heading in form.key)):
        if form is HOMES:
            *place, floor, door = key
            yield Item(form.name, row, (*place, room_of(floor, door)), {"楼层": floor})
        else:
            yield Item(form.name, row, key, facts)


def _each(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
