"""Many subscribers in one process, which reports when each event reached each of them.

The first line of standard input is the job as JSON. Each further line is a number of deliveries to wait for.
"""

import asyncio
import resource
import sys
import time
from typing import Any

import orjson
import websockets

AT_ONCE = 50
PING = '{"type":"ping"}'
WITHIN = 60.0


class Phones:
    """The subscribers and the events that they received."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._came: list[tuple[int, str, float]] = []
        self._more = asyncio.Event()
        self._opening = asyncio.Semaphore(AT_ONCE)
        self._open = 0

    async def run(self) -> None:
        """Runs until standard input ends."""
        tasks = [asyncio.create_task(self._listen(n, *each)) for n, each in enumerate(self._job["subscribers"])]
        while self._open < len(tasks):
            await self._next()
        await asyncio.sleep(2)
        _tell("ready")
        while line := await asyncio.to_thread(sys.stdin.readline):
            await self._gather(int(line))
        for task in tasks:
            task.cancel()

    async def _listen(self, number: int, token: str, variables: dict[str, Any]) -> None:
        protocol = websockets.Subprotocol("graphql-transport-ws")
        plain: dict[str, Any] = {"compression": None, "ping_interval": None, "open_timeout": WITHIN}
        async with self._opening:
            socket = await websockets.connect(self._job["url"], subprotocols=[protocol], **plain)
            await _say(socket, type="connection_init", payload={"authorization": f"Bearer {token}"})
            await socket.recv()
            payload = {"query": self._job["query"], "variables": variables}
            await _say(socket, id="1", type="subscribe", payload=payload)
        self._open += 1
        self._more.set()
        async for text in socket:
            now = time.time()
            if text == PING:
                await _say(socket, type="pong")
                continue
            event = orjson.loads(text)["payload"]["data"]["appealOpened"]
            self._came.append((number, event["appeal"]["id"], now))
            self._more.set()

    async def _gather(self, wanted: int) -> None:
        """Reports the deliveries when enough have arrived, and 0.2 s later, so that repeated ones are included."""
        async with asyncio.timeout(WITHIN):
            while len(self._came) < wanted:
                await self._next()
        await asyncio.sleep(0.2)
        came, self._came = self._came, []
        _tell(orjson.dumps(came).decode())

    async def _next(self) -> None:
        self._more.clear()
        await self._more.wait()


async def _say(socket: websockets.ClientConnection, **message: object) -> None:
    await socket.send(orjson.dumps(message).decode())


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(Phones(orjson.loads(sys.stdin.readline())).run())
