"""Encryption of single values: AES-256-GCM, with a blind index for finding equal values.

The key is never in the database. The id of the row is associated data, so a value can be opened only in its own row.
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
"""Bytes of a random nonce, as AES-GCM recommends (NIST SP 800-38D)."""


@dataclass(frozen=True, slots=True, repr=False)
class Sealer:
    """Two keys, one for sealing and one for indexing, derived from one."""

    sealing: bytes
    indexing: bytes

    @classmethod
    def of(cls, key: bytes) -> Self:
        """Derives the keys from one of at least 32 bytes."""
        return cls(_derived(key, b"seal"), _derived(key, b"index"))

    def seal(self, row: UUID, value: str) -> bytes:
        """Encrypts a value for a row."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self.sealing).encrypt(nonce, value.encode(), row.bytes)

    def open(self, row: UUID, sealed: bytes) -> str:
        """Decrypts a value of a row."""
        return AESGCM(self.sealing).decrypt(sealed[:_NONCE], sealed[_NONCE:], row.bytes).decode()

    def index(self, value: str) -> bytes:
        """The blind index: an HMAC, equal for equal values."""
        return hmac.new(self.indexing, value.encode(), hashlib.sha256).digest()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tunping " + purpose).derive(key)
