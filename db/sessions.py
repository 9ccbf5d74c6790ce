"""Sessions on devices: sign-in, rotating refresh tokens, and sign-out.

Refusals are returned, not raised, so that the transaction still commits the counted failure or the ended session.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from argon2.exceptions import InvalidHashError, VerificationError

from db import sql
from db.accounts import PASSWORDS, Account, DeviceSession
from db.base import alias
from db.centre import SystemClient
from db.database import Database
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Role
from rules.tokens import ABSOLUTE, SECRET_BYTES, Attempts, Family, RefreshToken, Rotation, decide, decode


@dataclass(frozen=True, slots=True)
class Tokens:
    """A session that was begun or continued, with the refresh token for the client."""

    account_id: UUID
    role: Role
    session_id: UUID
    refresh_token: str | None = None
    """None for an outside system, which signs in again with its own credentials."""


@dataclass(frozen=True, slots=True)
class Denied:
    """A refused sign-in or refresh. Only a lock is distinguishable: ``until`` is its end."""

    until: datetime | None = None


class Strangers:
    """Counts failures under unknown user names, so that they are locked just like known ones.

    The counts are in the memory of this process, so a restart forgets them. When the limit is reached, the names that
    were tried longest ago are dropped. 10,000 names take 2 MB.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._attempts: OrderedDict[bytes, Attempts] = OrderedDict()

    def attempts(self, username: str) -> Attempts:
        return self._attempts.get(text_digest(username), Attempts())

    def failed(self, username: str, now: datetime) -> None:
        self._attempts[text_digest(username)] = self.attempts(username).failed(now)
        self._attempts.move_to_end(text_digest(username))
        if len(self._attempts) > self._limit:
            self._attempts.popitem(last=False)


def text_digest(text: str) -> bytes:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()


def _dummy_hash() -> str:
    """A hash that matches no password and takes as long to verify as a real one."""
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
    cost = f"m={PASSWORDS.memory_cost},t={PASSWORDS.time_cost},p={PASSWORDS.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


NOBODY = UUID(int=0)
NOBODYS_HASH = _dummy_hash()


class _Guess(NamedTuple):
    """The result of comparing a password with a hash."""

    username: str
    hashed: str
    matches: bool
    renewed: str | None
    """The password's hash by the current parameters, if ``hashed`` was made by older ones."""


async def sign_in(
    database: Database,
    username: str,
    password: str,
    device: str,
    now: datetime,
    *,
    key: bytes,
    strangers: Strangers,
) -> Tokens | Denied:
    """Begins a session on a device.

    Hashing takes 30 ms to 120 ms, so it runs between two transactions. The second one locks the account, decides and
    counts. Concurrent guesses at one account wait for that lock, so each of them is counted. Unknown user names take
    the same path.
    """
    outcome = None
    while outcome is None:
        account = await database.transact(lambda tx: tx.first(Account, username=username), now=now)
        attempts = _attempts(account, username, strangers)
        if attempts.locked(now):
            return Denied(attempts.locked_until)
        guess = await asyncio.to_thread(_compare, username, _hash_of(account), password)
        decide_on = partial(_decide, guess=guess, device=device, key=key, strangers=strangers)
        outcome = await database.transact(decide_on, now=now)
    return outcome


def _attempts(account: Account | None, username: str, strangers: Strangers) -> Attempts:
    return Attempts(account.failed_sign_ins, account.locked_until) if account else strangers.attempts(username)


def _hash_of(account: Account | None) -> str:
    return account.password_hash if account else NOBODYS_HASH


def _compare(username: str, hashed: str, password: str) -> _Guess:
    try:
        PASSWORDS.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return _Guess(username, hashed, matches=False, renewed=None)
    renewed = PASSWORDS.hash(password) if PASSWORDS.check_needs_rehash(hashed) else None
    return _Guess(username, hashed, matches=True, renewed=renewed)


