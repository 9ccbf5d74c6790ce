"""Acts on disputes: report one, and record the agreement that settles it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import select

from db.acts.acting import Acting
from db.acts.journal import append, digest_of, is_replay
from db.acts.places import community_of_grid
from db.disputes import Agreement, Dispute, DisputeParty
from db.people import Resident
from db.places import Community, Household, Premises
from rules import disputes as rules
from rules.access import Act, require
from rules.disputes import (
    AgreementForm,
    Consent,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    PartyRole,
)
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.visits import check_occurred


@dataclass(frozen=True, slots=True)
class NewParty:
    """A party: exactly one of resident, household, premises, or an outsider's name."""

    role: PartyRole
    consent: Consent = Consent.PENDING
    claim: str | None = None
    resident: UUID | None = None
    household: UUID | None = None
    premises: UUID | None = None
    outsider_name: str | None = None
    outsider_phone: str | None = None


@dataclass(frozen=True, slots=True)
class NewDispute:
    """What is reported. Without a grid it belongs to that of the first party on the register."""

    id: UUID
    type: DisputeType
    title: str
    facts: str
    parties: list[NewParty]
    origin: DisputeOrigin = DisputeOrigin.PROACTIVE
    referred_by: str | None = None
    grid: UUID | None = None
    opened_at: datetime | None = None
    visit: UUID | None = None
    from_report: UUID | None = None


async def open_dispute(acting: Acting, new: NewDispute) -> UUID:
    """Reports a dispute with its parties."""
    require(acting.viewer, Act.OPEN_DISPUTE)
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return new.id
    rules.check_parties([party.consent for party in new.parties])
    grids = [await _party_grid(acting, party, index) for index, party in enumerate(new.parties)]
    dispute = await _new_dispute(acting, new, await _grid(acting, new, grids))
    acting.session.add(dispute)
    await acting.session.flush()
    acting.session.add_all(_party(new.id, party, index) for index, party in enumerate(new.parties))
    _note(acting, EntryKind.DISPUTE_OPENED, dispute, act_id=new.id, digest=digest, occurred_at=dispute.opened_at)
    return new.id


async def _new_dispute(acting: Acting, new: NewDispute, grid_id: UUID) -> Dispute:
    opened_at = new.opened_at or acting.now
    check_occurred(opened_at, acting.now, "openedAt")
    return Dispute(
        id=new.id,
        community_id=await community_of_grid(acting, grid_id),
        grid_id=grid_id,
        type=new.type,
        origin=new.origin,
        referred_by=_referred_by(new),
        title=check_text(new.title, "title", limit=LINE_LIMIT),
        facts=check_text(new.facts, "facts"),
        registered_by=acting.viewer.account_id,
        visit_id=new.visit,
        from_report_id=new.from_report,
        opened_at=opened_at,
        recorded_at=acting.now,
    )


def _referred_by(new: NewDispute) -> str | None:
    name = check_optional(new.referred_by, "referredBy", limit=LINE_LIMIT)
    if (new.origin is DisputeOrigin.REFERRED) != (name is not None):
        raise invalid("移交委托的须写明移交单位", "`referredBy` goes with REFERRED, and only with it", "referredBy")
    return name


async def _party_grid(acting: Acting, party: NewParty, index: int) -> UUID | None:
    """The grid of a party on the register; each must be the viewer's to see."""
    path = ("parties", index)
    given = [party.resident, party.household, party.premises, party.outsider_name]
    if sum(value is not None for value in given) != 1:
        raise invalid("每方当事人须且只能填一种身份", "a party is exactly one of the four", *path)
    if party.resident:
        return (await acting.find(Resident, party.resident, *path, "resident")).grid_id
    if party.household:
        return (await acting.find(Household, party.household, *path, "household")).grid_id
    if party.premises:
        return (await acting.find(Premises, party.premises, *path, "premises")).grid_id
    return None


async def _grid(acting: Acting, new: NewDispute, grids: Sequence[UUID | None]) -> UUID:
    known = next((grid for grid in grids if grid is not None), None)
    if new.grid is None:
        if known is None:
            raise invalid("请选择网格", "say which grid it belongs to", "grid")
        return known
    if new.grid not in grids and not await acting.works_in(new.grid):
        raise Refusal(Code.NOT_FOUND, "grid")
    return new.grid


