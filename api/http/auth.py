"""OAuth 2 endpoints (RFC 6749, RFC 7009) and the access tokens that they issue."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import jwt
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.http.admission import client_of
from api.http.endings import Endings
from api.http.errors import HttpError
from api.http.guesses import Guesses, LockedOut, Source
from api.http.oauth import (
    NOT_STORED,
    Form,
    OAuthError,
    credentials_of,
    field,
    invalid_client,
    invalid_grant,
    read_form,
)
from api.http.turns import Busy, Turns
from db.account_log import Caller, Denied, Refusals, refuse
from db.database import Database, within_deadline
from db.sealing import Sealer
from db.sessions import (
    CodeNeeded,
    SignIn,
    Terms,
    Tokens,
    admit_client,
    enrol,
    known_device,
    refresh,
    revoke,
    sign_in,
)
from rules.access import ANONYMOUS, Role, Viewer
from rules.accounts import AccountEventKind
from rules.refusals import Refusal
from rules.text import LINE_LIMIT, check_name
from rules.totp import CodePolicy, Totp, otpauth_uri
from schema.ids import parse_id

log = structlog.get_logger()

ISSUER = "tunping"
AUDIENCE = "tunping-api"
ALGORITHM = "HS256"
CLOCK_SKEW = timedelta(seconds=30)
"""Tolerated between servers that share a secret and set their clocks by NTP."""
SECRET_BYTES = 32
"""The size of the digest that signs (RFC 7518, section 3.2)."""
ACCESS_TOKEN_DOTS = 2
"""A JWT has three parts; a refresh token has no dot."""
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

TOO_MANY_FAILED = "Too many failed attempts: wait, then try again."
CLAIMS = ("iss", "aud", "sub", "role", "sid", "iat", "exp")

Made_co = TypeVar("Made_co", covariant=True)


class Asked(Protocol[Made_co]):
    """A function that checks a password first: :func:`sign_in` or :func:`enrol`."""

    def __call__(
        self, database: Database, given: SignIn, now: datetime, *, terms: Terms, caller: Caller
    ) -> Awaitable[Made_co | Denied | CodeNeeded]: ...


class TokenError(HttpError):
    """The request has an access token that is expired or invalid."""

    def __init__(self, code: str = "TOKEN_INVALID", message: str = "The access token is not valid.") -> None:
        super().__init__(401, code, message, {"WWW-Authenticate": "Bearer"})


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
            raise TokenError("TOKEN_EXPIRED", "The access token has expired.")
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
        raise HttpError(401, "UNAUTHENTICATED", "Sign in first.", {"WWW-Authenticate": "Bearer"})
    return viewer


def _caller(request: Request) -> Caller:
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator.caller(client_of(request))


def _state(request: Request) -> tuple[Database, Authenticator, datetime]:
    state = request.app.state
    return state.system, state.authenticator, state.now()


async def _by_password(request: Request, form: Form) -> Tokens | Denied | CodeNeeded:
    return await guarded(request, form, sign_in)


def _device_name(text: str) -> str:
    """The name that a device gives itself. What no text may be does not keep anybody from signing in."""
    try:
        return check_name(text[:LINE_LIMIT], "device")
    except Refusal:
        return "unknown"


async def guarded(request: Request, form: Form, ask: Asked[Made_co]) -> Made_co | Denied | CodeNeeded:
    """Asks with a password, and perhaps a code, which are guesses as long as they are not right."""
    username, password = field(form, "username"), field(form, "password")
    database, authenticator, now = _state(request)
    caller, known = _caller(request), await _known(request, form, username)
    source = Source(f"device {known}", known=True) if known else Source(f"address {client_of(request)}")
    device = _device_name(form.get("device") or "")
    given = SignIn(username, password, device, form.get("otp") or None, known)
    try:
        with authenticator.guesses.guessing(source, username, now) as guess:
            async with within_deadline(), authenticator.turns.turn(source.key, ahead=source.known):
                outcome = await ask(database, given, now, terms=authenticator.terms, caller=caller)
            # A password without the code is neither right nor wrong: it must not give back guesses of codes.
            guess.right = None if isinstance(outcome, CodeNeeded) else not isinstance(outcome, Denied)
    except LockedOut as locked:
        authenticator.refusals.count()
        raise invalid_grant(TOO_MANY_FAILED, {"Retry-After": str(locked.seconds)}) from None
    except Busy:
        authenticator.refusals.count()
        raise OAuthError(503, "temporarily_unavailable", "Too many sign-ins at once.", {"Retry-After": "1"}) from None
    if not guess.locked or not isinstance(outcome, Denied):
        return outcome
    log_refusal(outcome)
    lock = partial(refuse, kind=AccountEventKind.LOCKED_OUT, account_id=outcome.account_id, caller=caller)
    return await database.transact(lock, now=now)


async def _known(request: Request, form: Form, username: str) -> UUID | None:
    """The session of the device that shows an earlier refresh token of the account."""
    earlier = form.get("earlier_refresh_token")
    if not earlier:
        return None
    database, authenticator, now = _state(request)
    find = partial(known_device, token=earlier, username=username, key=authenticator.terms.key)
    return await database.transact(find, now=now)


async def _by_refresh_token(request: Request, form: Form) -> Tokens | Denied:
    token = field(form, "refresh_token")
    database, authenticator, now = _state(request)
    rotate = partial(refresh, token=token, terms=authenticator.terms, caller=_caller(request))
    return await database.transact(rotate, now=now)


async def _by_client(request: Request, form: Form) -> Tokens | Denied:
    """Signs in an outside system by its own credentials (RFC 6749, section 4.4)."""
    name, secret = credentials_of(request, form)
    database, _, now = _state(request)
    try:
        uuid = parse_id("client", name)
    except Refusal as malformed:
        raise invalid_client() from malformed
    admit = partial(admit_client, uuid=uuid, secret=secret, caller=_caller(request))
    return await database.transact(admit, now=now)


_CODE_NEEDED = {
    CodeNeeded.CODE: "Send a code of the authenticator app, or a recovery code, as otp.",
    CodeNeeded.ENROLMENT: "The account needs an authenticator app: see POST /auth/totp.",
}


def code_needed(needed: CodeNeeded) -> OAuthError:
    """The refusal of a right password without what else is needed."""
    return OAuthError(400, needed.value, _CODE_NEEDED[needed])


def wrong_password() -> OAuthError:
    """The refusal of a wrong password, and of an unknown name."""
    return invalid_grant("The user name or the password is wrong.")


class Grant(NamedTuple):
    """How tokens are asked for, and the answer to those who get none."""

    ask: Callable[[Request, Form], Awaitable[Tokens | Denied | CodeNeeded]]
    refusal: Callable[[], OAuthError]


GRANTS = {
    "password": Grant(_by_password, wrong_password),
    "refresh_token": Grant(
        _by_refresh_token, partial(invalid_grant, "The refresh token does not hold any more: sign in again.")
    ),
    "client_credentials": Grant(_by_client, invalid_client),
}


async def token(request: Request) -> Response:
    """POST /auth/token: an access token for a password, a refresh token or a client's credentials."""
    form = await read_form(request)
    name = field(form, "grant_type")
    if name not in GRANTS:
        raise OAuthError(400, "unsupported_grant_type", f"The grant types are {' and '.join(GRANTS)}.")
    _, authenticator, now = _state(request)
    outcome = await GRANTS[name].ask(request, form)
    if isinstance(outcome, Denied):
        if outcome.kind is AccountEventKind.TOKEN_REUSED and outcome.session_id is not None:
            authenticator.endings.end_session(outcome.session_id, now)
        log_refusal(outcome)
        raise GRANTS[name].refusal()
    if isinstance(outcome, CodeNeeded):
        raise code_needed(outcome)
    if name != "refresh_token":
        log_event(AccountEventKind.SIGNED_IN, outcome.account_id, outcome.session_id)
    answer: dict[str, Any] = {
        "access_token": authenticator.access_token(outcome, now),
        "token_type": "Bearer",
        "expires_in": authenticator.access_token_seconds,
    }
    if outcome.refresh_token is not None:
        answer |= {"refresh_token": outcome.refresh_token, "device": f"device_{outcome.device_id}"}
    if outcome.recovery_codes:
        answer["recovery_codes"] = outcome.recovery_codes
    return JSONResponse(answer, headers=NOT_STORED)


