"""The revoked sessions and disabled accounts and outside systems whose access tokens have not expired yet."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

MARGIN = timedelta(minutes=5)
"""For a database whose clock is slow, and for transactions that commit late. It costs some memory only."""


class Endings:
    """The ids of what has ended, as far as this process knows. Access tokens that carry one of them are refused.

    A session is forgotten when all its access tokens have expired.
    """

    def __init__(self, token_seconds: int) -> None:
        self.remembered = timedelta(seconds=token_seconds) + MARGIN
        self._sessions: dict[UUID, datetime] = {}
        self._disabled: frozenset[UUID] = frozenset()
        self._ended: set[UUID | None] = set()
        """Both, so that each id of a request is looked up once."""
        self._open: dict[asyncio.Timeout, tuple[UUID | None, ...]] = {}

    def __len__(self) -> int:
        return len(self._sessions) + len(self._disabled)

    def ended(self, *ids: UUID | None) -> bool:
        """True if one of the ids has ended."""
        return not self._ended.isdisjoint(ids)

    def end_session(self, session: UUID, now: datetime) -> None:
        """Ends a session in this process, without waiting for the next reading of the database."""
        self._sessions[session] = now
        self._ended.add(session)
        self._close({session})

    def learn(self, sessions: Mapping[UUID, datetime], disabled: frozenset[UUID], now: datetime) -> None:
        """Takes over what the database says: sessions that were revoked lately, and everything that is disabled."""
        fresh = (sessions.keys() - self._sessions.keys()) | (disabled - self._disabled)
        known = {**self._sessions, **sessions}
        self._sessions = {session: at for session, at in known.items() if at > now - self.remembered}
        self._disabled = disabled
        self._ended = {*self._sessions, *disabled}
        if fresh:
            self._close(fresh)

    @contextmanager
    def expiring(self, timeout: asyncio.Timeout, *ids: UUID | None) -> Iterator[None]:
        """Lets a running timeout expire as soon as one of the ids ends."""
        try:
            self.watch(timeout, *ids)
            yield
        finally:
            del self._open[timeout]

    def watch(self, timeout: asyncio.Timeout, *ids: UUID | None) -> None:
        """Lets a timeout expire by other ids than before."""
        self._open[timeout] = ids
        if self.ended(*ids):
            timeout.reschedule(0)

    def _close(self, ended: set[UUID]) -> None:
        for timeout, ids in self._open.items():
            if not ended.isdisjoint(ids) and not timeout.expired():
                timeout.reschedule(0)
