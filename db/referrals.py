"""The table of referrals. From its acceptance on, a referred dispute belongs to the other body."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from db import sql
from db.base import Identified, check, choice, moment, partial_index, ref, text
from db.scope import Condition, Scope, seen_by, seen_through
from rules.access import Role
from rules.referrals import ReferralStatus


class Referral(Identified, table=True):
    """A referral of a dispute to another body. A dispute has at most one open referral."""

    dispute_id: UUID = ref("dispute.id")
    organisation_id: UUID = ref("organisation.id")
    status: ReferralStatus = choice(ReferralStatus, ReferralStatus.PENDING)
    reason: str = text()
    referred_by: UUID | None = ref("account.id", optional=True)
    referred_at: datetime = moment()
    answered_by: UUID | None = ref("account.id", optional=True)
    answered_at: datetime | None = moment(optional=True)
    answer: str | None = text(optional=True)
    """The reason of a rejection, or the note of an acceptance."""
    done_at: datetime | None = moment(optional=True)
    result: str | None = text(optional=True)

    __table_args__ = (
        sa.Index("ix_referral_dispute", "dispute_id", "id"),
        sa.Index("ix_referral_organisation", "organisation_id", "dispute_id"),
        partial_index("uq_referral_open", "dispute_id", unique=True, where="status in ('PENDING', 'ACCEPTED')"),
        check("answered", "(status = 'PENDING') = (answered_at is null)"),
        check("rejected", "status <> 'REJECTED' or answer is not null"),
        check("done", "(status = 'DONE') = (done_at is not null)"),
    )


def _referral(t: sql.From, scope: Scope) -> Condition:
    """The centre sees every referral to it, also those that it rejected, whose disputes it does not see."""
    if scope.role is Role.CENTRE_MEDIATOR:
        return t.c.organisation_id == sql.any_(scope.organisations)
    return seen_through(t, "dispute_id", scope)


seen_by(_referral, Referral)
