"""Sheets of QR codes for printing: a card for each household of a building, or for all premises of a grid."""

from collections.abc import Sequence

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.access_tokens import signed_in
from api.http.errors import HttpError
from db.acts.codes import Card, sheet_of, sheet_of_premises
from rules.access import Act, require
from rules.codes import code_url
from rules.refusals import Said
from schema.ids import parse_id

NO_ADDRESS = Said("请设置 TUNPING_PUBLIC_URL，即二维码指向的地址。")
CARDS_ON_A_PAGE = 6
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
_TEMPLATES = Environment(
    loader=PackageLoader("api.office"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def sheet_html(cards: Sequence[Card], public_url: str) -> str:
    """A self-contained page for A4, which any browser prints."""
    drawn = [(card, _picture(card, public_url), code_url(public_url, card.code).partition("://")[2]) for card in cards]
    pages = [drawn[first : first + CARDS_ON_A_PAGE] for first in range(0, len(drawn), CARDS_ON_A_PAGE)]
    title = f"{cards[0].estate} {cards[0].group}" if cards else ""
    return _TEMPLATES.get_template("code_sheet.html").render(title=title, pages=pages)


def _picture(card: Card, public_url: str) -> Markup:
    code = segno.make(code_url(public_url, card.code), error="q", micro=False)
    return Markup(code.svg_inline(border=4, omitsize=True, light="#fff"))  # noqa: S704  segno wrote it


async def sheet(request: Request) -> Response:
    """GET /codes/sheet?building=… or ?grid=… for its premises, for workers whose post covers it."""
    state, viewer = request.app.state, signed_in(request)
    require(viewer, Act.KEEP_QR_CODES)
    if state.public_url is None:
        raise HttpError(503, "NOT_CONFIGURED", NO_ADDRESS)
    kind, print_ = ("grid", sheet_of_premises) if "grid" in request.query_params else ("building", sheet_of)
    place = parse_id(kind, request.query_params.get(kind, ""), kind)
    cards = await state.database.transact(lambda tx: print_(tx, place), viewer, now=state.now())
    return Response(sheet_html(cards, state.public_url), 200, _HEADERS, "text/html; charset=utf-8")


routes = [Route("/codes/sheet", sheet, methods=["GET"])]
