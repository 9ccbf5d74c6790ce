"""Sends signed webhooks (Standard Webhooks) to outside systems: thin events, in order for each dispute.

The receiver fetches the case with its own credentials, so every look at the case is recorded.
"""

import asyncio
import base64
import hmac
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import httpcore
import orjson
import structlog
from standardwebhooks import Webhook as Signer

from db.database import Database
from db.positions import place_entries
from db.transaction import Transaction
from db.webhooks import Leased, clients_with_webhook, collect, lease, note_delivered, note_failed, note_gone
from rules.webhooks import GONE, is_public, type_of

log = structlog.get_logger()

AT_ONCE = 4
"""Concurrent webhooks, so that one slow receiver does not delay the others. Each needs a database connection."""
TIMEOUT = 15.0
"""Seconds for one attempt, which Standard Webhooks recommends (15 to 30)."""
_PHASES = {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 5.0}
_LONGEST_RETRY_AFTER = 6
"""Digits of a Retry-After in seconds: 11 days, beyond the day that is respected at most."""
Result = TypeVar("Result")


class ForbiddenAddress(Exception):
    """The receiver's name resolves to a private address."""


FAILED = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    ForbiddenAddress,
    OSError,
    UnicodeError,
)
"""Errors that end one attempt."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to the same address that it checked, which prevents DNS rebinding."""

    def __init__(self, *, private: bool) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._private = private

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects if all addresses of the name are public, or private ones are allowed."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not self._private and not all(is_public(address) for address in addresses):
            raise ForbiddenAddress(host)
        return await self._inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def signing_secret(secret: bytes, client: UUID) -> str:
    """The secret by which an outside system verifies signatures, in Standard Webhooks' format."""
    return secret_for(secret, b"webhook:" + client.bytes)


def secret_for(secret: bytes, purpose: bytes) -> str:
    """The secret by which one receiver verifies signatures."""
    return "whsec_" + base64.b64encode(hmac.digest(secret, purpose, "sha256")).decode()


Headers: TypeAlias = dict[bytes | str, bytes | str]


def signed_headers(secret: str, uuid: str, at: datetime, content: bytes) -> Headers:
    """The headers of a message, with its signature."""
    return {
        "content-type": "application/json",
        "user-agent": "tunping",
        "webhook-id": uuid,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(secret).sign(uuid, at, content.decode()),
    }


async def post(
    http: httpcore.AsyncConnectionPool, url: str, headers: Headers, content: bytes
) -> tuple[int, timedelta | None]:
    """Makes one attempt. Returns the status and the receiver's Retry-After. The body is not read.

    Raises one of FAILED.
    """
    request = http.stream("POST", url, headers=headers, content=content, extensions={"timeout": _PHASES})
    async with asyncio.timeout(TIMEOUT), request as answer:
        received = {name.lower(): value for name, value in answer.headers}
        return answer.status, _seconds(received.get(b"retry-after"))


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Sends the webhooks of all outside systems. ``private`` allows private addresses."""

    database: Database
    now: Callable[[], datetime]
    secret: bytes
    private: bool = False

    async def send(self) -> None:
        """Queues new events, and sends those that are due."""
        clients = await self._transact(clients_with_webhook)
        async with self.database.connection() as connection:
            await place_entries(connection)
        for client in clients:
            await self._transact(partial(collect, client_id=client))
        if clients:
            network = GuardedNetwork(private=self.private)
            async with httpcore.AsyncConnectionPool(network_backend=network) as http:
                await asyncio.gather(*(self._drain(http) for _ in range(AT_ONCE)))

    async def _drain(self, http: httpcore.AsyncConnectionPool) -> None:
        while (due := await self._transact(lease)) is not None:
            await self._send(http, due)

    async def _send(self, http: httpcore.AsyncConnectionPool, due: Leased) -> None:
        content, headers = self.message(due)
        try:
            status, retry_after = await post(http, due.url, headers, content)
        except FAILED as error:
            await self._failed(due, type(error).__name__)
        else:
            await self._answered(due, status, retry_after)

    def message(self, due: Leased) -> tuple[bytes, Headers]:
        """The body and the headers of an event."""
        data = {"dispute": f"dispute_{due.dispute}", "kind": due.kind.value, "cursor": due.cursor}
        event = {"type": type_of(due.kind), "timestamp": due.occurred_at.isoformat(), "data": data}
        content, secret = orjson.dumps(event), signing_secret(self.secret, due.client)
        return content, signed_headers(secret, f"webhook_{due.id}", self.now(), content)

    async def _answered(self, due: Leased, status: int, retry_after: timedelta | None) -> None:
        if 200 <= status < 300:  # noqa: PLR2004  the statuses of success
            await self._transact(partial(note_delivered, sent=due))
        elif status == GONE:
            await self._transact(partial(note_gone, sent=due))
            log.warning("webhook_receiver_gone", client=str(due.client))
        else:
            await self._failed(due, f"HTTP {status}", retry_after)

    async def _failed(self, due: Leased, error: str, retry_after: timedelta | None = None) -> None:
        if await self._transact(partial(note_failed, sent=due, error=error, asked=retry_after)):
            log.warning("webhook_dead", client=str(due.client), dispute=str(due.dispute), error=error)

    async def _transact(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        return await self.database.transact(work, now=self.now())


def _seconds(retry_after: bytes | None) -> timedelta | None:
    """Retry-After in seconds. A date is ignored."""
    text = (retry_after or b"").strip()
    return timedelta(seconds=int(text)) if text.isdigit() and len(text) <= _LONGEST_RETRY_AFTER else None
