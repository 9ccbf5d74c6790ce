"""The cost of row-level security: `python -m bench.walls` compares the server with one that runs without it.

Both run this checkout over one database, in alternating rounds as in :mod:`bench.versions`. Of two equal servers the
one that was started first takes a few per cent more time, so each is started first for half of the rounds.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import product

from bench.database import Databases, databases
from bench.operations import ACTS, OPERATIONS, READS, Operation
from bench.scratch import Scratch
from bench.server import COMMAND
from bench.versions import HEAD, SIZE, Round, loader_of, report, take

HALF = 5
"""Rounds of an operation in each of the two orders."""
UNWALLED = (sys.executable, "-m", "bench.peers.unwalled")


def main(name: str = "walls", without: Sequence[str] = UNWALLED) -> None:
    """Takes about ten minutes."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}", description=main.__doc__)
    parser.parse_args()
    with databases() as server:
        print(f"loading {SIZE}", file=sys.stderr)
        measure(server, server.make(name, "--scale", SIZE), without)


def measure(server: Databases, url: str, without: Sequence[str]) -> None:
    """Prints the ratios of the server to the one that another command starts."""
    scratch, commands = Scratch.prepare(), [("this", COMMAND), ("without", without)]
    # The acts come last, because the questions would read the thousands of rows that they add.
    taken: dict[Operation, list[Round]] = {each: [] for each in OPERATIONS}
    for asked, order in product((READS, ACTS), (commands, commands[::-1])):
        with ExitStack() as stack:
            started = {
                name: stack.enter_context(loader_of(name, url, command, server, scratch)) for name, command in order
            }
            for operation in asked:
                taken[operation] += take(started, operation, HALF)
    print(HEAD)
    for operation, rounds in taken.items():
        report(operation, rounds)


if __name__ == "__main__":
    main()
