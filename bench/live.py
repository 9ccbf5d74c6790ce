"""The live feed under load: 16 writers for 10 s, and a phone that receives each event once and in order."""

import asyncio
import random
import statistics
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from bench import wire
from bench.server import COUNTER, Server

WRITERS = 16
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
    answered: list[float] = field(default_factory=list)
    """Seconds to the answers of the writers."""

    def lines(self) -> list[str]:
        ids = [appeal for appeal, _, _ in self.came]
        places = [int(cursor.partition(".")[2]) for _, cursor, _ in self.came]
        late = sorted(at - self.sent[appeal] for appeal, _, at in self.came)
        return [
            f"{len(self.sent)} appeals by {WRITERS} writers in {SECONDS:.0f} s; received {len(ids)},"
            f" lost {len(set(self.sent) - set(ids))}, repeated {len(ids) - len(set(ids))},"
            f" in order: {'yes' if places == sorted(places) else 'no'}",
            f"from sending to the phone: p50 {statistics.median(late) * 1e3:.0f} ms,"
            f" p99 {late[int(len(late) * 0.99)] * 1e3:.0f} ms, most {late[-1] * 1e3:.0f} ms;"
            f" to the writer's answer: p50 {statistics.median(self.answered) * 1e3:.0f} ms",
        ]


async def measure(server: Server, pause: float = 0.0) -> Push:
    """Lets the writers write, as fast as they can or with a pause after each act."""
    token = server.token("书记01")
    push = Push({}, [])
    answer = await wire.Requests(server.url, token).post({"query": "{ liveCursor }"})
    phone = await listen(server, token, answer["data"]["liveCursor"], push)
    end = time.perf_counter() + SECONDS
    await asyncio.gather(*(_write(server, token, end, push, pause) for _ in range(WRITERS)))
    await asyncio.sleep(1)
    phone.close()
    return push


async def _write(server: Server, token: str, end: float, push: Push, pause: float) -> None:
    requests = wire.Requests(server.url, token)
    while time.perf_counter() < end:
        appeal = f"appeal_{uuid4()}"
        push.sent[appeal] = time.perf_counter()
        given = {"id": appeal, "code": COUNTER, "body": "3号楼2单元 暖气不热"}
        answer = await requests.post({"query": OPEN, "variables": {"input": given}})
        push.answered.append(time.perf_counter() - push.sent[appeal])
        assert answer["data"]["openAppeal"]["errors"] == [], answer
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  no secret
    requests.close()


async def listen(server: Server, token: str, cursor: str, push: Push) -> wire.Phone:
    """A phone that notes what comes after a cursor, until it is lost."""

    def told(message: dict[str, Any]) -> None:
        if message["type"] == "next":
            event = message["payload"]["data"]["appealOpened"]
            push.came.append((event["appeal"]["id"], event["cursor"], time.perf_counter()))

    return await wire.subscribe(server.url, token, {"query": APPEALS, "variables": {"after": cursor}}, told)
