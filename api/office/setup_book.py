"""The workbook that sets up a community: read, and written as a template."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from api.office.sheets import merged_cells, opened_book, rows_of, value_of, write_sheets
from rules.refusals import Said
from rules.setup import (
    FORMS,
    GUIDE,
    MOST_HOMES,
    MOST_ROWS,
    Form,
    Item,
    Problem,
    Values,
    items_of,
    read_headings,
    read_row,
    size_of,
)


@dataclass(slots=True)
class SetupBook:
    """The items of a workbook by sheet, and the problems found while reading it."""

    items: dict[str, list[Item]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, form: Form, row: int, cells: Values) -> None:
        """Reads a row of cells by heading."""
        values, problems = read_row(form, row, cells)
        self.problems += problems
        items = self.items.setdefault(form.name, [])
        if len(items) + size_of(form, values) > MOST_HOMES:
            reason = Said("一份工作簿最多 {most} 项", {"most": MOST_HOMES})
            self.problems.append(Problem(form.name, row, form.key[-1], reason))
        else:
            items += items_of(form, row, values)


def read_book(file: Path) -> SetupBook:
    """Reads all sheets. Raises Unreadable if the file cannot be opened."""
    read = SetupBook()
    with opened_book(file) as book:
        sheets = {sheet.title.strip(): sheet for sheet in book.worksheets}
        known = {form.name: form for form in FORMS}
        unknown = [name for name in sheets if name not in {*known, GUIDE}]
        read.problems += [Problem(name, 0, "", Said("没有这张表")) for name in unknown]
        for name, form in known.items():
            if name in sheets:
                _read_sheet(sheets[name], form, read)
    return read


def _read_sheet(sheet: Any, form: Form, read: SetupBook) -> None:
    rows = rows_of(sheet)
    columns, problems = read_headings(form, [value_of(cell) for cell in next(rows, ())])
    read.problems += problems
    if problems:
        return
    for number, cells in enumerate(rows, 2):
        if number > MOST_ROWS + 1:
            read.problems.append(Problem(form.name, 0, "", Said("最多 {most} 行", {"most": MOST_ROWS})))
            return
        values = {name: value_of(cells[at]) for name, at in columns.items() if at < len(cells)}
        if any(value not in {None, ""} for value in values.values()):
            read.add(form, number, values)
    names = {at: name for name, at in columns.items()}
    # Of all but the first of merged cells the content is lost.
    for column, _, row, _ in merged_cells(sheet):
        read.problems.append(Problem(form.name, row, names.get(column, ""), Said("是合并的单元格，请拆开")))


def write_setup_template(file: IO[bytes]) -> None:
    """Writes an empty workbook and a guide to its columns."""
    write_sheets(file, **{form.name: [form.headings()] for form in FORMS}, **{GUIDE: _guide()})


def _guide() -> list[tuple[str, ...]]:
    rows = [
        (form.name, each.heading, "是" if each.required else "", each.note, each.example)
        for form in FORMS
        for each in form.columns
    ]
    return [("表", "列", "必填", "说明", "例"), *rows]
