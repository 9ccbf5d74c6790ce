"""Hostile requests: each is refused or answered, does little work at a time, and leaves little in memory."""

import time
from asyncio.events import Handle
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
import websockets

from bench import hostile
from schema.engine import plans as kept
from tests.client import Answer, Tunping, listening

pytestmark = pytest.mark.usefixtures("no_plans")

MOST_CPU = 0.6
"""Seconds of the processor for one step of the event loop. A step takes up to 60 ms; a busy machine may take longer,
and what these requests are made from took seconds."""
CLOSED = {"1007", "1009", "4400", "4401", "4403", "4409", "4429"}
"""Codes with which a socket is closed: by RFC 6455 and by graphql-transport-ws."""
MOST_ANSWER = 2_000_000
"""Bytes of an answer. The whole schema has 700,000."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of the processor that each step of the event loop takes from now on."""
    took: list[float] = []
    run = Handle._run

    def timed(handle: Handle) -> None:
        start = time.thread_time()
        run(handle)
        took.append(time.thread_time() - start)

    monkeypatch.setattr(Handle, "_run", timed)
    return took


@pytest.fixture
async def target(copy_url: str) -> AsyncIterator[Tunping]:
    """The application behind a socket."""
    async with listening(copy_url) as client:
        yield client


def refused_or_answered(status: int, content: bytes) -> bool:
    return status < 500 and b'"INTERNAL"' not in content and len(content) < MOST_ANSWER


@pytest.mark.parametrize(
    "username", [None, pytest.param("书记01", marks=pytest.mark.long)], ids=["nobody", "secretary"]
)
async def test_each_document_is_refused_or_answered_in_short_steps(
    target: Tunping, username: str | None, steps: list[float]
) -> None:
    target.app.state.introspection = True
    client = await target.as_(username) if username else target
    wrong: dict[str, Any] = {}
    for name, text, variables in hostile.documents():
        steps.clear()
        answer = await client.ask(text, **variables)
        if not _is_fine(answer) or max(steps) > MOST_CPU:
            wrong[name] = answer.status, max(steps), str(answer.body)[:300]
    assert wrong == {}
    plans = target.app.state.plans
    assert plans.operations.size <= kept.KEPT_DOCUMENTS
    assert plans._plans.size <= kept.KEPT_PLANS


def _is_fine(answer: Answer) -> bool:
    codes = {each["extensions"]["code"] for each in answer.body.get("errors", ())}
    return answer.status < 500 and not codes & {"INTERNAL", "TIMEOUT", "UNAVAILABLE"}


async def test_each_body_and_page_is_refused_or_answered(target: Tunping) -> None:
    wrong = {}
    for body in hostile.bodies():
        try:
            answer = await target.http.request(
                body.method, body.path, content=body.content, headers=dict(body.headers), timeout=20
            )
        except httpx.RemoteProtocolError as closed:
            wrong[body.name] = repr(closed)
            continue
        if not refused_or_answered(answer.status_code, answer.content):
            wrong[body.name] = f"{answer.status_code} {answer.content[:200]!r}"
    assert wrong == {}


async def test_each_frame_is_refused_or_answered_and_the_server_goes_on(target: Tunping) -> None:
    address = str(target.http.base_url).replace("http", "ws") + "/graphql"
    for name, messages in hostile.frames():
        async with websockets.connect(
            address,
            subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
            max_size=MOST_ANSWER,
            close_timeout=0.2,
        ) as socket:
            told: list[str | bytes] = []
            try:
                for message in messages:
                    await socket.send(message)
                await socket.send(orjson.dumps({"type": "ping"}).decode())
                while not told or orjson.loads(told[-1])["type"] != "pong":
                    told.append(await socket.recv())
            except websockets.ConnectionClosed as closed:
                told.append(str(closed.rcvd and closed.rcvd.code))
            assert told[-1] in CLOSED or "pong" in str(told[-1]), name
            assert "INTERNAL" not in str(told), name
    assert (await target.ask("{ __typename }")).data == {"__typename": "Query"}


def test_there_are_many_of_them() -> None:
    assert hostile.count() >= 150
