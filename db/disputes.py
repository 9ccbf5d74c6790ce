"""Tables of disputes: the case, its parties, its mediators, and its meetings."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db import sql
from db.base import Identified, alias, check, choice, composite_key, moment, money, partial_index, ref, text
from db.referrals import Referral
from db.scope import Condition, Scope, in_community, in_grid, seen_by, seen_through, through
from rules.access import INVITED_ROLES, Role
from rules.disputes import (
    Consent,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    GuestKind,
    PartyRole,
)
from rules.referrals import VISIBLE_REFERRALS


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
    """The building head's report that was turned into this dispute."""
    opened_at: datetime = moment()
    recorded_at: datetime = moment(now=True)
    begun_at: datetime | None = moment(optional=True)
    mediate_by: date | None = None
    """The last day for mediation by the community's policy. Set when mediation begins."""
    mediation_days: int | None = None
    end_reason: str | None = text(optional=True)
    """The reason of a failure or a withdrawal."""
    told_court: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    told_arbitration: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    told_administrative: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """True if the parties were informed of each other route (People's Mediation Law, article 26)."""
    closed_at: datetime | None = moment(optional=True)
    evidence_count: int = Field(default=0, sa_column_kwargs={"server_default": sa.text("0")})
    evidence_head: bytes | None = None
    """The hash of the last piece of evidence. Shows when pieces were cut off the end of the chain."""

    __table_args__ = (
        composite_key("fk_dispute_grid", "grid", "community_id"),
        sa.UniqueConstraint("id", "grid_id", name="uq_dispute_grid"),
        check("closed", "(status in ('REPORTED', 'MEDIATING')) = (closed_at is null)"),
        check("begun", "(begun_at is null) = (mediate_by is null)"),
        check("limit", "(begun_at is null) = (mediation_days is null)"),
        check("told", "(status = 'FAILED') = (told_court or told_arbitration or told_administrative)"),
        check("referred", "(origin = 'REFERRED') = (referred_by is not null)"),
        sa.Index("uq_dispute_from_report", "from_report_id", unique=True),
        sa.Index("ix_dispute_grid", "grid_id", "opened_at", "id"),
        sa.Index("ix_dispute_opened", "opened_at", "id"),
    )


class DisputeParty(Identified, table=True):
    """A party: a resident, a household, premises, an organisation, or an outsider known by name.

    Somebody speaks for a household, premises or an organisation: a resident of the household, or a person by name.
    """

    dispute_id: UUID
    grid_id: UUID
    """The grid of the dispute."""
    role: PartyRole = choice(PartyRole)
    consent: Consent = choice(Consent, Consent.PENDING)
    claim: str | None = text(optional=True)
    claim_amount: Decimal | None = money(optional=True)
    consented_at: datetime | None = moment(optional=True)
    referral_consent_at: datetime | None = moment(optional=True)
    resident_id: UUID | None = ref("resident.id", optional=True, index=True)
    household_id: UUID | None = ref("household.id", optional=True, index=True)
    premises_id: UUID | None = ref("premises.id", optional=True, index=True)
    organisation_id: UUID | None = ref("organisation.id", optional=True, index=True)
    outsider_name: str | None = text(optional=True)
    outsider_phone: str | None = text(optional=True)
    speaker_id: UUID | None = ref("resident.id", optional=True, index=True)
    speaker_name: str | None = text(optional=True)
    speaker_phone: str | None = text(optional=True)

    __table_args__ = (
        composite_key("fk_dispute_party_dispute", "dispute", "grid_id", cascade=True),
        check(
            "one_subject", "num_nonnulls(resident_id, household_id, premises_id, organisation_id, outsider_name) = 1"
        ),
        check(
            "speaker",
            "num_nonnulls(speaker_id, speaker_name) <= num_nonnulls(household_id, premises_id, organisation_id)"
            " and (speaker_id is null or household_id is not null)"
            " and (speaker_phone is null or speaker_name is not null)",
        ),
        sa.Index("ix_dispute_party_dispute", "dispute_id", "id"),
    )


