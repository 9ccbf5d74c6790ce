"""Slow and silent clients of every kind, many at once, against the real server process: everybody else is served."""

import asyncio
import os
import subprocess
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import websockets

from bench.wire import frame
from tests.client import RATES, SECRET, Tunping, new_id, phone, subscribed
from tests.test_protocol import HANDSHAKE

ROOT = Path(__file__).parents[1]
SERVE = """
from api.commands import protocol
from api.commands.main import app
from api.http import sockets, uploads

protocol.HEADERS_WITHIN = protocol.MOVED_WITHIN = 2.0
uploads.IDLE = sockets.INIT_WITHIN = sockets.IDLE_WITHIN = 2.0
app(["serve", "--port", "0"])
"""
"""`tunping serve` with short deadlines."""
HEADERS = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
BODY = HEADERS + b"content-length: 1000\r\n\r\n" + b'{"query": "{ __typename }"'
FORM = b"POST /q/HALL7Q4M2X9K HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
PAGE = b"GET /r HTTP/1.1\r\nhost: x\r\n\r\n"
QUESTION = {"query": "{ wishWall(first: 1) { totalCount } }"}
PATIENCE = 120
"""Seconds until every slow client has been cut off, on a busy machine."""

OPENING = asyncio.Semaphore(20)
"""Connections that are opened at once. Of hundreds, the last ones would send their headers after the deadline."""

Client = Callable[[int], Awaitable[None]]
"""Connects to a port, and returns when the server has ended the connection."""


@contextmanager
def serving(url: str) -> Iterator[int]:
    """The port of a server process."""
    given = {"DATABASE_URL": url, "TUNPING_SECRET": SECRET.decode(), "TUNPING_WORKER": "false"}
    given |= {"TUNPING_CONNECTIONS_BY_ADDRESS": "5000", "TUNPING_DEMO": "false", "PYTHONUNBUFFERED": "1"}
    given["TUNPING_RATES"] = f"{RATES},sockets-by-address=10000/minute"
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | given, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if "Tunping is ready" in line)
            yield int(line.split()[-1].removesuffix("/graphql").rpartition(":")[2])
        finally:
            process.terminate()
            process.stdout.read()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    async with OPENING:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with suppress(ConnectionError):
            yield reader, writer
    finally:
        writer.close()


def half(sent: bytes) -> Client:
    """Sends a part of a request, and then nothing."""

    async def run(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(sent)
            await reader.read()

    return run


def dripping(sent: bytes) -> Client:
    """Sends a part of a request, and then a byte now and then."""

    async def run(port: int) -> None:
        async with connected(port) as (reader, writer):
            writer.write(sent)
            ended = asyncio.ensure_future(reader.read())
            while not ended.done():
                writer.write(b"x")
                await asyncio.wait([ended], timeout=0.5)
            await ended

    return run


def socket(*messages: str) -> Client:
    """Opens a socket, sends messages, and then nothing."""

    async def run(port: int) -> None:
        url, protocols = f"ws://127.0.0.1:{port}/graphql", [websockets.Subprotocol("graphql-transport-ws")]
        async with OPENING:
            opened = await websockets.connect(url, subprotocols=protocols, open_timeout=PATIENCE)
        async with opened:
            for message in messages:
                await opened.send(message)
            await opened.wait_closed()

    return run


async def deaf(port: int) -> None:
    """Asks for much, and begins to read when the others have been cut off."""
    async with connected(port) as (reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(PAGE * 10)
        await asyncio.sleep(3)  # Longer than the deadlines of the server.
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        await reader.read()


KINDS: dict[str, Client] = {
    "half headers": half(HEADERS),
    "dripping headers": dripping(HEADERS + b"cookie: "),
    "half a body": half(BODY),
    "a dripping body": dripping(BODY),
    "half a form": half(FORM + b"content-length: 1000\r\n\r\nbody="),
    "a dripping form": dripping(FORM + b"content-length: 100000\r\n\r\nbody="),
    "a socket without a first message": socket(),
    "a socket without an account": socket('{"type":"connection_init"}'),
    "a client that does not read": deaf,
}


@pytest.mark.long
@pytest.mark.parametrize("many", [5, 200])
async def test_slow_clients_are_cut_off_and_everybody_else_is_served(copy_url: str, many: int) -> None:
    with serving(copy_url) as port:
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as ordinary:
            slow = [asyncio.ensure_future(run(port)) for run in KINDS.values() for _ in range(many)]
            answers: list[httpx.Response] = []
            while any(not each.done() for each in slow) or not answers:
                answers.append(await ordinary.post("/graphql", json=QUESTION, timeout=PATIENCE))
                await asyncio.sleep(0.05)
            await asyncio.gather(*slow)
    assert {answer.status_code for answer in answers} == {200}


LARGE = " ".join(f"a{number}: body" for number in range(60))
FLOOD = f"subscription($after: Cursor) {{ appealOpened(after: $after) {{ cursor appeal {{ id {LARGE} }} }} }}"
"""Some 250 KB of each appeal with a long text, so that the buffers of the kernel are soon full."""


class Stalled:
    """A phone that subscribes, and then does not read what comes."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def begin(self, token: str, cursor: str) -> None:
        """Subscribes. The kernel keeps little of what is not read."""
        asked = HANDSHAKE.replace(b"GET /", b"GET /graphql")
        self._writer.write(asked + b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n")
        await self._reader.readuntil(b"\r\n\r\n")
        await self._say({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        await self._reader.readexactly(len(b"\x81\x19") + len('{"type":"connection_ack"}'))
        payload = {"query": FLOOD, "variables": {"after": cursor}}
        await self._say({"id": "1", "type": "subscribe", "payload": payload})
        self._reader._transport.pause_reading()  # type: ignore[attr-defined]

    async def _say(self, message: object) -> None:
        self._writer.write(frame(message))
        await self._writer.drain()


@pytest.mark.long
async def test_phones_that_do_not_read_are_cut_off_and_slow_nobody_down(
    served: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their kernels acknowledge what is sent, until their buffers are full."""
    monkeypatch.setattr("api.http.sockets.SEND_WITHIN", 0.5)
    worker, feed = await served.as_("网格员01"), served.app.state.feed
    cursor = (await worker.ask("{ liveCursor }")).data["liveCursor"]
    port = served.http.base_url.port
    assert port is not None
    assert worker.token is not None
    async with AsyncExitStack() as phones:
        for _ in range(5):
            await Stalled(*await phones.enter_async_context(connected(port))).begin(worker.token, cursor)
        healthy = await phones.enter_async_context(phone(worker))
        await healthy.subscribe(after=cursor)
        await subscribed(served, 6)
        homes = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"]
        async with asyncio.timeout(PATIENCE):
            while len(feed._subscribers) > 1:
                new = {"id": new_id("appeal"), "household": homes[0]["id"], "body": "长" * 1_400}
                assert (await worker.do("openAppeal", new))["errors"] == []
                assert (await healthy.event())["appeal"]["id"] == new["id"]
