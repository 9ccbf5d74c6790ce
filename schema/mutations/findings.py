"""Mutations of the parties, findings and evidence of an existing dispute."""

from __future__ import annotations

from db.acts import findings
from schema.compiler.declare import mutations
from schema.findings import Evidence, Finding
from schema.mutations.disputes import DisputePayload
from schema.mutations.parts import PHOTOS, move, mutation, optional, own_id, payload_of, required

FindingPayload = payload_of("FindingPayload", finding=Finding)
EvidencePayload = payload_of("EvidencePayload", evidence=Evidence)


@mutations
class FindingMutations:
    add_party = mutation(
        findings.add_party,
        DisputePayload,
        "Adds a party to an existing dispute.",
        id=own_id("party"),
        dispute=required("The dispute.", "dispute"),
        party=required("The party."),
    )
    note_claim = move(
        findings.note_claim,
        DisputePayload,
        "Records a party's current claim.",
        dispute=required("The dispute.", "dispute"),
        party=required("The party.", "party"),
        claim=required("The claim."),
        claim_amount=optional("The amount claimed, in yuan."),
    )
    record_finding = mutation(
        findings.record_finding,
        FindingPayload,
        "Records a loss in a party's home. The finding and its photos become evidence.",
        id=own_id("finding"),
        dispute=required("The dispute.", "dispute"),
        party=required("The party who has the loss.", "party"),
        place=required("The place in the home, such as 卧室天花板."),
        loss=required("The damage, up to 2,000 characters."),
        amount=optional("The amount of the loss, in yuan."),
        found_at=optional("When it was found; now by default."),
        photos=optional(PHOTOS),
        corrects=optional("The finding that it replaces, which is withdrawn.", "finding"),
    )
    withdraw_finding = move(
        findings.withdraw_finding,
        DisputePayload,
        "Withdraws a wrong finding.",
        finding=required("The finding.", "finding"),
        reason=required("The reason."),
    )
    add_evidence = mutation(
        findings.add_evidence,
        EvidencePayload,
        "Adds a statement or a photo, exactly one of them, as evidence of a dispute.",
        id=own_id("evidence"),
        dispute=required("The dispute.", "dispute"),
        statement=optional("A statement, word for word, up to 2,000 characters."),
        photo=optional("SHA-256 of a photo that was uploaded by `PUT /photos/{sha256}`."),
        note=optional("The source, or what it shows, in a line."),
    )
