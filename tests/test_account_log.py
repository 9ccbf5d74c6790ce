"""The log of accounts: every sign-in, refusal, lock-out and change, without names and addresses, and bounded."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from db.account_log import Refusals
from db.acts import clients
from seeds.known import DEMO_PASSWORD
from tests.client import Clock, Tunping, new_id, serving
from tests.command import tunping as command

NOW = datetime(2023, 9, 1, 8, 0, tzinfo=UTC)
ENTRIES = """select e.kind, e.session_id, e.network, e.times, e.account_id from account_event e
    order by e.id offset $1"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tunping(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application behind a proxy."""
    async with serving(copy_url, clock, behind_proxy=True) as client:
        yield client


class Told:
    """What is recorded and logged from now on."""

    def __init__(self, client: Tunping, before: int, logs: list[Any]) -> None:
        self._client, self._before, self.logs = client, before, logs

    async def entries(self) -> list[asyncpg.Record]:
        found: list[asyncpg.Record] = await self._client.app.state.owner.fetch(ENTRIES, self._before)
        return found

    async def kinds(self) -> list[str]:
        """The kinds of the entries, which are also those of the lines in the log."""
        kinds = [each["kind"] for each in await self.entries()]
        assert [each["event"].upper() for each in self.logs] == kinds
        return kinds


@pytest.fixture
async def told(tunping: Tunping) -> AsyncIterator[Told]:
    with capture_logs() as logs:
        yield Told(tunping, await tunping.count("account_event"), logs)


async def post(client: Tunping, path: str = "/auth/token", **form: str) -> Any:
    answer = await client.http.post(path, data=form)
    return answer.json() if answer.content else None


async def sign_in(client: Tunping, username: str = "网格员01", password: str = DEMO_PASSWORD) -> Any:
    return await post(client, grant_type="password", username=username, password=password)


async def refresh(client: Tunping, token: str) -> Any:
    return await post(client, grant_type="refresh_token", refresh_token=token)


async def test_a_session_is_on_record_from_its_beginning_to_its_end(tunping: Tunping, told: Told) -> None:
    token = (await sign_in(tunping))["refresh_token"]
    token = (await refresh(tunping, token))["refresh_token"]
    await post(tunping, "/auth/revoke", token=token)
    await post(tunping, "/auth/revoke", token=token)
    await refresh(tunping, token)
    assert await told.kinds() == ["SIGNED_IN", "SIGNED_OUT", "REFRESH_REFUSED"]
    assert [each["event"] for each in told.logs] == ["signed_in", "signed_out", "refresh_refused"]
    assert len({(each["account_id"], each["session_id"]) for each in await told.entries()}) == 1


async def test_a_token_that_is_used_twice_is_on_record(tunping: Tunping, told: Told, clock: Clock) -> None:
    token = (await sign_in(tunping))["refresh_token"]
    await refresh(tunping, token)
    clock.turn(timedelta(minutes=1))
    await refresh(tunping, token)
    assert await told.kinds() == ["SIGNED_IN", "TOKEN_REUSED"]
    assert told.logs[-1]["event"] == "token_reused"


async def test_failures_and_a_lock_are_on_record_for_known_and_unknown_names(tunping: Tunping, told: Told) -> None:
    for username in ("网格员02", "nobody"):
        for _ in range(6):
            await sign_in(tunping, username, "wrong")
    assert await told.kinds() == [*["SIGN_IN_REFUSED"] * 5, "LOCKED_OUT"] * 2
    assert {each["event"] for each in told.logs} == {"sign_in_refused", "locked_out"}
    accounts = [each["account_id"] for each in await told.entries()]
    own = await tunping.app.state.owner.fetchval("select id from account where username = '网格员02'")
    assert accounts == [own] * 6 + [None] * 6
    assert [each["times"] for each in await told.entries()] == [1] * 6 + [2] + [1] * 5


