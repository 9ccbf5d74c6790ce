"""Acts on disputes: each is a move of the table in rules/dispute_moves.py.

A move locks the dispute, reads its parties and its referral, and asks the rule (:func:`begin`). It then changes rows,
and is saved with its journal entry (:meth:`Case.save`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from db.accounts import Account, Assignment
from db.acts.calendar import today_in
from db.acts.journal import act, entry
from db.base import Row
from db.disputes import (
    Dispute,
    DisputeMediator,
    DisputeParty,
    MediationPolicy,
    Meeting,
    MeetingGuest,
    MeetingParty,
    SiteVisit,
)
from db.places import Community
from db.referrals import Referral
from db.transaction import Transaction
from rules import dispute_moves as moves
from rules import disputes as rules
from rules.access import INVITED_ROLES, Act
from rules.dispute_moves import DisputeMove, DisputeState
from rules.disputes import MEDIATION_DAYS, NEXT_LEVEL, PENDING, Consent, DisputeStatus, GuestKind, Route
from rules.journal import EntryKind
from rules.referrals import OPEN_REFERRALS, ReferralStatus
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_name, check_optional, check_text
from rules.times import check_ahead, check_occurred

MOST_DAYS = 365
"""The longest time limit for mediation. The table has the same limit as a check constraint."""


@dataclass(frozen=True, slots=True)
class Step:
    """A move of a dispute. ``act`` is its idempotency key."""

    dispute: UUID
    act: UUID | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyConsent(Step):
    party: UUID
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat(Step):
    """The account of a mediator who is invited or released."""

    account: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Step):
    routes_told: list[Route]


@dataclass(frozen=True, slots=True)
class Case:
    """A locked dispute on its way through a move, with everything that the rule depends on, read after the lock."""

    tx: Transaction
    move: DisputeMove
    dispute: Dispute
    before: DisputeStatus
    """The status before the move."""
    parties: list[DisputeParty]
    referral: Referral | None
    """The open referral."""

    @property
    def consents(self) -> list[Consent]:
        return [party.consent for party in self.parties]

    def party(self, uuid: UUID, *path: str | int) -> DisputeParty:
        """The party with this id. Raises NOT_FOUND for a party of another dispute."""
        for party in self.parties:
            if party.id == uuid:
                return party
        raise Refusal(Code.NOT_FOUND, *path)

    def parties_of(self, uuids: Sequence[UUID], *path: str | int) -> list[DisputeParty]:
        """The parties with these ids, each once."""
        found = {uuid: self.party(uuid, *path, index) for index, uuid in enumerate(uuids)}
        return list(found.values())

    async def save(self, said: str | None, *rows: Row) -> UUID:
        """Saves the move and ``rows``, which it created or changed, with its journal entry; returns the dispute's id.

        A dispute that ends recalls a referral that the centre has not answered yet.
        """
        dispute, referral, tx = self.dispute, self.referral, self.tx
        dispute.closed_at = None if dispute.status in PENDING else dispute.closed_at or tx.now
        saved = [dispute, *rows, entry(tx, self.move.entry, dispute, from_status=self.before, note=said)]
        ended = dispute.status not in PENDING
        if ended and referral is not None and referral.status is ReferralStatus.PENDING:
            referral.status, referral.answered_at = ReferralStatus.RECALLED, tx.now
            saved += (referral, entry(tx, EntryKind.REFERRAL_RECALLED, dispute))
        await tx.save(*saved)
        return dispute.id


async def begin(tx: Transaction, uuid: UUID, move: DisputeMove) -> Case:
    """Locks a dispute, asks the rule about a move, and sets the new status."""
    dispute = await tx.find(Dispute, uuid, "dispute", lock=True)
    parties = await tx.all(DisputeParty, order=("id",), dispute_id=dispute.id)
    referral = await tx.first(Referral, dispute_id=dispute.id, status=OPEN_REFERRALS)
    case = Case(tx, move, dispute, dispute.status, parties, referral)
    state = DisputeState(
        status=dispute.status,
        level=dispute.level,
        refused=Consent.REFUSED in case.consents,
        unanswered=any(each is not Consent.GIVEN for each in case.consents),
        referral=referral.status if referral else None,
    )
    dispute.status = moves.check_move(tx.viewer, move, state)
    return case


@act(Act.BEGIN_MEDIATION, key="act", again="dispute")
async def begin_mediation(tx: Transaction, step: Step) -> UUID:
    """Begins mediation, and with it the community's own time limit."""
    note = check_optional(step.note, "note")
    case = await begin(tx, step.dispute, moves.BEGIN)
    dispute = case.dispute
    policy = await tx.first(MediationPolicy, order=("-set_at", "-id"), community_id=dispute.community_id)
    dispute.mediation_days = policy.days if policy else MEDIATION_DAYS
    dispute.begun_at, dispute.mediator_id = tx.now, tx.viewer.account_id
    dispute.mediate_by = await today_in(tx, dispute.community_id) + timedelta(dispute.mediation_days)
    return await case.save(note)


