"""Codes of an authenticator app (RFC 6238), and recovery codes for whoever lost it."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote, urlencode

from rules.access import COMMUNITY_ROLES, Role
from rules.text import plain_code, with_ascii_digits

CODE_ROLES = COMMUNITY_ROLES | {Role.ADMIN}
"""Who sees a whole community."""
RECOVERY_CODES = 10
"""As many as GitHub and Google give: enough for years, and they fit on a card."""
RECOVERY_LENGTH = 16
"""80 bits: too many to guess, also from their digests."""
MOST_FAILURES = 100
"""Wrong codes in a row, after which none of the account is accepted (NIST SP 800-63B-4, section 3.2.2). With the locks
alone, somebody who knows the password would guess a code in about a year."""
_ISSUER = "Tunping"
_SECRET_BYTES = 32
_STEP_SECONDS, _DIGITS = 30, 6
"""The defaults of RFC 6238. Many authenticator apps know no others, nor any hash but SHA-1."""
_DRIFT = (-1, 0, 1)
"""Steps by which the clock of a phone may differ (RFC 6238, section 5.2)."""
_GROUP = 4
_MISREAD = str.maketrans("OIL", "011")


class Totp(StrEnum):
    """Whether accounts sign in with a code besides the password."""

    OFF = "off"
    OFFERED = "offered"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class CodePolicy:
    """When a code is asked for."""

    totp: Totp = Totp.OFFERED
    trusted_for: timedelta = timedelta()
    """The time for which a device on which a code was given needs none."""

    def demands(self, role: Role) -> bool:
        """True if accounts of a role must have an authenticator app."""
        return self.totp is Totp.REQUIRED and role in CODE_ROLES

    def trusts(self, proved_at: datetime | None, now: datetime) -> bool:
        """True for a device on which a code was given at that time."""
        return proved_at is not None and now - proved_at < self.trusted_for


def new_secret() -> str:
    """A new secret in base32, as it is typed into an app."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=")


def otpauth_uri(secret: str, username: str) -> str:
    """The address that apps read from a QR code."""
    label = quote(f"{_ISSUER}:{username}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': _ISSUER})}"


def code_at(secret: str, step: int) -> str:
    """The code of a time step (RFC 4226, section 5.3)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)


def accepted_step(secret: str, code: str, now: datetime, last: int) -> int | None:
    """The step of a code that holds now. A code is accepted once, so the step is later than the ``last`` one."""
    typed = plain_code(with_ascii_digits(code)).encode()
    present = int(now.timestamp()) // _STEP_SECONDS
    steps = [present + drift for drift in _DRIFT]
    right = [each for each in steps if hmac.compare_digest(code_at(secret, each).encode(), typed)]
    return next((each for each in right if each > last), None)


def grouped(code: str) -> str:
    """A recovery code as people read it."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def recovery_digest(code: str) -> bytes:
    """The digest by which a recovery code is stored, however it was typed."""
    return hashlib.sha256(plain_code(code).translate(_MISREAD).encode()).digest()


def without_code(digests: Collection[bytes], code: str) -> Sequence[bytes] | None:
    """The digests that are left after a recovery code was used; None if it is none of them."""
    used = recovery_digest(code)
    left = [each for each in digests if not hmac.compare_digest(each, used)]
    return left if len(left) < len(digests) else None
