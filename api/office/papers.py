"""GET /papers/{kind}/{dispute}.docx: an agreement, or the request for its judicial confirmation."""

import asyncio
import io
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.asking import ask
from api.http.auth import signed_in
from api.http.errors import HttpError
from api.office.agreement_papers import CASE_QUERY, Case, agreement_paper, confirmation_paper
from api.office.paper import Paper
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
    kind, state = request.path_params["kind"], request.app.state
    if kind not in PAPERS:
        raise HttpError(404, "NOT_FOUND", "There is no such paper.")
    viewer, dispute = signed_in(request), request.path_params["dispute"]
    paper = await draw(state.database, state.plans, viewer, state.now(), kind, dispute)
    name = quote(f"{PAPERS[kind][0]}.docx")
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename=\"{kind}.docx\"; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(await asyncio.to_thread(_saved, paper), 200, headers, DOCX)


def _saved(paper: Paper) -> bytes:
    buffer = io.BytesIO()
    paper.document.save(buffer)
    return buffer.getvalue()


routes = [Route("/papers/{kind}/{dispute}.docx", get_paper, methods=["GET"])]
