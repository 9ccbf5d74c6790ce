"""Sheets of QR codes for printing: a card for every door, for the workers of that place alone."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import segno

from api.office.code_sheets import CARDS_ON_A_PAGE, sheet_html
from api.settings import Settings, SettingsError
from db.acts.codes import Card
from tests.client import Tunping, serving
from tests.command import tunping as command

PUBLIC = "https://tunping.example"
CARD = re.compile(r"<article[^>]*><h2>(.*?)<br>(.*?)</h2>(<svg.*?</svg>)")
LIVE = """select b.number || '号楼' || h.unit || '单元' || h.room as address, q.code from household h
    join building b on b.id = h.building_id left join qr_code q on q.household_id = h.id and q.revoked_at is null
    where b.number = $1 order by h.unit, h.floor, h.room, h.id"""
ISSUED = "select count(*) from journal where kind = 'QR_CODE_ISSUED'"


@pytest.fixture
async def tunping(copy_url: str) -> AsyncIterator[Tunping]:
    """The application, which knows its public address."""
    async with serving(copy_url, public_url=PUBLIC) as client:
        yield client


async def sheet(client: Tunping, number: int, **parameters: str) -> httpx.Response:
    """What is printed for a building."""
    pool = client.app.state.owner
    uuid = await pool.fetchval("select id from building where number = $1", number)
    asked = {"building": f"building_{uuid}"} | parameters
    return await client.http.get("/codes/sheet", params=asked, headers=client.headers)


def picture(code: str) -> str:
    """The drawing that leads to the page behind a code."""
    return segno.make(f"{PUBLIC}/q/{code}", error="q", micro=False).svg_inline(border=4, omitsize=True, light="#fff")


async def codes_of(client: Tunping, number: int) -> list[tuple[str, str | None]]:
    """The live codes of a building's doors, in walking order."""
    return [tuple(row) for row in await client.app.state.owner.fetch(LIVE, number)]


@pytest.mark.long
async def test_every_door_has_a_card_and_who_had_no_code_gets_one(tunping: Tunping) -> None:
    worker, pool = await tunping.as_("网格员01"), tunping.app.state.owner
    before, told = dict(await codes_of(tunping, 1)), await pool.fetchval(ISSUED)
    missing = list(before.values()).count(None)
    assert 0 < missing < len(before)
    answer = await sheet(worker, 1)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    after = await codes_of(tunping, 1)
    assert {address: code for address, code in after if before[address]} == {a: c for a, c in before.items() if c}
    assert CARD.findall(answer.text) == [("金穗家园", address, picture(code or "")) for address, code in after]
    assert await pool.fetchval(ISSUED) == told + missing


