"""Single measurements: the push of an appeal, pages under attack, duties at scale, an import."""

import asyncio

from bench import attacks, duty, imports, live
from bench.server import serving


def measure() -> list[str]:
    with serving() as server:
        push = asyncio.run(live.measure(server)).lines()
        siege = asyncio.run(attacks.measure(server)).lines()
    return [*push, *siege, *duty.measure(), *imports.measure()]
