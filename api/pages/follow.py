"""The page behind a receipt code: where an appeal stands, and what its reporter may do with it now."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.floods import Limit
from api.pages.ask import MISSES, leads_to
from api.pages.forms import Form, Sent, read_form
from api.pages.frame import check_flood, counted, page, transact
from api.pages.reading import ask
from api.pages.words import RATING_WORDS, Told, WishTold, problem_words
from db.acts.appeal_moves import (
    Addition,
    Confirmation,
    Step,
    add_to_appeal,
    confirm_appeal,
    reopen_appeal,
    withdraw_appeal,
)
from db.appeals import Appeal
from db.transaction import Transaction
from rules.ids import uuid7
from rules.photos import MOST_A_CASE
from rules.refusals import Code, Refusal, invalid
from rules.text import BODY_LIMIT, receipt_code

RECEIPT = """query($code: String!) { receipt(code: $code) {
    appealId body categoryLabel status issuingBody organisation address answer rating turnTo
    reopenUntil pausedUntil lapsesAt timeZone allowedActions
    deadlines { clock due state }
    steps { kind label occurredAt said }
    photos { url thumbnailUrl }
} }"""
WISH_RECEIPT = """query($code: String!) { wishReceipt(code: $code) {
    body status publishedText proposedAt claimant declineReason timeZone
    steps { kind note occurredAt }
} }"""
MOVED = Limit("moved by receipt", 30, timedelta(minutes=10))


@counted
async def enter(request: Request) -> Response:
    """GET /r: the receipt code by hand, however it is written."""
    written = request.query_params.get("receipt", "")
    if not written.strip():
        return page(request, "enter.html", written="", problem="")
    return leads_to(f"/r/{quote(written.strip(), safe='')}")


@counted
async def follow(request: Request) -> Response:
    """GET /r/{receipt}: the whole story so far, of an appeal or of a wish."""
    found = await _receipt(request)
    if found is not None:
        return _told(request, found, Sent())
    wish = await _receipt(request, WISH_RECEIPT, "wishReceipt")
    if wish is None:
        return _unknown(request)
    return page(request, "wish.html", told=WishTold(wish, request.app.state.now()))


@counted
async def move(request: Request) -> Response:
    """POST /r/{receipt}: one of the moves that are the reporter's, by the same act as the API."""
    found = await _receipt(request)
    if found is None:
        return _unknown(request)
    code = found["code"]
    sent = await read_form(request, code)
    do = MOVES.get(sent.fields.get("do", ""))
    try:
        step = _step(found, sent)
        check_flood(request, MOVED, who=code, act=str(step.act))
        if do is None:
            raise invalid("请按页面上的按钮", "not a move", "do")
        await transact(request, lambda tx: do(tx, step, sent))
    except Refusal as refusal:
        return await _again(request, sent, refusal)
    return leads_to(f"/r/{code}")


async def _receipt(request: Request, query: str = RECEIPT, name: str = "receipt") -> dict[str, Any] | None:
    try:
        code = receipt_code(request.path_params["receipt"])
    except Refusal:
        return None
    found: dict[str, Any] | None = (await ask(request, query, code=code))[name]
    return None if found is None else found | {"code": code}


def _unknown(request: Request) -> Response:
    """No such receipt; what was written is kept, to be mended."""
    check_flood(request, MISSES)
    written = request.path_params["receipt"]
    return page(request, "enter.html", 404, written=written, problem="没有查到这个号码，请对照您记下的再看一看。")


def _told(request: Request, found: Mapping[str, Any], sent: Sent, status: int = 200, **tried: Any) -> Response:
    told = Told(found, request.app.state.now())
    facts: dict[str, Any] = {"problem": "", "field": "", "ratings": RATING_WORDS, "most": BODY_LIMIT}
    room = max(0, MOST_A_CASE - len(found["photos"]) - len(sent.photos))
    facts |= {"form": sent.fields, "photos": sent.photos, "room": room}
    return page(request, "receipt.html", status, told=told, new_id=uuid7, **facts | tried)


def _step(found: Mapping[str, Any], sent: Sent) -> Step:
    appeal, form = UUID(found["appealId"].partition("_")[2]), sent.fields
    if sent.trouble:
        raise invalid(sent.trouble, "photos that cannot be kept", "photos")
    try:
        act = UUID(form.get("act", ""))
    except ValueError:
        raise Refusal(Code.MALFORMED_ID, "act", value="") from None
    return Step(appeal, act, form.get("note"), found["code"])


async def _again(request: Request, sent: Sent, refusal: Refusal) -> Response:
    """The page as it stands now, with what was written and why it did not work."""
    found = await _receipt(request)
    if found is None:
        return _unknown(request)
    form, field = sent.fields, str(refusal.path[0]) if refusal.path else ""
    late = refusal.code in {Code.WRONG_STATE, Code.CONFLICT}
    if field == "act":
        form.pop("act", None)
    if field == "photos" and refusal.code is Code.NOT_FOUND:
        sent.photos.clear()
    tried = {"problem": problem_words(refusal, form), "field": "note" if field == "reason" else field}
    return _told(request, found, sent, 409 if late else 422, **tried)


def _rating(form: Form) -> int | None:
    said = form.get("rating", "")
    if not said:
        return None
    return int(said) if said in RATING_WORDS else 0


async def _add(tx: Transaction, step: Step, sent: Sent) -> Appeal:
    return await add_to_appeal(tx, Addition(**asdict(step), photos=sent.photos))


async def _solved(tx: Transaction, step: Step, sent: Sent) -> Appeal:
    silent = asdict(replace(step, note=None))
    return await confirm_appeal(tx, Confirmation(**silent, satisfied=True, rating=_rating(sent.fields)))


async def _unsolved(tx: Transaction, step: Step, _: Sent) -> Appeal:
    return await confirm_appeal(tx, Confirmation(**asdict(step), satisfied=False))


async def _reopen(tx: Transaction, step: Step, _: Sent) -> Appeal:
    return await reopen_appeal(tx, step)


async def _withdraw(tx: Transaction, step: Step, _: Sent) -> Appeal:
    return await withdraw_appeal(tx, replace(step, note=None))


MOVES: dict[str, Callable[[Transaction, Step, Sent], Awaitable[Appeal]]] = {
    "add": _add,
    "solved": _solved,
    "unsolved": _unsolved,
    "reopen": _reopen,
    "withdraw": _withdraw,
}
routes = [
    Route("/r", enter, methods=["GET"]),
    Route("/r/{receipt}", follow, methods=["GET"]),
    Route("/r/{receipt}", move, methods=["POST"]),
]
