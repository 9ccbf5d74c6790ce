"""Commands that act for an account."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import asyncpg
import typer

from api.commands.databases import brought_up, database, plain_failures
from api.commands.settings import Settings
from api.commands.signals import run
from api.commands.terminal import fail
from db import sql
from db.accounts import Account
from db.acts.registers import communities_of
from db.places import Community
from db.scope import Scope
from db.sealing import Sealer
from db.transaction import Transaction
from rules.access import Viewer

DEADLINE = 600.0
"""Seconds for what a command does in one transaction. An import of 20,000 rows takes ten or so on a small server."""
As = Annotated[str, typer.Option("--as", help="The account that does it; it goes on the record.")]
CommunityName = Annotated[str | None, typer.Option("--community", help="Its name, if the account works in several.")]
Result = TypeVar("Result")


def act_as(username: str, act: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """One act of an account, in a transaction of its own, which may take as long as a command may."""
    settings = Settings.read()
    with plain_failures(), database(settings) as url:
        try:
            return run(_act_as(url, settings.key_to_seal(), username, act))
        except asyncpg.UniqueViolationError:
            fail("登记刚刚有变动，请重试；没有任何改动 / the register has just changed, try again; nothing was changed")


async def _act_as(
    url: str, key: bytes | None, username: str, act: Callable[[Transaction], Awaitable[Result]]
) -> Result:
    async def work(tx: Transaction) -> Result:
        await tx.value(_without_limits)
        return await act(tx)

    now = datetime.now(UTC)
    async with brought_up(url) as opened:
        account = await opened.transact(lambda tx: tx.first(Account, username=username, disabled_at=None), now=now)
        if account is None:
            fail(f"没有账号 {username} / there is no account {username}")
        viewer, sealer = Viewer(account.id, account.role), Sealer.of(key) if key else None
        return await opened.transact(work, viewer, now=now, sealer=sealer, deadline=DEADLINE)


def _without_limits(_: Scope) -> sql.Select:
    """Lifts, for this transaction, the limits that protect people who wait from slow statements and idle sessions."""
    limits = ("statement_timeout", "idle_in_transaction_session_timeout")
    return sql.select(*(sql.func.set_config(name, "0", sql.TRUE) for name in limits))


async def one_community(tx: Transaction, name: str | None) -> Community:
    """The account's community of this name, or its only one."""
    own = await communities_of(tx)
    found = [each for each in own if name in {None, each.name}]
    if len(found) != 1:
        names = "、".join(each.name for each in own) or "—"
        fail(f"请用 --community 写明社区 / say by --community which one: {names}")
    return found[0]
