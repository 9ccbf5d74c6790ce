"""Runs the examples of a document against a server, and compares the answers with those that the document prints."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any
from urllib.parse import quote_plus

import httpx
import orjson
import websockets

from tests.client import Tunping

ANY = "…"
"""Stands for anything: as a value, within a text, or as the rest of a list."""
FORM, EVENTS = "application/x-www-form-urlencoded", "text/event-stream"
SHOWN_ADDRESS = "http://127.0.0.1:8000"
_NOW = datetime.now(UTC).isoformat()
WITHIN = 5
"""Seconds in which an event has to come."""
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"<([a-z][a-z0-9_]*)>")
_HOLE = re.compile(rf"{_NAME.pattern.replace('(', '(?:')}|{ANY}")
_ARROW = re.compile(r"^([→←]) ", re.MULTILINE)
_EVENT = re.compile(r"^(?:id: (.*)\n)?event: (\w+)\ndata: ?(.*)$", re.MULTILINE)


class Differs(AssertionError):
    """An answer is not the one that the document prints."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and the number of its first line."""

    language: str
    text: str
    line: int

    @property
    def is_request(self) -> bool:
        """True if an example begins here."""
        if self.language == "http":
            return not self.text.startswith("HTTP/1.1 ")
        return self.language in {"graphql", "websocket"} or self.runs

    @property
    def is_answer(self) -> bool:
        """True if it belongs to the example before it."""
        return self.language in {"json", "http"} and not self.is_request

    @property
    def runs(self) -> bool:
        """True if it is for the shell and speaks to the server."""
        return self.language == "sh" and "curl " in self.text


@dataclass(frozen=True, slots=True)
class Example:
    """A request, and the blocks that follow it: an answer, or pairs of variables and answer."""

    request: Block
    more: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP message as a document writes it: its first line, its headers, its body."""

    start: str
    headers: Mapping[str, str]
    body: str

    @classmethod
    def read(cls, text: str) -> "Message":
        """From a block."""
        head, _, body = text.strip().partition("\n\n")
        start, *lines = head.splitlines()
        headers = (line.partition(": ") for line in lines)
        return cls(start, {name.lower(): value for name, _, value in headers}, body)

    @property
    def content(self) -> bytes:
        """The body as it is sent: a form is percent-encoded."""
        if self.headers.get("content-type") != FORM:
            return self.body.encode()
        pairs = (pair.partition("=") for pair in self.body.split("&"))
        return "&".join(f"{name}={quote_plus(value)}" for name, _, value in pairs).encode()


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a document."""
    found = _BLOCK.finditer(text)
    return [Block(each[2], dedent(each[3]), text[: each.start()].count("\n") + 2) for each in found]


def examples(text: str) -> Iterator[Example]:
    """The examples of a document, in order."""
    waiting = [each for each in blocks(text) if each.is_request or each.is_answer]
    while waiting:
        request, more = waiting.pop(0), []
        assert request.is_request, f"line {request.line}: an answer without a request"
        while waiting and waiting[0].is_answer:
            more.append(waiting.pop(0))
        yield Example(request, more)


