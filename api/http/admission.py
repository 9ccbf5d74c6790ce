"""Who may ask how much: rate limits by address, account and code, and a bound on the requests in progress."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, TypeAlias
from uuid import UUID
from weakref import WeakValueDictionary

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.addresses import address_of
from api.http.errors import FAULTS, HttpError
from api.http.languages import language_of
from api.http.limits import Limits, Quota
from api.rates import (
    AUTH_BY_ADDRESS,
    GRAPHQL_BY_ACCOUNT,
    GRAPHQL_BY_ADDRESS,
    GRAPHQL_WITHOUT_ACCOUNT,
    MISSES_BY_ADDRESS,
    MOVES_BY_ADDRESS,
    MOVES_BY_RECEIPT,
    OPENED_BY_ADDRESS,
    OPENED_BY_CODE,
    OTHER_BY_ADDRESS,
    PAGES_BY_ADDRESS,
    PHOTOS_BY_ADDRESS,
    REVEALS_BY_ACCOUNT,
    Limit,
)
from rules.access import ANONYMOUS, Viewer
from rules.refusals import Code, Refusal
from rules.text import receipt_code
from schema.engine.context import Misses
from schema.languages import message_of

_BY_PATH = {
    "graphql": GRAPHQL_BY_ADDRESS,
    "auth": AUTH_BY_ADDRESS,
    "invitation": PAGES_BY_ADDRESS,
    "photos": PHOTOS_BY_ADDRESS,
    "q": PAGES_BY_ADDRESS,
    "r": PAGES_BY_ADDRESS,
    "wishes": PAGES_BY_ADDRESS,
}
"""The limit of requests by the first part of the path."""
_PROBES = frozenset({"live", "ready"})
"""Paths of monitors. A server that is busy is alive."""
_BY_ATTRIBUTE = {"code": (OPENED_BY_ADDRESS, OPENED_BY_CODE), "receipt_code": (MOVES_BY_ADDRESS, MOVES_BY_RECEIPT)}
"""The limits of acts without an account, by the attribute of their input that has the code."""
SECURE = ((b"strict-transport-security", b"max-age=31536000"),)
"""HSTS (RFC 6797) for a year, for a server whose public address is https. The proxy in front speaks TLS."""
LOOK_UPS_AT_ONCE = 8
"""Requests of one client that look codes up at once. So many may pass the limit of unknown codes before their own are
counted. A look-up takes some milliseconds, so that a house that scans one code waits for no time that people notice."""
_MINUTE = 60
_ID_BYTES = 16
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
Answer: TypeAlias = Callable[[Request, Exception], Awaitable[Response | None]]


class TooMany(HttpError):
    """A rate limit is reached."""

    def __init__(self, connection: HTTPConnection, seconds: int) -> None:
        refusal = Refusal(Code.TOO_MANY, minutes=math.ceil(seconds / _MINUTE))
        super().__init__(
            429, Code.TOO_MANY, message_of(refusal, language_of(connection)), {"Retry-After": str(seconds)}
        )
        self.chinese = refusal.message()


class Busy(HttpError):
    """As many requests are in progress as the server works at."""

    def __init__(self, connection: HTTPConnection) -> None:
        fault = FAULTS["BUSY"]
        super().__init__(fault.status, "BUSY", fault.in_language(language_of(connection)), {"Retry-After": "1"})


def client_of(connection: HTTPConnection) -> str:
    """The client's address as a key of limits."""
    address: str = connection.scope["state"]["client"]
    return address


async def admit(connection: HTTPConnection, limit: Limit, key: str | None = None) -> None:
    """Counts an event, by the address unless a key is given. Raises TooMany if the limit is reached."""
    limits: Limits = connection.app.state.limits
    state = connection.scope["state"]
    quota = await limits.count(limit, state["client"] if key is None else key)
    nearest = state["quota"]
    if nearest is None or quota.left < nearest.left or quota.wait:
        state["quota"] = quota
    if quota.wait:
        raise TooMany(connection, quota.wait)


def admit_viewer(connection: HTTPConnection, viewer: Viewer) -> Awaitable[None]:
    """Counts a question or an act by the account; without one, by the address. Raises TooMany."""
    if viewer.account_id is None:
        return admit(connection, GRAPHQL_WITHOUT_ACCOUNT)
    return admit(connection, GRAPHQL_BY_ACCOUNT, viewer.account_id.hex)


