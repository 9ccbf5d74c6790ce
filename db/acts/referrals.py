"""Acts on referrals: a case is sent with everybody's consent, and is the other body's once it accepts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import select

from db.acts.acting import Acting
from db.acts.dispute_moves import Step, move, parties_of, some_parties
from db.disputes import Dispute
from db.places import Organisation
from db.referrals import Referral
from rules import dispute_moves as moves
from rules.dispute_moves import Move
from rules.disputes import DisputeLevel
from rules.places import OrganisationKind
from rules.referrals import ReferralStatus, check_consents
from rules.refusals import Code, Refusal, invalid
from rules.text import check_optional, check_text


@dataclass(frozen=True, slots=True)
class NewReferral:
    """A case to send, to whom, why, and which parties consent to that."""

    id: UUID
    dispute: UUID
    organisation: UUID
    reason: str
    consents: list[UUID]


async def refer_dispute(acting: Acting, new: NewReferral) -> Dispute:
    """Sends a case to the dispute resolution centre; until it accepts, it stays the community's."""
    reason = check_text(new.reason, "reason")

    async def change(dispute: Dispute) -> None:
        body = await acting.find(Organisation, new.organisation, "organisation")
        if body.community_id != dispute.community_id:
            raise Refusal(Code.NOT_FOUND, "organisation")
        if body.kind is not OrganisationKind.DISPUTE_CENTRE:
            zh, en = "只能移交给矛盾纠纷化解中心", "only a dispute resolution centre takes cases"
            raise invalid(zh, en, "organisation")
        await _send(acting, new, dispute, reason)

    step = Step(new.dispute, new.id, reason)
    extra = [str(new.organisation), sorted(map(str, new.consents))]
    return await move(acting, step, moves.REFER, reason, change, extra=extra, key="id")


async def _send(acting: Acting, new: NewReferral, dispute: Dispute, reason: str) -> None:
    consenting = await some_parties(acting, dispute.id, new.consents, "consents")
    check_consents([party.id for party in await parties_of(acting, dispute.id)], [party.id for party in consenting])
    for party in consenting:
        party.referral_consent_at = acting.now
        acting.session.add(party)
    by: dict[str, Any] = {"referred_by": acting.viewer.account_id, "referred_at": acting.now}
    sent: dict[str, Any] = {
        "id": new.id,
        "dispute_id": dispute.id,
        "organisation_id": new.organisation,
        "reason": reason,
    }
    acting.session.add(Referral(**sent, **by))


async def recall_referral(acting: Acting, step: Step) -> Dispute:
    """The community takes a case back that nobody has accepted yet."""
    said = check_optional(step.note, "reason")
    return await _answer(acting, step, moves.RECALL, said, ReferralStatus.RECALLED)


async def accept_referral(acting: Acting, step: Step) -> Dispute:
    """The body takes the case: it is handled there from now on."""

    def move_there(dispute: Dispute) -> None:
        dispute.level, dispute.mediator_id = DisputeLevel.CENTRE, acting.viewer.account_id

    said = check_optional(step.note, "note")
    return await _answer(acting, step, moves.ACCEPT, said, ReferralStatus.ACCEPTED, move_there)


async def reject_referral(acting: Acting, step: Step) -> Dispute:
    """The body sends the case back, with the reason; it never left the community."""
    return await _answer(acting, step, moves.REJECT, check_text(step.note or "", "reason"), ReferralStatus.REJECTED)


async def report_back(acting: Acting, step: Step) -> Dispute:
    """The body tells how it ended; the referral is done."""
    result = check_text(step.note or "", "result")

    async def change(dispute: Dispute) -> None:
        referral = await _open(acting, dispute, ReferralStatus.ACCEPTED)
        referral.status, referral.done_at, referral.result = ReferralStatus.DONE, acting.now, result
        acting.session.add(referral)

    return await move(acting, step, moves.REPORT_BACK, result, change)


async def _answer(
    acting: Acting,
    step: Step,
    made: Move,
    said: str | None,
    status: ReferralStatus,
    also: Callable[[Dispute], None] = lambda _: None,
) -> Dispute:
    async def change(dispute: Dispute) -> None:
        referral = await _open(acting, dispute, ReferralStatus.PENDING)
        referral.status, referral.answer = status, said
        referral.answered_by, referral.answered_at = acting.viewer.account_id, acting.now
        acting.session.add(referral)
        also(dispute)

    return await move(acting, step, made, said, change)


async def _open(acting: Acting, dispute: Dispute, status: ReferralStatus) -> Referral:
    wanted = select(Referral).where(Referral.dispute_id == dispute.id, Referral.status == status)
    return (await acting.session.exec(wanted)).one()
