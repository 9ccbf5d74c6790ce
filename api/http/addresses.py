"""Where a request comes from."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

_HOME_NETWORK = 64
"""Bits of an IPv6 address before the interface id (RFC 4291). The devices of a home share them."""
_KEPT = 10_000
"""Addresses whose networks are cached, some 3 MB. Reading one takes 3 µs."""


def address_of(scope: Scope, *, behind_proxy: bool) -> str:
    """The client's address: the peer of the socket, or the last entry of ``X-Forwarded-For`` behind a proxy.

    All addresses of an IPv6 client's network count as one.
    """
    client = scope.get("client")
    peer: str = client[0] if client else ""
    said = _last_forwarded(scope) if behind_proxy else ""
    return (said and network_of(said)) or network_of(peer) or peer


def _last_forwarded(scope: Scope) -> str:
    return ",".join(Headers(scope=scope).getlist("x-forwarded-for")).rpartition(",")[2].strip()


@lru_cache(maxsize=_KEPT)
def network_of(text: str) -> str | None:
    """The IPv4 address, or the network of the IPv6 address. None if the text is neither."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((int(address), _HOME_NETWORK), strict=False))
    return str(address)
