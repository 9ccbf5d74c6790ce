"""`make bench`: installs the peers, measures everything, and writes bench/results.md."""

import argparse
import sys
from pathlib import Path

from bench import fan, growth, kept, moments, report, rounds, year
from bench.contenders import BARE, LOADERS, POSTGRAPHILE, TUNPING, field
from bench.database import databases
from bench.load import Loader, peak
from bench.operations import ACTS, OPERATIONS, READS
from bench.scratch import Scratch
from bench.server import RAISED

RESULTS = Path(__file__).with_name("results.md")
SIZE = "20k-households"
CONTENDERS = (TUNPING, POSTGRAPHILE, LOADERS, BARE)


def main() -> None:
    """Takes about fifty minutes on two cores. `--quick` takes four, shows that everything runs, and writes nothing."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of each operation, no file")
    parser.add_argument("--feed", action="store_true", help="the live feed alone, no file; twenty minutes")
    parser.add_argument("--year", action="store_true", help="the year by week and grid alone, no file; three minutes")
    given = parser.parse_args()
    print(
        "raised by settings for the load from one address: " + " ".join(map("=".join, RAISED.items())), file=sys.stderr
    )
    scratch = Scratch.prepare()
    with databases() as server:
        if given.year:
            print("\n".join(year.measure(scratch, server)))
            return
        print(f"loading {SIZE}", file=sys.stderr)
        url = server.make("register", "--scale", SIZE)
        if given.feed:
            print("\n".join(fan.lines(fan.measure(url, scratch))), flush=True)
            print("\n".join(moments.push()))
            return
        # What needs no contender comes first, because its failure then costs minutes instead of the whole run.
        single = [] if given.quick else moments.measure()
        with field(url, scratch, CONTENDERS) as started:
            loader = Loader(scratch, server, started)
            if given.quick:
                rounds.run(loader, OPERATIONS, (TUNPING, POSTGRAPHILE, BARE), rounds.CONNECTIONS, rounds=1)
                return
            found = report.Findings(
                at_16=rounds.run(loader, READS, CONTENDERS, rounds.CONNECTIONS, rounds=3),
                at_others={n: rounds.run(loader, READS, CONTENDERS[:2], n, rounds=1) for n in (1, 64)},
                floor=rounds.floor(started.statements, url, rounds.CONNECTIONS),
                memory={name: peak(process) for name, process in started.processes.items()},
                firsts=kept.firsts(started),
                held=kept.memory(scratch, started),
                moments=single,
            )
            # The acts come last, because the questions would read the thousands of rows that they add.
            for n, results in ((rounds.CONNECTIONS, found.at_16), *found.at_others.items()):
                results.update(rounds.run(loader, ACTS, CONTENDERS[:2], n, rounds=3))
        found.fan = fan.measure(url, scratch)
        found.growth = growth.measure(scratch, server)
        found.year = year.measure(scratch, server)
    RESULTS.write_text(report.written(found), encoding="utf-8")
    print(f"written: {RESULTS}", file=sys.stderr)


if __name__ == "__main__":
    main()
