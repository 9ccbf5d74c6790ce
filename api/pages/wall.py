"""The wish wall: what is wished for and how far it is, neither who nor where."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.pages.frame import Instead, counted, page
from api.pages.reading import ask
from api.pages.words import WishTold
from schema.compiler.refused import RequestError

A_PAGE = 20
WALL = """query($community: ID, $first: Int!, $after: String) {
    wishWall(where: {community: $community}, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { text status community claimant timeZone steps { kind note occurredAt } } } }"""


@counted
async def wall(request: Request) -> Response:
    """GET /wishes: of one community or of all, those published last first."""
    given = {name: request.query_params.get(name) or None for name in ("community", "after")}
    found = await _wishes(request, given)
    now = request.app.state.now()
    wishes = [WishTold(each, now) for each in found["nodes"]]
    more = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None
    several = len({each["community"] for each in found["nodes"]}) > 1
    facts = {
        "wishes": wishes,
        "several": several,
        "count": found["totalCount"],
        "more": more,
        "first": given["after"] is None,
    }
    return page(request, "wall.html", community=given["community"], **facts)


async def _wishes(request: Request, given: dict[str, str | None]) -> Any:
    try:
        return (await ask(request, WALL, first=A_PAGE, **given))["wishWall"]
    except RequestError:
        raise Instead(404, "没有这一页", "请从头再看。") from None


routes = [Route("/wishes", wall, methods=["GET"])]
