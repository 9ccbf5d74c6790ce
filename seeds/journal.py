"""Journal entries, as the acts would write them."""

from datetime import datetime
from uuid import UUID

from db.journal import Journal
from rules.journal import EntryKind
from seeds.book import Book
from seeds.places import Grid, Home


def enter(book: Book, kind: EntryKind, grid: Grid, at: datetime, **columns: object) -> None:
    """Adds an entry recorded when it occurred; ``columns`` may say otherwise, and may remove the grid."""
    place = {"community_id": grid.estate.community_id, "grid_id": grid.id}
    book.add(Journal, kind=kind, **place | {"occurred_at": at, "recorded_at": at} | columns)


def enter_at(book: Book, kind: EntryKind, home: Home, at: datetime, actor_id: UUID, **columns: object) -> None:
    """Adds an entry about a home."""
    enter(book, kind, home.grid, at, **home.columns, actor_id=actor_id, **columns)
