"""The links of the record: each row of the journal, the evidence, the looks and the log of accounts gets a position.

Writers do not wait for each other: a trigger notes each new row as pending, in the writer's transaction, and a
background turn links what was committed, in one order, under an advisory lock.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import sql
from db.base import Row, alias, choice, moment, text
from db.scope import Scope
from rules.record import BEGINNING, Chain, Head, Keys, Link, Said, link_all

LOCK = 7_416_002_024
"""The key of the advisory lock around the links: an arbitrary number that no other lock uses."""
AT_ONCE = 1_000
"""Rows of one turn: some 50 ms, so that a turn that is cut off loses little."""
PAGE = 2_000
"""Rows that are verified at once. Larger pages are not faster."""


class RecordPending(Row, table=True):
    """A row that waits for its link."""

    id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    chain: Chain = choice(Chain)
    row_id: str = text()
    noted_at: datetime = moment(now=True)

    __table_args__ = (sa.Index("ix_record_pending_chain", "chain", "id"),)


class _Link(Row):
    """A link, without the id of its row. The tables are append-only, and have no foreign keys: a row may be missing."""

    position: int = Field(sa_type=sa.BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    form: int
    """Which columns the canonical form of the row has (:class:`Kept`)."""
    digest: bytes
    linked_at: datetime = moment()
    emptied: bool
    link: bytes


class JournalLink(_Link, table=True):
    """The position of an entry of the journal."""

    row_id: int = Field(sa_type=sa.BigInteger, unique=True)


class EvidenceLink(_Link, table=True):
    """The position of a piece of evidence."""

    row_id: UUID = Field(unique=True)


class LookLink(_Link, table=True):
    """The position of a look."""

    row_id: UUID = Field(unique=True)


class AccountEventLink(_Link, table=True):
    """The position of an entry of the log of accounts."""

    row_id: UUID = Field(unique=True)


class LogArchiveLink(_Link, table=True):
    """The position of a record of rows that were moved to a file."""

    row_id: UUID = Field(unique=True)


class NoteErasureLink(_Link, table=True):
    """The position of a record of notes that were emptied."""

    row_id: UUID = Field(unique=True)


@dataclass(frozen=True, slots=True)
class Kept:
    """A chained table, the column with the time that a row says, and the columns that its canonical forms leave out.

    ``note`` is the column with a note that may be emptied later, ``note_erased`` SQL for whether the record says so.

    The canonical form of a row is the text of its ``jsonb`` in UTC, which PostgreSQL writes in one way. A migration
    that adds a column adds a form: the earlier forms leave the new column out, and the links that were made stay valid.
    """

    table: str
    said_at: str
    id_type: str = "uuid"
    forms: tuple[tuple[str, ...], ...] = ((),)
    note: str = "null"
    note_erased: str = "false"

    @property
    def form(self) -> int:
        """The form of new links."""
        return len(self.forms)

    def row(self, uuid: str, form: str, most: int = 1) -> str:
        """SQL for what one row says, or several if somebody has dropped the primary key.

        The limit makes PostgreSQL look up row by row, also before it has statistics of the tables.
        """
        forms = " ".join(f"when {number} then array{list(out)}::text[]" for number, out in enumerate(self.forms, 1))
        return f"""select (to_jsonb(t) - case {form} {forms} end)::text as canonical, {self.note} as note,
                t.{self.said_at} as said_at, {self.note_erased} as note_erased
            from {self.table} t where t.id = {uuid}::{self.id_type} limit {most}"""

    def said(self, form: int, line: str) -> Said | None:
        """What a row says that was moved to a file as the text of its ``jsonb``; None if the line is none."""
        try:
            content = json.loads(line)
            said_at = datetime.fromisoformat(content[self.said_at])
            left_out = dict(enumerate(self.forms, 1))[form]
        except (ValueError, KeyError, TypeError):
            return None
        kept = {name: value for name, value in content.items() if name not in left_out}
        return Said(json.dumps(kept, ensure_ascii=False), None, said_at)


_NOTE_ERASED = """(t.note_erased_at is not null and exists (
    select from note_erasure n join journal e on e.recorded_at = n.erased_at and e.kind = 'RESIDENT_ERASED'
    where n.erased_at = t.note_erased_at and t.id = any (n.entries)))"""
"""One transaction erases a resident, empties the notes and records both, so that all three have the same time."""
RECORD: dict[Chain, Kept] = {
    Chain.JOURNAL: Kept(
        "journal",
        "recorded_at",
        "bigint",
        # The content before a correction is kept, and emptied, with the note. ``xid`` was a column of earlier versions,
        # and is in no form. Positions in the live feed are in a table of their own.
        (
            ("xid", "note", "note_erased_at", "before", "activity_id", "notice_id"),
            ("xid", "note", "note_erased_at", "before"),
        ),
        "case when t.before is null then t.note else concat(t.note, t.before::text) end",
        _NOTE_ERASED,
    ),
    Chain.EVIDENCE: Kept("evidence", "added_at"),
    Chain.LOOK: Kept("look", "looked_at"),
    Chain.ACCOUNT_EVENT: Kept("account_event", "occurred_at", forms=(("actor_id",), ())),
    Chain.LOG_ARCHIVE: Kept("log_archive", "archived_at"),
    Chain.NOTE_ERASURE: Kept("note_erasure", "erased_at"),
}


async def link_pending(connection: Any, keys: Keys) -> int:
    """Links the committed rows that wait, at most ``AT_ONCE`` of each chain. Returns their number.

    All processes may call it. They wait for each other, so that positions have no gap and no fork.
    """
    return sum([await _link_some(connection, chain, keys) for chain in Chain])


async def _link_some(connection: Any, chain: Chain, keys: Keys) -> int:
    kept = RECORD[chain]
    async with connection.transaction():
        await connection.execute(f"select pg_advisory_xact_lock({LOCK})")
        # The statements after the lock have a snapshot of their own, with everything that the last holder linked.
        waiting = await connection.fetch(
            f"""select p.id, p.row_id, found.* from (
                    select id, row_id from record_pending where chain = $1 order by id limit {AT_ONCE + 1}) p
                left join lateral ({kept.row("p.row_id", str(kept.form))}) found on true order by p.id""",
            chain.value,
        )
        if not waiting:
            return 0
        some = waiting[:AT_ONCE]
        # A row that is gone already has nothing to be linked, and verifying finds no gap where none was.
        rows = [(kept.form, each["row_id"], said) for each in some if (said := _said_by(each)) is not None]
        head = await read_head(connection, chain)
        now = await connection.fetchval("select clock_timestamp()")
        made = link_all(keys, chain, head, rows, now, emptied=len(waiting) <= AT_ONCE)
        await _save(connection, chain, list(made))
        await connection.execute(
            "delete from record_pending where id = any($1::bigint[])", [each["id"] for each in some]
        )
        return len(some)


async def _save(connection: Any, chain: Chain, made: Sequence[Link]) -> None:
    kept = RECORD[chain]
    columns = ("position", "form", "row_id", "digest", "linked_at", "emptied", "link")
    types = ("bigint", "int", "text", "bytea", "timestamptz", "bool", "bytea")
    arrays = ", ".join(f"${number}::{type_}[]" for number, type_ in enumerate(types, 1))
    values = [[getattr(each, "row" if name == "row_id" else name) for each in made] for name in columns]
    chosen = ", ".join(f"row_id::{kept.id_type}" if name == "row_id" else name for name in columns)
    await connection.execute(
        f"""insert into {kept.table}_link ({", ".join(columns)})
            select {chosen} from unnest({arrays}) as given ({", ".join(columns)})""",
        *values,
    )


async def read_head(connection: Any, chain: Chain) -> Head:
    """The last link of a chain; before the first one position 0."""
    found = await connection.fetchrow(
        f"select position, link from {RECORD[chain].table}_link order by position desc limit 1"
    )
    return BEGINNING if found is None else Head(*found)


def _said_by(row: Any) -> Said | None:
    found = (row[name] for name in Said._fields)
    return None if row["canonical"] is None else Said(*found)


Moved: TypeAlias = Callable[[str], Awaitable[str | None]]
"""The line of a row that was moved to a file, by the row's id."""