def _party(dispute_id: UUID, party: NewParty, index: int) -> DisputeParty:
    path = ("parties", index)
    return DisputeParty(
        dispute_id=dispute_id,
        role=party.role,
        consent=party.consent,
        claim=check_optional(party.claim, *path, "claim"),
        resident_id=party.resident,
        household_id=party.household,
        premises_id=party.premises,
        outsider_name=_line(party.outsider_name, *path, "outsiderName"),
        outsider_phone=check_optional(party.outsider_phone, *path, "outsiderPhone", limit=LINE_LIMIT),
    )


def _line(value: str | None, *path: str | int) -> str | None:
    return None if value is None else check_text(value, *path, limit=LINE_LIMIT)


def _note(acting: Acting, kind: EntryKind, dispute: Dispute, **facts: Any) -> None:
    append(
        acting,
        kind,
        community_id=dispute.community_id,
        grid_id=dispute.grid_id,
        visit_id=dispute.visit_id,
        dispute_id=dispute.id,
        to_status=dispute.status,
        **facts,
    )


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """What the parties agreed. Written: the day of each mark that it bears already."""

    id: UUID
    dispute: UUID
    form: AgreementForm
    content: str
    facts: str | None = None
    performance: str | None = None
    due_on: date | None = None
    reached_at: datetime | None = None
    parties_signed_on: date | None = None
    mediator_signed_on: date | None = None
    sealed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """An agreement and the dispute it settles."""

    agreement: UUID
    dispute: UUID


async def record_agreement(acting: Acting, new: NewAgreement) -> Settled:
    """Settles a dispute by agreement (People's Mediation Law, articles 28 and 29)."""
    require(acting.viewer, Act.RECORD_AGREEMENT)
    digest = digest_of(new)
    settled = Settled(new.id, new.dispute)
    if await is_replay(acting, new.id, digest):
        return settled
    dispute = await acting.find(Dispute, new.dispute, "dispute", lock=True)
    before = dispute.status
    rules.check_agreement(acting.viewer, before, DisputeLevel(dispute.level), await _consents(acting, dispute))
    acting.session.add(await _agreement(acting, new, dispute))
    dispute.status, dispute.closed_at = DisputeStatus.AGREED, acting.now
    dispute.mediator_id = dispute.mediator_id or acting.viewer.account_id
    acting.session.add(dispute)
    _note(acting, EntryKind.AGREEMENT_RECORDED, dispute, from_status=before, act_id=new.id, digest=digest)
    return settled


async def _consents(acting: Acting, dispute: Dispute) -> list[Consent]:
    statement = select(DisputeParty.consent).where(DisputeParty.dispute_id == dispute.id)
    return [Consent(each) for each in (await acting.session.exec(statement)).all()]


async def _agreement(acting: Acting, new: NewAgreement, dispute: Dispute) -> Agreement:
    facts, performance = check_optional(new.facts, "facts"), check_optional(new.performance, "performance")
    if new.form is AgreementForm.WRITTEN:
        rules.check_written(facts, performance)
    reached_at = new.reached_at or acting.now
    check_occurred(reached_at, acting.now, "reachedAt")
    marks = (new.parties_signed_on, new.mediator_signed_on, new.sealed_on)
    local = reached_at.astimezone(await _zone(acting, dispute))
    return Agreement(
        id=new.id,
        dispute_id=dispute.id,
        form=new.form,
        content=check_text(new.content, "content"),
        facts=facts,
        performance=performance,
        due_on=new.due_on,
        reached_at=reached_at,
        parties_signed_on=new.parties_signed_on,
        mediator_signed_on=new.mediator_signed_on,
        sealed_on=new.sealed_on,
        effective_on=rules.effective_on(new.form, local, *marks),
        recorded_by=acting.viewer.account_id,
        recorded_at=acting.now,
    )


async def _zone(acting: Acting, dispute: Dispute) -> ZoneInfo:
    statement = select(Community.time_zone).where(Community.id == dispute.community_id)
    return ZoneInfo((await acting.session.exec(statement)).one())
