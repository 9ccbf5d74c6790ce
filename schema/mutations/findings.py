"""Mutations of the parties, findings and evidence of an existing dispute."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from db.acts import dispute_corrections, findings
from db.acts.findings import Claim
from schema.compiler.declare import mutations
from schema.findings import DamageFinding, Evidence
from schema.mutations.disputes import SPEAKER, SPEAKER_NAME, DisputePayload
from schema.mutations.parts import (
    PHOTOS,
    act_id,
    change,
    move,
    mutation,
    optional,
    own_id,
    payload_of,
    reason,
    required,
    takes,
)


@takes(Claim)
class NoteClaimInput:
    """What a party claims now."""

    dispute: strawberry.ID = required("The dispute.", "dispute")
    party: strawberry.ID = required("The party.", "party")
    claim: str = required("The claim.")
    claim_amount: Decimal | None = change("The amount claimed, in yuan; as before by default.", erases=True)
    act: strawberry.ID | None = act_id()


DamageFindingPayload = payload_of("DamageFindingPayload", finding=DamageFinding)
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
    correct_party = move(
        dispute_corrections.correct_party,
        DisputePayload,
        "Corrects a party until there is an agreement. Omitted fields keep their value. With another subject, the"
        " speaker and the telephone are those that are given with it; an outsider whose name is corrected keeps the"
        " telephone.",
        dispute=required("The dispute.", "dispute"),
        party=required("The party.", "party"),
        reason=reason("The reason."),
        role=optional("The side."),
        resident=optional("The resident that it is.", "resident"),
        household=optional("The household that it is.", "household"),
        premises=optional("The premises that it is.", "premises"),
        organisation=optional("The organisation that it is.", "organisation"),
        outsider_name=optional("The name of the person that it is, who is not on the register."),
        outsider_phone=optional("The telephone of this person."),
        speaker=optional(SPEAKER, "resident"),
        speaker_name=optional(SPEAKER_NAME),
        speaker_phone=optional("The telephone of the speaker who is given by name."),
    )
    remove_party = move(
        dispute_corrections.remove_party,
        DisputePayload,
        "Removes a party that was added by mistake, until there is an agreement. Refused if findings or meetings name"
        " it, and if fewer than two parties would remain.",
        dispute=required("The dispute.", "dispute"),
        party=required("The party.", "party"),
        reason=reason("The reason."),
    )
    note_claim = mutation(
        findings.note_claim,
        DisputePayload,
        "Records a party's current claim.",
        takes=NoteClaimInput,
    )
    record_finding = mutation(
        findings.record_finding,
        DamageFindingPayload,
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
