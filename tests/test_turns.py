"""Turns at hashing: few at once, a bounded queue, and no source before the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from api.http.turns import Busy, Turns


class Hall:
    """Sources that come for turns, and the order in which they get them."""

    def __init__(self, at_once: int = 1, most_waiting: int = 6, most_of_one: int = 4) -> None:
        self.turns = Turns(at_once, most_waiting, most_of_one)
        self.served: list[str] = []
        self.waiting: list[asyncio.Task[None]] = []

    async def come(self, *sources: str, ahead: bool = False) -> None:
        """They queue one after the other."""
        for source in sources:
            self.waiting.append(asyncio.create_task(self._wait(source, ahead)))
            await asyncio.sleep(0)

    async def _wait(self, source: str, ahead: bool) -> None:
        async with self.turns.turn(source, ahead=ahead):
            self.served.append(source)

    @asynccontextmanager
    async def full(self, sources: int = 1) -> AsyncIterator[None]:
        """All turns are taken within the block; afterwards everybody is through."""
        async with AsyncExitStack() as taken:
            for _ in range(sources):
                await taken.enter_async_context(self.turns.turn("taken"))
            yield
        await asyncio.gather(*self.waiting, return_exceptions=True)

    @property
    def refused(self) -> int:
        return sum(isinstance(each.exception(), Busy) for each in self.waiting if not each.cancelled())


async def test_a_free_turn_is_taken_at_once() -> None:
    hall = Hall(at_once=2)
    async with hall.turns.turn("a"), hall.turns.turn("a"):
        await hall.come("a")
        assert hall.served == []
    await asyncio.gather(*hall.waiting)
    assert hall.served == ["a"]


async def test_sources_are_served_in_rotation() -> None:
    hall = Hall()
    async with hall.full():
        await hall.come("flood", "flood", "flood", "flood", "wang", "li")
    assert hall.served == ["flood", "wang", "li", "flood", "flood", "flood"]


async def test_one_source_fills_its_own_line_only() -> None:
    hall = Hall()
    async with hall.full():
        await hall.come(*["flood"] * 9, "wang")
    assert (hall.served.count("flood"), hall.served.count("wang"), hall.refused) == (4, 1, 5)


async def test_when_the_queue_is_full_the_longest_line_gives_way() -> None:
    hall = Hall()
    async with hall.full():
        await hall.come(*["flood"] * 4, *["other"] * 2, "wang")
    assert (sorted(hall.served), hall.refused) == (["flood"] * 3 + ["other"] * 2 + ["wang"], 1)


async def test_when_all_lines_are_short_the_queue_is_closed() -> None:
    hall = Hall()
    async with hall.full():
        await hall.come(*"abcdef", "g")
    assert (hall.served, hall.refused) == (list("abcdef"), 1)


async def test_a_source_that_goes_ahead_waits_for_nobody_and_is_bounded_too() -> None:
    hall = Hall()
    async with hall.full():
        await hall.come(*"abcdef")
        await hall.come(*["known"] * 5, ahead=True)
    assert (hall.served[0], sorted(hall.served), hall.refused) == ("known", [*"abcdef", *["known"] * 4], 1)


async def test_who_gives_up_leaves_the_queue_and_takes_no_turn_along() -> None:
    hall = Hall()
    async with hall.full():
        await hall.come("a", "b", "c")
        hall.waiting[0].cancel()
        hall.waiting[1].cancel()
    assert hall.served == ["c"]
    async with hall.full():
        await hall.come(*"abcdef")
    assert hall.refused == 0


async def test_a_turn_that_comes_while_one_gives_up_goes_to_the_next() -> None:
    hall = Hall()
    async with hall.turns.turn("taken"):
        await hall.come("a", "b")
    hall.waiting[0].cancel()  # Its turn has come, but it has not run yet.
    await asyncio.gather(*hall.waiting, return_exceptions=True)
    assert hall.served == ["b"]
    async with asyncio.timeout(1), hall.turns.turn("c"):
        assert hall.served == ["b"]


async def test_a_failure_gives_its_turn_back() -> None:
    turns = Turns(1, 1, 1)
    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            async with turns.turn("a"):
                raise OSError("away")
