"""Call-backs to the reporters of appeals. Their ids do not change those of other rows."""

from datetime import datetime
from uuid import UUID

from db.call_backs import CallBack
from seeds.book import Book
from seeds.ids import seeded, uuid7


def add(book: Book, appeal: UUID, at: datetime, caller: UUID, said: str | None, *, reached: bool = True) -> None:
    """Adds a call-back that was recorded when it was made."""
    uuid = uuid7(at, seeded(f"call back {appeal} {at}"))
    times = {"called_at": at, "recorded_at": at}
    book.add(CallBack, id=uuid, appeal_id=appeal, called_by=caller, reached=reached, said=said, **times)
