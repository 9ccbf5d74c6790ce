"""The chains of the record: a keyed digest links each row to the row before, so that any later change shows.

A position is linked after its row was committed. Whoever has no key can neither compute a link nor repair one.
"""

import hmac
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import auto
from typing import NamedTuple, Self

from rules.vocabulary import Word

START = bytes(32)
"""The link before the first position."""
LATE_BY = timedelta(hours=1)
"""How much older than its place a row may say to be: clocks that differ, and imports that take minutes."""
_DIGEST = 32
"""Bytes of SHA-256."""
_REMEMBERED = 16
"""Links of a faulty stretch that a later link may have followed. Links that two rows exchanged are two apart."""


class Chain(Word):
    """A table whose rows are chained."""

    JOURNAL = auto(), "日志", "The journal, with the reveals of ID numbers."
    EVIDENCE = auto(), "证据", "Evidence of disputes."
    LOOK = auto(), "查阅记录", "Reads of cases by accounts from outside."
    ACCOUNT_EVENT = auto(), "账号记录", "Sign-ins, refusals and changes of accounts."
    LOG_ARCHIVE = auto(), "转存记录", "Old rows of logs that were moved to files."
    NOTE_ERASURE = auto(), "备注删除记录", "Notes of the journal that were emptied when a person was erased."


class FaultKind(Word):
    """What is wrong at a position of a chain, or with a row that has none."""

    EDITED = auto(), "已改动", "The row is not what was linked."
    REMOVED = auto(), "已删除", "The row is gone."
    UNLINKED = auto(), "链接缺失", "The link is gone."
    MOVED = auto(), "顺序已变", "The link was made for another place."
    FORGED = auto(), "链接系伪造", "The link was not made with this key, or was changed."
    INSERTED = auto(), "事后插入", "The row was put in later than it says, or not by Tunping."
    CUT_OFF = auto(), "末尾已截断", "An anchor knows this position, and the chain ends before it."
    REWRITTEN = auto(), "已重新链接", "An anchor has another link here: the chain was rewritten with the key."


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys for rows, for links and for anchors, derived from one."""

    rows: bytes
    links: bytes
    anchors: bytes

    @classmethod
    def of(cls, key: bytes) -> Self:
        """Derives the keys from one of at least 32 bytes."""
        return cls(*(hmac.digest(key, b"tunping record " + each, "sha256") for each in (b"rows", b"links", b"anchors")))


@dataclass(frozen=True, slots=True)
class Link:
    """The link of one position. ``emptied`` marks that no other committed row waited to be linked at that moment."""

    position: int
    form: int
    row: str
    """The id of the row."""
    digest: bytes
    linked_at: datetime
    emptied: bool
    link: bytes = b""


class Head(NamedTuple):
    """The last link of a chain."""

    position: int
    link: bytes


BEGINNING = Head(0, START)
"""The head of a chain without links."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at the positions from ``first`` to ``last``, or of rows without a position. ``row`` is the first one."""

    chain: Chain
    kind: FaultKind
    first: int | None
    last: int | None
    row: str | None = None

    def joins(self, other: Self) -> bool:
        """True if the other fault is of the same kind and follows directly."""
        alike = (self.chain, self.kind) == (other.chain, other.kind)
        return alike and self.last is not None and other.first == self.last + 1


class Said(NamedTuple):
    """What a row says: its canonical form without the note, the note, and the time."""

    canonical: str
    note: str | None
    said_at: datetime
    note_erased: bool = False
    """True if the record says that the note was emptied."""


def digest_of(keys: Keys, row: str, said: Said) -> bytes:
    """The keyed digest of a row, followed by that of its note, if it has one: the row is verified without it too.

    Without the key nobody can try out what a removed row or note said.
    """
    whole = hmac.digest(keys.rows, said.canonical.encode(), "sha256")
    return whole if said.note is None else whole + hmac.digest(keys.rows, f"note {row} {said.note}".encode(), "sha256")


