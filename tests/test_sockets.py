"""The protocol of the socket: graphql-transport-ws, strictly, and no longer than the token."""

from datetime import timedelta

import pytest

from tests.client import Clock, Tunping, listening, phone


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }"}}, 4401),
        ({"type": "connection_init", "payload": {"authorization": "Bearer nonsense"}}, 4403),
    ],
)
async def test_before_the_greeting_the_protocol_is_strict(
    served: Tunping, message: dict[str, object], code: int
) -> None:
    async with phone(served, init=False) as connected:
        await connected.send(**message)
        assert (await connected.closing())[0] == code


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "connection_init"}], 4429),
        ([{"type": "what"}], 4400),
        ([{"type": "subscribe", "id": "1"}], 4400),
        ([{"type": "subscribe", "id": "1", "payload": {"query": 1}}], 4400),
    ],
)
async def test_messages_out_of_protocol_close_the_socket(
    served: Tunping, messages: list[dict[str, object]], code: int
) -> None:
    async with phone(await served.as_("网格员01")) as connected:
        for message in messages:
            await connected.send(**message)
        assert (await connected.closing())[0] == code


async def test_one_id_serves_one_subscription_at_a_time(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    async with phone(worker) as connected:
        await connected.subscribe()
        await connected.send(id="1", type="complete")
        await connected.subscribe()
        await connected.send(type="ping")
        assert await connected.receive() == {"type": "pong"}
        await connected.subscribe()
        assert (await connected.closing())[0] == 4409


async def test_a_socket_ends_when_its_token_ends(copy_url: str) -> None:
    clock = Clock()
    async with listening(copy_url, clock) as served:
        worker = await served.as_("网格员01")
        clock.turn(timedelta(seconds=599))
        async with phone(worker) as connected:
            await connected.subscribe()
            assert (await connected.closing())[0] == 4403
