"""Debian's Chromium as a resident's phone: 360 by 740, scripts off, driven over the DevTools protocol."""

import asyncio
import base64
import itertools
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import websockets

CHROMIUM = shutil.which("chromium") or ""
MISSING = "no chromium is installed (Debian's package of that name)"
WIDTH, HEIGHT = 360, 740
_PATIENCE = 30.0
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_FIND = """(text => {
    const all = [...document.querySelectorAll("button, a, summary, label")];
    const found = all.find(each => each.innerText.trim().startsWith(text)) || document.querySelector(text);
    found.scrollIntoView({block: "center"});
    const box = found.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
})"""
_SMALL_PRINT = """[...document.querySelectorAll("body *")]
    .filter(each => each.checkVisibility())
    .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .map(each => [each.innerText.slice(0, 20), parseFloat(getComputedStyle(each).fontSize)])"""
_TARGETS = """[...document.querySelectorAll("a, button, summary, select, textarea, input:not([type=hidden])")]
    .filter(each => each.checkVisibility())
    .map(each => [each, (each.closest("label.choice") || each).getBoundingClientRect()])
    .map(([each, box]) => [each.outerHTML.slice(0, 60), Math.min(box.width, box.height)])"""


class Phone:
    """One page of the browser."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._loads = 0
        self.width = WIDTH
        self.asked: list[str] = []
        """Every address that was fetched."""

    async def send(self, method: str, **params: Any) -> Any:
        """One command of the protocol, and what it gives."""
        number = next(self._numbers)
        await self._socket.send(orjson.dumps({"id": number, "method": method, "params": params}).decode())
        while (message := await self._next()).get("id") != number:
            pass
        assert "error" not in message, message
        return message["result"]

    async def _next(self) -> Any:
        async with asyncio.timeout(_PATIENCE):
            message = orjson.loads(await self._socket.recv())
        method = message.get("method")
        self._loads += method == "Page.loadEventFired"
        if method == "Network.requestWillBeSent":
            self.asked.append(message["params"]["request"]["url"])
        return message

    async def look(self, expression: str) -> Any:
        """What an expression gives on the page."""
        found = await self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def _loaded(self, before: int) -> None:
        while self._loads == before:
            await self._next()

    async def open(self, url: str) -> None:
        """Goes to an address."""
        before = self._loads
        await self.send("Page.navigate", url=url)
        await self._loaded(before)

    async def tap(self, what: str) -> None:
        """Taps what begins with these words, or what a selector finds."""
        x, y = await self.look(f"{_FIND}({orjson.dumps(what).decode()})")
        for kind in ("mousePressed", "mouseReleased"):
            await self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def below(self, what: str) -> float:
        """How far below the top of the page, in pixels, something ends."""
        await self.look("scrollTo(0, 0)")
        bottom = _FIND.replace('found.scrollIntoView({block: "center"});', "").replace("box.height / 2", "box.height")
        return float((await self.look(f"{bottom}({orjson.dumps(what).decode()})"))[1])

    async def press(self, what: str) -> None:
        """Taps, and waits for the page that this leads to."""
        before = self._loads
        await self.tap(what)
        await self._loaded(before)

    async def write(self, selector: str, text: str) -> None:
        """Writes into a field."""
        await self.tap(selector)
        await self.send("Input.insertText", text=text)

    async def choose(self, selector: str, *files: Path) -> None:
        """Chooses files, as from the camera."""
        root = (await self.send("DOM.getDocument"))["root"]["nodeId"]
        node = (await self.send("DOM.querySelector", nodeId=root, selector=selector))["nodeId"]
        await self.send("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])

    async def text(self) -> str:
        """What is to be read."""
        read: str = await self.look("document.body.innerText")
        return read

    async def path(self) -> str:
        """Where it is."""
        here: str = await self.look("location.pathname")
        return here

    async def faults(self) -> list[str]:
        """What somebody of eighty could not read or hit: too wide, too small, too narrow."""
        width = await self.look("document.documentElement.scrollWidth")
        print_, targets = await self.look(_SMALL_PRINT), await self.look(_TARGETS)
        return [
            *([f"{width} wide"] if width > self.width else []),
            *(f"{size}px: {words}" for words, size in print_ if size < 18),
            *(f"{size} to hit: {tag}" for tag, size in targets if size < 44),
        ]

    async def resize(self, width: int) -> None:
        """Shows pages at another width."""
        self.width = width
        size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": True}
        await self.send("Emulation.setDeviceMetricsOverride", **size)

    async def shoot(self, file: Path) -> None:
        """A picture of the whole page."""
        height = await self.look("document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": self.width, "height": height, "scale": 1}
        shot = await self.send("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        await asyncio.to_thread(file.write_bytes, base64.b64decode(shot["data"]))


@contextmanager
def chromium(folder: Path) -> Iterator[str]:
    """A browser, which is closed at the end: the address of its pages."""
    command = (CHROMIUM, *_FLAGS, f"--user-data-dir={folder}", "about:blank")
    devnull = subprocess.DEVNULL
    with (
        (folder / "errors").open("w") as errors,
        subprocess.Popen(command, stdout=devnull, stderr=errors) as process,
    ):
        try:
            yield f"http://127.0.0.1:{_port(folder)}/json"
        finally:
            process.terminate()


def _port(folder: Path) -> int:
    """Where it listens, which it writes into its folder once it has started."""
    written, latest = folder / "DevToolsActivePort", time.monotonic() + _PATIENCE
    while not written.exists() or "\n" not in written.read_text():
        assert time.monotonic() < latest, (folder / "errors").read_text()
        time.sleep(0.05)
    return int(written.read_text().splitlines()[0])


@asynccontextmanager
async def new_phone(pages: str) -> AsyncIterator[Phone]:
    """A page of its own in the browser."""
    async with httpx.AsyncClient(timeout=_PATIENCE) as http:
        page = (await http.put(f"{pages}/new?about:blank")).json()
        async with websockets.connect(page["webSocketDebuggerUrl"], max_size=None) as socket:
            yield await _phone(socket)
        await http.get(f"{pages}/close/{page['id']}")


async def _phone(socket: websockets.ClientConnection) -> Phone:
    phone = Phone(socket)
    for domain in ("Page", "Network", "DOM"):
        await phone.send(f"{domain}.enable")
    await phone.resize(WIDTH)
    await phone.send("Emulation.setScriptExecutionDisabled", value=True)
    return phone
