"""The live feed of one process: reads the journal for its subscribers, and renders each event once per group of equals.

Each subscriber has a position in the journal. A round reads the entries between the positions and the head in one
snapshot. Subscribers with the same document, variables, scope and position share one statement. Catching up and live
delivery use the same code, a slow client keeps its position, and no event is lost or repeated.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from db.database import Database
from db.feed import Head, Listener, News, Place, cases_of, read_head, read_holdings, read_news, read_now
from db.scope import Held, may_see
from rules.access import LOOKED_AT, WORKERS, Role, Viewer
from schema.compiler.arguments import Run, Window
from schema.compiler.feeds import BATCH
from schema.compiler.plan import Plan
from schema.engine.audit import WATCHED, note_look

log = structlog.get_logger()

POLL = 1.0
"""Seconds between reads of the journal without a notification."""
SETTLE = 0.02
"""Seconds before the next round while an open transaction holds back committed entries. Doubles on each round."""
LONGEST_SETTLE = 0.16
"""Most seconds between such rounds: a compromise between latency and repeated reads of the same entries."""
MOST_BATCHES = 4
"""Batches queued for a slow client, 400 events: a compromise between its memory and pauses in delivery."""
PATIENCE = 10.0
"""Seconds for which a client's queue may be full before it is cut off."""


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
    place: Place
    question: Hashable
    already: frozenset[Place] = frozenset()
    """Entries after its position that were committed before it began, and so are not delivered."""
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

    def __init__(self, database: Database, photo_secret: bytes = b"") -> None:
        self._database, self._photo_secret = database, photo_secret
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

    async def now(self) -> tuple[Place, frozenset[Place]]:
        """The position before which all transactions have ended, and the entries after it that are committed."""
        async with self._database.connection() as connection:
            return await read_now(connection)

    def add(self, subscriber: Subscriber) -> None:
        """Starts delivery of the entries after the subscriber's position."""
        self._subscribers.add(subscriber)
        self._awake.set()

    def remove(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)

    async def _deliver(self) -> None:
        pause = SETTLE
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._awake.wait()
            self._awake.clear()
            if not await self._try_round():
                pause = SETTLE
                continue
            self._awake.set()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_SETTLE)

    async def _try_round(self) -> bool:
        try:
            return await self._round()
        except Exception as error:  # noqa: BLE001  the next round tries again
            log.warning("feed_round_failed", error=type(error).__name__)
            return False

    async def _round(self) -> bool:
        """Reads once for all subscribers with room. Returns whether there is more to read."""
        waiting = [each for each in self._subscribers if not each.ended and each.ready()]
        if not waiting:
            return False
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            head = await read_head(connection)
            news = await read_news(connection, min(each.place for each in waiting), head)
            behind = _behind(waiting, news)
            holdings = await _holdings(connection, behind)
            groups = [group for group in _together(behind, holdings) if _concerns(group[0], news, holdings)]
            for idle in set(waiting).difference(*groups):
                # Equals keep equal positions.
                idle.place = max(idle.place, Place(head.xid, 0))
            full = [await self._read(connection, group, head) for group in groups]
        return any(full) or head.waiting

    async def _read(self, connection: Any, group: Sequence[Subscriber], head: Head) -> bool:
        """Reads and renders once for a group of equals. Returns whether the batch was full."""
        first = group[0]
        window = Window(first.place.xid, first.place.id, head.xid)
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
        place = Place(int(rows[-1]["xid"]), rows[-1]["id"]) if full else Place(head.xid, 0)
        for each in group:
            each.place = place
            events = [row["event"] for row in rows if (int(row["xid"]), row["id"]) not in each.already]
            if events:
                each.batches.put_nowait(events)
        return full


def _behind(waiting: Iterable[Subscriber], news: News) -> list[Subscriber]:
    """The subscribers with an entry of their kinds after their position."""

    @cache
    def awaits(place: Place, kinds: frozenset[str]) -> bool:
        ahead = news.ahead_of(place)
        return ahead is None or any(entry.kind in kinds for entry in ahead)

    return [each for each in waiting if awaits(each.place, each.kinds)]


def _concerns(subscriber: Subscriber, news: News, holdings: dict[UUID, Held]) -> bool:
    """True if a subscriber may see any of the new entries. Saves the statement for those who work elsewhere."""
    ahead = news.ahead_of(subscriber.place)
    viewer = subscriber.viewer
    held = holdings.get(viewer.account_id) if viewer.account_id else None
    if ahead is None or held is None or viewer.role is None:
        return True
    return any(entry.kind in subscriber.kinds and may_see(viewer.role, held, entry) for entry in ahead)


def _together(behind: Iterable[Subscriber], holdings: dict[UUID, Held]) -> list[list[Subscriber]]:
    """Groups with the same document, variables, scope and position, which share one rendering."""
    groups: dict[Hashable, list[Subscriber]] = defaultdict(list)
    for each in behind:
        groups[each.question, _scope_key(each, holdings), each.place].append(each)
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
