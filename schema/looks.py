"""Looks at cases by people from outside, in GraphQL."""

from __future__ import annotations

from datetime import datetime

from db import looks as tables
from schema.compiler.declare import column, entity, to_one
from schema.compiler.sources import Order

LOOKED = Order(("looked_at", "id"), descending=True)


@entity(tables.Look)
class Look:
    """That somebody from outside looked at a case."""

    account = to_one("account_id", "Who.")
    operation: str = column("operation", "The name of what they asked, or else its beginning.")
    looked_at: datetime = column("looked_at", "When.")
