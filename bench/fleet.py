"""Two server processes over one database, with phones and a steady beat of acts, while something fails.

Each grid of the register has some phones, which receive the acts of the grid. Phones and writers connect and send again
until it works, as apps do.
"""

import asyncio
import os
import random
import re
import signal
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg
import psutil

from bench import wire
from bench.database import databases
from bench.fan import OPEN, workers_of
from bench.live import APPEALS
from bench.server import WITHOUT_WORKER, Server, serving
from tests.proxy import Proxy, proxied

SIZE = "20k-households"
GRIDS, PHONES, ACTS_A_SECOND = 20, 200, 50
FAULT_AFTER, SECONDS, RESTARTING, WITHIN = 3.0, 18.0, 42.0, 30.0
"""Seconds before a fault, of a phase, of a restart of both processes, and for what is missing after it."""
RETRY_FIRST, RETRY_LAST = 0.1, 0.5
"""Seconds between the attempts of a writer. Without the doubling, writers who cannot be answered take all CPU; with
longer ones, the writers would be late and not the servers."""
BACK = re.compile(r"again in (\d+) s")
"""The hint of a server that stops."""
LATE = 1.0
"""Seconds from which a delivery or an answer counts as late."""
LISTENERS = "select pid from pg_stat_activity where application_name = 'tunping listener'"
END_LISTENERS = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tunping listener'"


@dataclass
class Phone:
    """A phone of a grid, which goes on after its last cursor."""

    grid: int
    cursor: str
    came: list[tuple[str, float]] = field(default_factory=list)
    wait: int = 0
    """Seconds until it comes back, as the server asks."""
    lost: list[float] = field(default_factory=list)

    async def run(self, url: str, token: str) -> None:
        while True:
            payload = {"query": APPEALS, "variables": {"after": self.cursor}}
            with suppress(OSError, TimeoutError):
                phone = await wire.subscribe(url, token, payload, self._told, within=5)
                await phone.stay()
                self.lost.append(time.perf_counter())
            wait, self.wait = self.wait + random.uniform(0, 0.2), 0  # noqa: S311  no secret
            await asyncio.sleep(wait)

    def _told(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "next", "payload": {"data": {"appealOpened": event}}}:
                self.cursor = event["cursor"]
                self.came.append((event["appeal"]["id"], time.perf_counter()))
            case {"type": wire.CLOSED, "reason": reason} if hint := BACK.search(reason):
                self.wait = int(hint[1])


@dataclass
class Scene:
    """The processes, and those who use them."""

    server: Server
    url: str
    """The database's, not through the proxy."""
    proxy: Proxy | None
    grids: Sequence[tuple[str, str]]
    """The token and a home of each grid."""
    sent: dict[str, tuple[int, float]] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    phones: list[Phone] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    """Attempts of writers that failed, by what they heard."""
    idle: defaultdict[int, list[wire.Requests]] = field(default_factory=lambda: defaultdict(list))
    """Open connections of the writers of each grid."""

    async def write(self, grid: int) -> None:
        """Opens an appeal. The same id is sent again until it is answered."""
        token, home = self.grids[grid]
        appeal, began = f"appeal_{uuid4()}", time.perf_counter()
        self.sent[appeal] = grid, began
        given = {"id": appeal, "household": home, "kind": "PROBLEM", "category": "HEATING", "body": "暖气不热"}
        body = {"query": OPEN, "variables": {"input": given}}
        free = self.idle[grid]
        requests = free.pop() if free else wire.Requests(self.server.url, token)
        wait = RETRY_FIRST
        while True:
            try:
                said = await requests.post(body, within=10)
            except (OSError, EOFError, TimeoutError) as error:
                self.failures[type(error).__name__] += 1
            else:
                if "errors" not in said:
                    assert said["data"]["openAppeal"]["errors"] == [], said
                    self.answered[appeal] = time.perf_counter()
                    free.append(requests)
                    return
                self.failures[said["errors"][0]["extensions"]["code"]] += 1
            await asyncio.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311  no secret
            wait = min(wait * 2, RETRY_LAST)

    def missing(self) -> int:
        """Deliveries that have not come."""
        sent = Counter(grid for grid, _ in self.sent.values())
        return sum(sent[each.grid] - len({appeal for appeal, _ in each.came}) for each in self.phones)

    def line(self, name: str, failed_at: float) -> str:
        came = [(at - self.sent[appeal][1], at) for each in self.phones for appeal, at in each.came]
        done = [(at - self.sent[appeal][1], at) for appeal, at in self.answered.items()]
        took = sorted(seconds for seconds, _ in came)
        late = [at - failed_at for seconds, at in (*came, *done) if seconds > LATE]
        repeated = sum(len(each.came) - len({appeal for appeal, _ in each.came}) for each in self.phones)
        until = f"the last late one {max(late):.1f} s after the fault" if late else "none was late"
        return (
            f"{name}: {len(self.sent)} acts, {len(took)} deliveries to {PHONES} phones: from click to phone p50"
            f" {statistics.median(took) * 1e3:.0f} ms, most {took[-1]:.1f} s; to the answer most"
            f" {max(seconds for seconds, _ in done):.1f} s; {len(late)} took over {LATE:.0f} s, {until};"
            f" {sum(len(each.lost) for each in self.phones)} connections ended,"
            f" attempts failed: {dict(self.failures) or 'none'};"
            f" lost {self.missing()}, repeated {repeated}"
        )


