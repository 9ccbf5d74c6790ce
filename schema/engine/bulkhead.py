"""Places for heavy operations, so that a report does not take the time of everybody's pages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from uuid import UUID
from weakref import WeakValueDictionary

from db.database import within_deadline

HEAVY = 10_000
"""The cost of a heavy operation: 100 ms of PostgreSQL, more than any page of the app or the dashboard."""
AT_ONCE = 3
"""Heavy operations at once. Most connections of the pool (20 by default) stay free for others."""
OF_ONE_VIEWER = 2
"""Heavy operations of one viewer at once, fewer than all places. Viewers without an account count as one."""


class Bulkhead:
    """The places of one process, given out in the order of arrival."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._own: WeakValueDictionary[UUID | None, asyncio.Semaphore] = WeakValueDictionary()

    def place(self, viewer: UUID | None, cost: int) -> AbstractAsyncContextManager[None]:
        """Holds a place during a heavy operation. Raises Unavailable if none becomes free in time."""
        return nullcontext() if cost < HEAVY else self._place(viewer)

    @asynccontextmanager
    async def _place(self, viewer: UUID | None) -> AsyncIterator[None]:
        own = self._own.setdefault(viewer, asyncio.Semaphore(OF_ONE_VIEWER))
        async with within_deadline(), own, self._places:
            yield
