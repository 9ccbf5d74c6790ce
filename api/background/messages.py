"""Hands text messages to the community's gateway: one POST for each, tried again for a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
import structlog

from db.database import Database
from db.messages import Leased, lease, note_failed, note_sent

log = structlog.get_logger()

TIMEOUT = 10.0
"""Seconds for each phase of one attempt."""
BATCH = 50
"""Messages that one job sends; the next job is due within ten seconds."""
_REFUSED = range(400, 500)
_AGAIN = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where messages go: ``POST {id, to, text}`` as JSON, with a bearer token if there is one."""

    url: str
    token: str | None = None


async def deliver(database: Database, gateway: Gateway, now: Callable[[], datetime]) -> None:
    """Sends what is due. The id lets the gateway drop a message that comes twice."""
    headers = {"Authorization": f"Bearer {gateway.token}"} if gateway.token else {}
    async with httpx.AsyncClient(timeout=TIMEOUT, headers=headers, follow_redirects=False) as http:
        for _ in range(BATCH):
            due = await database.transact(lease, now=now())
            if due is None:
                return
            await _send(database, http, gateway, due, now)


async def _send(
    database: Database, http: httpx.AsyncClient, gateway: Gateway, due: Leased, now: Callable[[], datetime]
) -> None:
    error, final = await _post(http, gateway, due)
    if error is None:
        await database.transact(lambda tx: note_sent(tx, due), now=now())
    else:
        await database.transact(lambda tx: note_failed(tx, due, error, final=final), now=now())
        if final:
            log.warning("message_parked", error=error)


async def _post(http: httpx.AsyncClient, gateway: Gateway, due: Leased) -> tuple[str | None, bool]:
    """One attempt: the error, if there was one, and whether the gateway refuses the message for good."""
    try:
        answer = await http.post(gateway.url, json={"id": str(due.id), "to": due.to_phone, "text": due.body})
    except httpx.HTTPError as error:
        return type(error).__name__, False
    if answer.is_success:
        return None, False
    status = answer.status_code
    return f"HTTP {status}", status in _REFUSED and status not in _AGAIN
