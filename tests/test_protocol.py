"""The protocols of the server: what a client may do with a connection, on a real socket with a small application."""

import asyncio
import logging
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette

from api.commands import protocol
from api.commands.protocol import Crowd, HttpProtocol
from api.commands.serving import config_of
from api.commands.websocket import FrameReader, WebSocketProtocol
from api.settings import Settings

GET = b"GET / HTTP/1.1\r\nhost: x\r\n"
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
LARGE = 32 * 1024 * 1024
"""More than the buffers of two sockets take."""


async def answers(scope: Any, receive: Any, send: Any) -> None:
    """`/` is answered at once, `/large` with much, `/wait` when the body is there; sockets are accepted."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    if scope["path"] == "/wait":
        while (await receive()).get("more_body"):
            pass
    body = b"x" * LARGE if scope["path"] == "/large" else b"ok"
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def listening(most: int | None = None, app: Any = answers) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """The port of a server that takes so many connections of an address."""
    crowd = Crowd(most)
    http: Any = partial(HttpProtocol, crowd)
    frames: Any = partial(WebSocketProtocol, crowd, FrameReader())
    config = uvicorn.Config(app, port=0, http=http, ws=frames, lifespan="off", log_level="critical")
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1], server
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(30):
            yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def sent(port: int, *parts: bytes) -> bytes:
    """All that a server answers to parts that arrive one after the other, until it closes the connection."""
    async with connected(port) as (reader, writer):
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.02)
        return await reader.read()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short deadlines."""
    monkeypatch.setattr(protocol, "HEADERS_WITHIN", 0.3)
    monkeypatch.setattr(protocol, "MOVED_WITHIN", 0.3)


@pytest.mark.long
@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("begun", [b"", b"\r\n", b"GET", GET, GET + b"cookie: " + b"x" * 1000])
async def test_headers_have_a_deadline(begun: bytes) -> None:
    async with listening() as (port, _):
        answer = await sent(port, begun)
    assert answer.startswith(b"HTTP/1.1 408 ") == begun.startswith(b"GET")


@pytest.mark.long
@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("drop", [b"x", b"\r\n"])
async def test_dripping_bytes_do_not_prolong_the_deadline(drop: bytes) -> None:
    """The first request of the connection is answered. A line break before a request is none yet."""
    async with listening() as (port, _), connected(port) as (reader, writer):
        writer.write(GET + b"\r\n")
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
        dripping = asyncio.create_task(drip(writer, drop))
        with suppress(ConnectionError):
            await reader.read()
        dripping.cancel()


async def drip(writer: StreamWriter, drop: bytes) -> None:
    while True:
        writer.write(drop)
        await asyncio.sleep(0.001)


async def goes_on(reader: StreamReader, writer: StreamWriter) -> None:
    """A client that goes on sending is not reset, which might take the answer from it."""
    for _ in range(20):
        writer.write(b"x")
        await asyncio.sleep(0.001)
    assert reader.exception() is None


