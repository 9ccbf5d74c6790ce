"""`python -m bench.sign_ins`: guessing, spraying, locking out and timing against a started server."""

import asyncio
import statistics
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context

import httpx

from bench.server import PASSWORD, serving

GUESSES, NAMES, ROUNDS = 400, 200, 40
WRONG = "123456"
KNOWN = [f"网格员{number:02}" for number in range(1, 11)]
ADDRESSES = (f"198.18.{number // 250}.{number % 250}" for number in count())
"""Addresses for measurements (RFC 2544), each used once. The server takes them from the header that a proxy writes."""


class Client:
    """Signs in from any address."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def try_(self, username: str, password: str = WRONG, address: str | None = None) -> tuple[str, float]:
        """Signs in once. Returns the meaning of the answer, and the seconds until it came."""
        form = {"grant_type": "password", "username": username, "password": password}
        headers = {"x-forwarded-for": address or next(ADDRESSES)}
        began = time.perf_counter()
        answer = await self._http.post("/auth/token", data=form, headers=headers)
        return _meaning(answer), time.perf_counter() - began


def _meaning(answer: httpx.Response) -> str:
    if answer.status_code == 200:
        return "signed in"
    if answer.status_code == 503:
        return "busy"
    return "locked" if "retry-after" in answer.headers else "wrong"


def _client(url: str) -> httpx.AsyncClient:
    """Each request has a connection of its own, as those of different people have."""
    return httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))


async def measure(url: str) -> list[str]:
    async with _client(url) as http:
        client = Client(http)
        await client.try_(KNOWN[0], PASSWORD)
        return [
            *[await _timing(client, at_once) for at_once in (1, 4)],
            await _spraying(client),
            await _flood(client, url, "one name", ["书记01"] * GUESSES),
            await _flood(client, url, "many names", [f"name {number}" for number in range(GUESSES)]),
            await _locking_out(client),
        ]


async def _timing(client: Client, at_once: int) -> str:
    """Known and unknown names in turn. A right password after four wrong ones keeps a name from being locked."""
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(ROUNDS):
        known = KNOWN[number % len(KNOWN)]
        names = [("known", known), ("unknown", f"nobody {at_once} {number}")]
        for turn in range(4 // at_once):
            for kind, name in names if (number + turn) % 2 else reversed(names):
                tries = await asyncio.gather(*(client.try_(name) for _ in range(at_once)))
                assert {said for said, _ in tries} == {"wrong"}, tries
                taken[kind] += [seconds for _, seconds in tries]
        await client.try_(known, PASSWORD)
    medians = {kind: statistics.median(seconds) * 1e3 for kind, seconds in taken.items()}
    said = ", ".join(f"{kind} name {median:.1f} ms" for kind, median in medians.items())
    apart = abs(medians["known"] - medians["unknown"])
    return f"wrong password, {at_once} at once (median of {len(taken['known'])}): {said}; apart {apart:.1f} ms"


async def _spraying(client: Client) -> str:
    address, began = next(ADDRESSES), time.perf_counter()
    said = Counter([(await client.try_(f"sprayed {number}", address=address))[0] for number in range(NAMES)])
    return f"one password under {NAMES} names from one address: {_told(said)} in {time.perf_counter() - began:.1f} s"


async def _flood(client: Client, url: str, what: str, names: list[str]) -> str:
    """Guesses at once from one address, by a process of their own, and people who sign in from others meanwhile."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        flood = asyncio.get_running_loop().run_in_executor(process, _guess_all, url, next(ADDRESSES), names)
        met = [await client.try_("网格长01", PASSWORD)]
        while not flood.done():
            met.append(await client.try_("网格长01", PASSWORD))
        answers = await flood
    longest = max(seconds for _, seconds in met)
    others = f"{_told(Counter(said for said, _ in met))}, after {longest * 1e3:.0f} ms at most"
    return f"{len(names)} guesses at once under {what}: {_told(answers)}; people elsewhere: {others}"


def _guess_all(url: str, address: str, names: list[str]) -> Counter[str]:
    async def guess() -> Counter[str]:
        async with _client(url) as http:
            tries = await asyncio.gather(*(Client(http).try_(name, address=address) for name in names))
            return Counter(said for said, _ in tries)

    return asyncio.run(guess())


async def _locking_out(client: Client) -> str:
    address = next(ADDRESSES)
    for _ in range(6):
        await client.try_("社区01", address=address)
    said, _ = await client.try_("社区01", PASSWORD)
    return f"after six wrong guesses from one address, the person at another: {said}"


def _told(said: Counter[str]) -> str:
    return ", ".join(f"{number} {each}" for each, number in said.most_common())


def main() -> None:
    environment = {"TUNPING_WORKER": "false", "TUNPING_BEHIND_PROXY": "true"}
    with serving(environment=environment) as server:
        for line in asyncio.run(measure(server.url)):
            print(line)


if __name__ == "__main__":
    main()
