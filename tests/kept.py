"""Connections that outlive the application of a test, for the next one over the same database.

A new session of PostgreSQL plans every statement anew, which takes longer than most tests.
"""

import asyncio
from collections import defaultdict

from db import pool

_KEPT: dict[tuple[asyncio.AbstractEventLoop, str], list[pool.Connection]] = defaultdict(list)


class Pool(pool.Pool):
    """A pool that begins with the connections of those that were closed, in the same event loop."""

    def __init__(self, url: str, size: int) -> None:
        super().__init__(url, size)
        kept = _KEPT[asyncio.get_running_loop(), url]
        self._idle = [kept.pop() for _ in range(min(size, len(kept)))]

    async def close(self) -> None:
        """Keeps the connections that are not in use."""
        _KEPT[asyncio.get_running_loop(), self._url].extend(each for each in self._idle if not each.is_closed())
        self._idle = []
        await super().close()
