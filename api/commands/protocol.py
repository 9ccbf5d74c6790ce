"""uvicorn's protocol for HTTP with deadlines: a client that is too slow, or sends too much at once, is cut off."""

from asyncio import TimerHandle, Transport, get_running_loop
from collections import Counter, deque
from typing import Any, Final, Literal

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api.http.addresses import network_of

HEADERS_WITHIN = 10.0
"""Seconds for the headers of a request, and for what is left of a body after its answer: two round trips of a phone on
a bad network, with a lost packet each. nginx waits 60 s."""
MOST_HEADER_BYTES = 64 * 1024
"""uvicorn with httptools has no limit. Browsers and proxies send a few kilobytes, nginx takes 32. A body's trailers
and what surrounds its chunks have the same limit."""
MOST_HEADERS = 100
"""As many as Apache takes."""
MOST_PIPELINED = 16
"""Requests that wait on one connection for the answer to an earlier one. Browsers and apps do not pipeline."""
MOVED_WITHIN, LEAST_MOVED = 20.0, 16 * 1024
"""Seconds in which so many bytes of a body have to arrive, or of a waiting answer to be read: 0.8 KB/s. Uploads have a
shorter deadline between two chunks (``api.http.uploads``), which ends in words."""
LINGER = 1.0
"""Seconds between a refusal and the end of its connection. A connection that is closed while its client still sends is
reset, and the client may lose the refusal (RFC 9112, 9.6). Apache waits 2 s, nginx 5 s."""


