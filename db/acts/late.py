"""What is recorded late counts by the right of its time: phones without signal sync after a grid has changed hands."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from db.transaction import Transaction
from rules.refusals import Code, Refusal

Found = TypeVar("Found")


async def now_or_then(tx: Transaction, at: datetime, find: Callable[[], Awaitable[Found]]) -> Found:
    """What ``find`` finds where the viewer works today, or else where they worked at the time of the act.

    In the second case the places of that time count until the act ends. Called before anything is written.
    """
    try:
        return await find()
    except Refusal as refusal:
        if refusal.code is not Code.NOT_FOUND or tx.viewer.role is None or tx.then is not None or at >= tx.now:
            raise
    await tx.go_back(at)
    return await find()
