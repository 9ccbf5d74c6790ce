"""The same operations over registers of a tenth and of ten times the size."""

import sys
from dataclasses import dataclass

from bench import rounds
from bench.contenders import TUNPING, field
from bench.database import Databases
from bench.load import Loader
from bench.operations import READS
from bench.rounds import Results
from bench.scratch import Scratch

SIZES = ("2k-households", "20k-households", "200k-households")
APPEALS = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Grown:
    """Tunping's results over a register with this many appeals."""

    appeals: int
    results: Results


def measure(scratch: Scratch, server: Databases) -> list[Grown]:
    found = []
    for size, appeals in zip(SIZES, APPEALS, strict=True):
        print(f"loading {size}", file=sys.stderr)
        url = server.make(f"grown_{size.partition('-')[0]}", "--scale", size)
        with field(url, scratch, (TUNPING,)) as started:
            loader = Loader(scratch, server, started)
            found.append(Grown(appeals, rounds.run(loader, READS, (TUNPING,), rounds.CONNECTIONS, rounds=2)))
    return found
