"""Writes bench/results.md: tables of the results, and bench/notes.md below them."""

import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

from bench import fan
from bench.contenders import BARE, LOADERS, POSTGRAPHILE, TUNPING
from bench.fan import FanCost
from bench.growth import Grown
from bench.kept import DOCUMENTS, First
from bench.load import Sample
from bench.operations import OPERATIONS, READS, Kind, Operation
from bench.rounds import FLOOR, Results
from bench.scratch import PACKAGES, PGBENCH

NOTES = Path(__file__).with_name("notes.md")
GOALS = {Kind.LIST: 2.0, Kind.OBJECT: 1.3}
"""Requests a second as multiples of PostGraphile's, at 16 connections."""
OF_BARE = 0.75
"""The share of the bare route's requests a second that lists reach."""


@dataclass
class Findings:
    at_16: Results
    at_others: Mapping[int, Results]
    floor: Mapping[Operation, float]
    memory: Mapping[str, int]
    firsts: Sequence[First]
    held: Sequence[tuple[int, float]]
    moments: Sequence[str]
    fan: Sequence[FanCost] = field(default_factory=list)
    growth: Sequence[Grown] = field(default_factory=list)
    year: Sequence[str] = field(default_factory=list)


def written(found: Findings) -> str:
    """The content of the file."""
    parts = (
        _head(),
        _section("Requests a second, 16 connections", _speeds(found)),
        _section("What a request costs, 16 connections", _costs(found)),
        *(_section(f"{_plural(n)}", _few(results)) for n, results in found.at_others.items()),
        _section(
            "Peak memory of one process",
            [f"- {name}: {bytes_ / 2**20:.0f} MiB" for name, bytes_ in found.memory.items()],
        ),
        _section("First request of a new document", _firsts(found)),
        _section(f"{found.held[-1][0]:,} requests of {DOCUMENTS} documents", _held(found)),
        _section("The live feed", fan.lines(found.fan)),
        _section("Growth", _growth(found.growth)),
        _section("A year of 100,000 appeals by week and grid", found.year),
        _section("Moments", [f"- {line}" for line in found.moments]),
        NOTES.read_text(encoding="utf-8").strip(),
    )
    return "\n\n".join(parts) + "\n"


def _plural(connections: int) -> str:
    return f"{connections} connections" if connections > 1 else "One connection"


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"## {title}", "", *lines])


def _head() -> str:
    said = subprocess.run([str(PGBENCH), "--version"], capture_output=True, text=True, check=True)
    postgres = said.stdout.split()[-1]
    python = f"Python {platform.python_version()}, strawberry-graphql {version('strawberry-graphql')}"
    memory = f"{psutil.virtual_memory().total / 2**30:.0f} GiB"
    node = ", ".join(f"{name} {number}" for name, number in PACKAGES.items())
    return "\n".join(
        [
            "# Measured",
            "",
            "Written by `make bench`. Absolute figures are those of one small machine; the ratios are the point.",
            "",
            f"- {platform.system()} {platform.machine()}, {psutil.cpu_count()} cores, {memory}; PostgreSQL {postgres};",
            f"  {python}; {node}",
            "- one server process each, over one database; the load generator runs on the same cores",
            "- 20,000 households, 100,000 appeals; viewers of one community of ten, signed in, with all limits",
            "- rounds are interleaved, the first only warms up; medians of the others",
        ]
    )


def _speeds(found: Findings) -> list[str]:
    names = f"{TUNPING} | {POSTGRAPHILE} | {LOADERS} | {BARE} | {FLOOR}"
    head = f"| operation | {names} | to PostGraphile | CPU to PostGraphile | of bare | goal |"
    told = "CPU is that of server and PostgreSQL together for each request: below 1 is less than PostGraphile's."
    return [told, "", head, "|---|" + "---:|" * 8 + "---|", *(_speed(found, each) for each in OPERATIONS)]


def _speed(found: Findings, operation: Operation) -> str:
    rps = {name: found.at_16[operation, name].rps for name in _NAMES if (operation, name) in found.at_16}
    floor = found.floor.get(operation)
    shown = [_count(rps.get(name)) for name in _NAMES]
    bare = rps[TUNPING] / rps[BARE] if BARE in rps else None
    ratios = _ratios(found, operation)
    shown += [_count(floor), *([f"{ratios[0]:.1f}", f"{ratios[1]:.2f}"] if ratios else ["", ""])]
    shown += [f"{bare:.2f}" if bare else "", _goal(operation, ratios, bare)]
    return f"| {operation.name} | {' | '.join(shown)} |"


