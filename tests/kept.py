"""Connections and plans that outlive the application of a test, for the next one.

A new session of PostgreSQL plans every statement anew, and a new application every document, which takes longer than
most tests. A plan depends on the document, the role, the shape of the variables and the language, and on nothing of an
application.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from db import pool
from schema.engine import plans

_KEPT: dict[str, list[pool.Connection]] = defaultdict(list)
_HOMES: list[asyncio.AbstractEventLoop] = []
"""The event loop of the run, while it runs. A loop of a test's own keeps nothing, because nobody would close it."""


class Pool(pool.Pool):
    """A pool that begins with the connections of those that were closed before."""

    def __init__(self, url: str, size: int) -> None:
        super().__init__(url, size)
        if asyncio.get_running_loop() in _HOMES:
            kept = _KEPT[url]
            self._idle = [kept.pop() for _ in range(min(size, len(kept)))]

    async def close(self) -> None:
        """Keeps the connections that are not in use."""
        if asyncio.get_running_loop() in _HOMES:
            _KEPT[self._url] += [each for each in self._idle if not each.is_closed()]
            self._idle = []
        await super().close()


_PLANS = plans.Plans()


class Plans(plans.Plans):
    """The documents and plans of all applications of the process. Each application takes its own turns at new ones."""

    def __init__(self) -> None:
        super().__init__()
        self.operations, self.introspected, self._plans = _PLANS.operations, _PLANS.introspected, _PLANS._plans


@asynccontextmanager
async def keeping() -> AsyncIterator[None]:
    """Keeps connections in this event loop, and closes them at the end."""
    _HOMES.append(asyncio.get_running_loop())
    yield
    _HOMES.clear()
    for each in (connection for kept in _KEPT.values() for connection in kept):
        each.terminate()
