"""The endpoints of signing in over a real database, without the rest of the application."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http import auth, passwords
from api.http.access_tokens import Authenticated, Authenticator
from api.http.addresses import address_of
from api.http.errors import HttpError
from api.http.oauth import as_oauth
from db.accounts import PASSWORDS, Account
from db.database import Database
from db.logins import Login
from db.sealing import Sealer
from db.transaction import Transaction
from rules.access import Role
from rules.totp import CodePolicy

Made = TypeVar("Made")

SECRET = b"a secret of thirty-two bytes ...."
SEALING_KEY = b"another secret of thirty-two bytes"
OFFERED = CodePolicy()
PASSWORD = "大院门口的老胡杨"
MORNING = datetime(2023, 9, 1, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NUMBERS = itertools.count(1)

WRONG = {"error": "invalid_grant", "error_description": "The user name or the password is wrong."}


@dataclass
class Clock:
    """The server's clock, which a test may turn."""

    time: datetime = MORNING

    def __call__(self) -> datetime:
        return self.time


@dataclass
class Server:
    """The two endpoints over a real database."""

    client: httpx.AsyncClient
    database: Database
    authenticator: Authenticator
    clock: Clock
    address: str = "203.0.113.1"

    def at(self, address: str) -> "Server":
        """The same endpoints, asked from another address."""
        return replace(self, address=address)

    async def post(self, path: str, **form: str) -> httpx.Response:
        return await self.client.post(path, data=form, headers={"x-forwarded-for": self.address})

    async def sign_in(self, username: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        return await self.post("/auth/token", grant_type="password", username=username, password=password, **more)

    async def wrong(self, username: str, times: int = 1) -> list[httpx.Response]:
        """Answers to wrong passwords, one after the other."""
        return [await self.sign_in(username, "wrong") for _ in range(times)]

    async def refresh(self, token: str) -> httpx.Response:
        return await self.post("/auth/token", grant_type="refresh_token", refresh_token=token)

    async def account(self, **changes: Any) -> Account:
        number = next(NUMBERS)
        account = Account(
            **{
                "username": f"wang{number}",
                "name": "王芳",
                "role": Role.GRID_WORKER,
                "password_hash": PASSWORDS.hash(PASSWORD),
                **changes,
            }
        )
        await self.transact(lambda tx: tx.save(account))
        return account

    async def transact(self, work: Callable[[Transaction], Awaitable[Made]]) -> Made:
        return await self.database.transact(work, now=self.clock())

    async def stored(self, account: Account) -> Account:
        return await self.transact(lambda tx: tx.get(Account, id=account.id))

    async def disable(self, account: Account) -> None:
        await self.change(account, disabled_at=self.clock())

    async def change(self, account: Account, **changes: Any) -> None:
        async def changed(tx: Transaction) -> None:
            found = await tx.get(Account, id=account.id)
            vars(found).update(changes)
            await tx.save(found)

        await self.transact(changed)

    def viewer(self, access_token: str) -> Authenticated:
        return self.authenticator.viewer_from_header(f"Bearer {access_token}", self.clock())


class _Addresses:
    """Notes the client's address, as the server's outermost middleware does behind a proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["client"] = address_of(scope, behind_proxy=True)
        await self._app(scope, receive, send)


@asynccontextmanager
async def signing(url: str, codes: CodePolicy = OFFERED, **more: Any) -> AsyncIterator[Server]:
    """The endpoints over a database."""
    database = await Database.open(url, 5, Login.WORKER)
    handlers: dict[Any, Any] = {HttpError: as_oauth}
    app = Starlette(
        routes=[*auth.routes, *passwords.routes], middleware=[Middleware(_Addresses)], exception_handlers=handlers
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tunping") as client:
        authenticator = Authenticator(SECRET, 600, codes, Sealer.of({1: SEALING_KEY}), **more)
        server = Server(client, database, authenticator, Clock())
        app.state.system = database
        app.state.authenticator = server.authenticator
        app.state.now = server.clock
        yield server
    await database.close()


async def first_sign_in(server: Server) -> dict[str, Any]:
    """The answer to a first sign-in, with the account and its name."""
    account = await server.account()
    answer: dict[str, Any] = (await server.sign_in(account.username)).json()
    return {**answer, "username": account.username, "account": account}
