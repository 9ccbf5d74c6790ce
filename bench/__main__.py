"""`make bench`: starts a server, measures it, prints a table."""

import asyncio
import platform

from bench import duty, imports, live, reads
from bench.server import serving


def main() -> None:
    """Everything, one after the other."""
    with serving() as server:
        print(f"Python {platform.python_version()}, {platform.machine()}, one server process, the demo of 2023\n")
        print(f"{'query':34} {'first ms':>9} {'then ms':>9} {'CPU ms':>8} {'KiB':>7}")
        for cost in reads.measure(server):
            print(f"{cost.name:34} {cost.first_ms:9.1f} {cost.median_ms:9.2f} {cost.cpu_ms:8.2f} {cost.kilobytes:7.1f}")
        print("\nCPU is that of the server's Python process for one request of a known document.\n")
        print("\n".join(asyncio.run(live.measure(server)).lines()))
    print("\n" + "\n".join(asyncio.run(duty.measure())))
    print("\n" + "\n".join(asyncio.run(imports.measure())))


if __name__ == "__main__":
    main()
