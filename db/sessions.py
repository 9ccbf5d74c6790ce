"""Signing in on a device, keeping signed in by rotating refresh tokens, signing out.

A refusal is returned, not raised: the commit at the edge must keep what it counted or ended.
"""

import asyncio
import base64
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.accounts import PASSWORDS, Account, DeviceSession
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
    """Who is signed in, in which device's session, and the refresh token that the client keeps."""

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
    restart or in another process a stranger's lock may be gone where a known one holds.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._attempts: OrderedDict[bytes, Attempts] = OrderedDict()

    def attempts(self, username: str) -> Attempts:
        """What was tried under this name so far."""
        return self._attempts.get(_digest(username), Attempts())

    def failed(self, username: str, now: datetime) -> None:
        """Counts one failure more."""
        self._attempts[_digest(username)] = self.attempts(username).failed(now)
        self._attempts.move_to_end(_digest(username))
        if len(self._attempts) > self._limit:
            self._attempts.popitem(last=False)


def _digest(username: str) -> bytes:
    return hashlib.sha256(username.encode()).digest()


def _costly_nothing() -> str:
    """A hash that no password has, as dear to verify as a real one."""
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
    cost = f"m={PASSWORDS.memory_cost},t={PASSWORDS.time_cost},p={PASSWORDS.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


NOBODY = UUID(int=0)
NOBODYS_HASH = _costly_nothing()


async def sign_in(
    session: AsyncSession,
    username: str,
    password: str,
    device: str,
    now: datetime,
    *,
    key: bytes,
    strangers: Strangers,
) -> Tokens | Denied:
    """A new session on a device. Guesses at one account wait for each other, so none escapes the count."""
    query = select(Account).where(Account.username == username).with_for_update(key_share=True)
    account = (await session.exec(query)).one_or_none()
    attempts = _stored(account) if account else strangers.attempts(username)
    if attempts.locked(now):
        return Denied(attempts.locked_until)
    if account is None:  # counted before the wait, because no row lock holds back the next guess
        strangers.failed(username, now)
    matches = await _matches(account.password_hash if account else NOBODYS_HASH, password)
    if account is None or account.disabled_at or not matches:
        await _count(session, account.id if account else NOBODY, attempts.failed(now))
        return Denied()
    account.failed_sign_ins, account.locked_until = 0, None
    await _renew_hash(account, password)
    return await _begin(session, account, device, now, key)


def _stored(account: Account) -> Attempts:
    return Attempts(account.failed_sign_ins, account.locked_until)


async def _count(session: AsyncSession, account_id: UUID, attempts: Attempts) -> None:
    """Keeps a failure. So that time tells nothing, it does not wait for the disk, and nobody gets it too."""
    await session.exec(select(sa.func.set_config("synchronous_commit", "off", True)))
    counted = {"failed_sign_ins": attempts.failures, "locked_until": attempts.locked_until}
    await session.exec(sa.update(Account).where(col(Account.id) == account_id).values(counted))


async def _matches(hashed: str, password: str) -> bool:
    try:
        return await asyncio.to_thread(PASSWORDS.verify, hashed, password)
    except (VerificationError, InvalidHashError):
        return False


async def _renew_hash(account: Account, password: str) -> None:
    if PASSWORDS.check_needs_rehash(account.password_hash):
        account.password_hash = await asyncio.to_thread(PASSWORDS.hash, password)


async def _begin(session: AsyncSession, account: Account, device: str, now: datetime, key: bytes) -> Tokens:
    secret = secrets.token_bytes(SECRET_BYTES)
    family = DeviceSession(
        account_id=account.id,
        device=device,
        token_digest=hashlib.sha256(secret).digest(),
        rotated_at=now,
        created_at=now,
        expires_at=now + ABSOLUTE,
    )
    session.add(family)
    await session.flush()
    return _tokens(account, RefreshToken(family.id, secret), key)


def _tokens(account: Account, token: RefreshToken, key: bytes) -> Tokens:
    return Tokens(account.id, account.role, token.family, token.encode(key))


async def refresh(session: AsyncSession, token: str, now: datetime, *, key: bytes) -> Tokens | Denied:
    """The next token of the chain. Two requests at once with one token get the same successor."""
    shown = decode(token, key)
    family = await _family(session, shown) if shown else None
    if shown is None or family is None:
        return Denied()
    account = await session.get_one(Account, family.account_id)
    rotation = decide(shown, _state(family), key, now)
    if rotation is Rotation.ENDED:
        return Denied()
    if rotation is Rotation.REUSE or account.disabled_at:
        family.revoked_at = now
        return Denied()
    following = shown.successor(key)
    if rotation is Rotation.ROTATE:
        family.token_digest, family.rotated_at = following.digest(), now
    return _tokens(account, following, key)


async def revoke(session: AsyncSession, token: str, now: datetime, *, key: bytes) -> None:
    """Signs the device out. Any token that its session ever had is enough; anything else does nothing."""
    shown = decode(token, key)
    family = await _family(session, shown) if shown else None
    if family is not None and family.revoked_at is None:
        family.revoked_at = now


async def _family(session: AsyncSession, token: RefreshToken) -> DeviceSession | None:
    query = select(DeviceSession).where(col(DeviceSession.id) == token.family).with_for_update()
    return (await session.exec(query)).one_or_none()


def _state(family: DeviceSession) -> Family:
    return Family(
        digest=family.token_digest,
        rotated_at=family.rotated_at,
        expires_at=family.expires_at,
        revoked=family.revoked_at is not None,
    )
