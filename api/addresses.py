"""Addresses of this machine."""

from ipaddress import ip_address


def is_local(host: str) -> bool:
    """True if a host, as in a URL, is this machine itself."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
