"""Corrections of places and organisations: what a change says, and what it must not collide with."""

from collections.abc import Mapping
from typing import Any, TypeVar

import asyncpg

from db.acts.journal import entry
from db.base import Row
from db.transaction import Transaction
from rules.corrections import nothing_to_correct
from rules.journal import EntryKind
from rules.refusals import Refusal

Model = TypeVar("Model", bound=Row)
LABELS = {
    "name": "名称",
    "phone": "电话",
    "time_zone": "时区",
    "units": "单元数",
    "floors": "楼层数",
    "grid_id": "网格",
    "kind": "类别",
    "address": "地址",
    "contact_name": "联系人",
    "contact_phone": "联系电话",
}
"""The words for columns in notes."""
_TOLD = {"name", "units", "floors"}
"""Columns whose values a note tells. It tells no telephone and no contact."""


async def save_new(tx: Transaction, row: Row, note: str, taken: Refusal, **facts: Any) -> None:
    """Saves a new row with its entry. Raises ``taken`` if it violates a unique index other than that of ids."""
    await _save(tx, row, entry(tx, EntryKind.PLACE_ADDED, row, note=note, **facts), taken=taken)


async def save_corrected(
    tx: Transaction,
    row: Row,
    changes: Mapping[str, Any],
    named: str,
    path: str,
    taken: Refusal | None = None,
    **facts: Any,
) -> None:
    """Changes a row and saves it with an entry about ``named``. Refuses, at ``path``, what changes nothing."""
    changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not changed:
        raise nothing_to_correct(path)
    said = "，".join(
        f"{LABELS[name]} {getattr(row, name)} → {value}" if name in _TOLD else LABELS[name]
        for name, value in changed.items()
    )
    row.change(changed)
    note = f"{named}：{said}"
    await _save(tx, row, entry(tx, EntryKind.PLACE_CORRECTED, row, note=note, **facts), taken=taken)


async def _save(tx: Transaction, *rows: Row, taken: Refusal | None) -> None:
    try:
        await tx.save(*rows)
    except asyncpg.UniqueViolationError as error:
        if taken is None or not (error.constraint_name or "").startswith("uq_"):
            raise
        raise taken from error
