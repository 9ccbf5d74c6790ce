"""Connections are kept, shared in the order of asking, and replaced when they are lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from db import pool
from db.database import Database

WAITING, COMING = 5, 300
BACKEND = "select pg_backend_pid()"


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


async def test_a_connection_that_was_unused_for_long_is_replaced(
    narrow: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await narrow.fetchval(BACKEND)
    assert await narrow.fetchval(BACKEND) == first
    monkeypatch.setattr(pool, "_LONGEST_IDLE", 0.0)
    assert await narrow.fetchval(BACKEND) != first


async def test_a_lost_connection_is_replaced(narrow: Database) -> None:
    first = await narrow.fetchval(BACKEND)
    with pytest.raises(asyncpg.PostgresError):
        await narrow.fetchval("select pg_terminate_backend(pg_backend_pid())")
    assert await narrow.fetchval(BACKEND) != first


async def test_a_statement_that_is_given_up_leaves_no_connection_busy(narrow: Database) -> None:
    first = await narrow.fetchval(BACKEND)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), narrow.connection() as connection:
            await connection.fetch("select pg_sleep(60)")
    assert await narrow.fetchval(BACKEND) != first


async def test_who_cannot_connect_leaves_no_turn_taken(narrow: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_LONGEST_IDLE", 0.0)
    connect = asyncpg.connect

    async def refused(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncpg, "connect", refused)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await narrow.fetchval(BACKEND)
    monkeypatch.setattr(asyncpg, "connect", connect)
    assert await narrow.fetchval(BACKEND)


async def test_reading_by_place_and_acting_take_turns_on_one_connection(narrow: Database) -> None:
    asked = "select (pg_backend_pid(), current_user, session_user)::text"
    by_place, acting = await narrow.fetchval(asked, by_place=True), await narrow.fetchval(asked)
    backend, role, login = by_place.strip("()").split(",")
    assert (role, login) == (role.removesuffix("staff") + "staff", role.removesuffix("staff") + "app")
    assert acting == f"({backend},{login},{login})"
    assert await narrow.fetchval(asked, by_place=True) == by_place


async def test_a_connection_that_cannot_change_its_role_is_replaced(
    narrow: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, execute = await narrow.fetchval(BACKEND), pool.Connection.execute

    async def hanging(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(pool.Connection, "execute", hanging)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await narrow._pool.take("somebody")
    monkeypatch.setattr(pool.Connection, "execute", execute)
    assert await narrow.fetchval(BACKEND, by_place=True) != first


async def test_a_connection_in_the_wanted_role_is_taken_first(fresh_url: str) -> None:
    database = await Database.open(fresh_url, size=2)
    async with database.connection():
        by_place = await database.fetchval(BACKEND, by_place=True)
    other = await database.fetchval(BACKEND)
    assert await database.fetchval(BACKEND, by_place=True) == by_place != other
    assert await database.fetchval(BACKEND) == other
    await database.close()


async def test_closing_ends_connections_in_use(fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_CLOSE_TIMEOUT", 0.01)
    database = await Database.open(fresh_url, size=2)
    async with database.connection() as used:
        await database.close()
        assert used.is_closed()
