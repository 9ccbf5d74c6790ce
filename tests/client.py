"""The client of the tests: GraphQL over HTTP and sockets, signed in as an account or without one."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from secrets import token_urlsafe
from typing import Any, Self, TypeVar
from uuid import uuid4

import asyncpg
import httpx
import orjson
import pytest
import uvicorn
import websockets
from starlette.applications import Starlette

from api.app import create_app
from api.commands.protocol import Crowd
from api.commands.websocket import FrameReader, WebSocketProtocol
from api.settings import Settings
from db.sessions import Tokens
from db.transaction import Transaction
from rules.access import Role

RESPONSE = "application/graphql-response+json"
SECRET, SEALING_KEY, RECORD_KEY = (token_urlsafe(32).encode() for _ in range(3))
"""New in each run, so that nobody finds a working key in these files."""
RATES = "graphql-by-address=2000000/minute," + ",".join(
    f"{name}=1000000/minute"
    for name in (
        "graphql-by-account",
        "graphql-without-account",
        "auth-by-address",
        "pages-by-address",
        "other-by-address",
    )
)
"""All tests come from one address, and some ask thousands of questions. Its limit is not the nearest, as by default."""
PATIENCE = 60
"""Seconds for an answer on a busy machine."""
_TLS = ssl.create_default_context()
"""Shared, because each client that has none reads all certificates of the system, which takes 50 ms."""

Result = TypeVar("Result")


class Clock:
    """A clock that tests can turn."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now or datetime.now(UTC)

    def turn(self, by: timedelta) -> None:
        """Turns it forward, or back."""
        self._now = self() + by


@dataclass
class Answer:
    """A response."""

    status: int
    body: Any
    headers: httpx.Headers

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body
        return self.body["data"]

    @property
    def codes(self) -> set[str]:
        """The codes of all errors."""
        return {each["extensions"]["code"] for each in self.body["errors"]}

    @property
    def code(self) -> str:
        """The code of the one error."""
        (error,) = self.body["errors"]
        code: str = error["extensions"]["code"]
        return code


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def codes_of(payload: dict[str, Any]) -> list[str]:
    """The codes of a payload's refusals, each once: of two unknown ids both are told."""
    return list(dict.fromkeys(str(each["code"]) for each in payload["errors"]))


def new_id(prefix: str) -> str:
    """A new id, as a phone makes it."""
    return f"{prefix}_{uuid4()}"


