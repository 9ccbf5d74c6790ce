"""Commands that act for an account."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypeVar

import typer

from api.clock import utc_now
from api.commands.databases import Opened, plain_failures, with_database
from api.commands.languages import stop
from api.settings import Settings
from db import sql
from db.acts.places import communities_of
from db.places import Community
from db.scope import Scope
from db.transaction import Transaction
from db.usernames import account_of
from rules.access import Viewer

DEADLINE = 600.0
"""Seconds for a command's transaction. An import of 20,000 rows takes about ten; slow servers need a margin."""
As = Annotated[str, typer.Option("--as", help="The account that acts; its name is recorded.")]
CommunityName = Annotated[str | None, typer.Option("--community", help="The community, if the account has several.")]
Result = TypeVar("Result")


def act_as(username: str, act: Callable[[Transaction], Awaitable[Result]], *, system: bool = False) -> Result:
    """Runs an act of an account in one transaction, with a command's deadline.

    ``system`` is for acts on all traces of a person: no account sees all of them, and so the second wall shows them to
    none. The act itself checks what the account may do.
    """
    with plain_failures():
        settings = Settings.read()
        sealer = settings.sealer()
    now = utc_now()

    async def acting(tx: Transaction) -> Result:
        await tx.value(without_limits)
        return await act(tx)

    async def work(opened: Opened) -> Result:
        viewer = await viewer_named(opened, username)
        database = opened.system if system else opened.viewers
        return await database.transact(acting, viewer, now=now, sealer=sealer, deadline=DEADLINE)

    return with_database(work, settings)


async def viewer_named(opened: Opened, username: str) -> Viewer:
    """The viewer of an account. Exits if there is no such account."""
    account = await opened.system.transact(partial(account_of, username=username), now=utc_now())
    if account is None or account.disabled_at is not None:
        stop("没有账号 {username}", username=username)
    return Viewer(account.id, account.role)


def without_limits(_: Scope) -> sql.Select:
    """Removes, for this transaction, the timeouts that protect the requests of a server."""
    limits = ("statement_timeout", "idle_in_transaction_session_timeout")
    return sql.select(*(sql.func.set_config(name, "0", sql.TRUE) for name in limits))


async def one_community(tx: Transaction, name: str | None) -> Community:
    """The viewer's community of this name, or their only one."""
    own = await communities_of(tx)
    found = [each for each in own if name in {None, each.name}]
    if not found and name is not None:
        stop("这个账号没有社区「{name}」", name=name)
    if len(found) != 1:
        names = "、".join(each.name for each in own) or "—"
        stop("请用 --community 写明社区：{names}", names=names)
    return found[0]
