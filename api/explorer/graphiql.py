"""GraphiQL, with a form to sign in; where the demo is served, with its accounts."""

from collections.abc import Sequence
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from api.http.media import HTML
from api.http.preferences import preferences

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""GraphiQL sets styles of its own, and runs no script but the three files."""
_TEMPLATES = Environment(loader=PackageLoader("api.explorer"), autoescape=True, undefined=StrictUndefined)


class DemoAccounts(NamedTuple):
    """The accounts of the demo: user name, role and place of each, and their password, which is public."""

    accounts: Sequence[tuple[str, str, str]]
    password: str


def wants_page(request: Request) -> bool:
    """True for a browser that opens `/graphql`. Where documents must be trusted, there is nothing to explore."""
    if request.method != "GET" or "query" in request.query_params or "extensions" in request.query_params:
        return False
    wanted = preferences(request.headers.get("accept", ""))
    return bool(wanted) and wanted[0].value == HTML and not request.app.state.documents.trusted_only


def page(request: Request) -> Response:
    demo: DemoAccounts | None = request.app.state.demo
    text = _TEMPLATES.get_template("graphiql.html").render(demo=demo)
    return Response(text, 200, HEADERS, "text/html; charset=utf-8")
