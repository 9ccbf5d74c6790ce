"""A phone's first copy of a grid: the time that a client takes for all pages, and the bytes that it receives."""

import statistics
import time
from dataclasses import dataclass

import httpx
import orjson

from bench.server import Server

ROUNDS = 5
CHANGES = """query($after: String) { changes(checkpoint: $after, limit: 1000) { documents checkpoint hasMore } }"""


@dataclass(frozen=True, slots=True)
class FirstCopy:
    """The result of a copy: seconds, pages, documents, and bytes as they were sent."""

    seconds: float
    pages: int
    documents: int
    bytes: int


def measure(server: Server, username: str) -> str:
    """The median of some copies, one after another. The first is not counted: a server that has just started plans."""
    headers = {"authorization": f"Bearer {server.token(username)}", "accept-encoding": "gzip"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as http:
        copies = [_copy(http) for _ in range(1 + ROUNDS)][1:]
    seconds, last = statistics.median(each.seconds for each in copies), copies[-1]
    return (
        f"first copy of a phone, {last.documents:,} documents: {seconds:.2f} s,"
        f" {last.pages} pages, {last.bytes / 1024:.0f} KB"
    )


def _copy(http: httpx.Client) -> FirstCopy:
    after, more, pages, documents, size, began = None, True, 0, 0, 0, time.perf_counter()
    while more:
        answer = http.post("/graphql", json={"query": CHANGES, "variables": {"after": after}})
        page = orjson.loads(answer.content)["data"]["changes"]
        after, more = page["checkpoint"], page["hasMore"]
        pages, documents, size = pages + 1, documents + len(page["documents"]), size + answer.num_bytes_downloaded
    return FirstCopy(time.perf_counter() - began, pages, documents, size)
