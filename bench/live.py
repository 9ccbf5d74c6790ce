"""The live feed under load: 16 writers for 10 s, and a phone that receives each event once and in order."""

import asyncio
import random
import statistics
import time
from dataclasses import dataclass
from uuid import uuid4

import httpx
import orjson
import websockets

from bench.server import COUNTER, Server

WRITERS = 16
PING = '{"type":"ping"}'
SECONDS = 10.0
PAUSE = 0.3
"""Seconds between the acts of a writer who does not write as fast as possible: some 50 acts a second of all."""
OPEN = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { errors { code } } }"
APPEALS = "subscription($after: Cursor) { appealOpened(after: $after) { cursor appeal { id } } }"


@dataclass
class Push:
    """The appeals with the times of sending and of arrival."""

    sent: dict[str, float]
    came: list[tuple[str, str, float]]

    def lines(self) -> list[str]:
        ids = [appeal for appeal, _, _ in self.came]
        places = [int(cursor.partition(".")[2]) for _, cursor, _ in self.came]
        late = sorted(at - self.sent[appeal] for appeal, _, at in self.came)
        return [
            f"{len(self.sent)} appeals by {WRITERS} writers in {SECONDS:.0f} s; received {len(ids)},"
            f" lost {len(set(self.sent) - set(ids))}, repeated {len(ids) - len(set(ids))},"
            f" in order: {'yes' if places == sorted(places) else 'no'}",
            f"from sending to the phone: p50 {statistics.median(late) * 1e3:.0f} ms,"
            f" p99 {late[int(len(late) * 0.99)] * 1e3:.0f} ms, most {late[-1] * 1e3:.0f} ms",
        ]


async def measure(server: Server, pause: float = 0.0) -> Push:
    """Lets the writers write, as fast as they can or with a pause after each act."""
    token = server.token("书记01")
    push = Push({}, [])
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as http:
        answer = await http.post("/graphql", json={"query": "{ liveCursor }"})
    listening = asyncio.create_task(listen(server, token, answer.json()["data"]["liveCursor"], push))
    end = time.perf_counter() + SECONDS
    await asyncio.gather(*(_write(server, token, end, push, pause) for _ in range(WRITERS)))
    await asyncio.sleep(1)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    return push


async def _write(server: Server, token: str, end: float, push: Push, pause: float) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as http:
        while time.perf_counter() < end:
            appeal = f"appeal_{uuid4()}"
            push.sent[appeal] = time.perf_counter()
            given = {"id": appeal, "code": COUNTER, "body": "3号楼2单元 暖气不热"}
            answer = await http.post("/graphql", json={"query": OPEN, "variables": {"input": given}})
            assert answer.json()["data"]["openAppeal"]["errors"] == [], answer.text
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  no secret


async def listen(server: Server, token: str, cursor: str, push: Push) -> None:
    url = server.url.replace("http", "ws") + "/graphql"
    protocol = websockets.Subprotocol("graphql-transport-ws")
    async with websockets.connect(url, subprotocols=[protocol]) as socket:
        await _say(socket, type="connection_init", payload={"authorization": f"Bearer {token}"})
        await socket.recv()
        await _say(socket, id="1", type="subscribe", payload={"query": APPEALS, "variables": {"after": cursor}})
        async for text in socket:
            if text == PING:
                await _say(socket, type="pong")
                continue
            event = orjson.loads(text)["payload"]["data"]["appealOpened"]
            push.came.append((event["appeal"]["id"], event["cursor"], time.perf_counter()))


async def _say(socket: websockets.ClientConnection, **message: object) -> None:
    await socket.send(orjson.dumps(message).decode())
