"""Acts on disputes that are there: each move of the one table in rules/dispute_moves.py, but for agreements."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from db.accounts import Account, Assignment
from db.acts.acting import Acting
from db.acts.disputes import note
from db.acts.journal import append, digest_of, is_replay
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
from rules import dispute_moves as moves
from rules import disputes as rules
from rules.access import Act, Role, require
from rules.dispute_moves import Move, Standing
from rules.disputes import (
    MEDIATION_DAYS,
    NEXT_LEVEL,
    PENDING,
    Consent,
    DisputeLevel,
    DisputeStatus,
    GuestKind,
    Route,
)
from rules.journal import EntryKind
from rules.referrals import OPEN, ReferralStatus
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.visits import check_occurred

INVITED_ROLES = frozenset({Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE})


@dataclass(frozen=True, slots=True)
class Step:
    """A move of an existing dispute; ``act`` is the client's id for it, which makes a retry harmless."""

    dispute: UUID
    act: UUID | None = None
    note: str | None = None


Change = Callable[[Dispute], Awaitable[str | None] | str | None]
"""What a move does besides, done once however often the act arrives; it may give back what the journal is told."""


async def begin_mediation(acting: Acting, step: Step) -> Dispute:
    """Mediation begins, and with it the community's own time limit."""
    days, today = await _limit(acting, step.dispute)

    def change(dispute: Dispute) -> None:
        dispute.begun_at, dispute.mediator_id = acting.now, acting.viewer.account_id
        dispute.mediation_days, dispute.mediate_by = days, today + timedelta(days=days)

    return await move(acting, step, moves.BEGIN, check_optional(step.note, "note"), change)


async def _limit(acting: Acting, dispute: UUID) -> tuple[int, date]:
    """The days that mediating may take, and today by the community's calendar."""
    community = (await acting.session.exec(select(Dispute.community_id).where(Dispute.id == dispute))).first()
    if community is None:
        raise Refusal(Code.NOT_FOUND, "dispute")
    newest = (
        select(MediationPolicy.days)
        .where(MediationPolicy.community_id == community)
        .order_by(col(MediationPolicy.set_at).desc(), col(MediationPolicy.id).desc())
        .limit(1)
    )
    days = (await acting.session.exec(newest)).first() or MEDIATION_DAYS
    return days, acting.now.astimezone(await zone_of(acting, community)).date()


async def note_consent(acting: Acting, step: Step, party_id: UUID, consent: Consent) -> Dispute:
    """A party says whether they agree to be mediated; one who clearly refuses ends it (article 17)."""
    said = check_optional(step.note, "note")
    parties = {party.id: party for party in await parties_of(acting, step.dispute)}

    def change(dispute: Dispute) -> None:
        if party_id not in parties:
            raise Refusal(Code.NOT_FOUND, "party")
        party = parties[party_id]
        party.consent, party.consented_at = consent, None if consent is Consent.PENDING else acting.now
        acting.session.add(party)
        consents = [each.consent for each in parties.values()]
        dispute.status = rules.status_after_consent(DisputeStatus(dispute.status), consents)

    return await move(acting, step, moves.CONSENT, said, change, extra=[str(party_id), consent])


@dataclass(frozen=True, slots=True)
class Guest:
    """Who joined with the parties' consent."""

    name: str
    kind: GuestKind


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """A mediation meeting, its minutes, and who was there."""

    id: UUID
    dispute: UUID
    place: str
    minutes: str
    parties: list[UUID]
    guests: list[Guest]
    consented: bool = False
    held_at: datetime | None = None


async def record_meeting(acting: Acting, new: NewMeeting) -> UUID:
    """Writes down a mediation meeting. Others join with the parties' consent alone (article 20)."""
    digest = digest_of(new)
    require(acting.viewer, Act.HOLD_MEETING)
    if await is_replay(acting, new.id, digest):
        return new.id
    dispute = await acting.find(Dispute, new.dispute, "dispute", lock=True)
    moves.check_move(acting.viewer, moves.MEET, await standing_of(acting, dispute))
    rules.check_guests(len(new.guests), consented=new.consented)
    held_at = new.held_at or acting.now
    check_occurred(held_at, acting.now, "heldAt")
    acting.session.add(
        Meeting(
            id=new.id,
            dispute_id=dispute.id,
            held_at=held_at,
            place=check_text(new.place, "place", limit=LINE_LIMIT),
            minutes=check_text(new.minutes, "minutes"),
            recorded_by=acting.viewer.account_id,
            recorded_at=acting.now,
        )
    )
    await acting.session.flush()
    for party in await some_parties(acting, dispute.id, new.parties, "parties"):
        acting.session.add(MeetingParty(meeting_id=new.id, party_id=party.id))
    for index, guest in enumerate(new.guests):
        name = check_text(guest.name, "guests", index, "name", limit=LINE_LIMIT)
        acting.session.add(MeetingGuest(meeting_id=new.id, name=name, kind=guest.kind))
    note(acting, EntryKind.MEETING_HELD, dispute, act_id=new.id, digest=digest, occurred_at=held_at, note=new.minutes)
    return new.id


