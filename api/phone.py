"""Clients for the terminal: a grid worker's phone, and a resident who reports something."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Any

import httpx
import orjson
import typer
import websockets

from api.ids import uuid7

SUBSCRIPTION = """subscription($after: Cursor) { appealOpened(after: $after) { cursor appeal {
    id body kindLabel categoryLabel openedAt unit building { name } household { room }
} } }"""
REPORT = """mutation($input: OpenAppealInput!) { openAppeal(input: $input) {
    receiptCode errors { code message path }
} }"""
FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
EARLY = 30
"""Seconds before its end at which an access token is renewed."""
FORBIDDEN = 4403
"""The close code of a socket whose token does not hold."""


class Refused(Exception):
    """The server says no, and why."""


class Away(Exception):
    """The server cannot answer now; a little later it may."""


LOST = (Away, OSError, TimeoutError, httpx.TransportError, websockets.WebSocketException)
PASSING = frozenset({"UNAVAILABLE", "TIMEOUT", "INTERNAL"})


@dataclass(frozen=True, slots=True)
class Server:
    """Where Tunping listens, and how to get there."""

    url: str

    async def post(self, path: str, **content: Any) -> dict[str, Any]:
        """What it answers, whether it agrees or not."""
        try:
            async with httpx.AsyncClient(base_url=self.url, trust_env=not self._local()) as http:
                answer = await http.post(path, **content)
            found = answer.json()
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Refused(f"网址不对 / not a URL: {self.url}") from None
        except ValueError:
            raise Refused(f"{self.url} 不是屯坪 / is not Tunping: {answer.status_code}") from None
        if answer.is_server_error:
            raise Away(str(answer.status_code))
        return found if isinstance(found, dict) else {}

    async def ask(self, query: str, headers: Mapping[str, str] | None = None, **variables: Any) -> Any:
        """The data of a GraphQL operation."""
        body = {"query": query, "variables": variables}
        answer = await self.post("/graphql", json=body, headers=headers)
        for error in answer.get("errors", ()):
            raise _named(error)
        return answer["data"]

    def socket(self) -> websockets.connect:
        """A socket for subscriptions."""
        return websockets.connect(
            f"{self.url.replace('http', 'ws', 1).rstrip('/')}/graphql",
            subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
            proxy=None if self._local() else True,
        )

    def _local(self) -> bool:
        """This machine is not called through a proxy."""
        host = httpx.URL(self.url).host
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def _named(error: Mapping[str, Any]) -> Exception:
    passing = error.get("extensions", {}).get("code") in PASSING
    return (Away if passing else Refused)(error["message"])


@dataclass
class Phone:
    """Signs in, keeps its tokens fresh and its place in the feed, and comes back by itself."""

    server: Server
    username: str
    password: str
    cursor: str | None = None
    _tokens: dict[str, Any] = field(default_factory=dict)
    _renew_at: float = 0.0
    _delay: float = FIRST_DELAY
    _silent: bool = True

    async def appeals(self) -> AsyncIterator[dict[str, Any]]:
        """Each new appeal, once and in order, across lost connections and restarts of the server."""
        while True:
            try:
                async for appeal in self._connected():
                    yield appeal
            except LOST as error:
                self._lost(error)
            await asyncio.sleep(self._delay)
            self._delay = min(self._delay * 2, LONGEST_DELAY)

    async def _connected(self) -> AsyncIterator[dict[str, Any]]:
        token = await self._token()
        if self.cursor is None:
            self.cursor = await self._position(token)
        async with self.server.socket() as socket:
            await _say(socket, type="connection_init", payload={"authorization": f"Bearer {token}"})
            async for text in socket:
                message = orjson.loads(text)
                if message["type"] == "connection_ack":
                    await self._subscribe(socket)
                elif message["type"] == "error":
                    self._give_up(message["payload"][0])
                elif message["type"] == "next":
                    event = message["payload"]["data"]["appealOpened"]
                    self.cursor = event["cursor"]
                    if event["appeal"]:
                        yield event["appeal"]

    async def _subscribe(self, socket: websockets.ClientConnection) -> None:
        if self._silent:
            typer.echo(f"{self.username} 在线,等待诉求…… / waiting for appeals", err=True)
        self._silent, self._delay = False, FIRST_DELAY
        payload = {"query": SUBSCRIPTION, "variables": {"after": self.cursor}}
        await _say(socket, id="1", type="subscribe", payload=payload)

    def _give_up(self, error: Mapping[str, Any]) -> None:
        """A place that the server does not know any more is given up; what it refuses otherwise is the end."""
        if error.get("extensions", {}).get("code") != "RESYNC_REQUIRED":
            raise _named(error)
        self.cursor = None
        raise Away(error["message"])

    def _lost(self, error: Exception) -> None:
        if isinstance(error, websockets.ConnectionClosed) and error.rcvd and error.rcvd.code == FORBIDDEN:
            self._renew_at = 0.0
            return
        if not self._silent or self._delay == FIRST_DELAY:
            typer.echo(f"连接断开,正在重连 / reconnecting: {error or type(error).__name__}", err=True)
        self._silent = True

    async def _position(self, token: str) -> str:
        """The feed's place now: kept from the start, so a server that dies before the first event loses none."""
        headers = {"authorization": f"Bearer {token}"}
        return str((await self.server.ask("{ liveCursor }", headers))["liveCursor"])

    async def _token(self) -> str:
        if time.monotonic() >= self._renew_at:
            self._tokens = await self._sign_in()
            self._renew_at = time.monotonic() + max(1, self._tokens["expires_in"] - EARLY)
        return str(self._tokens["access_token"])

    async def _sign_in(self) -> dict[str, Any]:
        """By the refresh token; when that has ended, by the password."""
        if "refresh_token" in self._tokens:
            grant = {"grant_type": "refresh_token", "refresh_token": self._tokens["refresh_token"]}
            kept = await self.server.post("/auth/token", data=grant)
            if "access_token" in kept:
                return kept
        grant = {"grant_type": "password", "username": self.username, "password": self.password}
        answer = await self.server.post("/auth/token", data=grant | {"device": "tunping watch"})
        if "access_token" not in answer:
            raise Refused(f"登录失败 / sign-in refused: {answer.get('error_description')}")
        return answer


