"""Wrong passwords over HTTP: what they lock and for whom, and that neither answer nor work tells who exists."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from argon2 import extract_parameters

from api.http.guesses import Limit
from api.http.turns import Turns
from db import sessions
from db.transaction import Transaction
from tests.signing import MINUTE, PASSWORD, WRONG, Server, first_sign_in, signing

pytestmark = pytest.mark.asyncio

LOCKED = {"error": "invalid_grant", "error_description": "Too many failed attempts: wait, then try again."}


@pytest_asyncio.fixture
async def server(fresh_url: str) -> AsyncIterator[Server]:
    async with signing(fresh_url) as found:
        yield found


@pytest_asyncio.fixture
async def signed_in(server: Server) -> dict[str, Any]:
    return await first_sign_in(server)


@pytest.mark.parametrize("known", [True, False])
async def test_five_failures_lock_a_name_at_their_address_for_ten_minutes(server: Server, known: bool) -> None:
    username = (await server.account()).username if known else "stranger"
    assert [answer.json() for answer in await server.wrong(username, 5)] == [WRONG] * 5
    server.clock.time += MINUTE
    locked = await server.sign_in(username)
    assert (locked.status_code, locked.headers["retry-after"]) == (400, "540")
    assert locked.json() == LOCKED


async def test_a_lock_runs_out(server: Server) -> None:
    account = await server.account()
    await server.wrong(account.username, 5)
    server.clock.time += 10 * MINUTE
    assert (await server.sign_in(account.username)).status_code == 200


async def test_a_stranger_locks_nobody_out_at_another_address(server: Server) -> None:
    account = await server.account()
    await server.at("198.51.100.7").wrong(account.username, 6)
    assert (await server.sign_in(account.username)).status_code == 200


async def test_a_success_resets_the_count_of_the_name(server: Server) -> None:
    account = await server.account()
    for password in ["wrong"] * 4 + [PASSWORD] + ["wrong"] * 4:
        await server.sign_in(account.username, password)
    assert (await server.sign_in(account.username)).status_code == 200


@pytest.mark.parametrize("known", [True, False])
async def test_guesses_at_once_do_not_escape_the_count(server: Server, known: bool) -> None:
    username = (await server.account()).username if known else "many at once"
    answers = await asyncio.gather(*(server.sign_in(username, "wrong") for _ in range(12)))
    assert sorted((answer.status_code, "retry-after" in answer.headers) for answer in answers) == [
        *[(400, False)] * 5,
        *[(503, True)] * 7,
    ]
    assert (await server.sign_in(username)).json() == LOCKED


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower limits, because each guess takes 30 ms."""
    monkeypatch.setattr("api.http.guesses.FROM_ONE_ADDRESS", Limit("address", 4, 10 * MINUTE))
    monkeypatch.setattr("api.http.guesses.FROM_ANYWHERE", Limit("name", 4, 60 * MINUTE))


@pytest.mark.usefixtures("few")
async def test_failures_under_many_names_lock_their_address(server: Server) -> None:
    account, other = await server.account(), await server.account()
    spraying = server.at("198.51.100.8")
    for number in range(3):
        await spraying.wrong(f"somebody {number}")
    assert (await spraying.sign_in(other.username)).status_code == 200  # A success takes nothing back.
    await spraying.wrong(account.username)
    assert (await spraying.sign_in(account.username)).json() == LOCKED
    assert (await server.sign_in(account.username)).status_code == 200


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("known", [True, False])
async def test_failures_from_many_addresses_lock_a_name(server: Server, known: bool) -> None:
    username = (await server.account()).username if known else "known to nobody"
    for number in range(4):
        await server.at(f"198.51.101.{number}").wrong(username)
    locked = await server.at("192.0.2.1").sign_in(username)
    assert (locked.json(), locked.headers["retry-after"]) == (LOCKED, "3600")


@pytest.mark.usefixtures("few")
async def test_a_name_and_an_address_that_are_locked_open_to_a_known_device(
    server: Server, signed_in: dict[str, Any]
) -> None:
    server.clock.time += timedelta(days=8)  # The session has ended meanwhile.
    username, earlier = signed_in["username"], {"earlier_refresh_token": signed_in["refresh_token"]}
    await server.wrong(username, 4)
    assert (await server.at("192.0.2.1").sign_in(username)).json() == LOCKED
    assert (await server.sign_in(username)).json() == LOCKED
    assert (await server.sign_in(username, **earlier)).status_code == 200


@pytest.mark.long
async def test_a_known_device_guesses_no_more_than_an_address(server: Server, signed_in: dict[str, Any]) -> None:
    earlier = {"earlier_refresh_token": signed_in["refresh_token"]}
    for number in range(5):
        at = server.at(f"198.51.102.{number}")
        assert (await at.sign_in(signed_in["username"], "wrong", **earlier)).json() == WRONG
    assert (await server.sign_in(signed_in["username"], **earlier)).json() == LOCKED
    assert (await server.sign_in(signed_in["username"])).status_code == 200


@pytest.mark.long
@pytest.mark.parametrize("shown", ["another account's", "revoked", "forged", "huge"])
async def test_what_proves_nothing_makes_no_known_device(server: Server, signed_in: dict[str, Any], shown: str) -> None:
    username, token = signed_in["username"], signed_in["refresh_token"]
    if shown == "another account's":
        token = (await server.sign_in((await server.account()).username)).json()["refresh_token"]
    elif shown == "revoked":
        await server.post("/auth/revoke", token=token)
    else:
        token = {"forged": token[:-4] + "AAAA", "huge": "A" * 4_000}[shown]
    await server.wrong(username, 5)
    assert (await server.sign_in(username, earlier_refresh_token=token)).json() == LOCKED


async def test_a_flood_from_one_address_leaves_others_their_turns(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.authenticator, "turns", Turns(1, 4, 2))
    account = await server.account()
    flood = [server.at("198.51.100.9").sign_in(f"flooded {number}", "wrong") for number in range(12)]
    *flooded, genuine = await asyncio.gather(*flood, server.sign_in(account.username))
    assert genuine.status_code == 200
    assert Counter(answer.status_code for answer in flooded) == {400: 3, 503: 9}
    refused = next(answer for answer in flooded if answer.status_code == 503)
    assert (refused.json()["error"], refused.headers["retry-after"]) == ("temporarily_unavailable", "1")


async def test_an_unknown_name_takes_the_same_steps_as_a_known_one(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await server.account()
    steps: list[object] = []
    fetch, compare = Transaction._fetch, sessions._compare

    async def fetched(tx: Transaction, text: str, values: Any) -> Any:
        steps.append(text)
        return await fetch(tx, text, values)

    def compared(hashed: str, password: str) -> Any:
        steps.append(extract_parameters(hashed))
        return compare(hashed, password)

    monkeypatch.setattr(Transaction, "_fetch", fetched)
    monkeypatch.setattr("db.sessions._compare", compared)
    taken = []
    for username in (account.username, "unknown to all"):
        await server.wrong(username)
        taken.append(tuple(steps))
        steps.clear()
    assert taken[0] == taken[1]
    assert len(taken[0]) == 5  # It reads the account by both forms of its name, compares, locks it, and records.
