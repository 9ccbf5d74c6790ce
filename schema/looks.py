"""Looks at cases by people from outside: which operation shows what, and the record of it in GraphQL."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from graphql import FieldNode, OperationDefinitionNode

from db import looks as tables
from db.acts.acting import Acting
from db.acts.looks import record_looks
from db.database import Database
from db.looks import OUTSIDE
from rules.access import Viewer
from schema.accounts import Account
from schema.compiler.declare import column, entity, to_one
from schema.compiler.sources import Order
from schema.context import Context

LOOKED = Order(("looked_at", "id"), descending=True)
WATCHED = "subscription"
"""What is written down of whoever is told by the live feed."""
OPERATION_LIMIT = 200
"""Characters of an operation without a name that are kept."""
_CASE = re.compile(r"dispute_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_HARMLESS = frozenset(
    {"__typename", "me", "liveCursor", "communities", "community", "estates", "grids", "organisations", "wishWall"}
)
"""Roots that show no case."""
_BY_ID = frozenset({"dispute", "node", "nodes"})


@entity(tables.Look)
class Look:
    """That somebody from outside looked at a case."""

    account: Account | None = to_one("account_id", "Who.")
    operation: str = column("operation", "The name of what they asked, or else its beginning.")
    looked_at: datetime = column("looked_at", "When.")


async def record(
    context: Context, operation: OperationDefinitionNode, text: str, given: Mapping[str, Any], answer: str | None
) -> None:
    """Puts on record what an answer is about to show to somebody from outside."""
    if context.viewer.role not in OUTSIDE or answer is None:
        return
    roots = [each.name.value if isinstance(each, FieldNode) else "" for each in operation.selection_set.selections]
    if not _HARMLESS.issuperset(roots):
        cases = _named(f"{answer} {given} {text}") if len(roots) == 1 or _BY_ID.issuperset(roots) else None
        await note_look(context.database, context.viewer, context.now, operation_name(operation, text), cases)


def operation_name(operation: OperationDefinitionNode, text: str) -> str:
    """The operation's name, or else how it begins."""
    named = operation.name.value if operation.name else " ".join(text.split())
    return named[:OPERATION_LIMIT]


async def note_look(
    database: Database, viewer: Viewer, now: datetime, operation: str, cases: Collection[UUID] | None
) -> None:
    """Writes it down in a transaction of its own, before anything is shown."""
    async with database.sessions.begin() as session:
        await record_looks(Acting(session, viewer, now), operation, cases)


def _named(text: str) -> set[UUID] | None:
    """The cases that a text names; nothing where it names none, for then it may show any."""
    return {UUID(each) for each in _CASE.findall(text)} or None
