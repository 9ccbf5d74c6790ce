"""Gateways: HTTP services of others that bring messages or pushes to phones."""

import ssl
from dataclasses import dataclass
from functools import cache
from typing import Self

import httpx
from pydantic import HttpUrl, SecretStr


@dataclass(frozen=True, slots=True)
class Gateway:
    """The address of a gateway, with a bearer token if it asks for one."""

    url: str
    token: str | None = None

    @classmethod
    def of(cls, url: HttpUrl | None, token: SecretStr | None) -> Self | None:
        """The gateway of the settings; None without an address."""
        return None if url is None else cls(str(url), token.get_secret_value() if token else None)

    def headers(self) -> dict[str, str]:
        """The header with the token."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


@cache
def certificates() -> ssl.SSLContext:
    """The authorities to trust. They are read once, because that takes 50 ms of CPU."""
    return httpx.create_ssl_context()
