"""Duties at scale: a worker's day, their first copy, and the compliance of a community for a month."""

import asyncio
import statistics
import time
from datetime import date, timedelta
from pathlib import Path

import asyncpg
import httpx

from bench import copies
from bench.database import demo_database
from bench.server import Server, serving

WARM_UP, ROUNDS = 30, 30
SCALE = Path(__file__).with_name("scale.sql")
MY_DAY = (
    "{ myDay(first: 100) { totalCount nodes { key colour firstMissedOn household { address } resident { name } } } }"
)
COMPLIANCE = """query($first: Date!, $last: Date!) {
    compliance(between: {startsOn: $first, endsOn: $last}) { colour owed done late missed due paused doneShare } }"""


def measure() -> list[str]:
    """The median times, as a client measures them."""
    with demo_database() as url, serving(url) as server:
        asyncio.run(_fill(url))
        worker, secretary = "规模GRID_WORKER", "规模SECRETARY"
        last = date.today() - timedelta(1)  # noqa: DTZ011  any day of this month will do
        month = {"first": str(last - timedelta(29)), "last": str(last)}
        day = _median(server, worker, {"query": MY_DAY})
        whole = _median(server, secretary, {"query": COMPLIANCE, "variables": month})
        copy = copies.measure(server, worker)
        return [
            copy,
            f"my day, 400 households, a year of visits: {day:.1f} ms as a client sees it",
            f"compliance of 10,000 households for 30 days: {whole:.0f} ms as a client sees it",
        ]


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(SCALE.read_text())
    await connection.execute("select place_entries(1000000000)")  # For the phones of the new rows.
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
