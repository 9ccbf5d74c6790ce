"""Clients of a server that cost little: a phone with a subscription, and a connection for requests.

With hundreds of clients of `websockets` and `httpx` in one process, the measurements would measure those.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson

HANDSHAKE = b"\r\n".join(
    (
        b"GET /graphql HTTP/1.1",
        b"host: tunping",
        b"connection: upgrade",
        b"upgrade: websocket",
        b"sec-websocket-version: 13",
        b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n",
    )
)
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
CLOSED = "closed"
"""The type of the message that a phone makes of the close frame, with its ``code`` and ``reason``."""


def frame(message: object) -> bytes:
    """A message in a masked frame."""
    return _masked(TEXT, orjson.dumps(message))


def _masked(kind: int, content: bytes) -> bytes:
    """A whole frame. The mask is zero, which changes nothing."""
    length = bytes((0x80 | len(content),)) if len(content) < 126 else b"\xfe" + len(content).to_bytes(2)
    return bytes((0x80 | kind,)) + length + b"\0\0\0\0" + content


class Phone(asyncio.Protocol):
    """A socket with one subscription. Tells each message but pings, until it is ``lost``."""

    def __init__(self, token: str, payload: dict[str, Any], told: Callable[[dict[str, Any]], None]) -> None:
        self._token, self._payload, self._told = token, payload, told
        self._unread, self._open = bytearray(), False
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(HANDSHAKE)

    def connection_lost(self, _: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if not self._open:
            self._greet()
        while self._open and (text := self._next()) is not None:
            self._take(text)

    def close(self) -> None:
        """Ends the connection."""
        self._transport.abort()

    async def stay(self) -> None:
        """Waits until the connection is lost, and ends it."""
        try:
            await self.lost
        finally:
            self.close()

    def _greet(self) -> None:
        head, end, rest = self._unread.partition(b"\r\n\r\n")
        if not end:
            return
        if not head.startswith(b"HTTP/1.1 101 "):
            self._transport.abort()
            return
        self._unread, self._open = rest, True
        self._say(type="connection_init", payload={"authorization": f"Bearer {self._token}"} if self._token else {})

    def _take(self, text: bytes) -> None:
        message = orjson.loads(text)
        match message["type"]:
            case "ping":
                self._say(type="pong")
            case "connection_ack":
                self._say(id="1", type="subscribe", payload=self._payload)
                self._told(message)
            case _:
                self._told(message)

    def _say(self, **message: object) -> None:
        self._transport.write(frame(message))

    def _next(self) -> bytes | None:
        """The text of the next frame, if all of it is there."""
        read = self._unread
        if len(read) < 2:
            return None
        wide = {126: 2, 127: 8}.get(read[1], 0)
        begin = 2 + wide
        end = begin + (int.from_bytes(read[2:begin]) if wide else read[1])
        if len(read) < end:
            return None
        content, kind = bytes(read[begin:end]), read[0] & 0x0F
        del read[:end]
        if kind == PING:
            self._transport.write(_masked(PONG, content))
            return self._next()
        if kind == CLOSE:
            self._transport.write(_masked(CLOSE, content[:2]))
            code, reason = int.from_bytes(content[:2]), content[2:].decode()
            return orjson.dumps({"type": CLOSED, "code": code, "reason": reason})
        assert kind == TEXT, kind
        return content


async def subscribe(
    url: str, token: str, payload: dict[str, Any], told: Callable[[dict[str, Any]], None], within: float = 60.0
) -> Phone:
    """Connects a phone. Raises OSError or TimeoutError if there is no server."""
    async with asyncio.timeout(within):
        _, phone = await asyncio.get_running_loop().create_connection(
            lambda: Phone(token, payload, told), *_address(url)
        )
    return phone


def _address(url: str) -> tuple[str, int]:
    address = urlsplit(url)
    return str(address.hostname), int(address.port or 0)


class Requests:
    """A connection for one request at a time, opened when there is none."""

    def __init__(self, url: str, token: str) -> None:
        self._address, self._token = _address(url), token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: object, within: float = 30.0) -> dict[str, Any]:
        """The answer to a GraphQL request. Raises OSError, EOFError or TimeoutError if the connection fails."""
        try:
            async with asyncio.timeout(within):
                return await self._post(orjson.dumps(body))
        except BaseException:
            self.close()
            raise

    async def _post(self, content: bytes) -> dict[str, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        head = f"POST /graphql HTTP/1.1\r\nhost: tunping\r\nauthorization: Bearer {self._token}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        answered = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = next(line for line in answered.split(b"\r\n") if line.startswith(b"content-length:"))
        answer: dict[str, Any] = orjson.loads(await reader.readexactly(int(length.partition(b":")[2])))
        if b"\r\nconnection: close" in answered:
            self.close()
        return answer

    def close(self) -> None:
        """Ends the connection. The next request opens another one."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
