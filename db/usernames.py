"""Accounts by user name, in any spelling of it."""

from db.accounts import Account
from db.statements import Lock
from db.transaction import Transaction
from rules.folding import folded_username


async def account_of(tx: Transaction, username: str, *, lock: Lock = False) -> Account | None:
    """The account of a user name, or None. An exact one comes first: earlier versions had two names of one form.

    Both are always read, because an unknown name must take the same time as a known one.
    """
    exact = await tx.first(Account, lock=lock, username=username)
    folded = await tx.first(Account, lock=lock, username_key=folded_username(username))
    return exact or folded
