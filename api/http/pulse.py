"""Asks silent clients whether they are there. One timer serves all sockets: one each costs more than the pings."""

import asyncio
from collections import OrderedDict
from itertools import takewhile
from typing import Protocol, TypeAlias

PING_AFTER, PONG_WITHIN = 25.0, 10.0
"""Seconds of silence of a client after which it is asked whether it is there, and seconds for its answer. Proxies and
mobile networks forget connections that are silent for 60 s. WebSocket's own pings are answered by a browser whose page
has stopped, and a page cannot see them."""
GRAIN = 0.05
"""Seconds at least between two looks at the sockets, so that some are asked together."""


class Beating(Protocol):
    """A socket, as far as its silence matters."""

    def ask(self) -> None:
        """Sends a ping."""

    def lose(self) -> None:
        """Ends the connection, because no answer has come."""


_Times: TypeAlias = OrderedDict[Beating, float]


class Pulse:
    """The sockets of a server, by the time of their last message."""

    def __init__(self) -> None:
        self._silent: _Times = OrderedDict()
        """Since when; the one that has been silent for longest is first."""
        self._asked: _Times = OrderedDict()
        """Those that have not answered, in the order in which they were asked."""
        self._timer: asyncio.TimerHandle | None = None

    def heard(self, socket: Beating) -> None:
        """Notes a message of a client."""
        self.forget(socket)
        self._silent[socket] = asyncio.get_running_loop().time()
        self._set_timer()

    def forget(self, socket: Beating) -> None:
        """Asks a client no more."""
        self._silent.pop(socket, None)
        self._asked.pop(socket, None)

    def _set_timer(self) -> None:
        loop = asyncio.get_running_loop()
        due = min(_first(self._silent) + PING_AFTER, _first(self._asked) + PONG_WITHIN)
        at = max(due, loop.time() + GRAIN)
        # A later timer is put forward, and never put off: messages would do so without end.
        if due == float("inf") or (self._timer is not None and self._timer.when() <= at):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(at, self._look)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for socket in _until(self._asked, now - PONG_WITHIN):
            self.forget(socket)
            socket.lose()
        for socket in _until(self._silent, now - PING_AFTER):
            self.forget(socket)
            self._asked[socket] = now
            socket.ask()
        self._set_timer()


def _first(times: _Times) -> float:
    return next(iter(times.values()), float("inf"))


def _until(times: _Times, limit: float) -> list[Beating]:
    """The sockets since then or before."""
    return [socket for socket, _ in takewhile(lambda each: each[1] <= limit, times.items())]
