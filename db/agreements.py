"""Tables of agreements: the proposals before them, their terms, their marks, and the follow-ups."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from db.base import Identified, check, choice, moment, money, ref, text
from db.scope import seen_by, through
from rules.agreements import AgreementForm, ConfirmationResult, MarkKind, Outcome


class Proposal(Identified, table=True):
    """A proposal of terms for an agreement. It never changes; another proposal may follow."""

    dispute_id: UUID = ref("dispute.id")
    content: str = text()
    performance: str | None = text(optional=True)
    due_on: date | None = None
    proposed_by: UUID | None = ref("account.id", optional=True)
    proposed_at: datetime = moment()

    __table_args__ = (sa.Index("ix_proposal_dispute", "dispute_id", "proposed_at", "id"),)


class Agreement(Identified, table=True):
    """The agreement that settles a dispute (People's Mediation Law, articles 28 and 29)."""

    dispute_id: UUID = ref("dispute.id")
    form: AgreementForm = choice(AgreementForm)
    proposal_id: UUID | None = ref("proposal.id", optional=True)
    """The proposal that the parties accepted."""
    content: str = text()
    facts: str | None = text(optional=True)
    performance: str | None = text(optional=True)
    due_on: date | None = None
    reached_at: datetime = moment()
    parties_signed_on: date | None = None
    mediator_signed_on: date | None = None
    sealed_on: date | None = None
    effective_on: date | None = None
    wrote_at: datetime | None = moment(optional=True)
    """When an oral agreement was put into writing."""
    confirmation_applied_on: date | None = None
    confirmation_result: ConfirmationResult | None = choice(ConfirmationResult, optional=True)
    confirmation_number: str | None = text(optional=True)
    """The case number of the court's ruling."""
    recorded_by: UUID | None = ref("account.id", optional=True)
    recorded_at: datetime = moment(now=True)

    __table_args__ = (
        sa.UniqueConstraint("dispute_id"),
        sa.Index("ix_agreement_reached", "reached_at", "dispute_id"),
        check("confirmation_applied", "confirmation_result is null or confirmation_applied_on is not null"),
        check("written_content", "form = 'ORAL' or (facts is not null and performance is not null)"),
    )


class AgreementTerm(Identified, table=True):
    """An obligation of a party with a due day."""

    agreement_id: UUID = ref("agreement.id")
    party_id: UUID = ref("dispute_party.id", index=True)
    """The party that owes it."""
    what: str = text()
    amount: Decimal | None = money(optional=True)
    due_on: date
    performed_on: date | None = None

    __table_args__ = (sa.Index("ix_agreement_term_agreement", "agreement_id", "due_on", "id"),)


class AgreementMark(Identified, table=True):
    """A party's signature, seal or fingerprint under a written agreement (article 29)."""

    agreement_id: UUID = ref("agreement.id")
    party_id: UUID = ref("dispute_party.id", index=True)
    kind: MarkKind = choice(MarkKind)
    marked_on: date

    __table_args__ = (sa.UniqueConstraint("agreement_id", "party_id"),)


class PerformanceCheck(Identified, table=True):
    """A follow-up of whether an agreement, or one of its terms, is kept (article 31)."""

    agreement_id: UUID = ref("agreement.id")
    term_id: UUID | None = ref("agreement_term.id", optional=True, index=True)
    outcome: Outcome = choice(Outcome)
    note: str | None = text(optional=True)
    checked_on: date
    checked_by: UUID | None = ref("account.id", optional=True)
    recorded_at: datetime = moment()

    __table_args__ = (sa.Index("ix_performance_check_agreement", "agreement_id", "checked_on", "id"),)


seen_by(through("dispute_id"), Proposal, Agreement)
seen_by(through("agreement_id"), AgreementTerm, AgreementMark, PerformanceCheck)
