"""Webhooks to the dispute resolution centre (Standard Webhooks): when they are tried again, where they may go."""

from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from rules.journal import EntryKind
from rules.refusals import invalid

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WAITS: tuple[timedelta, ...] = (
    *(5 * _SECOND, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR),
    *(14 * _HOUR, 20 * _HOUR, 24 * _HOUR, 24 * _HOUR, 24 * _HOUR),
)
"""How long to wait after each failure: five days in all, so that a long weekend loses nothing."""
LONGEST_RETRY_AFTER = 24 * _HOUR
GONE = 410


def wait_after(failures: int, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many failures; ``asked`` is the receiver's Retry-After. ``None``: it is dead."""
    if failures > len(WAITS):
        return None
    return max(WAITS[failures - 1], min(asked or timedelta(), LONGEST_RETRY_AFTER))


def type_of(kind: EntryKind) -> str:
    """The event's type, such as ``dispute.dispute_referred``."""
    return f"dispute.{kind.value.lower()}"


def check_address(url: str, *, private: bool) -> str:
    """An address that webhooks may go to: https, without credentials; anything private only where that is allowed."""
    parts = urlsplit(url)
    try:
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.password or parts.fragment:
        raise invalid("回调地址不对", "this is no address for webhooks", "webhook")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise invalid("回调地址须用 https", "a webhook address is https", "webhook")
    return url


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet."""
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None) or found
    return bool(found.is_global and mapped.is_global and not found.is_multicast and not mapped.is_multicast)
