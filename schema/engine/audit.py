"""The audit log of outside viewers: which operation showed which case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

import orjson
from graphql import FieldNode, OperationDefinitionNode, SelectionNode, value_from_ast_untyped

from db.acts.looks import record_looks, record_part
from db.database import Database
from db.transaction import Transaction
from rules.access import OUTSIDE, Viewer
from rules.refusals import Refusal
from schema.engine.context import Context
from schema.ids import parse_id

WATCHED = "subscription"
"""The operation name recorded for events of the live feed."""
OPERATION_LIMIT = 200
"""Most characters of an operation's name, or of its text if it has no name. Enough to recognise it."""
_HARMLESS = frozenset(
    {"__typename", "me", "liveCursor", "communities", "community", "estates", "grids", "organisations", "wishWall"}
)
"""Root fields that show no case."""
_BY_ID = {"dispute": "id", "node": "id", "nodes": "ids"}
"""Root fields that fetch by id, and the argument with the id or ids."""
_LISTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "disputes": (("nodes",), ("edges", "node")),
    "referrals": (("nodes", "dispute"), ("edges", "node", "dispute")),
}
"""Root fields that show a page of cases, and the paths to the cases in the answer."""


async def record(
    context: Context, operation: OperationDefinitionNode, text: str, variables: Mapping[str, Any], answer: str | None
) -> None:
    """Records what an answer shows to an outside viewer, before it is sent."""
    if context.viewer.role not in OUTSIDE or answer is None:
        return
    roots = [each for each in operation.selection_set.selections if not _is_harmless(each)]
    if roots:
        cases = _shown(roots, variables, answer)
        await note_look(context.database, context.viewer, context.now, operation_name(operation, text), cases)


async def record_touched(tx: Transaction, operation: str, touched: UUID) -> None:
    """Records what a payload shows to an outside viewer, in the transaction of the mutation."""
    if tx.viewer.role in OUTSIDE:
        await record_part(tx, operation, touched)


def operation_name(operation: OperationDefinitionNode, text: str) -> str:
    """The operation's name, or else the beginning of its text."""
    named = operation.name.value if operation.name else " ".join(text.split())
    return named[:OPERATION_LIMIT]


async def note_look(
    database: Database, viewer: Viewer, now: datetime, operation: str, cases: Collection[UUID] | None
) -> None:
    """Records a look in a transaction of its own. ``cases`` is None if any case may be shown."""
    await database.transact(lambda tx: record_looks(tx, operation, cases), viewer, now=now)


def _is_harmless(root: SelectionNode) -> bool:
    return isinstance(root, FieldNode) and root.name.value in _HARMLESS


def _shown(roots: Sequence[SelectionNode], variables: Mapping[str, Any], answer: str) -> set[UUID] | None:
    """The cases that an answer shows; None if that cannot be determined.

    Only ids that the operation selects by path count. Free text in an answer may contain ids of other cases.
    """
    shown: set[UUID] = set()
    whole = cache(partial(orjson.loads, answer))
    for root in roots:
        found = _asked_for(root, variables) or _listed(root, whole)
        if found is None:
            return None
        shown |= found
    return shown


def _asked_for(root: SelectionNode, variables: Mapping[str, Any]) -> set[UUID] | None:
    """The cases that a root field fetches by id; None for any other field."""
    if not isinstance(root, FieldNode) or root.name.value not in _BY_ID:
        return None
    named = (each for each in root.arguments or () if each.name.value == _BY_ID[root.name.value])
    given = next((value_from_ast_untyped(each.value, dict(variables)) for each in named), None)
    return _ids_of(given if isinstance(given, list) else [given])


def _listed(root: SelectionNode, whole: Callable[[], Any]) -> set[UUID] | None:
    """The cases on a page, if the operation selects their ids without an alias."""
    if not isinstance(root, FieldNode):
        return None
    for path in _LISTS.get(root.name.value, ()):
        if _selects(root, (*path, "id")):
            page = whole().get(root.alias.value if root.alias else root.name.value)
            return _ids_of([each["id"] for each in _along(page, path)])
    return None


def _selects(field: FieldNode, path: Sequence[str]) -> bool:
    """True if the field selects this path of fields. Fields with an alias or a directive do not count."""
    if not path:
        return True
    inner = field.selection_set.selections if field.selection_set else ()
    own = (each for each in inner if isinstance(each, FieldNode) and not each.alias and not each.directives)
    return any(_selects(each, path[1:]) for each in own if each.name.value == path[0])


def _along(found: Any, path: Sequence[str]) -> list[Any]:
    """The values at the end of a path through an answer, with lists flattened."""
    if found is None:
        return []
    if isinstance(found, list):
        return [end for each in found for end in _along(each, path)]
    return _along(found[path[0]], path[1:]) if path else [found]


def _ids_of(ids: Sequence[Any]) -> set[UUID] | None:
    try:
        return {parse_id("dispute", str(each)) for each in ids}
    except Refusal:
        return None
