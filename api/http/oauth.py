"""The forms and errors of OAuth 2 (RFC 6749)."""

import base64
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.http.errors import FAULTS, HttpError
from api.http.requests import read_body
from rules.refusals import Code
from schema.languages import ENGLISH

BODY_LIMIT = 8 * 1024
"""Bytes of a form. Names, passwords and tokens are much shorter."""
MAX_FIELDS = 20
"""Fields of a form. OAuth 2 defines five, and clients may send others."""
NOT_STORED = {"Cache-Control": "no-store"}

Form = Mapping[str, str]


class OAuthError(HttpError):
    """A refusal in the format of RFC 6749, section 5.2, which allows ASCII only."""


def as_oauth(_: Request, error: HttpError) -> Response:
    """An error in OAuth's format. The names of faults are in RFC 6749, section 4.1.2.1."""
    code, description = error.code, error.in_words(ENGLISH)
    if error.code in FAULTS:
        code = "temporarily_unavailable" if error.status == 503 else "server_error"  # noqa: PLR2004
        description = FAULTS[error.code].in_language(ENGLISH)
    elif error.code == Code.TOO_MANY:
        code = "temporarily_unavailable"
        description = f"Too many requests: try again in {error.headers['Retry-After']} seconds."
    elif not isinstance(error, OAuthError):
        code = "invalid_request"
    content = {"error": code, "error_description": description}
    return JSONResponse(content, error.status, {**NOT_STORED, **error.headers})


def invalid_request(description: str) -> OAuthError:
    return OAuthError(400, "invalid_request", description)


def invalid_grant(description: str, headers: Mapping[str, str] | None = None) -> OAuthError:
    return OAuthError(400, "invalid_grant", description, headers)


def invalid_client() -> OAuthError:
    challenge = {"WWW-Authenticate": 'Basic realm="tunping"'}
    return OAuthError(401, "invalid_client", "The client or its secret is wrong.", challenge)


async def read_form(request: Request) -> Form:
    """The fields by name. RFC 6749 forbids repeated fields, and PostgreSQL's text has no NUL."""
    body = await read_body(request, BODY_LIMIT, "application/x-www-form-urlencoded")
    try:
        fields = parse_qsl(body.decode(), errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise invalid_request("The body is not a well-formed UTF-8 form.") from error
    form = dict(fields)
    if len(form) < len(fields):
        raise invalid_request("A field is given twice.")
    if any("\0" in value for value in form.values()):
        raise invalid_request("A field has a NUL character.")
    return form


def field(form: Form, name: str) -> str:
    if name not in form:
        raise invalid_request(f"The field {name} is missing.")
    return form[name]


def credentials_of(request: Request, form: Form) -> tuple[str, str]:
    """The client's id and secret, by HTTP Basic authentication or by form fields."""
    header = request.headers.get("authorization")
    if header is None:
        return field(form, "client_id"), field(form, "client_secret")
    scheme, _, encoded = header.partition(" ")
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as malformed:
        raise invalid_client() from malformed
    if scheme.lower() != "basic" or not colon:
        raise invalid_client()
    return unquote_plus(name), unquote_plus(secret)
