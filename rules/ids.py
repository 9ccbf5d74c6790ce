"""Ids made by the server."""

import time
from os import urandom
from uuid import UUID

_last = 0


def uuid7() -> UUID:
    """A UUIDv7: milliseconds, a fraction of them in 12 bits, then random bits (RFC 9562, sections 5.7 and 6.2).

    The ids of one process ascend even within a millisecond, so that rows made together keep their order.
    """
    global _last  # noqa: PLW0603  the clock of the process
    _last = max(_last + 1, time.time_ns() * 4096 // 1_000_000)
    milliseconds, fraction = divmod(_last, 4096)
    random_bits = int.from_bytes(urandom(8)) & (2**62 - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random_bits)
