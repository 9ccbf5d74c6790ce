"""Speaks to Tunping: signs in with the client's credentials, asks in GraphQL, and reads the feed."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

EARLY = 30
"""Seconds before its end at which a token is renewed."""

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
HEAD = "query Head { liveCursor }"


class Refused(Exception):
    """Tunping says no: the codes, such as WRONG_STATE."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


@dataclass
class Tunping:
    """One connection; the token is renewed before it ends."""

    http: httpx.AsyncClient
    client_id: str
    client_secret: str
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    async def ask(self, query: str, **variables: Any) -> Any:
        """The data of an operation."""
        answer = await self.http.post(
            "/graphql", json={"query": query, "variables": variables}, headers=await self._who()
        )
        return _data(answer.json())

    async def do(self, mutation: str, **given: Any) -> None:
        """One mutation, for the case that it is about."""
        type_ = mutation[0].upper() + mutation[1:] + "Input"
        query = f"mutation($input: {type_}!) {{ {mutation}(input: $input) {{ errors {{ code message }} }} }}"
        errors = (await self.ask(query, input=given))[mutation]["errors"]
        if errors:
            raise Refused([error["code"] for error in errors])

    async def waiting(self) -> list[str]:
        """The cases that are with the centre now."""
        found: list[str] = []
        after: str | None = None
        while True:
            page = (await self.ask(WAITING, after=after))["referrals"]
            found += [node["dispute"]["id"] for node in page["nodes"] if node["dispute"]]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    async def feed(self, after: str) -> AsyncIterator[tuple[str, str]]:
        """Cursor and case of whatever happens after a cursor, until the connection or the token ends."""
        body = {"query": FEED, "variables": {"after": after}}
        headers = await self._who() | {"accept": "text/event-stream"}
        async with self.http.stream("POST", "/graphql", json=body, headers=headers, timeout=None) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: {"):
                    event = _data(json.loads(line[6:]))["disputeChanged"]
                    if event["dispute"]:
                        yield event["cursor"], event["dispute"]["id"]

    async def _who(self) -> dict[str, str]:
        if time.monotonic() > self._until - EARLY:
            asked = {"grant_type": "client_credentials"}
            answer = await self.http.post("/auth/token", data=asked, auth=(self.client_id, self.client_secret))
            answer.raise_for_status()
            token = answer.json()
            self._token, self._until = token["access_token"], time.monotonic() + token["expires_in"]
        return {"authorization": f"Bearer {self._token}"}


def _data(found: dict[str, Any]) -> Any:
    """What was asked for, or the refusal."""
    if found.get("errors"):
        raise Refused([error.get("extensions", {}).get("code", "ERROR") for error in found["errors"]])
    return found["data"]
