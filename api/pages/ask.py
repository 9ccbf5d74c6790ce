"""The form behind a printed QR code: somebody says what is wrong, and gets a receipt code."""

import unicodedata
from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.floods import Limit
from api.ids import uuid7
from api.pages.forms import Form, read_form
from api.pages.frame import HEADERS, Instead, acting, check_flood, guarded, page
from api.pages.words import KIND_CHOICES, problem_words
from db.acts.acting import Acting
from db.acts.appeals import NewAppeal, open_appeal
from db.acts.places import offered_in
from db.scans import Scan, buildings_of, scan_of
from rules.appeals import AppealKind
from rules.codes import typed_code
from rules.refusals import Code, Refusal, invalid
from rules.text import BODY_LIMIT, LINE_LIMIT

OPENED_BY_ADDRESS = Limit("opened by address", 60, timedelta(minutes=10))
OPENED_BY_CODE = Limit("opened by code", 60, timedelta(minutes=10))
"""When the heating fails, a whole house scans the code at its entrance."""
MISSES = Limit("misses", 30, timedelta(minutes=10))
"""Codes that do not work, by address: nobody finds one by trying."""
_PLACE_FIELDS = frozenset({"building", "unit", "place"})
_SHOWN = frozenset({"body", "reporterPhone", "building", "unit"})
"""Where a problem is told beside its field."""
_LONGEST_NUMBER = 3


@guarded
async def form_of_code(request: Request) -> Response:
    """GET /q/{code}: the empty form."""
    async with acting(request) as act:
        scan = await scan_of(act.session, _code(request))
    if scan is None:
        raise no_such_code(request)
    return page(request, "ask.html", **_facts(scan, {}))


@guarded
async def submit(request: Request) -> Response:
    """POST /q/{code}: opens the appeal by the same act as the API, and leads to its receipt."""
    form = await read_form(request)
    try:
        new = _new_appeal(request, form)
        check_flood(request, OPENED_BY_ADDRESS, act=str(new.id))
        check_flood(request, OPENED_BY_CODE, who=_code(request), act=str(new.id))
        async with acting(request) as act:
            appeal = await open_appeal(act, new)
    except Refusal as refusal:
        return await _again(request, form, refusal)
    return leads_to(f"/r/{appeal.receipt_code}")


def leads_to(path: str) -> Response:
    """The page to read next; loading it again sends nothing again."""
    return Response(status_code=303, headers=HEADERS | {"Location": path})


def no_such_code(request: Request) -> Instead:
    """A code that was revoked, or never was: which of the two is not told."""
    check_flood(request, MISSES)
    return Instead(404, "这个二维码不能用了", "可能已经换了新的。请看看门口或楼道里有没有新的二维码，或者到社区来说。")


def _code(request: Request) -> str:
    try:
        return typed_code(request.path_params["code"])
    except Refusal:
        raise no_such_code(request) from None


def _new_appeal(request: Request, form: Form) -> NewAppeal:
    """What the form says. Its id was made with the form, so whoever presses twice has pressed once."""
    kind = form.get("kind")
    building, unit = _chosen_place(form)
    return NewAppeal(
        id=_uuid(form.get("id", ""), "id"),
        body=form.get("body", ""),
        kind=AppealKind(kind) if kind in KIND_CHOICES else AppealKind.PROBLEM,
        code=_code(request),
        building=building,
        unit=unit,
        reporter_phone=form.get("phone"),
    )


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


async def _again(request: Request, form: Form, refusal: Refusal) -> Response:
    """The form with what was written, and what is missing; nothing was opened."""
    field = str(refusal.path[0]) if refusal.path else "id"
    unclear = refusal.code is Code.PLACE_UNCLEAR
    where = unclear or field in _PLACE_FIELDS or not _PLACE_FIELDS.isdisjoint(form)
    async with acting(request) as act:
        scan = await scan_of(act.session, _code(request))
        if scan is None:
            raise no_such_code(request)
        places = await _places(act, scan, form) if where and scan.at_counter else {}
    problems = {"building" if unclear else field: problem_words(refusal, form)}
    status = 409 if refusal.code is Code.CONFLICT else 422
    facts = _facts(scan, form, fresh=field == "id")
    return page(request, "ask.html", status, **facts | places | {"problems": problems})


async def _places(act: Acting, scan: Scan, form: Form) -> dict[str, Any]:
    """Every building, and first of all those that the text may mean."""
    choices = await buildings_of(act.session, scan.community_id)
    labels = {choice.id: choice.label for choice in choices}
    offered = {
        f"{spot.building}/{spot.unit or ''}": labels[spot.building] + (f"{spot.unit}单元" if spot.unit else "")
        for spot in await offered_in(act, scan.community_id, form.get("body", "")[:BODY_LIMIT])
    }
    return {"choices": choices, "offered": offered}


def _facts(scan: Scan, form: Form, *, fresh: bool = False) -> dict[str, Any]:
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
    }


routes = [
    Route("/q/{code}", form_of_code, methods=["GET"]),
    Route("/q/{code}", submit, methods=["POST"]),
]
