"""Settings from the environment: TUNPING_… and DATABASE_URL."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from pydantic import AliasChoices, Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_BYTES = 32


class SettingsError(Exception):
    """The settings do not fit together; the message says how to mend it."""


class Settings(BaseSettings):
    """All settings. Without DATABASE_URL an embedded PostgreSQL keeps its data under ``data_dir``."""

    model_config = SettingsConfigDict(env_prefix="TUNPING_", env_ignore_empty=True)

    database_url: str | None = Field(
        None, validation_alias=AliasChoices("TUNPING_DATABASE_URL", "DATABASE_URL", "database_url")
    )
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    data_dir: Path = Path(".data")
    secret: SecretStr | None = None
    """Signs access tokens; at least 32 characters."""
    sealing_key: SecretStr | None = None
    """Seals ID numbers in the database; at least 32 characters. Without it the numbers are lost."""
    demo: bool = True
    """Whether an empty database is filled with the demo."""
    access_token_seconds: int = Field(600, ge=1)
    pool_size: int = Field(20, ge=1)
    """The most connections to the database."""
    body_limit: int = Field(256 * 1024, ge=1024)
    photo_store: str | None = None
    """Where photos are kept, as an address such as s3://bucket; by default in a folder under ``data_dir``."""
    photo_limit: int = Field(10 * 1024 * 1024, ge=1024)
    worker: bool = True
    """Whether the server does background work too; switch it off where `tunping worker` runs beside it."""
    public_url: HttpUrl | None = None
    """The address by which residents reach this server, for QR codes; https, unless it is on this machine."""
    sms_url: HttpUrl | None = None
    """The gateway that text messages are handed to; https, unless it is on this machine."""
    sms_token: SecretStr | None = None
    webhook_private: bool = False
    """Whether webhooks may go by http and to private addresses, for a centre in the same network."""
    help_phone: str | None = Field(None, pattern=r"^\+?[0-9][0-9 -]{2,24}$")
    """The community's telephone, on every page for residents."""
    behind_proxy: bool = False
    """Whether a proxy stands in front, whose last entry of X-Forwarded-For says where a request comes from."""

    @field_validator("public_url", "sms_url")
    @classmethod
    def _sealed(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url is not None and url.scheme != "https" and url.host not in {"127.0.0.1", "localhost", "[::1]"}:
            raise ValueError("https is needed")
        return url

    @field_validator("database_url")
    @classmethod
    def _plain(cls, url: str | None) -> str | None:
        """As PostgreSQL itself writes it, also where it is written for SQLAlchemy; empty is unset."""
        return url.replace("postgresql+asyncpg://", "postgresql://", 1) if url else None

    @classmethod
    def read(cls, **given: Any) -> Self:
        """From the environment; values that are given go before it, except ``None``."""
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise SettingsError(f"设置有误 / wrong settings: {wrong}") from error

    def public_address(self) -> str | None:
        """The public URL without a slash at its end."""
        return str(self.public_url).rstrip("/") if self.public_url else None

    def signing_secret(self) -> bytes:
        """The secret that is set; with the embedded database, one that is made once and kept beside it."""
        if self.secret is not None:
            return _long_enough(self.secret.get_secret_value().encode())
        if self.database_url is not None:
            raise SettingsError("请设置 TUNPING_SECRET（至少 32 个字符） / set TUNPING_SECRET, 32 characters or more")
        return _kept_secret(self.data_dir / "secret")

    def key_to_seal(self) -> bytes | None:
        """The key that is set; with the embedded database, one that is made once and kept beside it; or none."""
        if self.sealing_key is not None:
            return _long_enough(self.sealing_key.get_secret_value().encode(), "TUNPING_SEALING_KEY")
        if self.database_url is not None:
            return None
        self.data_dir.mkdir(parents=True, exist_ok=True)
        return _kept_secret(self.data_dir / "sealing_key")


def _long_enough(secret: bytes, name: str = "TUNPING_SECRET") -> bytes:
    if len(secret) < SECRET_BYTES:
        raise SettingsError(f"{name} 太短，至少 32 个字符 / {name} needs 32 characters or more")
    return secret


def _kept_secret(path: Path) -> bytes:
    if not path.exists():
        _keep_secret(path)
    return _long_enough(path.read_bytes())


def _keep_secret(path: Path) -> None:
    """Appears whole or not at all; of two servers that start at once, both use the first one's."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(SECRET_BYTES))
    with suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()
