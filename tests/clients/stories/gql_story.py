"""Python's gql: pages, and a subscription over sockets that end with their tokens."""

import asyncio
import base64
import json
import os
import time
import uuid
from typing import Any

import httpx
from gql import Client, gql
from gql.transport.exceptions import TransportError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

URL = os.environ["TUNPING_URL"]
ENDS, EVENTS, WITHIN = 20, 26, 240.0
LIST = gql("""query($first: Int!, $after: String) { appeals(first: $first, after: $after) {
    nodes { id } pageInfo { hasNextPage endCursor } } }""")
HOME = gql("{ liveCursor households(first: 1) { nodes { id } } }")
OPEN = gql("mutation($input: OpenAppealInput!) { openAppeal(input: $input) { errors { code } } }")
OPENED = gql("subscription($after: Cursor) { appealOpened(after: $after) { cursor appeal { id } } }")


def signed_in() -> str:
    """A new access token, which ends after some seconds."""
    form = {"grant_type": "password", "username": "网格员01", "password": os.environ["TUNPING_PASSWORD"]}
    token: str = httpx.post(f"{URL}/auth/token", data=form).raise_for_status().json()["access_token"]
    return token


class Device:
    """A device with a token that holds."""

    def __init__(self) -> None:
        self._token, self._until = "", 0.0

    def header(self) -> str:
        if time.time() > self._until - 1.5:
            self._token = signed_in()
            claims = self._token.split(".")[1]
            self._until = json.loads(base64.urlsafe_b64decode(claims + "=="))["exp"]
        return f"Bearer {self._token}"

    async def ask(self, document: Any, **variables: Any) -> Any:
        """Asks again if the token ended on the way. Mutations have their ids, so they may be repeated."""
        document.variable_values = variables
        for _ in range(5):
            transport = HTTPXAsyncTransport(f"{URL}/graphql", headers={"authorization": self.header()})
            try:
                async with Client(transport=transport, fetch_schema_from_transport=False) as session:
                    return await session.execute(document)
            except TransportError:
                await asyncio.sleep(0.5)
        raise AssertionError(document)


async def pages(device: Device) -> None:
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = (await device.ask(LIST, first=5, after=after))["appeals"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert len(set(seen)) == 15, seen


async def listen(device: Device, after: str, came: list[str], ends: list[int]) -> None:
    """Subscribes again after the last cursor, whenever the socket is closed."""
    while True:
        transport = WebsocketsTransport(
            f"{URL.replace('http', 'ws')}/graphql", init_payload={"authorization": device.header()}
        )
        try:
            async with Client(transport=transport, fetch_schema_from_transport=False) as session:
                OPENED.variable_values = {"after": after}
                async for result in session.subscribe(OPENED):
                    after = result["appealOpened"]["cursor"]
                    came.append(result["appealOpened"]["appeal"]["id"])
        except TransportError:
            ends.append(1)


async def story() -> str:
    device = Device()
    await pages(device)
    start = await device.ask(HOME)
    opened: list[str] = []
    came: list[str] = []
    ends: list[int] = []
    listening = asyncio.create_task(listen(device, start["liveCursor"], came, ends))
    async with asyncio.timeout(WITHIN):
        while len(opened) < EVENTS or len(ends) < ENDS or len([each for each in came if each in opened]) < EVENTS:
            assert not listening.done(), listening.exception()
            if len(opened) < EVENTS:
                opened.append(f"appeal_{uuid.uuid4()}")
                given = {"id": opened[-1], "household": start["households"]["nodes"][0]["id"], "body": "楼道灯不亮"}
                assert (await device.ask(OPEN, input=given))["openAppeal"]["errors"] == []
            await asyncio.sleep(1.5)
    listening.cancel()
    assert [each for each in came if each in opened] == opened
    assert len(set(came)) == len(came)
    return f"{len(came)} events over {len(ends)} ends of tokens"


if __name__ == "__main__":
    print(asyncio.run(story()))
