"""GET /papers/{kind}/{dispute}.docx: an agreement, or the request for its judicial confirmation."""

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.access_tokens import signed_in
from api.http.asking import ask, context_of
from api.http.errors import HttpError
from api.office.agreement_papers import CASE_QUERY, Case, agreement_paper, confirmation_paper
from api.office.files import DOCX, file_response
from api.office.paper import Paper
from rules.refusals import Code, Refusal, Said
from schema.engine.context import Context
from schema.ids import parse_id

PAPERS: dict[str, tuple[str, Callable[[Case, datetime], Paper]]] = {
    "agreement": ("调解协议书", lambda case, _: agreement_paper(case)),
    "confirmation": ("司法确认申请书", confirmation_paper),
}
"""The title and the function of each kind."""


async def draw(context: Context, kind: str, dispute: str) -> Paper:
    """The paper of a case that the viewer sees. Raises Refusal, also where the law does not allow the paper."""
    parse_id("dispute", dispute, "dispute")
    case = (await ask(context, CASE_QUERY, id=dispute))["dispute"]
    if case is None:
        raise Refusal(Code.NOT_FOUND, "dispute")
    _, draw_case = PAPERS[kind]
    return draw_case(case, context.now)


async def get_paper(request: Request) -> Response:
    kind = request.path_params["kind"]
    if kind not in PAPERS:
        raise HttpError(404, "NOT_FOUND", Said("没有这种文书。"))
    paper = await draw(context_of(request, signed_in(request)), kind, request.path_params["dispute"])
    return await file_response(paper.document.save, DOCX, f"{kind}.docx", f"{PAPERS[kind][0]}.docx")


routes = [Route("/papers/{kind}/{dispute}.docx", get_paper, methods=["GET"])]
