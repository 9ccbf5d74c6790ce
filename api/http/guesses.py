"""Wrong passwords, counted by name and by where they come from, in the bounded memory of this process."""

import hashlib
import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.http.turns import Busy
from rules.folding import folded_username

MOST_COUNTS = 50_000
"""Counts in memory, some 20 MB. Beyond them the ones that changed longest ago are forgotten. A machine of two cores
compares 20,000 passwords in ten minutes, and each wrong one changes at most three counts."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Wrong guesses within a time from the first one, after which no further guess is compared."""

    name: str
    most: int
    within: timedelta


FROM_ONE_SOURCE = Limit("name and source", 5, timedelta(minutes=10))
"""Five typing errors are few for a person, and 720 a day are few for a machine (OWASP's advice on lock-out)."""
FROM_ONE_ADDRESS = Limit("address", 20, timedelta(minutes=10))
"""A compromise: an office with one address shares them, and so does who tries one password under many names."""
FROM_ANYWHERE = Limit("name", 50, timedelta(hours=1))
"""For machines that share the work. Beyond it, only known devices sign in under the name."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a guess comes from: an address, or a device that had a session of the account before."""

    key: str
    known: bool = False


class LockedOut(Exception):
    """There were too many wrong guesses."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


@dataclass(slots=True)
class _Count:
    limit: Limit
    since: datetime
    """The first of the wrong guesses."""
    wrong: int = 0
    running: int = 0

    @property
    def until(self) -> datetime:
        return self.since + self.limit.within

    def add(self, now: datetime) -> bool:
        """Counts a wrong guess. Returns whether it is the last one that the limit allows."""
        if not self.wrong:
            self.since = now
        self.wrong += 1
        return self.wrong == self.limit.most


@dataclass(slots=True)
class Guess:
    """A sign-in that is being compared. One that ends without an answer counts neither as right nor as wrong."""

    right: bool | None = None
    locked: bool = False
    """True if it was wrong and reached a limit."""


class Guesses:
    """The wrong guesses of the last hour."""

    def __init__(self, most_counts: int = MOST_COUNTS) -> None:
        self._counts: OrderedDict[bytes, _Count] = OrderedDict()
        self._most_counts = most_counts

    def __len__(self) -> int:
        return len(self._counts)

    @contextmanager
    def guessing(self, source: Source, username: str, now: datetime) -> Iterator[Guess]:
        """One guess. Raises LockedOut after too many wrong ones, and Busy while so many are running already."""
        counts = {key: self._count(key, limit, now) for key, limit in _limits(source, username).items()}
        ends = [each.until for each in counts.values() if each.wrong >= each.limit.most]
        if ends:
            raise LockedOut(max(1, math.ceil((max(ends) - now).total_seconds())))
        if any(each.wrong + each.running >= each.limit.most for each in counts.values()):
            raise Busy
        for key, count in counts.items():
            count.running += 1
            self._keep(key, count)
        self._forget(now)
        guess = Guess()
        try:
            yield guess
        finally:
            self._settle(counts, guess, now)

    def _count(self, key: bytes, limit: Limit, now: datetime) -> _Count:
        """The count of a key, which is kept only when the guess begins: refused ones must not use up the memory."""
        found = self._counts.get(key) or _Count(limit, now)
        if now >= found.until:
            found.since, found.wrong = now, 0
        return found

    def _keep(self, key: bytes, count: _Count) -> None:
        self._counts[key] = count
        self._counts.move_to_end(key)

    def _forget(self, now: datetime) -> None:
        while self._counts:
            oldest = next(iter(self._counts.values()))
            if len(self._counts) <= self._most_counts and (oldest.running or now < oldest.until):
                return
            self._counts.popitem(last=False)

    def _settle(self, counts: Mapping[bytes, _Count], guess: Guess, now: datetime) -> None:
        for key, count in counts.items():
            count.running -= 1
            if guess.right is False:
                guess.locked |= count.add(now)
            elif guess.right and count.limit is FROM_ONE_SOURCE:
                count.wrong = 0
            if not count.wrong and not count.running and self._counts.get(key) is count:
                del self._counts[key]


def _limits(source: Source, username: str) -> dict[bytes, Limit]:
    """The limits of a guess by the keys of their counts. What others do does not lock a known device.

    All spellings of a user name count as one.
    """
    name = folded_username(username)
    limits = {_key(FROM_ONE_SOURCE, source.key, name): FROM_ONE_SOURCE}
    if not source.known:
        limits |= {_key(FROM_ONE_ADDRESS, source.key): FROM_ONE_ADDRESS, _key(FROM_ANYWHERE, name): FROM_ANYWHERE}
    return limits


def _key(limit: Limit, *parts: str) -> bytes:
    """A digest, so that a key has 32 bytes, however long the name is. No part has a NUL character."""
    return hashlib.sha256("\0".join((limit.name, *parts)).encode()).digest()
