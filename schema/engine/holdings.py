"""Keeps the places that the accounts of subscribers hold. Those who hold the same get the same events."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any, Protocol
from uuid import UUID

from db.feed import read_holdings
from db.scope import Held
from rules.access import WORKERS, Role, Viewer
from schema.compiler.plan import Plan


class Holder(Protocol):
    """A subscriber, as far as its events depend on what its account holds."""

    plan: Plan
    viewer: Viewer


class HoldingsChanged(Exception):
    """The holdings of an account changed during a round."""


class Holdings:
    """The holdings of accounts, as of a version that each change of them raises."""

    def __init__(self, version: Hashable) -> None:
        self.version = version
        self._held: dict[tuple[Role, UUID], Held] = {}

    async def read(self, connection: Any, holders: Iterable[Holder]) -> None:
        """Reads what is not known yet."""
        missing: dict[Role, set[UUID]] = defaultdict(set)
        for role, account in filter(None, map(_account_of, holders)):
            if (role, account) not in self._held:
                missing[role].add(account)
        for role, accounts in missing.items():
            found = await read_holdings(connection, role, accounts)
            self._held |= {(role, account): held for account, held in found.items()}

    async def check(self, connection: Any, holder: Holder) -> None:
        """Raises HoldingsChanged if the account holds something else now.

        The change wakes the next round of the feed, which makes the groups anew.
        """
        if (account := _account_of(holder)) is not None:
            role, uuid = account
            if (await read_holdings(connection, role, [uuid])).get(uuid) != self.of(holder):
                raise HoldingsChanged

    def of(self, holder: Holder) -> Held | None:
        """The holdings of a subscriber; None without an account."""
        account = _account_of(holder)
        return None if account is None else self._held.get(account)

    def key(self, holder: Holder) -> Hashable:
        """Equal for viewers with the same visibility: workers with equal holdings. Otherwise, one per account."""
        viewer = holder.viewer
        own = None if viewer.role in WORKERS and not holder.plan.personal else viewer.account_id
        return viewer.role, own, self.of(holder)


def _account_of(holder: Holder) -> tuple[Role, UUID] | None:
    role, account = holder.viewer.role, holder.viewer.account_id
    return None if role is None or account is None else (role, account)
