"""Sessions on devices: sign-in, rotating refresh tokens, and sign-out.

Refusals are returned, not raised, so that the transaction still commits their record or the ended session.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from argon2.exceptions import InvalidHashError, VerificationError

from db.account_log import Caller, Denied, happened, refuse
from db.accounts import PASSWORDS, Account, Device, DeviceSession
from db.acts.accounts import end_sessions, hash_password, set_password
from db.centre import SystemClient
from db.database import Database
from db.devices import device_of_session, new_device
from db.sealing import Sealer
from db.totp import PROVING, Proof, begin_enrolment, issue_recovery_codes, own_code, prove
from db.transaction import Transaction
from db.usernames import account_of
from rules.access import Role
from rules.accounts import AccountEventKind
from rules.tokens import ABSOLUTE, SECRET_BYTES, Family, RefreshToken, Rotation, decide, decode
from rules.totp import CodePolicy, recovery_digest

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a client sends in order to sign in."""

    username: str
    password: str
    device: str
    """The name for a new device."""
    code: str | None = None
    """A code of the authenticator app, or a recovery code."""
    known: UUID | None = None
    """An earlier session of the device (:func:`known_device`)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms the server admits accounts."""

    key: bytes
    """Of the refresh tokens."""
    codes: CodePolicy
    sealer: Sealer | None
    texts: bool
    """True if text messages are sent."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session that was begun or continued, with the refresh token for the client."""

    account_id: UUID
    role: Role
    session_id: UUID
    refresh_token: str | None = None
    """None for an outside system, which signs in again with its own credentials."""
    device_id: UUID | None = None
    recovery_codes: Sequence[str] = ()
    """Those of an authenticator app that this sign-in confirmed. They are shown once."""


class CodeNeeded(StrEnum):
    """The password is right, and something else is needed. The values are errors of the API."""

    CODE = "otp_required"
    ENROLMENT = "otp_enrolment_required"


def text_digest(text: str) -> bytes:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()


def _dummy_hash() -> str:
    """A hash that matches no password and takes as long to verify as a real one."""
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
    cost = f"m={PASSWORDS.memory_cost},t={PASSWORDS.time_cost},p={PASSWORDS.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


NOBODYS_HASH = _dummy_hash()
NOBODY = UUID(int=0)
"""The id that is looked up for an unknown user name."""


Then: TypeAlias = Callable[
    [Transaction, Account, Device | None, SignIn, Terms, Caller], Awaitable[Made | Denied | CodeNeeded]
]
_NEEDED = {Proof.MISSING: CodeNeeded.CODE, Proof.UNENROLLED: CodeNeeded.ENROLMENT}


class _Guess(NamedTuple):
    """The result of comparing a password with a hash."""

    hashed: str
    matches: bool
    renewed: str | None
    """The password's hash by the current parameters, if ``hashed`` was made by older ones."""


async def sign_in(
    database: Database, given: SignIn, now: datetime, *, terms: Terms, caller: Caller
) -> Tokens | Denied | CodeNeeded:
    """Begins a session on a device."""
    return await _admitted(database, given, now, terms, caller, _begin)


async def enrol(
    database: Database, given: SignIn, now: datetime, *, terms: Terms, caller: Caller
) -> str | Denied | CodeNeeded:
    """A new secret for an authenticator app. It counts from the first sign-in with a code of it."""
    return await _admitted(database, given, now, terms, caller, _offer)


async def change_password(
    database: Database, given: SignIn, now: datetime, *, new: str, terms: Terms, caller: Caller
) -> UUID | Denied | CodeNeeded:
    """Sets a new password for whoever knows the old one. Ends all sessions but that of the device, if it is known."""
    hashed = await hash_password(new)
    return await _admitted(database, given, now, terms, caller, partial(_change, hashed))


async def choose_password(
    database: Database,
    given: SignIn,
    now: datetime,
    *,
    new: str,
    terms: Terms,  # noqa: ARG001  as in the other functions
    caller: Caller,
) -> UUID | Denied:
    """Sets the first password of an invited account, by the code of the invitation. The code is used up."""
    fits = await database.transact(partial(_invited, given), now=now)
    hashed = await hash_password(new) if fits else NOBODYS_HASH
    return await database.transact(partial(_choose, given, hashed, caller), now=now)


async def _admitted(
    database: Database, given: SignIn, now: datetime, terms: Terms, caller: Caller, then: Then[Made]
) -> Made | Denied | CodeNeeded:
    """Does something for an account whose password is right.

    Hashing takes 30 ms to 120 ms, so it runs between two transactions. For an unknown user name and for a wrong code
    the same is done as for a wrong password, so that the time reveals nothing.
    """
    outcome: Made | Denied | CodeNeeded | None = None
    while outcome is None:
        account = await database.transact(lambda tx: account_of(tx, given.username), now=now)
        guess = await asyncio.to_thread(_compare, _hash_of(account), given.password)
        admit = partial(_admit, account.id if account else NOBODY, guess, given, terms, caller, then)
        outcome = await database.transact(admit, now=now, sealer=terms.sealer)
    return outcome