async def check_code(connection: HTTPConnection, limit: Limit, code: str) -> None:
    """Raises TooMany if the limit of a code is reached. Only what is done counts against a code: see ``count_code``."""
    limits: Limits = connection.app.state.limits
    if seconds := await limits.test(limit, _plain(code)):
        raise TooMany(connection, seconds)


async def count_code(connection: HTTPConnection, limit: Limit, code: str) -> None:
    """Counts what was done with a code."""
    limits: Limits = connection.app.state.limits
    await limits.hit(limit, _plain(code))


def _plain(code: str) -> str:
    """One spelling of a code, so that another one is no way round its limit."""
    try:
        return receipt_code(code)
    except Refusal:
        return ""


class LookUps:
    """The clients that look codes up."""

    def __init__(self) -> None:
        self._of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, client: str) -> asyncio.Semaphore:
        """The places of a client. Those who come later wait."""
        return self._of.setdefault(client, asyncio.Semaphore(LOOK_UPS_AT_ONCE))


class CodeGuesses:
    """Limits the unknown codes of a client, wherever it sends them.

    A client is an account, or else an address: a guest's guesses do not stop the workers in the same office.
    """

    def __init__(self, connection: HTTPConnection, viewer: Viewer = ANONYMOUS) -> None:
        self._connection, self._viewer = connection, viewer
        self._limits: Limits = connection.app.state.limits
        self._look_ups: LookUps = connection.app.state.look_ups

    @asynccontextmanager
    async def looking_up(self) -> AsyncIterator[Misses]:
        """Waits for a turn to look codes up. Counts the misses at the end.

        Raises TooMany if too many codes of this client were unknown.
        """
        async with self._look_ups.of(self._client):
            if seconds := await self._limits.test(MISSES_BY_ADDRESS, self._client):
                raise TooMany(self._connection, seconds)
            misses = Misses()
            try:
                yield misses
            finally:
                if misses.unknown:
                    await self._limits.hit(MISSES_BY_ADDRESS, self._client, misses.unknown)

    @property
    def _client(self) -> str:
        account = self._viewer.account_id
        return client_of(self._connection) if account is None else f"account {account}"


@dataclass(slots=True)
class _Attempts:
    """The attempts of one request with one code."""

    waits: list[int] = field(default_factory=list)
    """The seconds to wait of each attempt, or 0."""
    begun: int = 0
    """Acts that were neither a replay nor refused before their limit."""
    done: int = 0

    def next(self) -> int:
        """The seconds to wait of the next act, or 0. The database may retry the whole transaction."""
        self.begun = min(self.begun + 1, len(self.waits))
        return self.waits[self.begun - 1]

    @property
    def unused(self) -> int:
        """The attempts that were a replay, or refused before their limit."""
        return len(self.waits) - self.begun


class ActLimits:
    """The limits of the acts of one request: of those without an account, and of reveals.

    Each attempt counts against the address, and what was done counts against the code. So neither refused acts nor
    what an address sends beyond its own limit use up a code for others. An attempt that turns out to be a replay, or
    is refused before its limit, is taken back.
    """

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._limits: Limits = connection.app.state.limits
        self._attempts: dict[tuple[str, str], _Attempts] = {}
        self._reveals: dict[str, _Attempts] = {}
        """By account, of which a request has one."""
        self.seconds = 0
        """The seconds to wait, if an act was refused."""

    async def before(self, by: str, code: str) -> None:
        """Counts an attempt. To be called before the transaction, once for each act."""
        by_address, by_code = _BY_ATTRIBUTE[by]
        wait = await self._limits.hit(by_address, client_of(self._connection))
        if not wait and (plain := _plain(code)):
            wait = await self._limits.test(by_code, plain)
        self._attempts.setdefault((by, code), _Attempts()).waits.append(wait)

    def wait(self, by: str, code: str) -> int:
        """The seconds to wait if a limit was reached by the attempt, else 0."""
        self.seconds = self._attempts[by, code].next()
        return self.seconds

    def done(self, by: str, code: str) -> None:
        """Notes an act that was done."""
        attempts = self._attempts[by, code]
        attempts.done = min(attempts.done + 1, len(attempts.waits))

    async def before_reveal(self, account: UUID) -> None:
        """Counts what may reveal something. To be called before the transaction, once for each act."""
        self._reveals.setdefault(str(account), _Attempts()).waits.append(
            await self._limits.hit(REVEALS_BY_ACCOUNT, str(account))
        )

    def wait_to_reveal(self) -> int:
        """The seconds to wait if the account's limit was reached by the attempt, else 0."""
        (attempts,) = self._reveals.values()
        return attempts.next()

    async def settle(self) -> None:
        """Counts the acts that were done by their codes. To be called after the commit."""
        for (by, code), attempts in self._attempts.items():
            by_address, by_code = _BY_ATTRIBUTE[by]
            if attempts.done:
                await self._limits.hit(by_code, _plain(code), attempts.done)
            if attempts.unused:
                await self._limits.hit(by_address, client_of(self._connection), -attempts.unused)
        for account, attempts in self._reveals.items():
            if attempts.unused:
                await self._limits.hit(REVEALS_BY_ACCOUNT, account, -attempts.unused)


