"""All rows of a demo, table by table, ready for COPY."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from db.base import all_tables
from db.journal import Journal
from seeds.dice import dice
from seeds.ids import uuid7

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one table, as COPY wants them."""

    table: str
    columns: list[str]
    records: list[tuple[object, ...]]


class Book:
    """Collects rows in any order and gives them back so that each finds what it refers to."""

    def __init__(self, seed: str) -> None:
        self._random = dice(seed)
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)

    def new_id(self, at: datetime) -> UUID:
        """The id of something that comes into being then."""
        return uuid7(at, self._random)

    def add(self, model: type[SQLModel], **values: object) -> None:
        """One row; columns that are not given are null."""
        self._rows[str(model.__tablename__)].append(values)

    def rows(self, model: type[SQLModel]) -> list[Row]:
        """What was written into a table so far."""
        return self._rows[str(model.__tablename__)]

    def sheets(self) -> Iterator[Sheet]:
        """Each table's rows, referred ones first; the journal in the order in which it was written."""
        self._rows[str(Journal.__tablename__)].sort(key=itemgetter("recorded_at"))
        for table in all_tables().sorted_tables:
            if rows := self._rows[table.name]:
                yield _sheet(table, rows)


def _sheet(table: sa.Table, rows: list[Row]) -> Sheet:
    used = {column for row in rows for column in row}
    columns = sorted(used, key=table.columns.keys().index)
    return Sheet(table.name, columns, [tuple(map(row.get, columns)) for row in rows])
