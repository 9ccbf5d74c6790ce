"""Changes of accounts, for commands and for the acts of colleagues. Signing in is in db/sessions.py."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from db import sql
from db.account_log import happened
from db.accounts import PASSWORDS, POSTS, Account, Assignment, DeviceSession, Post
from db.acts.calendar import today_in
from db.acts.journal import entry
from db.acts.random_codes import random_code
from db.base import alias, model_of, table
from db.journal import Journal
from db.places import Community
from db.scope import Scope
from db.totp import forget
from db.transaction import NOW, Transaction
from db.usernames import account_of
from rules.access import Role
from rules.accounts import INVITATION_LENGTH, INVITED_FOR, AccountEventKind
from rules.folding import building_key
from rules.journal import EntryKind
from rules.phones import check_optional_phone
from rules.refusals import Code, Refusal, invalid, unclear
from rules.text import LINE_LIMIT, check_name, check_text
from rules.tokens import check_password
from rules.totp import grouped, recovery_digest
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
    """An account with posts in the places of ``scope`` from today on."""

    username: str
    name: str
    role: Role
    scope: PostScope
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """An account with the code to choose its password with, which is told once."""

    account: Account
    code: str
    expires_at: datetime


async def hash_password(password: str) -> str:
    """The hash of a new password. It takes up to 120 ms in a thread, so do not call it in a transaction."""
    check_password(password, "password")
    return await asyncio.to_thread(PASSWORDS.hash, password)


async def add_account(tx: Transaction, new: NewAccount, password_hash: str) -> Account:
    """Adds an account with a password, which :func:`hash_password` has hashed."""
    account = _new(new)
    account.password_hash = password_hash
    await save_new(tx, account, await _places(tx, new.scope))
    return account


async def add_invited(tx: Transaction, new: NewAccount) -> Invited:
    """Adds an account whose person chooses the password with the returned code."""
    account = _new(new)
    invited = make_invitation(tx, account)
    await save_new(tx, account, await _places(tx, new.scope))
    return invited


def _new(new: NewAccount) -> Account:
    check_fits(new.role, new.scope)
    return new_account(new.username, new.name, new.role, new.phone)


def new_account(username: str, name: str, role: Role, phone: str | None) -> Account:
    """An account without a password, to be saved by :func:`save_new`. Refuses empty and long texts."""
    return Account(
        username=check_text(username, "username", limit=LINE_LIMIT),
        name=check_name(name, "name"),
        role=role,
        phone=check_optional_phone(phone, "phone"),
    )


async def save_new(tx: Transaction, account: Account, places: Sequence[Any]) -> None:
    """Saves a new account with a post in each of the places from today on."""
    posts = [await new_post(tx, account, place) for place in places]
    account.community_id = posts[0].community_id if posts else None
    added = happened(tx, AccountEventKind.ACCOUNT_ADDED, account.id)
    try:
        await tx.save(account, *posts, added, *told_of(tx, account, posts))
    except asyncpg.UniqueViolationError as taken:
        if taken.constraint_name not in {"uq_account_username", "uq_account_username_key"}:
            raise
        raise invalid("用户名已被使用", "username") from taken


def make_invitation(tx: Transaction, account: Account) -> Invited:
    """A new code for an account, to be saved. It takes the place of an earlier one, and of the password."""
    code = random_code(INVITATION_LENGTH)
    account.invitation_digest = recovery_digest(code)
    account.invitation_expires_at = tx.now + INVITED_FOR
    return Invited(account, grouped(code), account.invitation_expires_at)


async def invite(tx: Transaction, account: Account) -> Invited:
    """Invites a person to choose a new password. Ends all sessions of the account."""
    if account.disabled_at is not None:
        raise invalid("账号已停用，请先启用", "account")
    invited = make_invitation(tx, account)
    await end_sessions(tx, account, AccountEventKind.ACCOUNT_INVITED)
    return invited


def checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """A new name or telephone of an account, in the form in which they are kept."""
    found = dict(changes)
    if "name" in changes:
        found["name"] = check_name(changes["name"] or "", "name")
    if "phone" in changes:
        found["phone"] = check_optional_phone(changes["phone"], "phone")
    return found


async def correct(tx: Transaction, account: Account, changes: dict[str, Any]) -> None:
    """Changes the name or the telephone of an account."""
    account.change(changes)
    await tx.save(account, happened(tx, AccountEventKind.ACCOUNT_CORRECTED, account.id))


async def disable(tx: Transaction, account: Account) -> None:
    """Disables an account, and ends its sessions, its invitation and all its posts at once."""
    account.disabled_at = account.disabled_at or tx.now
    if account.invitation_expires_at is not None:
        # Expired, not removed: the password that it took the place of must not count again.
        account.invitation_expires_at = min(account.invitation_expires_at, tx.now)
    held: list[Any] = []
    for model in POSTS:
        held += await tx.all(model, order=("id",), lock=True, account_id=account.id)
    ended = [each for each in held if await end_at_once(tx, each)]
    place = account.community_id or (held[0].community_id if held else None)
    # First: it carries the id of the act, by which a late retry is recognised, also for an account without posts.
    told = [entry(tx, EntryKind.ACCOUNT_DISABLED, community_id=place, note=_titled(account))] if place else []
    told += [entry(tx, POSTS[type(each)].ended, each, note=over(account, each)) for each in ended]
    await tx.save(*ended, *told)
    await end_sessions(tx, account, AccountEventKind.ACCOUNT_DISABLED)


async def enable(tx: Transaction, account: Account) -> None:
    """Lets a disabled account sign in again. Its posts do not come back."""
    account.disabled_at = None
    await tx.save(account, happened(tx, AccountEventKind.ACCOUNT_ENABLED, account.id))


async def end_at_once(tx: Transaction, post: Post) -> bool:
    """Ends a post with the end of yesterday, or before it begins. Returns whether it had not ended."""
    yesterday = await today_in(tx, post.community_id) - timedelta(1)
    if post.ends_on is not None and (post.ends_on <= yesterday or post.ends_on < post.starts_on):
        return False
    post.ends_on, post.ended_at = max(yesterday, post.starts_on - timedelta(1)), tx.now
    return True


def told_of(tx: Transaction, account: Account, posts: Iterable[Assignment]) -> list[Journal]:
    """The journal entries about new posts."""
    said = _titled(account)
    return [entry(tx, EntryKind.POST_GIVEN, each, note=f"{said}：{each.starts_on} 起") for each in posts]


def _titled(account: Account) -> str:
    return f"{account.role.label} {account.name}"


def over(account: Account, post: Any) -> str:
    """The note of a post that has an end."""
    title = POSTS[type(post)].title or account.role.label
    return f"{title} {account.name}：" + ("即时结束" if post.ended_at else f"至 {post.ends_on}")


async def account_named(tx: Transaction, username: str) -> Account:
    """The account of a user name, locked."""
    if (account := await account_of(tx, username, lock=True)) is None:
        raise Refusal(Code.NOT_FOUND, "username", value=username)
    return account


async def change_password(tx: Transaction, username: str, hashed: str) -> None:
    """Sets a new password in place of the old one or of an invitation, and ends all sessions of the account."""
    account = await account_named(tx, username)
    set_password(account, hashed)
    await end_sessions(tx, account, AccountEventKind.PASSWORD_CHANGED)


def set_password(account: Account, hashed: str) -> None:
    """Sets a password, to be saved. An invitation has done its work then."""
    account.password_hash = hashed
    account.invitation_digest = account.invitation_expires_at = None


async def invite_account(tx: Transaction, username: str) -> Invited:
    """Invites the person of a user name to choose a new password."""
    return await invite(tx, await account_named(tx, username))


async def correct_account(tx: Transaction, username: str, changes: Mapping[str, Any]) -> None:
    """Changes the name or the telephone of a user name's account."""
    await correct(tx, await account_named(tx, username), checked(changes))


