"""Signals that end a command: the stack unwinds, and what was started is stopped."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from threading import Event
from typing import Any, TypeVar

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_ROUNDS, _ROUND = 10, 0.3
"""How often, and after how many seconds, what is left at the end is cancelled again."""
Result = TypeVar("Result")
_told_to_end = Event()


def run(
    work: Coroutine[Any, Any, Result], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> Result:
    """As asyncio.run, but it ends, and is silent about failures that come from being cut short."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.get_loop().set_exception_handler(_unless_cut_short)
        return runner.run(_to_the_end(work))


async def _to_the_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Ends all other tasks too. A library may catch a cancellation, and asyncio.run would wait for it for ever."""
    try:
        return await work
    finally:
        for _ in range(_ROUNDS):
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            if others:
                await asyncio.wait(others, timeout=_ROUND)


def _unless_cut_short(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if not _told_to_end.is_set():
        loop.default_exception_handler(context)


def end_cleanly(status: int) -> None:
    """Signals unwind the stack, so that the embedded PostgreSQL is stopped too."""

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        _told_to_end.set()
        sys.exit(status)

    for number in _heeded():
        signal.signal(number, _hang_up if number.name == "SIGHUP" else end)


def _hang_up(*_: object) -> None:
    """A closed terminal is the same as SIGTERM, which uvicorn knows."""
    signal.raise_signal(signal.SIGTERM)


def told() -> asyncio.Event:
    """An event that a signal sets. The worker cannot be ended by an exception: it catches failures of any kind."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(*_: object) -> None:
        _told_to_end.set()
        loop.call_soon_threadsafe(event.set)

    for number in _heeded():
        signal.signal(number, tell)
    return event


def _heeded() -> Iterator[signal.Signals]:
    """The ending signals that this system has. One that is ignored stays so, as nohup wants."""
    for name in ENDING:
        if hasattr(signal, name) and signal.getsignal(signal.Signals[name]) is not signal.SIG_IGN:
            yield signal.Signals[name]
