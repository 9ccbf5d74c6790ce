"""Acts on findings and evidence: what was found home by home, what proves it, and who joined the case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import select

from db.acts.acting import Acting
from db.acts.dispute_moves import Step, move, parties_of, some_parties
from db.acts.disputes import NewParty, note, party_grid, party_row
from db.acts.photos import attach_photos
from db.chains import found_of
from db.disputes import Dispute
from db.findings import Evidence, Finding
from db.photos import Photo, PhotoFile
from rules import dispute_moves as moves
from rules.disputes import DisputeStatus, status_after_consent
from rules.evidence import (
    GENESIS,
    MOST_PIECES,
    EvidenceKind,
    Piece,
    chained,
    check_room,
    digest_of_finding,
    digest_of_statement,
    entry_of,
)
from rules.journal import EntryKind
from rules.money import check_amount
from rules.photos import check_sha256
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.visits import check_occurred


@dataclass(frozen=True, slots=True)
class AddedParty:
    """Somebody who turns out to be a party."""

    id: UUID
    dispute: UUID
    party: NewParty


async def add_party(acting: Acting, new: AddedParty) -> Dispute:
    """A party joins a case that is there; one who clearly refuses ends mediation (article 17)."""

    async def change(dispute: Dispute) -> None:
        await party_grid(acting, new.party, "party")
        party = party_row(acting, dispute.id, new.party, "party")
        party.id = new.id
        consents = [each.consent for each in await parties_of(acting, dispute.id)]
        acting.session.add(party)
        dispute.status = status_after_consent(DisputeStatus(dispute.status), [*consents, new.party.consent])

    return await move(acting, Step(new.dispute, new.id), moves.ADD_PARTY, None, change, extra=new, key="id")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a party wants."""

    party: UUID
    claim: str
    amount: Decimal | None = None


async def note_claim(acting: Acting, step: Step, new: Claim) -> Dispute:
    """Writes down what a party claims now."""
    claim, amount = check_text(new.claim, "claim"), check_amount(new.amount, "claimAmount")

    async def change(dispute: Dispute) -> None:
        (party,) = await _party(acting, dispute, new.party)
        party.claim, party.claim_amount = claim, amount
        acting.session.add(party)

    return await move(acting, step, moves.CLAIM, claim, change, extra=new)


async def _party(acting: Acting, dispute: Dispute, uuid: UUID) -> Sequence[Any]:
    try:
        return await some_parties(acting, dispute.id, [uuid])
    except Refusal:
        raise Refusal(Code.NOT_FOUND, "party") from None


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A loss at a place in a party's home, with photos; it may take the place of an earlier finding."""

    id: UUID
    dispute: UUID
    party: UUID
    place: str
    loss: str
    amount: Decimal | None = None
    found_at: datetime | None = None
    photos: tuple[str, ...] = ()
    corrects: UUID | None = None


async def record_finding(acting: Acting, new: NewFinding) -> UUID:
    """Writes down a loss; it and its photos are evidence from then on."""
    pieces: list[str] = []

    async def change(dispute: Dispute) -> None:
        await _party(acting, dispute, new.party)
        if new.corrects is not None:
            await _withdraw(acting, dispute, new.corrects, "更正", "corrects")
        finding = _finding(acting, new)
        acting.session.add(finding)
        await acting.session.flush()
        photos = await attach_photos(acting, new.photos, dispute_id=dispute.id, finding_id=finding.id)
        digest = digest_of_finding(found_of(finding))
        pieces.append(_add_piece(acting, dispute, EvidenceKind.FINDING, digest, finding_id=finding.id))
        for index, photo in enumerate(photos):
            kept = await _kept(acting, photo, "photos", index)
            more = {"photo_id": photo.id, "finding_id": finding.id}
            pieces.append(_add_piece(acting, dispute, EvidenceKind.PHOTO, kept, **more))

    dispute = await move(acting, Step(new.dispute, new.id), moves.FIND, _told(new), change, extra=new, key="id")
    for piece in pieces:
        note(acting, EntryKind.EVIDENCE_ADDED, dispute, note=piece)
    return new.id


def _told(new: NewFinding) -> str:
    return f"{new.place}:{new.loss}"[:LINE_LIMIT]


def _finding(acting: Acting, new: NewFinding) -> Finding:
    found_at = new.found_at or acting.now
    check_occurred(found_at, acting.now, "foundAt")
    return Finding(
        id=new.id,
        dispute_id=new.dispute,
        party_id=new.party,
        place=check_text(new.place, "place", limit=LINE_LIMIT),
        loss=check_text(new.loss, "loss"),
        amount=check_amount(new.amount, "amount"),
        found_at=found_at,
        recorded_by=acting.viewer.account_id,
        recorded_at=acting.now,
        corrects_id=new.corrects,
    )


