"""Marks every text of a database, so that an answer tells which rows and columns it shows."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from db.base import all_tables

_KEPT = {"code", "answer_code", "receipt_code", "sha256", "previous", "hash", "time_zone", "username", "password_hash"}
_KEPT_TABLES = frozenset(
    {"device_session", "system_client", "webhook", "account_event", "scheduler_pass", "record_pending"}
)
"""Texts with a form of their own, which no person wrote."""
_MARK = re.compile(r"¤(\w+)\.(\w+)\.([0-9a-f-]+)¤")
_ID = re.compile(r"\b([a-z]+)_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b")
_PHONE = re.compile(r"\b19\d{9}\b")
_PHONES = {"phone", "reporter_phone", "wisher_phone", "volunteer_phone", "outsider_phone", "contact_phone"}

Mark = tuple[str, str, str]
"""The table, the column and the id of a row."""


def _texts(table: sa.Table) -> list[str]:
    """The columns with words of people."""
    if "id" not in table.c or table.name in _KEPT_TABLES:
        return []
    return [
        each.name
        for each in table.c
        if type(each.type) is sa.Text and not each.computed and each.name not in {*_KEPT, *_PHONES}
    ]


async def mark(url: str) -> dict[str, Mark]:
    """Marks all texts. Telephones become numbers of their own; returns the mark of each."""
    connection = await asyncpg.connect(url)
    numbers: dict[str, Mark] = {}
    try:
        await connection.execute("set session_replication_role = replica")
        for name, table in all_tables().tables.items():
            if columns := _texts(table):
                marked = (f"{each} = {each} || '¤{name}.{each}.' || id || '¤'" for each in columns)
                await connection.execute(f"update {name} set {', '.join(marked)}")
            for column in sorted(_PHONES & set(table.c.keys())):
                for row in await connection.fetch(f"select id from {name} where {column} is not null order by id"):
                    number = f"19{len(numbers):09}"
                    numbers[number] = (name, column, str(row["id"]))
                    await connection.execute(f"update {name} set {column} = $1 where id = $2", number, row["id"])
    finally:
        await connection.close()
    return numbers


def marks_in(answer: str, numbers: dict[str, Mark]) -> Iterator[Mark]:
    """The rows and columns whose texts an answer shows."""
    yield from set(_MARK.findall(answer))
    for number in set(_PHONE.findall(answer)):
        if number in numbers:
            yield numbers[number]


def ids_in(answer: str) -> set[tuple[str, UUID]]:
    """The prefixes and the UUIDs of all global ids in an answer."""
    return {(prefix, UUID(uuid)) for prefix, uuid in _ID.findall(answer)}


def plain(value: Any) -> str:
    """A name as a type of the API has it: ``id_number`` is ``idNumber``."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), str(value))


async def plan_ahead(url: str) -> None:
    """Moves all rosters to the weeks up to the next one, so that acts can change them."""
    connection = await asyncpg.connect(url)
    try:
        latest = await connection.fetchval("select max(monday) from roster_week")
        moved = next_monday(datetime.now(UTC).date()) - latest
        await connection.execute("update roster_week set monday = monday + $1::int", moved.days)
        await connection.execute("update roster_shift set day = day + $1::int", moved.days)
    finally:
        await connection.close()


def next_monday(day: date) -> date:
    """The Monday after a day."""
    return day + timedelta(7 - day.weekday())
