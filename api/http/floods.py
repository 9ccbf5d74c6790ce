"""Rate limits: a sliding window for each key, in the bounded memory of this process."""

import math
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection

MOST_EVENTS = 200_000
"""Events in memory, some 40 MB. Beyond them the keys that were quiet longest are forgotten."""
_HOME_NETWORK = 64
"""Bits of an IPv6 address before the interface id (RFC 4291). The devices of a home share them."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of events within a time, counted for each key under this name."""

    name: str
    most: int
    within: timedelta


# A compromise. When the heating fails, a whole house scans the code at its entrance and sends photos within minutes.
OPENED_BY_ADDRESS = Limit("opened by address", 60, timedelta(minutes=10))
OPENED_BY_CODE = Limit("opened by code", 60, timedelta(minutes=10))
PHOTOS_BY_ADDRESS = Limit("photos by address", 100, timedelta(minutes=10))
PHOTOS_BY_CODE = Limit("photos by code", 100, timedelta(minutes=10))


class Floods:
    """The recent events by limit and key."""

    def __init__(self, most_events: int = MOST_EVENTS) -> None:
        self._seen: OrderedDict[tuple[str, str], deque[tuple[datetime, str]]] = OrderedDict()
        self._most_events = most_events
        self.events = 0

    def wait(self, limit: Limit, who: str, now: datetime, act: str = "") -> int:
        """Counts one event. Returns 0, or the seconds to wait if the limit is reached.

        An act with an id counts once, however often it is sent.
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


def seconds_to_wait(connection: HTTPConnection, limits: tuple[Limit, Limit], code: str, act: str = "") -> int:
    """Counts an event by address and by code. Returns 0, or the seconds to wait if a limit is reached."""
    state = connection.app.state
    address = address_of(connection, behind_proxy=state.behind_proxy)
    keys = zip(limits, (address, code.strip().upper()), strict=True)
    floods: Floods = state.floods
    return max(floods.wait(limit, who, state.now(), act) for limit, who in keys)


def address_of(connection: HTTPConnection, *, behind_proxy: bool) -> str:
    """The client's address: the peer of the socket, or the last entry of ``X-Forwarded-For`` behind a proxy.

    All addresses of an IPv6 client's network count as one.
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
