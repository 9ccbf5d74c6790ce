"""Single measurements: the push of an appeal, duties at scale, an import."""

import asyncio

from bench import duty, imports, live
from bench.server import serving


def measure() -> list[str]:
    with serving() as server:
        push = asyncio.run(live.measure(server)).lines()
    return [*push, *duty.measure(), *imports.measure()]