def _hash_of(account: Account | None) -> str:
    """The hash that a password is compared with. Nobody has a password while an invitation is open."""
    if account is None or account.password_hash is None or account.invitation_digest is not None:
        return NOBODYS_HASH
    return account.password_hash


def _compare(hashed: str, password: str) -> _Guess:
    try:
        PASSWORDS.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return _Guess(hashed, matches=False, renewed=None)
    renewed = PASSWORDS.hash(password) if PASSWORDS.check_needs_rehash(hashed) else None
    return _Guess(hashed, matches=True, renewed=renewed)


async def _admit(
    account_id: UUID, guess: _Guess, given: SignIn, terms: Terms, caller: Caller, then: Then[Made], tx: Transaction
) -> Made | Denied | CodeNeeded | None:
    """None if the password was changed, or the person invited to choose one, since the comparison."""
    account = await tx.first(Account, lock=True, id=account_id)
    device = await device_of_session(tx, given.known)
    if account is None or account.disabled_at or not guess.matches:
        known = account.id if account else None
        return await refuse(tx, AccountEventKind.SIGN_IN_REFUSED, known, caller=caller)
    if _hash_of(account) != guess.hashed:
        return None
    account.password_hash = guess.renewed or account.password_hash
    return await then(tx, account, device, given, terms, caller)


async def _begin(
    tx: Transaction, account: Account, device: Device | None, given: SignIn, terms: Terms, caller: Caller
) -> Tokens | Denied | CodeNeeded:
    """A session on the device, which is None if it is a new one."""
    proof = prove(tx, account, given.code, terms.codes, device)
    if proof is Proof.WRONG:
        return await refuse(tx, AccountEventKind.CODE_REFUSED, account.id, caller=caller, changed=[account])
    if proof in _NEEDED:
        return _NEEDED[proof]
    codes = issue_recovery_codes(account) if proof is Proof.ENROLLED else ()
    device = device or await new_device(tx, account, given.device, texts=terms.texts)
    device.proved_at = tx.now if proof in PROVING else device.proved_at
    secret = secrets.token_bytes(SECRET_BYTES)
    family = DeviceSession(
        account_id=account.id,
        device_id=device.id,
        token_digest=hashlib.sha256(secret).digest(),
        rotated_at=tx.now,
        created_at=tx.now,
        expires_at=tx.now + ABSOLUTE,
    )
    kinds = [each for each in (PROVING.get(proof), AccountEventKind.SIGNED_IN) if each]
    events = [happened(tx, each, account.id, family.id, caller.network) for each in kinds]
    await tx.save(account, device, family, *events)
    return replace(_tokens(account, family, RefreshToken(family.id, secret), terms.key), recovery_codes=codes)


async def _change(
    hashed: str, tx: Transaction, account: Account, device: Device | None, given: SignIn, terms: Terms, caller: Caller
) -> UUID | Denied | CodeNeeded:
    proof = prove(tx, account, given.code, terms.codes, device)
    if proof is Proof.WRONG:
        return await refuse(tx, AccountEventKind.CODE_REFUSED, account.id, caller=caller, changed=[account])
    if proof in _NEEDED:
        return _NEEDED[proof]
    set_password(account, hashed)
    kind, kept = AccountEventKind.PASSWORD_CHANGED, given.known
    await end_sessions(tx, account, kind, but=kept, network=caller.network)
    return account.id


async def _invited(given: SignIn, tx: Transaction) -> bool:
    return _fits(await account_of(tx, given.username), given, tx.now)


def _fits(account: Account | None, given: SignIn, now: datetime) -> bool:
    """True if the given code is that of the account's invitation, which has not expired."""
    digest = account.invitation_digest if account and account.disabled_at is None else None
    shown = hmac.compare_digest(digest or bytes(SECRET_BYTES), recovery_digest(given.code or ""))
    expires_at = account.invitation_expires_at if account else None
    return shown and digest is not None and expires_at is not None and now < expires_at


async def _choose(given: SignIn, hashed: str, caller: Caller, tx: Transaction) -> UUID | Denied:
    account = await account_of(tx, given.username, lock=True)
    if account is None or hashed == NOBODYS_HASH or not _fits(account, given, tx.now):
        known = account.id if account else None
        return await refuse(tx, AccountEventKind.INVITATION_REFUSED, known, caller=caller)
    set_password(account, hashed)
    await tx.save(account, happened(tx, AccountEventKind.PASSWORD_CHOSEN, account.id, network=caller.network))
    return account.id


