"""Access tokens: how they are issued and verified, and the state that sign-ins share."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt
from starlette.requests import Request

from api.http.endings import Endings
from api.http.errors import HttpError
from api.http.guesses import Guesses
from api.http.turns import Turns
from db.account_log import Caller, Refusals
from db.sealing import Sealer
from db.sessions import Terms, Tokens
from rules.access import ANONYMOUS, Role, Viewer
from rules.refusals import Said
from rules.totp import CodePolicy

ISSUER = "tunping"
AUDIENCE = "tunping-api"
ALGORITHM = "HS256"
CLOCK_SKEW = timedelta(seconds=30)
"""Tolerated between servers that share a secret and set their clocks by NTP."""
SECRET_BYTES = 32
"""The size of the digest that signs (RFC 7518, section 3.2)."""
SIGN_INS_AT_ONCE = 2
"""Concurrent password hashes. Each takes 19 MiB and a core (OWASP's argon2id parameters). On two cores, more at once
would only make each of them, and everything else, slower."""
SIGN_INS_WAITING, SIGN_INS_WAITING_OF_ONE = 32, 16
"""Sign-ins that wait, and those of one address or device: a second of hashing, and half of one. A compromise: an office
may sign in at once, and nobody waits until the deadline."""
NETWORK_BYTES = 16
"""The length of an address's digest in the log of accounts."""
TOKENS_KEPT = 10_000
"""Verified tokens in the cache, a kilobyte each: one for each phone of a large town."""
CLAIMS = ("iss", "aud", "sub", "role", "sid", "iat", "exp")


_NOT_VALID = Said("登录已失效，请重新登录。")


class TokenError(HttpError):
    """The request has an access token that is expired or invalid."""

    def __init__(self, code: str = "TOKEN_INVALID", said: Said = _NOT_VALID) -> None:
        super().__init__(401, code, said, {"WWW-Authenticate": "Bearer"})


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The viewer of a request, and when the access token expires. A resident without an account has no token."""

    viewer: Viewer
    expires_at: datetime | None = None
    session_id: UUID | None = None


def _left(who: Authenticated, now: datetime) -> float | None:
    """The seconds until the access token ends."""
    return None if who.expires_at is None else max(0.0, (who.expires_at - now).total_seconds())


class Lease:
    """The time for which an access token holds."""

    def __init__(self, timeout: asyncio.Timeout, endings: Endings) -> None:
        self._timeout, self._endings = timeout, endings

    def renew(self, who: Authenticated, now: datetime) -> None:
        """Goes on until another token of the same viewer ends. What has ended is not renewed."""
        if self._timeout.expired():
            return
        left = _left(who, now)
        self._timeout.reschedule(None if left is None else asyncio.get_running_loop().time() + left)
        self._endings.watch(self._timeout, who.session_id, who.viewer.account_id)


class Authenticator:
    """Issues and verifies access tokens, and holds the state that sign-ins share."""

    def __init__(
        self,
        secret: bytes,
        access_token_seconds: int,
        codes: CodePolicy = CodePolicy(),  # noqa: B008  frozen
        sealer: Sealer | None = None,
        *,
        texts: bool = False,
    ) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"the secret needs at least {SECRET_BYTES} bytes")
        self.access_token_seconds = access_token_seconds
        self.terms = Terms(hmac.digest(secret, b"refresh token", "sha256"), codes, sealer, texts)
        self.endings = Endings(access_token_seconds)
        self.guesses = Guesses()
        self.turns = Turns(SIGN_INS_AT_ONCE, SIGN_INS_WAITING, SIGN_INS_WAITING_OF_ONE)
        self.refusals = Refusals()
        self._secret = secret
        self._network_key = hmac.digest(secret, b"network", "sha256")
        # A phone sends the same token for minutes. The signature is checked once, the times at every request.
        self._verified = lru_cache(maxsize=TOKENS_KEPT)(self._verify)

    def access_token(self, tokens: Tokens, now: datetime) -> str:
        """A new token. It is valid for some minutes and is verified without the database."""
        issued = int(now.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(tokens.account_id),
            "role": tokens.role.value,
            "sid": str(tokens.session_id),
            "iat": issued,
            "exp": issued + self.access_token_seconds,
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def viewer_from_header(self, header: str | None, now: datetime) -> Authenticated:
        """The viewer of an ``Authorization`` header; without one, a resident without an account."""
        if header is None:
            return Authenticated(ANONYMOUS)
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenError
        try:
            authenticated, issued_at, expires_at = self._verified(token.strip())
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as error:
            raise TokenError from error
        if issued_at > now + CLOCK_SKEW:
            raise TokenError
        if now >= expires_at:
            raise TokenError("TOKEN_EXPIRED", Said("登录已过期，请续期。"))
        if self._ended(authenticated):
            raise TokenError
        return authenticated

    def holds(self, who: Authenticated, now: datetime) -> bool:
        """True until the access token of a viewer ends. Without a token it is always true."""
        return (who.expires_at is None or now < who.expires_at) and not self._ended(who)

    @asynccontextmanager
    async def while_it_holds(
        self, who: Authenticated, now: datetime, most: float | None = None
    ) -> AsyncIterator[Lease]:
        """Raises TimeoutError in the block when the access token of a viewer ends, or after ``most`` seconds.

        The block may renew the lease with another token of the same viewer.
        """
        seconds = min((each for each in (_left(who, now), most) if each is not None), default=None)
        async with asyncio.timeout(seconds) as timeout:
            with self.endings.expiring(timeout, who.session_id, who.viewer.account_id):
                yield Lease(timeout, self.endings)

    def _ended(self, who: Authenticated) -> bool:
        return self.endings.ended(who.session_id, who.viewer.account_id)

    def caller(self, address: str) -> Caller:
        """The client at an address, as the log of accounts keeps it."""
        digest = hmac.digest(self._network_key, address.encode(), "sha256")
        return Caller(digest[:NETWORK_BYTES], self.refusals)

    def _verify(self, token: str) -> tuple[Authenticated, datetime, datetime]:
        """The viewer, the issue time and the expiry of a token with a valid signature."""
        claims = jwt.decode(
            token,
            self._secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        issued_at, expires_at = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
        viewer = Viewer(UUID(claims["sub"]), Role(claims["role"]))
        return Authenticated(viewer, expires_at, UUID(claims["sid"])), issued_at, expires_at


def authenticated(request: Request) -> Authenticated:
    """The viewer of a request by its ``Authorization`` header."""
    state = request.app.state
    found: Authenticated = state.authenticator.viewer_from_header(request.headers.get("authorization"), state.now())
    return found


def signed_in(request: Request) -> Viewer:
    """The viewer of a request, who must have an account."""
    viewer = authenticated(request).viewer
    if viewer.account_id is None:
        raise HttpError(401, "UNAUTHENTICATED", Said("请先登录。"), {"WWW-Authenticate": "Bearer"})
    return viewer
