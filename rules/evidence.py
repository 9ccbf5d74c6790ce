"""Evidence of a dispute, each piece chained to the one before, so that a later change shows (domain.md section 6)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import auto
from hashlib import sha256
from uuid import UUID

from rules.refusals import invalid
from rules.vocabulary import Word

GENESIS = bytes(32)
"""What the first piece of a case is chained to."""
MOST_PIECES = 500
"""Pieces of evidence that one case has room for."""


class EvidenceKind(Word):
    """What a piece of evidence is."""

    FINDING = auto(), "查勘记录", "A finding, as it was recorded."
    PHOTO = auto(), "照片", "A photo, as it is kept."
    STATEMENT = auto(), "陈述", "What somebody said, word for word."


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a case: what it is the digest of, who added it and when, and its two ends of the chain."""

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
    """What a finding says."""

    dispute: UUID
    party: UUID
    place: str
    loss: str
    amount: Decimal | None
    found_at: datetime


def digest_of_statement(text: str) -> bytes:
    """SHA-256 of a text in UTF-8."""
    return sha256(text.encode()).digest()


def digest_of_finding(found: Found) -> bytes:
    """SHA-256 of everything that a finding says."""
    amount = None if found.amount is None else f"{found.amount:.2f}"
    return _digest(found.dispute, found.party, found.place, found.loss, amount, _instant(found.found_at))


def chained(piece: Piece) -> bytes:
    """The hash of a piece: over all that it says and the hash of the piece before."""
    return _digest(
        piece.previous.hex(),
        piece.dispute,
        piece.number,
        piece.kind.value,
        piece.sha256.hex(),
        piece.note,
        piece.added_by,
        _instant(piece.added_at),
    )


def entry_of(number: int, head: bytes) -> str:
    """What the journal keeps of a piece, so that a chain made anew shows too."""
    return f"第{number}号 {head.hex()}"


def broken(pieces: Sequence[Piece], count: int, head: bytes | None) -> list[str]:
    """Where the chain of a case does not hold, in plain words; nothing when it does."""
    found, previous = [], GENESIS
    for number, piece in enumerate(pieces, 1):
        if piece.number != number:
            found.append(f"piece {number} is missing")
            break
        if piece.previous != previous or piece.hash != chained(piece):
            found.append(f"piece {number} was changed")
        previous = piece.hash
    if not found and (len(pieces), previous) != (count, head or GENESIS):
        found.append(f"there were {count} pieces, {len(pieces)} are there")
    return found


def check_room(count: int) -> None:
    """A case has room for many pieces, not for any number."""
    if count >= MOST_PIECES:
        raise invalid(f"最多 {MOST_PIECES} 件证据", f"at most {MOST_PIECES} pieces of evidence")


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _digest(*parts: object) -> bytes:
    text = json.dumps([None if part is None else str(part) for part in parts], ensure_ascii=False)
    return sha256(text.encode()).digest()
