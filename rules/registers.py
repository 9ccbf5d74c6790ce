"""The register as communities keep it: a sheet with a row of headings, checked cell by cell (domain.md section 2)."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from rules.buildings import BuildingName, numbered
from rules.folding import folded_name, folded_room
from rules.id_numbers import birth_of, check_id_number, sex_of
from rules.people import OLDEST, Colour, Relation, Sex, Tenure
from rules.phones import read_phone
from rules.refusals import Code, Joined, Refusal, Said
from rules.text import LINE_LIMIT, check_name, clean, one_form
from rules.vocabulary import Word

SEXES = {"男": Sex.MALE, "女": Sex.FEMALE}
COLOUR_WORDS = dict(zip("红橙黄绿青蓝", Colour, strict=True))
"""The colours by their Chinese characters. Their codes and labels are accepted as well."""
_COLOURS = {
    **COLOUR_WORDS,
    **{f"{word}色": colour for word, colour in COLOUR_WORDS.items()},
    **{colour.value: colour for colour in Colour},
    **{colour.label: colour for colour in Colour},
}
_RELATIONS = {
    **{each.label: each for each in Relation},
    **dict.fromkeys(("夫", "妻", "丈夫", "妻子"), Relation.SPOUSE),
    "户主": Relation.HEAD,
    "儿子": Relation.SON,
    "女儿": Relation.DAUGHTER,
    **dict.fromkeys(("孙子", "孙女", "外孙子", "外孙女"), Relation.GRANDCHILD),
    **dict.fromkeys(("父", "母", "父亲", "母亲"), Relation.PARENT),
    **dict.fromkeys(("祖父", "祖母", "外祖父", "外祖母"), Relation.GRANDPARENT),
    **dict.fromkeys(("兄", "弟", "姐", "妹"), Relation.SIBLING),
}
"""The relations by their labels, and by more precise words that sheets have."""
_TENURES = {each.label: each for each in Tenure} | {"租赁": Tenure.TENANT}
_DATES = (
    re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?: 0?0:00(?::00)?)?"),
    re.compile(r"([0-9]{4})(年) ?([0-9]{1,2})月 ?([0-9]{1,2})日?"),
    re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})"),
)
"""Whole dates. A month alone, or digits that may be read in two ways, are unclear."""
_ERRORS = re.compile(
    r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|BUSY!|GETTING_DATA|#+)", re.IGNORECASE
)
"""What Excel shows in a cell whose formula failed, or which is too narrow for its date."""
_BUILDING = re.compile(r"([^0-9]{0,30}?)第?([0-9]{1,4})(?:号楼|号|栋|幢|座|楼|#楼|#)?")
_LETTERED = re.compile(r"(.{0,30}?)([A-Za-z](?:号楼|号|栋|幢|座|楼|#)?)")
"""The name of the estate, if it stands before the number or the letter, and the building without it."""
_MOST_OF_A_NAME = 40
"""Characters of a building's name with the estate before it."""
_NO_UNIT = frozenset({"无", "无单元", "没有", "-", "—", "/", "0"})
NO_UNIT = 0
"""The unit of a row whose building is not divided into units."""
_OTHER_NAMES = {
    "小区": ("小区名称", "所属小区", "住宅小区"),
    "楼栋": ("楼号", "楼栋号", "幢号", "栋号", "楼", "楼幢"),
    "单元": ("单元号",),
    "楼层": ("层", "层数", "所在楼层"),
    "房号": ("房间号", "室号", "门牌号", "户号", "房间", "室"),
    "姓名": ("居民姓名", "名字", "人员姓名"),
    "身份证号": ("身份证号码", "身份证", "公民身份号码", "证件号码", "居民身份证号"),
    "出生日期": ("出生年月日", "生日", "出生"),
    "电话": ("联系电话", "手机", "手机号", "手机号码", "电话号码", "联系方式"),
    "与户主关系": ("与户主的关系", "户主关系", "家庭关系", "关系"),
    "居住性质": ("房屋性质", "居住类型", "住房性质"),
    "颜色": ("六色", "人员颜色"),
    "颜色原因": ("原因",),
    "入住日期": ("入住时间", "迁入日期", "入住"),
}
"""Other headings that offices give the columns."""
_COLOUR_BREAK = re.compile(r"[、，,;；\s]+")
Address = tuple[str | None, BuildingName, int, str]
"""Estate (if it is named), building, unit and room."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet; ``read`` turns a cell and its text into a value, or raises :class:`WrongCell`."""

    heading: str
    required: bool
    read: Callable[[Any, str], Any]
    note: str
    example: str


