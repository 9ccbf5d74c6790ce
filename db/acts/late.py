"""The rights of acts that are recorded late: a phone may sync after its worker has lost the grid."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from db.transaction import Transaction
from rules.refusals import Code, Refusal

Found = TypeVar("Found")


async def now_or_then(tx: Transaction, at: datetime, find: Callable[[], Awaitable[Found]]) -> Found:
    """Calls ``find`` with the viewer's posts of today, and if it finds nothing, again with those of an earlier time.

    The earlier posts then count until the act ends. Must be called before anything is written.
    """
    try:
        return await find()
    except Refusal as refusal:
        if refusal.code is not Code.NOT_FOUND or tx.viewer.role is None or tx.then is not None or at >= tx.now:
            raise
    await tx.go_back(at)
    return await find()
