"""The audit log of outside viewers: which operation showed which case."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

import orjson
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionNode,
    get_named_type,
    value_from_ast_untyped,
)

from db.acts.looks import record_looks, record_part
from db.database import Database
from db.transaction import Transaction
from rules.access import LOOKED_AT, Role, Viewer
from rules.refusals import Refusal
from schema.compiler.plan import Operation
from schema.engine.context import Context
from schema.ids import parse_id

WATCHED = "subscription"
"""The operation name recorded for events of the live feed."""
_PLAIN_NAME = re.compile(r"[A-Za-z_]{1,80}[0-9]{0,2}")
"""A name that an app gives to an operation. Others could be data: a telephone has 11 digits, an ID number 17."""
_HARMLESS = frozenset(
    {
        *("__typename", "me", "liveCursor", "communities", "community", "estates", "grids", "organisations"),
        *("wishWall", "changes", "pullDocuments"),
    }
)
"""Root fields that show no case, or record by themselves which cases they show."""


@dataclass(frozen=True, slots=True)
class _Watched:
    """How a kind of case is read: its type, its root fields by id with the argument, and those with a page of cases.

    The paths lead to the cases in the answer.
    """

    type: str
    by_id: Mapping[str, str]
    lists: Mapping[str, tuple[tuple[str, ...], ...]]


_PAGE = ("nodes",), ("edges", "node")
_DISPUTES = _Watched(
    "dispute",
    {"dispute": "id", "case": "id", "node": "id", "nodes": "ids"},
    {"disputes": _PAGE, "referrals": tuple((*path, "dispute") for path in _PAGE)},
)
_APPEALS = _Watched("appeal", {"appeal": "id", "case": "id", "node": "id", "nodes": "ids"}, {"appeals": _PAGE})


async def record(context: Context, operation: Operation, variables: Mapping[str, Any], answer: str | None) -> None:
    """Records what an answer shows to an outside viewer, before it is sent."""
    if context.viewer.role not in LOOKED_AT or answer is None:
        return
    roots = [each for each in operation.node.selection_set.selections if not _is_harmless(each)]
    if roots:
        watched = _APPEALS if context.viewer.role is Role.PARTNER else _DISPUTES
        lead_on = any(_leads_on(watched, root, operation) for root in roots)
        cases = None if lead_on else _shown(watched, roots, variables, answer)
        await note_look(context.database, context.viewer, context.now, operation_name(operation.node), cases)


async def record_touched(tx: Transaction, operation: str, touched: UUID) -> None:
    """Records what a payload shows to an outside viewer, in the transaction of the mutation."""
    if tx.viewer.role in LOOKED_AT:
        await record_part(tx, operation, touched)


def operation_name(operation: OperationDefinitionNode) -> str:
    """The operation's name, or else its root fields. Other words of clients may be anything, and are not recorded."""
    if operation.name and _PLAIN_NAME.fullmatch(operation.name.value):
        return operation.name.value
    roots = operation.selection_set.selections
    return ", ".join(dict.fromkeys(root.name.value if isinstance(root, FieldNode) else "..." for root in roots))


async def note_look(
    database: Database, viewer: Viewer, now: datetime, operation: str, cases: Collection[UUID] | None
) -> None:
    """Records a look in a transaction of its own. ``cases`` is None if any case may be shown."""
    await database.transact(lambda tx: record_looks(tx, operation, cases), viewer, now=now)


def _is_harmless(root: SelectionNode) -> bool:
    return isinstance(root, FieldNode) and root.name.value in _HARMLESS


def _leads_on(watched: _Watched, root: SelectionNode, operation: Operation) -> bool:
    """True if the selection goes on to other cases, such as those of the same building."""
    names = _leading(operation.schema, watched.type.capitalize())
    name = root.name.value if isinstance(root, FieldNode) else ""
    own = any(watched.type in path for path in watched.lists.get(name, ()))
    return sum(name in names for name in _names_below(root, operation)) > own


@cache
def _leading(schema: GraphQLSchema, type_: str) -> frozenset[str]:
    """The names of the fields of all objects that are or can be cases of this type, or pages of them."""
    pages, query = (f"{type_}Connection", f"{type_}Edge"), schema.query_type
    shown = {type_, pages[0], "Case"}
    return frozenset(
        name
        for each in schema.type_map.values()
        if isinstance(each, GraphQLObjectType) and each is not query and each.name not in pages
        for name, field in each.fields.items()
        if get_named_type(field.type).name in shown
    )


def _names_below(root: SelectionNode, operation: Operation) -> Iterator[str]:
    """The names of all fields below a selection, and once those of each fragment."""
    waiting: list[Any] = [root]
    spread: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, FragmentSpreadNode):
            if node.name.value in spread:
                continue
            spread.add(node.name.value)
            node = operation.fragments[node.name.value]
        if isinstance(node, FieldNode) and node is not root:
            yield node.name.value
        waiting += node.selection_set.selections if node.selection_set else ()


def _shown(
    watched: _Watched, roots: Sequence[SelectionNode], variables: Mapping[str, Any], answer: str
) -> set[UUID] | None:
    """The cases that an answer shows; None if that cannot be determined.

    Only ids that the operation selects by path count. Free text in an answer may contain ids of other cases.
    """
    shown: set[UUID] = set()
    whole = cache(partial(orjson.loads, answer))
    for root in roots:
        found = _asked_for(watched, root, variables) or _listed(watched, root, whole)
        if found is None:
            return None
        shown |= found
    return shown


def _asked_for(watched: _Watched, root: SelectionNode, variables: Mapping[str, Any]) -> set[UUID] | None:
    """The cases that a root field fetches by id; None for any other field."""
    if not isinstance(root, FieldNode) or root.name.value not in watched.by_id:
        return None
    named = (each for each in root.arguments or () if each.name.value == watched.by_id[root.name.value])
    given = next((value_from_ast_untyped(each.value, dict(variables)) for each in named), None)
    return _ids_of(watched, given if isinstance(given, list) else [given])


def _listed(watched: _Watched, root: SelectionNode, whole: Callable[[], Any]) -> set[UUID] | None:
    """The cases on a page, if the operation selects their ids without an alias."""
    if not isinstance(root, FieldNode):
        return None
    for path in watched.lists.get(root.name.value, ()):
        if _selects(root, (*path, "id")):
            page = whole().get(root.alias.value if root.alias else root.name.value)
            return _ids_of(watched, [each["id"] for each in _along(page, path)])
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


def _ids_of(watched: _Watched, ids: Sequence[Any]) -> set[UUID] | None:
    try:
        return {parse_id(watched.type, str(each)) for each in ids}
    except Refusal:
        return None
