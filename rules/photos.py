"""Photos as evidence: their digests, their number, and the signed addresses under which they are fetched."""

import hashlib
import hmac
import re
from datetime import datetime

from rules.refusals import invalid

MOST_A_CASE = 9  # photos of an appeal, a visit or a finding (domain.md section 9)
WINDOW = 300
"""Seconds. A signed address is valid until the end of the next window, so for 5 to 10 minutes: long enough to load
a page, short enough for an address that was passed on."""
_BLOCK = 64  # bytes of a block of SHA-256, to which an HMAC key is padded (RFC 2104)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_sha256(text: str, *path: str | int) -> bytes:
    """The digest of a photo, from 64 lower-case hexadecimal digits."""
    if not _SHA256.fullmatch(text):
        raise invalid("应为 64 位小写十六进制的 SHA-256", *path)
    return bytes.fromhex(text)


def check_count(count: int, most: int, *path: str | int) -> None:
    """A case has at most ``most`` photos."""
    if count > most:
        raise invalid("最多 {most} 张照片", *path, most=most)


def holds_until(now: datetime) -> int:
    """The expiry of addresses signed now, in seconds since 1970. It is the same for all signed in one window."""
    return (int(now.timestamp()) // WINDOW + 2) * WINDOW


def pads(secret: bytes, until: int) -> tuple[bytes, bytes]:
    """The inner and outer pad of an HMAC-SHA256 with a key derived for the window.

    PostgreSQL computes signatures from them with plain SHA-256, and never gets the secret itself.
    """
    key = hmac.digest(secret, f"photos {until}".encode(), hashlib.sha256).ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def sign(secret: bytes, path: str, until: int) -> str:
    """The signature of a path, in hexadecimal."""
    inner, outer = pads(secret, until)
    return hashlib.sha256(outer + hashlib.sha256(inner + path.encode()).digest()).hexdigest()
