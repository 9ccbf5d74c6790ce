"""The chain of evidence: whatever is changed, left out, added or put elsewhere shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.evidence import (
    GENESIS,
    MOST_PIECES,
    EvidenceKind,
    Found,
    Piece,
    broken,
    chained,
    check_room,
    digest_of_finding,
    digest_of_statement,
)
from rules.refusals import Refusal, Said

DISPUTE, SOMEBODY = UUID(int=1), UUID(int=2)
AT = datetime(2024, 1, 8, 2, tzinfo=UTC)
NOTES = st.none() | st.text(max_size=5)
CHANGES: list[dict[str, Any]] = [
    {"note": "另一句话"},
    {"sha256": digest_of_statement("别的")},
    {"added_by": UUID(int=3)},
    {"added_at": AT - timedelta(microseconds=1)},
    {"kind": EvidenceKind.PHOTO},
    {"dispute": UUID(int=9)},
]


def chain(notes: list[str | None]) -> list[Piece]:
    """A chain with these notes."""
    pieces: list[Piece] = []
    for number, note in enumerate(notes, 1):
        previous = pieces[-1].hash if pieces else GENESIS
        digest = digest_of_statement(str(number))
        piece = Piece(DISPUTE, number, EvidenceKind.STATEMENT, digest, note, SOMEBODY, AT, previous)
        pieces.append(replace(piece, hash=chained(piece)))
    return pieces


def head(pieces: list[Piece]) -> bytes | None:
    """What the case keeps of it."""
    return pieces[-1].hash if pieces else None


@given(st.lists(NOTES, max_size=6))
def test_a_chain_that_nobody_touched_holds(notes: list[str | None]) -> None:
    pieces = chain(notes)
    assert broken(pieces, len(pieces), head(pieces)) == []


@pytest.mark.long
@given(st.lists(NOTES, min_size=1, max_size=6), st.data(), st.sampled_from(CHANGES))
def test_any_change_of_any_piece_shows(notes: list[str | None], data: Any, change: dict[str, Any]) -> None:
    pieces = chain(notes)
    at = data.draw(st.integers(0, len(pieces) - 1))
    changed = replace(pieces[at], **change)
    if changed == pieces[at]:
        return
    assert broken([*pieces[:at], changed, *pieces[at + 1 :]], len(pieces), head(pieces)) != []
    rehashed = replace(changed, hash=chained(changed))
    assert broken([*pieces[:at], rehashed, *pieces[at + 1 :]], len(pieces), head(pieces)) != []


@pytest.mark.long
@given(st.lists(NOTES, min_size=1, max_size=6), st.data())
def test_a_piece_that_is_gone_shows_also_the_last_one(notes: list[str | None], data: Any) -> None:
    pieces = chain(notes)
    at = data.draw(st.integers(0, len(pieces) - 1))
    assert broken([*pieces[:at], *pieces[at + 1 :]], len(pieces), head(pieces)) != []


def test_what_is_wrong_is_told_by_number() -> None:
    pieces = chain(["一", "二", "三"])
    assert broken([pieces[0], pieces[2]], 3, head(pieces)) == [Said("缺少第 {number} 件证据", {"number": 2})]
    assert broken(pieces[:2], 3, head(pieces)) == [Said("证据应有 {count} 件，实有 {left} 件", {"count": 3, "left": 2})]
    changed = [pieces[0], replace(pieces[1], note="改"), pieces[2]]
    assert broken(changed, 3, head(pieces)) == [Said("第 {number} 件证据已改动", {"number": 2})]
    assert broken([], 0, None) == []


def test_a_digest_is_over_all_that_a_finding_says_and_no_two_say_the_same() -> None:
    found = Found(DISPUTE, SOMEBODY, "客厅顶棚", "塌落", Decimal("1200.50"), AT)
    others = [
        replace(found, place="客厅"),
        replace(found, place="客厅顶棚塌落", loss=""),
        replace(found, loss="塌"),
        replace(found, amount=None),
        replace(found, amount=Decimal("1200.51")),
        replace(found, found_at=AT + timedelta(seconds=1)),
        replace(found, party=UUID(int=5)),
    ]
    digests = {digest_of_finding(each) for each in [found, *others]}
    assert len(digests) == len(others) + 1
    assert digest_of_finding(replace(found, amount=Decimal("1200.5"))) == digest_of_finding(found)
    elsewhere = found.found_at.astimezone(tz=None)
    assert digest_of_finding(replace(found, found_at=elsewhere)) == digest_of_finding(found)


def test_there_is_room_for_many_pieces_not_for_any_number() -> None:
    check_room(MOST_PIECES - 1)
    with pytest.raises(Refusal):
        check_room(MOST_PIECES)
