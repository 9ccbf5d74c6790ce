"""Invitations: a person chooses the password with a code, which works once, for some days, and cannot be guessed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from db.acts.accounts import NewAccount, PostScope, add_invited, disable_account
from rules.access import Role
from rules.totp import CodePolicy, Totp
from tests.signing import PASSWORD, Server, signing

WRONG_CODE = {
    "error": "invalid_grant",
    "error_description": "The user name or the code is wrong, or the invitation has expired.",
}
ENTRIES = """select array_agg(kind order by id) from account_event
    where account_id = (select id from account where username = $1)"""


@pytest.fixture
async def server(fresh_url: str) -> AsyncIterator[Server]:
    async with signing(fresh_url) as found:
        yield found


async def invited(server: Server, username: str) -> str:
    """The code for a new account."""
    new = NewAccount(username, "王芳", Role.ADMIN, PostScope())
    return (await server.transact(lambda tx: add_invited(tx, new))).code


async def choose(server: Server, username: str, code: str, password: str = PASSWORD) -> httpx.Response:
    return await server.post("/auth/invitation", username=username, code=code, password=password)


async def kinds(server: Server, username: str) -> list[str]:
    """What the log of accounts has of an account."""
    found: list[str] | None = await server.database.fetchval(ENTRIES, username)
    return found or []


async def test_a_person_chooses_the_password_with_the_code_and_signs_in(server: Server) -> None:
    code = await invited(server, "first")
    assert (await server.sign_in("first")).status_code == 400
    answer = await choose(server, "first", f" {code.lower().replace('-', ' ')} ")
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (200, b"", "no-store")
    assert (await server.sign_in("first")).status_code == 200
    events = ["ACCOUNT_ADDED", "SIGN_IN_REFUSED", "PASSWORD_CHOSEN", "SIGNED_IN"]
    assert await kinds(server, "first") == events


async def test_a_code_works_once(server: Server) -> None:
    code = await invited(server, "once")
    assert (await choose(server, "once", code)).status_code == 200
    again = await choose(server, "once", code, "另一个大院的密码")
    assert (again.status_code, again.json()) == (400, WRONG_CODE)
    assert (await server.sign_in("once")).status_code == 200


async def test_of_two_who_use_a_code_at_once_one_chooses_the_password(server: Server) -> None:
    code = await invited(server, "race")
    passwords = [f"大院门口的老胡杨{number}" for number in range(2)]
    answers = await asyncio.gather(*(choose(server, "race", code, each) for each in passwords))
    assert sorted(each.status_code for each in answers) == [200, 400]
    chosen = [(await server.sign_in("race", each)).status_code for each in passwords]
    assert chosen == [each.status_code for each in answers]


async def test_a_code_expires_after_seven_days(server: Server) -> None:
    code = await invited(server, "late")
    server.clock.time += timedelta(days=7)
    answer = await choose(server, "late", code)
    assert (answer.status_code, answer.json()) == (400, WRONG_CODE)
    assert await kinds(server, "late") == ["ACCOUNT_ADDED", "INVITATION_REFUSED"]


async def test_only_the_digest_of_a_code_is_stored(server: Server) -> None:
    code = await invited(server, "digest")
    stored = await server.database.fetchval("select to_jsonb(a)::text from account a where username = 'digest'")
    assert code not in stored
    assert code.replace("-", "") not in stored


async def test_wrong_codes_wrong_names_and_disabled_accounts_get_the_same_answer(server: Server) -> None:
    code = await invited(server, "shut")
    await server.transact(lambda tx: disable_account(tx, "shut"))
    known = await server.account()
    tried = [("shut", code), ("nobody", code), (known.username, "-"), (known.username, "0" * 16)]
    answers = [await choose(server.at(f"203.0.113.{n}"), *each) for n, each in enumerate(tried, 20)]
    assert [(each.status_code, each.json()) for each in answers] == [(400, WRONG_CODE)] * 4
    assert (await server.at("203.0.113.30").sign_in(known.username)).status_code == 200


async def test_guesses_of_codes_are_limited_together_with_those_of_passwords(server: Server) -> None:
    code, there = await invited(server, "guessed"), server.at("203.0.113.40")
    for number in range(4):
        assert (await choose(there, "guessed", f"{number:016}")).json() == WRONG_CODE
    await there.wrong("guessed")
    locked = await choose(there, "guessed", code)
    assert (locked.status_code, "Retry-After" in locked.headers) == (400, True)
    assert (await choose(server.at("203.0.113.41"), "guessed", code)).status_code == 200


@pytest.mark.parametrize("password", ["short", "x" * 129])
async def test_a_bad_password_does_not_use_up_the_code(server: Server, password: str) -> None:
    username = f"bad{len(password)}"
    code = await invited(server, username)
    refused = await choose(server.at("203.0.113.50"), username, code, password)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert (await choose(server, username, code)).status_code == 200


async def test_where_codes_are_required_the_first_sign_in_asks_for_an_app(fresh_url: str) -> None:
    async with signing(fresh_url, CodePolicy(Totp.REQUIRED)) as server:
        assert (await choose(server, "required", await invited(server, "required"))).status_code == 200
        assert (await server.sign_in("required")).json()["error"] == "otp_enrolment_required"
        assert (await server.post("/auth/totp", username="required", password=PASSWORD)).status_code == 200


NEW = "另一个大院的老胡杨"


async def change(server: Server, username: str, **form: Any) -> httpx.Response:
    given = {"username": username, "password": PASSWORD, "new_password": NEW, **form}
    return await server.post("/auth/password", **given)


async def test_a_person_changes_their_password_and_only_this_device_stays_signed_in(server: Server) -> None:
    account = await server.account()
    own, other = [(await server.sign_in(account.username)).json() for _ in range(2)]
    answer = await change(server, account.username, earlier_refresh_token=own["refresh_token"])
    assert (answer.status_code, answer.content) == (200, b"")
    renewed = [(await server.refresh(each["refresh_token"])).status_code for each in (own, other)]
    assert renewed == [200, 400]
    signed_in = [(await server.sign_in(account.username, each)).status_code for each in (PASSWORD, NEW)]
    assert signed_in == [400, 200]
    assert "PASSWORD_CHANGED" in await kinds(server, account.username)


async def test_whoever_does_not_know_the_old_password_changes_nothing(server: Server) -> None:
    account, there = await server.account(), server.at("203.0.113.60")
    own = (await server.sign_in(account.username)).json()
    for _ in range(5):
        assert (await change(there, account.username, password="wrong")).json()["error"] == "invalid_grant"
    assert "Retry-After" in (await change(there, account.username)).headers
    assert (await server.refresh(own["refresh_token"])).status_code == 200


async def test_a_new_password_that_is_too_short_is_refused(server: Server) -> None:
    account = await server.account()
    refused = await change(server, account.username, new_password="short")
    assert refused.json() == {
        "error": "invalid_request",
        "error_description": "Invalid input: a password has at least 8 characters.",
    }
    assert (await server.sign_in(account.username)).status_code == 200
