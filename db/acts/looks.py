"""Records reads of cases by roles from outside the community (domain.md section 8)."""

from collections.abc import Collection
from uuid import UUID

from db import sql
from db.agreements import Agreement
from db.appeals import Appeal
from db.base import alias
from db.disputes import Dispute, Meeting, SiteVisit
from db.findings import Evidence, Finding
from db.looks import Look
from db.scope import Scope, visible
from db.transaction import NOW, Transaction
from rules.access import Role

_PARTS = (Agreement, Evidence, Finding, Meeting, SiteVisit)
_WANTED = sql.parameter("uuid", sql.UUID)


async def record_looks(tx: Transaction, operation: str, cases: Collection[UUID] | None) -> None:
    """Records a read of those of ``cases`` that the viewer sees; None stands for all that they see.

    Cases are appeals for a partner, and disputes for the others.
    """
    if cases is None:
        await tx.rows(_look_at_all, operation=operation)
    else:
        await tx.rows(_look_at_some, operation=operation, cases=list(cases))


def _look_at_all(scope: Scope) -> sql.Insert:
    return _looks(_cases(scope), scope)


def _look_at_some(scope: Scope) -> sql.Insert:
    case = _cases(scope)
    return _looks(case, scope, case.c.id == sql.any_(sql.parameter("cases", sql.array_of(sql.UUID))))


def _cases(scope: Scope) -> sql.From:
    return alias(Appeal if scope.role is Role.PARTNER else Dispute)


def _looks(case: sql.From, scope: Scope, *which: sql.Column) -> sql.Insert:
    key, model = ("appeal_id", Appeal) if scope.role is Role.PARTNER else ("dispute_id", Dispute)
    looked = sql.select(case.c.id, scope.account_id, sql.parameter("operation", sql.TEXT), NOW).from_(case)
    looked = looked.where(visible(model, case, scope), *which)
    return sql.insert_from(alias(Look), [key, "account_id", "operation", "looked_at"], looked)


async def record_part(tx: Transaction, operation: str, uuid: UUID) -> None:
    """Records a read of the case with this id, or of the cases that the object with this id belongs to."""
    await record_looks(tx, operation, [row["id"] for row in await tx.rows(_cases_of, uuid=uuid)])


def _cases_of(scope: Scope) -> sql.Query:
    case = _cases(scope)
    if scope.role is Role.PARTNER:
        return sql.select(case.c.id).from_(case).where(sql.or_(case.c.id == _WANTED, case.c.incident_id == _WANTED))
    parts = [(part, part.c.dispute_id.label("id")) for part in map(alias, _PARTS)]
    found = [sql.select(dispute).from_(part).where(part.c.id == _WANTED) for part, dispute in parts]
    return sql.union_all(sql.select(case.c.id).from_(case).where(case.c.id == _WANTED), *found)