async def _decide(
    tx: Transaction, guess: _Guess, device: str, key: bytes, strangers: Strangers
) -> Tokens | Denied | None:
    """The outcome of a guess; None if the account's password has changed since the comparison."""
    account = await tx.first(Account, lock=True, username=guess.username)
    if _hash_of(account) != guess.hashed:
        return None
    attempts = _attempts(account, guess.username, strangers)
    if attempts.locked(tx.now):
        return Denied(attempts.locked_until)
    if account is None:  # Counted before any wait, because there is no row lock that holds back the next guess.
        strangers.failed(guess.username, tx.now)
    if account is None or account.disabled_at or not guess.matches:
        await _record_failure(tx, account.id if account else NOBODY, attempts.failed(tx.now))
        return Denied()
    account.failed_sign_ins, account.locked_until = 0, None
    account.password_hash = guess.renewed or account.password_hash
    return await _begin(tx, account, device, key)


async def _record_failure(tx: Transaction, account_id: UUID, attempts: Attempts) -> None:
    """Counts a failure, also for unknown names and without waiting for the disk, so that timing reveals nothing."""
    await tx.rows(_commit_asynchronously)
    await tx.rows(_set_failures, account=account_id, failures=attempts.failures, until=attempts.locked_until)


def _commit_asynchronously(_: Scope) -> sql.Select:
    return sql.select(sql.func.set_config("synchronous_commit", "off", sql.TRUE))


def _set_failures(_: Scope) -> sql.Update:
    t = alias(Account)
    failures, until = sql.parameter("failures", sql.INTEGER), sql.parameter("until", sql.INSTANT)
    own = t.c.id == sql.parameter("account", sql.UUID)
    return sql.update(t, failed_sign_ins=failures, locked_until=until).where(own)


async def _begin(tx: Transaction, account: Account, device: str, key: bytes) -> Tokens:
    secret = secrets.token_bytes(SECRET_BYTES)
    family = DeviceSession(
        account_id=account.id,
        device=device,
        token_digest=hashlib.sha256(secret).digest(),
        rotated_at=tx.now,
        created_at=tx.now,
        expires_at=tx.now + ABSOLUTE,
    )
    await tx.save(account, family)
    return _tokens(account, RefreshToken(family.id, secret), key)


def _tokens(account: Account, token: RefreshToken, key: bytes) -> Tokens:
    return Tokens(account.id, account.role, token.family, token.encode(key))


async def refresh(tx: Transaction, token: str, *, key: bytes) -> Tokens | Denied:
    """Rotates a refresh token. Concurrent requests with the same token get the same successor."""
    shown = decode(token, key)
    family = await _family(tx, shown) if shown else None
    if shown is None or family is None:
        return Denied()
    account = await tx.get(Account, id=family.account_id)
    revoked = family.revoked_at is not None
    state = Family(family.token_digest, family.rotated_at, family.expires_at, revoked=revoked)
    rotation = decide(shown, state, key, tx.now)
    if rotation is Rotation.ENDED:
        return Denied()
    if rotation is Rotation.REUSE or account.disabled_at:
        family.revoked_at = tx.now
        await tx.save(family)
        return Denied()
    following = shown.successor(key)
    if rotation is Rotation.ROTATE:
        family.token_digest, family.rotated_at = following.digest(), tx.now
        await tx.save(family)
    return _tokens(account, following, key)


async def revoke(tx: Transaction, token: str, *, key: bytes) -> None:
    """Signs a device out by any refresh token that its session ever had. Ignores anything else."""
    shown = decode(token, key)
    family = await _family(tx, shown) if shown else None
    if family is not None and family.revoked_at is None:
        family.revoked_at = tx.now
        await tx.save(family)


async def _family(tx: Transaction, token: RefreshToken) -> DeviceSession | None:
    return await tx.first(DeviceSession, lock=True, id=token.family)


async def admit_client(tx: Transaction, uuid: UUID, secret: str) -> Tokens | None:
    """Signs an outside system in; None for a wrong secret, or if the system or its account is disabled."""
    client = await tx.first(SystemClient, id=uuid)
    known = client.secret_digest if client else bytes(SECRET_BYTES)
    if not hmac.compare_digest(known, text_digest(secret)) or client is None or client.disabled_at is not None:
        return None
    account = await tx.get(Account, id=client.account_id)
    return None if account.disabled_at else Tokens(account.id, account.role, client.id)
