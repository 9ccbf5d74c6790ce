"""Two requests that meet at the worst moment: one has decided and not committed yet, the other waits for its lock."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from db.transaction import Transaction
from tests.client import Tunping

_WAITING = """select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'"""


async def until_blocked(pool: Any, waiting: "asyncio.Future[Any]") -> None:
    """Waits until somebody waits for a lock of the database, or the one who was to wait is through."""
    async with asyncio.timeout(30):
        while not waiting.done() and not await pool.fetchval(_WAITING):  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0)


class Gate:
    """Holds the next commit until somebody else waits for a lock, or is through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, client: Tunping) -> None:
        self._pool = client.app.state.owner
        self._armed = False
        self._reached, self._open = asyncio.Event(), asyncio.Event()
        commit = Transaction.commit

        async def held(transaction: Transaction) -> None:
            if self._armed and transaction.begun:
                self._armed = False
                self._reached.set()
                await self._open.wait()
            await commit(transaction)

        monkeypatch.setattr(Transaction, "commit", held)

    async def race(self, first: Awaitable[Any], second: Awaitable[Any]) -> tuple[Any, Any]:
        """What both are answered, the first of which reached its commit before the second began."""
        self._armed = True
        self._reached.clear()
        self._open.clear()
        leading = asyncio.ensure_future(first)
        reached = asyncio.ensure_future(self._reached.wait())
        await asyncio.wait({leading, reached}, return_when=asyncio.FIRST_COMPLETED)
        following = asyncio.ensure_future(second)
        await until_blocked(self._pool, following)
        reached.cancel()
        self._armed = False
        self._open.set()
        return await leading, await following