@pytest.mark.usefixtures("soon")
async def test_what_is_left_of_a_body_after_the_answer_has_a_deadline() -> None:
    async with listening() as (port, _):
        answer = await sent(port, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf")
    assert answer.endswith(b"ok")


POST = b"POST /wait HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 20\r\n\r\n"


@pytest.mark.long
@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("drops", [0, 1])
async def test_a_body_that_stops_or_drips_is_refused(drops: int) -> None:
    """The refusal also reaches a client that goes on sending."""
    async with listening() as (port, _), connected(port) as (reader, writer):
        writer.write(POST.replace(b"content-length: 20", b"content-length: 100000"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        dripping = asyncio.create_task(drip(writer, b"x" * drops))
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        dripping.cancel()
        await goes_on(reader, writer)


@pytest.mark.long
@pytest.mark.usefixtures("soon")
async def test_a_body_that_comes_slowly_but_steadily_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LEAST_MOVED", 1)
    async with listening() as (port, _), connected(port) as (reader, writer):
        writer.write(POST.replace(b"expect: 100-continue\r\n", b""))
        for _ in range(20):
            await asyncio.sleep(0.03)
            writer.write(b"x")
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")


async def test_headers_have_a_size_and_a_number() -> None:
    async with listening() as (port, _):
        endless = await sent(port, GET + b"a: ", *[b"x" * 30_000] * 3)
        many = await sent(port, GET + b"a: b\r\n" * 100 + b"\r\n")
        allowed = await sent(port, GET + b"a: b\r\n" * 98 + b"connection: close\r\n\r\n")
    assert [each[9:12] for each in (endless, many, allowed)] == [b"431", b"400", b"200"]


CHUNKED = b"POST /wait HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"


@pytest.mark.long
@pytest.mark.parametrize(
    "endless",
    [b"1\r\nx\r\n0\r\na: ", b"1\r\nx\r\n0\r\n" + b"a: b\r\n" * 5_000, b"1;a="],
    ids=["line", "lines", "extension"],
)
async def test_what_surrounds_a_body_has_a_size(endless: bytes) -> None:
    async with listening() as (port, _):
        answer = await sent(port, CHUNKED + b"\r\n" + endless, *[b"x" * 30_000] * 4)
    assert answer[9:12] == b"431"


async def test_large_bodies_and_small_trailers_are_taken() -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with listening() as (port, _):
        answer = await sent(port, CHUNKED + b"connection: close\r\n\r\n", *[chunk] * 4, b"0\r\na: b\r\n\r\n")
    assert answer.endswith(b"ok")


async def test_trailers_are_no_headers() -> None:
    """Trailers arrive after the headers were checked, so they must not be added to the headers, nor be kept."""
    seen: list[Any] = []
    kept: list[int] = []

    async def look(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        seen.extend(name for name, _ in scope["headers"])
        protocols: Any = server.server_state.connections
        kept.extend(len(each.headers) for each in protocols)
        await answers(scope | {"path": "/"}, receive, send)

    trailers = b"0\r\nx-forwarded-for: 203.0.113.5\r\nauthorization: Bearer x\r\n\r\n"
    async with listening(app=look) as (port, server):
        await sent(port, CHUNKED + b"connection: close\r\n\r\n", trailers)
    assert kept == [0]
    assert seen == [b"host", b"transfer-encoding", b"connection"]


@pytest.mark.long
@pytest.mark.parametrize(
    "lines",
    [
        b"content-length: 5\r\ntransfer-encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        b"content-length: 5\r\ncontent-length: 6\r\n",
        b"transfer-encoding: chunked, identity\r\n",
        b"transfer-encoding : chunked\r\n",
        b"content-length: +5\r\n",
        b"a: b\r\n c\x00\r\n",
    ],
)
async def test_a_body_whose_length_is_unclear_is_refused(lines: bytes) -> None:
    """Otherwise a proxy may see one request where the server sees two."""
    async with listening() as (port, _):
        answer = await sent(port, b"POST / HTTP/1.1\r\nhost: x\r\n" + lines + b"\r\n0\r\n\r\n" + GET + b"\r\n")
    assert (answer[9:12], answer.count(b"HTTP/1.1 ")) == (b"400", 1)


async def test_few_requests_wait_on_one_connection() -> None:
    async with listening() as (port, _):
        few = await sent(port, (GET + b"\r\n") * 15 + GET + b"connection: close\r\n\r\n")
        many = await sent(port, (GET + b"\r\n") * 100)
    assert few.count(b"HTTP/1.1 200 ") == 16
    assert (many.count(b"HTTP/1.1 400 "), many.count(b"HTTP/1.1 200 ") < 20) == (1, True)


async def asking_for_much(port: int) -> socket.socket:
    """A client that has read nothing yet."""
    client = socket.socket()
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
    return client


@pytest.mark.long
@pytest.mark.usefixtures("soon")
async def test_a_client_that_does_not_read_its_answer_is_cut_off() -> None:
    async with listening() as (port, server):
        with await asking_for_much(port):
            async with asyncio.timeout(30):
                while not server.server_state.connections:  # noqa: ASYNC110  there is no event for it
                    await asyncio.sleep(0.01)
                while server.server_state.connections:  # noqa: ASYNC110  there is no event for it
                    await asyncio.sleep(0.01)


@pytest.mark.long
@pytest.mark.usefixtures("soon")
async def test_a_client_that_reads_slowly_gets_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LEAST_MOVED", 1)
    async with listening() as (port, _):
        client, got = await asking_for_much(port), 0
        with client:
            while got < LARGE:
                got += len(await asyncio.get_running_loop().sock_recv(client, 256 * 1024))
                await asyncio.sleep(0.005)


async def refused(port: int) -> bool:
    try:
        return await sent(port, GET + b"connection: close\r\n\r\n") == b""
    except ConnectionError:
        return True


async def test_an_address_has_so_many_connections() -> None:
    """A socket that was upgraded counts too, and one that ended does not."""
    async with listening(most=2) as (port, server):
        async with AsyncExitStack() as stack:
            reader, writer = await stack.enter_async_context(connected(port))
            await stack.enter_async_context(connected(port))
            handshake = b"upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
            writer.write(GET + handshake + b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            assert await refused(port)
        async with asyncio.timeout(30):
            while server.server_state.connections:  # noqa: ASYNC110  there is no event for it
                await asyncio.sleep(0.01)
        assert (await sent(port, GET + b"connection: close\r\n\r\n")).endswith(b"ok")


async def test_a_client_that_leaves_with_requests_in_line_is_gone_for_the_first_one_too() -> None:
    told = asyncio.Event()

    async def waits(_scope: Any, receive: Any, _send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        told.set()

    async with listening(app=waits) as (port, _):
        async with connected(port) as (_, writer):
            writer.write((GET + b"\r\n") * 3)
            await writer.drain()
        async with asyncio.timeout(30):
            await told.wait()


@pytest.mark.parametrize(
    "version", [b"HTTP/1.0\r\n", b"HTTP/1.0\r\nconnection: keep-alive\r\n", b"HTTP/1.0\r\nconnection: upgrade\r\n"]
)
async def test_http_1_0_gets_one_answer_and_the_end_of_the_connection(version: bytes) -> None:
    async with listening() as (port, _):
        answer = await sent(port, b"GET / " + version + b"\r\n")
    assert (answer[9:12], answer.count(b"connection: close")) == (b"200", 1)


async def test_what_a_client_sends_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("uvicorn.error")
    async with listening() as (port, _):
        config_of(Starlette(), Settings.read())
        logger.setLevel(logging.WARNING)
        logger.addHandler(caplog.handler)
        assert (await sent(port, b"\x16\x03\x01\x02\x00\x01"))[9:12] == b"400"
        assert (await sent(port, GET + b"upgrade: h2c\r\nconnection: upgrade, close\r\n\r\n")).endswith(b"ok")
        assert b" 101 " in await sent(port, HANDSHAKE + b"\r\n", b"\x81\x81\0\0\0\0\xff")
        logger.error("else")
        logger.removeHandler(caplog.handler)
    assert caplog.messages == ["else"]
