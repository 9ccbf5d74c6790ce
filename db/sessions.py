"""Signing in on a device, keeping signed in by rotating refresh tokens, signing out.

A refusal is returned, not raised: the commit must keep what was counted or ended.
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
from rules.tokens import (
    ABSOLUTE,
    SECRET_BYTES,
    Attempts,
    Family,
    RefreshToken,
    Rotation,
    decide,
    decode,
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The account that is signed in, its device's session, and the refresh token that the client keeps."""

    account_id: UUID
    role: Role
    session_id: UUID
    refresh_token: str | None = None
    """Nothing for an outside system, which signs in with its own credentials again."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Not signed in. Only a lock says until when; nothing else is told apart."""

    until: datetime | None = None


class Strangers:
    """Failures under user names that no account has, so that they are locked exactly as known ones are.

    They live in this process and are bounded, the names tried longest ago are forgotten first: after a
    restart or in another process a stranger's lock may be gone where a known one holds. 10,000 names take 2 MB.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._attempts: OrderedDict[bytes, Attempts] = OrderedDict()

    def attempts(self, username: str) -> Attempts:
        """The failures under this name so far."""
        return self._attempts.get(text_digest(username), Attempts())

    def failed(self, username: str, now: datetime) -> None:
        """Counts one failure more."""
        self._attempts[text_digest(username)] = self.attempts(username).failed(now)
        self._attempts.move_to_end(text_digest(username))
        if len(self._attempts) > self._limit:
            self._attempts.popitem(last=False)


def text_digest(text: str) -> bytes:
    """The digest that stands for a text that is not kept."""
    return hashlib.sha256(text.encode()).digest()


def _costly_nothing() -> str:
    """A hash that no password has, as expensive to verify as a real one."""
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
    cost = f"m={PASSWORDS.memory_cost},t={PASSWORDS.time_cost},p={PASSWORDS.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


NOBODY = UUID(int=0)
NOBODYS_HASH = _costly_nothing()


class _Guess(NamedTuple):
    """A password that was compared with a hash."""

    username: str
    hashed: str
    matches: bool
    renewed: str | None
    """The password's hash by today's parameters, where those of ``hashed`` are old."""


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
    """A new session on a device.

    Hashing takes 30 ms to 120 ms, so it comes between two transactions. The second one locks the account, decides and
    counts: guesses at once at one account wait for each other there, and none escapes the count. Names that no account
    has go the same way.
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
    """The outcome of a guess; nothing when the account's password has changed since it was compared."""
    account = await tx.first(Account, lock=True, username=guess.username)
    if _hash_of(account) != guess.hashed:
        return None
    attempts = _attempts(account, guess.username, strangers)
    if attempts.locked(tx.now):
        return Denied(attempts.locked_until)
    if account is None:  # Counted at once: no row lock holds back the next guess.
        strangers.failed(guess.username, tx.now)
    if account is None or account.disabled_at or not guess.matches:
        await _count(tx, account.id if account else NOBODY, attempts.failed(tx.now))
        return Denied()
    account.failed_sign_ins, account.locked_until = 0, None
    account.password_hash = guess.renewed or account.password_hash
    return await _begin(tx, account, device, key)


async def _count(tx: Transaction, account_id: UUID, attempts: Attempts) -> None:
    """Keeps a failure. So that time tells nothing, it does not wait for the disk, and is done for nobody too."""
    await tx.rows(_without_waiting)
    await tx.rows(_counted, account=account_id, failures=attempts.failures, until=attempts.locked_until)


def _without_waiting(_: Scope) -> sql.Select:
    return sql.select(sql.func.set_config("synchronous_commit", "off", sql.TRUE))


def _counted(_: Scope) -> sql.Update:
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
    """The next token of the chain. Two requests at once with one token get the same successor."""
    shown = decode(token, key)
    family = await _family(tx, shown) if shown else None
    if shown is None or family is None:
        return Denied()
    account = await tx.get(Account, id=family.account_id)
    rotation = decide(shown, _state(family), key, tx.now)
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
    """Signs the device out. Any token that its session ever had is enough; anything else does nothing."""
    shown = decode(token, key)
    family = await _family(tx, shown) if shown else None
    if family is not None and family.revoked_at is None:
        family.revoked_at = tx.now
        await tx.save(family)


async def _family(tx: Transaction, token: RefreshToken) -> DeviceSession | None:
    return await tx.first(DeviceSession, lock=True, id=token.family)


def _state(family: DeviceSession) -> Family:
    return Family(
        digest=family.token_digest,
        rotated_at=family.rotated_at,
        expires_at=family.expires_at,
        revoked=family.revoked_at is not None,
    )


async def admit_client(tx: Transaction, uuid: UUID, secret: str) -> Tokens | None:
    """Signs an outside system in; nothing for a wrong secret, or when it or its account is disabled."""
    client = await tx.first(SystemClient, id=uuid)
    known = client.secret_digest if client else bytes(SECRET_BYTES)
    if not hmac.compare_digest(known, text_digest(secret)) or client is None or client.disabled_at is not None:
        return None
    account = await tx.get(Account, id=client.account_id)
    return None if account.disabled_at else Tokens(account.id, account.role, client.id)
