"""Seals what must not be readable in the database: AES-256-GCM, and a blind index to find equal values by.

The key never enters the database. Each value is bound to its row, so that it opens nowhere else.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


@dataclass(frozen=True, slots=True, repr=False)
class Sealer:
    """Seals and opens with keys of its own for either purpose, derived from one."""

    sealing: bytes
    indexing: bytes

    @classmethod
    def of(cls, key: bytes) -> Self:
        """A sealer with a key of 32 bytes or more."""
        return cls(_derived(key, b"seal"), _derived(key, b"index"))

    def seal(self, row: UUID, value: str) -> bytes:
        """The value, readable only with the key and for this row."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.sealing).encrypt(nonce, value.encode(), row.bytes)

    def open(self, row: UUID, sealed: bytes) -> str:
        """The sealed value."""
        return AESGCM(self.sealing).decrypt(sealed[:_NONCE], sealed[_NONCE:], row.bytes).decode()

    def index(self, value: str) -> bytes:
        """The same for equal values, and telling nothing without the key."""
        return hmac.new(self.indexing, value.encode(), hashlib.sha256).digest()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tunping " + purpose).derive(key)
