"""The live feed and the text messages while the worker, the gateway or PostgreSQL fails."""

import asyncio
import os
import signal
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import httpx
import orjson

from bench.live import OPEN, Push, listen
from bench.server import COMMAND, COUNTER, WITHOUT_WORKER, Server, serving, started

PHONES, APPEALS_A_SECOND = 20, 3
SECONDS, FAULT_AFTER = 20.0, 2.0
"""Seconds of a phase, and those before its fault."""
AWAY_FOR = 12.0
"""Seconds for which the gateway hangs: more than its timeout."""
ALL_WITHIN = 90.0
"""Seconds for what is left after a phase. A message whose worker died waits for the end of its lease."""
HELPERS = 5
WHAT = "搬两袋米上楼"
"""The help that is called for, by which its messages are told from those of the safety ladder."""
OK = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
HOME = "{ households(first: 1) { nodes { id } } }"
CALL = """mutation($input: CallForHelpInput!) { callForHelp(input: $input) {
    call { invitations { totalCount } } errors { code } } }"""


@dataclass
class Gateway:
    """An SMS gateway. While it hangs, it takes messages and answers none."""

    came: Counter[str] = field(default_factory=Counter)
    """How often each message came."""
    taken: set[str] = field(default_factory=set)
    """The messages whose sender heard the answer."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            message = orjson.loads(await reader.readexactly(int(length.partition(b":")[2])))
            if WHAT not in message["text"]:
                writer.write(OK)
                await writer.drain()
                writer.close()
                return
            self.came[message["id"]] += 1
            self.reached.set()
            left = asyncio.create_task(reader.read())
            answering = asyncio.create_task(self.answers.wait())
            await asyncio.wait({left, answering}, return_when=asyncio.FIRST_COMPLETED)
            if not left.done():
                writer.write(OK)
                await writer.drain()
                self.taken.add(message["id"])
        writer.close()

    def hang(self) -> None:
        self.reached.clear()
        self.answers.clear()


@dataclass
class Scene:
    """A server with its worker and gateway."""

    server: Server
    environment: dict[str, str]
    """The worker's."""
    gateway: Gateway
    token: str
    workers: ExitStack
    worker_pid: int = 0
    failed_at: float = 0.0
    asked: int = 0
    """Helpers who have to be told."""

    def postmaster(self) -> int:
        """The process of PostgreSQL."""
        return int(Path(self.environment["TUNPING_DATA_DIR"], "postgres", "postmaster.pid").read_text().split()[0])

    async def start_worker(self) -> None:
        starting = started([*COMMAND, "worker"], self.environment, "(the worker runs)")
        process, _ = await asyncio.to_thread(self.workers.enter_context, starting)
        self.worker_pid = process.pid

    async def ask(self, query: str, **variables: object) -> Any:
        """The data of an operation, which is sent again until it is answered, as phones do."""
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {"query": query, "variables": variables}
        async with httpx.AsyncClient(base_url=self.server.url, headers=headers, timeout=30) as http:
            while True:
                with suppress(httpx.TransportError):
                    said = (await http.post("/graphql", json=body)).json()
                    if "errors" not in said:
                        return said["data"]
                await asyncio.sleep(0.2)

    async def open_appeal(self, push: Push) -> None:
        appeal = f"appeal_{uuid4()}"
        push.sent[appeal] = time.perf_counter()
        await self.ask(OPEN, input={"id": appeal, "code": COUNTER, "body": "3号楼2单元 暖气不热"})

    async def call_for_help(self) -> None:
        home = (await self.ask(HOME))["households"]["nodes"][0]["id"]
        new = {"id": f"call_{uuid4()}", "what": WHAT, "household": home, "most": HELPERS}
        made = (await self.ask(CALL, input=new))["callForHelp"]
        assert made["errors"] == [], made
        self.asked += made["call"]["invitations"]["totalCount"]

    async def waiting(self) -> bool:
        """True if a message waits, or if that is not known."""
        async with httpx.AsyncClient(base_url=self.server.url, timeout=30) as http:
            said = (await http.get("/ready")).json()
        return not said["ready"] or said["messages"]["waitingSince"] is not None

    async def message_in_flight(self) -> None:
        """Waits until the gateway has a message, in whose middle something fails."""
        self.gateway.hang()
        await self.call_for_help()
        await self.gateway.reached.wait()
        self.failed_at = time.perf_counter()


async def kill_worker(scene: Scene) -> None:
    """Kills the worker while the gateway has a message of it, and starts another one."""
    await scene.message_in_flight()
    os.kill(scene.worker_pid, signal.SIGKILL)
    await scene.start_worker()
    scene.gateway.answers.set()


