"""Submitted acts for tests: one of each account, with every outcome."""

from itertools import cycle

from db import accounts as tables
from db.submissions import Submission
from rules.submissions import ActOutcome
from seeds.book import Book
from seeds.clock import SET_UP


def add(book: Book) -> None:
    """An act of each account, which was submitted long ago."""
    for account, outcome in zip(book.rows(tables.Account), cycle(ActOutcome), strict=False):
        moments = {"sent_at": SET_UP, "received_at": SET_UP}
        book.add(Submission, account_id=account["id"], id=book.new_id(SET_UP), outcome=outcome, **moments)
