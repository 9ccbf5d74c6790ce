"""Mutations of disputes that are there: one entry for each move of their life, but for agreements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db.acts import dispute_moves as acts
from db.acts import referrals
from db.acts.dispute_moves import Guest, MediationLimit, NewMeeting, NewSiteVisit
from db.acts.referrals import NewReferral
from rules.disputes import GuestKind
from schema.compiler.declare import mutations
from schema.mediation import Meeting, SiteVisit
from schema.mutations.disputes import DisputePayload
from schema.mutations.parts import Act, may, move, mutation, needs, own_id, payload, reason, shows, takes
from schema.places import Community


@takes(Guest)
class GuestInput:
    """Somebody who joined a meeting."""

    name: str = needs("Name.")
    kind: GuestKind = needs("Relation to the parties or to the matter.")


@takes(NewMeeting)
class RecordMeetingInput:
    """A mediation meeting and its minutes."""

    id: strawberry.ID = own_id("meeting")
    dispute: strawberry.ID = needs("The dispute.", "dispute")
    place: str = needs("Where it was held.")
    minutes: str = needs("The minutes, up to 2,000 characters.")
    parties: list[strawberry.ID] = needs("The parties that were there.", "party")
    guests: list[GuestInput] | None = may("Others who joined: relatives, neighbours, experts.")
    guests_consented: bool | None = may("True: the parties consented to the guests (article 20).")
    held_at: datetime | None = may("When; now by default.")


@takes(NewSiteVisit)
class PlanSiteVisitInput:
    """A visit to the place, arranged with the parties."""

    id: strawberry.ID = own_id("sitevisit")
    dispute: strawberry.ID = needs("The dispute.", "dispute")
    at: datetime = needs("When.")
    place: str = needs("Where.")
    purpose: str | None = may("The purpose.")


@takes(NewReferral)
class ReferDisputeInput:
    """A case that is sent to the dispute resolution centre."""

    id: strawberry.ID = own_id("referral")
    dispute: strawberry.ID = needs("The dispute.", "dispute")
    organisation: strawberry.ID = needs("The centre.", "organisation")
    reason: str = needs("Why.")
    consents: list[strawberry.ID] = needs("The parties that consent: all parties of the case have to.", "party")


@takes(MediationLimit)
class SetMediationLimitInput:
    """The time limit of mediation: a local rule, not the law."""

    community: strawberry.ID = needs("The community.", "community")
    days: int = needs("Days from the beginning of mediation, 1 to 365.")


@payload
class MeetingPayload:
    """A mediation meeting."""

    meeting: Meeting | None = shows("The meeting; null when refused.")


@payload
class SiteVisitPayload:
    """An arranged visit to the place."""

    site_visit: SiteVisit | None = shows("The visit; null when refused.")


@payload
class MediationLimitPayload:
    """A community after its time limit of mediation was set."""

    community: Community | None = shows("The community; null when refused.")


def _move(act: Act, description: str, **fields: Any) -> Any:
    return move(act, DisputePayload, description, dispute=needs("The dispute.", "dispute"), **fields)


@mutations
class MediationMutations:
    """The moves of a dispute's life."""

    note_consent: DisputePayload = _move(
        acts.note_consent,
        "Records whether a party agrees to mediation.",
        party=needs("The party.", "party"),
        consent=needs("The answer."),
        note=may("The party's words."),
    )
    begin_mediation: DisputePayload = _move(
        acts.begin_mediation,
        "Begins mediation, and with it the community's time limit.",
        note=may("How mediation is to be done."),
    )
    record_meeting: MeetingPayload = mutation(
        RecordMeetingInput, acts.record_meeting, MeetingPayload, "Records a mediation meeting."
    )
    plan_site_visit: SiteVisitPayload = mutation(
        PlanSiteVisitInput, acts.plan_site_visit, SiteVisitPayload, "Arranges a visit to the place."
    )
    invite_mediator: DisputePayload = _move(
        acts.invite_mediator,
        "Invites legal counsel or the judicial office to a case at the joint level; they see only that case.",
        account=needs("The account that is invited.", "account"),
    )
    release_mediator: DisputePayload = _move(
        acts.release_mediator,
        "Ends an invitation to mediate jointly.",
        account=needs("The account that was invited.", "account"),
        note=may("Why."),
    )
    raise_dispute: DisputePayload = _move(
        acts.raise_dispute,
        "Sends a dispute one level up, as far as joint mediation.",
        reason=reason("Why it must go up."),
    )
    fail_mediation: DisputePayload = _move(
        acts.fail_mediation,
        "Ends mediation without an agreement; the parties are told of the other routes (article 26).",
        reason=reason("Why there is no agreement."),
        routes_told=needs("The other routes that the parties were told of; at least one (article 26)."),
    )
    withdraw_dispute: DisputePayload = _move(
        acts.withdraw_dispute, "Takes a dispute back for its parties.", reason=reason("Why.")
    )
    refer_dispute: DisputePayload = mutation(
        ReferDisputeInput,
        referrals.refer_dispute,
        DisputePayload,
        "Sends a case to the dispute resolution centre; it stays the community's until the centre accepts.",
    )
    recall_referral: DisputePayload = _move(
        referrals.recall_referral,
        "Takes back a referral that the centre has not answered yet.",
        reason=may("Why.", to="note"),
    )
    accept_referral: DisputePayload = _move(
        referrals.accept_referral,
        "Takes a case over for the centre, which handles it from now on.",
        note=may("What happens next."),
    )
    reject_referral: DisputePayload = _move(
        referrals.reject_referral, "Sends a case back to the community, with the reason.", reason=reason("Why.")
    )
    report_back: DisputePayload = _move(
        referrals.report_back,
        "Reports how a case ended at the centre, which completes the referral.",
        result=reason("How it ended."),
    )
    set_mediation_limit: MediationLimitPayload = mutation(
        SetMediationLimitInput,
        acts.set_mediation_limit,
        MediationLimitPayload,
        "Sets how long mediation may take, for what begins from now on.",
    )
