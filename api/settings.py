"""Settings from the environment: DATABASE_URL and TUNPING_…; docs/operate.md describes them for operators."""

import os
import secrets
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.addresses import is_local, parse_origins
from api.folders import make_folder
from api.rates import parse_rates
from api.vapid import Vapid
from db.sealing import Sealer
from rules.keys import SHORTEST, read_generations, weakness
from rules.refusals import Failure
from rules.totp import CodePolicy, Totp

SECRET_BYTES = 32


class SettingsError(Failure):
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
    """Seals ID numbers; at least 32 characters, or several generations. Without it none can be stored or read."""
    sealing_key_file: Path | None = None
    """The file with the sealing keys, which `tunping keys` changes; with the embedded database one in ``data_dir``."""
    record_key: SecretStr | None = None
    """Links the rows of the record; at least 32 characters. Without it they wait."""
    anchor_dir: Path | None = None
    """The folder of the anchors; by default a folder under ``data_dir``."""
    anchor_url: HttpUrl | None = None
    """The receiver of the anchors; https, unless it is on this machine."""
    demo: bool | None = None
    """True: the server loads the demo into an empty database. By default it does so only with the embedded database."""
    demo_public: bool = False
    """True: the accounts of the demo, whose password is published, may be open to other machines."""
    access_token_seconds: int = Field(600, ge=1)
    """The life of an access token. A compromise: a server that lost its database accepts them until then, and renewals
    cost a request."""
    totp: Totp | None = None
    """Codes of authenticator apps: off, offered to everybody, or required for roles that see a whole community.

    The demo has them off.
    """
    totp_trust_days: int = Field(0, ge=0, le=90)
    """Days for which a device on which a code was given needs none at further sign-ins."""
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
    archive_dir: Path | None = None
    """The folder for old rows of logs; by default ``archive`` under ``data_dir``."""
    worker: bool = True
    """True: the server process runs the background jobs. False: `tunping worker` runs them."""
    public_url: HttpUrl | None = None
    """The address by which residents reach this server, for QR codes; https, unless it is on this machine."""
    sms_url: HttpUrl | None = None
    """The gateway for text messages; https, unless it is on this machine."""
    sms_token: SecretStr | None = None
    push_key: SecretStr | None = None
    """The private key of Web Push (VAPID): 32 bytes in base64. Without it nothing is pushed to browsers."""
    push_private: bool = False
    """True: push services may have private addresses, such as one in the same network."""
    push_gateway_url: HttpUrl | None = None
    """The gateway for phone makers' push services; https, unless it is on this machine."""
    push_gateway_token: SecretStr | None = None
    webhook_private: bool = False
    """True: webhooks may use http and private addresses, for a centre in the same network."""
    help_phone: str | None = Field(None, pattern=r"^\+?[0-9][0-9 -]{2,24}$")
    """A telephone for residents' pages on which the community is not known, or has none."""
    introspection: bool | None = None
    """True: everybody may ask for the schema. False: only with an account. By default the demo is open."""
    origins: str | None = None
    """Origins of web pages that may use the API, such as ``https://app.example.cn,https://board.example.cn``."""
    trusted_documents: bool = False
    """True: only documents that `tunping documents add` has added are answered."""
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

    feed_days: int = Field(184, ge=1, le=3_660)
    """How long a client may have been away and still go on after its cursor: by default as long as logs are kept."""

    @field_validator("public_url", "sms_url", "anchor_url", "push_gateway_url")
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

    @field_validator("origins")
    @classmethod
    def _known_origins(cls, origins: str | None) -> str | None:
        parse_origins(origins or "")
        return origins

    @classmethod
    def read(cls, **given: Any) -> Self:
        """Reads the environment. Given values override it, except ``None``. Raises SettingsError."""
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            raise SettingsError("设置有误：{wrong}", wrong=wrong) from error

    def public_address(self) -> str | None:
        """The public URL without a trailing slash."""
        return str(self.public_url).rstrip("/") if self.public_url else None

    def known_origins(self) -> frozenset[str]:
        """The origins of web pages that may use the API: those of the setting, and the one of the public address."""
        public = urlsplit(self.public_address() or "")
        own = {f"{public.scheme}://{public.netloc}"} if public.netloc else set()
        return parse_origins(self.origins or "") | own

    def archives(self) -> Path:
        """The folder for old rows of logs."""
        return self.archive_dir or self.data_dir / "archive"

    def with_demo(self) -> bool:
        """True if an empty database gets the demo."""
        return self.database_url is None if self.demo is None else self.demo

    def code_policy(self) -> CodePolicy:
        """When codes are asked for. Raises SettingsError if they are required and their secrets could not be kept."""
        asked = self.totp or (Totp.OFF if self.with_demo() else Totp.OFFERED)
        if asked is Totp.REQUIRED and self.sealing_keys() is None:
            raise SettingsError(_NO_KEY_FOR_CODES)
        return CodePolicy(asked, timedelta(days=self.totp_trust_days))

    def is_private(self) -> bool:
        """True if only this machine reaches the server: it listens on a loopback address, and no proxy is in front."""
        public = self.public_url is not None and not is_local(self.public_url.host or "")
        return is_local(self.host) and not self.behind_proxy and not public

    def signing_secret(self) -> bytes:
        """The secret; with the embedded database, one that is generated once and kept in ``data_dir``."""
        found = self._key("secret")
        if found is None:
            raise SettingsError("请设置 TUNPING_SECRET（至少 {least} 个字符）", least=SHORTEST)
        return found

    def sealer(self) -> Sealer | None:
        """The sealer of the process, which reads the file again when it meets an unknown generation."""
        keys = self.sealing_keys()
        return None if keys is None else Sealer.of(keys, lambda: self.sealing_keys() or {})

    def sealing_keys(self) -> dict[int, bytes] | None:
        """The sealing keys by generation; with the embedded database, one is generated once."""
        if (text := self._sealing_text()) is None:
            return None
        try:
            keys = read_generations(text)
        except ValueError as error:
            raise SettingsError("TUNPING_SEALING_KEY 的格式有误，每代密钥写作一个词，如 1:… 2:…") from error
        for key in keys.values():
            _check_key("TUNPING_SEALING_KEY", key)
        if {*keys.values()} & {self._given("secret"), self._given("record_key")}:
            raise SettingsError(_SAME_KEYS)
        return keys

    def _sealing_text(self) -> bytes | None:
        if self.sealing_key is not None and self.sealing_key_file is not None:
            raise SettingsError(_TWO_PLACES)
        if self.sealing_key_file is None:
            return self._key("sealing_key", checked=False)
        try:
            return self.sealing_key_file.read_bytes()
        except OSError as error:
            raise SettingsError(
                "不能读取 TUNPING_SEALING_KEY_FILE 的密钥文件：{file}: {why}",
                file=self.sealing_key_file,
                why=error.strerror,
            ) from error

    def key_file(self) -> Path | None:
        """The file with the sealing keys; None if they are in the environment, or nowhere."""
        if self.sealing_key is not None or (self.sealing_key_file is None and self.database_url is not None):
            return None
        return self.sealing_key_file or self.data_dir / "sealing_key"

    def key_to_record(self) -> bytes | None:
        """The key of the record; with the embedded database, one that is generated once and kept in ``data_dir``."""
        return self._key("record_key")

    def vapid(self) -> Vapid | None:
        """The key of Web Push; with the embedded database, one that is generated once and kept in ``data_dir``."""
        key, public = self._key("push_key"), self.public_address()
        if key is None:
            return None
        try:
            return Vapid.of(key.decode(), public if public and public.startswith("https:") else None)
        except ValueError as error:
            raise SettingsError(
                "TUNPING_PUSH_KEY 须为 base64 编码的 32 字节，请用 {command} 生成", command=_MAKE_ONE
            ) from error

    def anchors(self) -> Path:
        """The folder of the anchors."""
        return self.anchor_dir or self.data_dir / "anchors"

    def _given(self, name: str) -> bytes | None:
        found: SecretStr | None = getattr(self, name)
        return None if found is None else found.get_secret_value().encode()

    def _key(self, name: str, *, checked: bool = True) -> bytes | None:
        given, path = self._given(name), self.data_dir / name
        if given is None and self.database_url is not None:
            return None
        if given is None and not path.exists():
            write_secret(path, secrets.token_urlsafe(SECRET_BYTES).encode())
        key = path.read_bytes() if given is None else given
        if checked:
            _check_key(f"TUNPING_{name.upper()}", key)
        if given is not None and given in {self._given(other) for other in _KEYS if other != name}:
            raise SettingsError(_SAME_KEYS)
        return key


_KEYS = ("secret", "sealing_key", "record_key", "push_key")
_SAME_KEYS = "TUNPING_SECRET、TUNPING_SEALING_KEY、TUNPING_RECORD_KEY 和 TUNPING_PUSH_KEY 不能相同"
_NO_KEY_FOR_CODES = "TUNPING_TOTP=required 需要 TUNPING_SEALING_KEY"
_TWO_PLACES = "TUNPING_SEALING_KEY 和 TUNPING_SEALING_KEY_FILE 只能设置一个"
_MAKE_ONE = "openssl rand -base64 32"


def _check_key(name: str, key: bytes) -> None:
    """Raises SettingsError for a key that can be guessed. The message does not show it."""
    if (weak := weakness(key.decode(errors="replace"))) is not None:
        raise SettingsError("{name} {weak}，请用 {command} 生成", name=name, weak=weak, command=_MAKE_ONE)


def write_secret(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Writes a secret atomically, for its owner only.

    Of two processes that start at once, both use the first one's, unless an older file is to be replaced.
    """
    make_folder(path.parent)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if replace:
        Path(draft).replace(path)
        return
    with suppress(FileExistsError):
        os.link(draft, path)
    Path(draft).unlink()