class InProgress:
    """The number of requests that the server is working at, and the most."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.count = 0


class _Work:
    """One request. It is in progress until its answer begins, except while it waits for its client's data.

    Slow clients keep nobody from working.
    """

    __slots__ = ("_all", "_also", "_is_answered", "_is_counted", "_receive", "_send", "_state")

    def __init__(
        self, in_progress: InProgress, also: Headers, state: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        self._all, self._also, self._state, self._receive, self._send = in_progress, also, state, receive, send
        self._is_answered, self._is_counted = False, True
        self._all.count += 1

    async def receive(self) -> Message:
        if not self._is_counted:
            return await self._receive()
        self._is_counted = False
        self._all.count -= 1
        try:
            return await self._receive()
        finally:
            if not self._is_answered:
                self._is_counted = True
                self._all.count += 1

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.end()
            own = (b"x-request-id", self._state["request_id"].encode())
            message["headers"] = [*message["headers"], own, *self._also, *rate_headers(self._state["quota"])]
        return self._send(message)

    def end(self) -> None:
        self._is_answered = True
        if self._is_counted:
            self._is_counted = False
            self._all.count -= 1


class Progress:
    """The outermost middleware: gives each request and socket an id, and refuses what is too much.

    The id is sent as ``X-Request-Id`` and is in the log. ``answer`` writes the refusals, ``also`` are headers of all
    answers.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        in_progress: InProgress,
        answer: Answer,
        *,
        behind_proxy: bool,
        also: Headers = (),
    ) -> None:
        self._app, self._limits, self._in_progress, self._answer = app, limits, in_progress, answer
        self._behind_proxy, self._also = behind_proxy, also

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"], state["quota"] = token_hex(_ID_BYTES), None
        state["client"] = address_of(scope, behind_proxy=self._behind_proxy)
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        part = scope["path"].lstrip("/").partition("/")[0]
        work = _Work(self._in_progress, self._also, state, receive, send)
        try:
            if self._in_progress.count > self._in_progress.most and part not in _PROBES:
                await self._refuse(Busy(HTTPConnection(scope)), scope, work)
                return
            quota = await self._limits.count(_BY_PATH.get(part, OTHER_BY_ADDRESS), state["client"])
            state["quota"] = quota
            if quota.wait:
                await self._refuse(TooMany(HTTPConnection(scope), quota.wait), scope, work)
            else:
                await self._app(scope, work.receive, work.send)
        finally:
            work.end()

    async def _refuse(self, refused: HttpError, scope: Scope, work: _Work) -> None:
        if (answer := await self._answer(Request(scope), refused)) is not None:
            await answer(scope, work.receive, work.send)


def rate_headers(quota: Quota | None) -> Headers:
    """``RateLimit-Policy`` and ``RateLimit`` of the limit that is nearest (draft-ietf-httpapi-ratelimit-headers-10)."""
    if quota is None:
        return ()
    limit, policy, left, wait = quota
    rest = f'"{limit}";r={left};t={wait}' if wait else f'"{limit}";r={left}'
    return (b"ratelimit-policy", policy), (b"ratelimit", rest.encode())
