"""Files for those without a shell: what they contain is what the API answers, and exports of people are on record."""

import io
from typing import Any

import httpx
import pytest
from docx import Document
from openpyxl import load_workbook

from rules import exports
from tests.client import Tunping
from tests.test_week_export import WEEK, asked, tables

YEAR = {"first": "2023-01-01", "last": "2023-12-31"}
KINDS = "[PROBLEM, HELP, INQUIRY, REPORT]"


async def fetch(who: Tunping, path: str, **given: str) -> httpx.Response:
    """GET a file."""
    return await who.http.get(f"/exports/{path}", params=given, headers=who.headers)


async def export(who: Tunping, path: str, **given: Any) -> httpx.Response:
    """POST for a file."""
    return await who.http.post(f"/exports/{path}", json=given, headers=who.headers)


def sheets(answer: httpx.Response) -> dict[str, list[list[Any]]]:
    """The rows of each sheet."""
    assert answer.status_code == 200, answer.text
    book = load_workbook(io.BytesIO(answer.content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


async def code_of_refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


async def noted(client: Tunping) -> list[str]:
    """The notes about exported cases, the newest first."""
    rows = await client.app.state.owner.fetch("select note from journal where kind = 'CASES_EXPORTED' order by id desc")
    return [row["note"] for row in rows]


@pytest.mark.long
async def test_the_week_is_that_of_the_api(reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    answer = await fetch(secretary, "week.docx", week=WEEK)
    assert answer.status_code == 200
    assert 'filename="week.docx"' in answer.headers["content-disposition"]
    found, expected = tables(Document(io.BytesIO(answer.content))), await asked(secretary)
    assert found["指标"][0][1] == str(expected["visits"]["totalCount"])


@pytest.mark.long
async def test_the_statistics_are_those_of_the_api(reading: Tunping) -> None:
    found = sheets(await fetch(await reading.as_("书记01"), "statistics.xlsx", **YEAR))
    overview = {row[0]: row[1:] for row in found["概况"]}
    assert overview["收到（件）"][0] == 73
    assert overview["未解决（件）"][0] == 3
    assert overview["调解成功率"][0] == "99.0%"
    assert overview["办结率"] == ["95.9%", 70, 73]
    assert overview["网格内化解占比"][0] == "80.0%"
    assert found["民声直通车"][0][:3] == ["类别", "收到（件）", "未解决（件）"]
    assert found["民声直通车"][1][0] == "供暖"
    assert any(row[0] == "2023-12" for row in found["矛盾纠纷"])


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "sheet", "query"),
    [
        (
            "appeals.xlsx",
            "诉求",
            f"directLine(kinds: {KINDS}) {{ cases(first: 1) {{ totalCount nodes {{ id body }} }} }}",
        ),
        ("disputes.xlsx", "纠纷", "disputes { cases(first: 1) { totalCount nodes { id title } } }"),
    ],
)
async def test_cases_are_exported_as_the_viewer_sees_them_and_on_record(
    tunping: Tunping, path: str, sheet: str, query: str
) -> None:
    secretary = await tunping.as_("书记01")
    answer = await secretary.ask(
        f"query($b: DayRange!) {{ statistics(between: $b) {{ {query} }} }}",
        b={"startsOn": YEAR["first"], "endsOn": YEAR["last"]},
    )
    (part,) = answer.data["statistics"].values()
    count, first = part["cases"]["totalCount"], part["cases"]["nodes"][0]
    rows = sheets(await export(secretary, path, **YEAR))[sheet]
    assert (len(rows) - 1, rows[1][0]) == (count, first["id"])
    assert first.get("body", first.get("title")) in rows[1]
    assert count > 100
    assert (await noted(tunping))[0] == f"{sheet} 2023-01-01 至 2023-12-31：{count} 件"


@pytest.mark.long
async def test_the_register_has_no_id_numbers_and_is_on_record(tunping: Tunping) -> None:
    found = sheets(await export(await tunping.as_("社区01"), "residents.xlsx"))["居民"]
    assert len(found) > 1000
    column = found[0].index("身份证号")
    assert {row[column] for row in found[1:]} == {None}
    exported = "select count(*) from journal where kind = 'REGISTER_EXPORTED'"
    assert await tunping.app.state.owner.fetchval(exported) == 1


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("网格员01", "appeals.xlsx", (403, "NOT_ALLOWED")),
        ("热力公司01", "disputes.xlsx", (403, "NOT_ALLOWED")),
        ("管理员", "appeals.xlsx", (403, "NOT_ALLOWED")),
        ("网格员01", "residents.xlsx", (403, "NOT_ALLOWED")),
        ("书记01", "visits.xlsx", (404, "NOT_FOUND")),
    ],
)
async def test_who_may_not_export_gets_nothing(
    tunping: Tunping, name: str, path: str, expected: tuple[int, str]
) -> None:
    before = await noted(tunping)
    assert await code_of_refusal(await export(await tunping.as_(name), path, **YEAR)) == expected
    assert await noted(tunping) == before


@pytest.mark.parametrize("name", ["联户长03", "热力公司01", "法律顾问01", "管理员"])
async def test_who_sees_no_figures_gets_no_file_of_zeros(reading: Tunping, name: str) -> None:
    viewer = await reading.as_(name)
    for answer in (await fetch(viewer, "week.docx", week=WEEK), await fetch(viewer, "statistics.xlsx", **YEAR)):
        assert await code_of_refusal(answer) == (403, "NOT_ALLOWED")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (422, "INVALID_INPUT")),
        ({"first": "2023-02-30", "last": "2023-12-31"}, (422, "INVALID_INPUT")),
        ({"first": "2023-12-31", "last": "2023-01-01"}, (422, "INVALID_INPUT")),
        ({"first": 1, "last": "2023-01-01"}, (400, "BAD_REQUEST")),
        ({**YEAR, "community": "屯坪"}, (400, "MALFORMED_ID")),
        ({**YEAR, "community": "community_0199f0c2-0000-7000-8000-000000000000"}, (404, "NOT_FOUND")),
    ],
)
async def test_bad_input_is_named(reading: Tunping, given: dict[str, Any], expected: tuple[int, str]) -> None:
    assert await code_of_refusal(await export(await reading.as_("书记01"), "appeals.xlsx", **given)) == expected


async def test_too_many_cases_are_refused_and_nothing_is_noted(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_CASES", 50)
    before = await noted(tunping)
    answer = await export(await tunping.as_("书记01"), "appeals.xlsx", **YEAR)
    assert await code_of_refusal(answer) == (422, "INVALID_INPUT")
    assert "请缩短时间段" in answer.json()["errors"][0]["message"]
    assert await noted(tunping) == before


async def test_nobody_exports_without_an_account(reading: Tunping) -> None:
    for path in ("week.docx", "statistics.xlsx"):
        assert (await reading.http.get(f"/exports/{path}")).status_code == 401
    assert (await reading.http.post("/exports/appeals.xlsx", json=YEAR)).status_code == 401
