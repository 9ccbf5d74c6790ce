"""Mutations of existing disputes, one entry for each move except those on agreements."""

from __future__ import annotations

from typing import Any

from db.acts import dispute_corrections, referrals
from db.acts import dispute_moves as acts
from db.acts.dispute_moves import Guest
from rules.disputes import GuestKind
from schema.compiler.declare import mutations
from schema.mediation import MediationMeeting, SiteVisit
from schema.mutations.communities import CommunityPayload
from schema.mutations.disputes import DisputePayload
from schema.mutations.parts import Act, move, mutation, optional, own_id, payload_of, reason, required, takes


@takes(Guest)
class GuestInput:
    """A guest at a meeting."""

    name: str = required("Name.")
    kind: GuestKind = required("Relation to the parties or to the matter.")


MediationMeetingPayload = payload_of("MediationMeetingPayload", meeting=MediationMeeting)
SiteVisitPayload = payload_of("SiteVisitPayload", site_visit=SiteVisit)


def _move(act: Act, description: str, **fields: Any) -> Any:
    return move(act, DisputePayload, description, dispute=required("The dispute.", "dispute"), **fields)


@mutations
class MediationMutations:
    note_consent = _move(
        acts.note_consent,
        "Records a party's answer to the offer of mediation.",
        party=required("The party.", "party"),
        consent=required("The answer."),
        note=optional("The party's words."),
    )
    correct_dispute = _move(
        dispute_corrections.correct_dispute,
        "Corrects a dispute until there is an agreement. Omitted fields keep their value, and the journal keeps the"
        " former content.",
        reason=reason("The reason."),
        type=optional("The type on the reporting form."),
        title=optional("The matter, in a line."),
        facts=optional("The facts, up to 2,000 characters."),
        grid=optional("The grid in the same community to which it belongs.", "grid"),
    )
    begin_mediation = _move(
        acts.begin_mediation,
        "Begins mediation, and starts the community's time limit.",
        note=optional("The plan of the mediation."),
    )
    record_meeting = mutation(
        acts.record_meeting,
        MediationMeetingPayload,
        "Records a mediation meeting.",
        id=own_id("meeting"),
        dispute=required("The dispute.", "dispute"),
        place=required("The place."),
        minutes=required("The minutes, up to 2,000 characters."),
        parties=required("The parties present.", "party"),
        guests=optional("Other people present: relatives, neighbours, experts."),
        guests_consented=optional("True: the parties consented to the guests (article 20)."),
        held_at=optional("When it was held; now by default."),
    )
    plan_site_visit = mutation(
        acts.plan_site_visit,
        SiteVisitPayload,
        "Arranges a visit to the place.",
        id=own_id("sitevisit"),
        dispute=required("The dispute.", "dispute"),
        at=required("The appointed time."),
        place=required("The place."),
        purpose=optional("The purpose."),
    )
    invite_mediator = _move(
        acts.invite_mediator,
        "Invites legal counsel or the judicial office to a case at the joint level. They see only this case.",
        account=required("The account to invite.", "account"),
    )
    release_mediator = _move(
        acts.release_mediator,
        "Ends an invitation to mediate jointly.",
        account=required("The invited account.", "account"),
        note=optional("The reason."),
    )
    raise_dispute = _move(
        acts.raise_dispute,
        "Escalates a dispute by one level, at most to joint mediation.",
        reason=reason("The reason."),
    )
    fail_mediation = _move(
        acts.fail_mediation,
        "Ends mediation without an agreement; the parties are told of the other routes (article 26).",
        reason=reason("The reason why there is no agreement."),
        routes_told=required("The other routes that the parties were told of; at least one (article 26)."),
    )
    withdraw_dispute = _move(acts.withdraw_dispute, "Withdraws it for its parties.", reason=reason("The reason."))
    refer_dispute = mutation(
        referrals.refer_dispute,
        DisputePayload,
        "Refers a case to the dispute resolution centre. The community keeps it until the centre accepts.",
        id=own_id("referral"),
        dispute=required("The dispute.", "dispute"),
        organisation=required("The centre.", "organisation"),
        reason=required("The reason."),
        consents=required("The parties that consent, which must be all parties of the case.", "party"),
    )
    recall_referral = _move(
        referrals.recall_referral,
        "Recalls a referral that the centre has not answered.",
        reason=optional("The reason.", to="note"),
    )
    accept_referral = _move(
        referrals.accept_referral,
        "Accepts a case for the centre, which handles it from then on.",
        note=optional("The next step."),
    )
    reject_referral = _move(referrals.reject_referral, "Returns a case to the community.", reason=reason("The reason."))
    report_back = _move(
        referrals.report_back,
        "Reports the result of a case at the centre, which completes the referral.",
        result=reason("The result."),
    )
    set_mediation_limit = move(
        acts.set_mediation_limit,
        CommunityPayload,
        "Sets the time limit of mediations that begin from now on: a local rule, not the law.",
        community=required("The community.", "community"),
        days=required("Days from the beginning of mediation, 1 to 365."),
    )
