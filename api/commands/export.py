"""`tunping export`: documents, made from what the API answers to an account, and the register."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from graphql import GraphQLError

from api.commands.acting import As, CommunityName, act_as, one_community
from api.commands.databases import brought_up, database, plain_failures
from api.commands.settings import Settings
from api.commands.signals import run
from api.commands.terminal import check_name, fail, new_app, writing
from api.http.asking import ask
from api.office.papers import draw
from api.office.register_book import write_register
from api.office.week import WEEK_QUERY, week_paper
from db import sql
from db.accounts import Account, Assignment
from db.acts.register_lines import Line, export_residents
from db.base import alias
from db.database import Database
from db.places import Community
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Role, Viewer
from schema.compiler.plan import Plans

_COMMUNITIES = "{ communities(first: 100) { nodes { id name } } }"
File = Annotated[Path, typer.Argument(help="The .docx file to write.")]
Result = TypeVar("Result")
app = new_app()


@app.callback()
def export() -> None:
    """Documents for printing, and registers."""


@app.command()
def week(
    file: File,
    week: Annotated[str | None, typer.Option(help="The ISO week, such as 2023-W48; the one that runs.")] = None,
    community: Annotated[str | None, typer.Option(help="The community's name, if there are several.")] = None,
    username: Annotated[
        str | None, typer.Option("--as", help="For whom: it tells what this account sees; the secretary.")
    ] = None,
) -> None:
    """Write the weekly analysis (每周汇总分析) as a document for printing."""
    _write(file, lambda opened: _week(opened, week, community, username))


def _papers(kind: str) -> Any:
    """A command that writes a paper of a dispute."""

    def write(
        dispute: Annotated[str, typer.Argument(help="The dispute's id, `dispute_<uuid>`.")],
        file: File,
        username: Annotated[str, typer.Option("--as", help="For whom: an account that sees the case.")],
    ) -> None:
        async def drawn(opened: Database) -> Any:
            viewer = await _viewer(opened, None, username)
            return await draw(opened, Plans(), viewer, datetime.now(UTC), kind, dispute)

        _write(file, drawn)

    return write


app.command("agreement", help="Write an agreement (调解协议书), or a draft.")(_papers("agreement"))
app.command("confirmation", help="Write the joint request for judicial confirmation (司法确认申请书).")(
    _papers("confirmation")
)


@app.command()
def residents(
    file: Annotated[Path, typer.Argument(help="The .xlsx file to write; it can be imported again.")],
    who: As,
    community: CommunityName = None,
    id_numbers_for: Annotated[
        str | None, typer.Option(help="Why ID numbers are needed; without a reason they are left out.")
    ] = None,
) -> None:
    """Write who lives in a community as a register."""
    check_name(file, ".xlsx")
    lines = act_as(who, lambda tx: _lines(tx, community, id_numbers_for))
    with writing(file):
        write_register(file, lines)
    typer.echo(f"已导出 {len(lines)} 人 / exported: {file}")


async def _lines(tx: Transaction, community: str | None, reason: str | None) -> list[Line]:
    return await export_residents(tx, (await one_community(tx, community)).id, reason)


def _write(file: Path, make: Callable[[Database], Awaitable[Any]]) -> None:
    """Writes a paper."""
    check_name(file, ".docx")
    with plain_failures(), database(Settings.read()) as url:
        paper = run(_made(url, make))
        with writing(file):
            paper.document.save(str(file))
    typer.echo(f"已写入 / written: {file}")


async def _made(url: str, make: Callable[[Database], Awaitable[Result]]) -> Result:
    async with brought_up(url) as opened:
        return await make(opened)


async def _week(opened: Database, week: str | None, community: str | None, username: str | None) -> Any:
    """The analysis as the API answers it to an account."""
    viewer = await _viewer(opened, community, username)
    found = community and await _community(opened, viewer, community)
    data = await _ask(opened, viewer, WEEK_QUERY, week=week, community=found)
    if data["weeklyAnalysis"] is None:
        fail("这个账号没有社区 / this account has no community")
    return week_paper(data["weeklyAnalysis"])


async def _viewer(opened: Database, community: str | None, username: str | None) -> Viewer:
    """The account that is named, or else the secretary if there is exactly one."""
    found = await opened.transact(lambda tx: _accounts(tx, community, username), now=datetime.now(UTC))
    if len(found) != 1 and username is not None:
        fail(f"没有账号 {username} / there is no account {username}")
    if len(found) != 1:
        fail("请用 --as 写明账号 / say by --as for which account; there is no single secretary")
    return Viewer(found[0].id, found[0].role)


async def _accounts(tx: Transaction, community: str | None, username: str | None) -> list[Account]:
    if username is not None:
        return await tx.all(Account, username=username, disabled_at=None)
    return await tx.read(Account, _secretaries, community=community)


def _secretaries(_: Scope) -> sql.Select:
    """The secretaries in office, of the community of a name if one is given."""
    t, post, community = alias(Account), alias(Assignment), alias(Community)
    name = sql.parameter("community", sql.TEXT)
    serves = (
        sql.exists(post.join(community, community.c.id == post.c.community_id))
        .where(post.c.account_id == t.c.id)
        .where(sql.or_(name.is_(None), community.c.name == name))
    )
    return sql.select(*t.c).from_(t).where(t.c.role == Role.SECRETARY, t.c.disabled_at.is_(None), serves).limit(2)


async def _community(opened: Database, viewer: Viewer, name: str) -> str:
    nodes = (await _ask(opened, viewer, _COMMUNITIES))["communities"]["nodes"]
    found: list[str] = [each["id"] for each in nodes if each["name"] == name]
    if len(found) != 1:
        fail(f"这个账号没有唯一的社区「{name}」 / this account has no single community {name}")
    return found[0]


async def _ask(opened: Database, viewer: Viewer, query: str, **variables: Any) -> Any:
    try:
        return await ask(opened, Plans(), viewer, datetime.now(UTC), query, **variables)
    except GraphQLError as error:
        fail(error.message)
