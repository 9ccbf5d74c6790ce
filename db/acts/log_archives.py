"""Moves the rows of logs that are older than half a year to a file. One function of the database removes them."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from db import sql
from db.account_log import AccountEvent
from db.base import Identified, alias, column_types, table
from db.calls import Message
from db.centre import Webhook
from db.looks import Look
from db.scope import Scope
from db.transaction import Transaction
from rules.retention import ERASED, LOGS_ON_LINE

LOGS: dict[type[Identified], str] = {Look: "looked_at", AccountEvent: "occurred_at", Webhook: "delivered_at"}
"""The logs and the column with the time of a row. They have ids, and no names."""
LOG_NAMES = tuple(str(table(log).name) for log in LOGS)
BATCH = 10_000
"""Rows of a file: some megabytes, which are written while the transaction is open."""
_BEFORE = sql.parameter("before", sql.INSTANT)
_CLOCK = f"SELECT now() - interval '{LOGS_ON_LINE.days} days'"
_ARCHIVE = "SELECT archive_log($1, $2, $3, $4, $5, $6)"


class Part(NamedTuple):
    """The oldest rows of a log, to be written to a file: its name, which begins with the first id, and its lines."""

    log: str
    name: str
    before: datetime
    up_to: UUID
    lines: list[str]
    """The rows as PostgreSQL writes them as ``jsonb``, from which their digests can be computed again."""


async def oldest_part(tx: Transaction, log: type[Identified]) -> Part | None:
    """The oldest rows that need not be on line any more, by the database's clock; None if there are none.

    After a crash the same rows come again under the same name.
    """
    before: datetime = await tx.fetchval(_CLOCK)
    rows, name = await tx.rows(_old(log), before=before), table(log).name
    if not rows:
        return None
    return Part(name, _file_of(name, rows[0]["id"]), before, rows[-1]["id"], [each["line"] for each in rows])


def _file_of(log: str, first: UUID) -> str:
    return f"{log}-{first}.jsonl.gz"


def first_of_file(log: str, file: str) -> UUID | None:
    """The first id in a file of a log, from its name; None for another name."""
    try:
        first = UUID(file.removeprefix(f"{log}-").removesuffix(".jsonl.gz"))
    except ValueError:
        return None
    return first if file == _file_of(log, first) else None


@cache
def _old(log: type[Identified]) -> Callable[[Scope], sql.Select]:
    name = str(table(log).name)  # The writer takes no subclass of text.
    t, line = sql.Table(name, column_types(log)), sql.cast(sql.func.to_jsonb(sql.raw(name)), sql.TEXT).label("line")
    oldest = sql.select(t.c.id, line).from_(t).where(t.c[LOGS[log]] < _BEFORE).order_by(t.c.id.asc()).limit(BATCH)
    return lambda _: oldest


async def archive(tx: Transaction, part: Part, file: str, sha256: bytes) -> None:
    """Records that the rows of a log up to an id are in a file with this digest, and removes them.

    The database refuses rows that must stay on line, and a number of rows that is not the file's.
    """
    await tx.fetchval(_ARCHIVE, part.log, part.up_to, part.before, len(part.lines), file, sha256)


async def empty_messages(tx: Transaction) -> int:
    """Removes telephone numbers and texts from messages that were sent or parked long ago. Returns how many."""
    return len(await tx.rows(_emptied, before=tx.now - LOGS_ON_LINE))


def _emptied(_: Scope) -> sql.Update:
    t = alias(Message)
    gone = sql.raw(sql.quote(ERASED))
    old = sql.func.coalesce(t.c.sent_at, t.c.parked_at) < _BEFORE
    return sql.update(t, to_phone=gone, body=gone).where(old, t.c.body != gone).returning(t.c.id)
