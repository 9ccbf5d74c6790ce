"""The record of exported cases."""

from datetime import date
from uuid import UUID

from db.acts.journal import entry
from db.acts.places import chosen_community
from db.places import Community
from db.transaction import Transaction
from rules.access import Act, require
from rules.exports import CaseKind
from rules.journal import EntryKind


async def community_to_export(tx: Transaction, uuid: UUID | None) -> Community:
    """The given community, or the viewer's only one, if the viewer may export its cases."""
    require(tx.viewer, Act.EXPORT_CASES)
    return await chosen_community(tx, uuid)


async def record_export(tx: Transaction, community: UUID, kind: CaseKind, first: date, last: date, count: int) -> None:
    """Notes who exported how many cases of which days."""
    require(tx.viewer, Act.EXPORT_CASES)
    note = f"{kind.label} {first} 至 {last}：{count} 件"
    await tx.save(entry(tx, EntryKind.CASES_EXPORTED, community_id=community, note=note))
