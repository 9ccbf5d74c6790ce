"""The queue of a subscriber: what is sent at once, what waits, and when it is full."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from rules.access import ANONYMOUS
from schema.compiler.feeds import Event
from schema.compiler.plan import Plan
from schema.engine.feed import MOST_BATCHES, Feed, Moved, Overrun, Subscriber


async def test_a_full_queue_is_borne_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber = Subscriber(Plan("", (), (), ()), {}, ANONYMOUS, frozenset(), 0, "question")
    for number in range(MOST_BATCHES):
        assert subscriber.ready()
        subscriber.batches.put_nowait([Event(str(number), b"{}")])
    assert not subscriber.ready()
    assert not subscriber.ended
    monkeypatch.setattr("schema.engine.feed.PATIENCE", -1.0)
    assert not subscriber.ready()
    with pytest.raises(Overrun):
        await subscriber.next()


async def test_what_a_client_does_not_take_at_once_is_queued_and_nothing_passes_it() -> None:
    taken: list[Event] = []

    def take_one(events: Sequence[Event]) -> int:
        taken.append(events[0])
        return 1

    subscriber = Subscriber(Plan("", (), (), ()), {}, ANONYMOUS, frozenset(), 0, "question", send=take_one)
    first, second, third, fourth = [Event(str(number), b"{}") for number in range(4)]
    waiting = asyncio.create_task(subscriber.next())
    await asyncio.sleep(0)
    subscriber.hand([first])
    subscriber.hand([second, third])
    subscriber.hand([fourth])
    assert (taken, await waiting, await subscriber.next()) == ([first, second], [third], [fourth])


async def test_the_subscriptions_of_one_connection_are_moved_together() -> None:
    nowhere: Any = SimpleNamespace(url="postgresql://")
    feed, connection = Feed(nowhere, nowhere, b"", timedelta()), object()
    first, second, other = (
        Subscriber(Plan("", (), (), ()), {}, ANONYMOUS, frozenset(), 0, "question", client=client)
        for client in (connection, connection, object())
    )
    feed._subscribers |= {first, second, other}
    await feed.leave()
    assert first.why is second.why is not other.why
    assert {type(each.why) for each in (first, other)} == {Moved}


@pytest.mark.parametrize(("back_a_second", "waits"), [(10**6, {0}), (200, {1, 2, 3})])
async def test_clients_that_are_ended_come_back_at_once_unless_they_are_too_many(
    monkeypatch: pytest.MonkeyPatch, back_a_second: int, waits: set[int]
) -> None:
    monkeypatch.setattr("schema.engine.feed.ENDED_A_SECOND", 10**6)
    monkeypatch.setattr("schema.engine.feed.BACK_A_SECOND", back_a_second)
    nowhere: Any = SimpleNamespace(url="postgresql://")
    feed = Feed(nowhere, nowhere, b"", timedelta())
    plan = Plan("", (), (), ())
    each = [Subscriber(plan, {}, ANONYMOUS, frozenset(), 0, "question", client=object()) for _ in range(500)]
    feed._subscribers |= set(each)
    await feed.leave()
    assert {one.why.seconds for one in each if isinstance(one.why, Moved)} == waits
