"""A client of a running server: GraphQL over HTTP, and subscriptions as server-sent events."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from api.addresses import is_local
from api.commands.locale_help import locale_language
from rules.refusals import Said

FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
"""Seconds between attempts, doubled with each: six attempts span the restart of a server."""
SILENCE = 30.0
"""Seconds without a byte after which a stream counts as lost. The server sends a comment every 12 s."""


class Refused(Exception):
    """The server refuses the request. ``said`` is its message, or one to be translated."""

    def __init__(self, said: object, code: str = "") -> None:
        super().__init__(said)
        self.said, self.code = said, code


class Away(Exception):
    """The server cannot answer now. A retry may succeed."""


LOST = (Away, OSError, httpx.TransportError)
TRANSIENT = frozenset({"UNAVAILABLE", "OUTCOME_UNKNOWN", "TIMEOUT", "INTERNAL"})


@dataclass(frozen=True, slots=True)
class Server:
    """A Tunping server by its address."""

    url: str

    async def post(self, path: str, **content: Any) -> dict[str, Any]:
        """The JSON of an answer. Raises Away for one that may differ later: 429 and 5xx. Raises Refused."""
        async with self._http() as http:
            return self._json(await http.post(path, **content))

    async def ask(self, query: str, headers: Mapping[str, str] | None = None, **variables: Any) -> Any:
        """The data of a GraphQL operation. Raises Refused or Away."""
        return _data(await self.post("/graphql", json={"query": query, "variables": variables}, headers=headers))

    @asynccontextmanager
    async def subscribe(self, query: str, headers: Mapping[str, str], **variables: Any) -> AsyncIterator[Any]:
        """The data of each event of a subscription, as an asynchronous iterator. Raises Refused or Away."""
        request: dict[str, Any] = {"json": {"query": query, "variables": variables}, "timeout": SILENCE}
        accepting = {**headers, "accept": "text/event-stream"}
        async with self._http() as http, http.stream("POST", "/graphql", headers=accepting, **request) as answer:
            if answer.is_error:
                await answer.aread()
                _data(self._json(answer))
            yield (_data(orjson.loads(line[6:])) async for line in answer.aiter_lines() if line.startswith("data: {"))

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[httpx.AsyncClient]:
        try:
            # Requests to this machine must bypass the proxy.
            trust_env, spoken = not is_local(httpx.URL(self.url).host), {"accept-language": locale_language() or "*"}
            async with httpx.AsyncClient(base_url=self.url, trust_env=trust_env, headers=spoken) as http:
                yield http
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Refused(Said("网址不对：{url}", {"url": self.url})) from None

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise Away(str(answer.status_code))  # Also from a proxy in front, whose answer is no JSON.
        try:
            found = answer.json()
        except ValueError:
            raise Refused(Said("{url} 不是屯坪：{status}", {"url": self.url, "status": answer.status_code})) from None
        return found if isinstance(found, dict) else {}


def _data(answer: Mapping[str, Any]) -> Any:
    for error in answer.get("errors", ()):
        code = error.get("extensions", {}).get("code")
        raise Away(error["message"]) if code in TRANSIENT else Refused(error["message"], code)
    return answer["data"]