async def placed(connection: Any, chain: Chain, moved: Moved) -> AsyncIterator[list[tuple[Link, Said | None]]]:
    """The links of a chain with their rows, in order and by pages. A row is None if it is gone, also from the files.

    Those before the first position are read too: a link that somebody put there would hide a row.
    """
    kept = RECORD[chain]
    query = f"""select l.*, found.* from (
            select * from {kept.table}_link where {{}} order by position limit {PAGE}) l
        left join lateral ({kept.row("l.row_id", "l.form", 2)}) found on true order by l.position"""
    page = await connection.fetch(query.format("true"))
    while page:
        yield [(link := _link_of(each), _said_by(each) or await _moved(kept, link, moved)) for each in page]
        page = await connection.fetch(query.format("position > $1"), page[-1]["position"])


async def _moved(kept: Kept, link: Link, moved: Moved) -> Said | None:
    line = await moved(link.row)
    return None if line is None else kept.said(link.form, line)


def _link_of(row: Any) -> Link:
    own = (row[name] for name in ("digest", "linked_at", "emptied", "link"))
    return Link(row["position"], row["form"], str(row["row_id"]), *own)


class Loose(NamedTuple):
    """A row without a link, the time that it says, and since when it waits for a link; None if it does not."""

    row: str
    said_at: datetime
    noted_at: datetime | None


async def loose(connection: Any, chain: Chain) -> AsyncIterator[Loose]:
    """The rows of a chained table without a link."""
    kept = RECORD[chain]
    query = f"""select t.id::text as id, t.{kept.said_at} as said_at, p.noted_at from {kept.table} t
        left join record_pending p on p.chain = '{chain.value}' and p.row_id = t.id::text
        where not exists (select from {kept.table}_link l where l.row_id = t.id) order by t.id"""
    async for row in connection.cursor(query, prefetch=PAGE):
        yield Loose(*row)


def oldest_pending(_: Scope) -> sql.Select:
    """Since when the oldest row waits for its link."""
    pending = alias(RecordPending)
    return sql.select(sql.func.min(pending.c.noted_at)).from_(pending)
