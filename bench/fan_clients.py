"""Many subscribers in one process, which reports when each event reached each of them.

The first line of standard input is the job as JSON. Each further line is a number of deliveries to wait for.
"""

import asyncio
import resource
import sys
import time
from typing import Any

import orjson

from bench import wire

AT_ONCE = 50
WITHIN = 60.0


class Phones:
    """The subscribers and the events that they received."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._came: list[tuple[int, str, float]] = []
        self._more = asyncio.Event()
        self._opening = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Runs until standard input ends."""
        phones = await asyncio.gather(*(self._open(n, *each) for n, each in enumerate(self._job["subscribers"])))
        await asyncio.sleep(2)
        _tell("ready")
        while line := await asyncio.to_thread(sys.stdin.readline):
            await self._gather(int(line))
        for each in phones:
            each.close()

    async def _open(self, number: int, token: str, variables: dict[str, Any]) -> wire.Phone:
        greeted = asyncio.Event()

        def told(message: dict[str, Any]) -> None:
            if message["type"] != "next":
                assert message["type"] == "connection_ack", message
                greeted.set()
                return
            self._came.append((number, message["payload"]["data"]["appealOpened"]["appeal"]["id"], time.time()))
            self._more.set()

        async with self._opening:
            payload = {"query": self._job["query"], "variables": variables}
            phone = await wire.subscribe(self._job["url"], token, payload, told, WITHIN)
            await greeted.wait()
        return phone

    async def _gather(self, wanted: int) -> None:
        """Reports the deliveries when enough have arrived, and 0.2 s later, so that repeated ones are included."""
        async with asyncio.timeout(WITHIN):
            while len(self._came) < wanted:
                self._more.clear()
                await self._more.wait()
        await asyncio.sleep(0.2)
        came, self._came = self._came, []
        _tell(orjson.dumps(came).decode())


def _tell(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(Phones(orjson.loads(sys.stdin.readline())).run())


if __name__ == "__main__":
    main()
