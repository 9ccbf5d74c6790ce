"""Turns at work that takes a core: few at once, a bounded queue, and no source before the others."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Busy(Exception):
    """Too many wait already."""


class Turns:
    """A semaphore that serves the sources in rotation, so that a flood from one does not delay the others."""

    def __init__(self, at_once: int, most_waiting: int, most_of_one: int) -> None:
        self._free = at_once
        self._most_waiting, self._most_of_one = most_waiting, most_of_one
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """Those who wait, by source. The first source is next."""

    @asynccontextmanager
    async def turn(self, source: str, *, ahead: bool = False) -> AsyncIterator[None]:
        """Waits for a turn. Raises Busy if too many of this source, or of all, wait.

        ``ahead`` is for sources that cannot be many: they wait before all others, also when the queue is full.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(source, ahead=ahead)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, source: str, *, ahead: bool) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._make_room(source, ahead=ahead)
        self._waiting.setdefault(source, deque()).append(mine)
        if ahead:
            self._waiting.move_to_end(source, last=False)
        try:
            await mine
        except asyncio.CancelledError:
            self._leave(source, mine)
            if not mine.cancelled() and mine.exception() is None:  # The turn came in the same moment.
                self._pass_on()
            raise

    def _make_room(self, source: str, *, ahead: bool) -> None:
        """Raises Busy if there is none. When the queue is full, the last of the longest line gives way."""
        own = len(self._waiting.get(source, ()))
        if own >= self._most_of_one:
            raise Busy
        if ahead or sum(map(len, self._waiting.values())) < self._most_waiting:
            return
        longest = max(self._waiting, key=lambda each: len(self._waiting[each]))
        if len(self._waiting[longest]) <= own + 1:
            raise Busy
        last = self._waiting[longest].pop()
        if not last.done():
            last.set_exception(Busy())

    def _leave(self, source: str, mine: asyncio.Future[None]) -> None:
        line = self._waiting.get(source)
        if line is not None and mine in line:
            line.remove(mine)
            if not line:
                del self._waiting[source]

    def _pass_on(self) -> None:
        """Gives the turn to the next source, which then waits behind all others."""
        while self._waiting:
            source, line = self._waiting.popitem(last=False)
            following = line.popleft()
            if line:
                self._waiting[source] = line
            if not following.done():
                following.set_result(None)
                return
        self._free += 1
