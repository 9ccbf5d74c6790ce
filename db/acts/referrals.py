"""Acts on referrals: a case is sent with the consent of every party, and moves to the other body on its acceptance."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.acts.dispute_moves import Case, Step, begin, finish
from db.acts.journal import act
from db.places import Organisation
from db.referrals import Referral
from db.transaction import Transaction
from rules import dispute_moves as moves
from rules.access import Act
from rules.dispute_moves import Move
from rules.disputes import DisputeLevel
from rules.places import OrganisationKind
from rules.referrals import ReferralStatus, check_consents
from rules.refusals import Code, Refusal, invalid
from rules.text import check_optional, check_text


@dataclass(frozen=True, slots=True)
class NewReferral:
    """A case to send: to which organisation, why, and which parties consent."""

    id: UUID
    dispute: UUID
    organisation: UUID
    reason: str
    consents: list[UUID]


@act(Act.REFER_DISPUTE, again="dispute")
async def refer_dispute(tx: Transaction, new: NewReferral) -> UUID:
    """Sends a case to the dispute resolution centre. Until the centre accepts, it stays the community's."""
    reason = check_text(new.reason, "reason")
    case = await begin(tx, new.dispute, moves.REFER)
    await _check_centre(tx, new.organisation, case.dispute.community_id)
    consenting = case.parties_of(new.consents, "consents")
    check_consents([party.id for party in case.parties], [party.id for party in consenting])
    for party in consenting:
        party.referral_consent_at = tx.now
    by: dict[str, Any] = {"referred_by": tx.viewer.account_id, "referred_at": tx.now}
    sent = Referral(id=new.id, dispute_id=new.dispute, organisation_id=new.organisation, reason=reason, **by)
    return await finish(tx, case, moves.REFER, reason, *consenting, sent)


async def _check_centre(tx: Transaction, uuid: UUID, community_id: UUID) -> None:
    body = await tx.find(Organisation, uuid, "organisation")
    if body.community_id != community_id:
        raise Refusal(Code.NOT_FOUND, "organisation")
    if body.kind is not OrganisationKind.DISPUTE_CENTRE:
        zh, en = "只能移交给矛盾纠纷化解中心", "only a dispute resolution centre takes cases"
        raise invalid(zh, en, "organisation")


@act(Act.RECALL_REFERRAL, key="act", again="dispute")
async def recall_referral(tx: Transaction, step: Step) -> UUID:
    """Takes back a referral that the centre has not answered yet."""
    reason = check_optional(step.note, "reason")
    case = await begin(tx, step.dispute, moves.RECALL)
    return await _answer(tx, case, moves.RECALL, reason, ReferralStatus.RECALLED)


@act(Act.ACCEPT_REFERRAL, key="act", again="dispute")
async def accept_referral(tx: Transaction, step: Step) -> UUID:
    """Takes a case over for the centre, which handles it from now on."""
    note = check_optional(step.note, "note")
    case = await begin(tx, step.dispute, moves.ACCEPT)
    case.dispute.level, case.dispute.mediator_id = DisputeLevel.CENTRE, tx.viewer.account_id
    return await _answer(tx, case, moves.ACCEPT, note, ReferralStatus.ACCEPTED)


@act(Act.REJECT_REFERRAL, key="act", again="dispute")
async def reject_referral(tx: Transaction, step: Step) -> UUID:
    """Sends a case back to the community, with the reason."""
    reason = check_text(step.note or "", "reason")
    case = await begin(tx, step.dispute, moves.REJECT)
    return await _answer(tx, case, moves.REJECT, reason, ReferralStatus.REJECTED)


async def _answer(tx: Transaction, case: Case, made: Move, said: str | None, status: ReferralStatus) -> UUID:
    referral = _open(case)
    referral.status, referral.answer = status, said
    referral.answered_by, referral.answered_at = tx.viewer.account_id, tx.now
    return await finish(tx, case, made, said, referral)


@act(Act.REPORT_BACK, key="act", again="dispute")
async def report_back(tx: Transaction, step: Step) -> UUID:
    """Reports how a case ended at the centre, which completes the referral."""
    result = check_text(step.note or "", "result")
    case = await begin(tx, step.dispute, moves.REPORT_BACK)
    referral = _open(case)
    referral.status, referral.done_at, referral.result = ReferralStatus.DONE, tx.now, result
    return await finish(tx, case, moves.REPORT_BACK, result, referral)


def _open(case: Case) -> Referral:
    """The open referral, without which the rule refuses the move."""
    assert case.referral is not None
    return case.referral
