"""Writes down which cases somebody from outside looked at (domain.md section 8)."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from db.acts.acting import Acting
from db.disputes import Dispute
from db.looks import Look
from db.scope import alias, table, visible


async def record_looks(acting: Acting, operation: str, cases: Collection[UUID] | None) -> None:
    """The cases of these ids that the viewer sees, or all that they see where it is not known which."""
    dispute, scope = alias(table(Dispute)), acting.scope
    looked = (dispute.c.id, sa.literal(acting.viewer.account_id), sa.literal(operation), sa.literal(acting.now))
    seen = sa.select(*looked).where(visible(table(Dispute), dispute, scope))
    if cases is not None:
        seen = seen.where(dispute.c.id.in_(cases))
    columns = ["dispute_id", "account_id", "operation", "looked_at"]
    await acting.session.exec(sa.insert(table(Look)).from_select(columns, seen))
