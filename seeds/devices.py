"""Devices for tests: signed in, new, signed out, and no longer used."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from db import accounts as tables
from db.accounts import Account
from seeds.book import Book
from seeds.clock import SET_UP

_LATER = datetime(2999, 1, 1, tzinfo=UTC)
"""A session of the year 2023 would not hold any more."""
_DAY = timedelta(days=1)


def add(book: Book) -> None:
    """Four devices of each account so far."""
    for account in book.rows(Account):
        uuid = account["id"]
        assert isinstance(uuid, UUID)
        _device(book, uuid, "vivo Y36", used_at=_LATER, confirmed_at=SET_UP)
        _device(book, uuid, "办公室电脑", used_at=_LATER)
        _device(book, uuid, "丢失的手机", used_at=_LATER, confirmed_at=SET_UP, revoked_at=SET_UP + _DAY)
        _device(book, uuid, "旧手机", used_at=SET_UP, confirmed_at=SET_UP)


def _device(
    book: Book,
    account: UUID,
    name: str,
    used_at: datetime,
    confirmed_at: datetime | None = None,
    revoked_at: datetime | None = None,
) -> None:
    """A device with two sessions, of which the last one counts. Nobody has the token of either."""
    device, token = book.new_id(SET_UP), {"account_id": account, "token_digest": bytes(32)}
    seen = {"account_id": account, "name": name, "first_seen_at": SET_UP, "confirmed_at": confirmed_at}
    book.add(tables.Device, id=device, **seen)
    for rotated_at, ended_at in ((SET_UP, SET_UP), (used_at, revoked_at)):
        times = {"created_at": SET_UP, "rotated_at": rotated_at, "expires_at": rotated_at + _DAY}
        book.add(tables.DeviceSession, id=book.new_id(SET_UP), device_id=device, revoked_at=ended_at, **times, **token)
