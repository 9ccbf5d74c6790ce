"""Ids and codes that come out the same every time."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U, which are misread."""

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def uuid7(moment: datetime, random: Random) -> UUID:
    """A UUIDv7 (RFC 9562): milliseconds, version, 12 random bits, variant, 62 random bits."""
    milliseconds = (moment - EPOCH) // MILLISECOND
    tail = random.getrandbits(12) << 64 | random.getrandbits(62)
    return UUID(int=milliseconds << 80 | _VERSION | _VARIANT | tail)


def code(random: Random, length: int) -> str:
    """A code that people can read out and type."""
    return "".join(random.choices(LETTERS, k=length))
