"""Sessions on devices: sign-in, rotating refresh tokens, and sign-out.

Refusals are returned, not raised, so that the transaction still commits their record or the ended session.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from argon2.exceptions import InvalidHashError, VerificationError

from db.account_log import Caller, Denied, happened, refuse
from db.accounts import PASSWORDS, Account, DeviceSession
from db.centre import SystemClient
from db.database import Database
from db.transaction import Transaction
from rules.access import Role
from rules.accounts import AccountEventKind
from rules.tokens import ABSOLUTE, SECRET_BYTES, Family, RefreshToken, Rotation, decide, decode


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session that was begun or continued, with the refresh token for the client."""

    account_id: UUID
    role: Role
    session_id: UUID
    refresh_token: str | None = None
    """None for an outside system, which signs in again with its own credentials."""


def text_digest(text: str) -> bytes:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()


def _dummy_hash() -> str:
    """A hash that matches no password and takes as long to verify as a real one."""
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
    cost = f"m={PASSWORDS.memory_cost},t={PASSWORDS.time_cost},p={PASSWORDS.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


NOBODYS_HASH = _dummy_hash()


class _Guess(NamedTuple):
    """The result of comparing a password with a hash."""

    hashed: str
    matches: bool
    renewed: str | None
    """The password's hash by the current parameters, if ``hashed`` was made by older ones."""


async def sign_in(
    database: Database, username: str, password: str, device: str, now: datetime, *, key: bytes, caller: Caller
) -> Tokens | Denied:
    """Begins a session on a device.

    Hashing takes 30 ms to 120 ms, so it runs between two transactions. For an unknown user name the same is done as
    for a wrong password, so that the time reveals nothing.
    """
    outcome: Tokens | None = None
    while outcome is None:
        account = await database.transact(lambda tx: tx.first(Account, username=username), now=now)
        guess = await asyncio.to_thread(_compare, account.password_hash if account else NOBODYS_HASH, password)
        if account is None or account.disabled_at or not guess.matches:
            known = account.id if account else None
            deny = partial(refuse, kind=AccountEventKind.SIGN_IN_REFUSED, account_id=known, caller=caller)
            return await database.transact(deny, now=now)
        begin = partial(_begin, account_id=account.id, guess=guess, device=device, key=key, caller=caller)
        outcome = await database.transact(begin, now=now)
    return outcome


def _compare(hashed: str, password: str) -> _Guess:
    try:
        PASSWORDS.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return _Guess(hashed, matches=False, renewed=None)
    renewed = PASSWORDS.hash(password) if PASSWORDS.check_needs_rehash(hashed) else None
    return _Guess(hashed, matches=True, renewed=renewed)


async def _begin(
    tx: Transaction, account_id: UUID, guess: _Guess, device: str, key: bytes, caller: Caller
) -> Tokens | None:
    """A session of the account; None if its password was changed or it was disabled since the comparison."""
    account = await tx.get(Account, lock=True, id=account_id)
    if account.password_hash != guess.hashed or account.disabled_at:
        return None
    account.password_hash = guess.renewed or account.password_hash
    secret = secrets.token_bytes(SECRET_BYTES)
    family = DeviceSession(
        account_id=account.id,
        device=device,
        token_digest=hashlib.sha256(secret).digest(),
        rotated_at=tx.now,
        created_at=tx.now,
        expires_at=tx.now + ABSOLUTE,
    )
    await tx.save(account, family, happened(tx, AccountEventKind.SIGNED_IN, account.id, family.id, caller.network))
    return _tokens(account, RefreshToken(family.id, secret), key)


async def known_device(tx: Transaction, token: str, username: str, *, key: bytes) -> UUID | None:
    """The session that a refresh token belongs to, if it is the account's. It may have ended, but not been revoked."""
    shown = decode(token, key)
    family = await tx.first(DeviceSession, id=shown.family, revoked_at=None) if shown else None
    account = await tx.first(Account, id=family.account_id, username=username) if family else None
    return family.id if family and account else None


def _tokens(account: Account, token: RefreshToken, key: bytes) -> Tokens:
    return Tokens(account.id, account.role, token.family, token.encode(key))


async def refresh(tx: Transaction, token: str, *, key: bytes, caller: Caller) -> Tokens | Denied:
    """Rotates a refresh token. Concurrent requests with the same token get the same successor."""
    shown = decode(token, key)
    family = await _family(tx, shown) if shown else None
    if shown is None or family is None:
        caller.refusals.count()
        return Denied(AccountEventKind.REFRESH_REFUSED)
    account = await tx.get(Account, id=family.account_id)
    revoked = family.revoked_at is not None
    state = Family(family.token_digest, family.rotated_at, family.expires_at, revoked=revoked)
    rotation = decide(shown, state, key, tx.now)
    if rotation is Rotation.ENDED:
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
    return _tokens(account, following, key)


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
