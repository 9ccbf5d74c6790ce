"""Endpoints for choosing a first password with the code of an invitation, and for changing one's own."""

from functools import partial
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.auth import Asked, code_needed, guarded, log_event, log_refusal, wrong_password
from api.http.oauth import NOT_STORED, Form, OAuthError, field, invalid_grant, invalid_request, read_form
from db.account_log import Denied
from db.sessions import CodeNeeded, change_password, choose_password
from rules.accounts import AccountEventKind
from rules.refusals import Refusal
from rules.tokens import check_password
from schema.languages import message_of


async def invitation(request: Request) -> Response:
    """POST /auth/invitation: sets the password of an invited account, by the code of the invitation."""
    return await choose(request, await read_form(request))


async def choose(request: Request, form: Form) -> Response:
    """Sets the first password by ``username``, ``code`` and ``password``. Raises OAuthError."""
    form = {**form, "otp": field(form, "code"), "new_password": field(form, "password")}
    refusal = invalid_grant("The user name or the code is wrong, or the invitation has expired.")
    return await _set(
        request, form, partial(choose_password, new=_new(form)), refusal, AccountEventKind.PASSWORD_CHOSEN
    )


async def password(request: Request) -> Response:
    """POST /auth/password: changes a password. The session of ``earlier_refresh_token`` goes on, the others end."""
    form = await read_form(request)
    ask = partial(change_password, new=_new(form))
    return await _set(request, form, ask, wrong_password(), AccountEventKind.PASSWORD_CHANGED)


async def _set(request: Request, form: Form, ask: Asked[UUID], refusal: OAuthError, kind: AccountEventKind) -> Response:
    outcome = await guarded(request, form, ask)
    if isinstance(outcome, Denied):
        log_refusal(outcome)
        raise refusal
    if isinstance(outcome, CodeNeeded):
        raise code_needed(outcome)
    log_event(kind, outcome, None)
    return Response(headers=NOT_STORED)


def _new(form: Form) -> str:
    """The new password. Raises OAuthError for one that is too short or too long."""
    new = field(form, "new_password")
    try:
        check_password(new)
    except Refusal as refusal:
        raise invalid_request(message_of(refusal, "en")) from refusal
    return new


routes: list[Route] = [
    Route("/auth/invitation", invitation, methods=["POST"]),
    Route("/auth/password", password, methods=["POST"]),
]
