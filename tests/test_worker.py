"""Background work: in a process that is killed, in two at once, and within a server."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from api.background import in_background
from api.background.worker import Worker
from db.database import Database
from db.logins import Login
from tests.client import SECRET, Clock, serving
from tests.test_calls import a_call

HERE = Path(__file__).parents[1]


def _start(url: str, **given: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "api.commands", "worker"],
        env={
            "DATABASE_URL": url,
            "TUNPING_SECRET": SECRET.decode(),
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            **given,
        },
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@asynccontextmanager
async def workers(url: str, count: int, **given: str) -> AsyncIterator[list[subprocess.Popen[str]]]:
    """Worker processes over a database. At the end they get SIGTERM, and must stop."""
    started = [_start(url, **given) for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            await asyncio.to_thread(process.communicate, timeout=30)
    # SIGTERM ends a process that does not handle it yet.
    assert {process.returncode for process in started} <= {0, -signal.SIGKILL, -signal.SIGTERM}


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    """Waits for something to become true."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110  another process makes it true
            await asyncio.sleep(0.1)


REPEATED = """select count(*) from (
    select alert_id, to_status from journal where kind in ('ALERT_RAISED', 'ALERT_CLIMBED')
    group by 1, 2 having count(*) > 1) twice"""
QUIET = "update ladder_policy set reach_by = '23:59:59.999999'"
"""No alert rings, whose messages would be sent before others."""
HIGHER = "update alert_rung set rung_at = rung_at - interval '1 day'"


@pytest.mark.long
async def test_each_rung_rings_once_with_two_workers_one_killed_and_another_started(copy_url: str) -> None:
    connection = await asyncpg.connect(copy_url)
    await connection.execute("update ladder_policy set reach_by = '00:00'")

    async def rung(name: str) -> bool:
        """True if every alert has reached that rung."""
        alerts = await connection.fetchval("select count(*) from alert")
        rungs = await connection.fetchval("select count(*) from alert_rung where rung = $1", name)
        return bool(alerts and alerts == rungs)

    lonely = await connection.fetchval("select count(*) from resident_colour where colour = 'RED'")

    async def all_rang() -> bool:
        return bool(await connection.fetchval("select count(*) from alert") == lonely and await rung("BUILDING_HEAD"))

    async with workers(copy_url, 2) as first:
        await until(partial(rung, "BUILDING_HEAD"))
        first[0].kill()  # Perhaps in the middle of a pass, which takes several transactions.
        async with workers(copy_url, 1):
            await until(all_rang)
        alerts = lonely
        for name in ("NEIGHBOURS", "COMMUNITY"):
            await connection.execute(HIGHER)
            async with workers(copy_url, 1):  # It climbs when it starts. The other one waits for the next minute.
                await until(partial(rung, name))
    await connection.execute(HIGHER)
    assert await connection.fetchval(REPEATED) == 0
    entries = "select count(*) from journal where kind in ('ALERT_RAISED', 'ALERT_CLIMBED')"
    assert await connection.fetchval(entries) == 3 * alerts
    await connection.close()


@pytest.mark.long
async def test_kill_9_in_the_middle_of_a_message_loses_none_and_repeats_only_that_one(copy_url: str) -> None:
    received, begun = list[str](), asyncio.Event()
    async with serving(copy_url) as client:
        worker, pool = await client.as_("网格员01"), client.app.state.owner
        await pool.execute(f"{QUIET}; delete from message")
        assert (await worker.do("callForHelp", await a_call(worker, most=5)))["errors"] == []
        messages = [str(row["id"]) for row in await pool.fetch("select id from message")]
        async with _a_gateway(received, begun) as url:
            gateway = {"TUNPING_SMS_URL": url}
            async with workers(copy_url, 1, **gateway) as (first,):
                await begun.wait()
                first.kill()
                async with workers(copy_url, 1, **gateway):
                    await until(lambda: pool.fetchval("select bool_and(sent_at is not null) from message"))
        in_flight = received[0]
        assert Counter(received) == Counter([*messages, in_flight])
        tries = dict(await pool.fetch("select id::text, tries from message"))
        assert tries == dict.fromkeys(messages, 1) | {in_flight: 2}


@asynccontextmanager
async def _a_gateway(received: list[str], begun: asyncio.Event) -> AsyncIterator[str]:
    """A gateway that notes the id of each message, and does not answer the first one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            received.append(json.loads(await reader.readexactly(length))["id"])
            if len(received) == 1:
                begun.set()
                await reader.read()  # until its sender is dead
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    gateway = await asyncio.start_server(serve, "127.0.0.1")
    try:
        yield f"http://127.0.0.1:{gateway.sockets[0].getsockname()[1]}/"
    finally:
        gateway.close()


STALLED = """with dead as (insert into jobs.procrastinate_workers (last_heartbeat) values (now() - interval '1 minute')
        returning id)
    insert into jobs.procrastinate_jobs (id, queue_name, task_name, lock, queueing_lock, status, worker_id)
    select -number, 'default', name, name, name, 'doing', dead.id
    from dead, unnest(array['climb', 'pass_over', 'deliver', 'send_webhooks']) with ordinality as job (name, number)"""
"""Jobs that a worker had begun when it was killed."""


@pytest.mark.long
async def test_it_looks_again_with_every_tick(small_copy_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original, climbed = Worker.climb, asyncio.Semaphore(0)

    async def climb(worker: Worker) -> None:
        await original(worker)
        climbed.release()

    monkeypatch.setattr(Worker, "climb", climb)
    connection = await asyncpg.connect(small_copy_url)
    await connection.execute(STALLED)
    await connection.execute(QUIET)
    database = await Database.open(small_copy_url, 2, Login.WORKER)
    counted = "select count(*) from alert where raised_at > now() - interval '1 minute'"

    async def raised() -> int:
        return int(await connection.fetchval(counted))

    async with in_background(Worker(database, Clock(), None, every="* * * * * *").run()):
        for _ in range(2):
            await climbed.acquire()
        assert await raised() == 0
        await connection.execute("update ladder_policy set reach_by = '00:00'")
        await until(raised)
        await until(lambda: connection.fetchval("select not exists (select from jobs.procrastinate_jobs where id < 0)"))
    assert await connection.fetchval("select count(*) from jobs.procrastinate_jobs where status = 'doing'") == 0
    await database.close()
    await connection.close()
