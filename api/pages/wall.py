"""The notice board of a community: notices, activities, the direct line, and the wish wall, without names and homes."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.asking import ask, context_of
from api.pages.frame import PageError, page
from api.pages.words import activity_view, figures_view, notice_view, wish_view
from schema.compiler.refused import RequestError

A_PAGE = 20
_CODE = re.compile("[0-9A-Za-z]{1,40}")
"""A scanned code, which the page hands on to the forms for activities."""
NEWS = 10
"""The most notices, and the most activities, of the first page."""
WALL = """query($community: ID, $first: Int!, $after: String, $news: Int!, $begins: Boolean!,
    $figures: Boolean!) {
    noticeWall(where: {community: $community}, first: $news) @include(if: $begins) {
        nodes { title body community estate publishedAt timeZone } }
    activityWall(where: {community: $community}, first: $news) @include(if: $begins) {
        nodes { activityId what place beginsAt endsAt wanted coming skill status community estate cancelReason
            timeZone } }
    directLineWall(where: {community: $community}, first: 1) @include(if: $figures) {
        nodes { month received resolved open categoryLabel satisfied } }
    wishWall(where: {community: $community}, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { text status community communityPhone claimant timeZone steps { kind note occurredAt } } } }"""


async def wall(request: Request) -> Response:
    """GET /wishes: of one community or of all. Notices and activities are on the first page.

    With ``code``, the printed code by which somebody came, activities have a button to sign up.
    """
    given = {name: request.query_params.get(name) or None for name in ("community", "after", "code")}
    given["code"] = given["code"] if _CODE.fullmatch(given["code"] or "") else None
    asked = {name: given[name] for name in ("community", "after")}
    first = given["after"] is None
    try:
        shown = {"begins": first, "figures": first and asked["community"] is not None}
        found = await ask(context_of(request), WALL, first=A_PAGE, news=NEWS, **shown, **asked)
    except RequestError:
        raise PageError(404, "没有这一页", "请从头再看。") from None
    now, wishes, info = request.app.state.now(), found["wishWall"], found["wishWall"]["pageInfo"]
    notices, activities = (found[name]["nodes"] if first else [] for name in ("noticeWall", "activityWall"))
    communities = _communities(wishes["nodes"], notices, activities)
    return page(
        request,
        "wall.html",
        phone=wishes["nodes"][0]["communityPhone"] if wishes["nodes"] and len(communities) == 1 else None,
        here={name: given[name] for name in ("community", "code") if given[name]},
        town=next(iter(communities)) if len(communities) == 1 else "社区",
        several=len(communities) > 1,
        notices=[notice_view(each, now) for each in notices],
        activities=[activity_view(each, now) for each in activities],
        figures=[figures_view(each) for each in found["directLineWall"]["nodes"]] if shown["figures"] else [],
        wishes=[wish_view(each, now) for each in wishes["nodes"]],
        count=wishes["totalCount"],
        more=info["endCursor"] if info["hasNextPage"] else None,
        code=given["code"],
        first=first,
    )


def _communities(*shown: list[dict[str, Any]]) -> set[str]:
    """The names of the communities on the page."""
    return {each["community"] for nodes in shown for each in nodes}


routes = [Route("/wishes", wall, methods=["GET"])]
