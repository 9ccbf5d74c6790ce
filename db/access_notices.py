"""Notices of unusual access: far more looks or reveals of one account within an hour than it usually has."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from db import sql
from db.base import Identified, choice, moment, ref
from db.scope import Condition, Scope, in_community, seen_by
from rules.access import Role
from rules.access_notices import AccessKind


class AccessNotice(Identified, table=True):
    """An account had ``count`` accesses of a kind between two times. The table is append-only."""

    community_id: UUID = ref("community.id")
    account_id: UUID = ref("account.id")
    kind: AccessKind = choice(AccessKind)
    count: int
    usual: int
    """The most that the account had within an hour on the days before."""
    since: datetime = moment()
    until: datetime = moment()
    noticed_at: datetime = moment()

    __table_args__ = (
        sa.Index("ix_access_notice_community", "community_id", "noticed_at", "id"),
        sa.Index("ix_access_notice_account_id", "account_id", "kind", "until"),
    )


def _notice(t: sql.From, scope: Scope) -> Condition:
    return in_community(t, scope) if scope.role is Role.SECRETARY else sql.FALSE


seen_by(_notice, AccessNotice)
