"""Signing in over HTTP, in the shapes of OAuth 2 (RFC 6749, RFC 7009), and the access tokens it gives."""

import asyncio
import base64
import hmac
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

import jwt
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from db.acts.clients import admit_client
from db.sessions import Denied, Strangers, Tokens, refresh, revoke, sign_in
from rules.access import ANONYMOUS, Role, Viewer
from rules.refusals import Refusal
from rules.text import LINE_LIMIT
from schema.ids import parse_id

ISSUER = "tunping"
AUDIENCE = "tunping-api"
ALGORITHM = "HS256"
CLOCK_SKEW = timedelta(seconds=30)
SECRET_BYTES = 32
BODY_LIMIT = 8 * 1024
MAX_FIELDS = 20
ACCESS_TOKEN_DOTS = 2
SIGN_INS_AT_ONCE = 4
TOKENS_KEPT = 10_000

NOT_STORED = {"Cache-Control": "no-store"}
CLAIMS = ("iss", "aud", "sub", "role", "sid", "iat", "exp")

Form = Mapping[str, str]
Endpoint = Callable[[Request], Awaitable[Response]]


class TokenProblem(StrEnum):
    """Why an access token is refused."""

    TOKEN_EXPIRED = "TOKEN_EXPIRED"
    TOKEN_INVALID = "TOKEN_INVALID"


MESSAGES: dict[TokenProblem, str] = {
    TokenProblem.TOKEN_EXPIRED: "The access token has expired.",
    TokenProblem.TOKEN_INVALID: "The access token is not valid.",
}


