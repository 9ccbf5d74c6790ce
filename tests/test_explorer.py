"""The pages for developers: GraphiQL at `/graphql`, and the documents of the API at `/docs`."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from api.explorer.graphiql import DemoAccounts
from api.explorer.manual import html_of
from seeds.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from tests.browser import CHROMIUM, MISSING, Phone, chromium, new_phone
from tests.client import Tunping, listening, new_id, serving, subscribed

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
WATCH = """addEventListener("securitypolicyviolation",
    ({violatedDirective, blockedURI}) => (window.refused ||= []).push([violatedDirective, blockedURI]))"""
CHOOSE = """{ const list = document.querySelector("#demo"); list.value = "网格员01";
    list.dispatchEvent(new Event("change")) }"""
SUBSCRIBE = """document.querySelector(".graphiql-query-editor .CodeMirror").CodeMirror
    .setValue("subscription Opened { appealOpened { appeal { body } } }");"""
TAB = "document.querySelector('.graphiql-tab').innerText"
RUN = "document.querySelector('.graphiql-execute-button').click()"


async def test_a_browser_gets_graphiql_and_a_client_gets_answers(reading: Tunping) -> None:
    page = await reading.http.get("/graphql", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "GraphiQL" in page.text
    asked = await reading.http.get("/graphql", params={"query": "{ __typename }"}, headers=BROWSER)
    assert asked.json()["data"] == {"__typename": "Query"}
    assert (await reading.http.get("/graphql", headers={"accept": "application/json"})).status_code == 400


async def test_the_accounts_of_the_demo_are_shown_where_it_is_served_alone(reading: Tunping) -> None:
    assert "网格员01" not in (await reading.http.get("/graphql", headers=BROWSER)).text
    reading.app.state.demo = DemoAccounts([("网格员01", "网格员", "<1号>")], DEMO_PASSWORD)
    page = (await reading.http.get("/graphql", headers=BROWSER)).text
    assert "网格员01 · 网格员 · &lt;1号&gt;" in page


async def test_where_documents_are_trusted_there_is_no_graphiql(demo_url: str) -> None:
    async with serving(demo_url, trusted_documents=True) as client:
        assert "GraphiQL" not in (await client.http.get("/graphql", headers=BROWSER)).text


async def test_every_file_of_the_page_is_the_servers_own(reading: Tunping) -> None:
    page = (await reading.http.get("/graphql", headers=BROWSER)).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 7
    for address in addresses:
        assert address.startswith("/")
        found = await reading.http.get(address, follow_redirects=True)
        assert (found.status_code, found.headers["x-content-type-options"]) == (200, "nosniff")
    for name in ("LICENSES.txt", "missing.js", "..%2F__init__.py"):
        assert (await reading.http.get(f"/static/{name}")).status_code == (200 if name == "LICENSES.txt" else 404)


@pytest.mark.long
async def test_the_documents_are_pages_that_lead_to_each_other(reading: Tunping) -> None:
    first = await reading.http.get("/docs")
    assert (first.status_code, first.headers["location"]) == (307, "/docs/api.md")
    pages = {each: await reading.http.get(each) for each in ("/docs/api.md", "/docs/api-live.md", "/docs/operate.md")}
    for address, page in pages.items():
        assert page.status_code == 200
        for target in re.findall(r'href="([^"]+)"', page.text):
            if target.startswith("https://"):
                continue
            path, _, anchor = urljoin(address, target).partition("#")
            found = pages.get(path) or await reading.http.get(path, headers=BROWSER, follow_redirects=True)
            assert found.status_code == 200, target
            assert not anchor or f'id="{anchor}"' in found.text, target
    assert (await reading.http.get("/docs/none_such.md")).status_code == 404


def test_markdown_becomes_html_with_anchors_and_without_scripts() -> None:
    text = "## `a` Retries\n<script>x</script> [b](b.md#c) [code](../x.py) [x](javascript:y)\n\n| a |\n| - |\n| 1 |"
    html = html_of(text, frozenset({"b.md"}))
    assert '<h2 id="a-retries">' in html
    assert '<a href="b.md#c">b</a> <span>code</span>' in html
    assert "<table>" in html
    assert "<script" not in html
    assert 'href="javascript' not in html


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The module's browser."""
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def desk(copy_url: str, pages: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Phone, Tunping]]:
    """A developer's browser with scripts, and a server with the demo."""
    monkeypatch.setattr("tests.browser.WIDTH", 1280)
    async with listening(copy_url, introspection=True) as server, new_phone(pages) as screen:
        accounts = [(username, role.label, place) for username, role, place in DEMO_ACCOUNTS]
        server.app.state.demo = DemoAccounts(accounts, DEMO_PASSWORD)
        await screen.send("Emulation.setScriptExecutionDisabled", value=False)
        size = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        await screen.send("Emulation.setDeviceMetricsOverride", **size)
        await screen.send("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        yield screen, server


async def seen(screen: Phone, wanted: str) -> str:
    """The text of the page, once it has the wanted words."""
    async with asyncio.timeout(30):
        while wanted not in (text := await screen.text()):  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(0.05)
    return text


async def shoot(screen: Phone, name: str, tmp_path: Path) -> None:
    """A picture, which stays in TUNPING_SHOTS where it is set."""
    await screen.shoot(Path(os.environ.get("TUNPING_SHOTS", tmp_path)) / f"{name}.png")


@pytest.mark.long
@pytest.mark.skipif(not CHROMIUM, reason=MISSING)
async def test_a_demo_account_signs_in_asks_and_subscribes_in_graphiql(
    desk: tuple[Phone, Tunping], tmp_path: Path
) -> None:
    screen, server = desk
    await screen.open(str(server.http.base_url.join("/graphql")))
    await seen(screen, "未登录")
    await screen.look(CHOOSE)
    await seen(screen, "已登录：网格员01")
    await screen.look(RUN)
    assert "GRID_WORKER" in await seen(screen, "徐振峰")
    await shoot(screen, "graphiql", tmp_path)
    await screen.look(SUBSCRIBE)
    async with asyncio.timeout(30):
        while "Opened" not in await screen.look(TAB):  # noqa: ASYNC110  GraphiQL reads the document when nobody types
            await asyncio.sleep(0.05)
    await screen.look(RUN)
    await subscribed(server)
    worker = await server.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    new = {"id": new_id("appeal"), "household": home, "body": "三楼的灯不亮"}
    assert (await worker.do("openAppeal", new))["errors"] == []
    await seen(screen, "三楼的灯不亮")
    assert await screen.look("window.refused || []") == []
    hosts = {httpx.URL(each).host for each in screen.asked if not each.startswith("data:")}
    assert hosts == {server.http.base_url.host}


@pytest.mark.long
@pytest.mark.skipif(not CHROMIUM, reason=MISSING)
async def test_the_documents_are_read_in_a_browser(desk: tuple[Phone, Tunping], tmp_path: Path) -> None:
    screen, server = desk
    await screen.open(str(server.http.base_url.join("/docs")))
    assert "Sign in" in await screen.text()
    await shoot(screen, "docs", tmp_path)
    assert await screen.look("window.refused || []") == []
