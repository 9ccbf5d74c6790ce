"""The audit trail of reads of cases by roles from outside the community."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from db import sql
from db.base import Identified, check, moment, ref, text
from db.scope import Condition, Scope, in_grid, seen_by, seen_through


class Look(Identified, table=True):
    """A read of a dispute or an appeal by an account from outside: what was asked, and the time."""

    dispute_id: UUID | None = ref("dispute.id", optional=True)
    appeal_id: UUID | None = ref("appeal.id", optional=True)
    account_id: UUID = ref("account.id")
    operation: str = text()
    looked_at: datetime = moment()

    __table_args__ = (
        sa.Index("ix_look_dispute", "dispute_id", "looked_at", "id"),
        sa.Index("ix_look_appeal", "appeal_id", "looked_at", "id"),
        sa.Index("ix_look_account", "account_id", "looked_at"),
        check("one_case", "num_nonnulls(dispute_id, appeal_id) = 1"),
    )


def _look(t: sql.From, scope: Scope) -> Condition:
    """Visible to the workers of the case's grid, and not to the roles whose reads are recorded."""
    return sql.or_(*(seen_through(t, f"{case}_id", scope, in_grid) for case in ("dispute", "appeal")))


seen_by(_look, Look)
