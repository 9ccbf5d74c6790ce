"""Acts on referrals of disputes to the dispute resolution centre."""

from dataclasses import dataclass
from uuid import UUID

from db.acts.dispute_moves import Case, Step, begin
from db.acts.journal import act
from db.acts.places import organisation_in
from db.referrals import Referral
from db.transaction import Transaction
from rules import dispute_moves as moves
from rules.access import Act
from rules.disputes import DisputeLevel
from rules.places import OrganisationKind
from rules.referrals import ReferralStatus, check_consents
from rules.refusals import invalid
from rules.text import check_optional, check_text


@dataclass(frozen=True, slots=True)
class NewReferral:
    """A referral to an organisation. ``consents`` are the parties that consent to it: all must."""

    id: UUID
    dispute: UUID
    organisation: UUID
    reason: str
    consents: list[UUID]


@act(Act.REFER_DISPUTE, again="dispute")
async def refer_dispute(tx: Transaction, new: NewReferral) -> UUID:
    """Refers a dispute to the dispute resolution centre. It stays with the community until the centre accepts."""
    reason = check_text(new.reason, "reason")
    case = await begin(tx, new.dispute, moves.REFER)
    body = await organisation_in(tx, case.dispute.community_id, new.organisation)
    if body.kind is not OrganisationKind.DISPUTE_CENTRE:
        raise invalid("只能移交给矛盾纠纷化解中心", "organisation")
    consenting = case.parties_of(new.consents, "consents")
    check_consents([party.id for party in case.parties], [party.id for party in consenting])
    for party in consenting:
        party.referral_consent_at = tx.now
    ids = {"id": new.id, "dispute_id": new.dispute, "organisation_id": body.id}
    return await case.save(reason, *consenting, Referral(**ids, reason=reason, **tx.stamp("referred")))


@act(Act.RECALL_REFERRAL, key="act", again="dispute")
async def recall_referral(tx: Transaction, step: Step) -> UUID:
    """Takes back a referral that the centre has not answered yet."""
    reason = check_optional(step.note, "reason")
    return await _answer(await begin(tx, step.dispute, moves.RECALL), ReferralStatus.RECALLED, reason)


@act(Act.ACCEPT_REFERRAL, key="act", again="dispute")
async def accept_referral(tx: Transaction, step: Step) -> UUID:
    """Accepts a dispute for the centre, which handles it from now on."""
    note = check_optional(step.note, "note")
    case = await begin(tx, step.dispute, moves.ACCEPT)
    case.dispute.level, case.dispute.mediator_id = DisputeLevel.CENTRE, tx.viewer.account_id
    return await _answer(case, ReferralStatus.ACCEPTED, note)


@act(Act.REJECT_REFERRAL, key="act", again="dispute")
async def reject_referral(tx: Transaction, step: Step) -> UUID:
    """Sends a dispute back to the community, with the reason."""
    reason = check_text(step.note or "", "reason")
    return await _answer(await begin(tx, step.dispute, moves.REJECT), ReferralStatus.REJECTED, reason)


async def _answer(case: Case, status: ReferralStatus, said: str | None) -> UUID:
    referral, tx = case.referral, case.tx
    assert referral is not None  # The rule refuses the move without an open referral.
    referral.status, referral.answer = status, said
    referral.answered_by, referral.answered_at = tx.viewer.account_id, tx.now
    return await case.save(said, referral)


@act(Act.REPORT_BACK, key="act", again="dispute")
async def report_back(tx: Transaction, step: Step) -> UUID:
    """Reports how a dispute ended at the centre, which completes the referral."""
    result = check_text(step.note or "", "result")
    case = await begin(tx, step.dispute, moves.REPORT_BACK)
    referral = case.referral
    assert referral is not None  # The rule refuses the move without an open referral.
    referral.status, referral.done_at, referral.result = ReferralStatus.DONE, tx.now, result
    return await case.save(result, referral)
