"""Another client's page while the server is attacked by hostile documents, without an account and with one."""

import asyncio
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle

import httpx
import psutil

from bench import hostile
from bench.server import Server

SECONDS = 20.0
ATTACKERS = 4
PAGE = "{ appeals(first: 20, where: {open: true}) { nodes { body statusLabel household { address } } } }"


@dataclass
class Siege:
    """The times of the other client, and the number of hostile requests."""

    before: list[float] = field(default_factory=list)
    """Milliseconds of its page without an attack, and during it."""
    during: list[float] = field(default_factory=list)
    attacks: int = 0
    failures: int = 0
    grown: int = 0
    """MiB by which the server grew."""

    def lines(self) -> list[str]:
        return [
            f"{self.attacks} hostile requests by {ATTACKERS} clients in {SECONDS:.0f} s, {self.failures} of them"
            f" answered INTERNAL; the server grew by {self.grown} MiB",
            f"another client's page meanwhile: {_spread(self.during)}; before: {_spread(self.before)}",
        ]


def _spread(times: list[float]) -> str:
    ordered = sorted(times)
    return (
        f"p50 {statistics.median(ordered):.0f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.0f} ms,"
        f" most {ordered[-1]:.0f} ms"
    )


async def measure(server: Server) -> Siege:
    siege, worker, secretary = Siege(), server.token("网格员01"), server.token("书记01")
    await _visit(server, worker, siege.before, time.perf_counter() + SECONDS / 4)
    start = _memory(server.process)
    with ProcessPoolExecutor(1) as others:
        attacking = asyncio.get_running_loop().run_in_executor(others, _attack, server.url, secretary)
        await _visit(server, worker, siege.during, time.perf_counter() + SECONDS)
        siege.attacks, siege.failures = await attacking
    siege.grown = _memory(server.process) - start
    return siege


def _memory(process: psutil.Process) -> int:
    return int(process.memory_info().rss // 1024**2)


async def _visit(server: Server, token: str, times: list[float], end: float) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as http:
        while time.perf_counter() < end:
            start = time.perf_counter()
            answer = await http.post("/graphql", json={"query": PAGE})
            assert answer.json()["data"]["appeals"], answer.text
            times.append((time.perf_counter() - start) * 1e3)
            await asyncio.sleep(0.02)


def _attack(url: str, token: str) -> tuple[int, int]:
    """All attackers, in a process of their own. Returns the number of their requests, and of those that failed."""

    async def attack() -> list[tuple[int, int]]:
        end = time.perf_counter() + SECONDS
        return await asyncio.gather(*(_send(url, None if n % 2 else token, end, n) for n in range(ATTACKERS)))

    sent, failed = zip(*asyncio.run(attack()), strict=True)
    return sum(sent), sum(failed)


async def _send(url: str, token: str | None, end: float, first: int) -> tuple[int, int]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    documents, sent, failed = list(hostile.documents()), 0, 0
    turn = len(documents) // ATTACKERS * first
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http:
        for _, text, variables in cycle(documents[turn:] + documents[:turn]):
            if time.perf_counter() > end:
                break
            answer = await http.post("/graphql", json={"query": text, "variables": variables})
            sent, failed = sent + 1, failed + ("INTERNAL" in answer.text)
    return sent, failed
