"""`tunping watch`: prints each new appeal as it arrives, as a grid worker's phone shows it."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import typer

from api.commands.languages import in_words, remark
from api.commands.remote import FIRST_DELAY, LONGEST_DELAY, LOST, Refused, Server
from api.commands.terminal import HERE, Url, fail, new_app
from rules.refusals import Said
from seeds.known import DEMO_PASSWORD

SUBSCRIPTION = """subscription($after: Cursor) { appealOpened(after: $after) { cursor appeal {
    id body kindLabel categoryLabel openedAt address
} } }"""
EARLY = 30
"""Seconds before an access token expires at which it is renewed: a request and its retries take less."""
_RENEWABLE = {"TOKEN_EXPIRED", "TOKEN_INVALID"}
app = new_app()


@app.command("watch")
def watch_command(
    username: Annotated[str, typer.Option("--as", help="The account, such as 网格员01.")],
    password: Annotated[str, typer.Option(help="Its password.", envvar="TUNPING_PASSWORD")] = DEMO_PASSWORD,
    url: Url = HERE,
) -> None:
    """Print each new appeal as it arrives, as a grid worker's phone shows it."""
    try:
        asyncio.run(_print_all(Phone(Server(url), username, password)))
    except Refused as error:
        fail(in_words(error.said))
    except KeyboardInterrupt:
        sys.exit(0)


async def _print_all(phone: "Phone") -> None:
    async for appeal in phone.appeals():
        typer.echo(line_of(appeal))


@dataclass
class Phone:
    """A subscriber that renews its tokens, keeps its cursor and reconnects by itself."""

    server: Server
    username: str
    password: str
    cursor: str | None = None
    _tokens: dict[str, Any] = field(default_factory=dict)
    _renew_at: float = 0.0
    _delay: float = FIRST_DELAY
    _online: bool = False

    async def appeals(self) -> AsyncGenerator[dict[str, Any], None]:
        """Yields each new appeal once and in order, across lost connections and restarts of the server."""
        while True:
            try:
                async for appeal in self._connected():
                    yield appeal
            except LOST as error:
                self._lost(error)
            except Refused as error:
                self._recover(error)
            await asyncio.sleep(self._delay)
            self._delay = min(self._delay * 2, LONGEST_DELAY)

    async def _connected(self) -> AsyncIterator[dict[str, Any]]:
        headers = {"authorization": f"Bearer {await self._token()}"}
        if self.cursor is None:
            # With a cursor from the start, no event is lost if the server dies before the first one arrives.
            self.cursor = (await self.server.ask("{ liveCursor }", headers))["liveCursor"]
        async with self.server.subscribe(SUBSCRIPTION, headers, after=self.cursor) as events:
            if not self._online:
                remark("{username} 在线，等待诉求……", username=self.username)
            self._online, self._delay = True, FIRST_DELAY
            async for event in events:
                self.cursor = event["appealOpened"]["cursor"]
                if event["appealOpened"]["appeal"]:
                    yield event["appealOpened"]["appeal"]

    def _lost(self, error: Exception) -> None:
        if self._online or self._delay == FIRST_DELAY:
            remark("连接断开，正在重连：{why}", why=str(error) or type(error).__name__)
        self._online = False

    def _recover(self, error: Refused) -> None:
        """Renews the token, or drops a cursor that the server does not know any more. Other errors are raised."""
        if error.code in _RENEWABLE:
            self._renew_at = 0.0
        elif error.code == "RESYNC_REQUIRED":
            self.cursor = None
        else:
            raise error

    async def _token(self) -> str:
        if time.monotonic() >= self._renew_at:
            self._tokens = await self._sign_in()
            self._renew_at = time.monotonic() + max(1, self._tokens["expires_in"] - EARLY)
        return str(self._tokens["access_token"])

    async def _sign_in(self) -> dict[str, Any]:
        """New tokens by the refresh token, or by the password if it has expired."""
        if "refresh_token" in self._tokens:
            grant = {"grant_type": "refresh_token", "refresh_token": self._tokens["refresh_token"]}
            kept = await self.server.post("/auth/token", data=grant)
            if "access_token" in kept:
                return kept
        grant = {"grant_type": "password", "username": self.username, "password": self.password}
        device = {"device": "tunping watch", "earlier_refresh_token": self._tokens.get("refresh_token", "")}
        answer = await self.server.post("/auth/token", data=grant | device)
        if "access_token" not in answer:
            raise Refused(Said("登录失败：{why}", {"why": answer.get("error_description")}))
        return answer


def line_of(appeal: Mapping[str, Any]) -> str:
    at = datetime.fromisoformat(appeal["openedAt"]).astimezone().strftime("%m-%d %H:%M:%S")
    return f"{at}  {appeal['address']}  [{appeal['categoryLabel']}] {_one_line(appeal['body'])}"


def _one_line(text: str) -> str:
    """Text without control characters, which could move the cursor or set colours."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
