"""Single moments that somebody waits for: the push of an appeal, a day's duties, an import."""

import asyncio

from bench import duty, imports, live
from bench.server import serving


def measure() -> list[str]:
    """A sentence for each."""
    with serving() as server:
        told = asyncio.run(live.measure(server)).lines()
    return [*told, *duty.measure(), *imports.measure()]
