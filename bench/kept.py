"""The cache of documents: the time of a document's first request, and memory over many documents."""

import statistics
import time
from dataclasses import dataclass

import httpx
import orjson

from bench.contenders import TUNPING, Field, Request
from bench.load import autocannon
from bench.operations import OPERATIONS, READS, Kind, Operation
from bench.scratch import Scratch

NEW, AGAIN = 15, 3
REQUESTS, DOCUMENTS, PARTS, AT_ONCE = 200_000, 500, 8, 16


@dataclass(frozen=True, slots=True)
class First:
    """Milliseconds of a request with a document that is new to the server, and with a known one."""

    operation: Operation
    first_ms: float
    then_ms: float


def firsts(field: Field) -> list[First]:
    """Times each reading operation under new texts, in rounds, so that a slow minute affects all of them."""
    took: dict[Operation, list[list[float]]] = {each: [] for each in READS}
    with httpx.Client(timeout=30) as http:
        for number in range(NEW + 1):
            for each in READS:
                took[each].append(_asked(http, field, each, number))
    return [_first(each, took[each][1:]) for each in READS]


def _asked(http: httpx.Client, field: Field, operation: Operation, number: int) -> list[float]:
    body, headers = _variant(field, operation, number), _headers(field, operation)
    return [_time(http, field.addresses[TUNPING], body, headers) for _ in range(AGAIN + 1)]


def _first(operation: Operation, took: list[list[float]]) -> First:
    known = [again for _, *those in took for again in those]
    return First(operation, statistics.median(new for new, *_ in took), statistics.median(known))


def _time(http: httpx.Client, url: str, body: bytes, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    http.post(url, content=body, headers=headers).raise_for_status()
    return (time.perf_counter() - began) * 1e3


def _headers(field: Field, operation: Operation) -> dict[str, str]:
    return {"content-type": "application/json", "authorization": f"Bearer {field.tokens[operation.viewer]}"}


def _variant(field: Field, operation: Operation, number: int) -> bytes:
    """The operation with one more aliased field, which makes it a new document with another statement."""
    query = operation.query.replace("{ ", "{ first" + str(number) + ": __typename ", 1)
    return orjson.dumps({"query": query, "variables": field.register.variables(operation)})


def memory(scratch: Scratch, field: Field) -> list[tuple[int, float]]:
    """MiB of the server's process after each number of requests, which take 500 documents in turn."""
    reads = [each for each in OPERATIONS if each.kind in {Kind.LIST, Kind.OBJECT}]
    chosen = [(reads[number % len(reads)], number) for number in range(DOCUMENTS)]
    url = field.addresses[TUNPING]
    requests = [Request(url, _variant(field, each, n), field.tokens[each.viewer]) for each, n in chosen]
    found = []
    for part in range(1, PARTS + 1):
        done = autocannon(scratch, requests, AT_ONCE, amount=REQUESTS // PARTS)
        assert not done["failed"]
        found.append((part * REQUESTS // PARTS, field.processes[TUNPING].memory_info().rss / 2**20))
    return found
