"""A request that asks for another protocol than WebSocket is plain HTTP/1.1, and its body is no request."""

from typing import Any

import pytest

from tests.test_protocol import GET, answers, connected, listening, sent

ASKS = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAAB\r\n"
"""As the client of Java sends it by default."""
POST = b"POST /a?b=c HTTP/1.1\r\nhost: x\r\n"
END = GET + b"connection: close\r\n\r\n"
INNER = b"DELETE /inner HTTP/1.1\r\nhost: x\r\n\r\n"
"""What a body contains that a proxy takes for content."""
Seen = list[tuple[str, str, bytes]]


class Recorder:
    """Notes the requests that the application gets."""

    def __init__(self) -> None:
        self.seen: Seen = []
        self.names: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.seen.append((scope["method"], scope["path"] + "?" + scope["query_string"].decode(), body))
        self.names += [name for name, _ in scope["headers"]]
        await answers(scope | {"path": "/"}, receive, send)


def sized(body: bytes) -> bytes:
    return b"content-length: %d\r\n\r\n" % len(body) + body


def chunked(body: bytes) -> bytes:
    return b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.long
@pytest.mark.parametrize("name", [b"h2c", b"TLS/1.0", b"x", b"websocket, h2c"])
async def test_an_upgrade_to_another_protocol_is_ignored(name: bytes) -> None:
    upgrade = b"upgrade: " + name + b"\r\nconnection: upgrade, http2-settings\r\n\r\n"
    async with listening() as (port, _):
        answer = await sent(port, GET + upgrade + END)
    assert [each[:3] for each in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200"]


@pytest.mark.long
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("framed", [sized, chunked])
async def test_its_body_is_read_and_the_next_request_too(framed: Any, at_once: bool) -> None:
    recorder = Recorder()
    requests = POST + ASKS + framed(INNER) + POST + framed(b"next") + POST + ASKS + framed(b"last") + END
    async with listening(app=recorder) as (port, _), connected(port) as (reader, writer):
        for start in range(0, len(requests), len(requests) if at_once else 1):
            writer.write(requests[start : start + (len(requests) if at_once else 1)])
            await writer.drain()
        assert (await reader.read()).count(b"HTTP/1.1 200 ") == 4
    bodies = [("POST", "/a?b=c", body) for body in (INNER, b"next", b"last")]
    assert recorder.seen == [*bodies, ("GET", "/?", b"")]
    assert (recorder.names.count(b"http2-settings"), recorder.names.count(b"upgrade")) == (2, 0)


@pytest.mark.long
@pytest.mark.parametrize(
    "lines",
    [
        b"content-length: 5\r\ntransfer-encoding: chunked\r\n",
        b"content-length: 5\r\ncontent-length: 6\r\n",
        b"transfer-encoding: chunked, identity\r\n",
        b"transfer-encoding:\r\n",
        b"a: b\r\n content-length: 5\r\n",
        b"a: b\ncontent-length: 5\r\n",
        b"a: b\rcontent-length: 5\r\n",
        b"content-length : 5\r\n",
    ],
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
async def test_a_body_whose_length_is_unclear_is_refused_with_an_upgrade_too(lines: bytes, first: bool) -> None:
    recorder = Recorder()
    headers = lines + ASKS if first else ASKS + lines
    async with listening(app=recorder) as (port, _):
        answer = await sent(port, POST + headers + b"\r\n0\r\n\r\n" + INNER)
    assert (answer[9:12], answer.count(b"HTTP/1.1 "), recorder.seen) == (b"400", 1, [])


@pytest.mark.parametrize(
    "refused",
    [
        b"CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n" + INNER,
        POST + ASKS.replace(b"h2c", b"websocket") + sized(INNER),
        POST + b"a: b\r\n" * 100 + ASKS + sized(INNER),
    ],
    ids=["tunnel", "handshake with a body", "many headers"],
)
async def test_what_follows_a_refused_upgrade_is_not_read(refused: bytes) -> None:
    recorder = Recorder()
    async with listening(app=recorder) as (port, _):
        answer = await sent(port, refused)
    assert (answer[9:12], answer.count(b"HTTP/1.1 "), recorder.seen) == (b"400", 1, [])


async def test_few_requests_with_an_upgrade_wait_on_one_connection() -> None:
    async with listening() as (port, _):
        answer = await sent(port, (GET + ASKS + b"\r\n") * 2_000)
    assert (answer.count(b"HTTP/1.1 400 "), answer.count(b"HTTP/1.1 200 ") < 20) == (1, True)
