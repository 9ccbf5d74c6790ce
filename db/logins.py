"""The roles of the database: the owner migrates, and the server and the worker have logins of their own.

Only the owner's URL is a setting. The names and passwords of the others follow from it, so that every process knows
them, and two installations in one cluster do not share them (docs/decisions/0008).
"""

import base64
import getpass
import hashlib
import hmac
import os
from enum import StrEnum
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit, urlunsplit

_ITERATIONS = 4096
"""Those of PostgreSQL itself (``scram_iterations``). The password has 256 random bits if the owner's has."""


class Login(StrEnum):
    """A login beside the owner's. The value ends the role's name."""

    APPLICATION = "app"
    """For a viewer: row-level security shows it what the viewer may see."""
    WORKER = "worker"
    """For what has no viewer: background jobs, signing in, and the commands of the operator."""


STAFF = "staff"
"""The role that the application's login takes to read for a community's staff. It cannot sign in or write."""


def role_of(url: str, login: str) -> str:
    """The name of a role in the database of the owner's URL."""
    return f"{_owner_of(url)[0]}_{login}"


def quoted(name: str) -> str:
    """The name of a role in a statement."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def login_url(url: str, login: Login) -> str:
    """The URL of a login, by the owner's."""
    parts, role, password = urlsplit(url), role_of(url, login), password_of(url, login)
    place = parts.netloc.rpartition("@")[2]
    rest = {name: values for name, values in parse_qs(parts.query).items() if name not in {"user", "password"}}
    signed_in = f"{quote(role, safe='')}:{password}@" if password else f"{quote(role, safe='')}@"
    return urlunsplit(parts._replace(netloc=signed_in + place, query=urlencode(rest, doseq=True)))


def password_of(url: str, login: Login) -> str | None:
    """The password of a login; None if the owner has none, because the server trusts local users."""
    _, password = _owner_of(url)
    if not password:
        return None
    return hmac.digest(password.encode(), f"tunping login {login}".encode(), "sha256").hex()


def verifier_of(password: str) -> str:
    """The form in which PostgreSQL stores a password (SCRAM-SHA-256). So neither its log nor a screen shows it."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    parts = [base64.b64encode(each).decode() for each in (salt, stored, hmac.digest(salted, b"Server Key", "sha256"))]
    return f"SCRAM-SHA-256${_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


def _owner_of(url: str) -> tuple[str, str | None]:
    """The user and the password of a URL, where the driver looks for them."""
    parts: SplitResult = urlsplit(url)
    named = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    user = named.get("user") or unquote(parts.username or "") or os.environ.get("PGUSER") or getpass.getuser()
    return user, named.get("password") or unquote(parts.password or "") or os.environ.get("PGPASSWORD")
