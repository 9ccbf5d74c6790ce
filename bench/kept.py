"""What is kept: the time of a document's first request, and memory over many requests of many documents."""

import statistics
import time
from dataclasses import dataclass

import httpx
import orjson

from bench.contenders import TUNPING, Field, Request
from bench.load import autocannon
from bench.operations import OPERATIONS, Kind, Operation
from bench.scratch import Scratch

NEW = 9
REQUESTS, DOCUMENTS, PARTS, AT_ONCE = 200_000, 500, 8, 16


@dataclass(frozen=True, slots=True)
class First:
    """Milliseconds of a document that is new to the server, and of the same once it is known."""

    operation: Operation
    first_ms: float
    then_ms: float


def firsts(field: Field) -> list[First]:
    """Every operation that reads, under nine new texts each."""
    return [_first(field, operation) for operation in OPERATIONS if operation.kind is not Kind.CHANGE]


def _first(field: Field, operation: Operation) -> First:
    new, known = [], []
    with httpx.Client(headers=_headers(field, operation), timeout=30) as http:
        for number in range(NEW + 1):
            body = _variant(field, operation, number)
            took = [_time(http, field.addresses[TUNPING], body) for _ in range(4)]
            if number:
                new.append(took[0])
                known += took[1:]
    return First(operation, statistics.median(new) * 1e3, statistics.median(known) * 1e3)


def _time(http: httpx.Client, url: str, body: bytes) -> float:
    began = time.perf_counter()
    http.post(url, content=body).raise_for_status()
    return time.perf_counter() - began


def _headers(field: Field, operation: Operation) -> dict[str, str]:
    return {"content-type": "application/json", "authorization": f"Bearer {field.tokens[operation.viewer]}"}


def _variant(field: Field, operation: Operation, number: int) -> bytes:
    """The operation under another text, with a statement of its own: its first field under another name."""
    query = operation.query.replace("{ ", "{ first" + str(number) + ": __typename ", 1)
    return orjson.dumps({"query": query, "variables": field.register.variables(operation)})


def memory(scratch: Scratch, field: Field) -> list[tuple[int, float]]:
    """MiB of the server's process after so many requests, drawn in turn from five hundred documents."""
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
