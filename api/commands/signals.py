"""Signals that end a command: the stack unwinds, so that everything that was started is stopped."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from threading import Event
from typing import Any, TypeVar

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_ROUNDS, _ROUND = 10, 0.3
"""Number and seconds of the rounds in which remaining tasks are cancelled; 3 s in all, within supervisors' grace."""
Result = TypeVar("Result")
_signalled = Event()


def run(
    work: Coroutine[Any, Any, Result], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> Result:
    """Like asyncio.run, but it always ends, and after a signal it does not log errors of tasks that are cut off."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.get_loop().set_exception_handler(_unless_signalled)
        return runner.run(_with_cleanup(work))


async def _with_cleanup(work: Coroutine[Any, Any, Result]) -> Result:
    """Cancels remaining tasks repeatedly. asyncio.run would not end if a library suppresses a cancellation."""
    try:
        return await work
    finally:
        for _ in range(_ROUNDS):
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            if others:
                await asyncio.wait(others, timeout=_ROUND)


def _unless_signalled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if not _signalled.is_set():
        loop.default_exception_handler(context)


def end_cleanly(status: int) -> None:
    """Makes signals raise SystemExit, so that the embedded PostgreSQL is stopped too."""

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        _signalled.set()
        sys.exit(status)

    for number in handled():
        signal.signal(number, _hang_up if number.name == "SIGHUP" else end)


def _hang_up(*_: object) -> None:
    """Turns SIGHUP into SIGTERM, which uvicorn handles."""
    signal.raise_signal(signal.SIGTERM)


def signalled() -> asyncio.Event:
    """An event that a signal sets. The worker needs it because it catches exceptions of all kinds."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    def set_event(*_: object) -> None:
        _signalled.set()
        loop.call_soon_threadsafe(event.set)

    for number in handled():
        signal.signal(number, set_event)
    return event


def handled() -> Iterator[signal.Signals]:
    """The ending signals of this system, without those that are ignored, such as SIGHUP under nohup."""
    for name in ENDING:
        if hasattr(signal, name) and signal.getsignal(signal.Signals[name]) is not signal.SIG_IGN:
            yield signal.Signals[name]
