"""The log of accounts: sign-ins, refusals and changes. It has ids and digests, never names or addresses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from db.base import Identified, Row, check, choice, moment, ref
from db.transaction import Transaction
from rules.accounts import AccountEventKind

MOST_REFUSALS = 60
"""Refusals that a process records in a minute: at most 86,400 a day, some 12 MB, however many machines guess."""
_MINUTE = timedelta(minutes=1)


class AccountEvent(Identified, table=True):
    """An entry of the log. The table is append-only."""

    kind: AccountEventKind = choice(AccountEventKind)
    account_id: UUID | None = ref("account.id", index=True, optional=True)
    """Null if no account has the name."""
    actor_id: UUID | None = ref("account.id", optional=True)
    """The account that did it to another one or to itself by a mutation; null for sign-ins and for commands."""
    session_id: UUID | None = None
    """The session of a device, or the outside system."""
    network: bytes | None = None
    """A keyed digest of the client's address. Equal addresses have equal digests."""
    times: int = 1
    """How many refusals the entry stands for: its own, and those before it that were only counted."""
    occurred_at: datetime = moment()

    __table_args__ = (check("times", "times > 0"),)


@dataclass(slots=True)
class Refusals:
    """Selects the refusals that are recorded one by one. The next entry counts the others."""

    most: int = MOST_REFUSALS
    _since: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)
    _recorded: int = field(default=0, init=False)
    _unrecorded: int = field(default=0, init=False)

    def count(self) -> None:
        """Counts a refusal that gets no entry of its own."""
        self._unrecorded += 1

    def take(self, now: datetime) -> int:
        """How many refusals a new entry stands for; 0 if there may be no entry now, and the refusal is only counted."""
        self.count()
        if not self._since <= now < self._since + _MINUTE:
            self._since, self._recorded = now, 0
        if self._recorded >= self.most:
            return 0
        self._recorded += 1
        times, self._unrecorded = self._unrecorded, 0
        return times


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for tokens, as the log keeps it."""

    network: bytes
    refusals: Refusals


@dataclass(frozen=True, slots=True)
class Denied:
    """A refused sign-in or refresh, with the account and the session as far as they are known."""

    kind: AccountEventKind
    account_id: UUID | None = None
    session_id: UUID | None = None
    times: int = 0
    """How many refusals its entry in the log stands for; 0 without an entry."""


def happened(
    tx: Transaction,
    kind: AccountEventKind,
    account_id: UUID | None,
    session_id: UUID | None = None,
    network: bytes | None = None,
) -> AccountEvent:
    """A new entry, to be saved. Changes by commands have no network and no actor, those by mutations no network."""
    given = {"kind": kind, "account_id": account_id, "session_id": session_id, "network": network}
    return AccountEvent(**given, actor_id=tx.viewer.account_id, occurred_at=tx.now)


async def refuse(
    tx: Transaction,
    kind: AccountEventKind,
    account_id: UUID | None,
    session_id: UUID | None = None,
    *,
    caller: Caller,
    changed: Sequence[Row] = (),
) -> Denied:
    """A refusal, which is recorded or only counted. Saves what it ``changed``."""
    times = caller.refusals.take(tx.now)
    entry = happened(tx, kind, account_id, session_id, caller.network)
    entry.times = times
    await tx.save(*changed, *([entry] if times else []))
    return Denied(kind, account_id, session_id, times)
