"""The documents in `docs/` as HTML. Links to files of the repository become plain text."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

FIRST = "api.md"
HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_FOLDER = Path(__file__).parents[2] / "docs"
_TEMPLATES = Environment(loader=PackageLoader("api.explorer"), autoescape=True, undefined=StrictUndefined)


@cache
def _titles() -> dict[str, str]:
    """The titles of the documents by their file names, those of the API first."""
    files = sorted(_FOLDER.glob("*.md"), key=lambda each: (not each.stem.startswith("api"), each.stem))
    return {each.name: each.read_text("utf-8").partition("\n")[0].lstrip("# ") for each in files}


async def first(_: Request) -> Response:
    """GET /docs: the document to begin with."""
    return RedirectResponse(f"/docs/{FIRST}")


async def document(request: Request) -> Response:
    """GET /docs/{name}.md."""
    name = request.path_params["name"]
    if name not in _titles():
        return Response(status_code=404)
    return Response(_page(name), 200, HEADERS, "text/html; charset=utf-8")


@cache
def _page(name: str) -> str:
    content = Markup(html_of((_FOLDER / name).read_text("utf-8"), frozenset(_titles())))  # noqa: S704  our own text
    return _TEMPLATES.get_template("manual.html").render(name=name, titles=_titles(), content=content)


def html_of(text: str, known: frozenset[str]) -> str:
    """Markdown as HTML. Headings have the anchors that GitHub gives them; links lead to known documents only."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(text)
    for heading, content in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", _anchor(content.content))
        for link in _links(heading.children or ()):
            _keep_known(link, known)
    html: str = reader.renderer.render(tokens, reader.options, {})
    return html


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _links(tokens: list[Token] | tuple[Token, ...]) -> list[tuple[Token, Token]]:
    """The beginnings and the ends of links, which are never nested."""
    begins, ends = ([each for each in tokens if each.type == f"link_{part}"] for part in ("open", "close"))
    return list(zip(begins, ends, strict=True))


def _keep_known(link: tuple[Token, Token], known: frozenset[str]) -> None:
    target = str(link[0].attrGet("href"))
    if target.startswith(("https://", "#")) or target.partition("#")[0] in known:
        return
    link[0].attrs.clear()
    link[0].tag = link[1].tag = "span"


routes = [
    Route("/docs", first, methods=["GET"]),
    Route("/docs/{name}", document, methods=["GET"]),
]
