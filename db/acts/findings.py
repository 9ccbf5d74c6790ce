"""Acts on findings and evidence, and on parties who join a dispute.

They are moves of a dispute (db/acts/dispute_moves.py). Its lock serializes additions to the chain of evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from db.acts.dispute_moves import Case, Step, begin
from db.acts.disputes import NewParty, known_party, party_row
from db.acts.journal import act, entry
from db.acts.photos import attach_photos
from db.chains import found_of, piece_of
from db.disputes import Dispute
from db.findings import Evidence, Finding
from db.photos import Photo, PhotoFile
from db.transaction import Transaction
from rules import dispute_moves as moves
from rules import evidence as rules
from rules.access import Act
from rules.disputes import status_after_consent
from rules.evidence import EvidenceKind
from rules.journal import EntryKind
from rules.money import check_amount
from rules.photos import check_sha256
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.times import check_occurred


@dataclass(frozen=True, slots=True)
class AddedParty:
    id: UUID
    dispute: UUID
    party: NewParty


@act(Act.ADD_PARTY, again="dispute")
async def add_party(tx: Transaction, new: AddedParty) -> UUID:
    """Adds a party to a dispute. A party who clearly refuses ends mediation (article 17)."""
    case = await begin(tx, new.dispute, moves.ADD_PARTY)
    known, _ = await known_party(tx, new.party, "party")
    party = party_row(tx, case.dispute, known, "party")
    party.id = new.id
    case.dispute.status = status_after_consent(case.dispute.status, [*case.consents, party.consent])
    return await case.save(None, party)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Step):
    party: UUID
    claim: str
    changes: dict[str, Any] = field(default_factory=dict)


@act(Act.NOTE_CLAIM, key="act", again="dispute")
async def note_claim(tx: Transaction, new: Claim) -> UUID:
    """Records the claim of a party, in place of their earlier one. The amount stays unless it is among the changes."""
    claim, amount = check_text(new.claim, "claim"), check_amount(new.changes.get("claim_amount"), "claimAmount")
    case = await begin(tx, new.dispute, moves.CLAIM)
    party = case.party(new.party, "party")
    party.claim = claim
    if "claim_amount" in new.changes:
        party.claim_amount = amount
    return await case.save(claim, party)


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A loss at a place in a party's home, with photos. ``corrects`` is an earlier finding that it replaces."""

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
    """Records a loss. The finding and its photos become evidence."""
    found_at = new.found_at or tx.now
    check_occurred(found_at, tx.now, tx.viewer.role, "foundAt")
    told = {"place": check_text(new.place, "place", limit=LINE_LIMIT), "loss": check_text(new.loss, "loss")}
    amount = check_amount(new.amount, "amount")
    case = await begin(tx, new.dispute, moves.FIND)
    finding = Finding(
        id=new.id,
        dispute_id=new.dispute,
        grid_id=case.dispute.grid_id,
        party_id=new.party,
        **told,
        amount=amount,
        found_at=found_at,
        corrects_id=new.corrects,
        **tx.stamp("recorded"),
    )
    case.party(new.party, "party")
    corrected = [] if new.corrects is None else [await _withdrawn(case, new.corrects, "更正", "corrects")]
    await case.save(f"{new.place}：{new.loss}"[:LINE_LIMIT], finding, *corrected)
    photos = await attach_photos(tx, new.photos, dispute_id=new.dispute, finding_id=new.id)
    await _prove(tx, case.dispute, finding, photos)
    return new.id


async def _prove(tx: Transaction, dispute: Dispute, finding: Finding, photos: Sequence[Photo]) -> None:
    """Makes a finding and its photos evidence."""
    digest, of = rules.digest_of_finding(found_of(finding)), finding.id
    pieces = [add_piece(tx, dispute, EvidenceKind.FINDING, digest, finding_id=of)]
    for index, (photo, stored) in enumerate(zip(photos, await _stored(tx, photos), strict=True)):
        shown = _known(stored, "photos", index)
        pieces.append(add_piece(tx, dispute, EvidenceKind.PHOTO, shown, photo_id=photo.id, finding_id=of))
    notes = [rules.entry_of(each.number, each.hash) for each in pieces]
    await tx.save(dispute, *pieces, *(entry(tx, EntryKind.EVIDENCE_ADDED, dispute, note=note) for note in notes))


