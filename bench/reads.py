"""What a query costs: CPU of the server's process, and time as a client sees it."""

import statistics
import time
from dataclasses import dataclass
from typing import Any

import httpx

from bench.server import Server

ROUNDS = 300
QUERIES: dict[str, str] = {
    "one appeal": "{ appeals(first: 1) { nodes { id body statusLabel household { room } } } }",
    "20 appeals, nested": """{ appeals(first: 20) { nodes { id body statusLabel openedAt
        household { room building { name } } resident { name } } } }""",
    "50 households, residents, visits": """{ households(first: 50) { nodes { id address
        residents { name colours } visits(first: 3) { nodes { occurredAt mode worker { name } note } } } } }""",
    "100 residents, total": """{ residents(first: 100) { totalCount pageInfo { hasNextPage endCursor }
        nodes { id name colours household { room building { name grid { name } } } } } }""",
    "statistics of a year": """{ statistics(between: {first: "2023-01-01", last: "2023-12-31"}) {
        disputes { total successRate byType { label count } } directLine { problems byCategory { label count } }
        visits { total } } }""",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one query."""

    name: str
    first_ms: float
    cpu_ms: float
    median_ms: float
    kilobytes: float


def measure(server: Server) -> list[Cost]:
    """Each query as the community's secretary, over one kept connection."""
    headers = {"authorization": f"Bearer {server.token('书记01')}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as http:
        http.post("/graphql", json={"query": "{ __typename }"})
        return [_measure(server, http, name, query) for name, query in QUERIES.items()]


def _measure(server: Server, http: httpx.Client, name: str, query: str) -> Cost:
    body: dict[str, Any] = {"query": query}
    began = time.perf_counter()
    answer = http.post("/graphql", json=body)
    first = time.perf_counter() - began
    assert "errors" not in answer.json(), answer.text
    for _ in range(20):
        http.post("/graphql", json=body)
    times, cpu = [], server.cpu()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        http.post("/graphql", json=body)
        times.append(time.perf_counter() - began)
    spent = (server.cpu() - cpu) / ROUNDS
    return Cost(name, first * 1e3, spent * 1e3, statistics.median(times) * 1e3, len(answer.content) / 1024)
