"""The live feed of one process: reads the journal for its subscribers, and renders each event once per group of equals.

Each subscriber has a position in the feed. A round gives positions to new entries, and reads those between the
subscribers and the head in one snapshot. Subscribers with the same document, variables, scope and position share one
statement. Catching up and live delivery use the same code, a slow client keeps its position, and no event is lost or
repeated.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from db.database import Database
from db.feed import Head, Listener, News, cases_of, read_head, read_holdings, read_news
from db.positions import Cursor, look_up, place_entries
from db.scope import Held, may_see
from rules.access import LOOKED_AT, WORKERS, Role, Viewer
from schema.compiler.arguments import Run, Window
from schema.compiler.feeds import BATCH
from schema.compiler.plan import Plan
from schema.engine.audit import WATCHED, note_look

log = structlog.get_logger()

POLL = 1.0
"""Seconds between reads of the journal without a notification."""
MOST_BATCHES = 4
"""Batches queued for a slow client, 400 events: a compromise between its memory and pauses in delivery."""
PATIENCE = 10.0
"""Seconds for which a client's queue may be full before it is cut off."""


class Resync(Exception):
    """The client cannot go on after its cursor, and reads everything again."""


class Overrun(Exception):
    """The client did not read for too long. It must resume after its last cursor."""


@dataclass(eq=False)
class Subscriber:
    """One subscription: its plan, viewer and position in the journal."""

    plan: Plan
    variables: dict[str, Any]
    viewer: Viewer
    kinds: frozenset[str]
    """Kinds of entries that it delivers."""
    position: int
    question: Hashable
    batches: asyncio.Queue[Sequence[str] | None] = field(default_factory=lambda: asyncio.Queue(MOST_BATCHES))
    """Batches of events to send, each with its cursor (``write_feed``); None marks the end."""
    full_since: float | None = None
    ended: bool = False

    async def next(self) -> Sequence[str]:
        """Waits for the next events. Raises Overrun after the end."""
        batch = await self.batches.get()
        if batch is None:
            raise Overrun
        return batch

    def cut_off(self) -> None:
        """Ends the subscription and drops its queue. The client resumes after the last event that it received."""
        self.ended = True
        while not self.batches.empty():
            self.batches.get_nowait()
        self.batches.put_nowait(None)

    def ready(self) -> bool:
        """True if the queue has room for a batch. Ends the subscription if it had none for ``PATIENCE`` seconds."""
        if not self.batches.full():
            self.full_since = None
            return True
        now = time.monotonic()
        self.full_since = self.full_since or now
        if now - self.full_since > PATIENCE:
            self.cut_off()
        return False


