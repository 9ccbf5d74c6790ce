"""OAuth 2 endpoints (RFC 6749, RFC 7009)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.http.access_tokens import Authenticator
from api.http.admission import client_of
from api.http.guesses import LockedOut, Source
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
from api.http.turns import Busy
from db.account_log import Caller, Denied, refuse
from db.database import Database, within_deadline
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
from rules.accounts import AccountEventKind
from rules.refusals import Refusal
from rules.text import LINE_LIMIT, check_name
from rules.totp import Totp, otpauth_uri
from schema.ids import parse_id

log = structlog.get_logger()

ACCESS_TOKEN_DOTS = 2
"""A JWT has three parts; a refresh token has no dot."""

TOO_MANY_FAILED = "Too many failed attempts: wait, then try again."

Made_co = TypeVar("Made_co", covariant=True)


class Asked(Protocol[Made_co]):
    """A function that checks a password first: :func:`sign_in` or :func:`enrol`."""

    def __call__(
        self, database: Database, given: SignIn, now: datetime, *, terms: Terms, caller: Caller
    ) -> Awaitable[Made_co | Denied | CodeNeeded]: ...


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
