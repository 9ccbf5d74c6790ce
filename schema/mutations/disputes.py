"""Reporting disputes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from db.acts import disputes
from db.acts.disputes import NewDispute, NewParty
from rules.disputes import Consent, DisputeOrigin, DisputeType, PartyRole
from schema.disputes import Dispute
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, few, given, may, mutation, needs, optional_id, own_id, takes, touched
from schema.problems import Problem


@takes
class PartyInput:
    """A party: exactly one of resident, household, premises, or an outsider's name."""

    role: PartyRole = needs("On which side.")
    consent: Consent | None = may("Whether they agree to be mediated; pending by default.")
    claim: str | None = may("What they want.")
    claim_amount: Decimal | None = may("How much they claim, in yuan.")
    resident: strawberry.ID | None = may("A resident.")
    household: strawberry.ID | None = may("A household as a whole.")
    premises: strawberry.ID | None = may("A firm, a shop or a site.")
    outsider_name: str | None = may("The name of somebody who is not on the register.")
    outsider_phone: str | None = may("Their telephone.")

    def read(self, *path: str | int) -> NewParty:
        """As the act takes it."""
        return NewParty(
            role=self.role,
            consent=given(self.consent) or Consent.PENDING,
            claim=given(self.claim),
            claim_amount=given(self.claim_amount),
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
            parties=[party.read("parties", index) for index, party in enumerate(few(self.parties, "parties"))],
            origin=given(self.origin) or DisputeOrigin.PROACTIVE,
            referred_by=given(self.referred_by),
            grid=optional_id("grid", self.grid, "grid"),
            opened_at=given(self.opened_at),
        )


@strawberry.type(description="A dispute after an act.")
class DisputePayload:
    """See the description."""

    dispute: Dispute | None = strawberry.field(default=None, description="The dispute; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type
class DisputeMutations:
    """Reporting disputes."""

    open_dispute: DisputePayload = mutation(
        OpenDisputeInput,
        lambda acting, new: disputes.open_dispute(acting, new.read()),
        DisputePayload,
        lambda uuid: DisputePayload(dispute=touched(uuid)),
        "Reports a dispute.",
    )
