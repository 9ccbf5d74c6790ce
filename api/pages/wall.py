"""The notice board of a community: notices, activities, the direct line, and the wish wall, without names and homes."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.asking import ask, context_of
from api.pages.ask import find_scan
from api.pages.frame import PageError, page, transact
from api.pages.words import activity_view, figures_view, notice_view, wish_view
from db.scans import board_of
from schema.compiler.refused import RequestError
from schema.ids import parse_id

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
        nodes { startsOn received resolved open categoryLabel satisfied } }
    wishWall(where: {community: $community}, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes { text status community claimant timeZone steps { kind note occurredAt } } } }"""


async def wall(request: Request) -> Response:
    """GET /wishes: of one community, by default the only one or all. Notices and activities are on the first page.

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
    community = parse_id("community", given["community"], "community") if given["community"] else None
    scan = await find_scan(request, given["code"]) if given["code"] else None
    board = await transact(request, lambda tx: board_of(tx, scan.community_id if scan else community))
    return page(
        request,
        "wall.html",
        phone=board.phone if board else None,
        here={name: given[name] for name in ("community", "code") if given[name]},
        town=board.name if board else "社区",
        several=board is None,
        notices=[notice_view(each, now) for each in notices],
        activities=[activity_view(each, now) for each in activities],
        figures=[figures_view(each) for each in found["directLineWall"]["nodes"]] if shown["figures"] else [],
        wishes=[wish_view(each, now) for each in wishes["nodes"]],
        count=wishes["totalCount"],
        more=info["endCursor"] if info["hasNextPage"] else None,
        code=given["code"],
        first=first,
    )


routes = [Route("/wishes", wall, methods=["GET"])]
