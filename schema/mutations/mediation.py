"""What can be done about disputes that are there: each move of their life, but for agreements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import strawberry

from db.acts import dispute_moves, referrals
from db.acts.acting import Acting
from db.acts.dispute_moves import Guest, NewMeeting, NewSiteVisit, Step
from db.acts.referrals import NewReferral
from db.disputes import Dispute as DisputeRow
from rules.disputes import Consent, GuestKind, Route
from schema.ids import parse_id
from schema.mediation import Meeting, SiteVisit
from schema.mutations.disputes import DisputePayload
from schema.mutations.parts import (
    ERRORS,
    act_id,
    few,
    given,
    item_of,
    may,
    mutation,
    needs,
    optional_id,
    own_id,
    takes,
    touched,
)
from schema.places import Community
from schema.problems import Problem

_OF = "The dispute."


def _step(of: Any, note: str | None) -> Step:
    return Step(parse_id("dispute", of.dispute, "dispute"), optional_id("act", of.act, "act"), given(note))


@takes
class NoteConsentInput:
    """Whether a party agrees to be mediated. One who clearly refuses ends it (article 17), and may think again."""

    dispute: strawberry.ID = needs(_OF)
    party: strawberry.ID = needs("The party.")
    consent: Consent = needs("What they say.")
    note: str | None = may("In which words.")
    act: strawberry.ID | None = act_id()


@takes
class BeginMediationInput:
    """Mediation begins."""

    dispute: strawberry.ID = needs(_OF)
    note: str | None = may("How it is to be done.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class GuestInput:
    """Who joined a meeting."""

    name: str = needs("Name.")
    kind: GuestKind = needs("Who they are to the matter.")

    def read(self) -> Guest:
        """As the act takes it."""
        return Guest(self.name, self.kind)


@takes
class RecordMeetingInput:
    """A mediation meeting and its minutes."""

    id: strawberry.ID = own_id("meeting")
    dispute: strawberry.ID = needs(_OF)
    place: str = needs("Where it was held.")
    minutes: str = needs("What was said, up to 2,000 characters.")
    parties: list[strawberry.ID] = needs("The parties that were there.")
    guests: list[GuestInput] | None = may("Who joined: relatives, neighbours, experts.")
    guests_consented: bool | None = may("True: the parties consented to the guests (article 20).")
    held_at: datetime | None = may("When; now by default.")

    def read(self) -> NewMeeting:
        """As the act takes it."""
        return NewMeeting(
            id=parse_id("meeting", self.id, "id"),
            dispute=parse_id("dispute", self.dispute, "dispute"),
            place=self.place,
            minutes=self.minutes,
            parties=[parse_id("party", each, "parties", index) for index, each in enumerate(few(self.parties))],
            guests=[item_of("guests", index, each) for index, each in enumerate(few(self.guests, "guests"))],
            consented=bool(given(self.guests_consented)),
            held_at=given(self.held_at),
        )


@takes
class PlanSiteVisitInput:
    """A visit to the place, arranged with the parties."""

    id: strawberry.ID = own_id("sitevisit")
    dispute: strawberry.ID = needs(_OF)
    at: datetime = needs("When.")
    place: str = needs("Where.")
    purpose: str | None = may("What for.")

    def read(self) -> NewSiteVisit:
        """As the act takes it."""
        return NewSiteVisit(
            parse_id("sitevisit", self.id, "id"),
            parse_id("dispute", self.dispute, "dispute"),
            self.at,
            self.place,
            given(self.purpose),
        )


@takes
class InviteMediatorInput:
    """Legal counsel or the judicial office is invited to mediate jointly."""

    dispute: strawberry.ID = needs(_OF)
    account: strawberry.ID = needs("Who.")
    act: strawberry.ID | None = act_id()


@takes
class ReleaseMediatorInput:
    """Somebody who was invited sees the case no longer."""

    dispute: strawberry.ID = needs(_OF)
    account: strawberry.ID = needs("Who.")
    note: str | None = may("Why.")
    act: strawberry.ID | None = act_id()


@takes
class RaiseDisputeInput:
    """What cannot be settled at its level."""

    dispute: strawberry.ID = needs(_OF)
    reason: str = needs("Why it must go up.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class FailMediationInput:
    """No agreement could be reached."""

    dispute: strawberry.ID = needs(_OF)
    reason: str = needs("Why not.")
    routes_told: list[Route] = needs("Where the parties were told they can turn; at least one (article 26).")
    act: strawberry.ID | None = act_id()


@takes
class WithdrawDisputeInput:
    """The parties take it back."""

    dispute: strawberry.ID = needs(_OF)
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class ReferDisputeInput:
    """A case that is sent to the dispute resolution centre."""

    id: strawberry.ID = own_id("referral")
    dispute: strawberry.ID = needs(_OF)
    organisation: strawberry.ID = needs("To which centre.")
    reason: str = needs("Why.")
    consents: list[strawberry.ID] = needs("The parties that consent to it: every one of the case has to.")

    def read(self) -> NewReferral:
        """As the act takes it."""
        return NewReferral(
            parse_id("referral", self.id, "id"),
            parse_id("dispute", self.dispute, "dispute"),
            parse_id("organisation", self.organisation, "organisation"),
            self.reason,
            [parse_id("party", each, "consents", index) for index, each in enumerate(few(self.consents, "consents"))],
        )


@takes
class RecallReferralInput:
    """A referral that nobody has answered yet is taken back."""

    dispute: strawberry.ID = needs(_OF)
    reason: str | None = may("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class AcceptReferralInput:
    """The centre takes the case."""

    dispute: strawberry.ID = needs(_OF)
    note: str | None = may("What happens next.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.note)


@takes
class RejectReferralInput:
    """The centre sends the case back."""

    dispute: strawberry.ID = needs(_OF)
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.reason)


@takes
class ReportBackInput:
    """The centre tells how the case ended."""

    dispute: strawberry.ID = needs(_OF)
    result: str = needs("How it ended.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self, self.result)


@takes
class SetMediationLimitInput:
    """How long mediating may take: a local rule, not the law."""

    community: strawberry.ID = needs("The community.")
    days: int = needs("Days from the beginning of mediation, 1 to 365.")


@strawberry.type(description="A mediation meeting.")
class MeetingPayload:
    """See the description."""

    meeting: Meeting | None = strawberry.field(default=None, description="The meeting; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="An arranged visit to the place.")
class SiteVisitPayload:
    """See the description."""

    site_visit: SiteVisit | None = strawberry.field(default=None, description="The visit; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


@strawberry.type(description="The time that mediating may take.")
class MediationLimitPayload:
    """See the description."""

    community: Community | None = strawberry.field(default=None, description="The community; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _done(dispute: DisputeRow) -> DisputePayload:
    return DisputePayload(dispute=touched(dispute.id))


def _act(takes_: type, act: Callable[[Acting, Any], Awaitable[DisputeRow]], description: str) -> Any:
    return mutation(takes_, act, DisputePayload, _done, description)


def _move(takes_: type, act: Callable[[Acting, Any], Awaitable[DisputeRow]], description: str) -> Any:
    return _act(takes_, lambda acting, said: act(acting, said.read()), description)


@strawberry.type
class MediationMutations:
    """The life of a dispute."""

    note_consent: DisputePayload = _act(
        NoteConsentInput,
        lambda acting, said: dispute_moves.note_consent(
            acting, _step(said, said.note), parse_id("party", said.party, "party"), said.consent
        ),
        "A party says whether they agree to be mediated.",
    )
    begin_mediation: DisputePayload = _move(
        BeginMediationInput, dispute_moves.begin_mediation, "Mediation begins, and with it the community's time limit."
    )
    record_meeting: MeetingPayload = mutation(
        RecordMeetingInput,
        lambda acting, new: dispute_moves.record_meeting(acting, new.read()),
        MeetingPayload,
        lambda uuid: MeetingPayload(meeting=touched(uuid)),
        "Writes down a mediation meeting.",
    )
    plan_site_visit: SiteVisitPayload = mutation(
        PlanSiteVisitInput,
        lambda acting, new: dispute_moves.plan_site_visit(acting, new.read()),
        SiteVisitPayload,
        lambda uuid: SiteVisitPayload(site_visit=touched(uuid)),
        "Arranges a visit to the place.",
    )
    invite_mediator: DisputePayload = _act(
        InviteMediatorInput,
        lambda acting, said: dispute_moves.invite_mediator(
            acting, _step(said, None), parse_id("account", said.account, "account")
        ),
        "Invites legal counsel or the judicial office to a case at the joint level; they see that case alone.",
    )
    release_mediator: DisputePayload = _act(
        ReleaseMediatorInput,
        lambda acting, said: dispute_moves.release_mediator(
            acting, _step(said, said.note), parse_id("account", said.account, "account")
        ),
        "Ends an invitation to mediate jointly.",
    )
    raise_dispute: DisputePayload = _move(
        RaiseDisputeInput, dispute_moves.raise_dispute, "Takes a dispute one level up, as far as joint mediation."
    )
    fail_mediation: DisputePayload = _act(
        FailMediationInput,
        lambda acting, said: dispute_moves.fail_mediation(acting, _step(said, said.reason), said.routes_told),
        "Ends mediation without an agreement; the parties are told of the other routes (article 26).",
    )
    withdraw_dispute: DisputePayload = _move(
        WithdrawDisputeInput, dispute_moves.withdraw_dispute, "The parties take a dispute back."
    )
    refer_dispute: DisputePayload = _move(
        ReferDisputeInput,
        referrals.refer_dispute,
        "Sends a case to the dispute resolution centre; it stays the community's until the centre accepts.",
    )
    recall_referral: DisputePayload = _move(
        RecallReferralInput, referrals.recall_referral, "Takes back a referral that nobody has answered yet."
    )
    accept_referral: DisputePayload = _move(
        AcceptReferralInput, referrals.accept_referral, "The centre takes the case; from now on it is handled there."
    )
    reject_referral: DisputePayload = _move(
        RejectReferralInput, referrals.reject_referral, "The centre sends the case back, with the reason."
    )
    report_back: DisputePayload = _move(
        ReportBackInput, referrals.report_back, "The centre tells how the case ended; the referral is done."
    )
    set_mediation_limit: MediationLimitPayload = mutation(
        SetMediationLimitInput,
        lambda acting, said: dispute_moves.set_mediation_limit(
            acting, parse_id("community", said.community, "community"), said.days
        ),
        MediationLimitPayload,
        lambda policy: MediationLimitPayload(community=touched(policy.community_id)),
        "Sets how long mediating may take, for what begins from now on.",
    )
