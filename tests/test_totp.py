"""Signing in with a code of an authenticator app besides the password, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from db.accounts import Account
from db.acts.accounts import reset_totp
from db.sealing import Sealer
from db.transaction import Transaction
from rules.access import Role
from rules.totp import CodePolicy, Totp, code_at
from tests.signing import MINUTE, PASSWORD, WRONG, Server, signing

pytestmark = pytest.mark.asyncio

STEP = timedelta(seconds=30)
NEEDED, ENROL_FIRST = "otp_required", "otp_enrolment_required"


@dataclass
class App:
    """An authenticator app with the secret of an account."""

    server: Server
    account: Account
    secret: str

    def code(self, drift: int = 0) -> str:
        """The code that it shows, or showed or will show."""
        return code_at(self.secret, int(self.server.clock().timestamp()) // 30 + drift)

    async def sign_in(self, code: str | None = None, **more: str) -> Any:
        """The body of the answer to a sign-in with a code, by default the one that it shows."""
        answer = await self.server.sign_in(self.account.username, otp=self.code() if code is None else code, **more)
        return answer.json()


@pytest_asyncio.fixture
async def server(fresh_url: str) -> AsyncIterator[Server]:
    async with signing(fresh_url) as found:
        yield found


@pytest_asyncio.fixture
async def strict(fresh_url: str) -> AsyncIterator[Server]:
    """A server that requires codes of whoever sees a whole community."""
    async with signing(fresh_url, CodePolicy(Totp.REQUIRED)) as found:
        yield found


async def offered(server: Server, account: Account, **more: str) -> Any:
    form = {"username": account.username, "password": PASSWORD, **more}
    return (await server.post("/auth/totp", **form)).json()


async def app_of(server: Server, account: Account | None = None, **more: str) -> App:
    """An app with a secret that no code has confirmed."""
    account = account or await server.account(role=Role.SECRETARY)
    return App(server, account, (await offered(server, account, **more))["secret"])


async def confirmed(server: Server) -> tuple[App, list[str]]:
    """An app that is confirmed, half a minute later, and the recovery codes."""
    app = await app_of(server)
    codes = (await app.sign_in())["recovery_codes"]
    server.clock.time += STEP
    return app, codes


async def kinds(server: Server, account: Account) -> list[str]:
    kinds = "select array_agg(kind order by id) from account_event where account_id = $1"
    found: list[str] = await server.database.fetchval(kinds, account.id)
    return found


async def test_a_secret_counts_only_after_a_code_of_it(server: Server) -> None:
    app = await app_of(server)
    assert "access_token" in (await server.sign_in(app.account.username)).json()
    body = await app.sign_in()
    assert ("access_token" in body, len(set(body["recovery_codes"]))) == (True, 10)
    assert (await server.sign_in(app.account.username)).json()["error"] == NEEDED
    assert await kinds(server, app.account) == ["SIGNED_IN", "TOTP_ENROLLED", "SIGNED_IN"]


async def test_the_code_is_asked_for_by_name_and_then_signs_in(server: Server) -> None:
    app, _ = await confirmed(server)
    for empty in ({}, {"otp": ""}):
        answer = await server.sign_in(app.account.username, **empty)
        assert (answer.status_code, answer.json()["error"]) == (400, NEEDED)
    body = await app.sign_in()
    assert ("access_token" in body, "recovery_codes" in body) == (True, False)


async def test_a_code_is_accepted_once(server: Server) -> None:
    app, _ = await confirmed(server)
    code = app.code()
    answers = await asyncio.gather(*(app.sign_in(code) for _ in range(3)))
    assert sorted("access_token" in each for each in answers) == [False, False, True]
    assert await app.sign_in(code) == WRONG


async def test_the_code_that_confirmed_an_app_is_used_up_too(server: Server) -> None:
    app = await app_of(server)
    await app.sign_in()
    assert await app.sign_in() == WRONG


@pytest.mark.parametrize(("drift", "holds"), [(-2, False), (-1, True), (1, True), (2, False)])
async def test_a_phones_clock_may_be_half_a_minute_off(server: Server, drift: int, holds: bool) -> None:
    app, _ = await confirmed(server)
    server.clock.time += MINUTE
    assert ("access_token" in await app.sign_in(app.code(drift))) == holds


async def test_a_wrong_code_is_answered_as_a_wrong_password_is(server: Server) -> None:
    app, _ = await confirmed(server)
    wrong_code = await server.sign_in(app.account.username, otp="000000")
    wrong_password = await server.sign_in(app.account.username, "wrong", otp=app.code())
    assert (wrong_code.status_code, wrong_code.json()) == (400, WRONG)
    assert (wrong_password.content, wrong_password.headers) == (wrong_code.content, wrong_code.headers)
    assert (await kinds(server, app.account))[-2:] == ["CODE_REFUSED", "SIGN_IN_REFUSED"]


async def test_after_a_hundred_wrong_codes_in_a_row_none_is_accepted(server: Server) -> None:
    app, codes = await confirmed(server)
    await server.change(app.account, totp_failures=98)
    assert await app.sign_in("000000") == WRONG
    assert "access_token" in await app.sign_in()
    await server.change(app.account, totp_failures=99)
    assert await app.sign_in("000000") == WRONG
    server.clock.time += STEP
    assert await app.sign_in() == await app.sign_in(codes[0]) == WRONG
    await server.transact(lambda tx: reset_totp(tx, app.account.username))
    app = await app_of(server, app.account)
    assert "access_token" in await app.sign_in()


async def test_a_wrong_code_takes_the_same_steps_as_a_wrong_password(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = await confirmed(server)
    taken: list[list[str]] = []
    fetch = Transaction._fetch

    async def fetched(tx: Transaction, text: str, values: Any) -> Any:
        taken[-1].append(text)
        return await fetch(tx, text, values)

    monkeypatch.setattr(Transaction, "_fetch", fetched)
    for password, code in ((PASSWORD, "000000"), ("wrong", "000000"), ("wrong", app.code())):
        taken.append([])
        assert (await server.sign_in(app.account.username, password, otp=code)).json() == WRONG
    assert taken[1] == taken[2]
    assert [len(each) for each in taken] == [4, 4, 4]
    assert taken[0][:2] == taken[1][:2]


async def test_the_log_names_a_wrong_code_and_tells_none(server: Server) -> None:
    app, _ = await confirmed(server)
    with capture_logs() as logs:
        await app.sign_in("000000")
    (said,) = logs
    assert (said["event"], said["account"]) == ("code_refused", str(app.account.id))
    assert "000000" not in repr(said)


async def test_a_code_without_the_password_is_not_used_up(server: Server) -> None:
    app, _ = await confirmed(server)
    await server.sign_in(app.account.username, "wrong", otp=app.code())
    assert "access_token" in await app.sign_in()


async def test_wrong_codes_lock_as_wrong_passwords_do_and_the_password_alone_gives_no_guess_back(
    server: Server,
) -> None:
    app, _ = await confirmed(server)
    for _ in range(4):
        assert await app.sign_in("000000") == WRONG
        assert (await server.sign_in(app.account.username)).json()["error"] == NEEDED
    await server.wrong(app.account.username)
    locked = await server.sign_in(app.account.username, otp=app.code())
    assert "retry-after" in locked.headers
    assert (await kinds(server, app.account))[-1] == "LOCKED_OUT"


async def test_each_recovery_code_signs_in_once(server: Server) -> None:
    app, codes = await confirmed(server)
    for code in codes[:2]:
        assert "access_token" in await app.sign_in(code.lower().replace("-", ""))
        assert await app.sign_in(code) == WRONG
    assert (await kinds(server, app.account)).count("RECOVERY_CODE_USED") == 2


async def test_neither_secrets_nor_codes_are_stored_readably(server: Server) -> None:
    app, codes = await confirmed(server)
    found = await server.database.fetchval(
        "select string_agg(a::text || encode(totp_sealed, 'escape'), ' ') from account a"
    )
    assert not any(each in found for each in (app.secret, *codes, codes[0].replace("-", "")))


@pytest.mark.long
async def test_another_app_needs_a_code_of_the_present_one_and_replaces_it(server: Server) -> None:
    app, codes = await confirmed(server)
    assert (await offered(server, app.account))["error"] == NEEDED
    assert await offered(server, app.account, otp="000000") == WRONG
    other = await app_of(server, app.account, otp=app.code())
    server.clock.time += STEP
    assert "access_token" in await app.sign_in()
    assert len((await other.sign_in())["recovery_codes"]) == 10
    server.clock.time += STEP
    assert await app.sign_in() == WRONG
    assert await app.sign_in(codes[0]) == WRONG
    assert "access_token" in await other.sign_in()


async def test_a_secret_is_given_for_the_right_password_only(server: Server) -> None:
    account = await server.account()
    form = {"username": account.username, "password": "wrong"}
    for _ in range(5):
        assert (await server.post("/auth/totp", **form)).json() == WRONG
    assert "retry-after" in (await server.post("/auth/totp", **form | {"password": PASSWORD})).headers
    assert (await server.stored(account)).totp_pending is None


async def test_whoever_sees_a_whole_community_must_enrol_where_it_is_required(strict: Server) -> None:
    worker, secretary = await strict.account(), await strict.account(role=Role.SECRETARY)
    assert "access_token" in (await strict.sign_in(worker.username)).json()
    assert (await strict.sign_in(secretary.username)).json()["error"] == ENROL_FIRST
    app = await app_of(strict, secretary)
    assert (await strict.sign_in(secretary.username)).json()["error"] == ENROL_FIRST
    token = (await app.sign_in())["refresh_token"]
    assert "access_token" in (await strict.refresh(token)).json()


async def test_a_session_from_before_it_was_required_is_not_continued(server: Server, strict: Server) -> None:
    worker, secretary = await server.account(), await server.account(role=Role.SECRETARY)
    for account, goes_on in ((worker, True), (secretary, False)):
        token = (await server.sign_in(account.username)).json()["refresh_token"]
        assert ("access_token" in (await strict.refresh(token)).json()) == goes_on


@pytest.mark.long
async def test_a_known_device_needs_a_code_unless_it_is_trusted(server: Server, fresh_url: str) -> None:
    app, _ = await confirmed(server)
    earlier = {"earlier_refresh_token": (await app.sign_in())["refresh_token"]}
    assert (await server.sign_in(app.account.username, **earlier)).json()["error"] == NEEDED
    async with signing(fresh_url, CodePolicy(trusted_for=timedelta(days=30))) as trusting:
        trusting.clock.time = server.clock.time + timedelta(days=29)
        assert "access_token" in (await trusting.sign_in(app.account.username, **earlier)).json()
        assert (await trusting.sign_in(app.account.username)).json()["error"] == NEEDED
        trusting.clock.time += timedelta(days=1)
        assert (await trusting.sign_in(app.account.username, **earlier)).json()["error"] == NEEDED


async def test_where_codes_are_off_none_is_asked_for_or_offered(server: Server, fresh_url: str) -> None:
    app, _ = await confirmed(server)
    async with signing(fresh_url, CodePolicy(Totp.OFF)) as without:
        assert "access_token" in (await without.sign_in(app.account.username)).json()
        assert (await offered(without, app.account))["error"] == "otp_off"


ANOTHER = Sealer.of({1: b"the wrong secret of thirty-two bytes"})


@pytest.mark.parametrize("sealer", [None, ANOTHER], ids=["none", "another"])
async def test_without_the_sealing_key_only_recovery_codes_hold(server: Server, sealer: Sealer | None) -> None:
    app, codes = await confirmed(server)
    server.authenticator.terms = replace(server.authenticator.terms, sealer=sealer)
    assert (await server.sign_in(app.account.username)).json()["error"] == NEEDED
    assert await app.sign_in() == WRONG
    assert "access_token" in await app.sign_in(codes[0])


async def test_without_a_sealing_key_no_secret_is_given(server: Server) -> None:
    server.authenticator.terms = replace(server.authenticator.terms, sealer=None)
    assert (await offered(server, await server.account()))["error"] == "otp_off"


async def test_a_reset_removes_the_app_and_signs_out(server: Server) -> None:
    app, codes = await confirmed(server)
    token = (await app.sign_in())["refresh_token"]
    await server.transact(lambda tx: reset_totp(tx, app.account.username))
    assert "error" in (await server.refresh(token)).json()
    assert await app.sign_in(codes[0]) == WRONG
    assert "access_token" in (await server.sign_in(app.account.username)).json()
    assert "TOTP_RESET" in await kinds(server, app.account)
