"""Writes down which cases somebody from outside looked at (domain.md section 8)."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from db.acts.acting import Acting
from db.agreements import Agreement
from db.disputes import Dispute, Meeting, SiteVisit
from db.findings import Evidence, Finding
from db.looks import Look
from db.scope import table


async def record_looks(acting: Acting, operation: str, cases: Collection[UUID] | None) -> None:
    """The cases of these ids that the viewer sees, or all that they see where it is not known which."""
    dispute = table(Dispute)
    looked = (dispute.c.id, sa.literal(acting.viewer.account_id), sa.literal(operation), sa.literal(acting.now))
    seen = sa.select(*looked).where(acting.scope.sees(Dispute))
    if cases is not None:
        seen = seen.where(dispute.c.id.in_(cases))
    columns = ["dispute_id", "account_id", "operation", "looked_at"]
    await acting.session.exec(sa.insert(table(Look)).from_select(columns, seen))


_PARTS = (table(Agreement), table(Evidence), table(Finding), table(Meeting), table(SiteVisit))


async def record_part(acting: Acting, operation: str, uuid: UUID) -> None:
    """The case that something is, or is part of; what is neither shows no case."""
    dispute = table(Dispute)
    own = sa.select(dispute.c.id).where(dispute.c.id == uuid)
    found = sa.union_all(own, *(sa.select(part.c.dispute_id).where(part.c.id == uuid) for part in _PARTS))
    cases = (await (await acting.session.connection()).execute(found)).scalars().all()
    await record_looks(acting, operation, cases)
