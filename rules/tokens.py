"""Signing in: passwords, and the refresh tokens of a device.

A refresh token is rotated at each use. A token that was already used ends the session, because it may be stolen. A
lost reply must not sign a worker out. The times are compromises between the two (docs/operate.md, Limits).
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from rules.refusals import Code, Refusal, invalid

IDLE = timedelta(days=7)
ABSOLUTE = timedelta(days=30)
REPEATABLE = timedelta(seconds=30)
"""The time for which the previous token still gets the same successor, so that a phone can retry a lost request."""
PASSWORD_LENGTHS = range(8, 129)  # at least 8 characters (NIST SP 800-63B); at most 128, so that hashing stays cheap
SECRET_BYTES = 32
_TAG_BYTES = 18  # 144 bits, which fill the base64 form without padding
_TOKEN_BYTES = 16 + SECRET_BYTES + _TAG_BYTES


def check_password(password: str, *path: str | int) -> None:
    """Raises INVALID_INPUT for a password that is too short, TOO_LONG for one that is too long."""
    if len(password) < PASSWORD_LENGTHS.start:
        raise invalid("密码至少 8 位", *path)
    if len(password) not in PASSWORD_LENGTHS:
        raise Refusal(Code.TOO_LONG, *path, limit=PASSWORD_LENGTHS.stop - 1)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token. Its family is the session of a device; its secret of 256 bits is never stored."""

    family: UUID
    secret: bytes

    def digest(self) -> bytes:
        """SHA-256 of the secret, which is stored."""
        return hashlib.sha256(self.secret).digest()

    def successor(self, key: bytes) -> "RefreshToken":
        """The next token, derived from this one, so that a lost reply can be repeated without being stored."""
        return RefreshToken(self.family, _mac(key, b"successor", self.family.bytes + self.secret))

    def encode(self, key: bytes) -> str:
        """The client's form in URL-safe base64, with a tag that tells an issued token from a guess."""
        body = self.family.bytes + self.secret
        return base64.urlsafe_b64encode(body + _tag(key, body)).decode()


def decode(token: str, key: bytes) -> RefreshToken | None:
    """The token in a client's form; ``None`` if it was not issued under this key."""
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
    """The decision on a refresh token that a client presents."""

    ROTATE = "ROTATE"
    FORGIVE = "FORGIVE"
    REUSE = "REUSE"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Family:
    """The state of a device's token family: the digest of its newest token, and its times."""

    digest: bytes
    rotated_at: datetime
    expires_at: datetime
    revoked: bool

    def ended(self, now: datetime) -> bool:
        """True if it was signed out, idle for too long, or is too old."""
        return self.revoked or now >= min(self.rotated_at + IDLE, self.expires_at)


def decide(token: RefreshToken, family: Family, key: bytes, now: datetime) -> Rotation:
    """The newest token rotates. The one before is repeated for :data:`REPEATABLE`. Any other is reuse: a theft."""
    if family.ended(now):
        return Rotation.ENDED
    if hmac.compare_digest(token.digest(), family.digest):
        return Rotation.ROTATE
    was_last = hmac.compare_digest(token.successor(key).digest(), family.digest)
    return Rotation.FORGIVE if was_last and now - family.rotated_at <= REPEATABLE else Rotation.REUSE