async def kill_server(scene: Scene) -> None:
    """One of the two processes."""
    children = psutil.Process(scene.server.process.pid).children()
    os.kill(next(each.pid for each in children if "spawn_main" in " ".join(each.cmdline())), signal.SIGKILL)


async def end_listeners(scene: Scene) -> None:
    """As an administrator or a proxy ends them."""
    await _on_database(scene, END_LISTENERS)


async def kill_listener(scene: Scene) -> None:
    """PostgreSQL ends all its connections after it, and recovers."""
    os.kill((await _on_database(scene, LISTENERS))[0]["pid"], signal.SIGKILL)


async def swallow(scene: Scene) -> None:
    """All connections to the database. New ones work."""
    assert scene.proxy is not None
    scene.proxy.swallow()


async def restart(scene: Scene) -> None:
    """One process after the other."""
    scene.server.process.send_signal(signal.SIGHUP)


async def _on_database(scene: Scene, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(scene.url)
    found = list(await connection.fetch(query))
    await connection.close()
    return found


Fault: TypeAlias = Callable[[Scene], Awaitable[None]]
FAULTS: dict[str, Fault] = {
    "kill -9 of a server": kill_server,
    "the LISTEN connections ended": end_listeners,
    "kill -9 of a LISTEN backend": kill_listener,
    "a black hole to the database": swallow,
    "a restart in turn": restart,
}


async def measure(url: str) -> AsyncIterator[str]:
    """A line for each fault."""
    workers = (await workers_of(url))[:GRIDS]
    with serving(url, WITHOUT_WORKER) as server:
        grids = [(server.token(username), f"household_{home}") for username, home in workers]
    for name, fault in FAULTS.items():
        async with proxied(url) as (proxy, through):
            holed = fault is swallow
            starting = serving(through if holed else url, WITHOUT_WORKER | {"TUNPING_DEMO": "false"}, workers=2)
            server = await asyncio.to_thread(starting.__enter__)
            try:
                yield await _phase(Scene(server, url, proxy if holed else None, grids), name, fault)
            finally:
                await proxy.cut()
                await asyncio.to_thread(starting.__exit__, None, None, None)


async def _phase(scene: Scene, name: str, fault: Fault) -> str:
    start = await wire.Requests(scene.server.url, scene.grids[0][0]).post({"query": "{ liveCursor }"})
    scene.phones = [Phone(number % len(scene.grids), start["data"]["liveCursor"]) for number in range(PHONES)]
    listening = [asyncio.create_task(each.run(scene.server.url, scene.grids[each.grid][0])) for each in scene.phones]
    await asyncio.sleep(FAULT_AFTER)
    failed_at = await _write_through(scene, fault)
    end = time.perf_counter() + WITHIN
    while scene.missing() and time.perf_counter() < end:  # noqa: ASYNC110  there is no event for it
        await asyncio.sleep(0.1)
    for each in listening:
        each.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return scene.line(name, failed_at)


async def _write_through(scene: Scene, fault: Fault) -> float:
    """A steady beat of acts, with a fault among them. Returns when that was."""
    writing, begun, failed_at = [], time.perf_counter(), 0.0
    seconds = RESTARTING if fault is restart else SECONDS
    for number in range(int(seconds * ACTS_A_SECOND)):
        writing.append(asyncio.create_task(scene.write(number % len(scene.grids))))
        await asyncio.sleep(max(0.0, begun + number / ACTS_A_SECOND - time.perf_counter()))
        if not failed_at and time.perf_counter() > begun + FAULT_AFTER:
            failed_at = time.perf_counter()
            await fault(scene)
    await asyncio.gather(*writing)
    return failed_at


async def main(url: str) -> None:
    async for line in measure(url):
        print(line, flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(main(sys.argv[1]))
    else:
        with databases() as embedded:
            asyncio.run(main(embedded.make("register", "--scale", SIZE)))
