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
from schema.mutations.parts import mutation, optional, own_id, payload_of, required, takes

SPEAKER = "The resident who speaks for a household in which they live."
SPEAKER_NAME = "The name of the person who speaks for a household, premises or an organisation."


@takes(NewParty)
class PartyInput:
    """A party: exactly one of a resident, a household, premises, an organisation, and an outsider's name."""

    role: PartyRole = required("The side.")
    consent: Consent | None = optional("The consent to mediation; pending by default.")
    claim: str | None = optional("The claim.")
    claim_amount: Decimal | None = optional("The amount claimed, in yuan.")
    resident: strawberry.ID | None = optional("A resident.", "resident")
    household: strawberry.ID | None = optional("A household as a whole.", "household")
    premises: strawberry.ID | None = optional("A firm, a shop or a site.", "premises")
    outsider_name: str | None = optional("The name of a person who is not on the register.")
    outsider_phone: str | None = optional("The telephone of this person.")
    organisation: strawberry.ID | None = optional("An organisation that works with the community.", "organisation")
    speaker: strawberry.ID | None = optional(SPEAKER, "resident")
    speaker_name: str | None = optional(SPEAKER_NAME)
    speaker_phone: str | None = optional("The telephone of the speaker who is given by name.")


@takes(NewDispute)
class OpenDisputeInput:
    """A dispute to report."""

    id: strawberry.ID = own_id("dispute")
    type: DisputeType = required("The type on the reporting form.")
    title: str = required("The matter, in a line.")
    facts: str = required("The facts, up to 2,000 characters.")
    parties: list[PartyInput] = required("The parties, at least two.")
    origin: DisputeOrigin | None = optional("The origin; found by the workers by default.")
    referred_by: str | None = optional("The body that referred it; with `REFERRED` only.")
    grid: strawberry.ID | None = optional("The grid; by default that of the first party on the register.", "grid")
    opened_at: datetime | None = optional("When it was reported; now by default.")


DisputePayload = payload_of("DisputePayload", dispute=Dispute)


@mutations
class DisputeMutations:
    open_dispute = mutation(disputes.open_dispute, DisputePayload, "Reports a dispute.", takes=OpenDisputeInput)