@act(Act.NOTE_CONSENT, key="act", again="dispute")
async def note_consent(tx: Transaction, said: PartyConsent) -> UUID:
    """Records whether a party agrees to mediation. A clear refusal ends it (article 17); the party may reconsider."""
    note = check_optional(said.note, "note")
    case = await begin(tx, said.dispute, moves.CONSENT)
    party = case.party(said.party, "party")
    party.consent, party.consented_at = said.consent, None if said.consent is Consent.PENDING else tx.now
    case.dispute.status = rules.status_after_consent(case.dispute.status, case.consents)
    return await case.save(note, party)


@dataclass(frozen=True, slots=True)
class Guest:
    name: str
    kind: GuestKind


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """A mediation meeting with its minutes and attendants. ``held_at`` is now by default."""

    id: UUID
    dispute: UUID
    place: str
    minutes: str
    parties: list[UUID]
    guests: list[Guest] = field(default_factory=list)
    guests_consented: bool = False
    held_at: datetime | None = None


@act(Act.HOLD_MEETING)
async def record_meeting(tx: Transaction, new: NewMeeting) -> UUID:
    """Records a mediation meeting. Guests join only with the parties' consent (article 20)."""
    rules.check_guests(len(new.guests), consented=new.guests_consented)
    held_at = new.held_at or tx.now
    check_occurred(held_at, tx.now, tx.viewer.role, "heldAt")
    place = check_text(new.place, "place", limit=LINE_LIMIT)
    minutes = check_text(new.minutes, "minutes")
    guests = [
        MeetingGuest(meeting_id=new.id, name=check_name(each.name, "guests", index, "name"), kind=each.kind)
        for index, each in enumerate(new.guests)
    ]
    case = await begin(tx, new.dispute, moves.MEET)
    there = [MeetingParty(meeting_id=new.id, party_id=party.id) for party in case.parties_of(new.parties, "parties")]
    facts = {"dispute_id": new.dispute, "held_at": held_at, "place": place, "minutes": minutes}
    meeting = Meeting(id=new.id, **facts, **tx.stamp("recorded"))
    held = entry(tx, EntryKind.MEETING_HELD, case.dispute, occurred_at=held_at, note=new.minutes)
    await tx.save(meeting, *there, *guests, held)
    return new.id


@dataclass(frozen=True, slots=True)
class NewSiteVisit:
    """A visit to the site that is arranged with the parties."""

    id: UUID
    dispute: UUID
    at: datetime
    place: str
    purpose: str | None = None


@act(Act.PLAN_SITE_VISIT)
async def plan_site_visit(tx: Transaction, new: NewSiteVisit) -> UUID:
    check_ahead(new.at, tx.now, "at")
    place = check_text(new.place, "place", limit=LINE_LIMIT)
    purpose = check_optional(new.purpose, "purpose", limit=LINE_LIMIT)
    case = await begin(tx, new.dispute, moves.PLAN_VISIT)
    stamp = tx.stamp("planned")
    visit = SiteVisit(id=new.id, dispute_id=new.dispute, at=new.at, place=place, purpose=purpose, **stamp)
    await tx.save(visit, entry(tx, EntryKind.SITE_VISIT_PLANNED, case.dispute, note=place))
    return new.id