async def disable_account(tx: Transaction, username: str) -> None:
    """Disables the account of a user name."""
    await disable(tx, await account_named(tx, username))


async def enable_account(tx: Transaction, username: str) -> None:
    """Enables the account of a user name."""
    await enable(tx, await account_named(tx, username))


async def sign_out_everywhere(tx: Transaction, username: str) -> None:
    """Ends all sessions of an account. Its devices have to sign in again."""
    await end_sessions(tx, await account_named(tx, username), AccountEventKind.ALL_SIGNED_OUT)


async def reset_totp(tx: Transaction, username: str) -> None:
    """Removes the authenticator app and the recovery codes of an account, and ends all its sessions."""
    account = await account_named(tx, username)
    forget(account)
    await end_sessions(tx, account, AccountEventKind.TOTP_RESET)


async def end_sessions(
    tx: Transaction,
    account: Account,
    kind: AccountEventKind,
    *,
    device: UUID | None = None,
    but: UUID | None = None,
    network: bytes | None = None,
) -> None:
    """Ends the sessions of an account, also those that nobody can refresh any more, so that their devices are no longer
    known. ``device`` is the only one to be signed out, ``but`` a session that goes on. Saves the account, and records
    ``kind``.
    """
    await tx.rows(_revoke, account=account.id, device=device, but=but)
    await tx.save(account, happened(tx, kind, account.id, but, network))


def _revoke(_: Scope) -> sql.Update:
    t = alias(DeviceSession)
    device, but = (sql.parameter(name, sql.UUID) for name in ("device", "but"))
    own = t.c.account_id == sql.parameter("account", sql.UUID), t.c.revoked_at.is_(None)
    meant = sql.or_(device.is_(None), t.c.device_id == device), sql.or_(but.is_(None), sql.not_(t.c.id == but))
    return sql.update(t, revoked_at=NOW).where(*own, *meant)


def check_fits(role: Role, scope: PostScope) -> None:
    """Raises INVALID_INPUT unless the scope is of the kind in which the role holds."""
    fitting = HOLDS_IN[role]
    if scope.kind() is fitting:
        return
    if fitting is None:
        raise invalid("{role}不分片区", "scope", role=role)
    raise invalid("{role}须指定{fitting}", fitting, role=role, fitting=fitting)


async def new_post(tx: Transaction, account: Account, place: Any) -> Assignment:
    """A post in a place from today on, to be saved."""
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
        raise Refusal(Code.NOT_FOUND, kind.value, value=wanted)
    if len(found) > 1:
        raise unclear([f"{kind}_{place.id}" for place in found[:_MOST_NAMED]], kind.value)
    return found[0]


def _named(kind: PlaceKind, wanted: str) -> dict[str, Any]:
    """The column that identifies a place: its id, or else its name; 3 and 3号楼 name one building."""
    try:
        return {"id": UUID(wanted.removeprefix(f"{kind}_"))}
    except ValueError:
        return {"name_key": building_key(wanted)} if kind is PlaceKind.BUILDING else {"name": wanted}
