"""Accesses to cases by people from outside the community, in GraphQL."""

from __future__ import annotations

from datetime import datetime

from db import looks as tables
from schema.compiler.declare import column, entity, to_one
from schema.compiler.sources import Order

LOOKED = Order(("looked_at", "id"), descending=True)


@entity(tables.Look)
class Look:
    """An access to a case by an account from outside the community."""

    account = to_one("account_id", "The account.")
    operation: str = column("operation", "The name of the operation, or its first characters if it has none.")
    looked_at: datetime = column("looked_at", "The time of the access.")
