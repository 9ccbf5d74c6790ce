"""Random numbers, ids and codes that are the same every time."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from rules.codes import CODE_LETTERS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def seeded(*seed: str) -> Random:
    """Random numbers for one subject: drawing more of them does not change any other subject."""
    return Random(" ".join(seed))  # noqa: S311  made-up data keeps no secrets


def uuid7(moment: datetime, random: Random) -> UUID:
    """A UUIDv7 (RFC 9562): milliseconds, version, 12 random bits, variant, 62 random bits."""
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    tail = random.getrandbits(12) << 64 | random.getrandbits(62)
    return UUID(int=milliseconds << 80 | _VERSION | _VARIANT | tail)


def code(random: Random, length: int) -> str:
    """A code that people can read out and type."""
    return "".join(random.choices(CODE_LETTERS, k=length))
