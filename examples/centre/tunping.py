"""A client of Tunping: signs in with client credentials, sends GraphQL operations, and reads the feed."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

EARLY = 30
"""Seconds before its expiry at which a token is renewed: a request takes less."""

CASE = """query Case($id: ID!) { dispute(id: $id) {
    id type title facts status level allowedActions
    parties { id role name phone address claim claimAmount }
    workspace { byParty { party { id } findingCount } }
    referrals { status } meetings { id } siteVisits { id } agreement { id effectiveOn }
} }"""
WAITING = """query Waiting($after: String) {
    referrals(first: 50, after: $after, where: { status: [PENDING, ACCEPTED] }) {
        nodes { dispute { id } } pageInfo { hasNextPage endCursor }
    }
}"""
FEED = """subscription Feed($after: Cursor) { disputeChanged(after: $after) { cursor kind dispute { id } } }"""


class Refused(Exception):
    """Tunping refuses an operation, with codes such as WRONG_STATE."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


@dataclass
class Tunping:
    """A client that renews its access token before it expires."""

    http: httpx.AsyncClient
    client_id: str
    client_secret: str
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an operation. Raises Refused."""
        body = {"query": query, "variables": variables}
        answer = await self.http.post("/graphql", json=body, headers=await self._headers())
        return _data(answer.json())

    async def do(self, mutation: str, **given: Any) -> None:
        """Sends a mutation with its input. Raises Refused, also for errors in the payload."""
        type_ = mutation[0].upper() + mutation[1:] + "Input"
        query = f"mutation($input: {type_}!) {{ {mutation}(input: $input) {{ errors {{ code message }} }} }}"
        errors = (await self.ask(query, input=given))[mutation]["errors"]
        if errors:
            raise Refused([error["code"] for error in errors])

    async def waiting(self) -> list[str]:
        """The ids of the cases that are with the centre now."""
        found: list[str] = []
        after: str | None = None
        while True:
            page = (await self.ask(WAITING, after=after))["referrals"]
            found += [node["dispute"]["id"] for node in page["nodes"] if node["dispute"]]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    async def feed(self, after: str) -> AsyncIterator[tuple[str, str]]:
        """The cursor and the case of each event after a cursor, until the connection or the token ends."""
        body = {"query": FEED, "variables": {"after": after}}
        headers = await self._headers() | {"accept": "text/event-stream"}
        async with self.http.stream("POST", "/graphql", json=body, headers=headers, timeout=None) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    event = _data(json.loads(line[6:]))["disputeChanged"]
                    if event["dispute"]:
                        yield event["cursor"], event["dispute"]["id"]

    async def _headers(self) -> dict[str, str]:
        if time.monotonic() > self._until - EARLY:
            grant = {"grant_type": "client_credentials"}
            answer = await self.http.post("/auth/token", data=grant, auth=(self.client_id, self.client_secret))
            answer.raise_for_status()
            token = answer.json()
            self._token, self._until = token["access_token"], time.monotonic() + token["expires_in"]
        return {"authorization": f"Bearer {self._token}"}


def _data(found: dict[str, Any]) -> Any:
    if found.get("errors"):
        raise Refused([error.get("extensions", {}).get("code", "ERROR") for error in found["errors"]])
    return found["data"]
