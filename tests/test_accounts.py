"""Signing in, staying signed in and signing out, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextvars import Context
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from api.http.access_tokens import TokenError
from db.sessions import Tokens, refresh
from db.transaction import Transaction
from rules.access import Role, Viewer
from tests.races import until_blocked
from tests.signing import MINUTE, MORNING, PASSWORD, WRONG, Server, first_sign_in, signing

pytestmark = pytest.mark.asyncio

FORM = {"content-type": "application/x-www-form-urlencoded"}
ENDED = {
    "error": "invalid_grant",
    "error_description": "The refresh token does not hold any more: sign in again.",
}


@pytest_asyncio.fixture
async def server(fresh_url: str) -> AsyncIterator[Server]:
    async with signing(fresh_url) as found:
        yield found


@pytest_asyncio.fixture
async def signed_in(server: Server) -> dict[str, Any]:
    return await first_sign_in(server)


async def test_a_worker_signs_in(server: Server) -> None:
    account = await server.account()
    answer = await server.sign_in(account.username, device="华为 nova 11")
    body = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "device"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    authenticated = server.viewer(body["access_token"])
    assert authenticated.viewer == Viewer(account.id, Role.GRID_WORKER)
    assert authenticated.expires_at == MORNING + 10 * MINUTE


async def test_two_devices_are_signed_in_apart(server: Server, signed_in: dict[str, Any]) -> None:
    other = (await server.sign_in(signed_in["username"])).json()
    tokens = (signed_in["access_token"], other["access_token"])
    assert len({server.viewer(token).session_id for token in tokens}) == 2


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(server: Server) -> None:
    account = await server.account()
    wrong = await server.sign_in(account.username, "not the password")
    unknown = await server.sign_in("nobody", "not the password")
    assert (wrong.status_code, wrong.json()) == (400, WRONG)
    assert (unknown.status_code, unknown.content, unknown.headers) == (400, wrong.content, wrong.headers)


async def test_a_disabled_account_looks_like_an_unknown_one(server: Server) -> None:
    account = await server.account(disabled_at=MORNING)
    answer = await server.sign_in(account.username)
    assert (answer.status_code, answer.json()) == (400, WRONG)


@pytest.mark.long
@pytest.mark.usefixtures("strong_passwords")
async def test_a_hash_with_old_parameters_is_renewed(server: Server) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    account = await server.account(password_hash=cheap.hash(PASSWORD))
    await server.sign_in(account.username)
    renewed = (await server.stored(account)).password_hash
    assert renewed is not None
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await server.sign_in(account.username)).status_code == 200


async def test_a_refresh_rotates(server: Server, signed_in: dict[str, Any]) -> None:
    server.clock.time += 9 * MINUTE
    answer = await server.refresh(signed_in["refresh_token"])
    body = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert body["refresh_token"] != signed_in["refresh_token"]
    before, after = server.viewer(signed_in["access_token"]), server.viewer(body["access_token"])
    assert (after.viewer, after.session_id) == (before.viewer, before.session_id)
    assert after.expires_at == MORNING + 19 * MINUTE
    assert (await server.refresh(body["refresh_token"])).status_code == 200


async def test_a_lost_reply_is_repeated_for_thirty_seconds(server: Server, signed_in: dict[str, Any]) -> None:
    first = (await server.refresh(signed_in["refresh_token"])).json()
    server.clock.time += timedelta(seconds=30)
    again = (await server.refresh(signed_in["refresh_token"])).json()
    assert again["refresh_token"] == first["refresh_token"]
    assert (await server.refresh(first["refresh_token"])).status_code == 200


async def test_two_refreshes_at_once_get_the_same_successor(server: Server, signed_in: dict[str, Any]) -> None:
    answers = await asyncio.gather(*(server.refresh(signed_in["refresh_token"]) for _ in range(5)))
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_a_refresh_waits_for_one_under_way_and_sees_what_it_did(
    server: Server, signed_in: dict[str, Any]
) -> None:
    terms, token = server.authenticator.terms, signed_in["refresh_token"]
    caller = server.authenticator.caller(server.address)
    waiting: asyncio.Task[httpx.Response] | None = None

    async def twice(tx: Transaction) -> None:
        nonlocal token, waiting
        for _ in range(2):
            outcome = await refresh(tx, token, terms=terms, caller=caller)
            assert isinstance(outcome, Tokens)
            token = outcome.refresh_token
        # Another client, and so not in the context of this transaction.
        waiting = asyncio.create_task(server.refresh(signed_in["refresh_token"]), context=Context())
        await until_blocked(server.database, waiting)

    await server.transact(twice)
    assert waiting is not None
    assert (await waiting).json() == ENDED


async def test_a_late_reuse_ends_the_family(server: Server, signed_in: dict[str, Any]) -> None:
    newest = (await server.refresh(signed_in["refresh_token"])).json()["refresh_token"]
    server.clock.time += timedelta(seconds=31)
    reused = await server.refresh(signed_in["refresh_token"])
    assert (reused.status_code, reused.json()) == (400, ENDED)
    assert (await server.refresh(newest)).json() == ENDED


async def test_a_thief_who_rotates_quickly_is_found_out_all_the_same(server: Server, signed_in: dict[str, Any]) -> None:
    stolen = signed_in["refresh_token"]
    for _ in range(3):
        stolen = (await server.refresh(stolen)).json()["refresh_token"]
    assert (await server.refresh(signed_in["refresh_token"])).json() == ENDED
    assert (await server.refresh(stolen)).json() == ENDED


async def test_a_reuse_on_one_device_leaves_the_other_signed_in(server: Server, signed_in: dict[str, Any]) -> None:
    other = (await server.sign_in(signed_in["username"])).json()
    await server.refresh(signed_in["refresh_token"])
    server.clock.time += MINUTE
    await server.refresh(signed_in["refresh_token"])
    assert (await server.refresh(other["refresh_token"])).status_code == 200


async def test_seven_idle_days_end_a_session(server: Server, signed_in: dict[str, Any]) -> None:
    server.clock.time += timedelta(days=7)
    assert (await server.refresh(signed_in["refresh_token"])).json() == ENDED


async def test_thirty_days_end_a_session_in_daily_use(server: Server, signed_in: dict[str, Any]) -> None:
    token, days = signed_in["refresh_token"], 0
    while (answer := await server.refresh(token)).status_code == 200:
        token, days = answer.json()["refresh_token"], days + 1
        server.clock.time += timedelta(days=1)
    assert (days, answer.json()) == (30, ENDED)


async def test_a_role_that_changed_is_in_the_next_access_token(server: Server, signed_in: dict[str, Any]) -> None:
    await server.change(signed_in["account"], role=Role.GRID_LEADER)
    body = (await server.refresh(signed_in["refresh_token"])).json()
    assert server.viewer(body["access_token"]).viewer.role is Role.GRID_LEADER


async def test_a_disabled_account_is_not_refreshed(server: Server, signed_in: dict[str, Any]) -> None:
    await server.disable(signed_in["account"])
    assert (await server.refresh(signed_in["refresh_token"])).json() == ENDED


async def test_signing_out_ends_the_session(server: Server, signed_in: dict[str, Any]) -> None:
    answer = await server.post("/auth/revoke", token=signed_in["refresh_token"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await server.refresh(signed_in["refresh_token"])).json() == ENDED


async def test_signing_out_twice_or_with_nonsense_is_no_error(server: Server, signed_in: dict[str, Any]) -> None:
    for token in (signed_in["refresh_token"], signed_in["refresh_token"], "nonsense", "密码"):
        assert (await server.post("/auth/revoke", token=token)).status_code == 200


async def test_an_access_token_is_not_what_signs_out(server: Server, signed_in: dict[str, Any]) -> None:
    answer = await server.post("/auth/revoke", token=signed_in["access_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_token_type")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "wang"}, "invalid_request"),
        ({"grant_type": "password", "username": "wang\0", "password": "x"}, "invalid_request"),
        ({"grant_type": ["password", "password"], "username": "wang", "password": "x"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "nonsense"}, "invalid_grant"),
    ],
)
async def test_what_is_wrong_with_a_form_is_named(server: Server, form: dict[str, Any], error: str) -> None:
    answer = await server.client.post("/auth/token", data=form, headers=FORM)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (FORM, b"grant_type=password&username=" + b"w" * 8192, 413),
        (FORM, b"grant_type=%ff", 400),
        (FORM, b"grant_type=\xff", 400),
        (FORM, b"&".join(b"f%d=1" % number for number in range(21)), 400),
        ({"content-type": "application/json"}, b"{}", 415),
        ({}, b"grant_type=password", 415),
    ],
)
async def test_a_body_that_is_no_form_is_refused(
    server: Server, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = await server.client.post("/auth/token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")


async def test_a_content_type_may_name_its_charset(server: Server) -> None:
    account = await server.account()
    form = f"grant_type=password&username={account.username}&password={PASSWORD}".encode()
    headers = {"content-type": "Application/X-WWW-Form-Urlencoded; charset=utf-8"}
    assert (await server.client.post("/auth/token", content=form, headers=headers)).status_code == 200


@pytest.mark.parametrize("path", ["/auth/token", "/auth/revoke"])
async def test_only_post_is_allowed(server: Server, path: str) -> None:
    assert (await server.client.get(path)).status_code == 405


async def test_an_access_token_expires_to_the_second(server: Server, signed_in: dict[str, Any]) -> None:
    server.clock.time += 10 * MINUTE - timedelta(seconds=1)
    assert server.viewer(signed_in["access_token"]).viewer.role is Role.GRID_WORKER
    server.clock.time += timedelta(seconds=1)
    with pytest.raises(TokenError) as refused:
        server.viewer(signed_in["access_token"])
    assert (refused.value.code, refused.value.message) == ("TOKEN_EXPIRED", "The access token has expired.")
