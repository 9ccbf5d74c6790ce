"""axe-core on each page, in Chromium at the width of a phone. GraphiQL is left out: its build is not ours."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from seeds.demo import DEMO_COUNTER_CODE
from tests.browser import CHROMIUM, MISSING, Phone, chromium, new_phone
from tests.client import Tunping, listening
from tests.clients.scratch import Scratch
from tests.paging import Page
from tests.test_activities import planned
from tests.test_pages_follow import answered

pytestmark = pytest.mark.skipif(not CHROMIUM, reason=MISSING)
WIDTH, PAPER = 390, 794
"""A phone, and A4 at 96 dots an inch."""
COUNTER = f"/q/{DEMO_COUNTER_CODE}"
_RUN = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations.map(
    each => `${each.id}: ${each.nodes.map(node => node.html.slice(0, 120)).slice(0, 3).join(" | ")}`))"""


class Checked:
    """A phone that looks at each page with axe, and takes its picture."""

    def __init__(self, phone: Phone, server: Tunping, axe: str, shots: Path) -> None:
        self._phone, self._server, self._axe, self._shots = phone, server, axe, shots
        self.complaints: list[str] = []
        self.seen = 0

    async def open(self, path: str, name: str) -> None:
        """A page by its address."""
        await self._phone.open(str(self._server.http.base_url.join(path)))
        await self._check(name)

    async def show(self, page: Page, name: str, width: int = WIDTH) -> None:
        """A page that answered a form."""
        await self._phone.resize(width)
        await self._phone.open("about:blank")
        frame = (await self._phone.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        await self._phone.send("Page.setDocumentContent", frameId=frame, html=page.html)
        await self._check(name)

    async def _check(self, name: str) -> None:
        self.seen += 1
        await self._phone.look(self._axe)
        asked = await self._phone.send("Runtime.evaluate", expression=_RUN, returnByValue=True, awaitPromise=True)
        self.complaints += [f"{name}: {each}" for each in asked["result"]["value"]]
        if (width := await self._phone.look("document.documentElement.scrollWidth")) > self._phone.width:
            self.complaints.append(f"{name}: {width} wide")
        if not name.endswith(".md"):  # The documents share a layout, and are long.
            await self._phone.shoot(self._shots / f"{name}.png")


@pytest.fixture
async def checked(copy_url: str, tmp_path: Path) -> AsyncIterator[Checked]:
    """Pictures stay in TUNPING_SHOTS where it is set."""
    axe = (Scratch.named().stories / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    settings: dict[str, Any] = {"public_url": "http://127.0.0.1", "sms_url": "http://127.0.0.1/sms"}
    profile = tmp_path / "chromium"
    await asyncio.to_thread(profile.mkdir)
    with chromium(profile) as pages:
        async with listening(copy_url, help_phone="0998 123 4567", **settings) as server, new_phone(pages) as phone:
            await phone.resize(WIDTH)
            await phone.send("Emulation.setScriptExecutionDisabled", value=False)  # axe waits for timers.
            yield Checked(phone, server, f"{axe};0", Path(os.environ.get("TUNPING_SHOTS", tmp_path)))


async def test_axe_finds_nothing_on_any_page(checked: Checked) -> None:
    server = checked._server
    await checked.open(COUNTER, "ask")
    form = await Page.open(server, COUNTER)
    unclear = await form.send(body="3号楼和5号楼灯不亮", phone="x")
    await checked.show(unclear, "ask wrong")
    await checked.show(await form.send(body="3号楼和5号楼灯不亮"), "ask where")
    receipt = await form.send(body="3号楼2单元路灯不亮", urgent="1", phone="13912345678")
    await checked.open(receipt.path, "receipt fresh")
    await answered(server, receipt)
    await checked.open(receipt.path, "receipt answered")
    closed = await (await Page.open(server, receipt.path)).send("solved", rating="5")
    await checked.open(closed.path, "receipt closed")
    wish = await (await Page.open(server, COUNTER)).send(body="3号楼2单元501，孩子想学吹口琴", kind="WISH")
    await checked.open(wish.path, "wish")
    begins = datetime.now(UTC) + timedelta(days=1)
    times = {"beginsAt": begins.isoformat(), "endsAt": (begins + timedelta(hours=2)).isoformat()}
    activity = await planned(await server.as_("书记01"), what="元宵节包汤圆", **times)
    sign_up = f"{COUNTER}/activities/{activity.removeprefix('activity_')}"
    await checked.open(sign_up, "sign up")
    await checked.show(await (await Page.open(server, sign_up)).send(name=" ", phone="x"), "sign up wrong")
    joined = await (await Page.open(server, sign_up)).send(name="王芳", phone="13912345678")
    await checked.open(joined.path, "joined")
    for name, path in {
        "enter": "/r",
        "unknown receipt": "/r/AAAAAAAAAA",
        "unknown code": "/q/AAAA",
        "board": f"/wishes?code={DEMO_COUNTER_CODE}",
        "invitation": "/invitation",
        "invited": "/invitation/done",
    }.items():
        await checked.open(path, name)
    await checked.show(await (await Page.open(server, "/invitation")).send(username="x", code="y"), "invitation wrong")
    worker = await server.as_("网格员01")
    building = await server.app.state.owner.fetchval("select id from building where number = 3")
    sheet = await server.http.get(f"/codes/sheet?building=building_{building}", headers=worker.headers)
    await checked.show(Page(server.http, sheet), "code sheet", PAPER)
    await checked._phone.resize(WIDTH)
    contents = await Page.open(server, "/docs")
    documents = sorted({link for link in contents.links if link.startswith("/docs/") and "#" not in link})
    for link in documents:
        await checked.open(link, link.removeprefix("/docs/"))
    assert checked.seen > len(documents) > 5
    assert "\n".join(checked.complaints) == ""
