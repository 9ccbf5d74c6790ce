"""Sends text messages through the community's SMS gateway: one POST for each, retried for a day."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial

import httpx
import structlog

from api.background.gateways import Gateway, certificates
from db.database import Database
from db.messages import Leased, lease, note_failed, note_sent
from rules.sending import is_final

log = structlog.get_logger()

TIMEOUT = 10.0
"""Seconds for an attempt. A compromise: a message whose worker died waits for its lease, which must be longer."""
BATCH = 50
"""Messages of one job. The next job starts within five seconds, so that a long queue does not block the others."""


async def deliver(database: Database, gateway: Gateway, now: Callable[[], datetime]) -> None:
    """Sends the messages that are due: ``POST {id, to, text}`` as JSON. By the id the gateway can drop a repetition.

    A message is leased by one transaction, sent, and its outcome recorded by another one.
    """
    due = _due(database, now)
    first = await anext(due, None)
    if first is None:
        return
    trust = await asyncio.to_thread(certificates)
    headers = gateway.headers()
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
    return f"HTTP {status}", is_final(status)