async def test_an_outside_system_is_on_record(tunping: Tunping, told: Told) -> None:
    name = new_id("system")
    made = await tunping.transact(lambda tx: clients.add_client(tx, name, "调解员01"))
    for secret in (made.secret, "wrong"):
        form = {"grant_type": "client_credentials", "client_id": f"client_{made.client}", "client_secret": secret}
        await post(tunping, **form)
    await tunping.transact(lambda tx: clients.disable_client(tx, name))
    entries = await told.entries()
    assert [each["kind"] for each in entries] == ["SYSTEM_ADDED", "SIGNED_IN", "SIGN_IN_REFUSED", "SYSTEM_DISABLED"]
    assert {each["session_id"] for each in entries} == {made.client}


async def test_neither_names_nor_addresses_are_kept_or_logged(tunping: Tunping, told: Told) -> None:
    for address in ("203.0.113.9", "203.0.113.9", "198.51.100.9"):
        form = {"grant_type": "password", "username": "CANARY", "password": "CANARY"}
        await tunping.http.post("/auth/token", data=form, headers={"x-forwarded-for": address})
    networks = [each["network"] for each in await told.entries()]
    assert (networks[0] == networks[1], networks[0] == networks[2], len(networks[0])) == (True, False, 16)
    assert networks[0] != hashlib.sha256(b"203.0.113.9").digest()[:16]
    said = repr(told.logs) + repr([tuple(each) for each in await told.entries()])
    assert not any(each in said for each in ("CANARY", "203.0.113.9", "198.51.100.9"))


async def test_refusals_beyond_some_a_minute_are_counted_by_the_next_entry(
    tunping: Tunping, told: Told, clock: Clock
) -> None:
    tunping.app.state.authenticator.refusals.most = 2
    for name in "abcd":
        await sign_in(tunping, name, "wrong")
    await refresh(tunping, "not a token")
    clock.turn(timedelta(minutes=1))
    await sign_in(tunping, "e", "wrong")
    assert await told.kinds() == ["SIGN_IN_REFUSED"] * 3
    assert [each["times"] for each in await told.entries()] == [1, 1, 4]


def test_each_minute_has_its_own_number_of_refusals() -> None:
    refusals = Refusals(most=2)
    minutes = (0, 0, 0, 0.9, 1, 1, 1, 2.5)
    assert [refusals.take(NOW + timedelta(minutes=each)) for each in minutes] == [1, 1, 0, 0, 3, 1, 0, 2]
    assert [refusals.take(NOW - timedelta(days=1)) for _ in range(3)] == [1, 1, 0]


@pytest.mark.parametrize(
    "statement", ["update account_event set times = 2", "delete from account_event", "truncate account_event"]
)
async def test_the_log_only_grows(tunping: Tunping, statement: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="account_event is append-only"):
        await tunping.app.state.owner.execute(statement)


@pytest.mark.long
def test_the_commands_change_an_account_and_show_its_log(copy_url: str) -> None:
    def said(*arguments: str, given: str | None = None) -> str:
        done = command(copy_url, "user", *arguments, given=given)
        assert done.exit_code == 0, done.output
        return done.output

    said("add", "王芳", "--name", "王芳", "--role", "ADMIN", "--password-stdin", given="大院门口的老胡杨\n")
    first = asyncio.run(tried(copy_url, "大院门口的老胡杨"))
    said("password", "王芳", "--password-stdin", given="另一个密码123\n")
    assert asyncio.run(still(copy_url, first)) == (False, False)
    second = asyncio.run(tried(copy_url, "另一个密码123"))
    said("disable", "王芳")
    assert asyncio.run(still(copy_url, second)) == (False, False)
    said("enable", "王芳")
    third = asyncio.run(tried(copy_url, "另一个密码123"))
    said("sign-out", "王芳")
    assert asyncio.run(still(copy_url, third)) == (False, False)
    fourth = asyncio.run(tried(copy_url, "另一个密码123"))
    said("totp-reset", "王芳")
    assert asyncio.run(still(copy_url, fourth)) == (False, False)
    lines = said("log", "王芳").splitlines()
    assert [line.split()[2:4] for line in lines] == [
        ["王芳", each]
        for each in (
            *("REFRESH_REFUSED", "TOTP_RESET", "SIGNED_IN"),
            *("REFRESH_REFUSED", "ALL_SIGNED_OUT", "SIGNED_IN", "ACCOUNT_ENABLED"),
            *("REFRESH_REFUSED", "ACCOUNT_DISABLED", "SIGNED_IN"),
            *("REFRESH_REFUSED", "PASSWORD_CHANGED", "SIGNED_IN", "ACCOUNT_ADDED"),
        )
    ]
    assert said("log", "--last", "2").splitlines() == lines[:2]


