"""Access tokens and sockets end with their session, account or outside system, on every server, within seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from api.background import endings
from api.http.endings import Endings
from db.acts import accounts, clients
from db.acts.accounts import hash_password
from db.endings import Ended
from db.transaction import Transaction
from seeds.known import DEMO_COUNTER_CODE, DEMO_PASSWORD
from tests.client import APPEALS, Tunping, listening, new_id, phone, serving, subscribed
from tests.races import Gate

NOW = datetime(2023, 9, 1, 8, 0, tzinfo=UTC)
Act = Callable[[Transaction], Awaitable[Any]]


async def signing_in(client: Tunping, username: str, password: str = DEMO_PASSWORD) -> Any:
    """The answer to a sign-in."""
    form = {"grant_type": "password", "username": username, "password": password}
    return (await client.http.post("/auth/token", data=form)).json()


async def signed_in(client: Tunping, username: str) -> tuple[Tunping, str]:
    """The client with a session of its own, and the refresh token."""
    tokens = await signing_in(client, username)
    return Tunping(client.app, client.http, tokens["access_token"]), tokens["refresh_token"]


async def refreshed(client: Tunping, token: str) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return (await client.http.post("/auth/token", data=form)).json()


async def revoke(client: Tunping, token: str) -> None:
    assert (await client.http.post("/auth/revoke", data={"token": token})).status_code == 200


async def learn(client: Tunping) -> None:
    """Reads what has ended, as the server does every two seconds."""
    state = client.app.state
    await endings.read(state.database, state.authenticator.endings, state.now())


async def refusal(client: Tunping) -> str | None:
    """The code with which an access token is refused; None if it holds."""
    answer = await client.ask("{ me { username } }")
    return None if answer.status == 200 else answer.code


async def test_signing_out_ends_the_access_token_at_once_and_that_of_no_other_device(tunping: Tunping) -> None:
    (worker, token), (other, _) = [await signed_in(tunping, "网格员01") for _ in range(2)]
    assert await refusal(worker) is None
    await revoke(tunping, token)
    assert [await refusal(each) for each in (worker, other)] == ["TOKEN_INVALID", None]


async def test_a_reused_refresh_token_ends_the_access_tokens_of_its_session(tunping: Tunping) -> None:
    worker, token = await signed_in(tunping, "网格员01")
    newest = await refreshed(tunping, (await refreshed(tunping, token))["refresh_token"])
    thief = Tunping(tunping.app, tunping.http, newest["access_token"])
    assert await refusal(thief) is None
    assert "error" in await refreshed(tunping, token)
    assert [await refusal(each) for each in (worker, thief)] == ["TOKEN_INVALID"] * 2


async def test_another_server_learns_of_it(tunping: Tunping, copy_url: str) -> None:
    worker, token = await signed_in(tunping, "网格员01")
    async with serving(copy_url) as other:
        there = Tunping(other.app, other.http, worker.token)
        assert await refusal(there) is None
        await revoke(tunping, token)
        await learn(other)
        assert await refusal(there) == "TOKEN_INVALID"


ENDS: dict[str, Act] = {
    "disabled": lambda tx: accounts.disable_account(tx, "网格员02"),
    "another password": lambda tx: accounts.change_password(tx, "网格员02", "x"),
    "signed out": lambda tx: accounts.sign_out_everywhere(tx, "网格员02"),
}


@pytest.mark.parametrize("act", ENDS)
async def test_a_change_of_the_account_ends_all_its_sessions(tunping: Tunping, act: str) -> None:
    row = await tunping.app.state.owner.fetchrow("select * from account where username = '网格员02'")
    devices = [await signed_in(tunping, "网格员02") for _ in range(2)]
    try:
        await tunping.transact(ENDS[act])
        await learn(tunping)
        assert [await refusal(device) for device, _ in devices] == ["TOKEN_INVALID"] * 2
        assert ["error" in await refreshed(tunping, token) for _, token in devices] == [True, True]
    finally:
        undo = "update account set password_hash = $1, disabled_at = null where username = '网格员02'"
        await tunping.app.state.owner.execute(undo, row["password_hash"])


async def test_a_disabled_account_opens_no_appeal_until_it_is_enabled_and_signs_in_again(tunping: Tunping) -> None:
    worker, _ = await signed_in(tunping, "网格员03")
    await tunping.app.state.owner.execute("update account set disabled_at = '2023-01-01' where username = '网格员03'")
    await learn(tunping)
    query = "mutation($input: OpenAppealInput!) { openAppeal(input: $input) { errors { code } } }"
    appeal = {"id": new_id("appeal"), "code": DEMO_COUNTER_CODE, "body": "3号楼2单元 暖气不热"}
    assert (await worker.ask(query, input=appeal)).code == "TOKEN_INVALID"
    assert "error" in await signing_in(tunping, "网格员03")
    await tunping.transact(lambda tx: accounts.enable_account(tx, "网格员03"))
    await learn(tunping)
    again, _ = await signed_in(tunping, "网格员03")
    assert (await again.ask(query, input=appeal)).data["openAppeal"]["errors"] == []


@pytest.mark.parametrize("what", ["the system", "its account"])
async def test_an_outside_system_ends_too(tunping: Tunping, what: str) -> None:
    name = new_id("system")
    made = await tunping.transact(lambda tx: clients.add_client(tx, name, "调解员01"))
    form = {"grant_type": "client_credentials", "client_id": f"client_{made.client}", "client_secret": made.secret}
    token = (await tunping.http.post("/auth/token", data=form)).json()["access_token"]
    system = Tunping(tunping.app, tunping.http, token)
    assert await refusal(system) is None
    if what == "the system":
        await tunping.transact(lambda tx: clients.disable_client(tx, name))
    else:
        await tunping.transact(lambda tx: accounts.disable_account(tx, "调解员01"))
    await learn(tunping)
    assert await refusal(system) == "TOKEN_INVALID"
    await tunping.transact(lambda tx: accounts.enable_account(tx, "调解员01"))


async def test_a_session_that_ends_during_its_refresh_ends_the_new_access_token_too(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = await signed_in(tunping, "网格员01")
    tokens, _ = await Gate(monkeypatch, tunping).race(refreshed(tunping, token), revoke(tunping, token))
    assert await refusal(Tunping(tunping.app, tunping.http, tokens["access_token"])) == "TOKEN_INVALID"


@pytest.mark.parametrize("first", ["the sign-in", "the change"])
async def test_of_a_sign_in_and_a_change_of_the_password_the_old_password_wins_nothing(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """A sign-in reads the account, compares, and decides; the change comes before or after it has read."""
    password = await hash_password(first)
    change = tunping.transact(lambda tx: accounts.change_password(tx, "网格员04", password))
    sign_in = signing_in(tunping, "网格员04", DEMO_PASSWORD if first == "the sign-in" else "the sign-in")
    gate = Gate(monkeypatch, tunping)
    if first == "the sign-in":
        tokens, _ = await gate.race(sign_in, change)
    else:
        _, tokens = await gate.race(change, sign_in)
    assert "error" in tokens
    assert "access_token" in await signing_in(tunping, "网格员04", first)


async def test_a_socket_is_closed_when_its_session_ends(copy_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.background.endings.READ_EVERY", 0.05)
    async with listening(copy_url) as here, serving(copy_url) as elsewhere:
        (worker, token), (other, _) = [await signed_in(here, "网格员01") for _ in range(2)]
        async with phone(worker) as ending, phone(other) as staying:
            await ending.subscribe()
            await staying.subscribe()
            await subscribed(here, 2)
            await revoke(elsewhere, token)
            assert await ending.closing() == (4403, "Forbidden: the access token has ended")
            await staying.send(type="ping")
            assert await staying.receive() == {"type": "pong"}


async def test_an_event_stream_is_completed_when_its_session_ends(served: Tunping) -> None:
    worker, token = await signed_in(served, "网格员01")
    headers = worker.headers | {"accept": "text/event-stream"}
    async with worker.http.stream("POST", "/graphql", json={"query": APPEALS}, headers=headers) as response:
        await subscribed(served)
        await revoke(served, token)
        async with asyncio.timeout(30):
            assert "event: complete" in [line async for line in response.aiter_lines()]


async def test_a_socket_whose_session_ended_while_it_connected_is_closed(served: Tunping) -> None:
    worker, token = await signed_in(served, "网格员01")
    async with phone(worker, init=False) as connected:
        await revoke(served, token)
        await connected.send(type="connection_init", payload=worker.headers)
        assert (await connected.closing())[0] == 4403


def test_a_session_is_forgotten_when_its_access_tokens_have_expired() -> None:
    known, minute = Endings(600), timedelta(minutes=1)
    first, second = uuid4(), uuid4()
    known.learn({first: NOW}, frozenset(), NOW)
    known.end_session(second, NOW + 5 * minute)
    known.learn({}, frozenset(), NOW + 14 * minute)
    assert [known.ended(each) for each in (first, second)] == [True, True]
    known.learn({}, frozenset(), NOW + 15 * minute)
    assert [known.ended(each) for each in (first, second)] == [False, True]
    assert len(known) == 1


def test_an_ending_that_is_known_here_is_not_lost_by_a_reading_from_before() -> None:
    known, session = Endings(600), uuid4()
    known.end_session(session, NOW)
    known.learn({}, frozenset({UUID(int=1)}), NOW)
    assert known.ended(session, None)
    assert known.ended(None, UUID(int=1))
    known.learn({}, frozenset(), NOW)
    assert not known.ended(None, UUID(int=1))


@pytest.mark.parametrize("ended", [True, False])
async def test_a_timeout_expires_when_its_session_has_ended_or_ends(ended: bool) -> None:
    known, session = Endings(600), uuid4()

    async def wait() -> None:
        async with asyncio.timeout(30) as timeout:
            with known.expiring(timeout, None, session):
                for _ in range(2):  # A timeout that is expiring cannot be rescheduled.
                    known.end_session(session, NOW)
                await asyncio.Event().wait()

    if ended:
        known.end_session(session, NOW)
    with pytest.raises(TimeoutError):
        await wait()
    assert not known._open


async def test_while_the_database_is_away_what_is_known_holds_and_afterwards_more_is_learned(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.background.endings.READ_EVERY", 0.01)
    known, (first, second) = Endings(600), (uuid4(), uuid4())
    known.end_session(first, NOW)
    failures = iter([OSError("away"), OSError("away")])

    async def read(_: Any, since: datetime) -> Ended:
        for away in failures:
            raise away
        return Ended({second: since + timedelta(minutes=20)}, frozenset())

    monkeypatch.setattr("api.background.endings.read_endings", read)
    with capture_logs() as logs:
        following = asyncio.create_task(endings.follow(tunping.app.state.database, known, lambda: NOW))
        async with asyncio.timeout(30):
            while not known.ended(second):
                assert known.ended(first)
                await asyncio.sleep(0.001)
        following.cancel()
    assert known.ended(first)
    assert [(each["event"], each["error"]) for each in logs] == [("endings_not_read", "OSError")] * 2