async def _kept(acting: Acting, photo: Photo, *path: str | int) -> bytes:
    """The digest of a photo as it is kept."""
    file = await acting.session.get_one(PhotoFile, photo.sha256)
    if file.kept_sha256 is None:
        raise invalid("这张照片保存得太早,不能作证据", "kept before its digest was written down", *path)
    return file.kept_sha256


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A finding that was wrong."""

    finding: UUID
    reason: str
    act: UUID | None = None


async def withdraw_finding(acting: Acting, new: Withdrawal) -> Dispute:
    """A finding counts no longer; what it said stays on record."""
    finding = await acting.find(Finding, new.finding, "finding")
    reason = check_text(new.reason, "reason", limit=LINE_LIMIT)

    async def change(dispute: Dispute) -> None:
        await _withdraw(acting, dispute, finding.id, reason, "finding")

    return await move(acting, Step(finding.dispute_id, new.act), moves.UNFIND, reason, change, extra=new)


async def _withdraw(acting: Acting, dispute: Dispute, uuid: UUID, reason: str, name: str) -> None:
    wanted = select(Finding).where(Finding.id == uuid, Finding.dispute_id == dispute.id)
    finding = (await acting.session.exec(wanted.execution_options(populate_existing=True))).first()
    if finding is None:
        raise Refusal(Code.NOT_FOUND, name)
    if finding.withdrawn_at is not None:
        raise invalid("这条查勘记录已经撤销", "it was withdrawn already", name)
    finding.withdrawn_at, finding.withdrawn_reason = acting.now, reason
    finding.withdrawn_by = acting.viewer.account_id
    acting.session.add(finding)


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """A statement in words, or a photo; just one of them."""

    id: UUID
    dispute: UUID
    statement: str | None = None
    photo: str | None = None
    note: str | None = None


async def add_evidence(acting: Acting, new: NewEvidence) -> UUID:
    """Keeps a statement or a photo as evidence; nothing of it changes after."""
    if (new.statement is None) == (new.photo is None):
        raise invalid("请提交一份陈述或一张照片", "a statement or a photo, just one", "statement")
    said = check_optional(new.note, "note", limit=LINE_LIMIT)

    async def change(dispute: Dispute) -> str:
        more: dict[str, Any] = {"id": new.id, "note": said}
        if new.photo is not None:
            photo, digest = await _photo(acting, dispute, new.photo)
            return _add_piece(acting, dispute, EvidenceKind.PHOTO, digest, photo_id=photo, **more)
        text = check_text(new.statement or "", "statement")
        digest = digest_of_statement(text)
        return _add_piece(acting, dispute, EvidenceKind.STATEMENT, digest, statement=text, **more)

    await move(acting, Step(new.dispute, new.id), moves.EVIDENCE, None, change, extra=new, key="id")
    return new.id


async def _photo(acting: Acting, dispute: Dispute, sha256: str) -> tuple[UUID, bytes]:
    """The photo as one of the case; the same one a second time is refused."""
    case = {"dispute_id": dispute.id, "finding_id": None}
    if await acting.session.get(PhotoFile, check_sha256(sha256, "photo")) is None:
        raise Refusal(Code.NOT_FOUND, "photo")
    photos = await attach_photos(acting, [sha256], most=MOST_PIECES, **case)
    if not photos:
        raise invalid("这张照片已经是证据", "this photo is evidence already", "photo")
    return photos[0].id, await _kept(acting, photos[0], "photo")


def _add_piece(acting: Acting, dispute: Dispute, kind: EvidenceKind, sha256: bytes, **more: Any) -> str:
    """Chains one more piece, the case being locked; what the journal keeps of it."""
    check_room(dispute.evidence_count)
    piece = Piece(
        dispute=dispute.id,
        number=dispute.evidence_count + 1,
        kind=kind,
        sha256=sha256,
        note=more.get("note"),
        added_by=acting.viewer.account_id,
        added_at=acting.now,
        previous=dispute.evidence_head or GENESIS,
    )
    head = chained(piece)
    row: dict[str, Any] = {"dispute_id": dispute.id, "kind": kind, "hash": head}
    for name in ("number", "sha256", "added_by", "added_at", "previous"):
        row[name] = getattr(piece, name)
    acting.session.add(Evidence(**row, **more))
    dispute.evidence_count, dispute.evidence_head = piece.number, head
    return entry_of(piece.number, head)
