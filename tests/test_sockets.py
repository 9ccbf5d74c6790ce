"""The protocol of the socket: graphql-transport-ws, strictly, and no longer than the token."""

from datetime import timedelta
from typing import Any

import pytest

from api.http.sockets import MOST_SUBSCRIPTIONS
from schema.schema import SCHEMA
from tests.client import APPEALS, Clock, Tunping, listening, phone, subscribed


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


@pytest.mark.long
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


@pytest.mark.long
async def test_a_socket_ends_when_its_token_ends(copy_url: str) -> None:
    clock = Clock()
    async with listening(copy_url, clock) as served:
        worker = await served.as_("网格员01")
        clock.turn(timedelta(seconds=599))
        async with phone(worker) as connected:
            await connected.subscribe()
            assert (await connected.closing())[0] == 4403


@pytest.mark.long
@pytest.mark.parametrize(
    "payload",
    [
        {"authorization": "{}"},
        {"Authorization": "{}"},
        {"AUTHORIZATION": "{}"},
        {"headers": {"Authorization": "{}"}},
        {"headers": {"authorization": "{}"}, "other": 1},
        {"Authorization": None, "headers": {"authorization": "{}"}},
    ],
)
async def test_the_token_is_found_in_any_spelling(served: Tunping, payload: dict[str, Any]) -> None:
    worker = await served.as_("网格员01")
    header = worker.headers["authorization"]

    def filled(part: Any) -> Any:
        return {name: filled(value) for name, value in part.items()} if isinstance(part, dict) else part and header

    async with phone(served, init=False) as connected:
        await connected.send(type="connection_init", payload=filled(payload))
        assert await connected.receive() == {"type": "connection_ack"}
        await connected.subscribe()
        await subscribed(served)


async def test_a_ping_before_the_greeting_is_answered(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    async with phone(served, init=False) as connected:
        await connected.send(type="ping", payload={"authorization": "Bearer nonsense"})
        assert await connected.receive() == {"type": "pong"}
        await connected.send(type="pong")
        await connected.send(type="connection_init", payload=worker.headers)
        assert await connected.receive() == {"type": "connection_ack"}


async def test_a_socket_has_more_subscriptions_than_there_are_roots(served: Tunping) -> None:
    root = SCHEMA._schema.subscription_type
    assert root is not None
    assert len(root.fields) < MOST_SUBSCRIPTIONS
    async with phone(await served.as_("书记01")) as connected:
        for number in range(MOST_SUBSCRIPTIONS):
            await connected.subscribe(key=str(number))
        await subscribed(served, MOST_SUBSCRIPTIONS)
        await connected.subscribe(key="one more")
        refused = await connected.receive()
        assert (refused["id"], refused["payload"][0]["extensions"]["code"]) == ("one more", "TOO_MANY_SUBSCRIPTIONS")


@pytest.mark.long
async def test_a_socket_lives_on_by_a_new_token_and_not_beyond_it(copy_url: str) -> None:
    clock = Clock()
    async with listening(copy_url, clock) as served:
        worker = await served.as_("网格员01")
        clock.turn(timedelta(seconds=599))
        async with phone(worker) as connected:
            await connected.subscribe()
            renewed = await served.as_("网格员01")
            await connected.send(type="ping", payload={"headers": renewed.headers})
            assert await connected.receive() == {"type": "pong"}
            clock.turn(timedelta(seconds=599))
            await connected.send(type="ping", payload=renewed.headers)
            assert await connected.receive() == {"type": "pong"}
            assert (await connected.closing()) == (4403, "Forbidden: the access token has ended")


@pytest.mark.parametrize(
    ("username", "reason"),
    [("网格员12", "the token is of another account"), (None, "The access token is not valid.")],
)
async def test_another_accounts_token_and_a_false_one_end_the_socket(
    served: Tunping, username: str | None, reason: str
) -> None:
    token = (await served.as_(username)).headers if username else {"authorization": "Bearer nonsense"}
    async with phone(await served.as_("网格员01")) as connected:
        await connected.send(type="ping", payload=token)
        assert await connected.closing() == (4403, f"Forbidden: {reason}")


async def test_a_revoked_session_ends_the_socket_that_took_its_token(served: Tunping) -> None:
    authenticator = served.app.state.authenticator
    renewed = await served.as_("网格员01")
    who = authenticator.viewer_from_header(renewed.headers["authorization"], served.app.state.now())
    async with phone(await served.as_("网格员01")) as connected:
        await connected.send(type="ping", payload=renewed.headers)
        assert await connected.receive() == {"type": "pong"}
        authenticator.endings.end_session(who.session_id, served.app.state.now())
        assert (await connected.closing())[0] == 4403


@pytest.mark.parametrize(("back_a_second", "wait"), [(200, 0), (4, 1)])
async def test_a_server_that_stops_tells_each_client_when_to_come_back(
    copy_url: str, monkeypatch: pytest.MonkeyPatch, back_a_second: int, wait: int
) -> None:
    """At once, unless it ends clients faster than they may come back."""
    monkeypatch.setattr("schema.engine.feed.BACK_A_SECOND", back_a_second)
    async with listening(copy_url) as served:
        worker = await served.as_("网格员01")
        body, headers = {"query": APPEALS}, worker.headers | {"accept": "multipart/mixed;subscriptionSpec=1.0"}
        async with (
            phone(worker) as first,
            phone(worker) as late,
            worker.http.stream("POST", "/graphql", json=body, headers=headers) as parts,
        ):
            await first.subscribe()
            await subscribed(served, 2)
            await served.app.state.feed.leave()
            await late.subscribe()
            told = [await each.closing() for each in (first, late)]
            text = "".join([part async for part in parts.aiter_text()])
    assert told == [(1012, f"Restarting: connect again in {each} s, after the last cursor") for each in (wait, 1)]
    assert '"code":"UNAVAILABLE"' in text


async def test_a_silent_client_is_pinged_and_ends_if_nothing_comes_back(
    served: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.http.pulse.PING_AFTER", 0.05)
    async with phone(await served.as_("网格员01")) as connected:
        for _ in range(3):
            assert await connected.socket.recv() == '{"type":"ping"}'
            await connected.send(type="pong")
        monkeypatch.setattr("api.http.pulse.PONG_WITHIN", 0.05)
        assert await connected.socket.recv() == '{"type":"ping"}'
        assert await connected.closing() == (4408, "No pong: connect again, after the last cursor")


async def test_pongs_that_nobody_asked_for_are_counted(copy_url: str) -> None:
    async with (
        listening(copy_url, rates="graphql-by-account=3/minute") as served,
        phone(await served.as_("网格员01")) as worker,
    ):
        for _ in range(4):
            await worker.send(type="pong")
        assert (await worker.closing())[0] == 1013


async def test_pongs_use_up_no_rate(copy_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.pulse.PING_AFTER", 0.01)
    async with (
        listening(copy_url, rates="graphql-by-account=3/minute") as served,
        phone(await served.as_("网格员01")) as worker,
    ):
        for _ in range(5):
            assert await worker.socket.recv() == '{"type":"ping"}'
            await worker.send(type="pong")
        for key in ("1", "2", "3", "4"):
            await worker.send(type="complete", id=key)
        assert (await worker.closing())[0] == 1013
