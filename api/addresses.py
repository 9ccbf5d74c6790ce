"""Addresses: whether one is of this machine, and origins of web pages."""

import re
from ipaddress import ip_address

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")


def is_local(host: str) -> bool:
    """True if a host, as in a URL, is this machine itself."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def parse_origins(text: str) -> frozenset[str]:
    """The origins of a setting such as ``https://app.example.cn,https://board.example.cn``. Raises ValueError."""
    found = frozenset(filter(None, (each.strip() for each in text.split(","))))
    for each in found:
        if not _ORIGIN.fullmatch(each):
            raise ValueError(f"{each!r} is not an origin such as https://app.example.cn, in lower case without a path")
    return found
