"""Lists for the operator: accounts with their posts, their devices, and the log of accounts."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from db import sql
from db.account_log import AccountEvent
from db.accounts import Account, Assignment, Device, DeviceSession, is_live
from db.acts.accounts import PlaceKind, account_named, end_sessions
from db.acts.calendar import local_day
from db.base import alias, model_of
from db.places import Community
from db.scope import Condition, Scope
from db.transaction import NOW, Transaction
from rules.access import Role
from rules.accounts import AccountEventKind


class Known(NamedTuple):
    """An account with the names of the places of its posts today, and of their communities."""

    account: Account
    places: list[str]
    communities: set[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Accounts whose user name, name or telephone has a text, in some roles, with a post in a community."""

    text: str | None = None
    roles: Collection[Role] = tuple(Role)
    community: str | None = None
    disabled: bool = True


async def accounts_known(tx: Transaction, wanted: Wanted) -> list[Known]:
    """The wanted accounts, by user name."""
    found = [each for each in await tx.all(Account, order=("username",)) if _fits(each, wanted)]
    posts = await tx.all(Assignment, order=("starts_on", "id"), account_id={each.id for each in found})
    communities = {each.id: each for each in await tx.all(Community)}
    names = await _names(tx)
    held: dict[UUID, list[Assignment]] = defaultdict(list)
    for post in posts:
        if post.starts_on <= local_day(communities[post.community_id], tx.now) <= (post.ends_on or post.starts_on.max):
            held[post.account_id].append(post)
    known = [
        Known(
            each,
            [names[_place(post)] for post in held[each.id]],
            {communities[post.community_id].name for post in held[each.id]},
        )
        for each in found
    ]
    return [each for each in known if wanted.community is None or wanted.community in each.communities]


def _fits(account: Account, wanted: Wanted) -> bool:
    texts = (account.username, account.name, account.phone or "")
    return (
        account.role in wanted.roles
        and (wanted.disabled or account.disabled_at is None)
        and (wanted.text is None or any(wanted.text in each for each in texts))
    )


async def _names(tx: Transaction) -> dict[UUID, str]:
    """The names of all places in which a role can hold, by id."""
    models: list[Any] = [model_of(kind) for kind in PlaceKind]
    places = [place for model in models for place in await tx.all(model)]
    return {place.id: place.__dict__.get("name") or f"{place.number}号楼" for place in places}


def _place(post: Assignment) -> UUID:
    smaller = (post.grid_id, post.building_id, post.estate_id, post.organisation_id)
    return next((each for each in smaller if each is not None), post.community_id)


async def devices_of(tx: Transaction, username: str) -> list[Device]:
    """The devices on which an account is signed in, in the order of their first sign-in."""
    account = await tx.one(Account, "username", username=username)
    return await tx.matching(Device, _signed_in, order=("first_seen_at", "id"), account=account.id)


def _signed_in(t: sql.From, _: Scope) -> Condition:
    session = alias(DeviceSession)
    live = sql.exists(session).where(session.c.device_id == t.c.id, is_live(session, NOW))
    return sql.and_(t.c.account_id == sql.parameter("account", sql.UUID), live)


async def sign_out_device(tx: Transaction, username: str, device: UUID) -> None:
    """Ends the sessions of one device of an account, such as a lost phone."""
    account = await account_named(tx, username)
    await tx.one(Device, "device", id=device, account_id=account.id)
    await end_sessions(tx, account, AccountEventKind.SIGNED_OUT, device=device)


async def account_events(
    tx: Transaction, username: str | None, most: int
) -> list[tuple[AccountEvent, str | None, str | None]]:
    """The newest entries of the log, newest first, of one account or of all.

    Each entry comes with the user name of its account and the user name of the actor.
    """
    only: dict[str, Any] = {"account_id": (await tx.one(Account, "username", username=username)).id} if username else {}
    events = await tx.all(AccountEvent, order=("-id",), limit=most, **only)
    accounts = await tx.all(Account, id={uuid for each in events for uuid in (each.account_id, each.actor_id) if uuid})
    names: dict[UUID | None, str] = {each.id: each.username for each in accounts}
    return [(each, names.get(each.account_id), names.get(each.actor_id)) for each in events]
