"""A client of a server that runs: GraphQL over HTTP and sockets, and what its answers mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpx
import websockets

FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
"""Seconds between tries, doubled with each."""


class Refused(Exception):
    """The server says no, and why."""


class Away(Exception):
    """The server cannot answer now; a little later it may."""


LOST = (Away, OSError, TimeoutError, httpx.TransportError, websockets.WebSocketException)
PASSING = frozenset({"UNAVAILABLE", "OUTCOME_UNKNOWN", "TIMEOUT", "INTERNAL"})


@dataclass(frozen=True, slots=True)
class Server:
    """Where Tunping listens, and how to get there."""

    url: str

    async def post(self, path: str, **content: Any) -> dict[str, Any]:
        """Its answer, whether it agrees or not."""
        try:
            async with httpx.AsyncClient(base_url=self.url, trust_env=not self._local()) as http:
                answer = await http.post(path, **content)
            found = answer.json()
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Refused(f"网址不对 / not a URL: {self.url}") from None
        except ValueError:
            raise Refused(f"{self.url} 不是屯坪 / is not Tunping: {answer.status_code}") from None
        if answer.is_server_error:
            raise Away(str(answer.status_code))
        return found if isinstance(found, dict) else {}

    async def ask(self, query: str, headers: Mapping[str, str] | None = None, **variables: Any) -> Any:
        """The data of a GraphQL operation."""
        body = {"query": query, "variables": variables}
        answer = await self.post("/graphql", json=body, headers=headers)
        for error in answer.get("errors", ()):
            raise named(error)
        return answer["data"]

    def socket(self) -> websockets.connect:
        """A socket for subscriptions."""
        return websockets.connect(
            f"{self.url.replace('http', 'ws', 1).rstrip('/')}/graphql",
            subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
            proxy=None if self._local() else True,
        )

    def _local(self) -> bool:
        """This machine is not called through a proxy."""
        host = httpx.URL(self.url).host
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def named(error: Mapping[str, Any]) -> Exception:
    """An error of GraphQL as an exception: a passing one is worth another try."""
    passing = error.get("extensions", {}).get("code") in PASSING
    return (Away if passing else Refused)(error["message"])
