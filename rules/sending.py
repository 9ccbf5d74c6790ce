"""Rules for all senders to outside receivers: which answers are final, and when the next try is due."""

from collections.abc import Sequence
from datetime import timedelta

_REFUSED, _RETRIED = range(400, 500), frozenset({408, 425, 429})
"""Client errors, and those that a retry may cure: timeout, too early, too many requests."""


def is_final(status: int) -> bool:
    """True for an HTTP status that a retry does not cure."""
    return status in _REFUSED and status not in _RETRIED


def wait_before(
    tries: int, waits: Sequence[timedelta], asked: timedelta | None, longest: timedelta
) -> timedelta | None:
    """The wait after this many tries, at least the receiver's Retry-After ``asked``, up to ``longest``.

    None after more tries than there are ``waits``.
    """
    return None if tries > len(waits) else max(waits[tries - 1], min(asked or timedelta(), longest))
