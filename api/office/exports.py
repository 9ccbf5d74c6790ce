"""`/exports/…`: the weekly analysis, statistics, cases and the register as files, for those without a shell."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.access_tokens import signed_in
from api.http.admission import admit
from api.http.asking import ask, context_of
from api.http.errors import HttpError
from api.http.media import JSON
from api.http.requests import read_body
from api.office.case_books import BOOKS, Case, CaseBook, rows_of
from api.office.files import DOCX, XLSX, file_response
from api.office.register_book import write_register
from api.office.sheets import write_sheets
from api.office.statistics_book import STATISTICS_QUERY, sheets_of
from api.office.week import WEEK_QUERY, week_paper
from api.rates import EXPORTS_BY_ACCOUNT
from db.acts.exports import community_to_export, record_export
from db.acts.places import chosen_community
from db.acts.register_lines import export_residents
from rules.access import WORKERS, Act, Viewer, require
from rules.exports import CaseKind, check_size, read_day
from rules.refusals import Code, Refusal, Said, invalid
from schema.ids import parse_id

_CASES = {"appeals": CaseKind.APPEALS, "disputes": CaseKind.DISPUTES}
Given = Mapping[str, Any]


async def week(request: Request) -> Response:
    """GET /exports/week.docx?week=…&community=…: the weekly analysis, of the current week by default."""
    context = context_of(request, await _worker(request))
    asked = {name: request.query_params.get(name) for name in ("week", "community")}
    analysis = (await ask(context, WEEK_QUERY, **asked))["weeklyAnalysis"]
    if analysis is None:
        raise Refusal(Code.NOT_FOUND, "community")
    paper = week_paper(analysis)
    return await file_response(paper.document.save, DOCX, "week.docx", f"每周汇总分析{analysis['week']}.docx")


async def statistics(request: Request) -> Response:
    """GET /exports/statistics.xlsx?first=…&last=…&community=…: the statistics of some days."""
    context = context_of(request, await _worker(request))
    first, last = _days(request.query_params)
    asked = {"between": _between(first, last), "community": request.query_params.get("community")}
    found = (await ask(context, STATISTICS_QUERY, **asked))["statistics"]
    sheets = sheets_of(found, f"{first}", f"{last}")
    return await file_response(
        lambda file: write_sheets(file, **sheets), XLSX, "statistics.xlsx", f"统计{first}至{last}.xlsx"
    )


async def cases(request: Request) -> Response:
    """POST /exports/{kind}.xlsx with `first`, `last` and `community`: the appeals or disputes opened on some days."""
    state, viewer = request.app.state, await _exporter(request)
    kind = _CASES.get(request.path_params["kind"])
    if kind is None:
        raise HttpError(404, "NOT_FOUND", Said("没有这种导出。"))
    given = await _given(request)
    first, last = _days(given)
    asked = _community(given)
    community = await state.database.transact(lambda tx: community_to_export(tx, asked), viewer, now=state.now())
    book = BOOKS[kind]
    found = await _all_cases(request, viewer, book, _between(first, last), f"community_{community.id}")
    recorded = (community.id, kind, first, last, len(found))
    await state.database.transact(lambda tx: record_export(tx, *recorded), viewer, now=state.now())
    rows = rows_of(book, found, ZoneInfo(community.time_zone))
    name = f"{community.name}{kind.label}{first}至{last}.xlsx"
    return await file_response(
        lambda file: write_sheets(file, **{kind.label: rows}), XLSX, f"{kind.lower()}.xlsx", name
    )


async def residents(request: Request) -> Response:
    """POST /exports/residents.xlsx with `community`: the register, without ID numbers. It can be imported again."""
    state, viewer = request.app.state, await _exporter(request)
    require(viewer, Act.IMPORT_REGISTER)
    asked = _community(await _given(request))

    async def exported(tx: Any) -> Any:
        community = await chosen_community(tx, asked)
        return community.name, await export_residents(tx, community.id, None)

    name, lines = await state.database.transact(exported, viewer, now=state.now())
    return await file_response(lambda file: write_register(file, lines), XLSX, "residents.xlsx", f"{name}居民名册.xlsx")


async def _exporter(request: Request) -> Viewer:
    """The viewer, whose exports are counted."""
    viewer = signed_in(request)
    await admit(request, EXPORTS_BY_ACCOUNT, str(viewer.account_id))
    return viewer


async def _worker(request: Request) -> Viewer:
    """The viewer, for a file of figures. Others see so few cases that their file would say that nothing was done."""
    viewer = await _exporter(request)
    if viewer.role not in WORKERS:
        raise Refusal(Code.NOT_ALLOWED)
    return viewer


async def _given(request: Request) -> Given:
    """The JSON object in the body."""
    try:
        given = orjson.loads(await read_body(request, request.app.state.body_limit, JSON))
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict) or not all(isinstance(each, str | None) for each in given.values()):
        raise HttpError(400, "BAD_REQUEST", Said("请求内容必须是一个由文字组成的 JSON 对象。"))
    return given


def _days(given: Given) -> tuple[date, date]:
    first, last = (read_day(given.get(name) or "", name) for name in ("first", "last"))
    if last < first:
        raise invalid("结束日期早于开始日期", "last")
    return first, last


def _between(first: date, last: date) -> dict[str, str]:
    return {"startsOn": first.isoformat(), "endsOn": last.isoformat()}


def _community(given: Given) -> UUID | None:
    named = given.get("community")
    return parse_id("community", named, "community") if named else None


async def _all_cases(
    request: Request, viewer: Viewer, book: CaseBook, between: dict[str, str], community: str
) -> list[Case]:
    """The cases of all pages, as the viewer sees them."""
    found: list[Case] = []
    after = None
    while True:
        asked = {"between": between, "community": community, "after": after}
        page = (await ask(context_of(request, viewer), book.query, **asked))["statistics"][book.part]["cases"]
        found += page["nodes"]
        check_size(len(found))
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


routes = [
    Route("/exports/week.docx", week, methods=["GET"]),
    Route("/exports/statistics.xlsx", statistics, methods=["GET"]),
    Route("/exports/residents.xlsx", residents, methods=["POST"]),
    Route("/exports/{kind}.xlsx", cases, methods=["POST"]),
]
