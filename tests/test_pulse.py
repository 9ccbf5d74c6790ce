"""When silent sockets are asked whether they are there."""

import asyncio
from collections.abc import Iterator

import pytest

from api.http.pulse import GRAIN, PING_AFTER, PONG_WITHIN, Beating, Pulse


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock is turned by hand."""

    now = 0.0

    def time(self) -> float:
        return self.now


class Phone:
    """A socket that notes when it was asked, and when it was given up."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.asked: list[float] = []
        self.lost: list[float] = []

    def ask(self) -> None:
        self.asked.append(self._loop.now)

    def lose(self) -> None:
        self.lost.append(self._loop.now)


@pytest.fixture
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


def live(loop: Loop, pulse: Pulse, seconds: float, others: list[Beating]) -> None:
    """Lets time pass, in steps shorter than the grain. In each step one of the others sends something."""

    async def hear(step: int) -> None:
        if others:
            pulse.heard(others[step % len(others)])

    for step in range(round(seconds / (GRAIN / 5))):
        loop.now += GRAIN / 5
        loop.run_until_complete(hear(step))


@pytest.mark.parametrize("talking", [0, 3_000])
def test_a_silent_socket_is_asked_and_given_up_whoever_else_talks(loop: Loop, talking: int) -> None:
    pulse, silent = Pulse(), Phone(loop)

    async def begin() -> None:
        pulse.heard(silent)

    loop.run_until_complete(begin())
    live(loop, pulse, PING_AFTER + PONG_WITHIN + 1, [Phone(loop) for _ in range(talking)])
    assert silent.asked == [pytest.approx(PING_AFTER, abs=2 * GRAIN)]
    assert silent.lost == [pytest.approx(PING_AFTER + PONG_WITHIN, abs=4 * GRAIN)]
