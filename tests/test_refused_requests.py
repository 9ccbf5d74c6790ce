"""Requests that the protocol itself refuses: the answer arrives, in its turn, and nothing is written after it."""

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from tests.test_protocol import CHUNKED, GET, HANDSHAKE, answers, connected, goes_on, listening, sent

WAIT = b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n"
MALFORMED = b"GET / HTTP/1.1\r\na b\r\n\r\n"
LARGE_HANDSHAKE = HANDSHAKE + b"cookie: " + b"x" * 9_000 + b"\r\n\r\n"
ENDLESS = [GET + b"a: ", b"x" * 600_000]


@pytest.mark.parametrize(
    ("request_", "status"), [(MALFORMED, b"400"), (LARGE_HANDSHAKE, b"431")], ids=["malformed", "handshake"]
)
async def test_a_refusal_reaches_a_client_that_still_sends(request_: bytes, status: bytes) -> None:
    """As that of a slow or endless request does."""
    async with listening() as (port, _), connected(port) as (reader, writer):
        writer.write(request_)
        assert (await reader.read())[9:12] == status
        await goes_on(reader, writer)


async def test_a_server_stops_while_a_refused_client_lingers() -> None:
    async with listening() as (port, _), connected(port) as (reader, writer):
        writer.write(LARGE_HANDSHAKE)
        assert (await reader.read())[9:12] == b"431"


class Held:
    """An application that answers when it is released."""

    def __init__(self) -> None:
        self.asked, self.released = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.set()
        await self.released.wait()
        await answers(scope, receive, send)


@pytest.mark.long
@pytest.mark.parametrize(
    ("parts", "statuses"),
    [
        ([GET + b"\r\n" + MALFORMED], [b"200", b"400"]),
        ([GET + b"\r\n" + WAIT + MALFORMED], [b"200", b"200", b"400"]),
        ([GET + b"\r\n", *ENDLESS], [b"200", b"431"]),
    ],
)
async def test_a_refusal_comes_after_the_answers_to_earlier_requests(parts: list[bytes], statuses: list[bytes]) -> None:
    """Otherwise a client takes it for the answer to the earlier one, which was done."""
    held = Held()
    async with listening(app=held) as (port, _):
        asking = asyncio.create_task(sent(port, *parts))
        await held.asked.wait()
        await asyncio.sleep(0.1)
        held.released.set()
        answer = await asking
    assert [each[:3] for each in answer.split(b"HTTP/1.1 ")[1:]] == statuses


async def test_an_application_writes_nothing_after_the_refusal_of_its_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does its failure to do so fill the log."""
    held, ended, run = Held(), asyncio.Event(), RequestResponseCycle.run_asgi

    async def watched(self: RequestResponseCycle, app: Any) -> None:
        await run(self, app)
        ended.set()

    monkeypatch.setattr(RequestResponseCycle, "run_asgi", watched)
    async with listening(app=held) as (port, _), connected(port) as (reader, writer):
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        logging.getLogger("uvicorn.error").addHandler(caplog.handler)
        writer.write(CHUNKED + b"expect: 100-continue\r\n\r\n")
        await held.asked.wait()
        writer.write(b"no chunk\r\n")
        answer = await reader.read()
        held.released.set()
        await ended.wait()
        logging.getLogger("uvicorn.error").removeHandler(caplog.handler)
    assert (answer[9:12], answer.count(b"HTTP/1.1 "), caplog.messages) == (b"400", 1, [])
