"""Signing up for an activity by a printed QR code, and giving it up by the receipt."""

from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.pages.ask import redirect, scanned, typed_id, typed_phone
from api.pages.forms import Form, Submission, read_form
from api.pages.frame import PageError, page, transact
from api.pages.receipts import receipt_to, sends_receipts
from api.pages.words import activity_view, problem_words
from db.activities import Activity, SignUp
from db.acts.receipts import Texted, text_receipt
from db.acts.sign_ups import Joining, Leaving, join_activity, leave_activity
from db.places import Community
from db.scans import JoinedActivity, Scan, activity_of, sign_up_of
from db.transaction import Transaction
from rules.activities import FEWEST_TOLD, MOST_PEOPLE, ActivityStatus, status_of
from rules.ids import uuid7
from rules.refusals import Code, Refusal
from rules.text import receipt_code

_SHOWN = frozenset({"name", "people", "phone"})
"""Fields beside which the form shows their problem."""


async def form_of_activity(request: Request) -> Response:
    """GET /q/{code}/activities/{activity}: the form, or why nobody can sign up."""
    scan = await scanned(request)
    return _form(request, scan, *await _activity(request, scan), Submission())


async def submit(request: Request) -> Response:
    """POST /q/{code}/activities/{activity}: signs up, and redirects to the receipt."""
    scan = await scanned(request)
    activity, community = await _activity(request, scan)
    submission = await read_form(request, scan.code)
    try:
        new = _joining(scan, activity, submission.fields)
        texted = await receipt_to(request, scan, new.phone)
        sign_up = await transact(request, lambda tx: _join(tx, new, texted), code=scan.code)
    except Refusal as refusal:
        activity, community = await _activity(request, scan)
        return _form(request, scan, activity, community, submission, refusal)
    return redirect(f"/r/{sign_up.receipt_code}")


async def _join(tx: Transaction, new: Joining, texted: Texted | None) -> SignUp:
    sign_up = await join_activity(tx, new)
    if texted is not None:
        await text_receipt(tx, sign_up, texted)
    return sign_up


def _joining(scan: Scan, activity: Activity, form: Form) -> Joining:
    """The sign-up of a form. The form contains its id, so submitting it twice signs up once."""
    uuid, people = typed_id(form.get("id", ""), "id"), form.get("people", "1")
    number = int(people) if people.isascii() and people.isdecimal() and len(people) <= len(str(MOST_PEOPLE)) else 0
    phone = typed_phone(form, "phone") or None
    return Joining(id=uuid, activity=activity.id, code=scan.code, name=form.get("name"), phone=phone, people=number)


async def _activity(request: Request, scan: Scan) -> tuple[Activity, Community]:
    """The activity of the address, in the community of the code."""
    found = None
    with suppress(Refusal):
        uuid = typed_id(request.path_params["activity"], "activity")
        found = await transact(request, lambda tx: activity_of(tx, scan, uuid))
    if found is None:
        raise PageError(404, "没有这个活动", "请再扫一次二维码，从公告栏里选。")
    return found


def _form(
    request: Request,
    scan: Scan,
    activity: Activity,
    community: Community,
    submission: Submission,
    refusal: Refusal | None = None,
) -> Response:
    form, problems = submission.fields, {}
    field = str(refusal.path[0]) if refusal and refusal.path else "id"
    if refusal is not None:
        problems[field] = problem_words(refusal, form)
    kept_id = "" if field == "id" and refusal else form.get("id", "")
    late = refusal is not None and refusal.code in {Code.CONFLICT, Code.WRONG_STATE}
    values: dict[str, Any] = {
        "phone": community.phone,
        "scan": scan,
        "texts": sends_receipts(request),
        "view": _view(request, activity, community),
        "form": form,
        "id": kept_id or str(uuid7()),
        "problems": problems,
        "shown": _SHOWN,
        "most": MOST_PEOPLE,
        "action": request.url.path,
    }
    return page(request, "sign_up.html", 409 if late else 422 if refusal else 200, **values)


def _view(request: Request, activity: Activity, community: Community) -> dict[str, Any]:
    """The activity as the notice board shows it."""
    now = request.app.state.now()
    facts = {name: getattr(activity, name) for name in ("wanted", "coming", "begins_at")}
    status = status_of(cancelled=activity.cancelled_at is not None, now=now, **facts)
    shown = {
        **{name: getattr(activity, name) for name in ("what", "place", "wanted", "skill")},
        "coming": activity.coming if activity.coming >= FEWEST_TOLD else None,
        "beginsAt": activity.begins_at.isoformat(),
        "endsAt": activity.ends_at.isoformat(),
        "timeZone": community.time_zone,
        "status": status,
        "cancelReason": activity.cancel_reason,
    }
    return {**activity_view(shown, now), "open": status is ActivityStatus.OPEN}


async def joined(request: Request) -> JoinedActivity | None:
    """The sign-up behind the receipt code of the address."""
    try:
        code = receipt_code(request.path_params["receipt"])
    except Refusal:
        return None
    return await transact(request, lambda tx: sign_up_of(tx, code))


def receipt_page(request: Request, found: JoinedActivity, status: int = 200, problem: str = "") -> Response:
    """The receipt of a sign-up, with the button to give it up while that is possible."""
    view, now = _view(request, found.activity, found.community), request.app.state.now()
    values: dict[str, Any] = {
        "phone": found.community.phone,
        "view": view,
        "sign_up": found.sign_up,
        "can_leave": found.activity.cancelled_at is None and now < found.activity.begins_at,
        "act": str(uuid7()),
        "problem": problem,
    }
    return page(request, "joined.html", status, **values)


async def give_up(request: Request, found: JoinedActivity) -> Response:
    """POST /r/{receipt} of a sign-up: gives it up."""
    code = found.sign_up.receipt_code or ""
    submission = await read_form(request, code)
    try:
        act = typed_id(submission.fields.get("act", ""), "act")
        leaving = Leaving(found.sign_up.id, code, act)
        await transact(request, lambda tx: leave_activity(tx, leaving), receipt_code=code)
    except Refusal as refusal:
        now = await joined(request) or found
        return receipt_page(request, now, 409, problem_words(refusal, submission.fields))
    return redirect(f"/r/{code}")


routes = [
    Route("/q/{code}/activities/{activity}", form_of_activity, methods=["GET"]),
    Route("/q/{code}/activities/{activity}", submit, methods=["POST"]),
]
