"""`tunping watch`: a grid worker's phone, which prints each new appeal as it arrives."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import orjson
import typer
import websockets

from api.commands.remote import FIRST_DELAY, LONGEST_DELAY, LOST, Away, Refused, Server, named
from api.commands.terminal import HERE, Url, fail, new_app
from seeds.known import DEMO_PASSWORD

SUBSCRIPTION = """subscription($after: Cursor) { appealOpened(after: $after) { cursor appeal {
    id body kindLabel categoryLabel openedAt unit building { name } household { room }
} } }"""
EARLY = 30
"""Seconds before its end at which an access token is renewed."""
FORBIDDEN = 4403
"""The close code of a socket whose token does not hold."""
app = new_app()


@app.command("watch")
def watch_command(
    username: Annotated[str, typer.Option("--as", help="The account, such as 网格员01.")],
    password: Annotated[str, typer.Option(help="Its password.", envvar="TUNPING_PASSWORD")] = DEMO_PASSWORD,
    url: Url = HERE,
) -> None:
    """Be a grid worker's phone: print each new appeal as it arrives."""
    try:
        asyncio.run(watch(Phone(Server(url), username, password)))
    except Refused as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(0)


async def watch(phone: "Phone") -> None:
    """Prints each appeal as it arrives, until interrupted."""
    async for appeal in phone.appeals():
        typer.echo(line_of(appeal))


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
            typer.echo(f"{self.username} 在线，等待诉求…… / waiting for appeals", err=True)
        self._silent, self._delay = False, FIRST_DELAY
        payload = {"query": SUBSCRIPTION, "variables": {"after": self.cursor}}
        await _say(socket, id="1", type="subscribe", payload=payload)

    def _give_up(self, error: Mapping[str, Any]) -> None:
        """A place that the server does not know any more is given up; any other refusal is the end."""
        if error.get("extensions", {}).get("code") != "RESYNC_REQUIRED":
            raise named(error)
        self.cursor = None
        raise Away(error["message"])

    def _lost(self, error: Exception) -> None:
        if isinstance(error, websockets.ConnectionClosed) and error.rcvd and error.rcvd.code == FORBIDDEN:
            self._renew_at = 0.0
            return
        if not self._silent or self._delay == FIRST_DELAY:
            typer.echo(f"连接断开，正在重连 / reconnecting: {error or type(error).__name__}", err=True)
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
        """By the refresh token, or by the password when that has ended."""
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
