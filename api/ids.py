"""Ids that are made on this side of the API."""

import time
from uuid import UUID, uuid4


def uuid7() -> UUID:
    """A UUIDv7 as a phone makes it: milliseconds, then chance (RFC 9562, section 5.7)."""
    chance = uuid4().int & ((1 << 80) - 1)
    number = (time.time_ns() // 1_000_000) << 80 | chance
    number = number & ~(0xF << 76) | 0x7 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)