_NAMES = (TUNPING, POSTGRAPHILE, LOADERS, BARE)


def _cpu(cost: Sample) -> float:
    return cost.cpu_ms + cost.postgres_ms


def _ratios(found: Findings, operation: Operation) -> tuple[float, float] | None:
    """Requests a second and CPU to PostGraphile's; None if it does not offer the operation."""
    its = found.at_16.get((operation, POSTGRAPHILE))
    own = found.at_16[operation, TUNPING]
    return (own.rps / its.rps, _cpu(own) / _cpu(its)) if its else None


def _goal(operation: Operation, ratios: tuple[float, float] | None, bare: float | None) -> str:
    wanted = GOALS.get(operation.kind)
    if wanted is None or ratios is None:
        return ""
    ratio, cpu = ratios
    met = ratio >= wanted and cpu < 1 and (operation.kind is not Kind.LIST or bare is None or bare >= OF_BARE)
    return "met" if met else "missed"


def _count(value: float | None) -> str:
    return f"{value:,.0f}" if value else ""


def _costs(found: Findings) -> list[str]:
    head = "| operation | contender | p50 ms | p99 ms | server's CPU ms | PostgreSQL's CPU ms | bytes |"
    asked = [(each, name) for each in OPERATIONS for name in _NAMES if (each, name) in found.at_16]
    rows = [_cost(*each, found.at_16[each]) for each in asked]
    return [head, "|---|---|" + "---:|" * 5, *rows]


def _cost(operation: Operation, name: str, cost: Sample) -> str:
    times = f"{cost.p50:.1f} | {cost.p99:.1f} | {cost.cpu_ms:.2f} | {cost.postgres_ms:.2f}"
    return f"| {operation.name} | {name} | {times} | {cost.bytes:,.0f} |"


def _few(results: Results) -> list[str]:
    each = "a second | p50 ms | p99 ms | CPU ms | PostgreSQL's CPU ms"
    head = f"| operation | Tunping {each} | PostGraphile {each} | ratio |"
    return [
        head,
        "|---|" + "---:|" * 11,
        *(_pair(results, each) for each in OPERATIONS if (each, POSTGRAPHILE) in results),
    ]


def _pair(results: Results, operation: Operation) -> str:
    ours, theirs = results[operation, TUNPING], results[operation, POSTGRAPHILE]
    shown = [
        f"{each.rps:,.0f} | {each.p50:.1f} | {each.p99:.1f} | {each.cpu_ms:.2f} | {each.postgres_ms:.2f}"
        for each in (ours, theirs)
    ]
    return f"| {operation.name} | {' | '.join(shown)} | {ours.rps / theirs.rps:.1f} |"


def _firsts(found: Findings) -> list[str]:
    rows = [
        f"| {each.operation.name} | {each.first_ms:.1f} | {each.then_ms:.1f} | {each.first_ms - each.then_ms:.1f} |"
        for each in found.firsts
    ]
    return ["| operation | first ms | then ms | for being new |", "|---|---:|---:|---:|", *rows]


def _held(found: Findings) -> list[str]:
    rows = [f"| {count:,} | {mebibytes:.0f} |" for count, mebibytes in found.held]
    return ["| requests so far | MiB of the server's process |", "|---:|---:|", *rows]


def _growth(grown: Sequence[Grown]) -> list[str]:
    head = " | ".join(f"{each.appeals:,} appeals" for each in grown)
    rows = []
    for operation in READS:
        samples = [each.results[operation, TUNPING] for each in grown]
        shown = " | ".join(f"{each.rps:,.0f} ({each.postgres_ms:.2f})" for each in samples)
        rows.append(f"| {operation.name} | {shown} | {samples[-1].postgres_ms / samples[0].postgres_ms:.2f} |")
    told = "Tunping's requests a second, 16 connections; in brackets the milliseconds of PostgreSQL's CPU for each."
    return [told, "", f"| operation | {head} | PostgreSQL, last to first |", "|---|" + "---:|" * 4, *rows]
