"""GET /papers/{kind}/{dispute}.docx: an agreement, or the request for its judicial confirmation."""

import asyncio
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.agreement_papers import CASE_QUERY, Case, agreement_paper, confirmation_paper
from api.asking import ask
from api.errors import HttpError, as_graphql_error
from api.graphql import authenticated, masked, refused
from api.languages import language_of
from api.paper import Paper
from api.requests import JSON
from db.database import Database
from rules.access import Viewer
from rules.refusals import Code, Refusal
from schema.compiler.plan import Plans
from schema.ids import parse_id

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PAPERS: dict[str, tuple[str, Callable[[Case, datetime], Paper]]] = {
    "agreement": ("调解协议书", lambda case, _: agreement_paper(case)),
    "confirmation": ("司法确认申请书", confirmation_paper),
}
"""By kind: what it is called, and how it is made."""


async def draw(database: Database, plans: Plans, viewer: Viewer, now: datetime, kind: str, dispute: str) -> Paper:
    """The paper of a case that the viewer sees; refused where the law does not allow it."""
    parse_id("dispute", dispute, "dispute")
    case = (await ask(database, plans, viewer, now, CASE_QUERY, id=dispute))["dispute"]
    if case is None:
        raise Refusal(Code.NOT_FOUND, "dispute")
    _, made = PAPERS[kind]
    return made(case, now)


async def get_paper(request: Request) -> Response:
    """The paper as a .docx."""
    request_id, kind = uuid4().hex, request.path_params["kind"]
    try:
        content = await _content(request, authenticated(request).viewer, kind)
    except HttpError as error:
        return refused(error, request_id, JSON)
    except Refusal as refusal:
        message = refusal.message(language_of(request.headers.get("accept-language")))
        status = 404 if refusal.code is Code.NOT_FOUND else 422
        return refused(HttpError(status, refusal.code, message), request_id, JSON)
    except Exception as error:  # noqa: BLE001  the edge masks and logs it
        return masked(as_graphql_error(error), request_id)
    name = quote(f"{PAPERS[kind][0]}.docx")
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename=\"{kind}.docx\"; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": request_id,
    }
    return Response(content, 200, headers, DOCX)


async def _content(request: Request, viewer: Viewer, kind: str) -> bytes:
    if kind not in PAPERS:
        raise HttpError(404, "NOT_FOUND", "There is no such paper.")
    if viewer.account_id is None:
        raise HttpError(401, "UNAUTHENTICATED", "Sign in first.", WWW_Authenticate="Bearer")
    state: Any = request.app.state
    paper = await draw(state.database, state.plans, viewer, state.now(), kind, request.path_params["dispute"])
    return await asyncio.to_thread(_saved, paper)


def _saved(paper: Paper) -> bytes:
    buffer = io.BytesIO()
    paper.document.save(buffer)
    return buffer.getvalue()


routes = [Route("/papers/{kind}/{dispute}.docx", get_paper, methods=["GET"])]
