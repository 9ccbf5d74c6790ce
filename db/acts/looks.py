"""Records reads of disputes by roles from outside the community (domain.md section 8)."""

from collections.abc import Collection
from uuid import UUID

from db import sql
from db.agreements import Agreement
from db.base import alias
from db.disputes import Dispute, Meeting, SiteVisit
from db.findings import Evidence, Finding
from db.looks import Look
from db.scope import Scope, visible
from db.transaction import NOW, Transaction

_PARTS = (Agreement, Evidence, Finding, Meeting, SiteVisit)


async def record_looks(tx: Transaction, operation: str, cases: Collection[UUID] | None) -> None:
    """Records a read of those disputes of ``cases`` that the viewer sees; None stands for all that they see."""
    if cases is None:
        await tx.rows(_look_at_all, operation=operation)
    else:
        await tx.rows(_look_at_some, operation=operation, cases=list(cases))


def _look_at_all(scope: Scope) -> sql.Insert:
    return _looks(alias(Dispute), scope)


def _look_at_some(scope: Scope) -> sql.Insert:
    dispute = alias(Dispute)
    return _looks(dispute, scope, dispute.c.id == sql.any_(sql.parameter("cases", sql.array_of(sql.UUID))))


def _looks(dispute: sql.From, scope: Scope, *which: sql.Column) -> sql.Insert:
    looked = sql.select(dispute.c.id, scope.account_id, sql.parameter("operation", sql.TEXT), NOW).from_(dispute)
    looked = looked.where(visible(Dispute, dispute, scope), *which)
    return sql.insert_from(alias(Look), ["dispute_id", "account_id", "operation", "looked_at"], looked)


async def record_part(tx: Transaction, operation: str, uuid: UUID) -> None:
    """Records a read of the dispute with this id, or of the dispute that the object with this id is part of."""
    await record_looks(tx, operation, [row["id"] for row in await tx.rows(_cases_of, uuid=uuid)])


def _cases_of(_: Scope) -> sql.Select:
    wanted, dispute = sql.parameter("uuid", sql.UUID), alias(Dispute)
    parts = [(part, part.c.dispute_id.label("id")) for part in map(alias, _PARTS)]
    found = [sql.select(case).from_(part).where(part.c.id == wanted) for part, case in parts]
    return sql.union_all(sql.select(dispute.c.id).from_(dispute).where(dispute.c.id == wanted), *found)
