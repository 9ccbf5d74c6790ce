"""The outbox of text messages: queues one, leases the next due message, and records the outcome."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from db import sql
from db.base import alias
from db.calls import Message
from db.scope import Condition, Scope
from db.transaction import NOW, Transaction
from rules.alerts import MESSAGE_TRIES, Priority, retry_after

LEASE = timedelta(seconds=20)
"""The time for one attempt before another worker may take the message: 10 s, and 5 s for each of its transactions."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that its worker sends now. ``due_at`` is when it became due."""

    id: UUID
    to_phone: str
    body: str
    due_at: datetime


def queued(tx: Transaction, phone: str, body: str, priority: Priority, **recipient: Any) -> Message:
    """A message that is due at once, to be saved. ``recipient`` are the columns that say whom it is for."""
    moments = {"created_at": tx.now, "due_at": tx.now}
    return Message(to_phone=phone, body=body, priority=priority, **moments, **recipient)


async def lease(tx: Transaction) -> Leased | None:
    """Leases the most important due message to this worker, and counts the attempt.

    If the worker dies, the message is due again after the lease.
    """
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
    due = sql.select(*message.c).from_(message).where(_waits(message), message.c.due_at <= NOW)
    return due.order_by(message.c.priority, message.c.due_at).limit(1).for_update(message, skip_locked=True)


def _waits(message: sql.From) -> Condition:
    return sql.and_(message.c.sent_at.is_(None), message.c.parked_at.is_(None))


def oldest_message(_: Scope) -> sql.Select:
    """When the oldest message that waits was written."""
    message = alias(Message)
    return sql.select(sql.func.min(message.c.created_at)).from_(message).where(_waits(message))


async def note_sent(tx: Transaction, sent: Leased) -> None:
    """Records that the gateway accepted the message."""
    message = await _returned(tx, sent)
    message.sent_at, message.last_error = tx.now, None
    await tx.save(message)


async def note_failed(tx: Transaction, sent: Leased, error: str, *, final: bool = False) -> None:
    """Records a failed attempt: retried later, or parked after the last attempt or a ``final`` rejection."""
    message = await _returned(tx, sent)
    message.last_error = error
    if final or message.tries >= MESSAGE_TRIES:
        message.parked_at = tx.now
    else:
        message.due_at = tx.now + retry_after(message.tries)
    await tx.save(message)


async def _returned(tx: Transaction, sent: Leased) -> Message:
    """The message, locked, with its lease ended."""
    message = await tx.get(Message, lock=True, id=sent.id)
    message.due_at = sent.due_at
    return message
