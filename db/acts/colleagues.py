"""Acts by which administrators and leaders keep the accounts of colleagues, and an account its own telephone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from db import sql
from db.accounts import Account, DeviceSession
from db.acts import accounts
from db.acts.accounts import PlaceKind
from db.acts.journal import act
from db.acts.posts import check_place
from db.base import alias, model_of
from db.holding import OPEN_POST
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Act, Role
from rules.accounts import AccountEventKind, check_keeps
from rules.refusals import Code, Refusal, invalid


@dataclass(frozen=True, slots=True)
class NewColleague:
    """An account with posts from today on, in places of the one kind in which the role holds."""

    id: UUID
    username: str
    name: str
    role: Role
    phone: str | None = None
    community: UUID | None = None
    estate: UUID | None = None
    grids: list[UUID] = field(default_factory=list)
    building: UUID | None = None
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invited account. A retry does not tell the code again."""

    account: UUID
    code: str | None = None
    expires_at: datetime | None = None


async def _added_before(_: Transaction, new: NewColleague) -> Invitation:
    return Invitation(new.id)


@act(Act.KEEP_ACCOUNTS, again=_added_before)
async def add_account(tx: Transaction, new: NewColleague) -> Invitation:
    """Adds an account with its posts, and invites the person to choose a password."""
    account = accounts.new_account(new.username, new.name, new.role, new.phone)
    check_keeps(tx.viewer.role, new.role, "role")
    places = await _places(tx, new)
    account.id = new.id
    invited = accounts.make_invitation(tx, account)
    await accounts.save_new(tx, account, places)
    return Invitation(account.id, invited.code, invited.expires_at)


async def _places(tx: Transaction, new: NewColleague) -> list[Any]:
    """The places of the posts. They are all of the kind in which the role holds."""
    single = {kind: getattr(new, kind.value) for kind in PlaceKind if kind is not PlaceKind.GRID}
    named = {kind: uuid for kind, uuid in single.items() if uuid is not None}
    if len(named) + bool(new.grids) != 1:
        raise invalid("请写明一处岗位", "role")
    for kind, uuid in named.items():
        check_place(new.role, kind, kind.value)
        return [await tx.find(model_of(kind), uuid, kind.value)]
    check_place(new.role, PlaceKind.GRID, "grids")
    found: list[Any] = await tx.find_all(model_of(PlaceKind.GRID), list(dict.fromkeys(new.grids)), "grids")
    return found


@dataclass(frozen=True, slots=True)
class Colleague:
    """An account that the viewer keeps."""

    account: UUID
    act: UUID | None = None


async def _invited_before(_: Transaction, given: Colleague) -> Invitation:
    return Invitation(given.account)


@act(Act.KEEP_ACCOUNTS, key="act", again=_invited_before)
async def invite_account(tx: Transaction, given: Colleague) -> Invitation:
    """Invites a person to choose a new password, in place of an earlier invitation or of a password."""
    account = await _kept(tx, given.account)
    invited = await accounts.invite(tx, account)
    return Invitation(account.id, invited.code, invited.expires_at)


@dataclass(frozen=True, slots=True)
class AccountCorrection:
    """The new ``name`` or ``phone``, as far as given."""

    account: UUID
    changes: Mapping[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_ACCOUNTS, key="act", again="account")
async def correct_account(tx: Transaction, given: AccountCorrection) -> UUID:
    """Changes the name or the telephone of an account."""
    changes = accounts.checked(given.changes)
    account = await _kept(tx, given.account)
    if changes:
        await accounts.correct(tx, account, changes)
    return account.id


@dataclass(frozen=True, slots=True)
class Dismissal:
    """The account to be disabled."""

    account: UUID
    act: UUID | None = None


@act(Act.KEEP_ACCOUNTS, key="act", again="account")
async def disable_account(tx: Transaction, given: Dismissal) -> UUID:
    """Disables an account. Its sessions, its invitation and its posts end at once."""
    account = await _kept(tx, given.account)
    await accounts.disable(tx, account)
    return account.id


@act(Act.KEEP_ACCOUNTS, key="act", again="account")
async def enable_account(tx: Transaction, given: Colleague) -> UUID:
    """Lets a disabled account sign in again, without posts."""
    account = await _kept(tx, given.account)
    await accounts.enable(tx, account)
    return account.id


@dataclass(frozen=True, slots=True)
class SignOut:
    """All devices of an account that the viewer keeps, or one of them."""

    account: UUID
    device: UUID | None = None
    act: UUID | None = None


@act(Act.KEEP_ACCOUNTS, key="act", again="account")
async def sign_out_account(tx: Transaction, given: SignOut) -> UUID:
    """Signs out the devices of an account, or one of them, such as a lost phone."""
    account = await _kept(tx, given.account)
    if given.device is None:
        await accounts.end_sessions(tx, account, AccountEventKind.ALL_SIGNED_OUT)
    elif not await tx.value(_has_device, account=account.id, device=given.device):
        raise Refusal(Code.NOT_FOUND, "device")
    else:
        await accounts.end_sessions(tx, account, AccountEventKind.SIGNED_OUT, device=given.device)
    return account.id


def _has_device(_: Scope) -> sql.Select:
    """True if an account has or had a session on a device."""
    session = alias(DeviceSession)
    own = session.c.account_id == sql.parameter("account", sql.UUID)
    return sql.select(sql.exists(session).where(own, session.c.device_id == sql.parameter("device", sql.UUID)))


@dataclass(frozen=True, slots=True)
class OwnPhone:
    """The new ``phone``, if given."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    act: UUID | None = None


async def _own(tx: Transaction, _: OwnPhone) -> UUID:
    return tx.worker_id


@act(Act.SET_OWN_PHONE, key="act", again=_own)
async def set_own_phone(tx: Transaction, given: OwnPhone) -> UUID:
    """Sets or removes the telephone of the viewer's own account."""
    account = await tx.find(Account, tx.worker_id, lock=True)
    if given.changes:
        await accounts.correct(tx, account, accounts.checked(given.changes))
    return account.id


async def _kept(tx: Transaction, uuid: UUID) -> Account:
    """An account that the viewer keeps, locked. It has no post that has not ended in a community of others."""
    account = await tx.find(Account, uuid, "account", lock=True)
    check_keeps(tx.viewer.role, account.role, "account")
    if tx.viewer.role is not Role.ADMIN and await tx.value(_elsewhere, account=account.id):
        raise Refusal(Code.NOT_ALLOWED, "account")
    return account


def _elsewhere(scope: Scope) -> sql.Select:
    """True if an account has a post outside the viewer's communities that has not ended."""
    own = OPEN_POST.c.account_id == sql.parameter("account", sql.UUID)
    outside = sql.not_(OPEN_POST.c.community_id == sql.any_(scope.communities))
    return sql.select(sql.exists(OPEN_POST).where(own, outside))
