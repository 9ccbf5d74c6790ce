"""Reads and writes registers as .xlsx files."""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import column_index_from_string

from rules.refusals import Said
from rules.registers import (
    ADDRESS_HEADINGS,
    CellProblem,
    Entry,
    Formula,
    doubles,
    is_headings,
    read_headings,
    read_row,
)
from rules.text import for_xml

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_CONTENT = 200 * 1024 * 1024
"""Bytes of a file and of its unpacked content, against zip bombs: some 20 times a register of 20,000 rows."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MEGABYTE = 1 << 20
_RANGE = rb"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?ref=[\"']" + _RANGE)
_LONGEST_TAG = 400
_MOST_ABOVE = 10
"""Rows among which the headings are looked for: a title and some remarks may be above them."""


class Unreadable(Exception):
    """The file cannot be read."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.text)
        self.said = said
        """The reason."""


@dataclass(slots=True)
class Sheet:
    """The first visible sheet of a file: its number of rows, the valid entries, and the problems of the others."""

    name: str
    size: int
    entries: list[Entry] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Merged cells: the first and last column from 0, the first and last row from 1."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[Sheet, Iterator[Any]]]:
    """Opens the first visible sheet and its rows of cells. Raises Unreadable, also while rows are read."""
    with opened_book(path) as book:
        with _unreadable():
            first = next(each for each in book.worksheets if each.sheet_state == "visible")
            size = first.max_row or 0
            merged = list(merged_cells(first))
        yield Sheet(first.title, size, merged=merged), rows_of(first)


@contextmanager
def opened_book(path: Path) -> Iterator[Any]:
    """Opens a workbook. Raises Unreadable."""
    _check_file(path)
    with _unreadable():
        book = openpyxl.load_workbook(path, read_only=True)
    try:
        yield book
    finally:
        book.close()


def rows_of(sheet: Any) -> Iterator[Any]:
    """The rows of cells of a sheet. Raises Unreadable."""
    with _unreadable():
        # The dimensions in the file may be too small, and rows beyond them would be skipped.
        sheet.reset_dimensions()
        rows = sheet.iter_rows()
    while True:
        with _unreadable():
            row = next(rows, None)
        if row is None:
            return
        yield row


@contextmanager
def _unreadable() -> Iterator[None]:
    """Raises Unreadable for any error: openpyxl, lxml and zlib raise many kinds at broken files."""
    try:
        yield
    except Exception as error:
        raise Unreadable(Said("打不开这个文件（{name}）", {"name": type(error).__name__})) from error


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise Unreadable(Said("没有这个文件：{path}", {"path": path}))
    size = path.stat().st_size
    if size > LARGEST_FILE:
        limit = LARGEST_FILE // _MEGABYTE
        raise Unreadable(Said("文件有 {size} MB，最多 {limit} MB", {"size": size // _MEGABYTE, "limit": limit}))
    with path.open("rb") as file:
        first = file.read(4)
    if first == _OLE:
        raise Unreadable(Said("是旧的 .xls 或加密的文件，请另存为 .xlsx"))
    if first != _ZIP or not zipfile.is_zipfile(path):
        raise Unreadable(Said("不是 .xlsx 文件"))
    with zipfile.ZipFile(path) as packed:
        if sum(each.file_size for each in packed.infolist()) > LARGEST_CONTENT:
            raise Unreadable(Said("解压后太大"))
        if "xl/workbook.xml" not in packed.namelist():
            raise Unreadable(Said("不是 .xlsx 文件"))


def read_rows(sheet: Sheet, rows: Iterator[Any], today: date, row_done: Callable[[], object]) -> None:
    """Reads the rows into the sheet's entries and problems; calls ``row_done`` after each."""
    above, at_row = list(islice(rows, _MOST_ABOVE)), 1
    for number, cells in enumerate(above, 1):
        if is_headings([cell.value for cell in cells]):
            at_row = number
            break
    columns, problems = read_headings([cell.value for cell in above[at_row - 1]] if above else [], at_row)
    sheet.problems += problems
    if problems:
        return
    shared = _Shared(sheet.merged, columns)
    for number, cells in enumerate(chain(above[at_row:], rows), at_row + 1):
        values = {name: value_of(cells[at]) for name, at in columns.items() if at < len(cells)}
        shared.fill(number, values)
        if any(value not in {None, ""} for value in values.values()):
            entry, wrong = read_row(number, values, today)
            sheet.entries += [entry] if entry else []
            sheet.problems += wrong
        row_done()
    sheet.problems += doubles(sheet.entries)


class _Shared:
    """Gives each row of a family the address that the office wrote once, in merged cells."""

    def __init__(self, merged: Iterable[tuple[int, int, int, int]], columns: Mapping[str, int]) -> None:
        self._ends = {
            (name, first): last
            for left, right, first, last in merged
            for name, at in columns.items()
            if name in ADDRESS_HEADINGS and left <= at <= right and first < last
        }
        self._open: dict[str, tuple[int, Any]] = {}

    def fill(self, row: int, values: dict[str, Any]) -> None:
        for name in ADDRESS_HEADINGS:
            if (last := self._ends.get((name, row))) is not None:
                self._open[name] = last, values.get(name)
            elif name in self._open and row <= self._open[name][0]:
                values[name] = self._open[name][1]


def merged_cells(sheet: Any) -> Iterator[tuple[int, int, int, int]]:
    """The merged cells of a sheet, which follow its rows in the file: as in :attr:`Sheet.merged`."""
    with sheet._get_source() as source:
        kept = b""
        while chunk := source.read(_MEGABYTE):
            read = kept + chunk
            end = 0
            for found in _MERGED.finditer(read):
                left, right = (column_index_from_string(found[at].decode()) - 1 for at in (1, 3))
                yield left, right, int(found[2]), int(found[4])
                end = found.end()
            kept = read[max(end, len(read) - _LONGEST_TAG) :]


def value_of(cell: Any) -> Any:
    """The value of a cell, but not the result of a formula."""
    if cell.data_type == "f":
        return Formula()
    return cell.value


def write_sheets(file: IO[bytes], **sheets: Sequence[Sequence[Any]]) -> None:
    """Writes sheets by name, each with its rows. Text stays text, even if it looks like a formula."""
    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    book.save(file)


def _cell(sheet: Any, value: Any) -> Any:
    cell = WriteOnlyCell(sheet, value=None)
    cell.value = for_xml(value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.number_format = "@"
    return cell