async def totp(request: Request) -> Response:
    """POST /auth/totp: a secret for an authenticator app, shown once. A sign-in with a code of it confirms it."""
    form = await read_form(request)
    _, authenticator, _ = _state(request)
    if authenticator.terms.codes.totp is Totp.OFF or authenticator.terms.sealer is None:
        raise OAuthError(400, "otp_off", "This server does not ask for codes.")
    outcome = await guarded(request, form, enrol)
    if isinstance(outcome, Denied):
        log_refusal(outcome)
        raise wrong_password()
    if isinstance(outcome, CodeNeeded):
        raise code_needed(outcome)
    answer = {"secret": outcome, "otpauth_uri": otpauth_uri(outcome, form["username"])}
    return JSONResponse(answer, headers=NOT_STORED)


async def sign_out(request: Request) -> Response:
    """POST /auth/revoke: ends a device's session. An unknown token is no error (RFC 7009, section 2.2)."""
    shown = field(await read_form(request), "token")
    if shown.count(".") == ACCESS_TOKEN_DOTS:
        raise OAuthError(400, "unsupported_token_type", "Send the refresh token.")
    database, authenticator, now = _state(request)
    end = partial(revoke, token=shown, key=authenticator.terms.key, caller=_caller(request))
    session = await database.transact(end, now=now)
    if session is not None:
        authenticator.endings.end_session(session.id, now)
        log_event(AccountEventKind.SIGNED_OUT, session.account_id, session.id)
    return Response(headers=NOT_STORED)


def log_refusal(denied: Denied) -> None:
    """Logs a refusal that is recorded. Those that are only counted would fill the log."""
    if denied.times:
        log_event(denied.kind, denied.account_id, denied.session_id, times=denied.times)


def log_event(kind: AccountEventKind, account_id: UUID | None, session_id: UUID | None, **more: int) -> None:
    """Logs an event of an account, by ids alone."""
    ids = {"account": account_id, "session": session_id}
    log.info(kind.lower(), **{name: str(each) for name, each in ids.items() if each}, **more)


routes: list[Route] = [
    Route("/auth/token", token, methods=["POST"]),
    Route("/auth/totp", totp, methods=["POST"]),
    Route("/auth/revoke", sign_out, methods=["POST"]),
]