@pytest.mark.long
async def test_a_second_print_has_the_same_codes(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    first, second = await sheet(worker, 2), await sheet(worker, 2)
    assert first.text == second.text


@pytest.mark.long
async def test_two_who_print_at_the_same_moment_print_the_same(tunping: Tunping) -> None:
    worker, secretary = await tunping.as_("网格员01"), await tunping.as_("书记01")
    first, second = await asyncio.gather(sheet(worker, 3), sheet(secretary, 3))
    assert (first.status_code, first.text) == (200, second.text)


FIRMS = """select p.name, q.code from premises p left join qr_code q on q.premises_id = p.id and q.revoked_at is null
    where 'grid_' || p.grid_id = $1 order by p.kind, p.name"""


@pytest.mark.long
async def test_the_premises_of_a_grid_have_a_sheet_of_their_own(tunping: Tunping) -> None:
    worker, pool = await tunping.as_("网格员01"), tunping.app.state.owner
    grid = (await worker.ask("{ me { assignments { grid { id } } } }")).data["me"]["assignments"][0]["grid"]["id"]
    prints = [
        await client.http.get("/codes/sheet", params={"grid": grid}, headers=client.headers)
        for client in (
            worker,
            await tunping.as_("书记01"),
            await tunping.as_("网格员12"),
            await tunping.as_("联户长01"),
        )
    ]
    assert [each.status_code for each in prints] == [200, 200, 404, 403]
    firms = [tuple(row) for row in await pool.fetch(FIRMS, grid)]
    assert len(firms) > 1
    assert sorted(CARD.findall(prints[0].text)) == sorted(("金穗家园", name, picture(code)) for name, code in firms)
    assert prints[0].text == prints[1].text


@pytest.mark.long
async def test_a_sheet_names_nobody_and_needs_nothing_from_anywhere(tunping: Tunping) -> None:
    page = (await sheet(await tunping.as_("网格员01"), 3)).text
    names = await tunping.app.state.owner.fetch(
        "select r.name from resident r join building b on b.id = r.building_id where b.number = 3"
    )
    assert len(names) > 0
    assert not [row["name"] for row in names if row["name"] in page]
    assert not re.search(r"红|橙|黄色|独居|RED|ORANGE", page)
    assert not re.search(r"<script|<link|<img|src=|href=|url\(|@import", page.replace('xmlns="http', ""))


@pytest.mark.parametrize(
    ("who", "number", "change", "status", "code"),
    [
        (None, 3, {}, 401, "UNAUTHENTICATED"),
        ("联户长03", 3, {}, 403, "NOT_ALLOWED"),
        ("网格员12", 3, {}, 404, "NOT_FOUND"),
        ("网格员01", 3, {"building": "building_0199f0c2-0000-7000-8000-000000000000"}, 404, "NOT_FOUND"),
        ("网格员01", 3, {"building": "3"}, 400, "MALFORMED_ID"),
        ("网格员01", 3, {"building": ""}, 400, "MALFORMED_ID"),
    ],
)
async def test_who_may_not_print_issues_nothing(
    tunping: Tunping, who: Any, number: int, change: Any, status: int, code: str
) -> None:
    before = await tunping.count("qr_code")
    answer = await sheet(await tunping.as_(who) if who else tunping.as_nobody(), number, **change)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert await tunping.count("qr_code") == before


async def test_a_token_that_is_none_is_refused(tunping: Tunping) -> None:
    answer = await tunping.http.get("/codes/sheet", headers={"authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_without_a_public_address_nothing_is_printed(copy_url: str) -> None:
    async with serving(copy_url) as tunping:
        before = await tunping.count("qr_code")
        answer = await sheet(await tunping.as_("网格员01"), 3)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "NOT_CONFIGURED")
        assert await tunping.count("qr_code") == before
        codes = await (await tunping.as_("网格员01")).ask("{ qrCodes(first: 1) { nodes { url } } }")
        assert codes.data["qrCodes"]["nodes"] == [{"url": None}]


def test_what_places_are_called_does_no_harm() -> None:
    evil = '<script>alert("1")</script>'
    page = sheet_html([Card(evil, evil, evil, "0" * 16, evil)], PUBLIC)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;") == 7


def card(number: int, phone: str | None = "0991-2345678") -> Card:
    """A card of the third building."""
    return Card("金穗家园", "3号楼", f"3号楼1单元{number}", f"{number:016}", phone)


def test_six_cards_make_a_page() -> None:
    cards = [card(number) for number in range(2 * CARDS_ON_A_PAGE + 1)]
    sections = sheet_html(cards, PUBLIC).split("<section>")[1:]
    assert [each.count("<article") for each in sections] == [CARDS_ON_A_PAGE, CARDS_ON_A_PAGE, 1]


def test_whoever_cannot_scan_types_the_address_or_calls_and_all_of_it_is_in_14_points() -> None:
    page = sheet_html([card(1)], PUBLIC)
    assert ["tunping.example/q/0000000000000001" in page, "0991-2345678" in page] == [True, True]
    assert min(float(size) for size in re.findall(r"font-size: ([0-9.]+)pt", page)) == 14
    assert "社区电话" not in sheet_html([card(1, None)], PUBLIC)


def test_the_public_address_is_https_or_this_machines() -> None:
    assert Settings.read(public_url="https://a.example/").public_address() == "https://a.example"
    assert Settings.read(public_url="http://127.0.0.1:8000").public_address() == "http://127.0.0.1:8000"
    assert Settings.read().public_address() is None
    with pytest.raises(SettingsError, match="https is needed"):
        Settings.read(public_url="http://a.example")


@pytest.mark.long
def test_a_sheet_is_written_by_the_command_line(copy_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNPING_PUBLIC_URL", PUBLIC)
    file = tmp_path / "三号楼.html"
    done = command(copy_url, "codes", "sheet", file, "--building", 3, "--as", "网格员01")
    assert done.exit_code == 0, done.output
    cards = CARD.findall(file.read_text(encoding="utf-8"))
    codes = asyncio.run(_codes(copy_url))
    assert cards == [("金穗家园", address, picture(code)) for address, code in codes]
    assert f"已写入 {len(codes)} 张" in done.stdout


@pytest.mark.long
def test_the_premises_of_a_grid_are_written_by_the_command_line(
    copy_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNPING_PUBLIC_URL", PUBLIC)
    file = tmp_path / "商铺.html"
    grid = asyncio.run(_value(copy_url, "select name from grid order by id limit 1"))
    done = command(copy_url, "codes", "sheet", file, "--grid", grid, "--as", "书记01")
    assert done.exit_code == 0, done.output
    cards = CARD.findall(file.read_text(encoding="utf-8"))
    assert f"已写入 {len(cards)} 张" in done.stdout
    in_grid = "select count(*) from premises p join grid g on g.id = p.grid_id where g.name = $1"
    assert len(cards) == asyncio.run(_value(copy_url, in_grid, grid))


async def _value(url: str, query: str, *values: Any) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query, *values)
    finally:
        await connection.close()


async def _codes(url: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(LIVE, 3)]
    finally:
        await connection.close()


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("x.txt", "--building", 3, "--as", "网格员01"), ".html"),
        (("x.html", "--building", 3, "--as", "没有此人"), "没有账号"),
        (("x.html", "--building", 888, "--as", "网格员01"), "没有找到楼栋 888"),
        (("x.html", "--building", 3, "--as", "网格员12"), "没有找到楼栋 3"),
        (("x.html", "--building", 3, "--estate", "没有", "--as", "网格员01"), "没有找到楼栋 3"),
        (("x.html", "--grid", "没有这个网格", "--as", "网格员01"), "没有找到网格 没有这个网格"),
        (("x.html", "--as", "网格员01"), "只写一个"),
        (("x.html", "--building", 3, "--grid", "第1网格", "--as", "网格员01"), "只写一个"),
        (("no/such/folder/x.html", "--building", 3, "--as", "网格员01"), "无法写入"),
    ],
)
def test_the_command_line_says_what_is_wrong(
    copy_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Any, complaint: str
) -> None:
    monkeypatch.setenv("TUNPING_PUBLIC_URL", PUBLIC)
    monkeypatch.chdir(tmp_path)
    failed = command(copy_url, "codes", "sheet", *arguments)
    assert failed.exit_code == 1
    assert complaint in failed.stderr


def test_the_command_line_asks_for_the_public_address(copy_url: str, tmp_path: Path) -> None:
    failed = command(copy_url, "codes", "sheet", tmp_path / "x.html", "--building", 3, "--as", "网格员01")
    assert "TUNPING_PUBLIC_URL" in failed.stderr