@act(Act.INVITE_MEDIATOR, key="act", again="dispute")
async def invite_mediator(tx: Transaction, seat: Seat) -> UUID:
    """Invites legal counsel or the judicial office to a dispute at the joint level. They see only that dispute."""
    case = await begin(tx, seat.dispute, moves.INVITE)
    account = await tx.find(Account, seat.account, "account")
    if account.role not in INVITED_ROLES or account.disabled_at is not None:
        raise invalid("只能邀请法律顾问或司法所", "account")
    await _check_in_office(tx, account, case.dispute.community_id)
    columns: dict[str, Any] = {"dispute_id": seat.dispute, "account_id": account.id}
    if await tx.first(DisputeMediator, **columns, released_at=None) is not None:
        return await case.save(account.name)
    return await case.save(account.name, DisputeMediator(**columns, **tx.stamp("invited")))


async def _check_in_office(tx: Transaction, account: Account, community_id: UUID) -> None:
    """Refuses somebody without a post in the community today. The lock waits for a post that is ending."""
    posts = await tx.all(Assignment, lock="share", account_id=account.id, community_id=community_id)
    if not posts:
        raise Refusal(Code.NOT_FOUND, "account")
    today = await today_in(tx, community_id)
    if not any(each.starts_on <= today <= (each.ends_on or today) for each in posts):
        raise invalid("此人现在不在任", "account")


@act(Act.RELEASE_MEDIATOR, key="act", again="dispute")
async def release_mediator(tx: Transaction, seat: Seat) -> UUID:
    """Ends an invitation to mediate jointly. The account no longer sees the dispute."""
    note = check_optional(seat.note, "note")
    case = await begin(tx, seat.dispute, moves.RELEASE)
    columns: dict[str, Any] = {"dispute_id": seat.dispute, "account_id": seat.account, "released_at": None}
    held = await tx.one(DisputeMediator, "account", **columns)
    held.released_at = tx.now
    return await case.save(note, held)


@act(Act.RAISE_DISPUTE, key="act", again="dispute")
async def raise_dispute(tx: Transaction, step: Step) -> UUID:
    """Sends a dispute one level up: to the mediation studio, then to joint mediation."""
    reason = check_text(step.note or "", "reason")
    case = await begin(tx, step.dispute, moves.RAISE)
    case.dispute.level = NEXT_LEVEL[case.dispute.level]
    return await case.save(reason)


@act(Act.FAIL_MEDIATION, key="act", again="dispute")
async def fail_mediation(tx: Transaction, said: Failure) -> UUID:
    """Ends mediation without an agreement, after the parties were informed of the other routes (article 26)."""
    rules.check_routes(said.routes_told)
    reason = check_text(said.note or "", "reason")
    case = await begin(tx, said.dispute, moves.FAIL)
    dispute = case.dispute
    dispute.end_reason = reason
    dispute.told_court = Route.COURT in said.routes_told
    dispute.told_arbitration = Route.ARBITRATION in said.routes_told
    dispute.told_administrative = Route.ADMINISTRATIVE in said.routes_told
    return await case.save(reason)


@act(Act.WITHDRAW_DISPUTE, key="act", again="dispute")
async def withdraw_dispute(tx: Transaction, step: Step) -> UUID:
    reason = check_text(step.note or "", "reason")
    case = await begin(tx, step.dispute, moves.WITHDRAW)
    case.dispute.end_reason = reason
    return await case.save(reason)


@dataclass(frozen=True, slots=True)
class MediationLimit:
    community: UUID
    days: int
    act: UUID | None = None


@act(Act.SET_MEDIATION_LIMIT, key="act", again="community")
async def set_mediation_limit(tx: Transaction, limit: MediationLimit) -> UUID:
    """Sets a community's time limit for mediation. Disputes in mediation keep theirs."""
    await tx.find(Community, limit.community, "community", lock=True)
    if not 1 <= limit.days <= MOST_DAYS:
        raise invalid("期限应在1至{days}天之间", "days", days=MOST_DAYS)
    policy = MediationPolicy(community_id=limit.community, days=limit.days, **tx.stamp("set"))
    await tx.save(policy, entry(tx, EntryKind.MEDIATION_LIMIT_SET, policy, note=f"{limit.days}天"))
    return limit.community