@dataclass(frozen=True, slots=True)
class NewSiteVisit:
    """A visit to the place, arranged with the parties."""

    id: UUID
    dispute: UUID
    at: datetime
    place: str
    purpose: str | None = None


async def plan_site_visit(acting: Acting, new: NewSiteVisit) -> UUID:
    """Arranges a visit to the place."""
    digest = digest_of(new)
    require(acting.viewer, Act.PLAN_SITE_VISIT)
    if await is_replay(acting, new.id, digest):
        return new.id
    dispute = await acting.find(Dispute, new.dispute, "dispute", lock=True)
    moves.check_move(acting.viewer, moves.PLAN_VISIT, await standing_of(acting, dispute))
    if new.at < acting.now:
        raise invalid("约定的时间已经过去", "the time has passed already", "at")
    place = check_text(new.place, "place", limit=LINE_LIMIT)
    purpose = check_optional(new.purpose, "purpose", limit=LINE_LIMIT)
    by: dict[str, Any] = {"planned_by": acting.viewer.account_id, "planned_at": acting.now}
    acting.session.add(SiteVisit(id=new.id, dispute_id=dispute.id, at=new.at, place=place, purpose=purpose, **by))
    note(acting, EntryKind.SITE_VISIT_PLANNED, dispute, act_id=new.id, digest=digest, note=place)
    return new.id


async def invite_mediator(acting: Acting, step: Step, account_id: UUID) -> Dispute:
    """Legal counsel or the judicial office joins a case at the joint level, and sees that case alone."""
    account = await acting.find(Account, account_id, "account")
    if account.role not in INVITED_ROLES or account.disabled_at is not None:
        raise invalid("只能邀请法律顾问或司法所", "only legal counsel and the judicial office are invited", "account")

    async def change(dispute: Dispute) -> None:
        await _check_post(acting, account_id, dispute.community_id)
        if not await _seats(acting, dispute.id, account_id):
            by: dict[str, Any] = {"invited_by": acting.viewer.account_id, "invited_at": acting.now}
            acting.session.add(DisputeMediator(dispute_id=dispute.id, account_id=account_id, **by))

    return await move(acting, step, moves.INVITE, account.name, change, extra=str(account_id))


async def _check_post(acting: Acting, account_id: UUID, community_id: UUID) -> None:
    post = select(Assignment.id).where(Assignment.account_id == account_id, Assignment.community_id == community_id)
    if (await acting.session.exec(post.limit(1))).first() is None:
        raise Refusal(Code.NOT_FOUND, "account")


async def _seats(acting: Acting, dispute: UUID, account_id: UUID) -> Sequence[DisputeMediator]:
    held = select(DisputeMediator).where(
        DisputeMediator.dispute_id == dispute,
        DisputeMediator.account_id == account_id,
        col(DisputeMediator.released_at).is_(None),
    )
    return (await acting.session.exec(held)).all()


async def release_mediator(acting: Acting, step: Step, account_id: UUID) -> Dispute:
    """Who was invited sees the case no longer."""

    async def change(dispute: Dispute) -> None:
        seats = await _seats(acting, dispute.id, account_id)
        if not seats:
            raise Refusal(Code.NOT_FOUND, "account")
        for seat in seats:
            seat.released_at = acting.now
            acting.session.add(seat)

    said = check_optional(step.note, "note")
    return await move(acting, step, moves.RELEASE, said, change, extra=str(account_id))


async def raise_dispute(acting: Acting, step: Step) -> Dispute:
    """What cannot be settled here goes one level up: to the mediation studio, then to joint mediation."""

    def change(dispute: Dispute) -> None:
        dispute.level = NEXT_LEVEL[DisputeLevel(dispute.level)]

    return await move(acting, step, moves.RAISE, check_text(step.note or "", "reason"), change)


async def fail_mediation(acting: Acting, step: Step, routes: Sequence[Route]) -> Dispute:
    """No agreement: mediation ends, and the parties are told where they can turn (article 26)."""
    rules.check_routes(routes)
    reason = check_text(step.note or "", "reason")

    def change(dispute: Dispute) -> None:
        dispute.end_reason = reason
        dispute.told_court = Route.COURT in routes
        dispute.told_arbitration = Route.ARBITRATION in routes
        dispute.told_administrative = Route.ADMINISTRATIVE in routes

    return await move(acting, step, moves.FAIL, reason, change, extra=sorted(routes))


async def withdraw_dispute(acting: Acting, step: Step) -> Dispute:
    """The parties take it back."""
    reason = check_text(step.note or "", "reason")
    return await move(acting, step, moves.WITHDRAW, reason, lambda dispute: setattr(dispute, "end_reason", reason))