def linked(keys: Keys, chain: Chain, previous: bytes, link: Link) -> bytes:
    """The link of a position: a keyed digest of everything that it says, and of the link before."""
    said = f"{chain.value} {link.position} {link.form} {link.row} {link.linked_at.timestamp():.6f} {link.emptied} "
    return hmac.digest(keys.links, said.encode() + previous + link.digest, "sha256")


async def merged(faults: AsyncIterator[Fault]) -> AsyncIterator[Fault]:
    """The faults, with those at neighbouring positions as one."""
    held: Fault | None = None
    async for fault in faults:
        if held is not None and held.joins(fault):
            held = replace(held, last=fault.last)
            continue
        if held is not None:
            yield held
        held = fault
    if held is not None:
        yield held


@dataclass(slots=True)
class Verifier:
    """Verifies one chain, position by position, in constant memory. ``anchors`` are links by their positions."""

    keys: Keys
    chain: Chain
    anchors: Mapping[int, bytes] = field(default_factory=dict)
    position: int = field(default=0, init=False)
    """The last position that was seen."""
    emptied_at: datetime | None = field(default=None, init=False)
    """When nothing waited to be linked, by the last link that says so."""
    _previous: deque[bytes] = field(default_factory=lambda: deque([START], _REMEMBERED), init=False)
    """The links that the next one may follow: one in an intact chain. None after links that are gone."""

    def verify(self, link: Link, said: Said | None) -> Iterator[Fault]:
        """The faults at the next position, whose row is given; None if it is gone."""
        if link.position > self.position + 1:
            yield Fault(self.chain, FaultKind.UNLINKED, self.position + 1, link.position - 1)
            self._previous.clear()
        self.position = max(self.position, link.position)
        kind = self._kind(link, said, in_place=self._follows(link))
        if kind is not None:
            yield Fault(self.chain, kind, link.position, link.position, link.row)
        if self.anchors.get(link.position, link.link) != link.link:
            yield Fault(self.chain, FaultKind.REWRITTEN, link.position, link.position, link.row)
        if link.emptied:
            self.emptied_at = link.linked_at

    def end(self) -> Iterator[Fault]:
        """The fault that the chain ends before an anchor."""
        last = max(self.anchors, default=0)
        if last > self.position:
            yield Fault(self.chain, FaultKind.CUT_OFF, self.position + 1, last)

    def is_late(self, said_at: datetime) -> bool:
        """True if a row of this time would have been linked before, had it been there."""
        return self.emptied_at is not None and said_at < self.emptied_at - LATE_BY

    def _follows(self, link: Link) -> bool:
        """True if the link was made for this place. Then the next one must follow it, and else one of the stretch."""
        expected = [linked(self.keys, self.chain, each, link) for each in self._previous]
        if not expected or link.link in expected:
            self._previous.clear()
            self._previous.append(link.link)
            return True
        self._previous += (*expected[-1:], link.link)
        return False

    def _kind(self, link: Link, said: Said | None, *, in_place: bool) -> FaultKind | None:
        if said is None:
            return FaultKind.REMOVED if in_place else FaultKind.FORGED
        known = link.digest[:_DIGEST] if said.note_erased and said.note is None else link.digest
        same = digest_of(self.keys, link.row, said) == known
        if not in_place:
            return FaultKind.MOVED if same else FaultKind.FORGED
        if not same:
            return FaultKind.EDITED
        return FaultKind.INSERTED if self.is_late(said.said_at) else None


def link_all(
    keys: Keys,
    chain: Chain,
    head: Head,
    rows: Sequence[tuple[int, str, Said]],
    at: datetime,
    *,
    emptied: bool,
) -> Iterator[Link]:
    """The links of rows, given by form, id and what they say, after a head. ``emptied`` if no others wait."""
    previous = head.link
    for position, (form, row, said) in enumerate(rows, head.position + 1):
        is_last = position == head.position + len(rows)
        link = Link(position, form, row, digest_of(keys, row, said), at, emptied and is_last)
        previous = linked(keys, chain, previous, link)
        yield replace(link, link=previous)
