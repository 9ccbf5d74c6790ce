"""Reads the chains of evidence and tells where one does not hold: against itself, its head, and the journal."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.disputes import Dispute
from db.findings import Evidence, Finding
from db.journal import Journal
from db.photos import Photo, PhotoFile
from rules.evidence import (
    EvidenceKind,
    Found,
    Piece,
    broken,
    digest_of_finding,
    digest_of_statement,
    entry_of,
)
from rules.journal import EntryKind


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute's chain: how many pieces, what is wrong with it, and the photos whose files are to be looked at."""

    dispute: UUID
    pieces: int
    wrong: list[str]
    photos: list[tuple[int, bytes, bytes]]
    """Number of the piece, under which digest the file is, and what the file's own digest has to be."""


async def read_chains(session: AsyncSession) -> AsyncIterator[Case]:
    """Every dispute that has or had evidence."""
    told = await _told(session)
    for dispute in await _proved(session, list(told)):
        yield await _case(session, dispute, told[dispute.id])


async def _told(session: AsyncSession) -> defaultdict[UUID, list[str]]:
    """What the journal was told of each case's pieces."""
    entries = select(Journal.dispute_id, Journal.note).where(Journal.kind == EntryKind.EVIDENCE_ADDED)
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    for dispute, said in (await session.exec(entries.order_by(col(Journal.id)))).all():
        if dispute is not None:
            found[dispute].append(said or "")
    return found


async def _proved(session: AsyncSession, told: Sequence[UUID]) -> Sequence[Dispute]:
    has = select(Evidence.dispute_id)
    proved = (col(Dispute.evidence_count) > 0) | col(Dispute.id).in_(told) | col(Dispute.id).in_(has)
    return (await session.exec(select(Dispute).where(proved).order_by(col(Dispute.id)))).all()


async def _case(session: AsyncSession, dispute: Dispute, told: Sequence[str]) -> Case:
    rows = await _rows(session, dispute.id)
    wrong = broken([_piece(row) for row, *_ in rows], dispute.evidence_count, dispute.evidence_head)
    known = {entry_of(row.number, row.hash) for row, *_ in rows}
    wrong += [f"the journal was told of {entry}, which is not there" for entry in told if entry not in known]
    wrong += [
        f"piece {row.number} is not what it was" for row, finding, _ in rows if _digest(row, finding) != row.sha256
    ]
    photos = [(row.number, file, row.sha256) for row, _, file in rows if file is not None]
    return Case(dispute.id, len(rows), wrong, photos)


async def _rows(session: AsyncSession, dispute: UUID) -> Sequence[Any]:
    wanted = (
        select(Evidence, Finding, PhotoFile.sha256)
        .outerjoin(Finding, col(Finding.id) == col(Evidence.finding_id))
        .outerjoin(Photo, col(Photo.id) == col(Evidence.photo_id))
        .outerjoin(PhotoFile, col(PhotoFile.sha256) == col(Photo.sha256))
        .where(Evidence.dispute_id == dispute)
        .order_by(col(Evidence.number))
    )
    return (await session.exec(wanted)).all()


def _piece(row: Evidence) -> Piece:
    return Piece(
        dispute=row.dispute_id,
        number=row.number,
        kind=EvidenceKind(row.kind),
        sha256=row.sha256,
        note=row.note,
        added_by=row.added_by,
        added_at=row.added_at,
        previous=row.previous,
        hash=row.hash,
    )


def found_of(finding: Finding) -> Found:
    """What a finding says, for its digest."""
    return Found(finding.dispute_id, finding.party_id, finding.place, finding.loss, finding.amount, finding.found_at)


def _digest(row: Evidence, finding: Finding | None) -> bytes:
    """Of what the piece is today; a photo's file is looked at by whoever has the store."""
    if row.kind == EvidenceKind.FINDING:
        return digest_of_finding(found_of(finding)) if finding else b""
    return digest_of_statement(row.statement or "") if row.kind == EvidenceKind.STATEMENT else row.sha256
