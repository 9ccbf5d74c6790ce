"""Connections are kept, shared in the order of asking, and replaced when they are lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import asyncpg
import pytest

from db import pool
from db.database import Database, OutcomeUnknown, Unavailable
from db.transaction import Transaction
from tests.proxy import proxied

WAITING, COMING = 5, 300
BACKEND = "select pg_backend_pid()"
RUNS = "select count(*) from pg_stat_activity where pid = $1"
SLEEPING = """select count(*) from pg_stat_activity
    where datname = current_database() and state = 'active' and wait_event = 'PgSleep'"""
SESSIONS = """select pid, state from pg_stat_activity
    where datname = current_database() and application_name = 'tunping' and pid <> pg_backend_pid()"""


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


@pytest.mark.parametrize("by_place", [False, True])
async def test_who_waits_for_a_connection_gives_up_while_there_is_time_for_the_work(
    narrow: Database, monkeypatch: pytest.MonkeyPatch, *, by_place: bool
) -> None:
    async def count(tx: Transaction) -> int:
        return int(await tx.fetchval("select 1"))

    monkeypatch.setattr("db.database.WAIT", 0.0001)
    async with asyncio.timeout(30), narrow.connection():
        with pytest.raises(Unavailable):
            await narrow.fetchval(BACKEND, by_place=by_place)
        with pytest.raises(Unavailable):
            await narrow.transact(count, now=datetime.now(UTC))
    assert await narrow.transact(count, now=datetime.now(UTC)) == 1


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


async def test_a_statement_that_is_given_up_has_ended_when_the_next_one_begins(narrow: Database) -> None:
    """Otherwise PostgreSQL runs more statements than there are connections, and the more, the slower it is."""
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await narrow.fetchval("select pg_sleep(60)")
        assert await narrow.fetchval(SLEEPING) == 0


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


async def test_who_comes_after_the_end_is_refused_at_once(fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waited then, too. A connection that was just being opened is closed when it is returned."""
    database, connect = await Database.open(fresh_url, size=1), asyncpg.connect
    monkeypatch.setattr(pool, "_LONGEST_IDLE", 0.0)
    monkeypatch.setattr(pool, "_CLOSE_TIMEOUT", 0.01)
    connecting, ended = asyncio.Event(), asyncio.Event()

    async def slowly(*args: Any, **options: Any) -> Any:
        connecting.set()
        await ended.wait()
        return await connect(*args, **options)

    monkeypatch.setattr(asyncpg, "connect", slowly)
    opening = asyncio.create_task(database.fetchval(BACKEND))
    await connecting.wait()
    waiting = await _started(database.fetchval(BACKEND))
    await database.close()
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await database.fetchval(BACKEND)
    ended.set()
    backend = await opening
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await waiting
    observer = await connect(fresh_url)
    async with asyncio.timeout(30):
        while await observer.fetchval(RUNS, backend):  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0.01)
    await observer.close()


async def change(tx: Transaction) -> None:
    await tx.fetchval("select pg_current_xact_id()::text")


