"""Shared parts of all pages: templates, headers, error pages, rate limits and transactions."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import wraps
from importlib.resources import files
from typing import Any, TypeVar
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from api.http.errors import HttpError
from api.http.floods import Limit, address_of
from db.transaction import Transaction
from rules.access import ANONYMOUS

Endpoint = Callable[[Request], Awaitable[Response]]
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
REQUESTS = Limit("requests", 300, timedelta(minutes=1))
"""Requests by address. A compromise: a whole house or half a mobile network may share one."""
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

    def __init__(self, status: int, title: str, *lines: str, retry_after: int = 0) -> None:
        super().__init__(status, "", title, {"Retry-After": str(retry_after)} if retry_after else None)
        self.lines = lines


TITLES = {
    "TIMEOUT": "现在人多，系统忙不过来",
    "UNAVAILABLE": "数据库没有及时应答",
    "OUTCOME_UNKNOWN": "数据库没有及时应答",
    "INTERNAL": "系统出了点问题",
}
_NOT_SAVED = "您写的没有存上。"
_PERHAPS_SAVED = "不知道您写的有没有存上。"
_SEND_AGAIN = "请稍后按下面的按钮再提交一次，多按几次也只算一次。"
_RELOAD = "请稍后刷新这个页面，再提交一次，多交几次也只算一次。"


def page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    text = _TEMPLATES.get_template(name).render(help_phone=request.app.state.help_phone, **values)
    return Response(text, status, HEADERS, "text/html; charset=utf-8")


def rate_limited(endpoint: Endpoint) -> Endpoint:
    """Limits the requests of an endpoint by address."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        check_flood(request, REQUESTS)
        return await endpoint(request)

    return answer


def as_page(request: Request, error: HttpError) -> Response:
    """An error as a page. After an unexpected one, it offers the submitted form again, under the same id."""
    title, lines, form = TITLES.get(error.code, error.message), ["请稍后再试。"], None
    if isinstance(error, PageError):
        lines = [*error.lines]
    elif request.method == "POST":
        form = getattr(request.state, "submission", None)
        rolled_back = error.code in {"TIMEOUT", "UNAVAILABLE"}
        lines = [_NOT_SAVED if rolled_back else _PERHAPS_SAVED, _SEND_AGAIN if form else _RELOAD]
    action = quote(request.scope["path"])
    values = {"title": title, "lines": lines, "form": form, "action": action, "number": error.request_id}
    response = page(request, "sorry.html", error.status, **values)
    response.headers.update(error.headers)
    return response


def check_flood(request: Request, limit: Limit, who: str | None = None, act: str = "") -> None:
    """Counts an event, by address unless ``who`` is given. Raises PageError if the limit is reached."""
    state = request.app.state
    address = address_of(request, behind_proxy=state.behind_proxy)
    seconds = state.floods.wait(limit, address if who is None else who, state.now(), act)
    if seconds:
        minutes = -(-seconds // 60)
        raise PageError(429, "请稍等一会儿", f"提交过于频繁，请 {minutes} 分钟后再试。", retry_after=seconds)


async def transact(request: Request, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Runs work in one transaction for a viewer without an account. The caller has checked the rate limits."""
    state = request.app.state
    done: Result = await state.database.transact(work, ANONYMOUS, now=state.now(), sealer=state.sealer)
    return done