async def set_mediation_limit(acting: Acting, community: UUID, days: int) -> MediationPolicy:
    """How long mediating may take, for what begins from now on."""
    require(acting.viewer, Act.SET_MEDIATION_LIMIT)
    await acting.find(Community, community, "community")
    if not 1 <= days <= 365:  # noqa: PLR2004  as the table's own check
        raise invalid("期限应在1至365天之间", "between 1 and 365 days", "days")
    policy = MediationPolicy(community_id=community, days=days, set_by=acting.viewer.account_id, set_at=acting.now)
    acting.session.add(policy)
    append(acting, EntryKind.MEDIATION_LIMIT_SET, community_id=community, note=f"{days}天")
    return policy


async def move(
    acting: Acting,
    step: Step,
    made: Move,
    said: str | None,
    change: Change | None = None,
    *,
    extra: object = None,
    key: str = "act",
) -> Dispute:
    """Makes a move of a dispute, once however often it arrives, and tells the journal; ``key`` names the act's id."""
    dispute = await _locked_for(acting, step, made, extra, key)
    if dispute is None:
        return await seen(acting, step.dispute)
    before = DisputeStatus(dispute.status)
    with acting.session.no_autoflush:
        dispute.status = moves.check_move(acting.viewer, made, await standing_of(acting, dispute))
        _close(dispute, acting.now)
        if change is not None:
            said = await _done(change(dispute)) or said
            _close(dispute, acting.now)
        await _settle(acting, dispute, made, before, said, _act(step, made, extra))
    return dispute


def _close(dispute: Dispute, now: datetime) -> None:
    """It is closed when it is no longer pending, from the first such moment on."""
    dispute.closed_at = None if dispute.status in PENDING else dispute.closed_at or now


async def _done(changing: Awaitable[str | None] | str | None) -> str | None:
    return changing if isinstance(changing, str | None) else await changing


async def _locked_for(acting: Acting, step: Step, made: Move, extra: object, key: str) -> Dispute | None:
    """The dispute, locked; nothing when the move was made before."""
    require(acting.viewer, made.act)
    if step.act is not None and await is_replay(acting, step.act, digest_of([made.entry, step, extra]), key):
        return None
    return await acting.find(Dispute, step.dispute, "dispute", lock=True)


def _act(step: Step, made: Move, extra: object) -> dict[str, Any]:
    return {"act_id": step.act, "digest": digest_of([made.entry, step, extra])} if step.act else {}


async def seen(acting: Acting, uuid: UUID) -> Dispute:
    """The dispute of an act that was done before."""
    return await acting.session.get_one(Dispute, uuid)


async def _settle(
    acting: Acting, dispute: Dispute, made: Move, before: DisputeStatus, said: str | None, act: dict[str, Any]
) -> None:
    acting.session.add(dispute)
    note(acting, made.entry, dispute, from_status=before, note=said, **act)
    if dispute.status not in PENDING:
        await _recall_if_waiting(acting, dispute)


async def _recall_if_waiting(acting: Acting, dispute: Dispute) -> None:
    """What is over at home waits for nobody elsewhere."""
    waiting = select(Referral).where(Referral.dispute_id == dispute.id, Referral.status == ReferralStatus.PENDING)
    referral = (await acting.session.exec(waiting)).first()
    if referral is not None:
        referral.status, referral.answered_at = ReferralStatus.RECALLED, acting.now
        acting.session.add(referral)
        note(acting, EntryKind.REFERRAL_RECALLED, dispute)


async def standing_of(acting: Acting, dispute: Dispute) -> Standing:
    """Everything that its moves depend on."""
    consents = [each.consent for each in await parties_of(acting, dispute.id)]
    open_one = select(Referral.status).where(Referral.dispute_id == dispute.id, col(Referral.status).in_(OPEN))
    referral = (await acting.session.exec(open_one)).first()
    return Standing(
        status=DisputeStatus(dispute.status),
        level=DisputeLevel(dispute.level),
        refused=Consent.REFUSED in consents,
        unanswered=any(each is not Consent.GIVEN for each in consents),
        referral=ReferralStatus(referral) if referral else None,
    )


async def parties_of(acting: Acting, dispute: UUID) -> list[DisputeParty]:
    """Its parties, in their order."""
    statement = select(DisputeParty).where(DisputeParty.dispute_id == dispute).order_by(col(DisputeParty.id))
    return list((await acting.session.exec(statement.execution_options(populate_existing=True))).all())


async def some_parties(acting: Acting, dispute: UUID, wanted: Sequence[UUID], *path: str | int) -> list[DisputeParty]:
    """Those of its parties with these ids; another's is refused."""
    own = {party.id: party for party in await parties_of(acting, dispute)}
    for index, uuid in enumerate(wanted):
        if uuid not in own:
            raise Refusal(Code.NOT_FOUND, *path, index)
    return [own[uuid] for uuid in dict.fromkeys(wanted)]


async def zone_of(acting: Acting, community: UUID) -> ZoneInfo:
    """The community's time zone."""
    statement = select(Community.time_zone).where(Community.id == community)
    return ZoneInfo((await acting.session.exec(statement)).one())
