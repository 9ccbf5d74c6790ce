"""Pushes for tests: subscriptions that work and one that does not, what was chosen, and every kind in the outbox."""

from datetime import time
from hashlib import sha256
from itertools import cycle
from uuid import UUID

from db import accounts as tables
from db.push import Push, PushPreference, PushSubscription
from rules.push import GATEWAY, PushKind
from seeds.book import Book
from seeds.clock import SET_UP


def add(book: Book) -> None:
    """A subscription of the first device of each account, and a push that it got long ago."""
    sessions = {row["device_id"]: row["id"] for row in book.rows(tables.DeviceSession)}
    first: dict[object, object] = {}
    for row in book.rows(tables.Device):
        first.setdefault(row["account_id"], row["id"])
    for at, ((account, device), kind) in enumerate(zip(first.items(), cycle(PushKind), strict=False)):
        assert isinstance(account, UUID)
        given = _browser(at) if at % 2 else _phone(at)
        given["broken_at"] = SET_UP if at % 3 == 1 else None
        subscription, chosen = book.new_id(SET_UP), _QUIET if at % 2 else _ALL
        held = {"account_id": account, "device_id": device, "session_id": sessions[device]}
        book.add(PushSubscription, id=subscription, renewed_at=SET_UP, **held, **given)
        book.add(PushPreference, account_id=account, **chosen)
        sent = {"happened_at": SET_UP, "due_at": SET_UP, "sent_at": SET_UP, "tries": 1}
        book.add(Push, id=book.new_id(SET_UP), subscription_id=subscription, kind=kind, object_id=account, **sent)


_ALL: dict[str, object] = {"muted": []}
_QUIET: dict[str, object] = {"muted": [PushKind.NOTICE.value], "quiet_from": time(22), "quiet_until": time(7)}


def _browser(at: int) -> dict[str, object]:
    address = f"https://push.example.cn/{at}"
    return {"host": "push.example.cn", "p256dh": bytes(65), "auth": bytes(16), **_addressed(address)}


def _phone(at: int) -> dict[str, object]:
    return {"host": GATEWAY, "service": "huawei", **_addressed(f"token-{at}")}


def _addressed(address: str) -> dict[str, object]:
    return {"address": address, "digest": sha256(address.encode()).digest()}
