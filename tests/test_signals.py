"""Signals end the work of a command, whatever it is about to do."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import nullcontext, suppress

import pytest

from api.commands import signals

STATUS = 3


@pytest.fixture(autouse=True)
def _ending() -> Iterator[None]:
    kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for each in kept:
        signal.signal(each, signal.SIG_DFL)  # Under nohup SIGHUP is ignored, and what is ignored is not handled.
    signals.end_cleanly(STATUS)
    try:
        yield
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)
        signals._signalled.clear()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_work_in_order(number: signal.Signals) -> None:
    ended = list[str]()

    async def work() -> None:
        asyncio.get_running_loop().call_soon(signal.raise_signal, number)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("work")

    with pytest.raises(SystemExit, match=str(STATUS)):
        signals.run(work())
    assert ended == ["work"]


def test_a_second_signal_ends_work_that_suppressed_the_first() -> None:
    async def work() -> None:
        for suppressed in (suppress(asyncio.CancelledError), nullcontext()):
            signal.raise_signal(signal.SIGTERM)
            with suppressed:
                await asyncio.Event().wait()

    with pytest.raises(SystemExit, match=str(STATUS)):
        signals.run(work())


def test_work_that_ends_in_spite_of_a_signal_is_ended_by_it() -> None:
    async def work() -> None:
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(SystemExit, match=str(STATUS)):
        signals.run(work())


def test_sighup_is_passed_over_until_somebody_heeds_it() -> None:
    signals.pass_over_hang_up()

    async def work() -> str:
        signal.raise_signal(signal.SIGHUP)
        await asyncio.sleep(0)
        return "prepared"

    assert signals.run(work()) == "prepared"
    assert signal.SIGHUP in signals.handled()


def test_what_is_stopped_is_stopped_in_peace() -> None:
    with signals.in_peace():
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.raise_signal(each)
    with pytest.raises(SystemExit):
        signal.raise_signal(signal.SIGTERM)
