"""The page on which an invited person chooses the password, with the code that a colleague has told them."""

import math
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http import passwords
from api.http.oauth import OAuthError
from api.pages.ask import redirect
from api.pages.forms import Form, read_secret_form
from api.pages.frame import page
from rules.refusals import Refusal, written
from rules.text import LINE_LIMIT
from rules.tokens import PASSWORD_LENGTHS, check_password

_FIELDS = {"username": "请写您的用户名。", "code": "请写邀请码。", "password": "请写一个密码。"}
"""The fields that must be filled in, in their order on the page."""
_WRONG = "用户名或者邀请码不对，或者邀请码已经过期、用过了。请再看一看；还不行，请告诉邀请您的人，请他再发一个。"
_BUSY = "现在登录的人多，还没有设好。请稍等几秒，再提交一次。"
_TOO_MANY = "试的次数太多了，请过 {minutes} 分钟再试。"
_MINUTE = 60
Problem = tuple[str, str]
"""The name of a field, or an empty text for the whole form, and what is wrong with it."""


async def form_of_invitation(request: Request) -> Response:
    """GET /invitation: the form. ``name`` in the address fills in the user name; a code is never in an address."""
    return _page(request, {"username": request.query_params.get("name", "")[:LINE_LIMIT]})


async def choose(request: Request) -> Response:
    """POST /invitation: sets the password. The limits of guesses are those of sign-ins."""
    form = await read_secret_form(request)
    form = {**form, "username": form.get("username", "").strip()}
    if problem := _problem(form):
        return _page(request, form, 422, problem)
    try:
        await passwords.choose(request, form)
    except OAuthError as error:
        wait, is_busy = error.headers.get("Retry-After"), error.status == 503  # noqa: PLR2004
        if wait is None:
            return _page(request, form, 422, ("code", _WRONG))
        said = _BUSY if is_busy else _TOO_MANY.format(minutes=math.ceil(int(wait) / _MINUTE))
        answer = _page(request, form, error.status if is_busy else 429, ("", said))
        answer.headers["Retry-After"] = wait
        return answer
    return redirect("/invitation/done")


async def done(request: Request) -> Response:
    """GET /invitation/done: the password is set."""
    return page(request, "invited.html")


def _problem(form: Form) -> Problem | None:
    """The first problem that needs no look at the account."""
    for name, missing in _FIELDS.items():
        if not form.get(name, "").strip():
            return name, missing
    if any("\0" in value for value in form.values()):
        return "code", _WRONG
    try:
        check_password(form["password"])
    except Refusal as refusal:
        return "password", f"{str(written(refusal.reason)).removesuffix('。')}。"
    if form.get("again") != form["password"]:
        return "again", "两次写的密码不一样，请再写一遍。"
    return None


def _page(request: Request, form: Mapping[str, str], status: int = 200, problem: Problem | None = None) -> Response:
    """The form with the user name and the code, but never with a password."""
    kept = {name: form.get(name, "")[:LINE_LIMIT] for name in ("username", "code")}
    shortest, longest = PASSWORD_LENGTHS.start, PASSWORD_LENGTHS.stop - 1
    field, said = problem or ("", "")
    values: dict[str, Any] = {"form": kept, "field": field, "problem": said, "shortest": shortest, "longest": longest}
    return page(request, "invitation.html", status, **values)


routes = [
    Route("/invitation", form_of_invitation, methods=["GET"]),
    Route("/invitation", choose, methods=["POST"]),
    Route("/invitation/done", done, methods=["GET"]),
]
