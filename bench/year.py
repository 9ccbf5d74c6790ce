"""A year of 100,000 appeals of one community by week and grid, beside PostGraphile with its aggregates plugin."""

import asyncio
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import orjson

from bench import rounds
from bench.contenders import POSTGRAPHILE, TUNPING, field
from bench.database import Databases
from bench.load import Loader
from bench.operations import YEAR
from bench.scratch import Scratch
from bench.statements import Statement
from db.database import Database

SIZE = "2k-households"
APPEALS = Path(__file__).with_suffix(".sql")
RUNS = 15


def measure(scratch: Scratch, server: Databases) -> list[str]:
    """The statement's time in PostgreSQL, and a table of both contenders, alone and with 16 connections."""
    print(f"loading {SIZE} with a year of appeals", file=sys.stderr)
    url = server.make("year", "--scale", SIZE)
    asyncio.run(_fill(url))
    with field(url, scratch, (TUNPING, POSTGRAPHILE)) as started:
        loader, rows = Loader(scratch, server, started), list[str]()
        for connections in (1, rounds.CONNECTIONS):
            found = rounds.run(loader, (YEAR,), (TUNPING, POSTGRAPHILE), connections, rounds=3)
            for name in (TUNPING, POSTGRAPHILE):
                cost = found[YEAR, name]
                shown = f"{cost.rps:.1f} | {cost.p50:.0f} | {cost.cpu_ms:.1f} | {cost.postgres_ms:.1f}"
                rows.append(f"| {connections} | {name} | {shown} | {cost.bytes:,.0f} |")
        times = asyncio.run(_explained(url, started.statements[YEAR]))
    return [
        f"Tunping's statement by EXPLAIN (ANALYZE, TIMING OFF): {statistics.median(times):.0f} ms, at best"
        f" {min(times):.0f} ms, of {RUNS} runs. The goal is 60 ms.",
        "",
        "| connections | contender | a second | p50 ms | server's CPU ms | PostgreSQL's CPU ms | bytes |",
        "|---:|---|" + "---:|" * 5,
        *rows,
    ]


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(APPEALS.read_text(encoding="utf-8"))
    await connection.execute("vacuum analyze appeal")
    await connection.close()


async def _explained(url: str, statement: Statement) -> Sequence[float]:
    """Milliseconds of each run, on a connection of the application."""
    database = await Database.open(url, 1)
    explain = f"explain (analyze, timing off, format json) {statement.sql}"
    try:
        told = [
            await database.fetchval(explain, *statement.parameters, by_place=statement.by_place) for _ in range(RUNS)
        ]
    finally:
        await database.close()
    return [orjson.loads(each)[0]["Execution Time"] for each in told]