async def _say(socket: websockets.ClientConnection, **message: Any) -> None:
    await socket.send(orjson.dumps(message).decode())


def line_of(appeal: Mapping[str, Any]) -> str:
    """An appeal as one line of the terminal."""
    at = datetime.fromisoformat(appeal["openedAt"]).astimezone().strftime("%m-%d %H:%M:%S")
    building = appeal["building"]["name"] if appeal["building"] else ""
    unit = f"{appeal['unit']}单元" if appeal["unit"] else ""
    room = appeal["household"]["room"] if appeal["household"] else ""
    return f"{at}  {building}{unit}{room}  [{appeal['categoryLabel']}] {_one_line(appeal['body'])}"


def _one_line(text: str) -> str:
    """Text from strangers moves no cursor and sets no colours."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


async def watch(phone: Phone) -> None:
    """Prints each appeal as it arrives, until interrupted."""
    async for appeal in phone.appeals():
        typer.echo(line_of(appeal))


async def report(server: Server, text: str, code: str, phone_number: str | None) -> str:
    """Files an appeal as a resident does, and gives back its receipt code."""
    given = {"id": f"appeal_{uuid7()}", "code": code, "body": text, "reporterPhone": phone_number}
    payload = (await _until_answered(server, given))["openAppeal"]
    if payload["errors"]:
        raise Refused(payload["errors"][0]["message"])
    return str(payload["receiptCode"])


async def _until_answered(server: Server, given: Mapping[str, Any]) -> Any:
    """Sent again under the same id while there is no answer: it is filed once, however often it arrives."""
    delay = FIRST_DELAY
    while True:
        try:
            return await server.ask(REPORT, input=given)
        except LOST as error:
            if delay > LONGEST_DELAY:
                raise Refused(f"连不上 {server.url} / cannot reach it: {error or type(error).__name__}") from error
        await asyncio.sleep(delay)
        delay *= 2
