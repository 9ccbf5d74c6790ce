"""Clients for the terminal: a grid worker's phone, and a resident who reports something."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import typer
import websockets

SUBSCRIPTION = """subscription($after: Cursor) { appealOpened(after: $after) { cursor appeal {
    id body kindLabel categoryLabel openedAt unit building { name } household { room }
} } }"""
REPORT = """mutation($input: OpenAppealInput!) { openAppeal(input: $input) {
    receiptCode errors { code message path }
} }"""
FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
EARLY = 30
"""Seconds before its end at which an access token is renewed."""


class Refused(Exception):
    """The server says no, and why."""


@dataclass
class Phone:
    """Signs in, keeps its tokens fresh and its place in the feed, and comes back by itself."""

    url: str
    username: str
    password: str
    cursor: str | None = None
    _tokens: dict[str, Any] = field(default_factory=dict)
    _renew_at: float = 0.0

    async def appeals(self) -> AsyncIterator[dict[str, Any]]:
        """Each new appeal, once and in order, across lost connections and restarts of the server."""
        delay = FIRST_DELAY
        while True:
            try:
                async for appeal in self._connected():
                    delay = FIRST_DELAY
                    yield appeal
            except (OSError, httpx.TransportError, websockets.WebSocketException, TimeoutError) as error:
                typer.echo(f"连接断开,{delay:.1f} 秒后重连 / reconnecting: {type(error).__name__}", err=True)
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _connected(self) -> AsyncIterator[dict[str, Any]]:
        token = await self._token()
        if self.cursor is None:
            self.cursor = await self._position(token)
        address = self.url.replace("http", "ws", 1) + "/graphql"
        protocol = websockets.Subprotocol("graphql-transport-ws")
        async with websockets.connect(address, subprotocols=[protocol]) as socket:
            await _say(socket, type="connection_init", payload={"authorization": f"Bearer {token}"})
            payload = {"query": SUBSCRIPTION, "variables": {"after": self.cursor}}
            async for text in socket:
                message = orjson.loads(text)
                if message["type"] == "connection_ack":
                    await _say(socket, id="1", type="subscribe", payload=payload)
                elif message["type"] == "error":
                    raise Refused(message["payload"][0]["message"])
                elif message["type"] == "next":
                    event = message["payload"]["data"]["appealOpened"]
                    self.cursor = event["cursor"]
                    if event["appeal"]:
                        yield event["appeal"]

    async def _position(self, token: str) -> str:
        """The feed's place now: kept from the start, so a server that dies before the first event loses none."""
        async with httpx.AsyncClient(base_url=self.url) as http:
            headers = {"authorization": f"Bearer {token}"}
            answer = await http.post("/graphql", json={"query": "{ liveCursor }"}, headers=headers)
        return str(answer.json()["data"]["liveCursor"])

    async def _token(self) -> str:
        if time.monotonic() >= self._renew_at:
            self._tokens = await self._sign_in()
            self._renew_at = time.monotonic() + max(1, self._tokens["expires_in"] - EARLY)
        return str(self._tokens["access_token"])

    async def _sign_in(self) -> dict[str, Any]:
        """By the refresh token; when that has ended, by the password."""
        password = {"grant_type": "password", "username": self.username, "password": self.password}
        grants = [password | {"device": "tunping watch"}]
        if "refresh_token" in self._tokens:
            grants.insert(0, {"grant_type": "refresh_token", "refresh_token": self._tokens["refresh_token"]})
        async with httpx.AsyncClient(base_url=self.url) as http:
            for grant in grants:
                answer = await http.post("/auth/token", data=grant)
                if answer.status_code == httpx.codes.OK:
                    tokens: dict[str, Any] = answer.json()
                    return tokens
        raise Refused(f"登录失败 / sign-in refused: {answer.json().get('error_description')}")


async def _say(socket: websockets.ClientConnection, **message: Any) -> None:
    await socket.send(orjson.dumps(message).decode())


def line_of(appeal: dict[str, Any]) -> str:
    """An appeal as one line of the terminal."""
    at = datetime.fromisoformat(appeal["openedAt"]).astimezone().strftime("%m-%d %H:%M:%S")
    building = appeal["building"]["name"] if appeal["building"] else ""
    unit = f"{appeal['unit']}单元" if appeal["unit"] else ""
    room = appeal["household"]["room"] if appeal["household"] else ""
    return f"{at}  {building}{unit}{room}  [{appeal['categoryLabel']}] {appeal['body']}"


async def watch(phone: Phone) -> None:
    """Prints each appeal as it arrives, until interrupted."""
    typer.echo(f"{phone.username} 在线,等待诉求…… / waiting for appeals", err=True)
    async for appeal in phone.appeals():
        typer.echo(line_of(appeal))


def uuid7() -> UUID:
    """A UUIDv7 as a phone makes it: milliseconds, then chance (RFC 9562, section 5.7)."""
    chance = uuid4().int & ((1 << 80) - 1)
    number = (time.time_ns() // 1_000_000) << 80 | chance
    number = number & ~(0xF << 76) | 0x7 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


async def report(url: str, text: str, code: str, phone_number: str | None) -> str:
    """Files an appeal as a resident does, and gives back its receipt code. Sent again under the same id if need be."""
    given = {"id": f"appeal_{uuid7()}", "code": code, "body": text, "reporterPhone": phone_number}
    answer = await _send(url, {"query": REPORT, "variables": {"input": given}})
    if "data" not in answer or answer["data"] is None:
        raise Refused(answer["errors"][0]["message"])
    payload = answer["data"]["openAppeal"]
    if payload["errors"]:
        raise Refused(payload["errors"][0]["message"])
    return str(payload["receiptCode"])


async def _send(url: str, body: dict[str, Any]) -> dict[str, Any]:
    delay = FIRST_DELAY
    async with httpx.AsyncClient(base_url=url) as http:
        while True:
            try:
                found: dict[str, Any] = (await http.post("/graphql", json=body)).json()
            except httpx.TransportError:
                if delay > LONGEST_DELAY:
                    raise Refused(f"连不上 {url} / cannot reach {url}") from None
                await asyncio.sleep(delay)
                delay *= 2
            else:
                return found
