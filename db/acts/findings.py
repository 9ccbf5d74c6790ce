"""Acts on findings and evidence: what was found home by home, what proves it, and who joined the case.

They are moves of a dispute (db/acts/dispute_moves.py), whose lock keeps its chain of evidence in one line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from db.acts.dispute_moves import Case, Step, begin, finish
from db.acts.disputes import NewParty, party_grid, party_row
from db.acts.journal import act, entry
from db.acts.photos import attach_photos
from db.chains import found_of, piece_of
from db.disputes import Dispute
from db.findings import Evidence, Finding
from db.photos import Photo, PhotoFile
from db.transaction import Transaction
from rules import dispute_moves as moves
from rules.access import Act
from rules.disputes import status_after_consent
from rules.evidence import (
    GENESIS,
    MOST_PIECES,
    EvidenceKind,
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
    """A party who joins a case, with the id of the party."""

    id: UUID
    dispute: UUID
    party: NewParty


@act(Act.ADD_PARTY, again="dispute")
async def add_party(tx: Transaction, new: AddedParty) -> UUID:
    """Adds a party to a case. A party who clearly refuses ends mediation (article 17)."""
    party = party_row(tx, new.dispute, new.party, "party")
    party.id = new.id
    case = await begin(tx, new.dispute, moves.ADD_PARTY)
    await party_grid(tx, new.party, "party")
    case.dispute.status = status_after_consent(case.dispute.status, [*case.consents, party.consent])
    return await finish(tx, case, moves.ADD_PARTY, None, party)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Step):
    """What a party wants."""

    party: UUID
    claim: str
    claim_amount: Decimal | None = None


@act(Act.NOTE_CLAIM, key="act", again="dispute")
async def note_claim(tx: Transaction, new: Claim) -> UUID:
    """Records what a party claims now, in place of what they claimed before."""
    claim, amount = check_text(new.claim, "claim"), check_amount(new.claim_amount, "claimAmount")
    case = await begin(tx, new.dispute, moves.CLAIM)
    party = case.party(new.party, "party")
    party.claim, party.claim_amount = claim, amount
    return await finish(tx, case, moves.CLAIM, claim, party)


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
    photos: list[str] = field(default_factory=list)
    corrects: UUID | None = None


@act(Act.RECORD_FINDING)
async def record_finding(tx: Transaction, new: NewFinding) -> UUID:
    """Records a loss. The finding and its photos are evidence from then on."""
    finding = _finding(tx, new)
    case = await begin(tx, new.dispute, moves.FIND)
    case.party(new.party, "party")
    corrected = [] if new.corrects is None else [await _withdrawn(tx, case, new.corrects, "更正", "corrects")]
    await finish(tx, case, moves.FIND, f"{new.place}：{new.loss}"[:LINE_LIMIT], finding, *corrected)
    photos = await attach_photos(tx, new.photos, dispute_id=new.dispute, finding_id=new.id)
    await _prove(tx, case.dispute, finding, photos)
    return new.id


async def _prove(tx: Transaction, dispute: Dispute, finding: Finding, photos: Sequence[Photo]) -> None:
    """Makes a finding and its photos evidence."""
    digest, of = digest_of_finding(found_of(finding)), finding.id
    pieces = [_add_piece(tx, dispute, EvidenceKind.FINDING, digest, finding_id=of)]
    for index, (photo, kept) in enumerate(zip(photos, await _kept(tx, photos), strict=True)):
        shown = _known(kept, "photos", index)
        pieces.append(_add_piece(tx, dispute, EvidenceKind.PHOTO, shown, photo_id=photo.id, finding_id=of))
    told = [entry(tx, EntryKind.EVIDENCE_ADDED, dispute, note=entry_of(each.number, each.hash)) for each in pieces]
    await tx.save(dispute, *pieces, *told)


def _finding(tx: Transaction, new: NewFinding) -> Finding:
    found_at = new.found_at or tx.now
    check_occurred(found_at, tx.now, "foundAt")
    return Finding(
        id=new.id,
        dispute_id=new.dispute,
        party_id=new.party,
        place=check_text(new.place, "place", limit=LINE_LIMIT),
        loss=check_text(new.loss, "loss"),
        amount=check_amount(new.amount, "amount"),
        found_at=found_at,
        recorded_by=tx.viewer.account_id,
        recorded_at=tx.now,
        corrects_id=new.corrects,
    )


async def _kept(tx: Transaction, photos: Sequence[Photo]) -> list[bytes | None]:
    """The digests of photos as they are kept."""
    files = {each.sha256: each for each in await tx.all(PhotoFile, sha256=[photo.sha256 for photo in photos])}
    return [files[photo.sha256].kept_sha256 for photo in photos]


def _known(kept: bytes | None, *path: str | int) -> bytes:
    if kept is None:
        raise invalid("这张照片保存得太早，不能作证据", "kept before its digest was written down", *path)
    return kept


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A finding that was wrong."""

    finding: UUID
    reason: str
    act: UUID | None = None


