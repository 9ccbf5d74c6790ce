"""Connections are shared in the order of asking."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.database import Database

WAITING, COMING = 5, 300


@pytest.fixture
async def narrow(fresh_url: str) -> AsyncIterator[Database]:
    """One connection for everybody."""
    database = await Database.open(fresh_url, size=1)
    yield database
    await database.close()


async def test_those_who_wait_are_served_before_those_who_come_at_the_right_moment(narrow: Database) -> None:
    served: list[int] = []

    async def ask(number: int) -> None:
        async with narrow.connection():
            served.append(number)

    async def come() -> None:
        """Somebody new with every turn of the loop, so that one asks just when the connection is free."""
        await asyncio.gather(*[await _started(ask(number)) for number in range(WAITING, WAITING + COMING)])

    async with narrow.connection():
        waiting = [await _started(ask(number)) for number in range(WAITING)]
        coming = asyncio.create_task(come())
        await asyncio.sleep(0)
    await asyncio.gather(*waiting, coming)
    assert served == list(range(WAITING + COMING))


async def _started(asking: Any) -> asyncio.Task[None]:
    task = asyncio.create_task(asking)
    await asyncio.sleep(0)
    return task
