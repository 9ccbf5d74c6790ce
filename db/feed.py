"""Reads the journal as a feed: its head, the entries beyond a position, and the notifications of new entries."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
import structlog

import db.positions
from db import sql
from db.database import DEADLINE
from db.holding import held_places
from db.pool import SETTINGS
from db.scope import Entry, Held
from rules.access import Role

CHANNEL = "tunping_journal"
HEARTBEAT = 5.0
"""Seconds between two checks of the LISTEN connection. A black hole caused no event within 30 s (measured)."""
COMMAND_TIMEOUT = 2.0
"""Seconds for LISTEN and for each check, so that a dead connection is noticed within 7 s."""
MOST_NEWS = 200
"""Entries that a round keeps in memory. Subscribers further behind read the journal by themselves. A compromise
between the memory of a round and the number of those reads."""
RETRY_FIRST, RETRY_LAST = 0.1, 1.0
"""Seconds between attempts to connect: the delay doubles from the first to the last, and begins anew with success. It
is short, because PostgreSQL starts again within some seconds, and each process makes only one attempt at a time."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the feed: its last position, and the epoch."""

    epoch: str
    position: int
    holders: tuple[int, datetime]
    """Another one whenever what an account holds may have changed: after a change of posts, rosters, accounts and
    places, and each quarter of an hour, because every time zone has its midnight at one."""


@dataclass(frozen=True, slots=True)
class News:
    """The newest entries of the journal, oldest first, with their positions."""

    positions: Sequence[int]
    entries: Sequence[Entry]

    def ahead_of(self, position: int) -> Sequence[Entry] | None:
        """The entries beyond a position; None if there may be more of them than were read."""
        first = bisect_right(self.positions, position)
        return None if first == 0 and len(self.positions) == MOST_NEWS else self.entries[first:]


async def read_head(connection: Any) -> Head:
    """The end of the feed now."""
    epoch, position, *holders = await connection.fetchrow(_HEAD)
    return Head(epoch, position, tuple(holders))


_HEAD = """select name, (select coalesce(max(position), 0) from feed_position), held,
        date_bin('15 minutes', now(), 'epoch')
    from feed_epoch order by number desc limit 1"""


async def read_ahead(connection: Any, after: int) -> tuple[Head, News]:
    """Gives positions to what was committed, and reads the end of the feed and the newest entries beyond a position.

    It is one round trip, unless there is very much to place. Must not run inside a longer transaction.
    """
    more = True
    while more:
        more, epoch, position, held, at, *news = await connection.fetchrow(
            _AHEAD, db.positions.AT_ONCE, after, MOST_NEWS
        )
    positions, *entries = [each or () for each in news]
    return Head(epoch, position, (held, at)), News(positions, [Entry(*each) for each in zip(*entries, strict=True)])


_AHEAD = "select * from feed_round($1, $2, $3)"


async def cases_of(connection: Any, role: Role, entries: Sequence[int]) -> set[UUID]:
    """The cases of some entries: appeals for a partner, those of an incident included, and disputes for the others."""
    return {row["id"] for row in await _rows(connection, _cases(role), entries=list(entries))}


def _entry() -> sql.From:
    """The entries of all communities, without their content: a view, because nobody looks yet (db/wall_two.sql)."""
    places = dict.fromkeys(("community_id", "grid_id", "dispute_id"), sql.UUID)
    return sql.named("feed_entry", {"position": sql.BIGINT, "id": sql.BIGINT, "kind": sql.TEXT} | places)


async def _rows(connection: Any, statement: sql.Written, **given: Any) -> Any:
    return await connection.fetch(statement.text, *(given[name] for name in statement.parameters))


@cache
def _cases(role: Role) -> sql.Written:
    """From views, like the entries."""
    entries = sql.any_(sql.parameter("entries", sql.array_of(sql.BIGINT)))
    if role is Role.PARTNER:
        told = sql.named("feed_appeal", {"entry_id": sql.BIGINT, "id": sql.UUID})
        return sql.written(sql.select(told.c.id).from_(told).where(told.c.entry_id == entries))
    entry = _entry()
    about = sql.select(entry.c.dispute_id.label("id")).from_(entry)
    return sql.written(about.where(entry.c.id == entries, entry.c.dispute_id.is_not(None)))


async def read_holdings(connection: Any, role: Role, accounts: Iterable[UUID]) -> dict[UUID, Held]:
    """The scopes of accounts in one role. Accounts with equal scopes see the same rows."""
    rows = await connection.fetch(_holdings_of(role), list(accounts))
    return {row["id"]: Held(*(frozenset(row[index]) for index in (1, 2, 3, 4))) for row in rows}


@cache
def _holdings_of(role: Role) -> str:
    ids = sql.parameter("accounts", sql.array_of(sql.UUID))
    return sql.written(held_places(role, ids)).text


class Listener:
    """A LISTEN connection that reconnects. Calls ``wake`` for each notification and after each connection."""

    def __init__(self, url: str, wake: Callable[[], None]) -> None:
        self._url = url
        self._wake = wake
        self._delay = RETRY_FIRST

    async def run(self) -> None:
        """Listens until cancelled."""
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001  it reconnects after any error
                log.warning("listen_lost", error=type(error).__name__, retry_in=self._delay)
            await asyncio.sleep(self._delay)
            self._delay = min(self._delay * 2, RETRY_LAST)

    async def _listen(self) -> None:
        named = SETTINGS | {"application_name": "tunping listener"}
        connection = await asyncpg.connect(
            self._url, server_settings=named, timeout=DEADLINE, command_timeout=COMMAND_TIMEOUT
        )
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._wake())
            self._delay = RETRY_FIRST
            self._wake()
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(HEARTBEAT):
                        await lost.wait()
                if lost.is_set():
                    raise ConnectionError("the backend has ended")
                await connection.execute("select 1")
        finally:
            connection.terminate()
