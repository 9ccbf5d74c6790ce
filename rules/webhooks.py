"""Webhooks to the dispute resolution centre (Standard Webhooks): retries, and the addresses that are allowed."""

from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from rules.journal import EntryKind
from rules.refusals import invalid
from rules.sending import wait_before
from rules.text import BODY_LIMIT

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WAITS: tuple[timedelta, ...] = (
    *(5 * _SECOND, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR),
    *(14 * _HOUR, 20 * _HOUR, 24 * _HOUR, 24 * _HOUR, 24 * _HOUR),
)
"""The wait after each failure: the schedule of Standard Webhooks, prolonged to five days for a long weekend."""
LONGEST_RETRY_AFTER = 24 * _HOUR
GONE = 410  # the HTTP status of a receiver that wants no more events (Standard Webhooks)
_NAT64 = IPv6Network("64:ff9b::/96")  # Translates to the IPv4 address in the last 32 bits (RFC 6052)
_NOT_OPEN = (IPv6Network("::/96"), IPv6Network("64:ff9b:1::/48"))
"""IPv4-compatible addresses (RFC 4291, deprecated) and NAT64 within a network (RFC 8215)."""
_LOW = 0xFFFF_FFFF


def wait_after(failures: int, asked: timedelta | None = None) -> timedelta | None:
    """The wait after this many failures, at least the receiver's Retry-After ``asked``; ``None`` to give up."""
    return wait_before(failures, WAITS, asked, LONGEST_RETRY_AFTER)


def type_of(kind: EntryKind) -> str:
    """The type of an event, such as ``dispute.dispute_referred``."""
    return f"dispute.{kind.value.lower()}"


def check_address(url: str, *, private: bool) -> str:
    """A webhook address: https without credentials or fragment. ``private`` also allows http."""
    try:
        # The length first: splitting an address takes quadratic time for combining characters.
        parts = urlsplit(url if len(url) <= BODY_LIMIT else "")
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.password or parts.fragment:
        raise invalid("回调地址不正确", "webhook")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise invalid("回调地址须使用 https", "webhook")
    return url


def is_public(address: str) -> bool:
    """True if an IP address is on the public internet, and so is any IPv4 address embedded in it."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return _is_open(found)
    if found.is_site_local or any(found in network for network in _NOT_OPEN):
        return False
    inner = found.ipv4_mapped or found.sixtofour or (IPv4Address(int(found) & _LOW) if found in _NAT64 else None)
    return _is_open(found) and (inner is None or _is_open(inner))


def _is_open(found: IPv4Address | IPv6Address) -> bool:
    return found.is_global and not found.is_multicast
