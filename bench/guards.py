"""The cost of the guards: `python -m bench.guards` compares the server with one that runs without them.

The guards against clients that ask too much are the estimated cost, the rates, the places for heavy operations, the
check of ended sign-ins, and the deadlines of slow clients. Both servers run this checkout over one database, in
alternating rounds as in :mod:`bench.versions`.
"""

import sys

from bench import walls

UNGUARDED = (sys.executable, "-m", "bench.peers.unguarded")

if __name__ == "__main__":
    walls.main("guards", UNGUARDED)