class WrongCell(Exception):
    """A cell that cannot be read, with the reason: a clause for the person who fills in the sheet."""

    def __init__(self, reason: object) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True, order=True)
class CellProblem:
    """A mistake in a cell; row 1 holds the headings."""

    row: int
    heading: str
    reason: object = field(compare=False)
    """A clause, such as :class:`Said`."""

    def said(self) -> Said:
        """「第12行 身份证号：校验码不对」."""
        return Said("第{row}行 {heading}：{reason}", {"row": self.row, "heading": self.heading, "reason": self.reason})


class Formula:
    """A cell that holds a formula."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row whose place is known, so that it can be put on the register."""

    row: int
    place: Address
    floor: int | None
    name: str
    sex: Sex
    id_number: str | None = field(repr=False)
    born_on: date | None
    phone: str | None
    colours: frozenset[Colour]
    reason: str | None
    moved_in_on: date | None
    relation: Relation | None = None
    tenure: Tenure | None = None
    whole: tuple[str | None, BuildingName] | None = None
    """The estate and the building if the words before the number are the building's: 「甲3号楼」."""


def _plain(_: Any, text: str) -> str:
    return text


def _building(_: Any, text: str) -> tuple[str, BuildingName, BuildingName]:
    """The words before the number, which may name the estate, and the building without and with them."""
    said = "".join(text.split())
    if len(said) > _MOST_OF_A_NAME:
        raise WrongCell(Said("不是楼号；请填登记的楼号，例如 3 或 A座"))
    found = _BUILDING.fullmatch(said) or _LETTERED.fullmatch(said)
    if not found:
        return "", _named(said), _named(said)
    return found[1], _named(found[2]), _named(said)


def _named(said: str) -> BuildingName:
    return BuildingName.of(numbered(int(said)) if said.isdecimal() else said)


def _unit(_: Any, text: str) -> int:
    if text in _NO_UNIT:
        return NO_UNIT
    digits = re.fullmatch("第?([0-9]{1,4})(?:单元|门)?", "".join(text.split()))
    if not digits:
        raise WrongCell(Said("「{text}」不是单元号", {"text": text}))
    return int(digits[1])


def _floor(_: Any, text: str) -> int | None:
    digits = text.removesuffix("层").removesuffix("楼").strip()
    if digits and not re.fullmatch("-?[0-9]{1,3}", digits):
        raise WrongCell(Said("「{text}」不是数字", {"text": digits}))
    return int(digits) if digits else None


def _kept(cell: Any, text: str) -> str:
    """A text as the sheet has it."""
    return check_name(cell) if isinstance(cell, str) else text


def _phone(cell: Any, text: str) -> str:
    """A number in its one form. What is no number, such as two of them, stays as the sheet has it."""
    return read_phone(text) or _kept(cell, text)


def _sex(_: Any, text: str) -> Sex:
    if text not in SEXES:
        raise WrongCell(Said("应为男或女"))
    return SEXES[text]


def _date(cell: Any, text: str) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    for form in _DATES:
        if found := form.fullmatch(text):
            with suppress(ValueError):
                return date(int(found[1]), int(found[3]), int(found[4]))
    raise WrongCell(Said("「{text}」不是完整的日期；请写明年、月、日，例如 1965-12-01", {"text": text}))


def _id_number(cell: Any, text: str) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        raise WrongCell(Said("是数字格式，末几位已丢失；请将该列设为文本后重填"))
    try:
        return check_id_number(text)
    except Refusal as refusal:
        raise WrongCell(refusal.reason) from None


def _colours(_: Any, text: str) -> frozenset[Colour]:
    words = [word for word in _COLOUR_BREAK.split(text) if word]
    if unknown := [word for word in words if word not in _COLOURS]:
        raise WrongCell(Said("没有「{unknown}」这种颜色", {"unknown": Joined(unknown)}))
    return frozenset(_COLOURS[word] for word in words)


