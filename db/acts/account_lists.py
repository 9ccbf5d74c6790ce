"""Lists for the operator: accounts with their posts, their devices, and the log of accounts."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from db import sql
from db.account_log import AccountEvent
from db.accounts import Account, Device, DeviceSession, is_live
from db.acts.accounts import account_named, end_sessions
from db.base import alias, model_of
from db.places import Community
from db.scope import Condition, Scope
from db.transaction import NOW, Transaction
from rules.access import Role
from rules.accounts import AccountEventKind

_SEARCHED = ("username", "name", "phone")
_PLACES = {"grid_id": "name", "building_id": "label", "estate_id": "name", "organisation_id": "name"}
"""The places of posts inside a community, and the columns with their names."""


class Known(NamedTuple):
    """An account with the names of the places of its posts today."""

    account: Account
    places: list[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Accounts whose user name, name or telephone has a text, in some roles, with a post in a community."""

    text: str | None = None
    roles: Collection[Role] = tuple(Role)
    community: str | None = None
    disabled: bool = True


async def accounts_known(tx: Transaction, wanted: Wanted) -> list[Known]:
    """The wanted accounts, by user name."""
    given: dict[str, Any] = {"text": wanted.text, "roles": list(wanted.roles), "community": wanted.community}
    found = await tx.matching(Account, _wanted, order=("username",), disabled=wanted.disabled, **given)
    held: dict[UUID, list[str]] = defaultdict(list)
    for row in await tx.rows(_held, accounts=[each.id for each in found]):
        held[row["account_id"]].append(row["place"])
    return [Known(each, held[each.id]) for each in found]


def _wanted(t: sql.From, _: Scope) -> Condition:
    text, community = (sql.parameter(name, sql.TEXT) for name in ("text", "community"))
    parts = [sql.func.strpos(t.c[name], text) > 0 for name in _SEARCHED]
    there, post = alias(Community), sql.named("post_today", {"account_id": sql.UUID, "community_id": sql.UUID})
    named = sql.select(there.c.id).from_(there).where(there.c.name == community)
    posted = sql.exists(post).where(post.c.account_id == t.c.id, post.c.community_id.in_(named))
    return sql.and_(
        sql.cast(t.c.role, sql.TEXT) == sql.any_(sql.parameter("roles", sql.array_of(sql.TEXT))),
        sql.or_(sql.parameter("disabled", sql.BOOLEAN), t.c.disabled_at.is_(None)),
        sql.or_(text.is_(None), *parts),
        sql.or_(community.is_(None), posted),
    )


def _held(_: Scope) -> sql.Select:
    """The names of the places of posts today, each by its account. A building has the name of its estate, if needed."""
    post = sql.named("post_today", dict.fromkeys(("account_id", *_PLACES, "community_id"), sql.UUID))
    names = [_name(model_of(name.removesuffix("_id")), post.c[name], column) for name, column in _PLACES.items()]
    place = sql.func.coalesce(*names, _name(Community, post.c.community_id, "name")).label("place")
    accounts = sql.parameter("accounts", sql.array_of(sql.UUID))
    return (
        sql.select(post.c.account_id, place).from_(post).where(post.c.account_id == sql.any_(accounts)).order_by(place)
    )


def _name(model: Any, uuid: sql.Column, column: str) -> sql.Column:
    place = alias(model)
    return sql.select(place.c[column]).from_(place).where(place.c.id == uuid).scalar()


async def devices_of(tx: Transaction, username: str) -> list[Device]:
    """The devices on which an account is signed in, in the order of their first sign-in."""
    account = await account_named(tx, username)
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
    only: dict[str, Any] = {"account_id": (await account_named(tx, username)).id} if username else {}
    events = await tx.all(AccountEvent, order=("-id",), limit=most, **only)
    accounts = await tx.all(Account, id={uuid for each in events for uuid in (each.account_id, each.actor_id) if uuid})
    names: dict[UUID | None, str] = {each.id: each.username for each in accounts}
    return [(each, names.get(each.account_id), names.get(each.actor_id)) for each in events]
