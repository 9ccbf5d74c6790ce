"""Limits against floods: a sliding window for each key, in this process's memory, which stays bounded."""

import math
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection

MOST_EVENTS = 200_000
"""Beyond so many events in memory the keys that were quiet longest are forgotten."""
_HOME_NETWORK = 64


@dataclass(frozen=True, slots=True)
class Limit:
    """So much within so long."""

    name: str
    most: int
    within: timedelta


OPENED_BY_ADDRESS = Limit("opened by address", 60, timedelta(minutes=10))
OPENED_BY_CODE = Limit("opened by code", 60, timedelta(minutes=10))
"""When the heating fails, a whole house scans the code at its entrance."""
PHOTOS_BY_ADDRESS = Limit("photos by address", 100, timedelta(minutes=10))
PHOTOS_BY_CODE = Limit("photos by code", 100, timedelta(minutes=10))


class Floods:
    """Who did what lately."""

    def __init__(self, most_events: int = MOST_EVENTS) -> None:
        self._seen: OrderedDict[tuple[str, str], deque[tuple[datetime, str]]] = OrderedDict()
        self._most_events = most_events
        self.events = 0

    def wait(self, limit: Limit, who: str, now: datetime, act: str = "") -> int:
        """Counts one more, and gives nothing; or the seconds to wait where it is too much.

        What has an id counts once: whoever sends it again has not done more.
        """
        key = (limit.name, who)
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        self._forget(times, now - limit.within)
        if act and any(known == act for _, known in times):
            return 0
        if len(times) >= limit.most:
            return max(1, math.ceil((times[0][0] + limit.within - now).total_seconds()))
        times.append((now, act))
        self.events += 1
        self._shrink()
        return 0

    def _forget(self, times: deque[tuple[datetime, str]], until: datetime) -> None:
        while times and times[0][0] <= until:
            times.popleft()
            self.events -= 1

    def _shrink(self) -> None:
        while self.events > self._most_events:
            _, times = self._seen.popitem(last=False)
            self.events -= len(times)


def waits(connection: HTTPConnection, limits: tuple[Limit, Limit], code: str, act: str = "") -> int:
    """Counts one more by address and one by code, whichever way it came; the seconds to wait where it is too much."""
    state = connection.app.state
    address = address_of(connection, behind_proxy=state.behind_proxy)
    keys = zip(limits, (address, code.strip().upper()), strict=True)
    floods: Floods = state.floods
    return max(floods.wait(limit, who, state.now(), act) for limit, who in keys)


def address_of(connection: HTTPConnection, *, behind_proxy: bool) -> str:
    """Where a request comes from: the socket's other end, or what the proxy in front says of its own.

    Whoever has one address of IPv6 has a network of them, so that counts as one.
    """
    peer = connection.client.host if connection.client else ""
    said = ",".join(connection.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip() if behind_proxy else ""
    return _network(said) or _network(peer) or peer


def _network(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((int(address), _HOME_NETWORK), strict=False))
    return str(address)
