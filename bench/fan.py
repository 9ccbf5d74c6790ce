"""The live feed beside graphql-ws on Node: events for all phones, and events that concern few."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import orjson
import psutil

from bench.contenders import running
from bench.scratch import Scratch
from bench.server import HERE, Server, cpu_of, serving

SIZES = (1_000, 5_000)
EVENTS, ROUTED_EVENTS = 10, 50
"""Events of a case. A routed one goes to each group once."""
CYCLE = 25.0
"""Seconds of a measurement: each silent socket is pinged once in it (``api.http.pulse.PING_AFTER``)."""
OVERSEER = "规模督导"
_SETTINGS = {"TUNPING_WORKER": "false", "TUNPING_ACCESS_TOKEN_SECONDS": "86400"}
SELECTION = "{ cursor appeal { id category status body household { unit room building { name } } } }"
OPEN = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { appeal { id } errors { message } } }"
WORKERS = """select a.username, min(h.id::text) as household from account a join assignment p on p.account_id = a.id
    join household h on h.grid_id = p.grid_id where a.username like '规模%网格员%' group by 1 order by 1"""


@dataclass(frozen=True, slots=True)
class FanCost:
    """The result of one case: CPU of the server for each delivery, memory for each connection.

    ``idle_ms`` is the CPU that the silent sockets cost in a second, with their pings. It is not in ``cpu_ms``.
    """

    server: str
    subscribers: int
    routed: bool
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    idle_ms: float
    kib: float
    lost: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Case:
    """A server with its subscribers. ``send`` publishes an event in the grid of a number and returns its id."""

    server: str
    url: str
    query: str
    process: psutil.Process
    subscribers: list[tuple[str, dict[str, str]]]
    send: Callable[[int], str]
    grids: int
    """The number of grids over which the subscribers are spread; 1 if every event concerns all of them."""


def measure(url: str, scratch: Scratch) -> list[FanCost]:
    found = []
    for size in SIZES:
        for routed in (False, True):
            with serving(url, _SETTINGS) as server, serving(url, _SETTINGS) as writer:
                found.append(_measure(_tunping(server, writer, url, size, routed=routed), routed=routed))
            with running(scratch.script("fan.mjs")) as (port, process):
                found.append(_measure(_node(port, process, size, routed=routed), routed=routed))
            print("\n".join(lines(found[-2:])[2:]), file=sys.stderr)
    return found


def _tunping(server: Server, writer: Server, url: str, size: int, *, routed: bool) -> Case:
    """Appeals are opened at another server process, so that only the feed is measured."""
    workers = asyncio.run(workers_of(url))
    tokens = [server.token(name) for name, _ in workers]
    watching = tokens if routed else [server.token(OVERSEER)]

    def send(grid: int) -> str:
        given = {"id": f"appeal_{uuid4()}", "household": f"household_{workers[grid][1]}"}
        given |= {"kind": "PROBLEM", "category": "HEATING", "body": "暖气不热，希望尽快处理"}
        body = {"query": OPEN, "variables": {"input": given}}
        headers = {"authorization": f"Bearer {tokens[grid]}"}
        answer = httpx.post(f"{writer.url}/graphql", json=body, headers=headers, timeout=30).json()
        assert not answer["data"]["openAppeal"]["errors"], answer
        return str(given["id"])

    subscribers: list[tuple[str, dict[str, str]]] = [(watching[n % len(watching)], {}) for n in range(size)]
    address = server.url.replace("http", "ws") + "/graphql"
    query = f"subscription {{ appealOpened {SELECTION} }}"
    return Case("Tunping", address, query, server.process, subscribers, send, len(watching))


async def workers_of(url: str) -> list[tuple[str, str]]:
    """The worker of each grid, with a home there."""
    connection = await asyncpg.connect(url)
    found = [(row["username"], row["household"]) for row in await connection.fetch(WORKERS)]
    await connection.close()
    return found


def _node(port: int, process: psutil.Process, size: int, *, routed: bool) -> Case:
    grids = 50 if routed else 1

    def send(grid: int) -> str:
        event = f"appeal_{uuid4()}"
        httpx.post(f"http://127.0.0.1:{port}/publish", params={"grid": str(grid), "id": event}).raise_for_status()
        return event

    subscribers = [("", {"grid": str(n % grids)} if routed else {}) for n in range(size)]
    query = f"subscription($grid: ID) {{ appealOpened(grid: $grid) {SELECTION} }}"
    return Case("graphql-ws", f"ws://127.0.0.1:{port}/graphql", query, process, subscribers, send, grids)


def _measure(case: Case, *, routed: bool) -> FanCost:
    before = case.process.memory_info().rss
    with _phones(case) as phones:
        held = case.process.memory_info().rss - before
        size, each = len(case.subscribers), len(case.subscribers) // case.grids
        _deliver(case, phones, each, 0)
        with _cycle(case) as idle:
            pass
        late: list[float] = []
        lost = repeated = 0
        events = ROUTED_EVENTS if routed else EVENTS
        with _cycle(case) as busy:
            for number in range(events):
                took, missing, again = _deliver(case, phones, each, number % case.grids)
                late, lost, repeated = late + took, lost + missing, repeated + again
    late.sort()
    milliseconds = (late[len(late) // 2] * 1e3, late[int(len(late) * 0.99)] * 1e3)
    idling = idle.spent / idle.seconds
    cost = ((busy.spent - idling * busy.seconds) / (events * each) * 1e3, idling * 1e3, held / size / 1024)
    return FanCost(case.server, size, routed, *milliseconds, *cost, lost, repeated)


@dataclass
class Cycle:
    """At least one cycle of pings: the seconds that it took, and the server's seconds of CPU."""

    seconds: float = 0.0
    spent: float = 0.0