class TokenError(Exception):
    """An access token was sent and does not hold."""

    def __init__(self, code: TokenProblem = TokenProblem.TOKEN_INVALID) -> None:
        super().__init__(MESSAGES[code])
        self.code = code
        self.message = MESSAGES[code]


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The viewer that a request speaks for, and until when; a resident without an account has no end."""

    viewer: Viewer
    expires_at: datetime | None = None
    session_id: UUID | None = None


class Authenticator:
    """Makes and reads access tokens, and holds what signing in shares between requests."""

    def __init__(self, secret: bytes, access_token_seconds: int) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"the secret needs at least {SECRET_BYTES} bytes")
        self.access_token_seconds = access_token_seconds
        self.refresh_key = hmac.digest(secret, b"refresh token", "sha256")
        self.strangers = Strangers()
        # A sign-in holds 19 MiB and a database connection while it hashes: a storm must leave some to others.
        self.sign_ins = asyncio.Semaphore(SIGN_INS_AT_ONCE)
        self._secret = secret
        # A phone sends the same token for minutes; its signature is checked once, its times at every request.
        self._claims = lru_cache(maxsize=TOKENS_KEPT)(self._decode)

    def access_token(self, tokens: Tokens, now: datetime) -> str:
        """A token that says who is signed in, good for some minutes without asking the database."""
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
        """Whom an ``Authorization`` header speaks for; without one, a resident without an account."""
        if header is None:
            return Authenticated(ANONYMOUS)
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenError
        return self.viewer_from_token(token.strip(), now)

    def viewer_from_token(self, token: str, now: datetime) -> Authenticated:
        """Whom an access token speaks for. A clock may run 30 s ahead of ours; the end is the end."""
        try:
            authenticated, issued_at, expires_at = _read_claims(self._claims(token))
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as wrong:
            raise TokenError from wrong
        if issued_at > now + CLOCK_SKEW:
            raise TokenError
        if now >= expires_at:
            raise TokenError(TokenProblem.TOKEN_EXPIRED)
        return authenticated

    def _decode(self, token: str) -> dict[str, Any]:
        """The signed claims. Times are compared with our own clock, not with PyJWT's."""
        return jwt.decode(
            token,
            self._secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={
                "require": list(CLAIMS),
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )


def _read_claims(claims: Mapping[str, Any]) -> tuple[Authenticated, datetime, datetime]:
    issued_at, expires_at = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
    viewer = Viewer(UUID(claims["sub"]), Role(claims["role"]))
    return Authenticated(viewer, expires_at, UUID(claims["sid"])), issued_at, expires_at


class _OAuthError(Exception):
    """A refusal in the shape of RFC 6749, section 5.2; descriptions are ASCII by that standard."""

    def __init__(self, error: str, description: str, status: int = 400, retry_after: timedelta | None = None) -> None:
        super().__init__(error)
        self._body = {"error": error, "error_description": description}
        self._status = status
        self._retry_after = retry_after

    def response(self) -> Response:
        """The refusal as an answer, with the seconds to wait where there is a wait."""
        headers = dict(NOT_STORED)
        if self._status == 401:  # noqa: PLR2004  unauthorized
            headers["WWW-Authenticate"] = 'Basic realm="tunping"'
        if self._retry_after is not None:
            headers["Retry-After"] = str(math.ceil(self._retry_after.total_seconds()))
        return JSONResponse(self._body, self._status, headers)


def _with_refusals(endpoint: Endpoint) -> Endpoint:
    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _OAuthError as refused:
            return refused.response()

    return answer


def _invalid_request(description: str, status: int = 400) -> _OAuthError:
    return _OAuthError("invalid_request", description, status)


async def _form(request: Request) -> Form:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise _invalid_request("The body must be application/x-www-form-urlencoded.", 415)
    return _parse(await _body(request))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise _invalid_request(f"The body has more than {BODY_LIMIT} bytes.", 413)
    return bytes(body)


def _parse(body: bytes) -> Form:
    """Fields by name. A field twice is an error by RFC 6749; PostgreSQL's text has no NUL."""
    try:
        fields = parse_qsl(body.decode(), errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as malformed:
        raise _invalid_request("The body is not a well-formed UTF-8 form.") from malformed
    form = dict(fields)
    if len(form) < len(fields):
        raise _invalid_request("A field is given twice.")
    if any("\0" in value for value in form.values()):
        raise _invalid_request("A field has a NUL character.")
    return form


def _field(form: Form, name: str) -> str:
    if name not in form:
        raise _invalid_request(f"The field {name} is missing.")
    return form[name]


def _needs(request: Request) -> tuple[async_sessionmaker[AsyncSession], Authenticator, datetime]:
    state = request.app.state
    return state.sessions, state.authenticator, state.now()


async def _by_password(request: Request, form: Form) -> Tokens:
    username, password = _field(form, "username"), _field(form, "password")
    device = form.get("device", "unknown")[:LINE_LIMIT]
    sessions, authenticator, now = _needs(request)
    key, strangers = authenticator.refresh_key, authenticator.strangers
    async with authenticator.sign_ins, sessions.begin() as session:
        outcome = await sign_in(session, username, password, device, now, key=key, strangers=strangers)
    if isinstance(outcome, Denied):
        raise _not_signed_in(outcome, now)
    return outcome


def _not_signed_in(denied: Denied, now: datetime) -> _OAuthError:
    if denied.until is None:
        return _OAuthError("invalid_grant", "The user name or the password is wrong.")
    description = "Too many failed attempts under this user name: wait, then try again."
    return _OAuthError("invalid_grant", description, retry_after=denied.until - now)


async def _by_refresh_token(request: Request, form: Form) -> Tokens:
    token = _field(form, "refresh_token")
    sessions, authenticator, now = _needs(request)
    async with sessions.begin() as session:
        outcome = await refresh(session, token, now, key=authenticator.refresh_key)
    if isinstance(outcome, Denied):
        raise _OAuthError("invalid_grant", "The refresh token does not hold any more: sign in again.")
    return outcome


async def _by_client(request: Request, form: Form) -> Tokens:
    """An outside system, by its own credentials (RFC 6749, section 4.4)."""
    name, secret = _client_of(request, form)
    sessions, _, _ = _needs(request)
    try:
        uuid = parse_id("client", name)
    except Refusal as malformed:
        raise _invalid_client() from malformed
    async with sessions.begin() as session:
        tokens = await admit_client(session, uuid, secret)
    if tokens is None:
        raise _invalid_client()
    return tokens


def _client_of(request: Request, form: Form) -> tuple[str, str]:
    header = request.headers.get("authorization")
    if header is None:
        return _field(form, "client_id"), _field(form, "client_secret")
    scheme, _, encoded = header.partition(" ")
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as malformed:
        raise _invalid_client() from malformed
    if scheme.lower() != "basic" or not colon:
        raise _invalid_client()
    return unquote_plus(name), unquote_plus(secret)


def _invalid_client() -> _OAuthError:
    return _OAuthError("invalid_client", "The client or its secret is wrong.", 401)


GRANTS: dict[str, Callable[[Request, Form], Awaitable[Tokens]]] = {
    "password": _by_password,
    "refresh_token": _by_refresh_token,
    "client_credentials": _by_client,
}


@_with_refusals
async def token(request: Request) -> Response:
    """Signs in with a password or a client's credentials, or keeps signed in with a refresh token."""
    form = await _form(request)
    grant = GRANTS.get(_field(form, "grant_type"))
    if grant is None:
        raise _OAuthError("unsupported_grant_type", f"The grant types are {' and '.join(GRANTS)}.")
    tokens = await grant(request, form)
    _, authenticator, now = _needs(request)
    answer = {
        "access_token": authenticator.access_token(tokens, now),
        "token_type": "Bearer",
        "expires_in": authenticator.access_token_seconds,
    }
    if tokens.refresh_token is not None:
        answer["refresh_token"] = tokens.refresh_token
    return JSONResponse(answer, headers=NOT_STORED)


@_with_refusals
async def sign_out(request: Request) -> Response:
    """Ends a device's session. An unknown token is no error: what the client wants is so already."""
    shown = _field(await _form(request), "token")
    if shown.count(".") == ACCESS_TOKEN_DOTS:
        raise _OAuthError("unsupported_token_type", "Send the refresh token.")
    sessions, authenticator, now = _needs(request)
    async with sessions.begin() as session:
        await revoke(session, shown, now, key=authenticator.refresh_key)
    return Response(headers=NOT_STORED)


routes: list[Route] = [
    Route("/auth/token", token, methods=["POST"]),
    Route("/auth/revoke", sign_out, methods=["POST"]),
]
