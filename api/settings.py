"""Settings from the environment: DATABASE_URL and TUNPING_…; docs/operate.md describes them for operators."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from pydantic import AliasChoices, Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.addresses import is_local
from api.folders import make_folder
from api.rates import parse_rates
from rules.keys import weakness

SECRET_BYTES = 32


class SettingsError(Exception):
    """The settings are invalid. The message says how to correct them."""


class Settings(BaseSettings):
    """All settings. Without ``database_url`` an embedded PostgreSQL keeps its data under ``data_dir``."""

    model_config = SettingsConfigDict(env_prefix="TUNPING_", env_ignore_empty=True)

    database_url: str | None = Field(
        None, validation_alias=AliasChoices("TUNPING_DATABASE_URL", "DATABASE_URL", "database_url")
    )
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    data_dir: Path = Path(".data")
    secret: SecretStr | None = None
    """Signs tokens, addresses of photos and webhooks; at least 32 characters."""
    sealing_key: SecretStr | None = None
    """Seals ID numbers; at least 32 characters. Without it no ID number can be stored or read."""
    demo: bool | None = None
    """True: the server loads the demo into an empty database. By default it does so only with the embedded database."""
    demo_public: bool = False
    """True: the accounts of the demo, whose password is published, may be open to other machines."""
    access_token_seconds: int = Field(600, ge=1)
    """The life of an access token. A compromise: a server that lost its database accepts them until then, and renewals
    cost a request."""
    pool_size: int = Field(20, ge=2)
    """Connections to the database. A compromise: PostgreSQL allows 100 by default, for all processes together.

    The live feed holds one while it notes with another what the dispute centre has seen.
    """
    body_limit: int = Field(256 * 1024, ge=1024)
    """Bytes of a request without photos. A compromise: the longest text has 2,000 characters, a form 12 fields."""
    photo_store: str | None = None
    """URL of the photo store, such as s3://bucket; by default a folder under ``data_dir``."""
    photo_limit: int = Field(10 * 1024 * 1024, ge=1024)
    """Bytes of one photo: more than phones of 12 megapixels write as JPEG."""
    worker: bool = True
    """True: the server process runs the background jobs. False: `tunping worker` runs them."""
    public_url: HttpUrl | None = None
    """The address by which residents reach this server, for QR codes; https, unless it is on this machine."""
    sms_url: HttpUrl | None = None
    """The gateway for text messages; https, unless it is on this machine."""
    sms_token: SecretStr | None = None
    webhook_private: bool = False
    """True: webhooks may use http and private addresses, for a centre in the same network."""
    help_phone: str | None = Field(None, pattern=r"^\+?[0-9][0-9 -]{2,24}$")
    """The community's telephone, on every page for residents."""
    introspection: bool | None = None
    """True: everybody may ask for the schema. False: only with an account. By default the demo is open."""
    behind_proxy: bool = False
    """True: the client's address is the last entry of X-Forwarded-For, which a proxy in front writes."""
    rates: str | None = None
    """Rate limits that differ from ``api.rates``, such as ``pages-by-address=900/minute,opened-by-code=50/hour``."""
    limits_url: str | None = Field(None, pattern=r"^(redis|rediss|valkey|valkeys)://")
    """The Redis or Valkey in which several servers count together. By default each counts in its own memory."""
    requests_at_once: int = Field(500, ge=1)
    """Requests in progress. A compromise: at 145 a second, the slowest measured rate, 500 wait 3.4 s of their 5 s."""
    connections_by_address: int | None = Field(None, ge=1)
    """Open connections of one address, which must not be a proxy's. See ``api.commands.listening``."""

    @field_validator("public_url", "sms_url")
    @classmethod
    def _encrypted(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url is not None and url.scheme != "https" and not is_local(url.host or ""):
            raise ValueError("https is needed")
        return url

    @field_validator("database_url")
    @classmethod
    def _without_driver(cls, url: str | None) -> str | None:
        return url.replace("postgresql+asyncpg://", "postgresql://", 1) if url else None

    @field_validator("rates")
    @classmethod
    def _known_rates(cls, rates: str | None) -> str | None:
        parse_rates(rates or "")
        return rates

    @classmethod
    def read(cls, **given: Any) -> Self:
        """Reads the environment. Given values override it, except ``None``. Raises SettingsError."""
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise SettingsError(f"设置有误 / wrong settings: {wrong}") from error

    def public_address(self) -> str | None:
        """The public URL without a trailing slash."""
        return str(self.public_url).rstrip("/") if self.public_url else None

    def with_demo(self) -> bool:
        """True if an empty database gets the demo."""
        return self.database_url is None if self.demo is None else self.demo

    def is_private(self) -> bool:
        """True if only this machine reaches the server: it listens on a loopback address, and no proxy is in front."""
        public = self.public_url is not None and not is_local(self.public_url.host or "")
        return is_local(self.host) and not self.behind_proxy and not public

    def signing_secret(self) -> bytes:
        """The secret; with the embedded database, one that is generated once and kept in ``data_dir``."""
        found = self._key("secret")
        if found is None:
            raise SettingsError("请设置 TUNPING_SECRET（至少 32 个字符） / set TUNPING_SECRET, 32 characters or more")
        return found

    def key_to_seal(self) -> bytes | None:
        """The sealing key; with the embedded database, one that is generated once and kept in ``data_dir``."""
        return self._key("sealing_key")

    def _key(self, name: str) -> bytes | None:
        given, path = getattr(self, name), self.data_dir / name
        if given is None and self.database_url is not None:
            return None
        if given is None and not path.exists():
            _write_secret(path)
        key: bytes = given.get_secret_value().encode() if given else path.read_bytes()
        _check_key(f"TUNPING_{name.upper()}", key)
        if given is not None and self.secret == self.sealing_key:
            raise SettingsError(_SAME_KEYS)
        return key


_SAME_KEYS = (
    "TUNPING_SECRET 和 TUNPING_SEALING_KEY 不能相同 / TUNPING_SECRET and TUNPING_SEALING_KEY must not be the same"
)
_MAKE_ONE = "openssl rand -base64 32"


def _check_key(name: str, key: bytes) -> None:
    """Raises SettingsError for a key that can be guessed. The message does not show it."""
    if (weak := weakness(key.decode(errors="replace"))) is not None:
        chinese, english = weak
        made = f"请用 {_MAKE_ONE} 生成 / make one with {_MAKE_ONE}"
        raise SettingsError(f"{name} {chinese} / {name} {english}; {made}")


def _write_secret(path: Path) -> None:
    """Writes a new secret atomically. Of two processes that start at once, both use the first one's."""
    make_folder(path.parent)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(SECRET_BYTES))
    with suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()