async def _case_of(tx: Transaction, given: Withdrawal) -> UUID:
    """The dispute of a withdrawal that was made before."""
    return (await tx.get(Finding, id=given.finding)).dispute_id


@act(Act.RECORD_FINDING, key="act", again=_case_of)
async def withdraw_finding(tx: Transaction, new: Withdrawal) -> UUID:
    """Withdraws a finding that was wrong. What it said stays on record."""
    reason = check_text(new.reason, "reason", limit=LINE_LIMIT)
    found = await tx.find(Finding, new.finding, "finding")
    case = await begin(tx, found.dispute_id, moves.UNFIND)
    withdrawn = await _withdrawn(tx, case, new.finding, reason, "finding")
    return await finish(tx, case, moves.UNFIND, reason, withdrawn)


async def _withdrawn(tx: Transaction, case: Case, uuid: UUID, reason: str, name: str) -> Finding:
    """A finding of the case, which counts no longer."""
    finding = await tx.first(Finding, id=uuid, dispute_id=case.dispute.id)
    if finding is None:
        raise Refusal(Code.NOT_FOUND, name)
    if finding.withdrawn_at is not None:
        raise invalid("这条查勘记录已经撤销", "it was withdrawn already", name)
    finding.withdrawn_at, finding.withdrawn_reason = tx.now, reason
    finding.withdrawn_by = tx.viewer.account_id
    return finding


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """A statement in words, or a photo; just one of them."""

    id: UUID
    dispute: UUID
    statement: str | None = None
    photo: str | None = None
    note: str | None = None


@act(Act.ADD_EVIDENCE)
async def add_evidence(tx: Transaction, new: NewEvidence) -> UUID:
    """Keeps a statement or a photo as evidence. Nothing of it changes afterwards."""
    if (new.statement is None) == (new.photo is None):
        raise invalid("请提交一份陈述或一张照片", "a statement or a photo, just one", "statement")
    text = "" if new.statement is None else check_text(new.statement, "statement")
    more: dict[str, Any] = {"id": new.id, "note": check_optional(new.note, "note", limit=LINE_LIMIT)}
    case = await begin(tx, new.dispute, moves.EVIDENCE)
    if new.photo is not None:
        photo, digest = await _photo(tx, case.dispute, new.photo)
        piece = _add_piece(tx, case.dispute, EvidenceKind.PHOTO, digest, photo_id=photo, **more)
    else:
        piece = _add_piece(tx, case.dispute, EvidenceKind.STATEMENT, digest_of_statement(text), statement=text, **more)
    await finish(tx, case, moves.EVIDENCE, entry_of(piece.number, piece.hash), piece)
    return new.id


async def _photo(tx: Transaction, dispute: Dispute, sha256: str) -> tuple[UUID, bytes]:
    """The photo as one of the case; the same photo a second time is refused."""
    if await tx.first(PhotoFile, sha256=check_sha256(sha256, "photo")) is None:
        raise Refusal(Code.NOT_FOUND, "photo")
    photos = await attach_photos(tx, [sha256], most=MOST_PIECES, dispute_id=dispute.id, finding_id=None)
    if not photos:
        raise invalid("这张照片已经是证据", "this photo is evidence already", "photo")
    (kept,) = await _kept(tx, photos)
    return photos[0].id, _known(kept, "photo")


def _add_piece(tx: Transaction, dispute: Dispute, kind: EvidenceKind, sha256: bytes, **more: Any) -> Evidence:
    """Chains one more piece to those of a locked dispute."""
    check_room(dispute.evidence_count)
    piece = Evidence(
        dispute_id=dispute.id,
        number=dispute.evidence_count + 1,
        kind=kind,
        sha256=sha256,
        previous=dispute.evidence_head or GENESIS,
        hash=b"",
        added_by=tx.viewer.account_id,
        added_at=tx.now,
        **more,
    )
    piece.hash = chained(piece_of(piece))
    dispute.evidence_count, dispute.evidence_head = piece.number, piece.hash
    return piece
