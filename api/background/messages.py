"""Sends text messages through the community's SMS gateway: one POST for each, retried for a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self

import httpx
import structlog

from api.settings import Settings
from db.database import Database
from db.messages import Leased, lease, note_failed, note_sent

log = structlog.get_logger()

TIMEOUT = 10.0
"""Seconds for each phase of an attempt. A compromise: the lease of a message must outlast all of them."""
BATCH = 50
"""Messages of one job. The next job starts within ten seconds, so that a long queue does not block the others."""
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


async def deliver(database: Database, gateway: Gateway, now: Callable[[], datetime]) -> None:
    """Sends the messages that are due. The id allows the gateway to drop one that arrives twice."""
    headers = {"Authorization": f"Bearer {gateway.token}"} if gateway.token else {}
    async with httpx.AsyncClient(timeout=TIMEOUT, headers=headers, follow_redirects=False) as http:
        for _ in range(BATCH):
            due = await database.transact(lease, now=now())
            if due is None:
                return
            error, final = await _post(http, gateway, due)
            if error is None:
                await database.transact(partial(note_sent, sent=due), now=now())
            else:
                await database.transact(partial(note_failed, sent=due, error=error, final=final), now=now())
            if final:
                log.warning("message_parked", error=error)


async def _post(http: httpx.AsyncClient, gateway: Gateway, due: Leased) -> tuple[str | None, bool]:
    """Makes one attempt. Returns the error, if there was one, and whether it is permanent."""
    try:
        answer = await http.post(gateway.url, json={"id": str(due.id), "to": due.to_phone, "text": due.body})
    except httpx.HTTPError as error:
        return type(error).__name__, False
    if answer.is_success:
        return None, False
    status = answer.status_code
    return f"HTTP {status}", status in _REFUSED and status not in _RETRIED
