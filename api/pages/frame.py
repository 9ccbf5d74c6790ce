"""Shared parts of all pages: templates, headers, error pages and transactions."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any, TypeVar
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from api.http.admission import ActLimits, TooMany
from api.http.errors import HttpError
from db.transaction import Transaction
from rules.access import ANONYMOUS
from rules.refusals import Code, Refusal

Result = TypeVar("Result")

STYLE = (files("api.pages") / "templates" / "style.css").read_text("utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
"""The code in the URL grants access, so no other site, index or cache may learn it."""
_TEMPLATES = Environment(
    loader=PackageLoader("api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["style"] = Markup(STYLE)  # noqa: S704  it is our own


class PageError(HttpError):
    """An error page instead of the requested page."""

    def __init__(self, status: int, title: str, *lines: str) -> None:
        super().__init__(status, "", title)
        self.lines = lines


TITLES = {
    "TIMEOUT": "现在人多，系统忙不过来",
    "UNAVAILABLE": "数据库没有及时应答",
    "OUTCOME_UNKNOWN": "数据库没有及时应答",
    "INTERNAL": "系统出了点问题",
    "BUSY": "现在人多，系统忙不过来",
    Code.TOO_MANY: "请稍等一会儿",
}
TYPED = {"body": "您写的", "note": "您写的", "phone": "您的电话", "unit": "几单元"}
"""The labels of what people type in forms, by field."""
_NOT_SAVED = "您写的没有存上。"
_PERHAPS_SAVED = "不知道您写的有没有存上。"
_SEND_AGAIN = "请稍后按下面的按钮再提交一次，多按几次也只算一次。"
_RELOAD = "请稍后刷新这个页面，再提交一次，多交几次也只算一次。"


def page(request: Request, name: str, status: int = 200, *, phone: str | None = None, **values: Any) -> Response:
    """A page with the telephone of its community, as far as it is known, or else the one of the settings."""
    shown = phone or getattr(request.state, "phone", None) or request.app.state.help_phone
    text = _TEMPLATES.get_template(name).render(help_phone=shown, **values)
    return Response(text, status, HEADERS, "text/html; charset=utf-8")


def as_page(request: Request, error: HttpError) -> Response:
    """An error as a page. It shows again what was typed in a form, to be submitted under the same id."""
    title, lines = TITLES.get(error.code, error.message), ["请稍后再试。"]
    form = getattr(request.state, "submission", None)
    form = form if form is not None and (form.fields or form.photos) else None
    if isinstance(error, PageError):
        lines = [*error.lines]
    elif request.method == "POST":
        rolled_back = error.code in {"TIMEOUT", "UNAVAILABLE", "BUSY"}
        lines = [_NOT_SAVED if rolled_back else _PERHAPS_SAVED, _SEND_AGAIN if form else _RELOAD]
    if isinstance(error, TooMany):
        lines = [error.chinese]
    action = quote(request.scope["path"])
    values: dict[str, Any] = {
        "title": title,
        "lines": lines,
        "form": form,
        "typed": TYPED,
        "action": action,
        "number": error.request_id,
    }
    response = page(request, "sorry.html", error.status, **values)
    response.headers.update(error.headers)
    return response


async def transact(request: Request, work: Callable[[Transaction], Awaitable[Result]], **limited: str) -> Result:
    """Runs work in one transaction for a viewer without an account. Raises TooMany if a limit of acts is reached.

    ``limited`` is the attribute of an act's input that has the code, and that code.
    """
    state, flood = request.app.state, ActLimits(request)
    for by, code in limited.items():
        await flood.before(by, code)
    try:
        done: Result = await state.database.transact(work, ANONYMOUS, now=state.now(), sealer=state.sealer, flood=flood)
    except Refusal as refusal:
        if refusal.code is Code.TOO_MANY:
            raise TooMany(request, flood.seconds) from None
        raise
    await flood.settle()
    return done
