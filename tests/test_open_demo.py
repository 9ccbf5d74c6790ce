"""The demo has a published password: it comes only where it is wanted, and other machines do not reach it by chance."""

import asyncio
from typing import Any

import asyncpg
import pytest

from api.commands.databases import CannotServe
from api.commands.serve import _prepare
from api.settings import Settings
from db.accounts import PASSWORDS
from seeds.demo import has_demo_accounts, is_empty
from seeds.known import DEMO_PASSWORD
from tests import databases
from tests.client import settings
from tests.command import tunping

EVERYWHERE = "0.0.0.0"  # noqa: S104  refused before anything is served


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, True),
        ({"demo": False}, False),
        ({"database_url": "postgresql://x/y"}, False),
        ({"database_url": "postgresql://x/y", "demo": True}, True),
    ],
)
def test_the_demo_is_for_the_embedded_database_or_by_name(given: dict[str, Any], wanted: bool) -> None:
    assert Settings.read(**given).with_demo() is wanted


async def test_an_empty_database_of_ones_own_stays_empty(fresh_url: str) -> None:
    assert await _prepare(fresh_url, settings(fresh_url, host=EVERYWHERE)) is False
    assert await is_empty(fresh_url)


@pytest.mark.long
def test_the_documented_accounts_are_no_demo_while_nobody_has_chosen_a_password(postgres: str) -> None:
    """They have names of the demo, such as 管理员, and wait for their people."""
    with databases.copied(postgres, "empty") as url:
        added = tunping(url, "user", "add", "管理员", "--name", "赵工", "--role", "ADMIN", "--invite")
        assert added.exit_code == 0, added.output
        assert asyncio.run(_prepare(url, settings(url, host=EVERYWHERE))) is False


OPEN: list[dict[str, Any]] = [
    {"host": EVERYWHERE},
    {"host": "::"},
    {"host": "192.0.2.7"},
    {"behind_proxy": True},
    {"public_url": "https://tunping.example.cn"},
]


@pytest.mark.parametrize("given", OPEN)
async def test_demo_accounts_are_not_served_to_other_machines(demo_url: str, given: dict[str, Any]) -> None:
    with pytest.raises(CannotServe, match=r"演示账号.*TUNPING_DEMO_PUBLIC=true"):
        await _prepare(demo_url, settings(demo_url, **given))
    assert await _prepare(demo_url, settings(demo_url, **given, demo_public=True)) is True


@pytest.mark.parametrize("given", OPEN)
async def test_the_demo_is_not_loaded_where_it_would_be_open(fresh_url: str, given: dict[str, Any]) -> None:
    with pytest.raises(CannotServe):
        await _prepare(fresh_url, settings(fresh_url, **given, demo=True))
    assert await is_empty(fresh_url)


@pytest.mark.parametrize(
    "given", [{"host": "127.0.0.1"}, {"host": "::1"}, {"host": "localhost"}, {"public_url": "http://127.0.0.1:8000"}]
)
async def test_this_machine_is_served_the_demo(demo_url: str, given: dict[str, Any]) -> None:
    assert await _prepare(demo_url, settings(demo_url, **given)) is True


async def test_demo_accounts_are_found_by_their_password_whatever_else_was_changed(copy_url: str) -> None:
    connection = await asyncpg.connect(copy_url)
    await connection.execute("update account set username = id::text where username <> '管理员'")
    await connection.execute("delete from qr_code")
    assert await has_demo_accounts(copy_url)
    await connection.execute("update account set password_hash = $1", PASSWORDS.hash("a password of one's own"))
    assert not await has_demo_accounts(copy_url)
    again = "update account set password_hash = $1 where username = '管理员'"
    await connection.execute(again, PASSWORDS.hash(DEMO_PASSWORD))
    assert await has_demo_accounts(copy_url)
    await connection.execute("update account set disabled_at = now() where username = '管理员'")
    assert not await has_demo_accounts(copy_url)
    await connection.close()


def test_serve_and_seed_say_why_in_one_line(demo_url: str, fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    served = tunping(demo_url, "serve", "--port", "0", "--host", EVERYWHERE)
    monkeypatch.setenv("TUNPING_HOST", EVERYWHERE)
    seeded = tunping(fresh_url, "seed")
    for done in (served, seeded):
        assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert "演示账号的密码是公开的" in done.stderr
        assert "TUNPING_DEMO_PUBLIC=true" in done.stderr
    assert asyncio.run(is_empty(fresh_url))
