"""Copies a book into the database."""

from typing import Any

from seeds.book import Book


async def copy_book(connection: Any, book: Book) -> list[str]:
    """Copies table by table; the names of those that were filled."""
    filled = []
    for sheet in book.sheets():
        await connection.copy_records_to_table(sheet.table, records=sheet.records, columns=sheet.columns)
        filled.append(sheet.table)
    return filled
