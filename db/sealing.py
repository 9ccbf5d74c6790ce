"""Encryption of single values: AES-256-GCM under a key of the value's own, and a blind index for finding equal values.

A value is sealed by a random data key, and the data key by the key of a generation. The keys of generations are never
in the database. The id of the row is associated data, so nothing can be opened in another row. Whoever destroys the
data key makes the value unreadable, in every copy that is made afterwards.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rules.keys import missing_key, wrong_key

_NONCE = 12
"""Bytes of a random nonce, as AES-GCM recommends (NIST SP 800-38D)."""
_KEY = 32
"""Bytes of a data key, for AES-256."""
_NUMBER = 2
"""Bytes of the number of a generation, before a value without a data key."""


class Sealed(NamedTuple):
    """A value under its data key, the data key under the key of a generation, and the value's blind index."""

    value: bytes
    key: bytes
    blind: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Generation:
    """The keys of a generation, derived from one: for sealing data keys, for indexing, and a proof that it is this one.

    The proof may be stored: it tells nothing about the key.
    """

    number: int
    sealing: bytes
    indexing: bytes
    proof: bytes

    @classmethod
    def of(cls, number: int, key: bytes) -> Self:
        """Derives the keys from one of at least 32 bytes."""
        return cls(number, _derived(key, b"seal"), _derived(key, b"index"), _derived(key, b"proof"))

    def seal(self, row: UUID, value: str, indexed: str) -> Sealed:
        """Encrypts a value for a row under a new data key. Equal texts ``indexed`` have equal indexes."""
        key = secrets.token_bytes(_KEY)
        return Sealed(_encrypted(key, row, value.encode()), _encrypted(self.sealing, row, key), self.index(indexed))

    def open(self, row: UUID, sealed: bytes, key: bytes | None) -> str:
        """Decrypts a value of a row. Raises INVALID_INPUT if it was sealed by another key.

        Without a data key it was sealed by the first generation directly, as before there were data keys.
        """
        try:
            data_key = self.sealing if key is None else _decrypted(self.sealing, row, key)
            return _decrypted(data_key, row, sealed).decode()
        except InvalidTag as error:
            raise wrong_key(self.number) from error

    def wrap(self, row: UUID, value: str) -> bytes:
        """Encrypts a value for a row without a data key. The number of the generation comes first."""
        return self.number.to_bytes(_NUMBER) + _encrypted(self.sealing, row, value.encode())

    def index(self, value: str) -> bytes:
        """The blind index: an HMAC, equal for equal values, which tells nothing to whoever has no key."""
        return hmac.digest(self.indexing, value.encode(), hashlib.sha256)


@dataclass(slots=True, repr=False)
class Sealer:
    """The generations of keys that this process knows."""

    generations: Mapping[int, Generation]
    read_again: Callable[[], Mapping[int, bytes]] | None = field(default=None)
    """Reads the keys again, because a rotation may have added a generation since this process started."""

    @classmethod
    def of(cls, keys: Mapping[int, bytes], read_again: Callable[[], Mapping[int, bytes]] | None = None) -> Self:
        return cls(_generations(keys), read_again)

    @property
    def newest(self) -> Generation:
        """The generation with the highest number."""
        return self.generations[max(self.generations)]

    def generation(self, number: int) -> Generation:
        """A generation by its number. Raises INVALID_INPUT for an unknown one."""
        if number not in self.generations and self.read_again is not None:
            self.generations = _generations(self.read_again())
        if number not in self.generations:
            raise missing_key(number)
        return self.generations[number]

    def unwrap(self, row: UUID, wrapped: bytes) -> str:
        """Decrypts what :meth:`Generation.wrap` made. Raises INVALID_INPUT if the key is missing or another one."""
        keys = self.generation(generation_of(wrapped))
        try:
            return _decrypted(keys.sealing, row, wrapped[_NUMBER:]).decode()
        except InvalidTag as error:
            raise wrong_key(keys.number) from error

    def indexes(self, value: str) -> list[bytes]:
        """The blind indexes of a value under all generations, the newest first."""
        return [*self.oldest_first(value)][::-1]

    def oldest_first(self, value: str) -> Iterator[bytes]:
        """The same, each computed when it is asked for, and the oldest first."""
        return (self.generations[number].index(value) for number in sorted(self.generations))


def generation_of(wrapped: bytes) -> int:
    """The number of the generation by which a value was encrypted without a data key."""
    return int.from_bytes(wrapped[:_NUMBER])


def _generations(keys: Mapping[int, bytes]) -> dict[int, Generation]:
    return {number: Generation.of(number, key) for number, key in keys.items()}


def _encrypted(key: bytes, row: UUID, value: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value, row.bytes)


def _decrypted(key: bytes, row: UUID, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], row.bytes)


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=b"tunping " + purpose).derive(key)
