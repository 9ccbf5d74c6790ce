"""Access tokens: which hold, which do not, and what they say."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt
import pytest

from api.http.access_tokens import Authenticated, Authenticator, TokenError
from rules.access import ANONYMOUS, Role, Viewer

SECRET = b"a secret of thirty-two bytes ...."
MORNING = datetime(2023, 9, 1, 8, 0, tzinfo=UTC)
AUTHENTICATOR = Authenticator(SECRET, 600)


def claims(**changes: Any) -> dict[str, Any]:
    """What an access token of the morning says, but for the changes."""
    issued = int(MORNING.timestamp())
    return {
        "iss": "tunping",
        "aud": "tunping-api",
        "sub": str(UUID(int=1)),
        "sid": str(UUID(int=2)),
        "role": "GRID_WORKER",
        "iat": issued,
        "exp": issued + 600,
        **changes,
    }


def signed(key: bytes | str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    said = {name: value for name, value in claims(**changes).items() if value is not None}
    return jwt.encode(said, key, algorithm=algorithm)


FORGED = {
    "unsigned": signed("", "none"),
    "another algorithm": signed(SECRET * 2, "HS512"),
    "another key": signed(SECRET[::-1]),
    "another audience": signed(aud="tunping-photos"),
    "another issuer": signed(iss="somebody"),
    "no end": signed(exp=None),
    "no session": signed(sid=None),
    "no audience": signed(aud=None),
    "an end that is no time": signed(exp="tomorrow"),
    "an end beyond all time": signed(exp=10**30),
    "an account that is no id": signed(sub="wang"),
    "an unknown role": signed(role="EMPEROR"),
    "from the future": signed(iat=int(MORNING.timestamp()) + 31),
    "tampered": signed()[:-4] + "AAAA",
    "cut off": signed().rpartition(".")[0],
    "nonsense": "nonsense",
    "not even ASCII": "密码",
    "empty": "",
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_access_token_is_refused(kind: str) -> None:
    with pytest.raises(TokenError) as refused:
        AUTHENTICATOR.viewer_from_header(f"Bearer {FORGED[kind]}", MORNING)
    assert refused.value.code == "TOKEN_INVALID"


@pytest.mark.parametrize("header", ["", "Bearer", "Basic d2FuZzp3YW5n", signed(), f"Bearer{signed()}"])
def test_a_malformed_header_is_refused(header: str) -> None:
    with pytest.raises(TokenError) as refused:
        AUTHENTICATOR.viewer_from_header(header, MORNING)
    assert refused.value.code == "TOKEN_INVALID"


def test_a_clock_may_run_thirty_seconds_ahead_of_ours() -> None:
    ahead = signed(iat=int(MORNING.timestamp()) + 30)
    authenticated = AUTHENTICATOR.viewer_from_header(f"bearer  {ahead}", MORNING)
    assert authenticated.viewer == Viewer(UUID(int=1), Role.GRID_WORKER)


def test_without_a_header_one_is_a_resident() -> None:
    authenticated = AUTHENTICATOR.viewer_from_header(None, MORNING)
    assert authenticated == Authenticated(ANONYMOUS, expires_at=None, session_id=None)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="the secret needs at least 32 bytes"):
        Authenticator(b"short", 600)