class Tunping:
    """A client, signed in with an account or without one."""

    def __init__(self, app: Starlette, http: httpx.AsyncClient, token: str | None = None) -> None:
        self.app = app
        self.http = http
        self.token = token

    async def as_(self, username: str) -> Self:
        """The same client for an account."""
        row = await self.app.state.owner.fetchrow("select id, role from account where username = $1", username)
        tokens = Tokens(row["id"], Role(row["role"]), uuid4(), "unused")
        token = self.app.state.authenticator.access_token(tokens, self.app.state.now())
        return type(self)(self.app, self.http, token)

    def as_nobody(self) -> Self:
        """The same client for a resident without an account."""
        return type(self)(self.app, self.http)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that authenticate."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    async def ask(self, query: str, **variables: Any) -> Answer:
        """Sends an operation."""
        return await self.post({"query": query, "variables": variables})

    async def post(self, content: Any, **headers: str) -> Answer:
        """Sends a request body."""
        body = content if isinstance(content, bytes) else orjson.dumps(content)
        sent = {"content-type": "application/json", "accept": RESPONSE, **self.headers, **headers}
        response = await self.http.post("/graphql", content=body, headers=sent)
        return Answer(response.status_code, orjson.loads(response.content), response.headers)

    async def do(self, mutation: str, input_: dict[str, Any], wanted: str = "") -> Any:
        """Runs one mutation. Returns its payload: the wanted fields and the errors.

        For a client without an account that needs one it is the refusal of the document.
        """
        type_ = mutation[0].upper() + mutation[1:] + "Input"
        query = f"""mutation($input: {type_}!) {{
            {mutation}(input: $input) {{ {wanted} errors {{ code message path }} }}
        }}"""
        answer = await self.ask(query, input=input_)
        if answer.status == 401:
            return {"errors": [{"code": answer.code, "message": answer.body["errors"][0]["message"], "path": []}]}
        return answer.data[mutation]

    async def refused(self, mutation: str, input_: dict[str, Any]) -> str:
        """Runs one mutation that must be refused. Returns the code of its refusals, which have all the same."""
        (code,) = codes_of(await self.do(mutation, input_))
        return code

    async def transact(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Runs work in one transaction at the clock's time, as background jobs and commands do."""
        done: Result = await self.app.state.system.transact(work, now=self.app.state.now())
        return done

    async def count(self, table: str) -> int:
        """The number of rows of a table."""
        counted: int = await self.app.state.owner.fetchval(f"select count(*) from {table}")
        return counted


def settings(url: str, **more: Any) -> Settings:
    """Settings for tests: photos in memory, and no background work."""
    given = {"database_url": url, "secret": SECRET.decode(), "worker": False, "photo_store": "memory:///"}
    environment = frozenset(each for each in os.environ.items() if each[0].startswith("TUNPING_"))
    return _read(environment, **given | {"rates": RATES, "record_key": RECORD_KEY.decode()} | more)


@lru_cache(64)
def _read(environment: frozenset[tuple[str, str]], **given: Any) -> Settings:  # noqa: ARG001  it decides what is read
    return Settings.read(**given)


def owner_of(url: str) -> Any:
    """Connections of the owner, who sees all rows and may change them, for what a test looks up or prepares."""
    return asyncpg.create_pool(url, min_size=0, max_size=4)


@asynccontextmanager
async def serving(
    url: str,
    now: Clock | None = None,
    token_seconds: int = 600,
    sealing_key: bytes | None = SEALING_KEY,
    **more: Any,
) -> AsyncIterator[Tunping]:
    """The application in this process, without a socket, and with more settings."""
    key = sealing_key and sealing_key.decode()
    given = {"access_token_seconds": token_seconds, "pool_size": 4, "sealing_key": key}
    app = create_app(settings(url, **given | more), url, now or Clock())
    async with app.router.lifespan_context(app), owner_of(url) as app.state.owner:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tunping") as http:
            yield Tunping(app, http)


@asynccontextmanager
async def listening(url: str, now: Clock | None = None, **more: Any) -> AsyncIterator[Tunping]:
    """The application behind a real socket on a free port."""
    app = create_app(settings(url, pool_size=8, sealing_key=SEALING_KEY.decode(), **more), url, now or Clock())
    frames: Any = partial(WebSocketProtocol, Crowd(None), FrameReader())
    config = uvicorn.Config(
        app,
        port=0,
        log_level="error",
        ws=frames,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=_TLS, timeout=PATIENCE) as http,
        owner_of(url) as app.state.owner,
    ):
        try:
            yield Tunping(app, http)
        finally:
            server.should_exit = True
            await running


APPEALS = "subscription($after: Cursor) { appealOpened(after: $after) { cursor appeal { id body } } }"


class Phone:
    """A socket of graphql-transport-ws."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket

    async def send(self, **message: Any) -> None:
        """Sends a message."""
        await self.socket.send(orjson.dumps(message).decode())

    async def receive(self) -> Any:
        """The next message. Pings are answered."""
        async with asyncio.timeout(30):
            while (message := orjson.loads(await self.socket.recv())) == {"type": "ping"}:
                await self.send(type="pong")
            return message

    async def subscribe(self, query: str = APPEALS, key: str = "1", **variables: Any) -> None:
        """Starts a subscription."""
        await self.send(id=key, type="subscribe", payload={"query": query, "variables": variables})

    async def closing(self) -> tuple[int, str]:
        """The code and the reason with which the server closes the socket."""
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await self.receive()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason

    async def event(self) -> Any:
        """The next new appeal with its cursor."""
        message = await self.receive()
        assert message["type"] == "next", message
        return message["payload"]["data"]["appealOpened"]


async def subscribed(client: Tunping, count: int = 1) -> None:
    """Waits until the feed serves so many subscriptions, so that they get what happens from now on."""
    async with asyncio.timeout(30):
        while len(client.app.state.feed._subscribers) < count:  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0.01)


@asynccontextmanager
async def phone(client: Tunping, *, init: bool = True) -> AsyncIterator[Phone]:
    """A worker's phone, connected; with ``init`` the protocol's greeting is exchanged."""
    url = str(client.http.base_url).replace("http", "ws") + "/graphql"
    protocols = [websockets.Subprotocol("graphql-transport-ws")]
    # Tests do not read while they act. So the phone sends no pings, whose answers would wait behind unread events.
    async with websockets.connect(url, subprotocols=protocols, open_timeout=PATIENCE, ping_interval=None) as socket:
        connected = Phone(socket)
        if init:
            await connected.send(type="connection_init", payload=client.headers)
            assert (await connected.receive())["type"] == "connection_ack"
        yield connected
