"""What can be done about findings, evidence and parties of a dispute that is there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from db.acts import findings
from db.acts.dispute_moves import Step
from db.acts.findings import AddedParty, Claim, NewEvidence, NewFinding, Withdrawal
from schema.findings import Evidence, Finding
from schema.ids import parse_id
from schema.mutations.disputes import DisputePayload, PartyInput
from schema.mutations.parts import (
    ERRORS,
    act_id,
    few,
    given,
    may,
    mutation,
    needs,
    optional_id,
    own_id,
    takes,
    touched,
)
from schema.problems import Problem

_OF = "The dispute."


@takes
class AddPartyInput:
    """Somebody who turns out to be a party."""

    id: strawberry.ID = own_id("party")
    dispute: strawberry.ID = needs(_OF)
    party: PartyInput = needs("Who.")

    def read(self) -> AddedParty:
        """As the act takes it."""
        dispute = parse_id("dispute", self.dispute, "dispute")
        return AddedParty(parse_id("party", self.id, "id"), dispute, self.party.read("party"))


@takes
class NoteClaimInput:
    """What a party claims now; it takes the place of what they claimed before."""

    dispute: strawberry.ID = needs(_OF)
    party: strawberry.ID = needs("The party.")
    claim: str = needs("What they want.")
    claim_amount: Decimal | None = may("How much, in yuan.")
    act: strawberry.ID | None = act_id()

    def step(self) -> Step:
        """Which dispute, and the act's own id."""
        return Step(parse_id("dispute", self.dispute, "dispute"), optional_id("act", self.act, "act"))

    def read(self) -> Claim:
        """As the act takes it."""
        return Claim(parse_id("party", self.party, "party"), self.claim, given(self.claim_amount))


@takes
class RecordFindingInput:
    """A loss at a place in a party's home. It and its photos are evidence from then on."""

    id: strawberry.ID = own_id("finding")
    dispute: strawberry.ID = needs(_OF)
    party: strawberry.ID = needs("Whose loss it is.")
    place: str = needs("Where in the home, such as 卧室天花板.")
    loss: str = needs("What was damaged, up to 2,000 characters.")
    amount: Decimal | None = may("What it is worth, in yuan.")
    found_at: datetime | None = may("When it was looked at; now by default.")
    photos: list[str] | None = may("SHA-256 of photos that were sent by `PUT /photos/{sha256}`; 9 at most.")
    corrects: strawberry.ID | None = may("The finding that it takes the place of; that one is withdrawn.")

    def read(self) -> NewFinding:
        """As the act takes it."""
        return NewFinding(
            id=parse_id("finding", self.id, "id"),
            dispute=parse_id("dispute", self.dispute, "dispute"),
            party=parse_id("party", self.party, "party"),
            place=self.place,
            loss=self.loss,
            amount=given(self.amount),
            found_at=given(self.found_at),
            photos=tuple(few(self.photos, "photos")),
            corrects=optional_id("finding", self.corrects, "corrects"),
        )


@takes
class WithdrawFindingInput:
    """A finding that was wrong; what it said stays on record."""

    finding: strawberry.ID = needs("The finding.")
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Withdrawal:
        """As the act takes it."""
        return Withdrawal(
            parse_id("finding", self.finding, "finding"), self.reason, optional_id("act", self.act, "act")
        )


@takes
class AddEvidenceInput:
    """A piece of evidence: a statement or a photo, just one of them."""

    id: strawberry.ID = own_id("evidence")
    dispute: strawberry.ID = needs(_OF)
    statement: str | None = may("What somebody said, word for word, up to 2,000 characters.")
    photo: str | None = may("SHA-256 of a photo that was sent by `PUT /photos/{sha256}`.")
    note: str | None = may("Whose it is, or what it shows, in a line.")

    def read(self) -> NewEvidence:
        """As the act takes it."""
        return NewEvidence(
            parse_id("evidence", self.id, "id"),
            parse_id("dispute", self.dispute, "dispute"),
            given(self.statement),
            given(self.photo),
            given(self.note),
        )


@strawberry.type(description="A finding after an act.")
class FindingPayload:
    """See the description."""

    finding: Finding | None = strawberry.field(default=None, description="The finding; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="A piece of evidence after an act.")
class EvidencePayload:
    """See the description."""

    evidence: Evidence | None = strawberry.field(default=None, description="The piece; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type
class FindingMutations:
    """The workspace of a case."""

    add_party: DisputePayload = mutation(
        AddPartyInput,
        lambda acting, new: findings.add_party(acting, new.read()),
        DisputePayload,
        lambda dispute: DisputePayload(dispute=touched(dispute.id)),
        "Adds a party to a dispute that is there.",
    )
    note_claim: DisputePayload = mutation(
        NoteClaimInput,
        lambda acting, new: findings.note_claim(acting, new.step(), new.read()),
        DisputePayload,
        lambda dispute: DisputePayload(dispute=touched(dispute.id)),
        "Writes down what a party claims now.",
    )
    record_finding: FindingPayload = mutation(
        RecordFindingInput,
        lambda acting, new: findings.record_finding(acting, new.read()),
        FindingPayload,
        lambda uuid: FindingPayload(finding=touched(uuid)),
        "Writes down a loss in a party's home, with photos; it may correct an earlier finding.",
    )
    withdraw_finding: DisputePayload = mutation(
        WithdrawFindingInput,
        lambda acting, new: findings.withdraw_finding(acting, new.read()),
        DisputePayload,
        lambda dispute: DisputePayload(dispute=touched(dispute.id)),
        "Withdraws a finding that was wrong.",
    )
    add_evidence: EvidencePayload = mutation(
        AddEvidenceInput,
        lambda acting, new: findings.add_evidence(acting, new.read()),
        EvidencePayload,
        lambda uuid: EvidencePayload(evidence=touched(uuid)),
        "Keeps a statement or a photo as evidence of a dispute.",
    )
