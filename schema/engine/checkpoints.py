"""Checkpoints: how far a phone's copy is. They are signed, because they say what the phone may be told is gone."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

import orjson

from rules.access import Viewer

_TAG = 16
"""Bytes of the signature: enough against guessing, and short in each request."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a phone's copy: it has everything of the buckets ``known``, as of a position in an epoch.

    What is missing is read as a window, in pages: ``until`` is its end, ``new`` are buckets that are copied in it,
    ``lost`` those whose documents go. ``stage`` and ``key`` say how far it was read.
    """

    epoch: str
    kinds: str = ""
    known: frozenset[UUID] = frozenset()
    position: int = 0
    days: str = ""
    """The local days as of which it has the duties of today."""
    until: int | None = None
    new: frozenset[UUID] = frozenset()
    lost: frozenset[UUID] = frozenset()
    stage: int = 0
    key: UUID | None = None

    @property
    def latest(self) -> int:
        """The last position of which the phone has something."""
        return max(self.position, self.until or 0)

    def begin(self, buckets: frozenset[UUID], until: int) -> Self:
        """A window up to a position, with the buckets that are new."""
        return replace(self, until=until, new=buckets - self.known, stage=0, key=None)

    def within(self, buckets: frozenset[UUID]) -> Self:
        """The same for a viewer who has these buckets now. What is lost goes first, before a window goes on."""
        gone = (self.known | self.new) - buckets
        if not gone:
            return self
        known, new = self.known & buckets, self.new & buckets
        return replace(self, known=known, new=new, lost=self.lost | gone, stage=0, key=None)

    def end(self) -> Self:
        """After its window."""
        assert self.until is not None
        known, none = self.known | self.new, frozenset[UUID]()
        return replace(self, known=known, position=self.until, until=None, new=none, lost=none, stage=0, key=None)


def written(checkpoint: Checkpoint, viewer: Viewer, secret: bytes) -> str:
    """The checkpoint as a client keeps it."""
    key = None if checkpoint.key is None else str(checkpoint.key)
    plain = orjson.dumps(
        [
            *(checkpoint.epoch, checkpoint.kinds, _packed(checkpoint.known), checkpoint.position, checkpoint.days),
            *(checkpoint.until, _packed(checkpoint.new), _packed(checkpoint.lost), checkpoint.stage, key),
        ]
    )
    return base64.urlsafe_b64encode(_tag(plain, viewer, secret) + plain).decode()


def read(text: str, viewer: Viewer, secret: bytes) -> Checkpoint | None:
    """The checkpoint that this viewer was given; None for any other text."""
    try:
        raw = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except ValueError:
        return None
    tag, plain = raw[:_TAG], raw[_TAG:]
    if not hmac.compare_digest(tag, _tag(plain, viewer, secret)):
        return None
    epoch, kinds, known, position, days, until, new, lost, stage, key = orjson.loads(plain)
    buckets = _unpacked(known), _unpacked(new), _unpacked(lost)
    return Checkpoint(
        epoch,
        kinds,
        buckets[0],
        position,
        days,
        until,
        buckets[1],
        buckets[2],
        stage,
        None if key is None else UUID(key),
    )


def _tag(plain: bytes, viewer: Viewer, secret: bytes) -> bytes:
    whose = f"checkpoint {viewer.account_id} {viewer.role} ".encode()
    return hmac.digest(secret, whose + plain, hashlib.sha256)[:_TAG]


def _packed(buckets: Iterable[UUID]) -> str:
    return base64.b85encode(b"".join(each.bytes for each in sorted(buckets))).decode()


def _unpacked(text: Any) -> frozenset[UUID]:
    raw = base64.b85decode(text)
    return frozenset(UUID(bytes=raw[at : at + 16]) for at in range(0, len(raw), 16))
