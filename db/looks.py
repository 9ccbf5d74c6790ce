"""The audit trail of reads of disputes by roles from outside the community."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from db.base import Identified, moment, ref, text
from db.scope import in_grid, seen_by, through


class Look(Identified, table=True):
    """A read of a dispute by an account from outside: the GraphQL operation and the time."""

    dispute_id: UUID = ref("dispute.id")
    account_id: UUID = ref("account.id")
    operation: str = text()
    looked_at: datetime = moment()

    __table_args__ = (sa.Index("ix_look_dispute", "dispute_id", "looked_at", "id"),)


# Visible to the workers of the dispute's grid, and not to the roles whose reads are recorded.
seen_by(through("dispute_id", in_grid), Look)