@pytest.mark.long
def test_the_commands_invite_find_and_correct_accounts(copy_url: str) -> None:
    def said(*arguments: str) -> list[str]:
        done = command(copy_url, "user", *arguments)
        assert done.exit_code == 0, done.output
        return done.output.splitlines()

    options = ("--name", "李芳", "--role", "GRID_WORKER", "--grid", "01号网格", "--phone", "0991-3800002", "--invite")
    first, second = said("add", "李芳", *options)[0].split()[-1], said("invite", "李芳")[0].split()[-1]
    assert asyncio.run(chosen(copy_url, "李芳", first, second)) == [400, 200]
    assert said("find", "3800002") == ["李芳 李芳 网格员 / Grid worker 0991-3800002 01号网格"]
    said("correct", "李芳", "--name", "李小芳", "--phone", "")
    assert said("find", "李小芳") == ["李芳 李小芳 网格员 / Grid worker - 01号网格"]
    device = asyncio.run(tried(copy_url, "大院门口的老胡杨", "李芳"))["device"]
    (line,) = said("devices", "李芳")
    assert line.startswith(device)
    said("sign-out", "李芳", "--device", device)
    assert said("devices", "李芳") == []
    said("disable", "李芳")
    assert said("find", "李小芳") == ["李芳 李小芳 网格员 / Grid worker - - 停用 / disabled"]
    secretary = said("list", "--role", "SECRETARY", "--community", "屯坪社区")
    assert [each.split()[0] for each in secretary] == ["书记01"]
    assert said("list", "--community", "没有这个社区") == []
    head = said("list", "--role", "BUILDING_HEAD")[0].split()
    assert any(re.fullmatch(r"\D+\d+号楼", each) for each in head), head
    kinds = [each.split()[3] for each in said("log", "李芳")]
    assert kinds[:4] == ["ACCOUNT_DISABLED", "SIGNED_OUT", "SIGNED_IN", "ACCOUNT_CORRECTED"]


async def chosen(url: str, username: str, *codes: str) -> list[int]:
    """How each code of an invitation is answered."""
    async with serving(url) as client:
        form = {"username": username, "password": "大院门口的老胡杨"}
        answers = [await client.http.post("/auth/invitation", data={**form, "code": code}) for code in codes]
        return [each.status_code for each in answers]


async def tried(url: str, password: str, username: str = "王芳") -> Any:
    """The tokens of a sign-in."""
    async with serving(url) as client:
        tokens = await sign_in(client, username, password)
        assert "access_token" in tokens
        return tokens


async def still(url: str, tokens: Any) -> tuple[bool, bool]:
    """Whether an access token and a refresh token hold."""
    async with serving(url) as client:
        while not len(client.app.state.authenticator.endings):  # noqa: ASYNC110  the server reads when it starts
            await asyncio.sleep(0.01)
        own = Tunping(client.app, client.http, tokens["access_token"])
        answered = (await own.ask("{ __typename }")).status == 200
        return answered, "error" not in await refresh(client, tokens["refresh_token"])


@pytest.mark.parametrize("arguments", [("password", "niemand"), ("disable", "niemand"), ("log", "niemand")])
def test_a_name_that_nobody_has_is_said(copy_url: str, arguments: tuple[str, ...]) -> None:
    options = ("--password-stdin",) if arguments[0] == "password" else ()
    failed = command(copy_url, "user", *arguments, *options, given="大院门口的老胡杨\n")
    assert (failed.exit_code, "niemand" in failed.stderr) == (1, True)


def test_a_password_that_is_too_short_changes_nothing(copy_url: str) -> None:
    failed = command(copy_url, "user", "password", "网格员01", "--password-stdin", given="short\n")
    assert (failed.exit_code, "8" in failed.stderr) == (1, True)
