"""Sends pushes: by Web Push to browsers (RFC 8030, 8291, 8292), and by a gateway to phone makers' services.

A push tells a kind and an id. The app fetches the rest signed in.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Self, TypeVar

import http_ece
import httpcore
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from api.background.gateways import Gateway, certificates
from api.background.webhooks import FAILED, GuardedNetwork, Headers, post, secret_for, signed_headers
from api.settings import Settings
from api.vapid import Vapid, in_base64url
from db.database import Database
from db.positions import place_entries
from db.pushing import Leased, collect, lease, note_failed, note_gone, note_sent
from db.transaction import Transaction
from rules.push import GONE, LONGEST_RETRY_AFTER, PushKind, id_of, topic_of
from rules.sending import is_final

log = structlog.get_logger()

AT_ONCE, OF_A_HOST = 12, 4
"""Concurrent pushes, and those to one push service, so that one that hangs does not delay the others."""
LOOK_AGAIN = 1.0
"""Seconds after which a run that waits for a slow push service looks for what is due elsewhere."""
REST = timedelta(seconds=30)
"""How long a push service that did not answer is left alone: some tries of one that is blocked by a firewall."""
_SUCCESS = range(200, 300)
_TOO_MANY = 429
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class PushSender:
    """Sends the pushes to all devices. ``private`` allows push services at private addresses."""

    database: Database
    now: Callable[[], datetime]
    secret: bytes
    vapid: Vapid | None = None
    gateway: Gateway | None = None
    private: bool = False
    certificates: Callable[[], ssl.SSLContext] = certificates
    resting: dict[str, datetime] = field(default_factory=dict)
    """Until when push services are left alone."""

    @classmethod
    def of(cls, settings: Settings, database: Database, now: Callable[[], datetime]) -> Self | None:
        """The sender of the settings; None if they have neither a key nor a gateway."""
        vapid, gateway = settings.vapid(), Gateway.of(settings.push_gateway_url, settings.push_gateway_token)
        if vapid is None and gateway is None:
            return None
        return cls(database, now, settings.signing_secret(), vapid, gateway, settings.push_private)

    async def send(self) -> None:
        """Queues the pushes of what happened, and sends those that are due."""
        await self._collect()
        first = await self._lease(())
        if first is None:
            return
        trust = await asyncio.to_thread(self.certificates)
        guarded = GuardedNetwork(private=self.private)
        async with (
            httpcore.AsyncConnectionPool(ssl_context=trust, network_backend=guarded) as services,
            httpcore.AsyncConnectionPool(ssl_context=trust) as gateway,
        ):
            await self._send_all(first, lambda due: self._send(gateway if due.service else services, due))

    async def _send_all(self, due: Leased | None, send: Callable[[Leased], Awaitable[None]]) -> None:
        """Sends what is due, until nothing is. While it waits for a slow service, it looks for what becomes due."""
        sending: dict[asyncio.Task[None], str] = {}
        try:
            while due is not None or sending:
                if due is not None:
                    sending[asyncio.create_task(_logged(send(due)))] = due.host
                if due is None or len(sending) == AT_ONCE:
                    done, _ = await asyncio.wait(sending, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        del sending[task]
                    await self._collect()
                due = await self._lease(sending.values()) if len(sending) < AT_ONCE else None
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def _collect(self) -> None:
        async with self.database.connection() as connection:
            await place_entries(connection)
        while await self._transact(collect):
            pass

    async def _lease(self, hosts: Collection[str]) -> Leased | None:
        """The next push that is due, but not at a service that has enough to do, or rests."""
        full = [host for host, count in Counter(hosts).items() if count >= OF_A_HOST]
        resting = [host for host, until in self.resting.items() if self.now() < until]
        while True:
            due, more = await self._transact(partial(lease, busy=full + resting))
            if due is not None or not more:
                return due

    async def _send(self, http: httpcore.AsyncConnectionPool, due: Leased) -> None:
        made = self.message(due)
        if made is None:
            await self._failed(due, "not set up", final=True)
            return
        try:
            status, retry_after = await post(http, *made)
        except FAILED as error:
            self._rest(due.host, REST)
            await self._failed(due, type(error).__name__)
        else:
            await self._answered(due, status, retry_after)

    def message(self, due: Leased) -> tuple[str, Headers, bytes] | None:
        """The address, the headers and the body of a push; None if its way is not set up."""
        if due.service is not None:
            return None if self.gateway is None else self._by_gateway(self.gateway, due)
        return None if self.vapid is None else self._by_web(self.vapid, due)

    def _by_web(self, vapid: Vapid, due: Leased) -> tuple[str, Headers, bytes]:
        told = orjson.dumps({"kind": due.kind, "id": id_of(due.kind, due.object_id)})
        own = ec.generate_private_key(ec.SECP256R1())
        content = http_ece.encrypt(told, private_key=own, dh=due.p256dh, auth_secret=due.auth, version="aes128gcm")
        headers: Headers = {
            "authorization": vapid.authorization(due.address, self.now()),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(self._life_left(due)),
            "urgency": _urgency(due.kind),
            "topic": in_base64url(topic_of(due.kind, due.object_id)),
        }
        return due.address, headers, content

    def _by_gateway(self, gateway: Gateway, due: Leased) -> tuple[str, Headers, bytes]:
        uuid = f"push_{due.id}"
        told = {"kind": due.kind, "id": id_of(due.kind, due.object_id)}
        how = {"urgent": due.kind.urgent, "ttl": self._life_left(due)}
        content = orjson.dumps({"id": uuid, "service": due.service, "token": due.address, "data": told, **how})
        headers = signed_headers(gateway_secret(self.secret), uuid, self.now(), content)
        for name, value in gateway.headers().items():
            headers[name] = value
        return gateway.url, headers, content

    def _life_left(self, due: Leased) -> int:
        """Seconds for which it is worth something. The clock of the database may be ahead of this one."""
        left = due.happened_at + due.kind.life - self.now()
        return int(max(min(left, due.kind.life), timedelta()).total_seconds())

    async def _answered(self, due: Leased, status: int, retry_after: timedelta | None) -> None:
        if status in _SUCCESS:
            await self._transact(partial(note_sent, sent=due))
        elif status in GONE:
            await self._transact(partial(note_gone, sent=due))
        else:
            if status == _TOO_MANY:
                self._rest(due.host, min(retry_after or REST, LONGEST_RETRY_AFTER))
            await self._failed(due, f"HTTP {status}", retry_after, final=is_final(status))

    def _rest(self, host: str, time: timedelta) -> None:
        now = self.now()
        ended = [each for each, until in self.resting.items() if until <= now]
        for each in ended:
            del self.resting[each]
        self.resting[host] = now + time

    async def _failed(self, due: Leased, error: str, asked: timedelta | None = None, *, final: bool = False) -> None:
        if await self._transact(partial(note_failed, sent=due, error=error, asked=asked, final=final)):
            log.warning("push_parked", push=str(due.id), host=due.host, error=error)

    async def _transact(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        return await self.database.transact(work, now=self.now())


def gateway_secret(secret: bytes) -> str:
    """The secret by which the gateway verifies signatures."""
    return secret_for(secret, b"push")


def _urgency(kind: PushKind) -> str:
    """How much battery a phone may spend (RFC 8030): even a sleeping one is woken by what is urgent."""
    if kind.urgent:
        return "high"
    return "low" if kind is PushKind.NOTICE else "normal"


async def _logged(sending: Awaitable[None]) -> None:
    """Sends one push. A failure of the database is logged: the push is due again after its lease."""
    try:
        await sending
    except Exception as error:  # noqa: BLE001  the others go on, whatever failed
        log.warning("push_not_noted", error=type(error).__name__)