async def hang_gateway(scene: Scene) -> None:
    """The gateway takes a message and does not answer, for longer than the worker waits."""
    await scene.message_in_flight()
    await asyncio.sleep(AWAY_FOR)
    scene.gateway.answers.set()


async def kill_postgres(scene: Scene) -> None:
    """Kills PostgreSQL while the gateway has a message."""
    await scene.message_in_flight()
    os.kill(scene.postmaster(), signal.SIGKILL)
    scene.gateway.answers.set()


Fault: TypeAlias = Callable[[Scene], Awaitable[None]]
FAULTS: dict[str, Fault] = {
    "the worker killed in mid-message": kill_worker,
    "the gateway hangs": hang_gateway,
    "PostgreSQL killed": kill_postgres,
}


async def phase(scene: Scene, name: str, fault: Fault) -> list[str]:
    """Appeals in a steady beat, whatever happens to the earlier ones, and a fault among them."""
    scene.gateway.came.clear()
    scene.gateway.taken.clear()
    scene.asked = 0
    sent: dict[str, float] = {}
    phones = [Push(sent, []) for _ in range(PHONES)]
    cursor = (await scene.ask("{ liveCursor }"))["liveCursor"]
    listening = [asyncio.create_task(_stay(scene, cursor, each)) for each in phones]
    failing, sending = asyncio.create_task(_after(FAULT_AFTER, fault, scene)), []
    for _ in range(int(SECONDS * APPEALS_A_SECOND)):
        sending.append(asyncio.create_task(scene.open_appeal(phones[0])))
        await asyncio.sleep(1 / APPEALS_A_SECOND)
    await asyncio.gather(failing, *sending)
    end = time.perf_counter() + ALL_WITHIN
    while await scene.waiting() and time.perf_counter() < end:  # noqa: ASYNC110  a worker ends it
        await asyncio.sleep(0.2)
    told = time.perf_counter() - scene.failed_at
    for each in listening:
        each.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return _lines(name, phones, scene.failed_at, f"{_messages(scene)}; none waits {told:.0f} s after the fault")


async def _after(seconds: float, fault: Fault, scene: Scene) -> None:
    await asyncio.sleep(seconds)
    await fault(scene)


async def _stay(scene: Scene, cursor: str, push: Push) -> None:
    """A phone, which connects again and resumes after its last cursor."""
    while True:
        with suppress(OSError, TimeoutError):
            phone = await listen(scene.server, scene.token, push.came[-1][1] if push.came else cursor, push)
            await phone.stay()
        await asyncio.sleep(0.5)


def _lines(name: str, phones: list[Push], failed_at: float, messages: str) -> list[str]:
    sent = phones[0].sent
    took = sorted((at - sent[id_], at) for each in phones for id_, _, at in each.came)
    late = [(seconds, at) for seconds, at in took if seconds > 1]
    lost = sum(len(sent.keys() - {id_ for id_, _, _ in each.came}) for each in phones)
    repeated = sum(len(each.came) - len({id_ for id_, _, _ in each.came}) for each in phones)
    until = f", all of them within {max(at for _, at in late) - failed_at:.1f} s of the fault" if late else ""
    return [
        f"{name}: {len(sent)} appeals to {PHONES} phones: p50 {statistics.median(s for s, _ in took) * 1e3:.0f} ms,"
        f" p99 {took[int(len(took) * 0.99)][0] * 1e3:.0f} ms, most {took[-1][0] * 1e3:.0f} ms;"
        f" {len(late)} of {len(took)} deliveries took over 1 s{until}; lost {lost}, repeated {repeated}",
        f"{name}: {messages}",
    ]


def _messages(scene: Scene) -> str:
    came = scene.gateway.came
    lost = scene.asked - len(scene.gateway.taken)
    return f"{scene.asked} messages: {lost} lost, {sum(came.values()) - len(came)} sent again"


@asynccontextmanager
async def _scene() -> AsyncIterator[Scene]:
    gateway = Gateway()
    taking = await asyncio.start_server(gateway.take, "127.0.0.1")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        given = {
            "TUNPING_DATA_DIR": str(Path(folder) / "data"),
            "TUNPING_SMS_URL": f"http://127.0.0.1:{taking.sockets[0].getsockname()[1]}/",
            "PATH": "/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
        }
        server = stack.enter_context(serving(environment=WITHOUT_WORKER | given))
        scene = Scene(server, given, gateway, server.token("书记01"), stack.enter_context(ExitStack()))
        await scene.start_worker()
        yield scene
    taking.close()


async def measure() -> AsyncIterator[str]:
    async with _scene() as scene:
        for name, fault in FAULTS.items():
            for line in await phase(scene, name, fault):
                yield line


async def main() -> None:
    async for line in measure():
        print(line, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
