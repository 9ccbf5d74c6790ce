"""Positions of journal entries in the live feed: dense numbers, which each entry gets after its commit.

An act cannot know the positions of its entries, because transactions do not commit in the order in which they begin. A
trigger notes each entry as waiting, in the act's transaction. After the commit every process with subscribers is woken
and calls ``place_entries``. Every process also calls it once a second. That function gives positions to the waiting
entries under an advisory lock. There is no leader, and an open transaction elsewhere delays no position.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import sqlalchemy as sa
from sqlmodel import Field

from db import sql
from db.base import Row, alias, moment, text
from db.scope import Scope
from rules.refusals import Said

AT_ONCE = 5_000
"""Entries of one turn, of some 50 ms: the lock must not be held for long after a large import."""
LAST_DIGITS = 19
"""Digits of the largest position, a 64-bit number."""


class FeedWaiting(Row, table=True):
    """An entry without a position; without an entry, a note that somebody's places may have changed."""

    id: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger, sa.Identity(always=True), primary_key=True))
    entry_id: int | None = Field(default=None, sa_type=sa.BigInteger)
    noted_at: datetime = moment(now=True)


class FeedPosition(Row, table=True):
    """The position of an entry. An entry of a case has a later one than earlier entries of the case.

    Without an entry, documents changed there of which no entry tells (db/documents.py).
    """

    position: int = Field(sa_type=sa.BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    entry_id: int | None = Field(default=None, sa_type=sa.BigInteger, unique=True)


class FeedEpoch(Row, table=True):
    """One history of the database. Positions up to ``after`` are the same as in the history before.

    A restart of PostgreSQL, a restore and a failover begin an epoch, because they may have lost entries (``life``).
    ``held`` counts the changes of what accounts hold.
    """

    number: int = Field(sa_type=sa.BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = text()
    life: str = text()
    after: int = Field(sa_type=sa.BigInteger)
    held: int = Field(sa_type=sa.BigInteger)
    began_at: datetime = moment(now=True)

    __table_args__ = (sa.UniqueConstraint("name"),)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in the history in which it was given."""

    epoch: str
    position: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The cursor that a client sent, or None if it is malformed.

        A cursor of the time before positions has the same form, and an epoch that does not exist.
        """
        epoch, dot, position = text.partition("+")[0].partition(".")
        plain = epoch.isascii() and epoch.isalnum() and position.isascii() and position.isdigit()
        if not (dot and plain) or len(epoch) > LAST_DIGITS or len(position) > LAST_DIGITS:
            return None
        return cls(epoch, int(position)) if int(position) < 2**63 else None


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a cursor."""

    shared: int | None
    """The last position that the present epoch has from the cursor's. None if that is unknown."""
    next_at: datetime | None
    """When the first entry after it was recorded."""

    def lost(self, cursor: Cursor, oldest: datetime) -> Said | None:
        """Why a client cannot go on after a cursor; None if it can. ``oldest`` is the limit of the retention."""
        if self.shared is None:
            return Said("这个游标不属于这里的动态，请重新读取全部内容。")
        if cursor.position > self.shared:
            return Said("数据库已恢复到早于这个游标的状态，请重新读取全部内容。")
        if self.next_at is not None and self.next_at < oldest:
            return Said("这个游标太旧，请重新读取全部内容。")
        return None


async def place_entries(connection: Any) -> None:
    """Gives positions to the entries that were committed before the call. Must not run inside a longer transaction."""
    while await connection.fetchval("select place_entries($1)", AT_ONCE) == AT_ONCE:
        pass


async def look_up(connection: Any, cursor: Cursor) -> Known:
    """What is known of a cursor, in one snapshot."""
    return Known(*await connection.fetchrow(_KNOWN, cursor.epoch, cursor.position))


_KNOWN = """select
    (select coalesce(
            (select min(later.after) from feed_epoch later where later.number > own.number),
            (select coalesce(max(position), 0) from feed_position))
        from feed_epoch own where own.name = $1) as shared,
    (select recorded_at from feed_entry where position > $2 order by position limit 1) as next_at"""


def head() -> sql.Column:
    """The last position; 0 before the first entry."""
    placed = alias(FeedPosition)
    return sql.func.coalesce(sql.select(sql.func.max(placed.c.position)).from_(placed).scalar(), sql.raw("0"))


def cursor_at(position: sql.Column) -> sql.Column:
    """The cursor of a position in the present epoch."""
    epoch = alias(FeedEpoch)
    name = sql.select(epoch.c.name).from_(epoch).order_by(epoch.c.number.desc()).limit(1).scalar()
    return sql.func.concat(name, ".", position)


def cursor_of(entry: Any) -> sql.Column:
    """The cursor of a journal entry. One that has no position yet comes again after it, so that none is missed."""
    placed = alias(FeedPosition)
    own = sql.select(placed.c.position).from_(placed).where(placed.c.entry_id == entry.id).scalar()
    return cursor_at(sql.func.coalesce(own, head()))


def oldest_unplaced(_: Scope) -> sql.Select:
    """Since when the oldest entry waits for its position."""
    waiting = alias(FeedWaiting)
    return sql.select(sql.func.min(waiting.c.noted_at)).from_(waiting)