def subjects() -> sql.From:
    """Who the parties are: a view of those whose dispute the viewer sees (db/wall_two.sql)."""
    return sql.named(
        "party_subject", {"id": sql.UUID, **dict.fromkeys(("name", "speaker_name", "phone", "address"), sql.TEXT)}
    )


class MediationPolicy(Identified, table=True):
    """A community's time limit for mediation: a local rule, not the law. The newest row applies."""

    community_id: UUID = ref("community.id")
    days: int
    set_by: UUID | None = ref("account.id", optional=True)
    set_at: datetime = moment()

    __table_args__ = (
        sa.Index("ix_mediation_policy_community", "community_id", "set_at"),
        check("days", "days between 1 and 365"),
    )


class DisputeMediator(Identified, table=True):
    """An invitation of legal counsel or the judicial office to mediate jointly. They see only this case."""

    dispute_id: UUID = ref("dispute.id")
    account_id: UUID = ref("account.id", index=True)
    invited_by: UUID | None = ref("account.id", optional=True)
    invited_at: datetime = moment()
    released_at: datetime | None = moment(optional=True)

    __table_args__ = (
        sa.Index("ix_dispute_mediator_dispute", "dispute_id", "id"),
        partial_index("uq_dispute_mediator_now", "dispute_id", "account_id", unique=True, where="released_at is null"),
    )


class Meeting(Identified, table=True):
    """A mediation meeting and its minutes."""

    dispute_id: UUID = ref("dispute.id")
    held_at: datetime = moment()
    place: str = text()
    minutes: str = text()
    recorded_by: UUID | None = ref("account.id", optional=True)
    recorded_at: datetime = moment()

    __table_args__ = (sa.Index("ix_meeting_dispute", "dispute_id", "held_at", "id"),)


class MeetingParty(Identified, table=True):
    """A party that attended a meeting."""

    meeting_id: UUID = ref("meeting.id")
    party_id: UUID = ref("dispute_party.id", index=True)

    __table_args__ = (sa.UniqueConstraint("meeting_id", "party_id"),)


class MeetingGuest(Identified, table=True):
    """A guest who joined a meeting with the parties' consent (article 20)."""

    meeting_id: UUID = ref("meeting.id", index=True)
    name: str = text()
    kind: GuestKind = choice(GuestKind)


class SiteVisit(Identified, table=True):
    """A visit to the site that was arranged with the parties."""

    dispute_id: UUID = ref("dispute.id")
    at: datetime = moment()
    place: str = text()
    purpose: str | None = text(optional=True)
    planned_by: UUID | None = ref("account.id", optional=True)
    planned_at: datetime = moment()

    __table_args__ = (sa.Index("ix_site_visit_dispute", "dispute_id", "at", "id"),)


def _dispute(t: sql.From, scope: Scope) -> Condition:
    """Invited accounts see their cases. The centre sees the disputes that were referred to it and not sent back."""
    if scope.role in INVITED_ROLES:
        seat = alias(DisputeMediator)
        seated = sql.exists(seat).where(seat.c.dispute_id == t.c.id, seat.c.account_id == scope.account_id)
        in_office = sql.func.cardinality(scope.communities) > 0
        return sql.and_(seated.where(seat.c.released_at.is_(None)), in_office)
    if scope.role is Role.CENTRE_MEDIATOR:
        referral = alias(Referral)
        sent = referral.c.organisation_id == sql.any_(scope.organisations)
        return sql.exists(referral).where(
            referral.c.dispute_id == t.c.id, sent, referral.c.status.in_(sorted(VISIBLE_REFERRALS))
        )
    return in_grid(t, scope)


def of_dispute(t: sql.From, scope: Scope) -> Condition:
    """The visibility rule of rows that copy the grid of their dispute. A foreign key keeps the copies equal."""
    by_case = scope.role in INVITED_ROLES or scope.role is Role.CENTRE_MEDIATOR
    return seen_through(t, "dispute_id", scope) if by_case else in_grid(t, scope)


seen_by(_dispute, Dispute)
seen_by(of_dispute, DisputeParty)
seen_by(through("dispute_id"), DisputeMediator, Meeting, SiteVisit)
seen_by(through("meeting_id"), MeetingParty, MeetingGuest)
seen_by(in_community, MediationPolicy)
