"""Sheets of QR codes for printing: a card for every door of a building."""

from collections.abc import Sequence
from html import escape

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.auth import signed_in
from api.http.errors import HttpError
from db.acts.codes import Card, sheet_of
from rules.access import Act, require
from rules.codes import code_url
from schema.ids import parse_id

NO_ADDRESS = "请设置 TUNPING_PUBLIC_URL / set TUNPING_PUBLIC_URL: the address that the codes lead to"
PURPOSE = "有困难、要反映问题、想咨询办事，请用手机扫一扫，社区网格员会与您联系。不用注册，不用登录。"
KEEP = "此码只代表这一户，请勿转给他人。"
CARDS_ON_A_PAGE = 8
_LONG = 16
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = """
@page { size: A4; margin: 12mm 10mm }
* { box-sizing: border-box; margin: 0 }
body { font-family: "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", SimHei, sans-serif;
  color: #000; background: #fff; width: 190mm; margin: 0 auto }
section { display: flex; flex-wrap: wrap; align-content: flex-start; break-after: page }
section:last-child { break-after: auto }
article { width: 95mm; height: 66mm; padding: 4mm; border: 0.2mm dashed #888; display: flex; align-items: center;
  gap: 3mm; break-inside: avoid; overflow: hidden }
article > svg { width: 44mm; height: 44mm; flex: none }
div { min-width: 0; overflow-wrap: anywhere }
h2 { font-size: 12pt; font-weight: normal }
h1 { font-size: 20pt; line-height: 1.2; margin: 1mm 0 2mm }
p { font-size: 9.5pt; line-height: 1.45 }
small { display: block; font-size: 7.5pt; margin-top: 1.5mm }
.long { align-self: flex-start; padding-top: 2mm }
.long h2 { font-size: 9pt }
.long h1 { font-size: 13pt }
.long p { font-size: 8pt }
"""


def sheet_html(cards: Sequence[Card], public_url: str) -> str:
    """A page that needs nothing from anywhere, for any browser to print on A4."""
    drawn = [_card(card, public_url) for card in cards]
    starts = range(0, len(drawn), CARDS_ON_A_PAGE)
    pages = "".join(f"<section>{''.join(drawn[start : start + CARDS_ON_A_PAGE])}</section>" for start in starts)
    title = f"{cards[0].estate} {cards[0].building}" if cards else ""
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{escape(title)} 住户二维码</title><style>{_STYLE}</style></head><body>{pages}</body></html>\n"
    )


def _card(card: Card, public_url: str) -> str:
    drawn = segno.make(code_url(public_url, card.code), error="q", micro=False)
    picture = drawn.svg_inline(border=4, omitsize=True, light="#fff")
    size = ' class="long"' if max(len(card.address), len(card.estate)) > _LONG else ""
    return (
        f"<article>{picture}<div{size}><h2>{escape(card.estate)}</h2><h1>{escape(card.address)}</h1>"
        f"<p>{PURPOSE}</p><small>{KEEP}编号尾号 {escape(card.code[-4:])}</small></div></article>"
    )


async def sheet(request: Request) -> Response:
    """GET /codes/sheet?building=…: only for the workers of that building."""
    state, viewer = request.app.state, signed_in(request)
    require(viewer, Act.KEEP_QR_CODES)
    if state.public_url is None:
        raise HttpError(503, "NOT_CONFIGURED", NO_ADDRESS)
    building = parse_id("building", request.query_params.get("building", ""), "building")
    cards = await state.database.transact(lambda tx: sheet_of(tx, building), viewer, now=state.now())
    return Response(sheet_html(cards, state.public_url), 200, _HEADERS, "text/html; charset=utf-8")


routes = [Route("/codes/sheet", sheet, methods=["GET"])]
