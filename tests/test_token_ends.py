"""Twenty tokens end while events are delivered: over no transport is one missed, and none comes twice."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
import websockets

from db.sessions import Tokens
from rules.access import Role
from tests.client import APPEALS, Clock, Tunping, listening, new_id, phone

ENDS, EVENTS = 20, 26
Got = list[tuple[str, str]]
"""The cursors and the appeals of the events, in the order in which they came."""


class Ticking(Clock):
    """A clock that goes on by 3 ms each time somebody looks."""

    def __init__(self) -> None:
        super().__init__()
        self._at = datetime.now(UTC)

    def __call__(self) -> datetime:
        self._at += timedelta(milliseconds=3)
        return self._at

    def turn_near_a_full_second(self) -> None:
        """Tokens are issued and end at full seconds."""
        self._at = self._at.replace(microsecond=950_000) + timedelta(seconds=1)


class Server:
    """A server, and a worker of whom there are dying tokens."""

    def __init__(self, served: Tunping, clock: Ticking) -> None:
        self.served, self._clock = served, clock

    async def dying(self) -> Tunping:
        """The worker with a token that ends in 50 ms."""
        found = await self.served.app.state.owner.fetchrow("select id, role from account where username = '网格员01'")
        tokens = Tokens(found["id"], Role(found["role"]), uuid4(), "unused")
        self._clock.turn_near_a_full_second()
        token = self.served.app.state.authenticator.access_token(tokens, self._clock() - timedelta(seconds=599))
        return Tunping(self.served.app, self.served.http, token)

    async def write(self) -> list[str]:
        """Opens appeals, one after the other. Returns their ids."""
        worker = await self.served.as_("网格员01")
        home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
        made = [new_id("appeal") for _ in range(EVENTS)]
        for each in made:
            new = {"id": each, "household": home, "body": "灯不亮"}
            assert (await worker.do("openAppeal", new))["errors"] == []
        return made


@pytest.fixture
async def server(copy_url: str) -> AsyncIterator[Server]:
    clock = Ticking()
    async with listening(copy_url, clock) as served:
        yield Server(served, clock)


async def by_socket(server: Server, after: str, got: Got) -> str:
    """Reads from a new socket until it is closed. Returns the last cursor."""
    async with phone(await server.dying()) as connected:
        await connected.subscribe(after=after)
        while True:
            try:
                message = await connected.receive()
            except websockets.ConnectionClosed:
                return got[-1][0] if got else after
            event = message["payload"]["data"]["appealOpened"]
            got.append((event["cursor"], event["appeal"]["id"]))


async def streamed(server: Server, accept: str, **more: str) -> str:
    """The whole of a stream."""
    worker = await server.dying()
    headers = {**worker.headers, "accept": accept, **more}
    answer = await worker.http.post("/graphql", json={"query": APPEALS}, headers=headers, timeout=30)
    return answer.text


async def by_events(server: Server, after: str, got: Got) -> str:
    """Reads an event stream, and resumes as browsers do: by the id of the last event."""
    text = await streamed(server, "text/event-stream", **{"last-event-id": after})
    assert text.endswith("event: complete\ndata: \n\n")
    for cursor, data in re.findall(r"^id: (.*)\nevent: next\ndata: (.*)$", text, re.MULTILINE):
        event = orjson.loads(data)["data"]["appealOpened"]
        assert event["cursor"] == cursor
        got.append((cursor, event["appeal"]["id"]))
    return got[-1][0] if got else after


async def by_parts(server: Server, after: str, got: Got) -> str:
    """Reads a multipart stream as Apollo's client does."""
    accept = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
    text = await streamed(server, accept, **{"last-event-id": after})
    first, *parts, last = text.split("--graphql")
    assert (first, last) == ("", "--\r\n")
    contents = [orjson.loads(part.partition("\r\n\r\n")[2]) for part in parts]
    ended: Any = contents.pop()
    assert (ended["payload"], ended["errors"][0]["extensions"]) == (None, {"code": "TOKEN_EXPIRED"})
    events = [each["payload"]["data"]["appealOpened"] for each in contents if each]
    got += [(event["cursor"], event["appeal"]["id"]) for event in events]
    return got[-1][0] if got else after


@pytest.mark.parametrize("read", [by_socket, by_events, pytest.param(by_parts, marks=pytest.mark.long)])
async def test_twenty_ends_of_tokens_lose_nothing_and_repeat_nothing(
    server: Server, read: Callable[[Server, str, Got], Awaitable[str]]
) -> None:
    worker = await server.served.as_("网格员01")
    after = (await worker.ask("{ liveCursor }")).data["liveCursor"]
    writing, got, ends = asyncio.create_task(server.write()), Got(), 0
    while ends < ENDS or len(got) < EVENTS:
        after = await read(server, after, got)
        ends += 1
    assert [appeal for _, appeal in got] == await writing


@pytest.mark.long
async def test_twenty_renewals_on_one_socket_lose_nothing_and_repeat_nothing(server: Server) -> None:
    worker = await server.served.as_("网格员01")
    async with phone(worker) as connected:
        await connected.subscribe(after=(await worker.ask("{ liveCursor }")).data["liveCursor"])
        writing = asyncio.create_task(server.write())
        events: list[str] = []
        pongs = 0
        while pongs < ENDS or len(events) < EVENTS:
            if pongs < ENDS:
                await connected.send(type="ping", payload=(await server.served.as_("网格员01")).headers)
            message = await connected.receive()
            pongs += message["type"] == "pong"
            if message["type"] == "next":
                events.append(message["payload"]["data"]["appealOpened"]["appeal"]["id"])
        assert events == await writing
