"""Signals that end a command: the stack unwinds, so that everything that was started is stopped."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_ROUNDS, _ROUND = 10, 0.3
"""Number and seconds of the rounds in which remaining tasks are cancelled; 3 s in all, within supervisors' grace."""
Result = TypeVar("Result")
_signalled = list[int]()
"""The signals that came. An Event has a lock, on which a second signal would wait for the first for ever."""


def run(
    work: Coroutine[Any, Any, Result], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> Result:
    """Like asyncio.run, but it always ends, and after a signal it does not log errors of tasks that are cut off.

    Each signal cancels the work. When that has ended, the last one goes to the handler from before.
    """
    cut = _Cut()
    with cut.by_signals(), asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.get_loop().set_exception_handler(_unless_signalled)
        return runner.run(_with_cleanup(work, cut))


class _Cut:
    """Cancels the work of a loop when a signal comes. An exception from a handler could be lost inside of the loop."""

    def __init__(self) -> None:
        self._came: int | None = None
        self._cancel: Callable[[], object] | None = None

    @contextmanager
    def by_signals(self) -> Iterator[None]:
        kept = {each: signal.getsignal(each) for each in handled() if each.name != "SIGHUP"}
        for each in kept:
            signal.signal(each, self._note)
        try:
            yield
        finally:
            for each, handler in kept.items():
                signal.signal(each, handler)
            if self._came is not None:
                signal.raise_signal(self._came)

    def _note(self, number: int, _: object) -> None:
        self._came = number
        _signalled.append(number)
        if self._cancel is not None:
            self._cancel()

    @contextmanager
    def cancelling(self) -> Iterator[None]:
        """Signals cancel the current task until the end of the block."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def cancel() -> None:
            if self._cancel is not None:
                task.cancel()

        self._cancel = lambda: loop.call_soon_threadsafe(cancel)
        try:
            if self._came is not None:
                self._cancel()
            yield
        finally:
            self._cancel = None


async def _with_cleanup(work: Coroutine[Any, Any, Result], cut: _Cut) -> Result:
    """Cancels remaining tasks repeatedly. asyncio.run would not end if a library suppresses a cancellation."""
    try:
        with cut.cancelling():
            return await work
    finally:
        for _ in range(_ROUNDS):
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            if others:
                await asyncio.wait(others, timeout=_ROUND)


def _unless_signalled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if not _signalled:
        loop.default_exception_handler(context)


def end_cleanly(status: int) -> None:
    """Makes signals raise SystemExit, so that the embedded PostgreSQL is stopped too."""

    def end(number: int, _: object) -> None:
        _signalled.append(number)
        sys.exit(status)

    for number in handled():
        signal.signal(number, _hang_up if number.name == "SIGHUP" else end)


def _hang_up(*_: object) -> None:
    """Turns SIGHUP into SIGTERM, which uvicorn handles."""
    signal.raise_signal(signal.SIGTERM)


def hang_up_restarts() -> bool:
    """True if SIGHUP restarts the processes. With a terminal it ends them, because closing the terminal sends it."""
    return not os.isatty(0)


def pass_over_hang_up() -> None:
    """Drops SIGHUP until somebody heeds it. Not by SIG_IGN, after which nobody would."""
    if signal.SIGHUP in handled():
        signal.signal(signal.SIGHUP, lambda *_: None)


@contextmanager
def in_peace() -> Iterator[None]:
    """Ignores signals while something is stopped."""
    kept = {each: signal.signal(each, signal.SIG_IGN) for each in handled()}
    try:
        yield
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)


def signalled() -> asyncio.Event:
    """An event that a signal sets. The worker needs it because it catches exceptions of all kinds."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    def set_event(number: int, _: object) -> None:
        _signalled.append(number)
        loop.call_soon_threadsafe(event.set)

    for number in handled():
        signal.signal(number, set_event)
    return event


def handled() -> Iterator[signal.Signals]:
    """The ending signals of this system, without those that are ignored, such as SIGHUP under nohup."""
    for name in ENDING:
        if hasattr(signal, name) and signal.getsignal(signal.Signals[name]) is not signal.SIG_IGN:
            yield signal.Signals[name]
