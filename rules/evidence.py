"""Evidence of a dispute: a hash chain in which any later change shows (domain.md section 6)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import auto
from hashlib import sha256
from uuid import UUID

from rules.refusals import Said, invalid
from rules.vocabulary import Word

GENESIS = bytes(32)  # the previous hash of a case's first piece
MOST_PIECES = 500  # domain.md section 6


class EvidenceKind(Word):
    """The kind of a piece of evidence."""

    FINDING = auto(), "查勘记录", "A finding, as recorded."
    PHOTO = auto(), "照片", "A photo, as stored."
    STATEMENT = auto(), "陈述", "A statement, word for word."


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence: the digest of its content, who added it and when, and its two hashes in the chain."""

    dispute: UUID
    number: int
    kind: EvidenceKind
    sha256: bytes
    note: str | None
    added_by: UUID | None
    added_at: datetime
    previous: bytes
    hash: bytes = b""


@dataclass(frozen=True, slots=True)
class Found:
    """The content of a finding."""

    dispute: UUID
    party: UUID
    place: str
    loss: str
    amount: Decimal | None
    found_at: datetime


def digest_of_statement(text: str) -> bytes:
    """SHA-256 of the text in UTF-8."""
    return sha256(text.encode()).digest()


def digest_of_finding(found: Found) -> bytes:
    """SHA-256 of the whole content of a finding."""
    amount = None if found.amount is None else f"{found.amount:.2f}"
    return _digest(found.dispute, found.party, found.place, found.loss, amount, _instant(found.found_at))


def chained(piece: Piece) -> bytes:
    """The hash of a piece: SHA-256 of its content and of the hash of the piece before."""
    content = (piece.dispute, piece.number, piece.kind.value, piece.sha256.hex(), piece.note, piece.added_by)
    return _digest(piece.previous.hex(), *content, _instant(piece.added_at))


def entry_of(number: int, head: bytes) -> str:
    """The note of a piece's journal entry. It keeps the hash, so that a recomputed chain shows as well."""
    return f"第{number}号 {head.hex()}"


def broken(pieces: Sequence[Piece], count: int, head: bytes | None) -> list[Said]:
    """The faults of a chain of evidence; empty if it is intact.

    ``count`` and ``head`` are the number of pieces and the last hash that the case itself stores.
    """
    found, previous = list[Said](), GENESIS
    for number, piece in enumerate(pieces, 1):
        if piece.number != number:
            found.append(Said("缺少第 {number} 件证据", {"number": number}))
            break
        if piece.previous != previous or piece.hash != chained(piece):
            found.append(Said("第 {number} 件证据已改动", {"number": number}))
        previous = piece.hash
    if not found and (len(pieces), previous) != (count, head or GENESIS):
        found.append(Said("证据应有 {count} 件，实有 {left} 件", {"count": count, "left": len(pieces)}))
    return found


def check_room(count: int) -> None:
    if count >= MOST_PIECES:
        raise invalid("最多 {most} 件证据", most=MOST_PIECES)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _digest(*parts: object) -> bytes:
    text = json.dumps([None if part is None else str(part) for part in parts], ensure_ascii=False)
    return sha256(text.encode()).digest()
