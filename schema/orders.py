"""The keyset orders of connections; each has an index."""

from enum import auto
from typing import Any

from rules.vocabulary import Word
from schema.compiler.registry import vocabulary
from schema.compiler.sources import Order

BY_ID = Order(("id",))
BY_NAME = Order(("name", "id"))
BY_NAME_KEY = Order(("name_key", "id"))
"""By name, with the numbers in it as numbers."""
WALK = Order(("walk_key", "id"))
BY_DAY = Order(("day", "id"), descending=True)
BY_MONDAY = Order(("monday", "id"), descending=True)
LATEST = Order(("occurred_at", "id"), descending=True)
NEWEST = Order(("opened_at", "id"), descending=True)
OLDEST = Order(("opened_at", "id"))
BY_MAKING = Order(("made_at", "id"), descending=True)


@vocabulary
class CaseOrder(Word):
    """The order of appeals and disputes."""

    NEWEST = auto(), "", "By `openedAt`, newest first."
    OLDEST = auto(), "", "By `openedAt`, oldest first."
    DUE_FIRST = auto(), "", "By the last deadline, the earliest first, without those that have none."


def _orders(due: str) -> dict[Any, Order]:
    by_due = Order((due, "id"), present=True)
    return {CaseOrder.NEWEST: NEWEST, CaseOrder.OLDEST: OLDEST, CaseOrder.DUE_FIRST: by_due}


APPEAL_ORDERS, DISPUTE_ORDERS = _orders("resolution_due_at"), _orders("mediate_by")
