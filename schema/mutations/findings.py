"""Mutations of the findings, the evidence and the parties of a dispute that is there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from db.acts import findings
from db.acts.findings import AddedParty, NewEvidence, NewFinding
from schema.compiler.declare import mutations
from schema.findings import Evidence, Finding
from schema.mutations.disputes import DisputePayload, PartyInput
from schema.mutations.parts import PHOTOS, may, move, mutation, needs, own_id, payload, shows, takes


@takes(AddedParty)
class AddPartyInput:
    """A party who joins a case."""

    id: strawberry.ID = own_id("party")
    dispute: strawberry.ID = needs("The dispute.", "dispute")
    party: PartyInput = needs("The party.")


@takes(NewFinding)
class RecordFindingInput:
    """A loss at a place in a party's home. The finding and its photos are evidence from then on."""

    id: strawberry.ID = own_id("finding")
    dispute: strawberry.ID = needs("The dispute.", "dispute")
    party: strawberry.ID = needs("The party who has the loss.", "party")
    place: str = needs("Where in the home, such as 卧室天花板.")
    loss: str = needs("The damage, up to 2,000 characters.")
    amount: Decimal | None = may("The amount of the loss, in yuan.")
    found_at: datetime | None = may("When it was found; now by default.")
    photos: list[str] | None = may(PHOTOS)
    corrects: strawberry.ID | None = may("The finding that it takes the place of, which is withdrawn.", "finding")


@takes(NewEvidence)
class AddEvidenceInput:
    """A piece of evidence: a statement or a photo, just one of them."""

    id: strawberry.ID = own_id("evidence")
    dispute: strawberry.ID = needs("The dispute.", "dispute")
    statement: str | None = may("A statement, word for word, up to 2,000 characters.")
    photo: str | None = may("SHA-256 of a photo that was sent by `PUT /photos/{sha256}`.")
    note: str | None = may("The source of the piece, or what it shows, in a line.")


@payload
class FindingPayload:
    """A finding after an act."""

    finding: Finding | None = shows("The finding; null when refused.")


@payload
class EvidencePayload:
    """A piece of evidence after an act."""

    evidence: Evidence | None = shows("The piece; null when refused.")


@mutations
class FindingMutations:
    """The workspace of a case."""

    add_party: DisputePayload = mutation(
        AddPartyInput, findings.add_party, DisputePayload, "Adds a party to a dispute that is there."
    )
    note_claim: DisputePayload = move(
        findings.note_claim,
        DisputePayload,
        "Records what a party claims now.",
        dispute=needs("The dispute.", "dispute"),
        party=needs("The party.", "party"),
        claim=needs("The claim."),
        claim_amount=may("The amount claimed, in yuan."),
    )
    record_finding: FindingPayload = mutation(
        RecordFindingInput,
        findings.record_finding,
        FindingPayload,
        "Records a loss in a party's home, with photos; it may correct an earlier finding.",
    )
    withdraw_finding: DisputePayload = move(
        findings.withdraw_finding,
        DisputePayload,
        "Withdraws a finding that was wrong.",
        finding=needs("The finding.", "finding"),
        reason=needs("Why."),
    )
    add_evidence: EvidencePayload = mutation(
        AddEvidenceInput,
        findings.add_evidence,
        EvidencePayload,
        "Keeps a statement or a photo as evidence of a dispute.",
    )