async def _stored(tx: Transaction, photos: Sequence[Photo]) -> list[bytes | None]:
    """The digests of the stored files of photos."""
    files = {each.sha256: each for each in await tx.all(PhotoFile, sha256=[photo.sha256 for photo in photos])}
    return [files[photo.sha256].kept_sha256 for photo in photos]


def _known(stored: bytes | None, *path: str | int) -> bytes:
    if stored is None:
        raise invalid("这张照片保存得太早，不能作证据", *path)
    return stored


@dataclass(frozen=True, slots=True)
class Withdrawal:
    finding: UUID
    reason: str
    act: UUID | None = None


async def _dispute_of(tx: Transaction, given: Withdrawal) -> UUID:
    """The case that a retry is about. The viewer may not see it any more."""
    return (await tx.one(Finding, "finding", id=given.finding)).dispute_id


@act(Act.RECORD_FINDING, key="act", again=_dispute_of)
async def withdraw_finding(tx: Transaction, new: Withdrawal) -> UUID:
    """Withdraws a finding that was wrong. Its content stays on record."""
    reason = check_text(new.reason, "reason", limit=LINE_LIMIT)
    found = await tx.find(Finding, new.finding, "finding")
    case = await begin(tx, found.dispute_id, moves.UNFIND)
    return await case.save(reason, await _withdrawn(case, new.finding, reason, "finding"))


async def _withdrawn(case: Case, uuid: UUID, reason: str, name: str) -> Finding:
    """A finding of the dispute, marked as withdrawn."""
    finding = await case.tx.one(Finding, name, id=uuid, dispute_id=case.dispute.id)
    if finding.withdrawn_at is not None:
        raise invalid("这条查勘记录已经撤销", name)
    finding.withdrawn_at, finding.withdrawn_reason = case.tx.now, reason
    finding.withdrawn_by = case.tx.viewer.account_id
    return finding


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """Exactly one of a statement and a photo, which is given by the digest of its upload."""

    id: UUID
    dispute: UUID
    statement: str | None = None
    photo: str | None = None
    note: str | None = None


@act(Act.ADD_EVIDENCE)
async def add_evidence(tx: Transaction, new: NewEvidence) -> UUID:
    """Adds a statement or a photo to the evidence, where it never changes."""
    more: dict[str, Any] = {"id": new.id, "note": check_optional(new.note, "note", limit=LINE_LIMIT)}
    text = "" if new.statement is None else check_text(new.statement, "statement")
    if (new.statement is None) == (new.photo is None):
        raise invalid("请提交一份陈述或一张照片", "statement")
    case = await begin(tx, new.dispute, moves.EVIDENCE)
    if new.photo is not None:
        photo, digest = await _photo(tx, case.dispute, new.photo)
        piece = add_piece(tx, case.dispute, EvidenceKind.PHOTO, digest, photo_id=photo, **more)
    else:
        digest = rules.digest_of_statement(text)
        piece = add_piece(tx, case.dispute, EvidenceKind.STATEMENT, digest, statement=text, **more)
    await case.save(rules.entry_of(piece.number, piece.hash), piece)
    return new.id


async def _photo(tx: Transaction, dispute: Dispute, sha256: str) -> tuple[UUID, bytes]:
    """Attaches a photo to the dispute; returns its id and the digest of its stored file."""
    await tx.one(PhotoFile, "photo", sha256=check_sha256(sha256, "photo"))
    photos = await attach_photos(tx, [sha256], most=rules.MOST_PIECES, dispute_id=dispute.id, finding_id=None)
    if not photos:
        raise invalid("这张照片已经是证据", "photo")
    (stored,) = await _stored(tx, photos)
    return photos[0].id, _known(stored, "photo")


def add_piece(tx: Transaction, dispute: Dispute, kind: EvidenceKind, sha256: bytes, **more: Any) -> Evidence:
    """Appends a piece to the chain of a locked dispute."""
    rules.check_room(dispute.evidence_count)
    piece = Evidence(
        dispute_id=dispute.id,
        number=dispute.evidence_count + 1,
        kind=kind,
        sha256=sha256,
        previous=dispute.evidence_head or rules.GENESIS,
        hash=b"",
        **tx.stamp("added"),
        **more,
    )
    piece.hash = rules.chained(piece_of(piece))
    dispute.evidence_count, dispute.evidence_head = piece.number, piece.hash
    return piece
