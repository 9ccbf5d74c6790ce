"""Looks at cases by people from outside the community: every one is on the record."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from db.base import Identified, moment, ref, text
from rules.access import Role

OUTSIDE = frozenset({Role.CENTRE_MEDIATOR, Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE})
"""Who works with single cases, and is not of the community."""


class Look(Identified, table=True):
    """That somebody from outside looked at a case: who, when, and what they asked."""

    dispute_id: UUID = ref("dispute.id")
    account_id: UUID = ref("account.id")
    operation: str = text()
    looked_at: datetime = moment()

    __table_args__ = (sa.Index("ix_look_dispute", "dispute_id", "looked_at", "id"),)
