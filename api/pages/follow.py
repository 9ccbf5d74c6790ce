"""The page behind a receipt code: the status and history of an appeal or wish, and the reporter's moves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.admission import CodeGuesses
from api.http.asking import ask, context_of
from api.pages import sign_up
from api.pages.ask import redirect
from api.pages.forms import Form, Submission, read_form
from api.pages.frame import PageError, page, transact
from api.pages.words import RATING_WORDS, appeal_view, problem_words, wish_view
from db.acts import appeal_moves as acts
from db.appeals import Appeal
from db.transaction import Transaction
from rules.ids import uuid7
from rules.photos import MOST_A_CASE
from rules.refusals import Code, Refusal, invalid
from rules.text import BODY_LIMIT, is_seen, receipt_code

RECEIPT = """query($code: String!) { receipt(code: $code) {
    appealId body categoryLabel status urgency issuingBody organisation address answer rating turnTo
    reopenEndsAt pauseEndsAt lapsesAt timeZone communityPhone allowedActions
    deadlines { kind dueAt state }
    steps { kind label occurredAt said }
    photos { url thumbnailUrl }
} }"""
WISH_RECEIPT = """query($code: String!) { wishReceipt(code: $code) {
    body status publishedText proposedAt claimant declineReason timeZone communityPhone
    steps { kind note occurredAt }
} }"""


async def enter(request: Request) -> Response:
    """GET /r: a form for the receipt code."""
    written = request.query_params.get("receipt", "")
    if not is_seen(written):
        return page(request, "enter.html", written="", problem="")
    return redirect(f"/r/{quote(written.strip(), safe='')}")


async def follow(request: Request) -> Response:
    """GET /r/{receipt}: the status and history of an appeal or a wish, or a sign-up."""
    async with CodeGuesses(request).looking_up() as misses:
        receipt = await _receipt(request)
        wish = None if receipt is not None else await _receipt(request, WISH_RECEIPT, "wishReceipt")
        joined = None if receipt is not None or wish is not None else await sign_up.joined(request)
        misses.unknown = int(receipt is None and wish is None and joined is None)
    if joined is not None:
        return sign_up.receipt_page(request, joined)
    if receipt is not None:
        return _receipt_page(request, receipt, Submission())
    if wish is None:
        return _unknown(request)
    return page(request, "wish.html", phone=wish["communityPhone"], view=wish_view(wish, request.app.state.now()))


async def move(request: Request) -> Response:
    """POST /r/{receipt}: one of the reporter's moves, or giving up a sign-up."""
    async with CodeGuesses(request).looking_up() as misses:
        receipt = await _receipt(request)
        joined = None if receipt is not None else await sign_up.joined(request)
        misses.unknown = int(receipt is None and joined is None)
    if joined is not None:
        return await sign_up.give_up(request, joined)
    if receipt is None:
        await read_form(request, "")
        raise PageError(404, "没有查到这个号码", "请对照您记下的再看一看。")
    code = receipt["code"]
    submission = await read_form(request, code)
    do = MOVES.get(submission.fields.get("do", ""))
    try:
        step = _step(receipt, submission)
        if do is None:
            raise invalid("请按页面上的按钮", "do")
        await transact(request, lambda tx: do(tx, step, submission), receipt_code=code)
    except Refusal as refusal:
        return await _page_with_problem(request, submission, refusal)
    return redirect(f"/r/{code}")


async def _receipt(request: Request, query: str = RECEIPT, name: str = "receipt") -> dict[str, Any] | None:
    try:
        code = receipt_code(request.path_params["receipt"])
    except Refusal:
        return None
    found: dict[str, Any] | None = (await ask(context_of(request), query, code=code))[name]
    if found is not None:
        request.state.phone = found["communityPhone"]
    return None if found is None else found | {"code": code}


def _unknown(request: Request) -> Response:
    """The form for the receipt code with the unknown code, to be corrected."""
    written = request.path_params["receipt"]
    return page(request, "enter.html", 404, written=written, problem="没有查到这个号码，请对照您记下的再看一看。")


def _receipt_page(
    request: Request, receipt: Mapping[str, Any], submission: Submission, status: int = 200, **problem: Any
) -> Response:
    values: dict[str, Any] = {
        "phone": receipt["communityPhone"],
        "view": appeal_view(receipt, request.app.state.now()),
        "new_id": uuid7,
        "form": submission.fields,
        "photos": submission.photos,
        "room": max(0, MOST_A_CASE - len(receipt["photos"]) - len(submission.photos)),
        "ratings": RATING_WORDS,
        "most": BODY_LIMIT,
        "problem": "",
        "field": "",
    }
    return page(request, "receipt.html", status, **values | problem)


def _step(receipt: Mapping[str, Any], submission: Submission) -> acts.Step:
    appeal, form = UUID(receipt["appealId"].partition("_")[2]), submission.fields
    if submission.photo_problem:
        raise invalid(submission.photo_problem, "photos")
    try:
        act = UUID(form.get("act", ""))
    except ValueError:
        raise Refusal(Code.MALFORMED_ID, "act", value="") from None
    return acts.Step(appeal, act, form.get("note"), receipt["code"])


async def _page_with_problem(request: Request, submission: Submission, refusal: Refusal) -> Response:
    """The current page with the submitted form and its problem."""
    receipt = await _receipt(request)
    if receipt is None:
        return _unknown(request)
    form, field = submission.fields, str(refusal.path[0]) if refusal.path else ""
    late = refusal.code in {Code.WRONG_STATE, Code.CONFLICT}
    if field == "act":
        form.pop("act", None)
    if field == "photos" and refusal.code is Code.NOT_FOUND:
        submission.photos.clear()
    problem = {"problem": problem_words(refusal, form), "field": "note" if field == "reason" else field}
    return _receipt_page(request, receipt, submission, 409 if late else 422, **problem)


def _rating(form: Form) -> int | None:
    """The rating; 0, which the act refuses, for anything that the form does not offer."""
    said = form.get("rating", "")
    if not said:
        return None
    return int(said) if said in RATING_WORDS else 0


async def _add(tx: Transaction, step: acts.Step, submission: Submission) -> Appeal:
    return await acts.add_to_appeal(tx, acts.Addition(**asdict(step), photos=submission.photos))


async def _confirm(tx: Transaction, step: acts.Step, submission: Submission) -> Appeal:
    given, rating = asdict(replace(step, note=None)), _rating(submission.fields)
    return await acts.confirm_appeal(tx, acts.Confirmation(**given, satisfied=True, rating=rating))


MOVES: dict[str, Callable[[Transaction, acts.Step, Submission], Awaitable[Appeal]]] = {
    "add": _add,
    "solved": _confirm,
    "unsolved": lambda tx, step, _: acts.confirm_appeal(tx, acts.Confirmation(**asdict(step), satisfied=False)),
    "reopen": lambda tx, step, _: acts.reopen_appeal(tx, step),
    "withdraw": lambda tx, step, _: acts.withdraw_appeal(tx, replace(step, note=None)),
}
routes = [
    Route("/r", enter, methods=["GET"]),
    Route("/r/{receipt}", follow, methods=["GET"]),
    Route("/r/{receipt}", move, methods=["POST"]),
]
