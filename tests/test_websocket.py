"""The handshake and the frames of a socket: what is refused, what is too much, and what others notice of it."""

import asyncio
from contextlib import suppress

import pytest
from websockets.frames import Frame, Opcode

from api.commands import websocket
from api.commands.websocket import WebSocketProtocol
from tests.test_protocol import HANDSHAKE, POST, connected, listening, sent

PING, PONG, FRAGMENT, TEXT = (bytes([first, 0x80, 0, 0, 0, 0]) for first in (0x89, 0x8A, 0x00, 0x81))
"""Frames without content, masked."""


@pytest.mark.long
@pytest.mark.parametrize(
    ("handshake", "status"),
    [
        (HANDSHAKE + b"content-length: 5\r\n\r\nhello", b"400"),
        (HANDSHAKE + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (HANDSHAKE.replace(b"GET /", b"GET /?" + b"x" * 9_000) + b"\r\n", b"414"),
        (HANDSHAKE + b"cookie: " + b"x" * 9_000 + b"\r\n\r\n", b"431"),
        (HANDSHAKE.replace(b"GET", b"POST") + b"\r\n", b"405"),
        (HANDSHAKE.replace(b"HTTP/1.1", b"HTTP/1.2") + b"\r\n", b"400"),
    ],
)
async def test_a_handshake_that_is_refused_is_answered_and_ends(handshake: bytes, status: bytes) -> None:
    async with listening() as (port, _):
        assert (await sent(port, handshake))[9:12] == status


@pytest.mark.long
@pytest.mark.parametrize("flood", [PING, PONG, FRAGMENT, TEXT + PING], ids=["pings", "pongs", "fragments", "texts"])
async def test_a_socket_that_is_flooded_with_frames_is_cut_off(flood: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0
    events = WebSocketProtocol.handle_events

    def counted(self: WebSocketProtocol) -> None:
        nonlocal read
        read += len(self.conn.events)
        events(self)

    monkeypatch.setattr(WebSocketProtocol, "handle_events", counted)
    async with listening() as (port, _), connected(port) as (reader, writer):
        writer.write(HANDSHAKE + b"\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        writer.write((b"\x01\x80\0\0\0\0" if flood is FRAGMENT else b"") + flood * 20_000)
        with suppress(ConnectionError):
            await reader.read()
    assert websocket.MOST_FRAMES < read < websocket.MOST_FRAMES + 500


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_text_that_is_written_at_once_is_framed_as_by_the_library(length: int) -> None:
    text = b"x" * length
    assert websocket._head(length) + text == Frame(Opcode.TEXT, text).serialize(mask=False)


async def test_a_socket_takes_some_pings_and_fragments() -> None:
    async with listening() as (port, _), connected(port) as (reader, writer):
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(PING * 50 + b"\x01\x80\0\0\0\0" + FRAGMENT * 50 + PING)
        assert await reader.readexactly(2 * 51) == b"\x8a\x00" * 51


async def test_frames_are_read_in_turn_with_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as arrive, few of them are read in one turn of the loop."""
    turn, read = 0, []
    events = WebSocketProtocol.handle_events

    def noted(self: WebSocketProtocol) -> None:
        read.append(turn)
        events(self)

    async def count() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(websocket, "AT_A_TIME", 0.0)
    monkeypatch.setattr(WebSocketProtocol, "handle_events", noted)
    async with listening() as (port, _), connected(port) as (reader, writer), connected(port) as (other, second):
        for each in (writer, second):
            each.write(HANDSHAKE + b"\r\n")
        for one in (reader, other):
            await one.readuntil(b"\r\n\r\n")
        counting = asyncio.create_task(count())
        message = b"\x81\xfe\xc3\x50\0\0\0\0" + b"x" * 50_000
        for each in (writer, second):
            each.write(message + PING)
        for one in (reader, other):
            assert await one.readexactly(2) == b"\x8a\x00"
        counting.cancel()
    pieces = read[2:]  # After the handshakes.
    assert len(pieces) >= 50
    assert len(set(pieces)) == len(pieces)


async def test_a_handshake_does_not_wait_behind_a_request() -> None:
    async with listening() as (port, _):
        answer = await sent(port, POST.replace(b"expect: 100-continue\r\n", b"") + b"x" * 20 + HANDSHAKE + b"\r\n")
    assert answer.count(b"HTTP/1.1 101 ") == 0