def _relation(_: Any, text: str) -> Relation:
    if text not in _RELATIONS:
        raise _none_of(Relation)
    return _RELATIONS[text]


def _tenure(_: Any, text: str) -> Tenure:
    if text not in _TENURES:
        raise _none_of(Tenure)
    return _TENURES[text]


def _none_of(words: type[Word]) -> WrongCell:
    return WrongCell(Said("应为{words}之一", {"words": Joined([each.label for each in words])}))


COLUMNS = (
    Column("小区", False, _plain, "两个小区有同号楼栋时必填", "金穗家园"),
    Column("楼栋", True, _building, "楼号", "3"),
    Column("单元", True, _unit, "单元号；不分单元的写无", "2"),
    Column("楼层", False, _floor, "不填时按房号推算；新房号推算不出时必填", "2"),
    Column("房号", True, _kept, "户的房号", "201"),
    Column("姓名", True, _kept, "居民姓名", "王小明"),
    Column("性别", True, _sex, "男或女", "男"),
    Column("身份证号", False, _id_number, "18 位，该列须为文本格式；加密保存", ""),
    Column("出生日期", False, _date, "年-月-日；填了身份证号可不填", "1990-01-31"),
    Column("电话", False, _phone, "联系电话", ""),
    Column("与户主关系", False, _relation, "户主填本人；其他人填配偶、子、女等，每户最多一位户主", "子"),
    Column("居住性质", False, _tenure, "自有、租住或借住", "自有"),
    Column("颜色", False, _colours, "红、橙、黄、绿、青、蓝，可有几种，用顿号隔开；只增不减", "绿、蓝"),
    Column("颜色原因", False, _plain, "红色和橙色必填", ""),
    Column("入住日期", False, _date, "新登记的人不填时为导入当日；迁居、迁回的人必填", "2023-01-01"),
)
HEADINGS = tuple(column.heading for column in COLUMNS)
REQUIRED = tuple(column.heading for column in COLUMNS if column.required)
ADDRESS_HEADINGS = frozenset({"小区", "楼栋", "单元", "楼层", "房号"})


_HEADING_OF = {name: name for name in HEADINGS} | {
    other: name for name, others in _OTHER_NAMES.items() for other in others
}
_FEWEST_HEADINGS = 3
"""A row with fewer of them is a title."""


def _heading(cell: Any) -> str:
    """The heading that a cell means: without blanks, a star or a remark in parentheses."""
    said = re.sub(r"\([^)]*\)|[*:]", "", "".join(_text(cell).split()))
    return _HEADING_OF.get(said, said)


def is_headings(cells: Sequence[Any]) -> bool:
    """True for the row of headings. Above it there may be a title and remarks."""
    return len({_heading(cell) for cell in cells}.intersection(HEADINGS)) >= _FEWEST_HEADINGS


def read_headings(cells: Sequence[Any], row: int = 1) -> tuple[dict[str, int], list[CellProblem]]:
    """The position of each column, and a problem for each unknown, repeated or missing one."""
    names = [_heading(cell) for cell in cells]
    found = {name: index for index, name in enumerate(names) if name in HEADINGS}
    problems = [CellProblem(row, name, Said("没有这一列")) for name in names if name and name not in HEADINGS]
    repeated = sorted(name for name, number in Counter(names).items() if name and number > 1)
    problems += [CellProblem(row, name, Said("列重复")) for name in repeated]
    problems += [CellProblem(row, name, Said("缺少这一列")) for name in REQUIRED if name not in found]
    return found, problems


