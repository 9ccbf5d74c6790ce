"""The form behind a printed QR code: somebody says what is wrong, and gets a receipt code."""

import unicodedata
from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.floods import OPENED_BY_ADDRESS, OPENED_BY_CODE, Limit
from api.pages.forms import Form, Sent, read_form
from api.pages.frame import HEADERS, Instead, check_flood, counted, page, transact
from api.pages.words import KIND_CHOICES, PHOTO_WORDS, WISH, problem_words
from db.acts.appeals import NewAppeal, open_appeal
from db.acts.places import offered_in
from db.acts.wishes import NewWish, propose_wish
from db.appeals import Appeal
from db.scans import Choice, Scan, buildings_of, scan_of
from db.transaction import Transaction
from db.wishes import Wish
from rules.address_match import Spot
from rules.appeals import AppealKind
from rules.codes import typed_code
from rules.ids import uuid7
from rules.photos import MOST_A_CASE
from rules.refusals import Code, Refusal, invalid
from rules.text import BODY_LIMIT, LINE_LIMIT

MISSES = Limit("misses", 30, timedelta(minutes=10))
"""Codes that do not work, by address: nobody finds one by trying."""
_PLACE_FIELDS = frozenset({"building", "unit", "place"})
_SHOWN = frozenset({"body", "reporterPhone", "building", "unit", "photos"})
"""Where a problem is told beside its field."""
_LONGEST_NUMBER = 3
_FEWEST_FIGURES = 5
"""Of a telephone number; 12345 is one."""
_KINDS = frozenset(KIND_CHOICES) - {WISH}


@counted
async def form_of_code(request: Request) -> Response:
    """GET /q/{code}: the empty form."""
    return page(request, "ask.html", **_facts(await _scan(request), Sent()))


@counted
async def submit(request: Request) -> Response:
    """POST /q/{code}: opens the appeal, or proposes the wish, by the same act as the API, and leads to its receipt."""
    await _scan(request)
    sent = await read_form(request, _code(request))
    try:
        new = _new(request, sent)
        check_flood(request, OPENED_BY_ADDRESS, act=str(new.id))
        check_flood(request, OPENED_BY_CODE, who=_code(request), act=str(new.id))
        made = await transact(request, lambda tx: _opened(tx, new))
    except Refusal as refusal:
        return await _again(request, sent, refusal)
    return leads_to(f"/r/{made.receipt_code}")


async def _opened(tx: Transaction, new: NewAppeal | NewWish) -> Appeal | Wish:
    return await (open_appeal(tx, new) if isinstance(new, NewAppeal) else propose_wish(tx, new))


async def _scan(request: Request) -> Scan:
    code = _code(request)
    scan = await transact(request, lambda tx: scan_of(tx, code))
    if scan is None:
        raise no_such_code(request)
    return scan


def leads_to(path: str) -> Response:
    """The page to read next; loading it again sends nothing again."""
    return Response(status_code=303, headers=HEADERS | {"Location": path})


def no_such_code(request: Request) -> Instead:
    """The page for a code that does not work. It does not tell a revoked code from one that was never issued."""
    check_flood(request, MISSES)
    return Instead(404, "这个二维码不能用了", "可能已经换了新的。请看看门口或楼道里有没有新的二维码，或者到社区来说。")


def _code(request: Request) -> str:
    try:
        return typed_code(request.path_params["code"])
    except Refusal:
        raise no_such_code(request) from None


def _new(request: Request, sent: Sent) -> NewAppeal | NewWish:
    """The case that the form describes. Its id was made with the form, so pressing twice opens one case."""
    form = sent.fields
    wish, kind = form.get("kind") == WISH, form.get("kind")
    if sent.trouble or (wish and sent.photos):
        raise invalid(sent.trouble or PHOTO_WORDS["FOR_WISH"], "photos that cannot be kept", "photos")
    uuid, code, phone = _uuid(form.get("id", ""), "id"), _code(request), _phone(form)
    building, unit = _chosen_place(form)
    where: dict[str, Any] = {"code": code, "building": building, "unit": unit}
    if wish:
        return NewWish(id=uuid, body=form.get("body", ""), wisher_phone=phone, **where)
    return NewAppeal(
        id=uuid,
        body=form.get("body", ""),
        kind=AppealKind(kind) if kind in _KINDS else AppealKind.PROBLEM,
        reporter_phone=phone,
        photos=sent.photos,
        **where,
    )


