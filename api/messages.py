"""Hands text messages to the community's gateway: one POST for each, tried again for a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.calls import Message
from db.database import Database
from rules.alerts import MESSAGE_TRIES, retry_after

log = structlog.get_logger()

TIMEOUT = 10.0
BATCH = 50
_REFUSED = range(400, 500)
_AGAIN = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where messages go: ``POST {id, to, text}`` as JSON, with a bearer token if there is one."""

    url: str
    token: str | None = None


async def deliver(database: Database, gateway: Gateway, now: Callable[[], datetime]) -> None:
    """Sends what is due, each in a transaction of its own; the id lets the gateway drop what comes twice."""
    headers = {"Authorization": f"Bearer {gateway.token}"} if gateway.token else {}
    async with httpx.AsyncClient(timeout=TIMEOUT, headers=headers, follow_redirects=False) as http:
        for _ in range(BATCH):
            async with database.sessions.begin() as session:
                if not await _deliver_one(session, http, gateway, now()):
                    return


async def _deliver_one(session: AsyncSession, http: httpx.AsyncClient, gateway: Gateway, now: datetime) -> bool:
    waiting = (col(Message.sent_at).is_(None), col(Message.parked_at).is_(None), col(Message.due_at) <= now)
    statement = select(Message).where(*waiting).order_by(col(Message.due_at)).limit(1)
    message = (await session.exec(statement.with_for_update(skip_locked=True))).first()
    if message is None:
        return False
    await _send(message, http, gateway, now)
    session.add(message)
    return True


async def _send(message: Message, http: httpx.AsyncClient, gateway: Gateway, now: datetime) -> None:
    body = {"id": str(message.id), "to": message.to_phone, "text": message.body}
    message.tries += 1
    try:
        answer = await http.post(gateway.url, json=body)
    except httpx.HTTPError as error:
        _later(message, type(error).__name__, now)
        return
    if answer.is_success:
        message.sent_at, message.last_error = now, None
    elif answer.status_code in _REFUSED and answer.status_code not in _AGAIN:
        message.parked_at, message.last_error = now, f"HTTP {answer.status_code}"
        log.warning("message_parked", status=answer.status_code)
    else:
        _later(message, f"HTTP {answer.status_code}", now)


def _later(message: Message, error: str, now: datetime) -> None:
    message.last_error = error
    if message.tries >= MESSAGE_TRIES:
        message.parked_at = now
    else:
        message.due_at = now + retry_after(message.tries)
