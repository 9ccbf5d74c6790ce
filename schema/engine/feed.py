"""The live feed of one process: reads the journal for its subscribers, and renders each event once per group of equals.

A round gives positions to new entries, and reads up to the last one. Subscribers at the head of the feed are in groups
of equals. A round reads for those groups that an entry may concern, and does not look at the others. A subscriber that
begins at an earlier cursor, or whose queue is full, is behind: it keeps its own position until it has caught up. So no
event is lost or repeated.
"""

import asyncio
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import structlog

from db.database import Database
from db.feed import Head, Listener, News, cases_of, read_ahead, read_head
from db.positions import Cursor, look_up, place_entries
from rules.access import LOOKED_AT, Viewer
from rules.refusals import Said
from schema.compiler.arguments import Run, Window
from schema.compiler.feeds import BATCH, Event, event_of
from schema.compiler.plan import Plan
from schema.engine.audit import WATCHED, note_look
from schema.engine.holdings import Holdings, HoldingsChanged
from schema.engine.routing import Group, Routes

log = structlog.get_logger()

POLL = 1.0
"""Seconds between rounds without a notification, or without subscribers."""
MOST_BATCHES = 4
"""Batches queued for a slow client, 400 events: a compromise between its memory and pauses in delivery."""
AT_A_TIME = 50
"""Subscribers that get an event before others go on, so that the first of many is served before the last queue."""
PATIENCE = 10.0
"""Seconds for which a client's queue may be full before it is cut off."""
BACK_A_SECOND = 200
"""Clients that come back in a second after their subscriptions were ended together. Each takes some 3 ms."""
ENDED_A_SECOND, SPREAD = 50, 3.0
"""Clients that are ended in a second, so that those of a process which has just started wait for nothing; and the
seconds at most that it takes, so that a server stops within the 10 s that supervisors grant."""


class Resync(Exception):
    """The client cannot go on after its cursor, and reads everything again."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.text)
        self.said = said


class Overrun(Exception):
    """The client did not read for too long. It must resume after its last cursor."""


class Moved(Exception):
    """The server ends the subscription. The client resumes after its last cursor, when ``seconds`` have passed."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(eq=False)
