"""The mutation that reports a dispute."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from db.acts import disputes
from db.acts.disputes import NewDispute, NewParty
from rules.disputes import Consent, DisputeOrigin, DisputeType, PartyRole
from schema.compiler.declare import mutations
from schema.disputes import Dispute
from schema.mutations.parts import may, mutation, needs, own_id, payload, shows, takes


@takes(NewParty)
class PartyInput:
    """A party: exactly one of resident, household, premises, or an outsider's name."""

    role: PartyRole = needs("On which side.")
    consent: Consent | None = may("Whether they agree to be mediated; pending by default.")
    claim: str | None = may("What they want.")
    claim_amount: Decimal | None = may("How much they claim, in yuan.")
    resident: strawberry.ID | None = may("A resident.", "resident")
    household: strawberry.ID | None = may("A household as a whole.", "household")
    premises: strawberry.ID | None = may("A firm, a shop or a site.", "premises")
    outsider_name: str | None = may("The name of somebody who is not on the register.")
    outsider_phone: str | None = may("Their telephone.")


@takes(NewDispute)
class OpenDisputeInput:
    """A dispute to report."""

    id: strawberry.ID = own_id("dispute")
    type: DisputeType = needs("Its type on the reporting form.")
    title: str = needs("What it is about, in a line.")
    facts: str = needs("What happened, up to 2,000 characters.")
    parties: list[PartyInput] = needs("At least two.")
    origin: DisputeOrigin | None = may("How it came up; found by the workers by default.")
    referred_by: str | None = may("The body that referred it; with `REFERRED` only.")
    grid: strawberry.ID | None = may(
        "The grid it belongs to; by default that of the first party on the register.", "grid"
    )
    opened_at: datetime | None = may("When it was reported; now by default.")


@payload
class DisputePayload:
    """A dispute after an act."""

    dispute: Dispute | None = shows("The dispute; null when refused.")


@mutations
class DisputeMutations:
    """Reporting disputes."""

    open_dispute: DisputePayload = mutation(
        OpenDisputeInput, disputes.open_dispute, DisputePayload, "Reports a dispute."
    )
