"""Verifies chains of evidence: each against itself, the head in its dispute, and the journal."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar
from uuid import UUID

from db import sql
from db.base import alias
from db.disputes import Dispute
from db.findings import Evidence, Finding
from db.journal import Journal
from db.photos import Photo
from db.scope import Scope
from db.transaction import Transaction
from rules.evidence import EvidenceKind, Found, Piece, broken, digest_of_finding, digest_of_statement, entry_of
from rules.journal import EntryKind
from rules.refusals import Said

Model = TypeVar("Model")
_ById: TypeAlias = Mapping[UUID | None, Model]


@dataclass(frozen=True, slots=True)
class Case:
    """The result for a dispute: the number of pieces, the faults, and the photo files still to be checked."""

    dispute: UUID
    pieces: int
    wrong: list[Said]
    photos: list[tuple[int, bytes, bytes]]
    """For each photo the number of its piece, the digest under which the file is stored, and the file's own digest."""


async def disputes_with_evidence(tx: Transaction) -> list[UUID]:
    """The disputes that have evidence, or had some by their head or the journal."""
    return [row["id"] for row in await tx.rows(_with_evidence)]


def _with_evidence(_: Scope) -> sql.Select:
    dispute, evidence, journal = alias(Dispute), alias(Evidence), alias(Journal)
    has = sql.exists(evidence).where(evidence.c.dispute_id == dispute.c.id)
    had = sql.exists(journal).where(journal.c.dispute_id == dispute.c.id, journal.c.kind == EntryKind.EVIDENCE_ADDED)
    any_sign = sql.or_(dispute.c.evidence_count > 0, has, had)
    return sql.select(dispute.c.id).from_(dispute).where(any_sign).order_by(dispute.c.id)


async def read_chains(tx: Transaction, disputes: Sequence[UUID]) -> list[Case]:
    """The results for some disputes, which are locked so that nothing is added meanwhile."""
    locked = await tx.all(Dispute, order=("id",), lock="share", id=disputes)
    pieces: defaultdict[UUID, list[Evidence]] = defaultdict(list)
    for piece in await tx.all(Evidence, order=("number",), dispute_id=disputes):
        pieces[piece.dispute_id].append(piece)
    recorded: defaultdict[UUID | None, list[str]] = defaultdict(list)
    for each in await tx.all(Journal, order=("id",), dispute_id=disputes, kind=EntryKind.EVIDENCE_ADDED):
        recorded[each.dispute_id].append(each.note or "")
    rows = [row for of_one in pieces.values() for row in of_one]
    findings: _ById[Finding] = {each.id: each for each in await tx.all(Finding, id={row.finding_id for row in rows})}
    photos: _ById[Photo] = {each.id: each for each in await tx.all(Photo, id={row.photo_id for row in rows})}
    return [_case(each, pieces[each.id], recorded[each.id], findings, photos) for each in locked]


def _case(
    dispute: Dispute, rows: Sequence[Evidence], recorded: Sequence[str], findings: _ById[Finding], photos: _ById[Photo]
) -> Case:
    wrong = broken([piece_of(row) for row in rows], dispute.evidence_count, dispute.evidence_head)
    known = {entry_of(row.number, row.hash) for row in rows}
    wrong += [Said("日志记有证据「{entry}」，现已缺失", {"entry": entry}) for entry in recorded if entry not in known]
    changed = (row.number for row in rows if _digest(row, findings.get(row.finding_id)) != row.sha256)
    wrong += [Said("第 {number} 件证据的内容已改动", {"number": number}) for number in changed]
    files = [(row.number, photos[row.photo_id].sha256, row.sha256) for row in rows if row.photo_id is not None]
    return Case(dispute.id, len(rows), wrong, files)


def piece_of(row: Evidence) -> Piece:
    """A piece of evidence in the form that is hashed."""
    return Piece(
        dispute=row.dispute_id,
        number=row.number,
        kind=row.kind,
        sha256=row.sha256,
        note=row.note,
        added_by=row.added_by,
        added_at=row.added_at,
        previous=row.previous,
        hash=row.hash,
    )


def found_of(finding: Finding) -> Found:
    """A finding's content in the form that is hashed."""
    return Found(finding.dispute_id, finding.party_id, finding.place, finding.loss, finding.amount, finding.found_at)


def _digest(row: Evidence, finding: Finding | None) -> bytes:
    """The digest of a piece's current content. Files of photos are not read here."""
    if row.kind is EvidenceKind.FINDING:
        return digest_of_finding(found_of(finding)) if finding else b""
    return digest_of_statement(row.statement or "") if row.kind is EvidenceKind.STATEMENT else row.sha256
