"""Connections are shared in the order of asking."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import pytest

from db.database import Database

Way: TypeAlias = Callable[[Database], AbstractAsyncContextManager[Any]]
WAITING, COMING = 5, 300


@pytest.fixture
async def narrow(fresh_url: str) -> AsyncIterator[Database]:
    """One connection of each kind, for everybody."""
    database = await Database.open(fresh_url, size=1)
    yield database
    await database.close()


@pytest.mark.parametrize("way", [Database.reading, Database.acting])
async def test_those_who_wait_are_served_before_those_who_come_at_the_right_moment(narrow: Database, way: Way) -> None:
    served: list[int] = []

    async def ask(number: int) -> None:
        async with way(narrow) as opened:
            await (opened.connection() if way is Database.acting else asyncio.sleep(0))
            served.append(number)

    async def come() -> None:
        """Somebody new with every turn of the loop, so that one asks just when the connection is free."""
        await asyncio.gather(*[await _started(ask(number)) for number in range(WAITING, WAITING + COMING)])

    async with way(narrow) as opened:
        await (opened.connection() if way is Database.acting else asyncio.sleep(0))
        waiting = [await _started(ask(number)) for number in range(WAITING)]
        await asyncio.sleep(0.05)
        coming = asyncio.create_task(come())
        await asyncio.sleep(0)
    await asyncio.gather(*waiting, coming)
    assert served == list(range(WAITING + COMING))


async def _started(asking: Any) -> asyncio.Task[None]:
    task = asyncio.create_task(asking)
    await asyncio.sleep(0)
    return task