class Feed:
    """Delivers journal entries to subscribers."""

    def __init__(self, database: Database, photo_secret: bytes, keep: timedelta) -> None:
        self._database, self._photo_secret, self._keep = database, photo_secret, keep
        self._epoch: str | None = None
        self._subscribers: set[Subscriber] = set()
        self._awake = asyncio.Event()
        self._listener = Listener(database.url, self._awake.set)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._listener.run()), asyncio.create_task(self._deliver())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def place(self) -> None:
        """Gives positions to what was committed before the call, so that the head includes it."""
        async with self._database.connection() as connection:
            await place_entries(connection)

    async def begin(self, cursor: Cursor | None) -> int:
        """The position of a cursor, or that of the head. Raises Resync if the client cannot go on after its cursor."""
        async with self._database.connection() as connection:
            await place_entries(connection)
            if cursor is None:
                return (await read_head(connection)).position
            known = await look_up(connection, cursor)
        reason = known.lost(cursor, datetime.now(UTC) - self._keep)
        if reason is not None:
            raise Resync(reason)
        return cursor.position

    def add(self, subscriber: Subscriber) -> None:
        """Starts delivery of the entries after the subscriber's position."""
        self._subscribers.add(subscriber)
        self._awake.set()

    def remove(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)

    async def _deliver(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._awake.wait()
            self._awake.clear()
            if await self._try_round():
                self._awake.set()

    async def _try_round(self) -> bool:
        try:
            return await self._round()
        except Exception as error:  # noqa: BLE001  the next round tries again
            log.warning("feed_round_failed", error=type(error).__name__)
            return False

    async def _round(self) -> bool:
        """Reads once for all subscribers with room. Returns whether there is more to read.

        Positions are given without subscribers too: other readers of the journal wait for them.
        """
        async with self._database.connection() as connection:
            await place_entries(connection)
            waiting = [each for each in self._subscribers if not each.ended and each.ready()]
            if not waiting:
                return False
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await self._read_all(connection, waiting)

    async def _read_all(self, connection: Any, waiting: Sequence[Subscriber]) -> bool:
        head = await read_head(connection)
        await self._enter(connection, head.epoch)
        news = await read_news(connection, min(each.position for each in waiting), head.position)
        behind = _behind([each for each in waiting if not each.ended], news)
        holdings = await _holdings(connection, behind)
        groups = [group for group in _together(behind, holdings) if _concerns(group[0], news, holdings)]
        for idle in set(waiting).difference(*groups):
            # Equals keep equal positions.
            idle.position = max(idle.position, head.position)
        return any([await self._read(connection, group, head) for group in groups])

    async def _enter(self, connection: Any, epoch: str) -> None:
        """In a new epoch, cuts off who has received what this history does not have. They resume, and are told."""
        if self._epoch not in {None, epoch}:
            shared = (await look_up(connection, Cursor(str(self._epoch), 0))).shared
            for each in self._subscribers:
                if shared is None or each.position > shared:
                    each.cut_off()
        self._epoch = epoch

    async def _read(self, connection: Any, group: Sequence[Subscriber], head: Head) -> bool:
        """Reads and renders once for a group of equals. Returns whether the batch was full."""
        first = group[0]
        window = Window(first.position, head.position)
        run = Run(first.variables, first.viewer, datetime.now(UTC), photo_secret=self._photo_secret, window=window)
        try:
            rows = await connection.fetch(first.plan.sql, *first.plan.parameters(run))
        except asyncpg.QueryCanceledError:
            for each in group:
                each.cut_off()
            raise
        if first.viewer.role in LOOKED_AT and rows:
            cases = await cases_of(connection, first.viewer.role, [row["id"] for row in rows])
            await note_look(self._database, first.viewer, run.now, WATCHED, cases)
        full = len(rows) == BATCH
        position = rows[-1]["position"] if full else head.position
        events = [row["event"] for row in rows]
        for each in group:
            each.position = position
            if events:
                each.batches.put_nowait(events)
        return full


def _behind(waiting: Iterable[Subscriber], news: News) -> list[Subscriber]:
    """The subscribers with an entry of their kinds after their position."""

    @cache
    def awaits(position: int, kinds: frozenset[str]) -> bool:
        ahead = news.ahead_of(position)
        return ahead is None or any(entry.kind in kinds for entry in ahead)

    return [each for each in waiting if awaits(each.position, each.kinds)]


def _concerns(subscriber: Subscriber, news: News, holdings: dict[UUID, Held]) -> bool:
    """True if a subscriber may see any of the new entries. Saves the statement for those who work elsewhere."""
    ahead = news.ahead_of(subscriber.position)
    viewer = subscriber.viewer
    held = holdings.get(viewer.account_id) if viewer.account_id else None
    if ahead is None or held is None or viewer.role is None:
        return True
    return any(entry.kind in subscriber.kinds and may_see(viewer.role, held, entry) for entry in ahead)


def _together(behind: Iterable[Subscriber], holdings: dict[UUID, Held]) -> list[list[Subscriber]]:
    """Groups with the same document, variables, scope and position, which share one rendering."""
    groups: dict[Hashable, list[Subscriber]] = defaultdict(list)
    for each in behind:
        groups[each.question, _scope_key(each, holdings), each.position].append(each)
    return list(groups.values())


async def _holdings(connection: Any, subscribers: Iterable[Subscriber]) -> dict[UUID, Held]:
    by_role: dict[Role, set[UUID]] = defaultdict(set)
    for each in subscribers:
        if each.viewer.role is not None and each.viewer.account_id is not None:
            by_role[each.viewer.role].add(each.viewer.account_id)
    found: dict[UUID, Held] = {}
    for role, accounts in by_role.items():
        found |= await read_holdings(connection, role, accounts)
    return found


def _scope_key(subscriber: Subscriber, holdings: dict[UUID, Held]) -> Hashable:
    """Equal for viewers with the same visibility: workers with equal holdings. Otherwise, one per account."""
    viewer = subscriber.viewer
    own = None if viewer.role in WORKERS and not subscriber.plan.personal else viewer.account_id
    return viewer.role, own, holdings.get(viewer.account_id) if viewer.account_id else None
