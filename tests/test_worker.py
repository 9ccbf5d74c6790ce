"""Background work: in a process that is killed, in two at once, and within a server."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from api.background import in_background
from api.background.worker import Worker
from db.database import Database
from tests.client import SECRET, Clock

HERE = Path(__file__).parents[1]


def _start(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "api.commands", "worker"],
        env={
            "DATABASE_URL": url,
            "TUNPING_SECRET": SECRET.decode(),
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
        },
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@asynccontextmanager
async def workers(url: str, count: int) -> AsyncIterator[list[subprocess.Popen[str]]]:
    """Worker processes over a database. At the end they get SIGTERM, and must stop."""
    started = [_start(url) for _ in range(count)]
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

    async with workers(copy_url, 2) as first:
        await until(partial(rung, "BUILDING_HEAD"))
        first[0].kill()
        alerts = await connection.fetchval("select count(*) from alert")
        assert alerts == await connection.fetchval("select count(*) from resident_colour where colour = 'RED'")
        for name in ("NEIGHBOURS", "COMMUNITY"):
            await connection.execute(HIGHER)
            async with workers(copy_url, 1):  # It climbs when it starts. The other one waits for the next minute.
                await until(partial(rung, name))
    await connection.execute(HIGHER)
    assert await connection.fetchval(REPEATED) == 0
    entries = "select count(*) from journal where kind in ('ALERT_RAISED', 'ALERT_CLIMBED')"
    assert await connection.fetchval(entries) == 3 * alerts
    await connection.close()


async def test_it_looks_again_with_every_tick(small_copy_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original, climbed = Worker.climb, asyncio.Semaphore(0)

    async def climb(worker: Worker) -> None:
        await original(worker)
        climbed.release()

    monkeypatch.setattr(Worker, "climb", climb)
    connection = await asyncpg.connect(small_copy_url)
    await connection.execute("update ladder_policy set reach_by = '23:59:59.999999'")
    database = await Database.open(small_copy_url, 2)
    counted = "select count(*) from alert where raised_at > now() - interval '1 minute'"

    async def raised() -> int:
        return int(await connection.fetchval(counted))

    async with in_background(Worker(database, Clock(), None, every="* * * * * *").run()):
        for _ in range(2):
            await climbed.acquire()
        assert await raised() == 0
        await connection.execute("update ladder_policy set reach_by = '00:00'")
        await until(raised)
    assert await connection.fetchval("select count(*) from jobs.procrastinate_jobs where status = 'doing'") == 0
    await database.close()
    await connection.close()
