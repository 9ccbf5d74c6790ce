"""Webhooks to the dispute resolution centre (Standard Webhooks): when they are tried again, where they may go."""

from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
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
_NAT64 = IPv6Network("64:ff9b::/96")
"""Leads to the IPv4 address in its last 32 bits (RFC 6052)."""
_NOT_OPEN = (IPv6Network("::/96"), IPv6Network("64:ff9b:1::/48"))
"""IPv4 addresses as they were once written, and a network's own NAT64 (RFC 8215)."""
_LOW = 0xFFFF_FFFF


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
    """Whether an IP address belongs to the open internet, and the one that it stands for too."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return _is_open(found)
    if found.is_site_local or any(found in network for network in _NOT_OPEN):
        return False
    inner = found.ipv4_mapped or found.sixtofour or (IPv4Address(int(found) & _LOW) if found in _NAT64 else None)
    return _is_open(found) and (inner is None or _is_open(inner))


def _is_open(found: IPv4Address | IPv6Address) -> bool:
    return found.is_global and not found.is_multicast
