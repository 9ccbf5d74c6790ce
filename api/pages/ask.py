"""The form behind a printed QR code: it opens an appeal or proposes a wish, and leads to a receipt."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.admission import CodeGuesses
from api.pages.forms import Form, Submission, read_form
from api.pages.frame import HEADERS, PageError, page, transact
from api.pages.receipts import receipt_to, sends_receipts
from api.pages.words import KIND_CHOICES, PHOTO_WORDS, WISH, problem_words
from db.acts.appeals import NewAppeal, open_appeal
from db.acts.places import offered_in
from db.acts.receipts import Texted, text_receipt
from db.acts.wishes import NewWish, propose_wish
from db.appeals import Appeal
from db.scans import Choice, Scan, choices_of, scan_of
from db.transaction import Transaction
from db.wishes import Wish
from rules.address_match import Spot
from rules.appeals import AppealKind, AppealUrgency
from rules.codes import typed_code
from rules.ids import uuid7
from rules.photos import MOST_A_CASE
from rules.refusals import Code, Refusal, invalid
from rules.text import BODY_LIMIT, LINE_LIMIT, one_form

_PLACE_FIELDS = frozenset({"building", "unit", "place"})
_SHOWN = frozenset({"body", "reporterPhone", "building", "unit", "photos"})
"""Fields beside which the form shows their problem."""
_WIDE = frozenset({"estate", "community"})
"""The prefix of choices that are not buildings. The id follows it."""
_LONGEST_NUMBER = 3
_FEWEST_DIGITS = 5
"""The shortest telephone numbers are service numbers such as 12345."""
_KINDS = frozenset(KIND_CHOICES) - {WISH}


async def form_of_code(request: Request) -> Response:
    """GET /q/{code}: the empty form."""
    return page(request, "ask.html", **_values(request, await scanned(request), Submission()))


async def submit(request: Request) -> Response:
    """POST /q/{code}: opens the appeal or proposes the wish, and redirects to its receipt."""
    try:
        scan = await scanned(request)
    except PageError:
        await read_form(request, "")
        raise
    submission = await read_form(request, _code(request))
    try:
        new = _new_case(request, submission)
        texted = await receipt_to(request, scan, submission.fields.get("phone"))
        case = await transact(request, lambda tx: _open(tx, new, texted), code=new.code or "")
    except Refusal as refusal:
        return await _form_with_problem(request, submission, refusal)
    return redirect(f"/r/{case.receipt_code}")


async def _open(tx: Transaction, new: NewAppeal | NewWish, texted: Texted | None) -> Appeal | Wish:
    case = await (open_appeal(tx, new) if isinstance(new, NewAppeal) else propose_wish(tx, new))
    if texted is not None:
        await text_receipt(tx, case, texted)
    return case


async def scanned(request: Request) -> Scan:
    """The live code of the address. Raises PageError."""
    if (scan := await find_scan(request, request.path_params["code"])) is None:
        raise _no_such_code()
    return scan


async def find_scan(request: Request, written: str) -> Scan | None:
    """The live code of a text. All pages that follow have the telephone of its community, also those of errors."""
    scan: Scan | None = None
    async with CodeGuesses(request).looking_up() as misses:
        with suppress(Refusal):
            code = typed_code(written)
            scan = await transact(request, lambda tx: scan_of(tx, code))
        misses.unknown = int(scan is None)
    if scan is not None:
        request.state.phone = scan.phone
    return scan


def redirect(path: str) -> Response:
    """The page to show next. Reloading it does not submit the form again."""
    return Response(status_code=303, headers=HEADERS | {"Location": path})


def _no_such_code() -> PageError:
    """The page for unknown and for revoked codes, which look the same."""
    hint = "可能已经换了新的。请看看门口或楼道里有没有新的二维码，或者到社区来说。"
    return PageError(404, "这个二维码不能用了", hint)


def _code(request: Request) -> str:
    return typed_code(request.path_params["code"])


def _new_case(request: Request, submission: Submission) -> NewAppeal | NewWish:
    """The appeal or wish of a form. The form contains its id, so submitting it twice opens one case."""
    form, problem = submission.fields, submission.photo_problem
    kind = form.get("kind")
    if kind == WISH and submission.photos:
        problem = problem or PHOTO_WORDS["FOR_WISH"]
    if problem:
        raise invalid(problem, "photos")
    given: dict[str, Any] = {"id": typed_id(form.get("id", ""), "id"), "code": _code(request)}
    given |= {"body": form.get("body", ""), **_place(form)}
    if kind == WISH:
        return NewWish(wisher_phone=typed_phone(form), **given)
    appeal_kind = AppealKind(kind) if kind in _KINDS else AppealKind.PROBLEM
    urgency = AppealUrgency.URGENT if form.get("urgent") else None
    given |= {"kind": appeal_kind, "urgency": urgency, "photos": submission.photos}
    return NewAppeal(reporter_phone=typed_phone(form), **given)


def typed_phone(form: Form, field: str = "reporterPhone") -> str:
    """An optional telephone number, perhaps with a name."""
    said = form.get("phone", "").strip()
    digits = sum(letter.isdecimal() for letter in said)
    if said and (digits < _FEWEST_DIGITS or len(said) > LINE_LIMIT):
        raise invalid("电话好像不对，请再看一看；不写也可以", field)
    return said


def _place(form: Form) -> dict[str, Any]:
    """One of the offered places, or else one of the list: a building and a unit, an estate, or the community."""
    building, _, unit = form.get("place", "").partition("/")
    if building:
        return {"building": typed_id(building, "building"), "unit": _unit(unit)}
    kind, _, uuid = form.get("building", "").rpartition("_")
    if not uuid:
        return {}
    if kind in _WIDE:
        return {kind: typed_id(uuid, "building")}
    return {"building": typed_id(uuid, "building"), "unit": _unit(form.get("unit", ""))}


def typed_id(text: str, field: str) -> UUID:
    """The id of a hidden field or of an address. Raises MALFORMED_ID."""
    try:
        return UUID(text)
    except ValueError:
        raise Refusal(Code.MALFORMED_ID, field, value=text[:LINE_LIMIT]) from None


def _unit(text: str) -> int | None:
    """A number such as 「2」 or 「２单元」; ``None`` for an empty text."""
    said = one_form(text).strip().removesuffix("单元").strip()
    if not said:
        return None
    if not (said.isdecimal() and len(said) <= _LONGEST_NUMBER):
        raise invalid("单元请写数字", "unit")
    return int(said)


async def _form_with_problem(request: Request, submission: Submission, refusal: Refusal) -> Response:
    """The form with its content and the problem; nothing was opened."""
    form, field = submission.fields, str(refusal.path[0]) if refusal.path else "id"
    if field == "photos" and (refusal.code is Code.NOT_FOUND or form.get("kind") == WISH):
        submission.photos.clear()
    unclear = refusal.code is Code.PLACE_UNCLEAR
    asks_place = unclear or field in _PLACE_FIELDS or not _PLACE_FIELDS.isdisjoint(form)
    scan = await scanned(request)
    values = _values(request, scan, submission, new_id=field == "id")
    if asks_place and scan.at_counter:
        values |= await _places(request, scan, form)
    values["problems"] = {"building" if unclear else field: problem_words(refusal, form)}
    return page(request, "ask.html", 409 if refusal.code is Code.CONFLICT else 422, **values)


async def _places(request: Request, scan: Scan, form: Form) -> dict[str, Any]:
    """All places to choose from, and those that the text may mean."""
    text = form.get("body", "")[:BODY_LIMIT]

    async def read(tx: Transaction) -> tuple[list[Choice], tuple[Spot, ...]]:
        await tx.show(scan.code)
        return await choices_of(tx, scan.community_id), await offered_in(tx, scan.community_id, text)

    choices, spots = await transact(request, read)
    labels = {choice.id: choice.label for choice in choices}
    offered = {
        f"{spot.building}/{spot.unit or ''}": labels[spot.building] + (f"{spot.unit}单元" if spot.unit else "")
        for spot in spots
    }
    return {"choices": choices, "offered": offered}


def _values(request: Request, scan: Scan, submission: Submission, *, new_id: bool = False) -> dict[str, Any]:
    form = submission.fields
    kept_id = "" if new_id else form.get("id", "")
    return {
        "scan": scan,
        "texts": sends_receipts(request),
        "form": form,
        "id": kept_id or str(uuid7()),
        "kinds": KIND_CHOICES,
        "chosen": form.get("kind") if form.get("kind") in KIND_CHOICES else AppealKind.PROBLEM.value,
        "problems": {},
        "shown": _SHOWN,
        "choices": [],
        "offered": {},
        "most": BODY_LIMIT,
        "photos": submission.photos,
        "most_photos": MOST_A_CASE,
    }


routes = [
    Route("/q/{code}", form_of_code, methods=["GET"]),
    Route("/q/{code}", submit, methods=["POST"]),
]
