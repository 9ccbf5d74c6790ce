"""Single measurements: the push of an appeal, pages under attack, duties at scale, an import."""

import asyncio

from bench import attacks, duty, imports, live
from bench.server import Server, serving


def push() -> list[str]:
    """The push of an appeal alone."""
    with serving() as server:
        return _pushed(server)


def measure() -> list[str]:
    with serving() as server:
        pushed = _pushed(server)
        siege = asyncio.run(attacks.measure(server)).lines()
    return [*pushed, *siege, *duty.measure(), *imports.measure()]


def _pushed(server: Server) -> list[str]:
    return [line for pause in (0.0, live.PAUSE) for line in asyncio.run(live.measure(server, pause)).lines()]
