"""Settings from the environment: TUNPING_… and DATABASE_URL."""

import secrets
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRET_BYTES = 32


class SettingsError(Exception):
    """The settings do not fit together; the message says how to mend it."""


class Settings(BaseSettings):
    """What can be set. Without DATABASE_URL an embedded PostgreSQL keeps its data under ``data_dir``."""

    model_config = SettingsConfigDict(env_prefix="TUNPING_")

    database_url: str | None = Field(
        None, validation_alias=AliasChoices("TUNPING_DATABASE_URL", "DATABASE_URL", "database_url")
    )
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    data_dir: Path = Path(".data")
    secret: SecretStr | None = None
    """Signs access tokens; at least 32 characters."""
    demo: bool = True
    """Whether an empty database is filled with the demo."""
    access_token_seconds: int = Field(600, ge=1)
    pool_size: int = Field(10, ge=1)
    body_limit: int = Field(256 * 1024, ge=1024)

    def signing_secret(self) -> bytes:
        """The secret that was given; with the embedded database, one made once and kept beside it."""
        if self.secret is not None:
            return _long_enough(self.secret.get_secret_value().encode())
        if self.database_url is not None:
            raise SettingsError("请设置 TUNPING_SECRET(至少 32 个字符) / set TUNPING_SECRET, 32 characters or more")
        return _kept_secret(self.data_dir / "secret")


def _long_enough(secret: bytes) -> bytes:
    if len(secret) < SECRET_BYTES:
        raise SettingsError("TUNPING_SECRET 太短,至少 32 个字符 / TUNPING_SECRET needs 32 characters or more")
    return secret


def _kept_secret(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(SECRET_BYTES))
    return _long_enough(path.read_bytes())
