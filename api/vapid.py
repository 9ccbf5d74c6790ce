"""The key by which the server identifies itself to push services (VAPID, RFC 8292)."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_LIFE = timedelta(hours=12)
"""Push services take at most a day. Half of it leaves room for their clocks."""
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Vapid:
    """A private key of P-256. ``contact`` is the address of this server, for the operator of a push service."""

    key: ec.EllipticCurvePrivateKey
    contact: str | None = None

    @classmethod
    def of(cls, text: str, contact: str | None = None) -> Self:
        """The key of 32 bytes in base64 or base64url, as `openssl rand` and other servers make it.

        Raises ValueError if it is something else.
        """
        plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
        try:
            found = urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
        except binascii.Error as error:
            raise ValueError("not base64") from error
        if len(found) != _BYTES:
            raise ValueError(f"not {_BYTES} bytes")
        return cls(ec.derive_private_key(int.from_bytes(found), ec.SECP256R1()), contact)

    @property
    def public(self) -> str:
        """The public key, as `PushManager.subscribe` takes it."""
        return in_base64url(point_of(self.key))

    def authorization(self, endpoint: str, now: datetime) -> str:
        """The header of a request to an endpoint."""
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + _LIFE).timestamp())}
        signed = jwt.encode(claims | ({"sub": self.contact} if self.contact else {}), self.key, algorithm="ES256")
        return f"vapid t={signed}, k={self.public}"


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as an uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def in_base64url(content: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()