class Crowd:
    """The open connections of each address, at most so many."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def enter(self, client: tuple[str, int] | None) -> bool:
        """Counts a connection. Returns whether there is room for it; if not, it is not counted."""
        if self._most is None:
            return True
        address = _address(client)
        if self._open[address] >= self._most:
            return False
        self._open[address] += 1
        return True

    def leave(self, client: tuple[str, int] | None) -> None:
        """Ends the count of a connection."""
        if self._most is None:
            return
        address = _address(client)
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


def _address(client: tuple[str, int] | None) -> str:
    host = client[0] if client else ""
    return network_of(host) or host


def refuse(transport: Transport, answer: bytes) -> None:
    """Sends the last answer of a connection, and ends it when the client has had the time to read it."""
    transport.write(answer)
    if transport.can_write_eof():
        transport.write_eof()
    get_running_loop().call_later(LINGER, transport.close)


def refusal(status: bytes) -> bytes:
    """An answer without content."""
    return b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


_TRAILERS: Any = deque(maxlen=0)
"""Takes the trailers of a body, and keeps none. uvicorn would add them to the headers that the application has."""
_HEADERS: Final = "headers"
_BODY: Final = "body"
"""The parts of a request. They are compared at each event, and the attributes of an Enum take four times as long."""


class HttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 by httptools."""

    # Python finds the attributes of an object slower if its dictionary has more than 30, and uvicorn uses 28.
    __slots__ = (
        "_arriving",
        "_body",
        "_body_bytes",
        "_crowd",
        "_deadline",
        "_header_bytes",
        "_inside",
        "_plain",
        "_refused",
        "_stall",
        "_unread",
        "_working",
    )

    def __init__(self, crowd: Crowd, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._crowd, self._inside = crowd, False
        self._arriving: Literal["headers", "body"] | None = None
        self._header_bytes = self._body_bytes = 0
        self._deadline: TimerHandle | None = None
        self._body: TimerHandle | None = None
        self._stall: TimerHandle | None = None
        self._unread = 0
        self._plain = b""
        """The headers of a request without the upgrade that it asks for."""
        self._refused: bytes | None = None
        """The status of the last answer, from when on nothing is read."""
        self._working: RequestResponseCycle | None = None
        """The request that the application works at. Others may wait behind it."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._inside = self._crowd.enter(self.client)
        if self._inside:
            self._watch()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)
        self._abandon()  # uvicorn tells only the latest request.

    def _abandon(self) -> None:
        """Tells the application that the client does not read the answer to the request that it works at."""
        if self._working is not None:
            self._working.disconnected = True
            self._working.waiting_for_100_continue = False
            self._working.message_event.set()

    def handle_websocket_upgrade(self) -> None:
        self._leave()
        super().handle_websocket_upgrade()

    def _leave(self) -> None:
        """Ends the deadlines and the count of this connection, which has ended or belongs to another protocol now."""
        self._end_deadline()
        self._end_body()
        self._end_stall()
        if self._inside:
            self._inside = False
            self._crowd.leave(self.client)

    def data_received(self, data: bytes) -> None:
        if self._refused is not None:
            return
        before = self._arriving
        if before is not None:
            self._header_bytes += len(data)
        self._feed(data)
        arriving = self._arriving
        if arriving is _BODY:
            self._await_body(len(data))
        if arriving is before is not None and self._header_bytes > MOST_HEADER_BYTES:
            self._refuse(b"431 Request Header Fields Too Large")
        if self._inside:
            self._watch()

    def _feed(self, data: bytes) -> None:
        """Parses what has arrived.

        httptools takes an upgrade for the end of the request, also one that the server ignores (RFC 9110, 7.8), and its
        body for the next request. So another parser reads the headers again without the upgrade, and then the body.
        """
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self.parser = HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # As uvicorn sets it.
                self._feed(self._plain + data[upgrade.args[0] :])
        except HttpParserError:
            self._refuse(b"400 Bad Request")

    def on_message_begin(self) -> None:
        self._arriving, self._header_bytes = _HEADERS, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if len(self.headers) > MOST_HEADERS or len(self.pipeline) >= MOST_PIPELINED:
            raise ValueError("too much at once")  # The parser stops, and the answer is 400.
        upgrades = self.parser.should_upgrade()
        if upgrades and not self._should_upgrade():
            self._leave_upgrade_out()
            return
        self._arriving, self._header_bytes = _BODY, 0
        if upgrades:
            self._check_upgrade()
        super().on_headers_complete()
        if not upgrades:
            self.headers = _TRAILERS

    def _leave_upgrade_out(self) -> None:
        method = self.parser.get_method()
        if method == b"CONNECT":  # It asks for a tunnel, without such a header.
            raise ValueError("no proxy")
        version = self.parser.get_http_version().encode()
        lines = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        self._plain = b"\r\n".join([b"%s %s HTTP/%s" % (method, self.url, version), *lines, b"", b""])

    def _check_upgrade(self) -> None:
        """Refuses a handshake with a body, which the parser would take for the next request, or behind a request."""
        has_body = any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
            for name, value in self.headers
        )
        if has_body or (self.cycle is not None and not self.cycle.response_complete):
            raise ValueError("not to be upgraded")

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._working = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        self._header_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade() and not self._should_upgrade():
            return
        self._arriving = None
        if self._body is not None:
            self._end_body()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._refused is not None:
            self._refuse_in_turn()
        if self._arriving is not None and self._inside:
            self._watch()

    def _watch(self) -> None:
        """Sets a deadline while the application has nothing to work at, so that the connection waits for its client."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._end_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_WITHIN, self._too_slow)

    def _too_slow(self) -> None:
        if self._arriving is _HEADERS:
            self._refuse(b"408 Request Timeout")
        else:
            self.transport.close()

    def _refuse(self, status: bytes) -> None:
        """Ends the connection by this answer, which comes after those to earlier requests."""
        if self._refused is None:
            self._refused = status
            self._refuse_in_turn()

    def _refuse_in_turn(self) -> None:
        cycle = self.cycle
        if self._refused is None or self.transport.is_closing():
            return
        if cycle is not None and not cycle.response_complete:
            if cycle is not self._working or not cycle.more_body:
                return
            if cycle.response_started:
                self.transport.close()
                return
        self._abandon()
        self.flow.resume_reading()  # What is not read resets the connection.
        refuse(self.transport, refusal(self._refused))

    def _await_body(self, arrived: int) -> None:
        self._body_bytes += arrived
        if self._body is None and self._inside:
            self._body_bytes = 0
            self._body = self.loop.call_later(MOVED_WITHIN, self._check_body)

    def _check_body(self) -> None:
        self._body = None
        if self._body_bytes >= LEAST_MOVED or self.flow.read_paused:
            self._await_body(0)
        elif self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self._refuse(b"408 Request Timeout")

    def _end_body(self) -> None:
        if self._body is not None:
            self._body.cancel()
            self._body = None

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._end_stall()

    def _await_reader(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self._stall = self.loop.call_later(MOVED_WITHIN, self._check_reader)

    def _check_reader(self) -> None:
        if self.transport.get_write_buffer_size() > self._unread - LEAST_MOVED:
            self.transport.abort()
        else:
            self._await_reader()

    def _end_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
