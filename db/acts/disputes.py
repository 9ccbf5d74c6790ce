"""Opening a dispute with its parties."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from db.acts.journal import act, entry
from db.acts.late import now_or_then
from db.acts.people import is_home_of, on_register
from db.disputes import Dispute, DisputeParty
from db.places import Grid, Household, Organisation, Premises
from db.transaction import Transaction
from rules import disputes as rules
from rules.access import Act
from rules.disputes import PENDING, Consent, DisputeLevel, DisputeOrigin, DisputeType, PartyRole
from rules.journal import EntryKind
from rules.money import check_amount
from rules.phones import check_contact
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.times import check_occurred


@dataclass(frozen=True, slots=True)
class NewParty:
    """A party: exactly one of resident, household, premises, organisation, and the name of an outsider.

    For a household a resident of it may speak, for a household, premises or an organisation a person by name.
    """

    role: PartyRole
    consent: Consent = Consent.PENDING
    claim: str | None = None
    claim_amount: Decimal | None = None
    resident: UUID | None = None
    household: UUID | None = None
    premises: UUID | None = None
    organisation: UUID | None = None
    outsider_name: str | None = None
    outsider_phone: str | None = None
    speaker: UUID | None = None
    speaker_name: str | None = None
    speaker_phone: str | None = None


@dataclass(frozen=True, slots=True)
class NewDispute:
    """A new dispute. ``grid`` is by default that of the first party on the register."""

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
    level: DisputeLevel = DisputeLevel.GRID


@act(Act.OPEN_DISPUTE)
async def open_dispute(tx: Transaction, new: NewDispute) -> UUID:
    texts = {"title": check_text(new.title, "title", limit=LINE_LIMIT), "facts": check_text(new.facts, "facts")}
    referred_by = check_optional(new.referred_by, "referredBy", limit=LINE_LIMIT)
    consents = [party.consent for party in new.parties]
    rules.check_parties(consents)
    for index, party in enumerate(new.parties):
        checked_names(party, "parties", index)
    opened_at = new.opened_at or tx.now
    if new.from_report is None:
        # Otherwise it is the time of the report, as it was recorded then.
        check_occurred(opened_at, tx.now, tx.viewer.role, "openedAt")
    parties, grid = await now_or_then(tx, opened_at, lambda: _who_and_where(tx, new))
    if (new.origin is DisputeOrigin.REFERRED) != (referred_by is not None):
        raise invalid("移交委托的须写明移交单位", "referredBy")
    status = rules.opening_status(consents)
    dispute = Dispute(
        id=new.id,
        community_id=grid.community_id,
        grid_id=grid.id,
        type=new.type,
        origin=new.origin,
        referred_by=referred_by,
        **texts,
        registered_by=tx.viewer.account_id,
        visit_id=new.visit,
        from_report_id=new.from_report,
        level=new.level,
        status=status,
        opened_at=opened_at,
        recorded_at=tx.now,
        closed_at=None if status in PENDING else tx.now,
    )
    rows = [party_row(tx, dispute, party, "parties", index) for index, party in enumerate(parties)]
    await tx.save(dispute, *rows, entry(tx, EntryKind.DISPUTE_OPENED, dispute, occurred_at=opened_at))
    return new.id


async def _who_and_where(tx: Transaction, new: NewDispute) -> tuple[list[NewParty], Grid]:
    known = [await known_party(tx, party, "parties", index) for index, party in enumerate(new.parties)]
    grid = await tx.get(Grid, id=await _grid(tx, new, [each for _, each in known]))
    return [party for party, _ in known], grid


async def known_party(tx: Transaction, party: NewParty, *path: str | int) -> tuple[NewParty, UUID | None]:
    """A party whom the viewer must see, by the records that were kept, and its grid.

    The grid is None for an organisation and an outsider.
    """
    given = [party.resident, party.household, party.premises, party.organisation, party.outsider_name]
    if sum(value is not None for value in given) != 1:
        raise invalid("每方当事人须且只能填一种身份", *path)
    party = await with_speaker(tx, party, *path)
    if party.organisation:
        await tx.find(Organisation, party.organisation, *path, "organisation")
    if party.resident:
        resident = await on_register(tx, party.resident, *path, "resident", lock="share")
        return replace(party, resident=resident.id), resident.grid_id
    if party.household:
        return party, (await tx.find(Household, party.household, *path, "household")).grid_id
    premises = await tx.find(Premises, party.premises, *path, "premises") if party.premises else None
    return party, premises.grid_id if premises else None


async def with_speaker(tx: Transaction, party: NewParty, *path: str | int) -> NewParty:
    """The party with the kept record of its speaker.

    Nobody speaks for a person. A resident speaks only for the household in which they live.
    """
    spoken_for = party.household or party.premises or party.organisation
    if party.speaker_phone and party.speaker_name is None:
        raise invalid("请写明代表人姓名", *path, "speakerName")
    if party.speaker is not None and party.speaker_name is not None:
        raise invalid("代表人只能填一种", *path, "speaker")
    if party.speaker_name is not None and spoken_for is None:
        raise invalid("个人当事人不填代表人", *path, "speakerName")
    if party.speaker is None:
        return party
    if party.household is None:
        raise invalid("只有住户由登记的居民代表", *path, "speaker")
    resident = await on_register(tx, party.speaker, *path, "speaker", lock="share")
    if resident.left_on is not None or not await is_home_of(tx, party.household, resident, party.speaker):
        raise invalid("该居民不住在这一户", *path, "speaker")
    return replace(party, speaker=resident.id)


async def _grid(tx: Transaction, new: NewDispute, grids: Sequence[UUID | None]) -> UUID:
    known = next((grid for grid in grids if grid is not None), None)
    if new.grid is None:
        if known is None:
            raise invalid("请选择网格", "grid")
        return known
    if new.grid not in grids and not await tx.works_in(new.grid):
        raise Refusal(Code.NOT_FOUND, "grid")
    return new.grid


def party_row(tx: Transaction, dispute: Dispute, party: NewParty, *path: str | int) -> DisputeParty:
    """The row of a party, with its texts checked."""
    return DisputeParty(
        dispute_id=dispute.id,
        grid_id=dispute.grid_id,
        role=party.role,
        consent=party.consent,
        consented_at=None if party.consent is Consent.PENDING else tx.now,
        claim=check_optional(party.claim, *path, "claim"),
        claim_amount=check_amount(party.claim_amount, *path, "claimAmount"),
        **who_columns(party, *path),
    )


def who_columns(party: NewParty, *path: str | int) -> dict[str, Any]:
    """The columns of a party that say who it is and who speaks for it, with the texts checked."""
    return {
        "resident_id": party.resident,
        "household_id": party.household,
        "premises_id": party.premises,
        "organisation_id": party.organisation,
        "speaker_id": party.speaker,
        **checked_names(party, *path),
    }


def checked_names(party: Any, *path: str | int) -> dict[str, Any]:
    """The names and telephones of a party or of its correction, checked."""
    names = {"outsiderName": party.outsider_name, "speakerName": party.speaker_name}
    outsider, speaker = (
        None if given is None else check_text(given, *path, name, limit=LINE_LIMIT) for name, given in names.items()
    )
    return {
        "outsider_name": outsider,
        "outsider_phone": check_contact(party.outsider_phone, *path, "outsiderPhone"),
        "speaker_name": speaker,
        "speaker_phone": check_contact(party.speaker_phone, *path, "speakerPhone"),
    }
