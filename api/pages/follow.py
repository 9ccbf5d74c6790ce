"""The page behind a receipt code: where an appeal stands, and what its reporter may do with it now."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.floods import Limit
from api.ids import uuid7
from api.pages.ask import MISSES, leads_to
from api.pages.forms import Form, read_form
from api.pages.frame import acting, check_flood, guarded, page
from api.pages.reading import ask
from api.pages.words import RATING_WORDS, Told, problem_words
from db.acts.acting import Acting
from db.acts.appeal_moves import Step, add_to_appeal, confirm_appeal, reopen_appeal, withdraw_appeal
from db.appeals import Appeal
from rules.refusals import Code, Refusal, invalid
from rules.text import BODY_LIMIT, receipt_code

RECEIPT = """query($code: String!) { receipt(code: $code) {
    appealId body categoryLabel status issuingBody organisation address answer rating turnTo
    reopenUntil pausedUntil lapsesAt timeZone allowedActions
    deadlines { clock due state }
    steps { kind label occurredAt said }
} }"""
MOVED = Limit("moved by receipt", 30, timedelta(minutes=10))


@guarded
async def enter(request: Request) -> Response:
    """GET /r: the receipt code by hand, however it is written."""
    written = request.query_params.get("receipt", "")
    if not written.strip():
        return page(request, "enter.html", written="", problem="")
    return leads_to(f"/r/{quote(written.strip(), safe='')}")


@guarded
async def follow(request: Request) -> Response:
    """GET /r/{receipt}: the whole story so far."""
    found = await _receipt(request)
    return _told(request, found) if found else _unknown(request)


@guarded
async def move(request: Request) -> Response:
    """POST /r/{receipt}: one of the moves that are the reporter's, by the same act as the API."""
    form = await read_form(request)
    found = await _receipt(request)
    if found is None:
        return _unknown(request)
    code = found["code"]
    do = MOVES.get(form.get("do", ""))
    try:
        step = _step(found, form)
        check_flood(request, MOVED, who=code, act=str(step.act))
        if do is None:
            raise invalid("请按页面上的按钮", "not a move", "do")
        async with acting(request) as act:
            await do(act, step, form)
    except Refusal as refusal:
        return await _again(request, form, refusal)
    return leads_to(f"/r/{code}")


async def _receipt(request: Request) -> dict[str, Any] | None:
    try:
        code = receipt_code(request.path_params["receipt"])
    except Refusal:
        return None
    found: dict[str, Any] | None = (await ask(request, RECEIPT, code=code))["receipt"]
    return None if found is None else found | {"code": code}


def _unknown(request: Request) -> Response:
    """No such receipt; what was written is kept, to be mended."""
    check_flood(request, MISSES)
    written = request.path_params["receipt"]
    return page(request, "enter.html", 404, written=written, problem="没有查到这个号码，请对照您记下的再看一看。")


def _told(request: Request, found: Mapping[str, Any], status: int = 200, **tried: Any) -> Response:
    now = request.app.state.now()
    facts: dict[str, Any] = {"form": {}, "problem": "", "field": "", "ratings": RATING_WORDS, "most": BODY_LIMIT}
    return page(request, "receipt.html", status, told=Told(found, now), new_id=uuid7, **facts | tried)


def _step(found: Mapping[str, Any], form: Form) -> Step:
    appeal = UUID(found["appealId"].partition("_")[2])
    try:
        act = UUID(form.get("act", ""))
    except ValueError:
        raise Refusal(Code.MALFORMED_ID, "act", value="") from None
    return Step(appeal, act, form.get("note"), found["code"])


async def _again(request: Request, form: Form, refusal: Refusal) -> Response:
    """The page as it stands now, with what was written and why it did not work."""
    found = await _receipt(request)
    if found is None:
        return _unknown(request)
    field = str(refusal.path[0]) if refusal.path else ""
    late = refusal.code in {Code.WRONG_STATE, Code.CONFLICT}
    kept = {name: value for name, value in form.items() if name != "act"} if field == "act" else form
    tried = {"form": kept, "problem": problem_words(refusal, form), "field": "note" if field == "reason" else field}
    return _told(request, found, 409 if late else 422, **tried)


def _rating(form: Form) -> int | None:
    said = form.get("rating", "")
    if not said:
        return None
    return int(said) if said in RATING_WORDS else 0


async def _add(act: Acting, step: Step, _: Form) -> Appeal:
    return await add_to_appeal(act, step)


async def _solved(act: Acting, step: Step, form: Form) -> Appeal:
    return await confirm_appeal(act, replace(step, note=None), satisfied=True, rating=_rating(form))


async def _unsolved(act: Acting, step: Step, _: Form) -> Appeal:
    return await confirm_appeal(act, step, satisfied=False, rating=None)


async def _reopen(act: Acting, step: Step, _: Form) -> Appeal:
    return await reopen_appeal(act, step)


async def _withdraw(act: Acting, step: Step, _: Form) -> Appeal:
    return await withdraw_appeal(act, replace(step, note=None))


MOVES: dict[str, Callable[[Acting, Step, Form], Awaitable[Appeal]]] = {
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
