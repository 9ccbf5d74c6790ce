"""Entries of the journal, as the acts would have written them."""

from db.journal import Journal
from rules.journal import EntryKind
from seeds.book import Book
from seeds.places import Grid


def enter(book: Book, kind: EntryKind, grid: Grid, **facts: object) -> None:
    """One entry; ``facts`` are columns of the journal, and may take the grid away."""
    book.add(Journal, kind=kind, **{"community_id": grid.estate.community_id, "grid_id": grid.id} | facts)
