"""Tables of disputes: the case, its parties and its agreement."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from db.base import Identified, choice, moment, ref, text
from rules.disputes import (
    AgreementForm,
    Consent,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    PartyRole,
)


class Dispute(Identified, table=True):
    """矛盾纠纷."""

    community_id: UUID
    grid_id: UUID
    type: DisputeType = choice(DisputeType)
    origin: DisputeOrigin = choice(DisputeOrigin)
    referred_by: str | None = text(optional=True)
    level: DisputeLevel = choice(DisputeLevel, DisputeLevel.GRID)
    status: DisputeStatus = choice(DisputeStatus, DisputeStatus.REPORTED)
    title: str = text()
    facts: str = text()
    registered_by: UUID | None = ref("account.id", optional=True)
    mediator_id: UUID | None = ref("account.id", optional=True)
    visit_id: UUID | None = ref("visit.id", optional=True, index=True)
    from_report_id: UUID | None = ref("appeal.id", optional=True)
    """The building head's report that it came of."""
    opened_at: datetime = moment()
    recorded_at: datetime = moment(now=True)
    closed_at: datetime | None = moment(optional=True)

    __table_args__ = (
        sa.ForeignKeyConstraint(["grid_id", "community_id"], ["grid.id", "grid.community_id"], name="fk_dispute_grid"),
        sa.CheckConstraint("(status in ('REPORTED', 'MEDIATING')) = (closed_at is null)", name="closed"),
        sa.CheckConstraint("(origin = 'REFERRED') = (referred_by is not null)", name="referred"),
        sa.Index("uq_dispute_from_report", "from_report_id", unique=True),
        sa.Index("ix_dispute_grid", "grid_id", "opened_at", "id"),
        sa.Index("ix_dispute_opened", "opened_at", "id"),
    )


class DisputeParty(Identified, table=True):
    """A party: a resident, a household, premises, or an outsider known by name."""

    __tablename__ = "dispute_party"

    dispute_id: UUID = ref("dispute.id")
    role: PartyRole = choice(PartyRole)
    consent: Consent = choice(Consent, Consent.PENDING)
    claim: str | None = text(optional=True)
    resident_id: UUID | None = ref("resident.id", optional=True, index=True)
    household_id: UUID | None = ref("household.id", optional=True, index=True)
    premises_id: UUID | None = ref("premises.id", optional=True, index=True)
    outsider_name: str | None = text(optional=True)
    outsider_phone: str | None = text(optional=True)

    __table_args__ = (
        sa.CheckConstraint(
            "num_nonnulls(resident_id, household_id, premises_id, outsider_name) = 1", name="one_subject"
        ),
        sa.Index("ix_dispute_party_dispute", "dispute_id", "id"),
    )


class Agreement(Identified, table=True):
    """An agreement (articles 28 and 29 of the People's Mediation Law); one to a dispute."""

    dispute_id: UUID = ref("dispute.id")
    form: AgreementForm = choice(AgreementForm)
    content: str = text()
    facts: str | None = text(optional=True)
    performance: str | None = text(optional=True)
    due_on: date | None = None
    reached_at: datetime = moment()
    parties_signed_on: date | None = None
    mediator_signed_on: date | None = None
    sealed_on: date | None = None
    effective_on: date | None = None
    recorded_by: UUID | None = ref("account.id", optional=True)
    recorded_at: datetime = moment(now=True)

    __table_args__ = (
        sa.UniqueConstraint("dispute_id"),
        sa.Index("ix_agreement_reached", "reached_at", "dispute_id"),
        sa.CheckConstraint("form = 'ORAL' or (facts is not null and performance is not null)", name="written_content"),
    )