class Subscriber:
    """One subscription: its plan, viewer and position in the journal."""

    plan: Plan
    variables: dict[str, Any]
    viewer: Viewer
    kinds: frozenset[str]
    """Kinds of entries that it delivers."""
    position: int
    """Where it begins or goes on, while it is behind. With a group it is where the feed is."""
    question: Hashable
    group: Group | None = None
    """Its equals at the head of the feed; None while it is behind."""
    batches: asyncio.Queue[Sequence[Event] | None] = field(default_factory=lambda: asyncio.Queue(MOST_BATCHES))
    """Batches of events to send; None marks the end."""
    send: Callable[[Sequence[Event]], int] | None = None
    """Sends what the client takes at once, and returns how many events that were. Without it, all are queued."""
    waits: bool = False
    """True while nothing is queued and nothing is being sent (``next``)."""
    full_since: float | None = None
    ended: bool = False
    why: Exception = field(default_factory=Overrun)
    """Why it has ended."""
    client: Hashable = field(default_factory=object)
    """Its connection. Subscriptions of one connection are moved together."""

    async def next(self) -> Sequence[Event]:
        """Waits for the next events. Raises Overrun or Moved after the end."""
        self.waits = self.batches.empty()
        batch = await self.batches.get()
        self.waits = False
        if batch is None:
            raise self.why
        return batch

    def hand(self, events: Sequence[Event]) -> None:
        """Sends events, or queues those that the client does not take at once."""
        sent = self.send(events) if self.waits and self.send is not None else 0
        if sent < len(events):
            self.waits = False
            self.batches.put_nowait(events[sent:])

    def cut_off(self, why: Exception | None = None) -> None:
        """Ends the subscription and drops its queue. The client resumes after the last event that it received."""
        self.ended, self.waits, self.why = True, False, why or self.why
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

    def __init__(self, database: Database, rounds: Database, photo_secret: bytes, keep: timedelta) -> None:
        self._database, self._photo_secret, self._keep = database, photo_secret, keep
        self._rounds = rounds
        """A connection of the feed's own, so that a round waits for no request and has its statements prepared."""
        self._epoch: str | None = None
        self._position = 0
        """The position of all groups."""
        self._subscribers: set[Subscriber] = set()
        self._behind: dict[Subscriber, None] = {}
        self._routes = Routes()
        self._holdings = Holdings(None)
        self._awake = asyncio.Event()
        self._listener = Listener(database.url, self._wake)
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving = False

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._listener.run()), asyncio.create_task(self._deliver())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._rounds.close()

    async def leave(self) -> None:
        """Ends all subscriptions over some seconds, because the server stops. They are served until then."""
        self._leaving = True
        await asyncio.sleep(self._move(self._subscribers))

    def _move(self, some: Collection[Subscriber]) -> float:
        """Ends subscriptions, those of a client together, and says when to come back. Returns the seconds needed."""
        clients = defaultdict[Hashable, list[Subscriber]](list)
        for each in some:
            clients[each.client].append(each)
        within = min(len(clients) / ENDED_A_SECOND, SPREAD)
        takes = max(len(clients) / BACK_A_SECOND, within)
        share = within / takes if takes else 0.0
        for together in clients.values():
            back = random.uniform(0, takes)  # noqa: S311  no secret
            after = back * share
            moved = Moved(math.ceil(back - after))
            for each in together:
                asyncio.get_running_loop().call_later(after, self._cut_off, each, moved)
        return within

    async def place(self) -> None:
        """Gives positions to what was committed before the call, so that the head includes it."""
        async with self._database.connection() as connection:
            await place_entries(connection)

    async def begin(self, cursor: Cursor | None) -> Cursor:
        """The cursor, or that of the head. Raises Resync if the client cannot go on after its cursor.

        What waits for its position is after each cursor, so that those who come back together do not wait for it.
        """
        async with self._database.connection() as connection:
            if cursor is None:
                await place_entries(connection)
                head = await read_head(connection)
                return Cursor(head.epoch, head.position)
            known = await look_up(connection, cursor)
        reason = known.lost(cursor, datetime.now(UTC) - self._keep)
        if reason is not None:
            raise Resync(reason)
        return cursor

    def add(self, subscriber: Subscriber) -> None:
        """Starts delivery of the entries after the subscriber's position."""
        self._subscribers.add(subscriber)
        if self._leaving:
            subscriber.cut_off(Moved(1))
        self._behind[subscriber] = None
        self._awake.set()

    def remove(self, subscriber: Subscriber) -> None:
        self._subscribers.discard(subscriber)
        self._leave(subscriber, self._position)
        if not self._subscribers:
            self._epoch = None  # Rounds without subscribers do not follow it, and the next one has received nothing.

    def _wake(self) -> None:
        """Begins a round. Without subscribers nobody waits for new entries, and the next poll is soon enough."""
        if self._subscribers:
            self._awake.set()

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
        except HoldingsChanged:
            return False
        except Exception as error:  # noqa: BLE001  the next round tries again
            log.warning("feed_round_failed", error=type(error).__name__)
            return False

    async def _round(self) -> bool:
        """Reads once for all whom new entries may concern. Returns whether there is more to read.

        Positions are given without subscribers too: other readers of the journal wait for them.
        """
        async with self._rounds.connection() as connection:
            if self._subscribers:
                return await self._read_all(connection)
            await place_entries(connection)
            return False

    async def _read_all(self, connection: Any) -> bool:
        """A transaction around the reads would double the round trips.

        What accounts hold may change between them. Each statement decides what the first of its group sees, and
        ``Holdings.check`` whether the others still see the same.
        """
        late = self._late()
        head, news = await read_ahead(connection, self._first(late))
        if head.epoch != self._epoch:
            await self._enter(connection, head.epoch)
            late = self._late()
            head, news = await read_ahead(connection, self._first(late))
        if not late and head.position == self._position:
            return False
        await self._hold(connection, head.holders, late)
        await self._read_groups(connection, self._concerned(news), head)
        self._position = head.position
        return any([await self._catch_up(connection, equals, news, head) for equals in self._together(late)])

    def _late(self) -> list[Subscriber]:
        """Those behind who have room for events."""
        return [each for each in list(self._behind) if each.ready() and not each.ended]

    def _first(self, late: Iterable[Subscriber]) -> int:
        return min([self._position, *(each.position for each in late)])

    async def _enter(self, connection: Any, epoch: str) -> None:
        """In a new epoch, ends those who have received what this history does not have. They resume, and are told."""
        if self._epoch not in {None, epoch}:
            shared = (await look_up(connection, Cursor(str(self._epoch), 0))).shared
            lost = [
                each
                for each in self._subscribers
                if shared is None or (self._position if each.group else each.position) > shared
            ]
            for each in lost:
                each.ended = True
                self._leave(each, self._position)
            self._move(lost)
            self._position = self._position if shared is None else min(self._position, shared)
        self._epoch = epoch

    async def _hold(self, connection: Any, version: Hashable, late: Iterable[Subscriber]) -> None:
        """Knows what all accounts hold, anew if that may have changed. Then the groups are made anew too."""
        if self._holdings.version == version:
            await self._holdings.read(connection, late)
            return
        fresh = Holdings(version)
        await fresh.read(connection, list(self._subscribers))
        self._holdings, self._routes = fresh, Routes()
        for each in self._subscribers.difference(self._behind):
            self._join(each)

    def _concerned(self, news: News) -> list[Group]:
        ahead = news.ahead_of(self._position)
        return self._routes.groups() if ahead is None else self._routes.concerned(ahead)

    def _together(self, late: Iterable[Subscriber]) -> list[list[Subscriber]]:
        equals: dict[Hashable, list[Subscriber]] = defaultdict(list)
        for each in late:
            equals[each.question, self._holdings.key(each), each.position].append(each)
        return list(equals.values())

    async def _read_groups(self, connection: Any, groups: Sequence[Group], head: Head) -> None:
        """Reads for groups at the head. After a failure those that were served already are not served again."""
        served: list[Subscriber] = []
        try:
            for group in groups:
                await self._read_group(connection, group, head)
                served += group.members
        except BaseException:
            for each in served:
                self._leave(each, head.position)
            raise

    async def _read_group(self, connection: Any, group: Group, head: Head) -> None:
        """Reads for a group at the head. Who has no room is behind from now on, and all are after a full batch."""
        begin = self._position
        for each in [each for each in group.members if not each.ready()]:
            self._leave(each, begin)
        ready = list(group.members)
        if ready:
            read = await self._read(connection, ready, begin, head)
            if read < head.position:
                for each in ready:
                    self._leave(each, read)
                self._awake.set()

    async def _catch_up(self, connection: Any, equals: Sequence[Subscriber], news: News, head: Head) -> bool:
        """Reads for equals who are behind. Those who have caught up join their group. Returns if there is more."""
        first = equals[0]
        ahead, group = news.ahead_of(first.position), self._group_of(first)
        read = head.position
        if ahead is None or any(group.concerned_by(entry) for entry in ahead):
            read = await self._read(connection, equals, first.position, head)
        for each in equals:
            each.position = read
            if read >= head.position and each in self._subscribers and not each.ended:
                self._behind.pop(each, None)
                self._join(each)
        return read < head.position

    async def _read(self, connection: Any, equals: Sequence[Subscriber], after: int, head: Head) -> int:
        """Reads and renders once for equals, and hands the events out. Returns up to where it has read."""
        first = equals[0]
        window = Window(after, head.position)
        run = Run(first.variables, first.viewer, datetime.now(UTC), photo_secret=self._photo_secret, window=window)
        try:
            rows = await connection.fetch(first.plan.sql, *first.plan.parameters(run))
        except (asyncpg.QueryCanceledError, asyncpg.RaiseError):
            for each in equals:
                self._cut_off(each)
            raise
        if any(each.viewer.account_id != first.viewer.account_id for each in equals):
            await self._holdings.check(connection, first)
        if first.viewer.role in LOOKED_AT and rows:
            cases = await cases_of(connection, first.viewer.role, [row["id"] for row in rows])
            await note_look(self._database, first.viewer, run.now, WATCHED, cases)
        if rows:
            await _hand_out([event_of(row["event"]) for row in rows], equals)
        return rows[-1]["position"] if len(rows) == BATCH else head.position

    def _group_of(self, subscriber: Subscriber) -> Group:
        key = subscriber.question, self._holdings.key(subscriber)
        return Group(key, subscriber.kinds, subscriber.viewer.role, self._holdings.of(subscriber))

    def _join(self, subscriber: Subscriber) -> None:
        key = subscriber.question, self._holdings.key(subscriber)
        subscriber.group = self._routes.join(subscriber, key, lambda: self._group_of(subscriber))

    def _leave(self, subscriber: Subscriber, position: int) -> None:
        """Takes a subscriber out of its group. It is behind then, at a position, if it is still served."""
        if subscriber.group is not None:
            self._routes.leave(subscriber, subscriber.group)
            subscriber.group, subscriber.position = None, position
            self._behind[subscriber] = None
        if subscriber not in self._subscribers or subscriber.ended:
            self._behind.pop(subscriber, None)

    def _cut_off(self, subscriber: Subscriber, why: Exception | None = None) -> None:
        subscriber.cut_off(why)
        self._leave(subscriber, self._position)


async def _hand_out(events: Sequence[Event], equals: Sequence[Subscriber]) -> None:
    for number, each in enumerate(equals, 1):
        if not each.ended:
            each.hand(events)
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)
