"""The rows of the demo data, collected table by table and written by COPY."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from db.accounts import Account
from db.base import all_tables
from db.journal import Journal
from db.people import Resident
from rules.folding import folded_username
from seeds.ids import seeded, uuid7

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one table, as COPY takes them."""

    table: str
    columns: list[str]
    records: list[tuple[object, ...]]


class Book:
    """Collects rows in any order, and returns them in an order that satisfies the foreign keys."""

    def __init__(self, seed: str) -> None:
        self._random = seeded(seed)
        self._rows: defaultdict[type[SQLModel], list[Row]] = defaultdict(list)

    def new_id(self, at: datetime) -> UUID:
        """The id of an object created at that moment."""
        return uuid7(at, self._random)

    def add(self, model: type[SQLModel], **values: object) -> None:
        """Adds a row; columns that are not given are null."""
        self._rows[model].append(values)

    def rows(self, model: type[SQLModel]) -> list[Row]:
        """The rows of a table so far, which may still be changed."""
        return self._rows[model]

    def sheets(self) -> Iterator[Sheet]:
        """The tables that have rows, referenced ones first; the journal is sorted by time."""
        self._rows[Journal].sort(key=itemgetter("recorded_at"))
        for row in self._rows[Resident]:
            resident = Resident(**row)
            resident.derive({})
            row |= {"name_folded": resident.name_folded, "found_by": resident.found_by}
        for row in self._rows[Account]:
            row["username_key"] = folded_username(str(row["username"]))
        named = {str(model.__tablename__): rows for model, rows in self._rows.items()}
        for table in all_tables().sorted_tables:
            if rows := named.get(table.name):
                yield _sheet(table, rows)

    async def copy(self, connection: Any) -> None:
        """Copies all rows into the database."""
        for sheet in self.sheets():
            await connection.copy_records_to_table(sheet.table, records=sheet.records, columns=sheet.columns)


def _sheet(table: sa.Table, rows: list[Row]) -> Sheet:
    used = {column for row in rows for column in row}
    columns = sorted(used, key=table.columns.keys().index)
    return Sheet(table.name, columns, [tuple(map(row.get, columns)) for row in rows])
