"""The frame of every page: how it is made, its headers, and a friendly word where something is in the way."""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import wraps
from importlib.resources import files
from typing import Any, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from api.http.errors import Failure
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
"""A code in the address opens something, so no other site, index or cache learns it."""
REQUESTS = Limit("requests", 300, timedelta(minutes=1))
"""By address; behind one there may be a whole house, or half a mobile network."""
_TEMPLATES = Environment(
    loader=PackageLoader("api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["style"] = Markup(STYLE)  # noqa: S704  it is our own


class Instead(Exception):
    """Another page than the one that was asked for."""

    def __init__(self, status: int, title: str, *lines: str, retry_after: int = 0) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.lines = lines
        self.headers = {"Retry-After": str(retry_after)} if retry_after else {}


TITLES = {
    "TIMEOUT": "现在人多，系统忙不过来",
    "UNAVAILABLE": "系统正在维护",
    "OUTCOME_UNKNOWN": "系统正在维护",
    "INTERNAL": "系统出了点问题",
}
_NOT_KEPT = "您写的没有存上，请过一会儿再按一次提交。"
_PERHAPS_KEPT = "不知道您写的有没有存上，请过一会儿再按一次提交。"
_SENT_AGAIN = "多按几次也只算一次。"


def page(request: Request, name: str, status: int = 200, **facts: Any) -> Response:
    """A page."""
    text = _TEMPLATES.get_template(name).render(help_phone=request.app.state.help_phone, **facts)
    return Response(text, status, HEADERS, "text/html; charset=utf-8")


def counted(endpoint: Endpoint) -> Endpoint:
    """Counts requests by address, and stops what is too much."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        check_flood(request, REQUESTS)
        return await endpoint(request)

    return answer


async def answer_instead(request: Request, instead: Instead) -> Response:
    """The other page."""
    return _sorry(request, instead.status, instead.title, instead.lines, instead.headers)


def as_page(request: Request, failure: Failure) -> Response:
    """A readable page also when something goes wrong."""
    lines = ["请过一会儿再试一次。"]
    if request.method == "POST":
        certain = failure.code in {"TIMEOUT", "UNAVAILABLE"}
        lines = [_NOT_KEPT if certain else _PERHAPS_KEPT, _SENT_AGAIN]
    title = TITLES.get(failure.code, failure.message)
    return _sorry(request, failure.status, title, lines, failure.headers, failure.request_id or "")


def _sorry(
    request: Request, status: int, title: str, lines: Sequence[str], headers: Mapping[str, str], number: str = ""
) -> Response:
    response = page(request, "sorry.html", status, title=title, lines=lines, number=number)
    response.headers.update(headers)
    return response


def check_flood(request: Request, limit: Limit, who: str | None = None, act: str = "") -> None:
    """Counts one more, by address unless told otherwise, and stops what is too much."""
    state = request.app.state
    address = address_of(request, behind_proxy=state.behind_proxy)
    seconds = state.floods.wait(limit, address if who is None else who, state.now(), act)
    if seconds:
        minutes = -(-seconds // 60)
        raise Instead(429, "请稍等一会儿", f"刚才提交得太多了，请过 {minutes} 分钟再试。", retry_after=seconds)


async def transact(request: Request, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Does work in one transaction for somebody without an account; a refusal leaves nothing behind.

    The work is done again where it lost against another transaction. Pages check floods before it, by themselves.
    """
    state = request.app.state
    done: Result = await state.database.transact(work, ANONYMOUS, now=state.now(), sealer=state.sealer)
    return done
