"""Rows of logs that were moved to files, for verifying them against their links."""

import asyncio
import gzip
import hashlib
import json
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from db.acts.log_archives import LOG_NAMES, first_of_file

ReadFile: TypeAlias = Callable[[str], bytes | None]
"""The content of a file by its name; None if there is no such file."""
_KEPT = 4
"""Files that are kept in memory, of some megabytes each. Links and files are both nearly in the order of time."""


class Part(NamedTuple):
    """A file with the rows of a log from one id to another, their number, and its digest."""

    first: UUID
    last: UUID
    rows: int
    file: str
    sha256: bytes


async def read_parts(connection: Any, log: str) -> list[Part]:
    """The files to which rows of a table were moved. Only logs have any, whatever somebody has recorded."""
    if log not in LOG_NAMES:
        return []
    rows = await connection.fetch("select file, up_to, rows, sha256 from log_archive where log = $1 order by id", log)
    found = ((first_of_file(log, row["file"]), row) for row in rows)
    return [Part(first, row["up_to"], row["rows"], row["file"], row["sha256"]) for first, row in found if first]


@dataclass(slots=True)
class MovedRows:
    """Finds rows in the files. The names of files that are missing or changed go to ``wrong``."""

    parts: Sequence[Part]
    read: ReadFile
    wrong: set[str]
    _lines: OrderedDict[str, Mapping[str, str]] = field(default_factory=OrderedDict)

    async def check(self) -> None:
        """Reads each file once, for a log whose rows are not looked up."""
        for part in self.parts:
            await self._lines_of(part)

    async def line(self, row: str) -> str | None:
        """The line of a row by its id; None if no file that is as it was written has it."""
        if not self.parts:
            return None
        uuid = UUID(row)
        for part in self.parts:
            if part.first <= uuid <= part.last and (found := (await self._lines_of(part)).get(row)) is not None:
                return found
        return None

    async def _lines_of(self, part: Part) -> Mapping[str, str]:
        if part.file not in self._lines:
            self._lines[part.file] = await asyncio.to_thread(self._load, part)
            while len(self._lines) > _KEPT:
                self._lines.popitem(last=False)
        self._lines.move_to_end(part.file)
        return self._lines[part.file]

    def _load(self, part: Part) -> Mapping[str, str]:
        content = self.read(part.file)
        lines = _lines_in(content) if content and hashlib.sha256(content).digest() == part.sha256 else {}
        if len(lines) != part.rows:
            self.wrong.add(part.file)
        return lines


def _lines_in(content: bytes) -> Mapping[str, str]:
    """The lines of a file by the ids of the rows; none of a file that is malformed."""
    try:
        return {json.loads(line)["id"]: line for line in gzip.decompress(content).decode().splitlines()}
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        return {}
