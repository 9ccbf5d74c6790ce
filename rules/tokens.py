"""Signing in: lock-out, passwords, and the chain of refresh tokens that one device holds."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from rules.refusals import Code, Refusal, invalid

MAX_FAILURES = 5
LOCK = timedelta(minutes=10)
IDLE = timedelta(days=7)
ABSOLUTE = timedelta(days=30)
FORGIVEN = timedelta(seconds=30)
PASSWORD_LENGTHS = range(8, 129)

SECRET_BYTES = 32
_TAG_BYTES = 18
_TOKEN_BYTES = 16 + SECRET_BYTES + _TAG_BYTES


@dataclass(frozen=True, slots=True)
class Attempts:
    """The failed sign-ins under one user name since the last success or lock."""

    failures: int = 0
    locked_until: datetime | None = None

    def locked(self, now: datetime) -> bool:
        """Whether even the right password is refused now."""
        return self.locked_until is not None and now < self.locked_until

    def failed(self, now: datetime) -> "Attempts":
        """One failure more. A lock is not prolonged while it runs; once it ran out, counting begins anew."""
        if self.locked(now):
            return self
        failures = 1 if self.locked_until else self.failures + 1
        return Attempts(failures, now + LOCK if failures >= MAX_FAILURES else None)


def check_password(password: str, *path: str | int) -> None:
    """A new password has 8 to 128 characters."""
    if len(password) < PASSWORD_LENGTHS.start:
        raise invalid("密码至少 8 位", "a password has at least 8 characters", *path)
    if len(password) not in PASSWORD_LENGTHS:
        raise Refusal(Code.TOO_LONG, *path, limit=PASSWORD_LENGTHS.stop - 1)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One token of a family. The family is a device's session; the secret is 256 bits that we do not keep."""

    family: UUID
    secret: bytes

    def digest(self) -> bytes:
        """What may be stored of the token."""
        return hashlib.sha256(self.secret).digest()

    def successor(self, key: bytes) -> "RefreshToken":
        """The token that follows: always the same, so that a lost reply is repeated without being stored."""
        return RefreshToken(self.family, _mac(key, b"successor", self.family.bytes + self.secret))

    def encode(self, key: bytes) -> str:
        """The client's form, url-safe base64. The tag tells any token ever issued from a guess."""
        body = self.family.bytes + self.secret
        return base64.urlsafe_b64encode(body + _tag(key, body)).decode()


def decode(token: str, key: bytes) -> RefreshToken | None:
    """The token that a client shows, or nothing when it was never issued under this key."""
    try:
        raw = base64.urlsafe_b64decode(token)
    except ValueError:
        return None
    body = raw[:-_TAG_BYTES]
    if len(raw) != _TOKEN_BYTES or not hmac.compare_digest(_tag(key, body), raw[-_TAG_BYTES:]):
        return None
    return RefreshToken(UUID(bytes=body[:16]), body[16:])


def _tag(key: bytes, body: bytes) -> bytes:
    return _mac(key, b"tag", body)[:_TAG_BYTES]


def _mac(key: bytes, purpose: bytes, message: bytes) -> bytes:
    return hmac.digest(key, purpose + b"\0" + message, "sha256")


class Rotation(StrEnum):
    """What a refresh token that was issued by us gets."""

    ROTATE = "ROTATE"
    FORGIVE = "FORGIVE"
    REUSE = "REUSE"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Family:
    """Where a device's chain of tokens stands: the digest of its newest token, and its times."""

    digest: bytes
    rotated_at: datetime
    expires_at: datetime
    revoked: bool

    def ended(self, now: datetime) -> bool:
        """Signed out, left idle too long, or too old whatever it did."""
        return self.revoked or now >= min(self.rotated_at + IDLE, self.expires_at)


def decide(token: RefreshToken, family: Family, key: bytes, now: datetime) -> Rotation:
    """The newest token rotates. The one before is forgiven for 30 s: its reply was lost. Else it is theft."""
    if family.ended(now):
        return Rotation.ENDED
    if hmac.compare_digest(token.digest(), family.digest):
        return Rotation.ROTATE
    was_last = hmac.compare_digest(token.successor(key).digest(), family.digest)
    return Rotation.FORGIVE if was_last and now - family.rotated_at <= FORGIVEN else Rotation.REUSE
