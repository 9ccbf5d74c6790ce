"""The outbox of text messages: the next one that is due, and what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from db import sql
from db.base import alias
from db.calls import Message
from db.scope import Scope
from db.transaction import Transaction
from rules.alerts import MESSAGE_TRIES, retry_after

LEASE = timedelta(seconds=60)
"""How long one worker has for one message before another may take it: several times what an attempt may take."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that is to go out now."""

    id: UUID
    to_phone: str
    body: str
    due_at: datetime


async def lease(tx: Transaction) -> Leased | None:
    """The next message that is due, for one worker. A worker that dies with it leaves it due after the lease."""
    found = await tx.read(Message, _due)
    if not found:
        return None
    (message,) = found
    leased = Leased(message.id, message.to_phone, message.body, message.due_at)
    message.due_at, message.tries = tx.now + LEASE, message.tries + 1
    await tx.save(message)
    return leased


def _due(_: Scope) -> sql.Select:
    message = alias(Message)
    now = sql.parameter(lambda tx: tx.now, sql.INSTANT)
    waits = message.c.sent_at.is_(None), message.c.parked_at.is_(None), message.c.due_at <= now
    due = sql.select(*message.c).from_(message).where(*waits).order_by(message.c.due_at).limit(1)
    return due.for_update(message, skip_locked=True)


async def note_sent(tx: Transaction, sent: Leased) -> None:
    """Records that the gateway has it."""
    message = await _ended(tx, sent)
    message.sent_at, message.last_error = tx.now, None
    await tx.save(message)


async def note_failed(tx: Transaction, sent: Leased, error: str, *, final: bool = False) -> None:
    """Records a failure: it is tried again later, or parked after the last try or a ``final`` refusal."""
    message = await _ended(tx, sent)
    message.last_error = error
    if final or message.tries >= MESSAGE_TRIES:
        message.parked_at = tx.now
    else:
        message.due_at = tx.now + retry_after(message.tries)
    await tx.save(message)


async def _ended(tx: Transaction, sent: Leased) -> Message:
    """The message, locked, with its lease ended."""
    message = await tx.get(Message, lock=True, id=sent.id)
    message.due_at = sent.due_at
    return message
