"""Photos as evidence: what may be sent, how many a case has, and who may fetch one for the next minutes."""

import hashlib
import hmac
import re
from datetime import datetime

from rules.refusals import invalid

MOST_A_CASE = 9
WINDOW = 300
"""Seconds: a signed address holds for one of these, and for what is left of the one that runs."""
_BLOCK = 64
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_sha256(text: str, *path: str | int) -> bytes:
    """The digest that a photo is addressed by, in lower-case hexadecimal."""
    if not _SHA256.fullmatch(text):
        raise invalid("应为 64 位小写十六进制的 SHA-256", "a SHA-256 in 64 lower-case hexadecimal digits", *path)
    return bytes.fromhex(text)


def check_count(count: int, most: int, *path: str | int) -> None:
    """A case has room for some photos, not for an album."""
    if count > most:
        raise invalid(f"最多 {most} 张照片", f"at most {most} photos", *path)


def holds_until(now: datetime) -> int:
    """The end of the next window, in seconds since 1970: addresses made within one window are the same."""
    return (int(now.timestamp()) // WINDOW + 2) * WINDOW


def pads(secret: bytes, until: int) -> tuple[bytes, bytes]:
    """The inner and outer pad of an HMAC-SHA256 with the window's own key, for whoever has nothing but SHA-256.

    What the database is told is the key of these minutes, never the secret.
    """
    key = hmac.digest(secret, f"photos {until}".encode(), hashlib.sha256).ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def sign(secret: bytes, path: str, until: int) -> str:
    """The signature of an address."""
    inner, outer = pads(secret, until)
    return hashlib.sha256(outer + hashlib.sha256(inner + path.encode()).digest()).hexdigest()