async def _offer(
    tx: Transaction, account: Account, _: Device | None, given: SignIn, __: Terms, caller: Caller
) -> str | Denied | CodeNeeded:
    """A new secret. An account that has an authenticator app already must show a code of it."""
    if account.totp_sealed is not None:
        if given.code is None:
            return CodeNeeded.CODE
        if own_code(tx, account, given.code) is Proof.WRONG:
            return await refuse(tx, AccountEventKind.CODE_REFUSED, account.id, caller=caller, changed=[account])
    secret = await begin_enrolment(tx, account)
    await tx.save(account)
    return secret


async def known_device(tx: Transaction, token: str, username: str, *, key: bytes) -> UUID | None:
    """The session that a refresh token belongs to, if it is the account's. It may have ended, but not been revoked."""
    shown = decode(token, key)
    family = await tx.first(DeviceSession, id=shown.family, revoked_at=None) if shown else None
    account = await account_of(tx, username) if family else None
    return family.id if family and account and account.id == family.account_id else None


def _tokens(account: Account, family: DeviceSession, token: RefreshToken, key: bytes) -> Tokens:
    return Tokens(account.id, account.role, family.id, token.encode(key), family.device_id)


async def refresh(tx: Transaction, token: str, *, terms: Terms, caller: Caller) -> Tokens | Denied:
    """Rotates a refresh token. Concurrent requests with the same token get the same successor."""
    key = terms.key
    shown = decode(token, key)
    family = await _family(tx, shown) if shown else None
    if shown is None or family is None:
        caller.refusals.count()
        return Denied(AccountEventKind.REFRESH_REFUSED)
    account = await tx.get(Account, id=family.account_id)
    revoked = family.revoked_at is not None
    state = Family(family.token_digest, family.rotated_at, family.expires_at, revoked=revoked)
    rotation = decide(shown, state, key, tx.now)
    if rotation is Rotation.ENDED or await _lacks_code(tx, account, family, terms.codes):
        return await refuse(tx, AccountEventKind.REFRESH_REFUSED, account.id, family.id, caller=caller)
    if rotation is Rotation.REUSE or account.disabled_at:
        reused = rotation is Rotation.REUSE
        kind = AccountEventKind.TOKEN_REUSED if reused else AccountEventKind.REFRESH_REFUSED
        await _end(tx, family, kind, caller)
        return Denied(kind, account.id, family.id, times=1)
    following = shown.successor(key)
    if rotation is Rotation.ROTATE:
        family.token_digest, family.rotated_at = following.digest(), tx.now
        await tx.save(family)
    return _tokens(account, family, following, key)


async def _lacks_code(tx: Transaction, account: Account, family: DeviceSession, codes: CodePolicy) -> bool:
    """True if the role must show codes, and none was ever given on the device."""
    return codes.demands(account.role) and (await tx.get(Device, id=family.device_id)).proved_at is None


async def revoke(tx: Transaction, token: str, *, key: bytes, caller: Caller) -> DeviceSession | None:
    """Signs a device out by any refresh token that its session ever had. Returns the session if it ends now."""
    shown = decode(token, key)
    family = await _family(tx, shown) if shown else None
    if family is None or family.revoked_at is not None:
        return None
    await _end(tx, family, AccountEventKind.SIGNED_OUT, caller)
    return family


async def _end(tx: Transaction, family: DeviceSession, kind: AccountEventKind, caller: Caller) -> None:
    family.revoked_at = tx.now
    await tx.save(family, happened(tx, kind, family.account_id, family.id, caller.network))


async def _family(tx: Transaction, token: RefreshToken) -> DeviceSession | None:
    return await tx.first(DeviceSession, lock=True, id=token.family)


async def admit_client(tx: Transaction, uuid: UUID, secret: str, *, caller: Caller) -> Tokens | Denied:
    """Signs an outside system in. Refuses a wrong secret, and a system or an account that is disabled."""
    client = await tx.first(SystemClient, id=uuid)
    known = client.secret_digest if client else bytes(SECRET_BYTES)
    matches = hmac.compare_digest(known, text_digest(secret))
    if client is None:
        caller.refusals.count()
        return Denied(AccountEventKind.SIGN_IN_REFUSED)
    account = await tx.get(Account, id=client.account_id)
    if not matches or client.disabled_at or account.disabled_at:
        return await refuse(tx, AccountEventKind.SIGN_IN_REFUSED, account.id, client.id, caller=caller)
    await tx.save(happened(tx, AccountEventKind.SIGNED_IN, account.id, client.id, caller.network))
    return Tokens(account.id, account.role, client.id)
