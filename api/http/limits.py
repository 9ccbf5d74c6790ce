"""Counts events against rate limits: in this process, or in a Redis or Valkey that several servers share."""

import hashlib
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self, TypeVar

import structlog
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.errors import StorageError
from limits.storage import storage_from_string

from api.rates import LIMITS, Limit, parse_rates
from api.settings import Settings

MOST_WINDOWS = 100_000
"""Counts in memory, some 30 MB. Beyond them the ones that changed longest ago are forgotten."""
ANSWER_WITHIN = 0.25
"""Seconds for the shared storage, which answers in less than a millisecond in the same network."""
AWAY_FOR = 5.0
"""Seconds in which the shared storage is not asked after it failed, so that not every request waits for it."""
_LOGGED_EVERY = 60.0
_DIGEST_BYTES = 16
log = structlog.get_logger()
Result = TypeVar("Result")


@dataclass(slots=True)
class _Window:
    """The number of events, and the time from when on it counts no longer."""

    count: int
    end: datetime


class Memory:
    """Fixed windows in bounded memory.

    The MemoryStorage of ``limits`` keeps any number, and walks through all of them after each hit: with 10,000 windows
    a hit took 2 ms (measured).
    """

    def __init__(self, now: Callable[[], datetime], most: int = MOST_WINDOWS) -> None:
        self._now, self._most = now, most
        self._windows: OrderedDict[tuple[str, str], _Window] = OrderedDict()
        """The first one changed longest ago."""

    def __len__(self) -> int:
        return len(self._windows)

    def incr(self, key: tuple[str, str], seconds: float, amount: int) -> int:
        """Counts events. Returns the number in the window, which begins with the first one."""
        now, window = self._now(), self._windows.get(key)
        if window is None or window.end <= now:
            self._make_room(now)
            window = self._windows[key] = _Window(0, now + timedelta(seconds=seconds))
        self._windows.move_to_end(key)
        window.count += amount
        return window.count

    def _make_room(self, now: datetime) -> None:
        while self._windows:
            key = next(iter(self._windows))
            if len(self._windows) < self._most and self._windows[key].end > now:
                return
            del self._windows[key]

    def get(self, key: tuple[str, str]) -> int:
        """The number of events in the window."""
        window = self._windows.get(key)
        return 0 if window is None or window.end <= self._now() else window.count

    def get_expiry(self, key: tuple[str, str]) -> float:
        """The end of the window."""
        window = self._windows.get(key)
        return (self._now() if window is None else window.end).timestamp()


def shared_storage(url: str) -> RedisStorage:
    """The storage behind ``redis://``, ``rediss://``, ``valkey://`` or ``valkeys://``, which speak one protocol."""
    seconds = {"socket_timeout": ANSWER_WITHIN, "socket_connect_timeout": ANSWER_WITHIN}
    uri = f"async+{url.replace('valkey', 'redis', 1)}"
    storage = storage_from_string(uri, implementation="redispy", wrap_exceptions=True, **seconds)
    assert isinstance(storage, RedisStorage)
    return storage


class _Rate(NamedTuple):
    """Events in so many seconds, also as ``RateLimit-Policy`` tells them."""

    amount: int
    seconds: int
    policy: bytes


class Quota(NamedTuple):
    """The rest of a limit for one key. ``wait`` is the number of seconds until the next event is allowed, or 0."""

    limit: str
    policy: bytes
    left: int
    wait: int = 0


class Limits:
    """Fixed windows that begin with the first event of a key."""

    def __init__(
        self,
        rates: Mapping[str, RateLimitItem],
        secret: bytes,
        now: Callable[[], datetime],
        shared: RedisStorage | None = None,
    ) -> None:
        self._rates = {
            name: _Rate(rate.amount, rate.get_expiry(), f'"{name}";q={rate.amount};w={rate.get_expiry()}'.encode())
            for name, rate in ({name: limit.default for name, limit in LIMITS.items()} | dict(rates)).items()
        }
        self._key = hmac.digest(secret, b"rate limits", "sha256")
        self._now = now
        self._own = Memory(now)
        self._shared = shared
        self._away_until = self._silent_until = 0.0

    @classmethod
    def of(cls, settings: Settings, secret: bytes, now: Callable[[], datetime]) -> Self:
        """The limits by the settings."""
        shared = shared_storage(settings.limits_url) if settings.limits_url else None
        return cls(parse_rates(settings.rates or ""), secret, now, shared)

    async def hit(self, limit: Limit, key: str, cost: int = 1) -> int:
        """Counts an event. Returns 0, or the seconds to wait if the limit is reached."""
        return (await self.count(limit, key, cost)).wait

    async def count(self, limit: Limit, key: str, cost: int = 1) -> Quota:
        """Counts an event. Returns what is left."""
        rate = self._rates[limit.name]
        if self._shared is not None:
            window = self._window(limit, key)
            used = await self._ask(lambda shared: shared.incr(window, rate.seconds, amount=cost))
            if used is not None:
                return await self._shared_quota(limit, window, rate.amount - used)
        own = (limit.name, key)
        left = rate.amount - self._own.incr(own, rate.seconds, cost)
        # This is on the way of every request, so it saves the layers of _quota().
        return Quota(limit.name, rate.policy, left) if left >= 0 else self._quota(limit, left, own)

    async def test(self, limit: Limit, key: str) -> int:
        """Returns the seconds to wait if the limit is reached, else 0. Counts nothing."""
        allowed = self._rates[limit.name].amount - 1
        if self._shared is not None:
            window = self._window(limit, key)
            used = await self._ask(lambda shared: shared.get(window))
            if used is not None:
                return (await self._shared_quota(limit, window, allowed - used)).wait
        own = (limit.name, key)
        return self._quota(limit, allowed - self._own.get(own), own).wait

    async def close(self) -> None:
        """Closes the connections to the shared storage."""
        if self._shared is not None:
            bridge: Any = self._shared.bridge
            await bridge.storage.aclose()

    def _quota(self, limit: Limit, left: int, own: tuple[str, str]) -> Quota:
        return self._told(limit, left, 0.0 if left >= 0 else self._own.get_expiry(own))

    async def _shared_quota(self, limit: Limit, window: str, left: int) -> Quota:
        end = None if left >= 0 else await self._ask(lambda shared: shared.get_expiry(window))
        return self._told(limit, left, end or 0.0)

    def _told(self, limit: Limit, left: int, end: float) -> Quota:
        if left >= 0:
            return Quota(limit.name, self._rates[limit.name].policy, left)
        wait = max(1, math.ceil(end - self._now().timestamp()))
        return Quota(limit.name, self._rates[limit.name].policy, 0, wait)

    def _window(self, limit: Limit, key: str) -> str:
        """The name of a window. It has a keyed digest, so that the storage holds no address, account or code."""
        digest = hashlib.blake2b(key.encode(), key=self._key, digest_size=_DIGEST_BYTES).hexdigest()
        return f"tunping/{limit.name}/{digest}"

    async def _ask(self, do: Callable[[RedisStorage], Awaitable[Result]]) -> Result | None:
        """Asks the shared storage. None while it is away: then this process counts in its own memory."""
        if self._shared is None or time.monotonic() < self._away_until:
            return None
        try:
            return await do(self._shared)
        except StorageError as error:
            self._note_away(error)
            return None

    def _note_away(self, error: StorageError) -> None:
        now = time.monotonic()
        self._away_until = now + AWAY_FOR
        if now >= self._silent_until:
            self._silent_until = now + _LOGGED_EVERY
            log.warning("limits_storage_away", error=type(error.__cause__ or error).__name__)
