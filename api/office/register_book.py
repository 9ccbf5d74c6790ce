"""The register of residents as a workbook, filled or empty."""

from collections.abc import Iterable
from typing import IO, Any

from api.office.sheets import write_sheets
from db.acts.register_lines import Line
from rules.people import Relation, Sex, Tenure
from rules.registers import COLOUR_WORDS, COLUMNS, HEADINGS, SEXES

_SEX_WORDS = {sex: word for word, sex in SEXES.items()}
_COLOUR_CELLS = {code: word for word, code in COLOUR_WORDS.items()}


def write_register(file: IO[bytes], lines: Iterable[Line]) -> None:
    """Writes the residents of a community. The file can be imported again."""
    write_sheets(file, 居民=[HEADINGS, *(_cells(line) for line in lines)])


def write_template(file: IO[bytes]) -> None:
    """Writes an empty register and a guide to its columns."""
    write_sheets(file, 居民=[HEADINGS], 填写说明=_guide())


def _guide() -> list[tuple[str, ...]]:
    heads = ("列", "必填", "说明", "例")
    return [heads, *((each.heading, "是" if each.required else "", each.note, each.example) for each in COLUMNS)]


def _cells(line: Line) -> tuple[Any, ...]:
    place = (line.estate, line.building, line.unit, line.floor, line.room)
    colours = "、".join(_COLOUR_CELLS[each] for each in line.colours)
    home = (line.relation and Relation(line.relation).label, line.tenure and Tenure(line.tenure).label)
    facts = (line.name, _SEX_WORDS[Sex(line.sex)], line.id_number, line.born_on, line.phone, *home, colours)
    return (*place, *facts, line.reason, line.moved_in_on)