def read_row(row: int, cells: Mapping[str, Any], today: date) -> tuple[Entry | None, list[CellProblem]]:
    """The entry of a row, if its place is known, and every problem of the row."""
    values: dict[str, Any] = dict.fromkeys(HEADINGS)
    wrong: dict[str, object] = {}
    for column in COLUMNS:
        try:
            values[column.heading] = _value(column, cells.get(column.heading), today)
        except WrongCell as error:
            wrong[column.heading] = error.reason
    wrong |= _contradictions(values)
    problems = [CellProblem(row, heading, reason) for heading, reason in wrong.items()]
    if not ADDRESS_HEADINGS.isdisjoint(wrong):
        return None, problems
    number = values["身份证号"]
    (estate, building), whole = _building_of(values["小区"], *values["楼栋"])
    entry = Entry(
        row=row,
        place=(estate, building, values["单元"], values["房号"]),
        whole=whole,
        floor=values["楼层"],
        name=values["姓名"] or "",
        sex=values["性别"] or Sex.FEMALE,
        id_number=number,
        born_on=birth_of(number) if number else values["出生日期"],
        phone=values["电话"],
        colours=values["颜色"] or frozenset(),
        reason=values["颜色原因"],
        moved_in_on=values["入住日期"],
        relation=values["与户主关系"],
        tenure=values["居住性质"],
    )
    return entry, problems


def _building_of(
    estate: str | None, named: str, rest: BuildingName, whole: BuildingName
) -> tuple[tuple[str | None, BuildingName], tuple[str | None, BuildingName] | None]:
    """The estate and the building of a row, and the other way in which its building may be read."""
    if not named:
        return (estate, rest), None
    if estate and named not in estate:
        return (estate, whole), None
    return (estate or named, rest), (estate, whole)


def _value(column: Column, cell: Any, today: date) -> Any:
    """The value of a cell; ``None`` if it is empty."""
    if isinstance(cell, Formula):
        raise WrongCell(Said("是公式，请改为数值"))
    try:
        text = _text(cell)
    except Refusal as refusal:
        too_long = refusal.code is Code.TOO_LONG
        raise WrongCell(Said("最多 {most} 字", {"most": LINE_LIMIT}) if too_long else refusal.reason) from None
    if _ERRORS.fullmatch(text):
        raise WrongCell(Said("是公式出错的结果「{text}」，请改为实际内容", {"text": text}))
    if column.required and not text:
        raise WrongCell(Said("未填写"))
    value = column.read(cell, text) if text else None
    if isinstance(value, date) and not OLDEST <= value <= today:
        raise WrongCell(Said("日期应在 1900 年以后、今天以前"))
    return value


def _contradictions(values: Mapping[str, Any]) -> dict[str, object]:
    """The cells that contradict another one."""
    wrong: dict[str, object] = {}
    number, born_on = values["身份证号"], values["出生日期"]
    if number and values["性别"] not in {None, sex_of(number)}:
        wrong["性别"] = Said("与身份证号不符")
    if number and born_on not in {None, birth_of(number)}:
        wrong["出生日期"] = Said("与身份证号不符")
    born_on = birth_of(number) if number else born_on
    if born_on and values["入住日期"] and values["入住日期"] < born_on:
        wrong["入住日期"] = Said("早于出生日期")
    return wrong


def _text(cell: Any) -> str:
    """A cell as text, with full-width characters in their usual form and whole numbers without a point.

    Raises INVALID_INPUT and TOO_LONG as :func:`rules.text.clean` does.
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return one_form(clean(str(cell), limit=LINE_LIMIT)).strip()


def doubles(entries: Iterable[Entry]) -> list[CellProblem]:
    """People who are in the file twice: by ID number, or by name and door unless other facts tell them apart."""
    numbers: dict[str, Entry] = {}
    named: dict[tuple[Any, ...], list[Entry]] = {}
    problems = []
    for entry in entries:
        earlier = named.setdefault((folded_name(entry.name), *entry.place[1:3], folded_room(entry.place[3])), [])
        by_number = numbers.setdefault(entry.id_number, entry) if entry.id_number else entry
        by_name = next((each for each in earlier if _alike(each, entry)), entry)
        if by_number is not entry:
            problems.append(CellProblem(entry.row, "身份证号", Said("与第{row}行重复", {"row": by_number.row})))
        elif by_name is not entry:
            problems.append(CellProblem(entry.row, "姓名", Said("与第{row}行重复", {"row": by_name.row})))
        earlier.append(entry)
    return problems


def _alike(one: Entry, other: Entry) -> bool:
    """True if no fact tells two entries of one name apart."""
    facts = ((each.place[0], each.born_on, each.id_number, each.phone, each.sex) for each in (one, other))
    return all(None in pair or pair[0] == pair[1] for pair in zip(*facts, strict=True))
