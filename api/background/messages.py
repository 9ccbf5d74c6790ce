"""Sends text messages through the community's SMS gateway: one POST for each, retried for a day."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Self

import httpx
import structlog

from api.settings import Settings
from db.database import Database
from db.messages import Leased, lease, note_failed, note_sent

log = structlog.get_logger()

TIMEOUT = 10.0
"""Seconds for an attempt. A compromise: a message whose worker died waits for its lease, which must be longer."""
BATCH = 50
"""Messages of one job. The next job starts within five seconds, so that a long queue does not block the others."""
_REFUSED = range(400, 500)
_RETRIED = {408, 425, 429}
"""Client errors that a retry may cure: timeout, too early, too many requests."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """An SMS gateway, which takes ``POST {id, to, text}`` as JSON, with a bearer token if it has one."""

    url: str
    token: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        if settings.sms_url is None:
            return None
        token = settings.sms_token
        return cls(str(settings.sms_url), token.get_secret_value() if token else None)


@cache
def certificates() -> ssl.SSLContext:
    """The authorities to trust. They are read once, because that takes 50 ms of CPU."""
    return httpx.create_ssl_context()


async def deliver(database: Database, gateway: Gateway, now: Callable[[], datetime]) -> None:
    """Sends the messages that are due. The id allows the gateway to drop one that arrives twice.

    A message is leased by one transaction, sent, and its outcome recorded by another one.
    """
    due = _due(database, now)
    first = await anext(due, None)
    if first is None:
        return
    headers = {"Authorization": f"Bearer {gateway.token}"} if gateway.token else {}
    trust = await asyncio.to_thread(certificates)
    async with httpx.AsyncClient(timeout=TIMEOUT, headers=headers, follow_redirects=False, verify=trust) as http:
        await _send(database, http, gateway, first, now)
        async for message in due:
            await _send(database, http, gateway, message, now)


async def _due(database: Database, now: Callable[[], datetime]) -> AsyncIterator[Leased]:
    """The messages of one job, each leased when it is asked for."""
    for _ in range(BATCH):
        due = await database.transact(lease, now=now())
        if due is None:
            return
        yield due


async def _send(
    database: Database, http: httpx.AsyncClient, gateway: Gateway, due: Leased, now: Callable[[], datetime]
) -> None:
    error, final = await _post(http, gateway, due)
    if error is None:
        await database.transact(partial(note_sent, sent=due), now=now())
    else:
        await database.transact(partial(note_failed, sent=due, error=error, final=final), now=now())
    if final:
        log.warning("message_parked", error=error)


async def _post(http: httpx.AsyncClient, gateway: Gateway, due: Leased) -> tuple[str | None, bool]:
    """Makes one attempt. Returns the error, if there was one, and whether it is permanent. The body is not read."""
    content = {"id": str(due.id), "to": due.to_phone, "text": due.body}
    try:
        async with asyncio.timeout(TIMEOUT), http.stream("POST", gateway.url, json=content) as answer:
            status = answer.status_code
    except (httpx.HTTPError, TimeoutError) as error:
        return type(error).__name__, False
    if httpx.codes.is_success(status):
        return None, False
    return f"HTTP {status}", status in _REFUSED and status not in _RETRIED