@pytest.fixture
def committing(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when a commit has begun, which then hangs."""
    begun = asyncio.Event()

    async def hang(_: Transaction) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Transaction, "commit", hang)
    return begun


async def test_a_task_that_is_cancelled_during_a_commit_ends(narrow: Database, committing: asyncio.Event) -> None:
    """A loop that goes on after any error would never end, and the server would not stop."""
    changing = asyncio.create_task(narrow.transact(change, now=datetime.now(UTC)))
    await committing.wait()
    changing.cancel()
    await asyncio.wait([changing])
    assert changing.cancelled()


@pytest.mark.long
async def test_when_the_deadline_passes_during_a_commit_the_outcome_is_unknown(
    narrow: Database, committing: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeout, deadlines = asyncio.timeout, list[asyncio.Timeout]()

    def noted(seconds: float | None) -> asyncio.Timeout:
        deadlines.append(timeout(seconds))
        return deadlines[-1]

    monkeypatch.setattr(asyncio, "timeout", noted)
    changing = asyncio.create_task(narrow.transact(change, now=datetime.now(UTC)))
    await committing.wait()
    deadlines[0].reschedule(asyncio.get_running_loop().time())
    with pytest.raises(OutcomeUnknown):
        await changing


USES, SIZE, SHORTLY = 300, 3, "pg_sleep(0.001)"


@pytest.mark.long
async def test_whoever_is_cancelled_whenever_leaves_nothing_behind(fresh_url: str) -> None:
    """No slot taken, no transaction open, no setting or role changed, and no session that the pool has forgotten."""
    database, random = await Database.open(fresh_url, size=SIZE), Random(1)  # noqa: S311  no secret
    roles: set[tuple[bool, str]] = set()

    async def read() -> None:
        async with database.connection() as connection, connection.transaction():
            await connection.execute("set local work_mem = '7MB'")
            await connection.fetch(f"select {SHORTLY}")

    async def act() -> None:
        await database.transact(change, now=datetime.now(UTC), deadline=random.choice([None, 0.002]))

    async def look() -> None:
        by_place = random.random() < 0.5
        roles.add((by_place, await database.fetchval(f"select current_user from {SHORTLY}", by_place=by_place)))

    async def err() -> None:
        await database.fetchval("select 1 / 0", by_place=True)

    async def lose() -> None:
        await database.fetchval("select pg_terminate_backend(pg_backend_pid())", by_place=random.random() < 0.5)

    async def use() -> None:
        task = asyncio.create_task(random.choices([read, act, look, err, lose], [10, 10, 20, 5, 1])[0]())
        for _ in range(random.randrange(40)):
            await asyncio.sleep(random.choice([0, 0, 0.001]))
        task.cancel()
        await asyncio.wait([task])

    async with asyncio.timeout(30):
        for _ in range(USES // 10):
            await asyncio.gather(*(use() for _ in range(10)))
        connections = [await database._pool.take() for _ in range(SIZE)]
    assert [await each.fetchval("show work_mem") for each in connections] == ["4MB"] * SIZE
    (login,) = {await each.fetchval("select current_user") for each in connections}
    assert roles == {(False, login), (True, login.removesuffix("app") + "staff")}
    sessions = await connections[0].fetch(SESSIONS)
    assert [each["state"] for each in sessions] == ["idle"] * (SIZE - 1)
    for each in connections:
        database._pool.give_back(each, broken=False)
    await database.close()


async def test_when_one_connection_is_silent_the_idle_ones_are_given_up_too(
    fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost network takes all of them. Otherwise each would cost somebody a deadline."""
    async with proxied(fresh_url) as (proxy, url):
        database = await Database.open(url, size=4)
        await asyncio.gather(*(database.fetchval("select pg_sleep(0.1)") for _ in range(4)))
        assert len(database._pool._idle) == 4
        proxy.swallow()
        monkeypatch.setattr("db.database.DEADLINE", 0.3)
        monkeypatch.setattr(pool, "_CLOSE_TIMEOUT", 0.2)
        with pytest.raises(Unavailable):
            await database.fetchval(BACKEND)
        monkeypatch.undo()
        async with asyncio.timeout(20):
            await asyncio.gather(*database._pool._ending)
        assert database._pool._idle == []
        assert await database.fetchval(BACKEND)
        await database.close()
        await proxy.cut()


async def test_a_deadline_that_passes_while_the_server_answers_costs_no_other_connection(
    fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await Database.open(fresh_url, size=4)
    await asyncio.gather(*(database.fetchval("select pg_sleep(0.1)") for _ in range(4)))
    monkeypatch.setattr("db.database.DEADLINE", 0.2)
    with pytest.raises(Unavailable):
        await database.fetchval("select pg_sleep(60)")
    await asyncio.gather(*database._pool._ending)
    assert len(database._pool._idle) == 3
    await database.close()
