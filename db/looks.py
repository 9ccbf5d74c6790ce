"""Looks at cases by people from outside the community: every one is on the record."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from db.base import Identified, moment, ref, text
from db.scope import in_grid, seen_by, through


class Look(Identified, table=True):
    """That somebody from outside looked at a case: who, when, and what they asked."""

    dispute_id: UUID = ref("dispute.id")
    account_id: UUID = ref("account.id")
    operation: str = text()
    looked_at: datetime = moment()

    __table_args__ = (sa.Index("ix_look_dispute", "dispute_id", "looked_at", "id"),)


# Who looked is told to those whose case it is, not to those who look.
seen_by(through("dispute_id", in_grid), Look)