@contextmanager
def _cycle(case: Case) -> Iterator[Cycle]:
    cycle, began, spent = Cycle(), time.monotonic(), cpu_of(case.process)
    yield cycle
    time.sleep(max(0.0, began + CYCLE - time.monotonic()))
    cycle.seconds, cycle.spent = time.monotonic() - began, cpu_of(case.process) - spent


def _deliver(case: Case, phones: Any, each: int, grid: int) -> tuple[list[float], int, int]:
    """Sends one event. Returns the delays of its deliveries, and the numbers of lost and of repeated ones."""
    sent = time.time()
    event = case.send(grid)
    print(each, file=phones.stdin, flush=True)
    came = [(number, at) for number, given, at in orjson.loads(phones.stdout.readline()) if given == event]
    reached = {number for number, _ in came}
    return [at - sent for _, at in came], each - len(reached), len(came) - len(reached)


@contextmanager
def _phones(case: Case) -> Iterator[Any]:
    job = {"url": case.url, "query": case.query, "subscribers": case.subscribers}
    command = [sys.executable, "-m", "bench.fan_clients"]
    with subprocess.Popen(command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as phones:
        assert phones.stdin is not None
        assert phones.stdout is not None
        print(orjson.dumps(job).decode(), file=phones.stdin, flush=True)
        assert phones.stdout.readline() == "ready\n"
        try:
            yield phones
        finally:
            phones.stdin.close()


def lines(costs: Sequence[FanCost]) -> list[str]:
    """A Markdown table."""
    names = "CPU ms a delivery | idle CPU ms a second | KiB a connection | lost, repeated"
    head = f"| subscribers | events | server | p50 ms | p99 ms | {names} |"
    rows = []
    for each in costs:
        whom = "to one in fifty" if each.routed else "to all"
        figures = f"{each.p50_ms:.0f} | {each.p99_ms:.0f} | {each.cpu_ms:.3f} | {each.idle_ms:.1f} | {each.kib:.0f}"
        rows.append(f"| {each.subscribers:,} | {whom} | {each.server} | {figures} | {each.lost}, {each.repeated} |")
    return [head, "|---" * 9 + "|", *rows]