def _phone(form: Form) -> str:
    """A telephone number, and perhaps whose it is; nothing is fine too."""
    said = form.get("phone", "").strip()
    figures = sum(letter.isdecimal() for letter in said)
    if said and (figures < _FEWEST_FIGURES or len(said) > LINE_LIMIT):
        raise invalid("电话好像不对，请再看一看；不写也可以", "not a telephone number", "reporterPhone")
    return said


def _chosen_place(form: Form) -> tuple[UUID | None, int | None]:
    """One of the places that were offered, or else a building of the list."""
    building, _, unit = form.get("place", "").partition("/")
    if not building:
        building, unit = form.get("building", ""), form.get("unit", "")
    return (_uuid(building, "building"), _number(unit)) if building else (None, None)


def _uuid(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refusal(Code.MALFORMED_ID, field, value=text[:LINE_LIMIT]) from None


def _number(text: str) -> int | None:
    """「2」 or 「２单元」; nothing where nothing is said."""
    said = unicodedata.normalize("NFKC", text).strip().removesuffix("单元").strip()
    if not said:
        return None
    if not (said.isdecimal() and len(said) <= _LONGEST_NUMBER):
        raise invalid("单元请写数字", "a unit is a number", "unit")
    return int(said)


async def _again(request: Request, sent: Sent, refusal: Refusal) -> Response:
    """The form with what was written, and what is missing; nothing was opened."""
    form, field = sent.fields, str(refusal.path[0]) if refusal.path else "id"
    if field == "photos" and (refusal.code is Code.NOT_FOUND or form.get("kind") == WISH):
        sent.photos.clear()
    unclear = refusal.code is Code.PLACE_UNCLEAR
    where = unclear or field in _PLACE_FIELDS or not _PLACE_FIELDS.isdisjoint(form)
    scan = await _scan(request)
    places = await _places(request, scan, form) if where and scan.at_counter else {}
    problems = {"building" if unclear else field: problem_words(refusal, form)}
    status = 409 if refusal.code is Code.CONFLICT else 422
    facts = _facts(scan, sent, fresh=field == "id")
    return page(request, "ask.html", status, **facts | places | {"problems": problems})


async def _places(request: Request, scan: Scan, form: Form) -> dict[str, Any]:
    """Every building, and before them the places that the text may mean."""
    text = form.get("body", "")[:BODY_LIMIT]

    async def read(tx: Transaction) -> tuple[list[Choice], tuple[Spot, ...]]:
        return await buildings_of(tx, scan.community_id), await offered_in(tx, scan.community_id, text)

    choices, spots = await transact(request, read)
    labels = {choice.id: choice.label for choice in choices}
    offered = {
        f"{spot.building}/{spot.unit or ''}": labels[spot.building] + (f"{spot.unit}单元" if spot.unit else "")
        for spot in spots
    }
    return {"choices": choices, "offered": offered}


def _facts(scan: Scan, sent: Sent, *, fresh: bool = False) -> dict[str, Any]:
    form = sent.fields
    kept = "" if fresh else form.get("id", "")
    return {
        "scan": scan,
        "form": form,
        "id": kept or str(uuid7()),
        "kinds": KIND_CHOICES,
        "chosen": form.get("kind") if form.get("kind") in KIND_CHOICES else AppealKind.PROBLEM.value,
        "problems": {},
        "shown": _SHOWN,
        "choices": [],
        "offered": {},
        "most": BODY_LIMIT,
        "photos": sent.photos,
        "most_photos": MOST_A_CASE,
    }


routes = [
    Route("/q/{code}", form_of_code, methods=["GET"]),
    Route("/q/{code}", submit, methods=["POST"]),
]
