"""Acts on accounts, for the command line. Signing in is in db/sessions.py."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from db import sql
from db.account_log import AccountEvent, happened
from db.accounts import PASSWORDS, Account, Assignment, DeviceSession
from db.acts.calendar import today_in
from db.base import alias, model_of, table
from db.places import Community
from db.scope import Scope
from db.totp import forget
from db.transaction import NOW, Transaction
from rules.access import Role
from rules.accounts import AccountEventKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text
from rules.tokens import check_password
from rules.vocabulary import Word

_MOST_NAMED = 5
"""Places of one name that a refusal lists: a line or two of a terminal."""


class PlaceKind(Word):
    """The kinds of place in which a role can hold, the largest first. The values are names of tables."""

    COMMUNITY = "community", "社区"
    ESTATE = "estate", "小区"
    GRID = "grid", "网格"
    BUILDING = "building", "楼栋"
    ORGANISATION = "organisation", "单位"


HOLDS_IN: dict[Role, PlaceKind | None] = {
    **dict.fromkeys(Role, PlaceKind.COMMUNITY),
    Role.GRID_WORKER: PlaceKind.GRID,
    Role.GRID_LEADER: PlaceKind.ESTATE,
    Role.BUILDING_HEAD: PlaceKind.BUILDING,
    Role.PARTNER: PlaceKind.ORGANISATION,
    Role.CENTRE_MEDIATOR: PlaceKind.ORGANISATION,
    Role.ADMIN: None,
}


@dataclass(frozen=True, slots=True)
class PostScope:
    """The places where a role is to hold, each by its name, its id, or the number of a building.

    The role holds in the smallest kind that is given. The larger ones say which of several places of a name is meant.
    """

    community: str | None = None
    estate: str | None = None
    grids: tuple[str, ...] = ()
    building: str | None = None
    organisation: str | None = None

    def names(self) -> dict[PlaceKind, list[str]]:
        """The given names by kind, the largest kind first."""
        given = {
            PlaceKind.COMMUNITY: [self.community],
            PlaceKind.ESTATE: [self.estate],
            PlaceKind.GRID: self.grids,
            PlaceKind.BUILDING: [self.building],
            PlaceKind.ORGANISATION: [self.organisation],
        }
        return {kind: [name for name in names if name] for kind, names in given.items() if any(names)}

    def kind(self) -> PlaceKind | None:
        """The smallest kind of place that is given."""
        return next(reversed(self.names()), None)


@dataclass(frozen=True, slots=True)
class NewAccount:
    username: str
    name: str
    role: Role
    password_hash: str
    """The result of :func:`hash_password`."""
    scope: PostScope


async def hash_password(password: str) -> str:
    """The hash of a new password. It takes up to 120 ms in a thread, so do not call it in a transaction."""
    check_password(password, "password")
    return await asyncio.to_thread(PASSWORDS.hash, password)


async def add_account(tx: Transaction, new: NewAccount) -> Account:
    """Adds an account, whose role holds in the given places from today on."""
    check_fits(new.role, new.scope)
    account = Account(
        username=check_text(new.username, "username", limit=LINE_LIMIT),
        name=check_text(new.name, "name", limit=LINE_LIMIT),
        role=new.role,
        password_hash=new.password_hash,
    )
    posts = [await _post(tx, account, place) for place in await _places(tx, new.scope)]
    account.community_id = posts[0].community_id if posts else None
    try:
        await tx.save(account, *posts, happened(tx, AccountEventKind.ACCOUNT_ADDED, account.id))
    except asyncpg.UniqueViolationError as taken:
        raise invalid("用户名已被使用", "the user name is taken", "username") from taken
    return account


async def change_password(tx: Transaction, username: str, hashed: str) -> None:
    """Sets a new password, and ends all sessions of the account."""
    account = await _account(tx, username)
    account.password_hash = hashed
    await _end_sessions(tx, account, AccountEventKind.PASSWORD_CHANGED)


async def disable_account(tx: Transaction, username: str) -> None:
    """Disables an account, and ends all its sessions."""
    account = await _account(tx, username)
    account.disabled_at = account.disabled_at or tx.now
    await _end_sessions(tx, account, AccountEventKind.ACCOUNT_DISABLED)


async def enable_account(tx: Transaction, username: str) -> None:
    """Lets a disabled account sign in again."""
    account = await _account(tx, username)
    account.disabled_at = None
    await tx.save(account, happened(tx, AccountEventKind.ACCOUNT_ENABLED, account.id))


async def sign_out_everywhere(tx: Transaction, username: str) -> None:
    """Ends all sessions of an account. Its devices have to sign in again."""
    await _end_sessions(tx, await _account(tx, username), AccountEventKind.ALL_SIGNED_OUT)


async def reset_totp(tx: Transaction, username: str) -> None:
    """Removes the authenticator app and the recovery codes of an account, and ends all its sessions."""
    account = await _account(tx, username)
    forget(account)
    await _end_sessions(tx, account, AccountEventKind.TOTP_RESET)


async def _account(tx: Transaction, username: str) -> Account:
    return await tx.one(Account, "username", lock=True, username=username)


async def _end_sessions(tx: Transaction, account: Account, kind: AccountEventKind) -> None:
    """Also ends those that nobody can refresh any more, so that their devices are no longer known."""
    await tx.rows(_revoke_all, account=account.id)
    await tx.save(account, happened(tx, kind, account.id))


def _revoke_all(_: Scope) -> sql.Update:
    t = alias(DeviceSession)
    own = t.c.account_id == sql.parameter("account", sql.UUID)
    return sql.update(t, revoked_at=NOW).where(own, t.c.revoked_at.is_(None))


async def account_events(tx: Transaction, username: str | None, most: int) -> list[tuple[AccountEvent, str | None]]:
    """The newest entries of the log of accounts with the user names, of one account or of all; the newest first."""
    only: dict[str, Any] = {"account_id": (await tx.one(Account, "username", username=username)).id} if username else {}
    events = await tx.all(AccountEvent, order=("-id",), limit=most, **only)
    accounts = await tx.all(Account, id={each.account_id for each in events if each.account_id})
    names: dict[UUID | None, str] = {each.id: each.username for each in accounts}
    return [(each, names.get(each.account_id)) for each in events]


def check_fits(role: Role, scope: PostScope) -> None:
    """Raises INVALID_INPUT unless the scope is of the kind in which the role holds."""
    fitting = HOLDS_IN[role]
    if scope.kind() is fitting:
        return
    if fitting is None:
        raise invalid(f"{role.label}不分片区", f"{role} holds everywhere, not in a place", "scope")
    raise invalid(f"{role.label}须指定{fitting.label}", f"{role} needs a {fitting} and nothing smaller", fitting)


async def _post(tx: Transaction, account: Account, place: Any) -> Assignment:
    community_id = place.id if isinstance(place, Community) else place.community_id
    held = {} if isinstance(place, Community) else {f"{place.__tablename__}_id": place.id}
    starts_on = await today_in(tx, community_id)
    return Assignment(account_id=account.id, community_id=community_id, starts_on=starts_on, **held)


async def _places(tx: Transaction, scope: PostScope) -> list[Any]:
    """The places of the smallest kind that is given, each searched for inside the larger ones."""
    inside: dict[str, list[UUID]] = {}
    found: dict[UUID, Any] = {}
    for kind, names in scope.names().items():
        places = [await _place(tx, kind, name, inside) for name in names]
        found = {place.id: place for place in places}
        inside[f"{kind}_id"] = list(found)
    return list(found.values())


async def _place(tx: Transaction, kind: PlaceKind, wanted: str, inside: Mapping[str, Any]) -> Any:
    model: Any = model_of(kind)
    within = {column: ids for column, ids in inside.items() if column in table(model).c}
    found = await tx.all(model, order=("id",), **_named(kind, wanted), **within)
    if not found:
        raise Refusal(Code.NOT_FOUND, kind.value)
    if len(found) > 1:
        named = "、".join(f"{kind}_{place.id}" for place in found[:_MOST_NAMED])
        raise Refusal(Code.PLACE_UNCLEAR, kind.value, named=named)
    return found[0]


def _named(kind: PlaceKind, wanted: str) -> dict[str, Any]:
    """The column that identifies a place: its id, the number of a building (3 or 3号楼), or else its name."""
    try:
        return {"id": UUID(wanted.removeprefix(f"{kind}_"))}
    except ValueError:
        if kind is not PlaceKind.BUILDING:
            return {"name": wanted}
    numbered = re.fullmatch(r"(\d{1,6})(号楼|栋)?", wanted)
    return {"number": int(numbered[1]) if numbered else 0}  # No building has the number 0.


@dataclass(frozen=True, slots=True)
class Invited:
    account: Account
    code: str
    expires_at: Any


def new_account(username: str, name: str, role: Role, phone: str | None) -> Account:
    return Account(username=username, name=name, role=role, phone=phone, password_hash="!")


def make_invitation(tx: Transaction, account: Account) -> Invited:
    return Invited(account, "TODO", tx.now)


async def save_new(tx: Transaction, account: Account, places: Any) -> None:
    posts = [await _post(tx, account, place) for place in places]
    account.community_id = posts[0].community_id if posts else None
    await tx.save(account, *posts, happened(tx, AccountEventKind.ACCOUNT_ADDED, account.id))


new_post = _post


def begun(account: Account, post: Assignment) -> str:
    return f"{account.role.label} {account.name}：{post.starts_on} 起"
