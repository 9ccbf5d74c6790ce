"""Rounds of load: the contenders take turns, so that a slow minute affects all of them."""

import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from bench.load import Loader, Sample
from bench.operations import Operation
from bench.scratch import PGBENCH
from bench.statements import Statement

Results: TypeAlias = dict[tuple[Operation, str], Sample]
"""By operation and contender."""
FLOOR = "pgbench"
CONNECTIONS = 16
SECONDS = 2  # of a round of one operation


def run(
    loader: Loader, operations: Sequence[Operation], contenders: Sequence[str], connections: int, *, rounds: int
) -> Results:
    """Runs each operation in rounds. The first one warms up; the results are the medians of the others."""
    found: Results = {}
    for operation in operations:
        asked = [name for name in contenders if loader.check(name, operation) is not None]
        samples: dict[str, list[Sample]] = {name: [] for name in asked}
        for number in range(rounds + 1):
            for name in asked:
                sample = loader.run(name, operation, connections, SECONDS if number else SECONDS / 2)
                if number:
                    samples[name].append(sample)
        found |= {(operation, name): _median(taken) for name, taken in samples.items()}
        speeds = ", ".join(f"{name} {found[operation, name].rps:,.0f}" for name in asked)
        print(f"{connections} connections, {operation.name}: {speeds} a second", file=sys.stderr)
    return found


def _median(samples: Sequence[Sample]) -> Sample:
    return Sample(*(statistics.median(values) for values in zip(*(each.values() for each in samples), strict=True)))


def floor(statements: Mapping[Operation, Statement], url: str, connections: int) -> dict[Operation, float]:
    """Transactions a second of the same statements in pgbench."""
    return {operation: _pgbench(each, url, connections) for operation, each in statements.items()}


def _pgbench(statement: Statement, url: str, connections: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "statement.sql"
        script.write_text(statement.for_pgbench(), encoding="utf-8")
        load = ("-n", "-M", "prepared", "-c", str(connections), "-T", str(SECONDS), "-f", str(script))
        done = subprocess.run([str(PGBENCH), *load, "-d", url], capture_output=True, text=True, check=True)
    tps = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    assert tps is not None, done.stdout
    return float(tps[1])
