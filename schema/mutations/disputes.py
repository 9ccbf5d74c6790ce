"""What can be done about disputes."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from db.acts import disputes
from db.acts.disputes import NewAgreement, NewDispute, NewParty
from rules.disputes import AgreementForm, Consent, DisputeOrigin, DisputeType, PartyRole
from schema.disputes import Agreement, Dispute
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, few, given, may, mutation, needs, optional_id, own_id, takes, touched
from schema.problems import Problem


@takes
class PartyInput:
    """A party: exactly one of resident, household, premises, or an outsider's name."""

    role: PartyRole = needs("On which side.")
    consent: Consent | None = may("Whether they agree to be mediated; pending by default.")
    claim: str | None = may("What they want.")
    resident: strawberry.ID | None = may("A resident.")
    household: strawberry.ID | None = may("A household as a whole.")
    premises: strawberry.ID | None = may("A firm, a shop or a site.")
    outsider_name: str | None = may("The name of somebody who is not on the register.")
    outsider_phone: str | None = may("Their telephone.")

    def read(self, index: int) -> NewParty:
        """As the act takes it."""
        path = ("parties", index)
        return NewParty(
            role=self.role,
            consent=given(self.consent) or Consent.PENDING,
            claim=given(self.claim),
            resident=optional_id("resident", self.resident, *path, "resident"),
            household=optional_id("household", self.household, *path, "household"),
            premises=optional_id("premises", self.premises, *path, "premises"),
            outsider_name=given(self.outsider_name),
            outsider_phone=given(self.outsider_phone),
        )


@takes
class OpenDisputeInput:
    """A dispute to report."""

    id: strawberry.ID = own_id("dispute")
    type: DisputeType = needs("Its type on the reporting form.")
    title: str = needs("What it is about, in a line.")
    facts: str = needs("What happened, up to 2,000 characters.")
    parties: list[PartyInput] = needs("At least two.")
    origin: DisputeOrigin | None = may("How it came up; found by the workers by default.")
    referred_by: str | None = may("The body that referred it; with `REFERRED` only.")
    grid: strawberry.ID | None = may("The grid it belongs to; by default that of the first party on the register.")
    opened_at: datetime | None = may("When it was reported; now by default.")

    def read(self) -> NewDispute:
        """As the act takes it."""
        return NewDispute(
            id=parse_id("dispute", self.id, "id"),
            type=self.type,
            title=self.title,
            facts=self.facts,
            parties=[party.read(index) for index, party in enumerate(few(self.parties, "parties"))],
            origin=given(self.origin) or DisputeOrigin.PROACTIVE,
            referred_by=given(self.referred_by),
            grid=optional_id("grid", self.grid, "grid"),
            opened_at=given(self.opened_at),
        )


@takes
class RecordAgreementInput:
    """What the parties agreed. Oral: the content is enough (article 28). Written: see article 29."""

    id: strawberry.ID = own_id("agreement")
    dispute: strawberry.ID = needs("The dispute.")
    form: AgreementForm = needs("Oral or written.")
    content: str = needs("What was agreed, up to 2,000 characters.")
    facts: str | None = may("Facts, issues and responsibility; required when written.")
    performance: str | None = may("Manner and time of performance; required when written.")
    due_on: date | None = may("By when it is to be performed.")
    reached_at: datetime | None = may("When they agreed; now by default.")
    parties_signed_on: date | None = may("When the last party signed.")
    mediator_signed_on: date | None = may("When the mediator signed.")
    sealed_on: date | None = may("When the committee sealed it.")

    def read(self) -> NewAgreement:
        """As the act takes it."""
        return NewAgreement(
            id=parse_id("agreement", self.id, "id"),
            dispute=parse_id("dispute", self.dispute, "dispute"),
            form=self.form,
            content=self.content,
            facts=given(self.facts),
            performance=given(self.performance),
            due_on=given(self.due_on),
            reached_at=given(self.reached_at),
            parties_signed_on=given(self.parties_signed_on),
            mediator_signed_on=given(self.mediator_signed_on),
            sealed_on=given(self.sealed_on),
        )


@strawberry.type(description="A dispute after an act.")
class DisputePayload:
    """See the description."""

    dispute: Dispute | None = strawberry.field(default=None, description="The dispute; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A recorded agreement.")
class AgreementPayload:
    """See the description."""

    agreement: Agreement | None = strawberry.field(default=None, description="The agreement; null when refused.")
    dispute: Dispute | None = strawberry.field(default=None, description="The dispute it settles.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _settled(made: disputes.Settled) -> AgreementPayload:
    return AgreementPayload(agreement=touched(made.agreement), dispute=touched(made.dispute))


@strawberry.type
class DisputeMutations:
    """Acts on disputes."""

    open_dispute: DisputePayload = mutation(
        OpenDisputeInput,
        lambda acting, new: disputes.open_dispute(acting, new.read()),
        DisputePayload,
        lambda uuid: DisputePayload(dispute=touched(uuid)),
        "Reports a dispute.",
    )
    record_agreement: AgreementPayload = mutation(
        RecordAgreementInput,
        lambda acting, new: disputes.record_agreement(acting, new.read()),
        AgreementPayload,
        _settled,
        "Records the agreement that settles a dispute.",
    )
