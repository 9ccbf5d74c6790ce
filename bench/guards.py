"""The cost of the guards: `python -m bench.guards` compares the server with one that runs without them.

The guards against clients that ask too much are the estimated cost, the rates, the places for heavy operations, the
check of ended sign-ins, and the deadlines of slow clients. Both servers run this checkout over one database, in
alternating rounds as in :mod:`bench.versions`.
"""

import argparse
import sys

from bench.database import databases
from bench.operations import OPERATIONS
from bench.versions import SIZE
from bench.walls import measure

UNGUARDED = (sys.executable, "-m", "bench.peers.unguarded")


def main() -> None:
    """Takes about eight minutes."""
    parser = argparse.ArgumentParser(prog="python -m bench.guards", description=main.__doc__)
    parser.parse_args()
    with databases() as server:
        print(f"loading {SIZE}", file=sys.stderr)
        measure(server, server.make("guards", "--scale", SIZE), OPERATIONS, UNGUARDED)


if __name__ == "__main__":
    main()
