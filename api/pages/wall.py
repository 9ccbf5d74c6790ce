"""The wish wall: published wishes and their progress, without names and places."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.asking import ask, context_of
from api.pages.frame import PageError, page
from api.pages.words import wish_view
from schema.compiler.refused import RequestError

A_PAGE = 20
WALL = """query($community: ID, $first: Int!, $after: String) {
    wishWall(where: {community: $community}, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { text status community communityPhone claimant timeZone steps { kind note occurredAt } } } }"""


async def wall(request: Request) -> Response:
    """GET /wishes: the wishes of one community or of all, the last published first."""
    given = {name: request.query_params.get(name) or None for name in ("community", "after")}
    try:
        found = (await ask(context_of(request), WALL, first=A_PAGE, **given))["wishWall"]
    except RequestError:
        raise PageError(404, "没有这一页", "请从头再看。") from None
    now, nodes, info = request.app.state.now(), found["nodes"], found["pageInfo"]
    several = len({each["community"] for each in nodes}) > 1
    return page(
        request,
        "wall.html",
        phone=nodes[0]["communityPhone"] if nodes and not several else None,
        community=given["community"],
        wishes=[wish_view(each, now) for each in nodes],
        several=several,
        count=found["totalCount"],
        more=info["endCursor"] if info["hasNextPage"] else None,
        first=given["after"] is None,
    )


routes = [Route("/wishes", wall, methods=["GET"])]