@dataclass
class Reader:
    """Somebody who tries the examples of a document one after the other."""

    tunping: Tunping
    values: dict[str, Any] = field(default_factory=dict)
    """What the document has a name for; answers add to it."""
    webhook: Callable[[], Awaitable[tuple[Mapping[str, str], bytes]]] | None = None
    """The headers and the body of what an outside system is told."""

    async def tries(self, example: Example) -> None:
        """Sends the request. Raises Differs if the answer is another one than the document prints."""
        ways = {"graphql": self._graphql, "http": self._http, "websocket": self._websocket, "sh": self._shell}
        try:
            await ways[example.request.language](example)
        except Differs as wrong:
            raise Differs(f"line {example.request.line}: {wrong}") from None

    async def _graphql(self, example: Example) -> None:
        who, _, document = example.request.text.partition("\n")
        username = who.removeprefix("# as ")
        client = self.tunping.as_nobody() if who == "# without an account" else await self.tunping.as_(username)
        single = len(example.more) == 1
        variables = ["{}"] if single else [each.text for each in example.more[::2]]
        for given, answer in zip(variables, example.more[not single :: 2], strict=True):
            found = await client.ask(document, **orjson.loads(self._filled(given)))
            self.compare(orjson.loads(answer.text), found.body)

    async def _http(self, example: Example) -> None:
        if not example.more:
            await self._told(Message.read(example.request.text))
            return
        asked, wanted = Message.read(self._filled(example.request.text)), Message.read(example.more[0].text)
        method, path = asked.start.split(" ", 1)
        content = self.values[asked.body[1:-1]] if _NAME.fullmatch(asked.body) else asked.content
        sent = self.tunping.http.stream(method, path, content=content, headers=dict(asked.headers))
        async with sent as answer:
            is_stream = answer.headers.get("content-type", "").startswith(EVENTS)
            body = await _events(answer, wanted.body) if is_stream else (await answer.aread()).decode()
        status = f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"
        if status != wanted.start:
            raise Differs(f"the answer is {status} {body}")
        self._compare_message(wanted, answer.headers, body)

    async def _told(self, wanted: Message) -> None:
        """An outside system is told what the document prints."""
        assert self.webhook is not None
        headers, body = await self.webhook()
        self._compare_message(wanted, headers, body.decode())

    def _compare_message(self, wanted: Message, headers: Mapping[str, str], body: str) -> None:
        for name, value in wanted.headers.items():
            self.compare(value, headers.get(name, ""), name)
        if wanted.body.startswith(("event: ", "id: ")):
            self.compare(_parsed(wanted.body), _parsed(body))
        elif wanted.body:
            self.compare(orjson.loads(wanted.body), orjson.loads(body))
        else:
            self.compare("", body)

    async def _websocket(self, example: Example) -> None:
        address = str(self.tunping.http.base_url).replace("http", "ws") + "/graphql"
        _, *parts = _ARROW.split(example.request.text)
        async with websockets.connect(address, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]) as socket:
            for arrow, text in zip(parts[::2], parts[1::2], strict=True):
                if arrow == "→":
                    await socket.send(orjson.dumps(orjson.loads(self._filled(text))).decode())
                else:
                    wanted = text.strip() if text.startswith("close ") else orjson.loads(text)
                    self.compare(wanted, await _next(socket))

    async def _shell(self, example: Example) -> None:
        script = example.request.text.replace(SHOWN_ADDRESS, str(self.tunping.http.base_url).rstrip("/"))
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec("bash", "-euc", script, stdout=pipe)
        found, _ = await process.communicate()
        self.compare(orjson.loads(example.more[0].text), orjson.loads(found))

    def _filled(self, text: str) -> str:
        """A request with the values that it names; bytes are a body of their own."""

        def value(name: re.Match[str]) -> str:
            found = _NOW if name[1] == "now" else self.values[name[1]]
            return name[0] if isinstance(found, bytes) else str(found)

        return _NAME.sub(value, text)

    def compare(self, wanted: Any, found: Any, at: str = "") -> None:
        """Raises Differs where an answer is another one, and keeps the values that the document names.

        The documents leave out the cost of an answer.
        """
        if not at and isinstance(found, dict) and "cost" in found.get("extensions", {}):
            found = {name: each for name, each in found.items() if name != "extensions"}
        if wanted == ANY:
            return
        if isinstance(wanted, dict) and isinstance(found, dict) and list(wanted) == list(found):
            for key in wanted:
                self.compare(wanted[key], found[key], f"{at}.{key}")
        elif isinstance(wanted, list) and isinstance(found, list) and _fits(wanted, len(found)):
            for index, each in enumerate(wanted[: len(found)]):
                self.compare(each, found[index], f"{at}[{index}]")
        elif not self._is_equal(wanted, found):
            raise Differs(f"{at.lstrip('.') or 'the answer'} is {orjson.dumps(found).decode()}")

    def _is_equal(self, wanted: Any, found: Any) -> bool:
        if isinstance(wanted, str) and isinstance(found, str):
            return self._matches(wanted, found)
        return bool(wanted == found) and type(wanted) is type(found)

    def _matches(self, pattern: str, found: str) -> bool:
        """True if a text is what the document prints; what it names in it is kept."""
        names = _NAME.findall(pattern)
        holes = ["(.+?)" if _NAME.fullmatch(hole) else "(?:.*?)" for hole in _HOLE.findall(pattern)]
        literals = [re.escape(each) for each in _HOLE.split(pattern)]
        expression = literals[0] + "".join(map("".join, zip(holes, literals[1:], strict=True)))
        match = re.fullmatch(expression, found, re.DOTALL)
        if match:
            self.values |= dict(zip(names, match.groups(), strict=True))
        return match is not None


def _fits(wanted: list[Any], length: int) -> bool:
    return length >= len(wanted) - 1 if wanted[-1:] == [ANY] else length == len(wanted)


async def _events(answer: httpx.Response, wanted: str) -> str:
    """As many events of a stream as the document prints."""
    text = ""
    async with asyncio.timeout(WITHIN):
        async for line in answer.aiter_lines():
            text += f"{line}\n"
            if not line and len(_parsed(text)) == len(_parsed(wanted)):
                break
    return text


def _parsed(text: str) -> list[Any]:
    """Id, kind and data of each server-sent event."""
    return [[id_, kind, orjson.loads(data) if data else ""] for id_, kind, data in _EVENT.findall(text)]


async def _next(socket: websockets.ClientConnection) -> Any:
    """The server's next message, or how it closes the socket."""
    async with asyncio.timeout(WITHIN):
        try:
            return orjson.loads(await socket.recv())
        except websockets.ConnectionClosed as closed:
            return f"close {closed.rcvd.code} {closed.rcvd.reason}" if closed.rcvd else "close"
