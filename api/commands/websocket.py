"""uvicorn's protocol for WebSocket, whose frames are limited and read in turn."""

from asyncio import get_running_loop
from asyncio.transports import BaseTransport
from collections import deque
from time import perf_counter
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from api.commands.protocol import Crowd, refusal, refuse
from api.http.sockets import WRITE_TEXT

MOST_FRAMES, FRAMES_WITHIN = 120, 60.0
"""Frames of a socket within so many seconds, pings and fragments included. A phone sends a handful: it greets,
subscribes, and answers a ping after 25 s of silence. A frame takes 0.1 ms, and only messages count as requests."""
_PIECE = 2 * 1024
"""Bytes of frames that are read before they are counted: at most 340 frames, some 30 ms."""
_TEXT, _SHORT, _MEDIUM = 0x81, 125, 0xFFFF
"""The first byte of a frame that is a whole text, and the greatest lengths in one and in three bytes."""
AT_A_TIME = 0.005
"""Seconds of reading frames, until everything else has its turn: some pages and answers of the API take as long."""


def _head(length: int) -> bytes:
    """The head of an unmasked frame that is a whole text (RFC 6455, 5.2)."""
    if length <= _SHORT:
        return bytes((_TEXT, length))
    if length <= _MEDIUM:
        return bytes((_TEXT, _SHORT + 1)) + length.to_bytes(2)
    return bytes((_TEXT, _SHORT + 2)) + length.to_bytes(8)


class FrameReader:
    """Reads the frames of all sockets in turn, some milliseconds at a time.

    If each socket was read when its frames arrive, one address with 1,000 sockets could hold the server for seconds.
    """

    def __init__(self) -> None:
        self._waiting: deque[WebSocketProtocol] = deque()

    def wait(self, socket: "WebSocketProtocol") -> None:
        """Adds a socket, which must not be waiting."""
        if not self._waiting:
            get_running_loop().call_soon(self._read)
        self._waiting.append(socket)

    def _read(self) -> None:
        until = perf_counter() + AT_A_TIME
        try:
            while self._waiting:
                self._read_one()
                if perf_counter() >= until:
                    break
        finally:
            if self._waiting:
                get_running_loop().call_soon(self._read)

    def _read_one(self) -> None:
        socket = self._waiting.popleft()
        try:
            if socket.read():
                self._waiting.append(socket)
        except Exception:
            socket.transport.abort()
            raise


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket. ``api.http.sockets`` has the deadlines for its messages, and pings silent clients."""

    def __init__(self, crowd: Crowd, reader: FrameReader, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._crowd, self._reader = crowd, reader
        self._frames, self._since = 0, self.loop.time()
        self._unread, self._waits = bytearray(), False
        self._refused = False

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._crowd.enter(self.client)

    def connection_lost(self, exc: Exception | None) -> None:
        self._crowd.leave(self.client)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Keeps what has arrived, and takes no more, until it is read."""
        if not self._refused:
            self._unread += data
            self._go_on()

    def _go_on(self) -> None:
        """Waits to be read, unless the application has a message that it has not taken yet."""
        if self._unread and not self.read_paused and not self.transport.is_closing():
            self.transport.pause_reading()
            if not self._waits:
                self._waits = True
                self._reader.wait(self)

    def read(self) -> bool:
        """Reads a piece. Returns whether there is more to be read now."""
        if not self.transport.is_closing():
            piece = bytes(self._unread[:_PIECE])
            del self._unread[:_PIECE]
            super().data_received(piece)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self._refuse_handshake()
        closing = self.transport.is_closing()
        self._waits = bool(self._unread) and not self.read_paused and not closing
        if not self._unread and not self.read_paused and not closing:
            self.transport.resume_reading()
        return self._waits

    async def receive(self) -> Any:
        message = await super().receive()
        self._go_on()
        return message

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"][WRITE_TEXT] = {"write": self.write_text}

    def write_text(self, text: bytes) -> bool:
        """Sends a message at once. Returns False, and sends nothing, if the client has to read others first.

        For events, which go to thousands of sockets: ``send`` takes three times as long.
        """
        if self.close_sent or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(_head(len(text)) + text)
        return True

    async def send(self, message: Any) -> None:
        await super().send(message)
        self._go_on()  # After the end, uvicorn drops the messages that the application has not taken.

    def handle_events(self) -> None:
        """Cuts off a client that floods the socket."""
        now = self.loop.time()
        if now >= self._since + FRAMES_WITHIN:
            self._frames, self._since = 0, now
        self._frames += len(self.conn.events)
        if self._frames > MOST_FRAMES:
            self.transport.abort()
        else:
            super().handle_events()

    def _refuse_handshake(self) -> None:
        """Sends the refusal of ``websockets``, which uvicorn leaves, and ends the connection."""
        self._refused = self.handshake_complete = self.close_sent = True
        self._unread.clear()
        refuse(self.transport, b"".join(self.conn.data_to_send()) or refusal(b"400 Bad Request"))
