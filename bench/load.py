"""Load on one contender for some seconds, and its cost in time and CPU."""

import asyncio
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import orjson
import psutil

from bench.contenders import Field, Request
from bench.database import Databases
from bench.operations import Operation
from bench.scratch import Scratch
from bench.server import cpu_of

LONGEST = 10
"""Seconds of a round in which no request is answered, until the measurement ends as failed."""
MOST_A_SECOND = 2000
"""Rows that are prepared for a second: more than any contender uses up."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The result of one run. CPU is in milliseconds for each request: the contender's, and PostgreSQL's."""

    rps: float
    p50: float
    p99: float
    cpu_ms: float
    postgres_ms: float
    bytes: float

    @property
    def both_ms(self) -> float:
        return self.cpu_ms + self.postgres_ms

    def values(self) -> tuple[float, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Loader:
    """Sends operations to the contenders over several connections."""

    scratch: Scratch
    database: Databases
    field: Field

    def check(self, contender: str, operation: Operation) -> bytes | None:
        """The answer to one request; ``None`` if the contender does not offer it. Raises RuntimeError for errors."""
        request = self.field.request(contender, operation)
        if request is None:
            return None
        headers = {"content-type": "application/json", "authorization": f"Bearer {request.token}"}
        body = _filled(request.body, self._fresh(operation, 1))
        answer = httpx.post(request.url, content=body, headers=headers, timeout=60)
        found = orjson.loads(answer.content)
        if "errors" in found or not all(found["data"].values()):
            raise RuntimeError(f"{contender} does not answer {operation.name}: {answer.text[:500]}")
        return answer.content

    def run(self, contender: str, operation: Operation, connections: int, seconds: float) -> Sample:
        """Runs an operation that the contender offers. Raises RuntimeError if a request fails."""
        request = self.field.request(contender, operation)
        assert request is not None
        process = self.field.processes[contender]
        fresh = self._fresh(operation, round(MOST_A_SECOND * seconds))
        before, postgres = cpu_of(process), self.database.cpu()
        found = autocannon(self.scratch, [request], connections, seconds=seconds, fresh=fresh)
        count = found["requests"]
        if not found["failed"] and not count and seconds < LONGEST:  # The machine stood still for a short round.
            return self.run(contender, operation, connections, 2 * seconds)
        if found["failed"] or not count:
            raise RuntimeError(f"{contender} failed {found['failed']} requests of {operation.name}")
        spent, by_postgres = cpu_of(process) - before, self.database.cpu() - postgres
        each = (spent / count * 1e3, by_postgres / count * 1e3)
        return Sample(count / found["seconds"], found["p50"], found["p99"], *each, found["bytes"])

    def _fresh(self, operation: Operation, count: int) -> list[str]:
        """The ids of new rows for an operation that uses one up with each request."""
        return asyncio.run(_made(self.field, operation, count)) if operation.fresh else []


def autocannon(
    scratch: Scratch,
    requests: Sequence[Request],
    connections: int,
    *,
    seconds: float = 0,
    amount: int = 0,
    fresh: Sequence[str] = (),
) -> dict[str, float]:
    """Sends the requests in turn over each connection, for some seconds or until an amount is answered."""
    asked = [{"body": each.body.decode(), "token": each.token} for each in requests]
    until = {"seconds": seconds, "amount": amount}
    job = {"url": requests[0].url, "requests": asked, "connections": connections, "fresh": list(fresh), **until}
    done = subprocess.run(scratch.script("load.mjs"), input=orjson.dumps(job), capture_output=True, check=True)
    return dict(orjson.loads(done.stdout))


def peak(process: psutil.Process) -> int:
    """The peak resident memory of a process in bytes, by Linux's /proc."""
    said = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert said is not None
    return int(said[1]) * 1024


def _filled(body: bytes, fresh: Sequence[str]) -> bytes:
    words = {"new": str(uuid4()), "now": datetime.now(UTC).isoformat()}
    if fresh:
        words["fresh"] = fresh[0]
    for word, value in words.items():
        body = body.replace(f"{{{word}}}".encode(), value.encode())
    return body


async def _made(field: Field, operation: Operation, count: int) -> list[str]:
    connection = await asyncpg.connect(field.url)
    try:
        return [str(row["id"]) for row in await connection.fetch(operation.fresh, field.register.grid, count)]
    finally:
        await connection.close()
