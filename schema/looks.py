"""Accesses to cases by people from outside the community, in GraphQL."""

from __future__ import annotations

from datetime import datetime

from db import looks as tables
from schema.compiler.declare import column, entity, paged, to_one
from schema.compiler.sources import Order
from schema.relay import Connection

LOOKED = Order(("looked_at", "id"), descending=True)


@entity(tables.Look)
class AccessRecord:
    """An access to a case by an account from outside the community."""

    account = to_one("account_id", "The account.")
    operation: str = column("operation", "The name of the operation, or its root fields if it has none.")
    looked_at: datetime = column("looked_at", "The time of the access.")


def accesses_to(foreign_key: str) -> Connection[AccessRecord]:
    """The accesses to a case."""
    description = "Accesses by people from outside the community, latest first. Visible to the community."
    found: Connection[AccessRecord] = paged(description, LOOKED, link=foreign_key)
    return found
