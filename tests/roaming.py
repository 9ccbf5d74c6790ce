"""Phones and writers that live through faults: they connect and send again, and tell what reached them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
import websockets

from seeds.known import DEMO_PASSWORD
from tests.client import APPEALS, RATES, SECRET, new_id

ROOT = Path(__file__).parents[1]
PATIENCE = 300
"""Seconds for a process to start or to end, and for the last event to arrive, on a busy machine."""
PAUSE = 0.2
"""Seconds between two appeals of a writer."""
OPEN = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { errors { code } } }"
START = "{ liveCursor households(first: 1) { nodes { id } } }"


async def until(holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0.05)


def children_called(parent: int, name: str) -> list[psutil.Process]:
    """The children of a process with this in their command line. Others may end meanwhile."""
    found = []
    for each in psutil.Process(parent).children():
        with suppress(psutil.NoSuchProcess):
            if name in " ".join(each.cmdline()):
                found.append(each)
    return found


@dataclass
class Fleet:
    """`tunping serve --workers`."""

    process: subprocess.Popen[str]
    url: str

    def servers(self) -> set[int]:
        """The server processes."""
        return {each.pid for each in children_called(self.process.pid, "spawn_main")}

    async def others(self, than: set[int], count: int) -> set[int]:
        """Waits until there are as many server processes again, none of which was there before."""
        await until(lambda: len(self.servers() - than) >= count)
        return self.servers() - than


@contextmanager
def fleet(url: str, workers: int = 2, **environment: str) -> Iterator[Fleet]:
    """Server processes over a database, which end with the block."""
    given = {"DATABASE_URL": url, "TUNPING_SECRET": SECRET.decode(), "TUNPING_WORKER": "false"}
    given |= {"TUNPING_DEMO": "false", "PYTHONUNBUFFERED": "1", "TUNPING_POOL_SIZE": "8"}
    given["TUNPING_RATES"] = f"{RATES},sockets-by-address=1000000/minute"
    command = [sys.executable, "-m", "api.commands", "serve", "--port", "0", "--workers", str(workers)]
    # What a process ignores, as under nohup, its children ignore too.
    heeded = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | given | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        signal.signal(signal.SIGHUP, heeded)
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if "Tunping is ready" in line)
            yield Fleet(process, line.split()[-1].removesuffix("/graphql"))
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.stdout.read()


@dataclass
class Field:
    """A worker with some phones, and a writer in the office. Both send and connect again until it works."""

    url: str
    token: str
    cursor: str
    household: str
    opened: list[str] = field(default_factory=list)
    """The appeals that were opened."""
    phones: list["RoamingPhone"] = field(default_factory=list)
    ending: bool = False

    async def write(self, body: str = "暖气不热") -> None:
        """Opens an appeal. The same id is sent again until it is answered."""
        given = {"id": new_id("appeal"), "household": self.household, "body": body}
        async with httpx.AsyncClient(base_url=self.url, headers=self.headers, timeout=10) as http:
            async with asyncio.timeout(PATIENCE):
                while True:
                    with suppress(httpx.TransportError):
                        answer = await http.post("/graphql", json={"query": OPEN, "variables": {"input": given}})
                        if answer.status_code == 200 and answer.json().get("data"):
                            assert answer.json()["data"]["openAppeal"]["errors"] == []
                            self.opened.append(given["id"])
                            return
                    await asyncio.sleep(0.05)

    async def write_on(self) -> None:
        """Writes until the end, with pauses that leave time for processes to start."""
        while not self.ending:
            await self.write()
            await asyncio.sleep(PAUSE)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that authenticate."""
        return {"authorization": f"Bearer {self.token}"}

    async def caught_up(self) -> None:
        """Writes once more, and waits until all phones have everything that was written."""
        await self.write()
        wanted = set(self.opened)
        await until(lambda: all(wanted <= each.reached for each in self.phones))

    async def check(self) -> None:
        """Nothing is lost, repeated or out of order, when everybody has caught up."""
        await self.caught_up()
        for each in self.phones:
            appeals = [appeal for _, appeal in each.came]
            assert sorted(appeals) == sorted(self.opened)
            positions = [int(cursor.partition(".")[2]) for cursor, _ in each.came]
            assert positions == sorted(positions)


@dataclass
class RoamingPhone:
    """A phone that goes on after its last cursor whenever it is cut."""

    place: Field
    cursor: str
    came: list[tuple[str, str]] = field(default_factory=list)
    """Cursors and appeals, as they came."""
    reached: set[str] = field(default_factory=set)
    closed: list[tuple[int, str]] = field(default_factory=list)
    """Codes and reasons with which the server closed the socket."""
    connections: int = 0

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            with suppress(OSError, EOFError, TimeoutError, websockets.WebSocketException):
                await self._listen()
            await asyncio.sleep(0.1)

    async def _listen(self) -> None:
        url, protocols = (
            self.place.url.replace("http", "ws") + "/graphql",
            [websockets.Subprotocol("graphql-transport-ws")],
        )
        async with websockets.connect(url, subprotocols=protocols, compression=None, open_timeout=10) as socket:
            await _say(socket, type="connection_init", payload=self.place.headers)
            payload = {"query": APPEALS, "variables": {"after": self.cursor}}
            await _say(socket, id="1", type="subscribe", payload=payload)
            try:
                async for text in socket:
                    await self._take(socket, orjson.loads(text))
            finally:
                if socket.close_code is not None:
                    self.closed.append((socket.close_code, socket.close_reason or ""))

    async def _take(self, socket: Any, message: dict[str, Any]) -> None:
        if message["type"] == "ping":
            await _say(socket, type="pong")
        elif message["type"] == "connection_ack":
            self.connections += 1
        elif message["type"] == "error":
            code = message["payload"][0]["extensions"]["code"]
            assert code == "UNAVAILABLE", message
            await socket.close()
        else:
            event = message["payload"]["data"]["appealOpened"]
            self.cursor = event["cursor"]
            self.came.append((event["cursor"], event["appeal"]["id"]))
            self.reached.add(event["appeal"]["id"])


async def _say(socket: Any, **message: object) -> None:
    await socket.send(orjson.dumps(message).decode())


@asynccontextmanager
async def in_the_field(url: str, token: str, phones: int, writers: int = 0) -> AsyncIterator[Field]:
    """Phones of a worker that listen, and writers that write until the end of the block. Then nothing is missing."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        start = await http.post("/graphql", json={"query": START}, headers={"authorization": f"Bearer {token}"})
    data = start.json()["data"]
    place = Field(url, token, data["liveCursor"], data["households"]["nodes"][0]["id"])
    place.phones = [RoamingPhone(place, place.cursor) for _ in range(phones)]
    listening = [asyncio.create_task(each.run()) for each in place.phones]
    writing = [asyncio.create_task(place.write_on()) for _ in range(writers)]
    try:
        await connected(place.phones, 1)
        yield place
        place.ending = True
        await asyncio.gather(*writing)
        await place.check()
    finally:
        await _end([*listening, *writing])


async def sign_in(url: str) -> str:
    """The token of a worker."""
    given = {"grant_type": "password", "username": "网格员01", "password": DEMO_PASSWORD}
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        return str((await http.post("/auth/token", data=given)).json()["access_token"])


async def connected(phones: Sequence[RoamingPhone], times: int) -> None:
    """Waits until all phones have connected so many times."""
    await until(lambda: all(each.connections >= times for each in phones))


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
