"""Connections are shared in the order of asking."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import pytest
import sqlalchemy as sa

from db.database import Database

Way: TypeAlias = Callable[[Database], AbstractAsyncContextManager[Any]]
ASKERS, TURNS = 12, 20


@pytest.fixture
async def narrow(fresh_url: str) -> AsyncIterator[Database]:
    """Two connections of each kind, for everybody."""
    database = await Database.open(fresh_url, size=2)
    yield database
    await database.close()


@pytest.mark.parametrize("way", [Database.reading, Database.acting])
async def test_nobody_is_passed_by_those_who_ask_again_and_again(narrow: Database, way: Way) -> None:
    served: list[int] = []

    async def ask(asker: int) -> None:
        for _ in range(TURNS):
            async with way(narrow) as opened:
                served.append(asker)
                await (opened.fetchval("select 1") if way is Database.reading else opened.scalar(sa.text("select 1")))

    await asyncio.gather(*(ask(asker) for asker in range(ASKERS)))
    rounds = [served[at : at + ASKERS] for at in range(0, len(served), ASKERS)]
    assert [sorted(each) for each in rounds] == [list(range(ASKERS))] * TURNS
