"""`tunping export`: documents, made from what the API answers to an account."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from graphql import GraphQLError

from api.asking import ask
from api.paper import Paper
from api.papers import draw
from api.serving import database, fail, plain_failures, run
from api.settings import Settings
from api.week import WEEK_QUERY, week_paper
from db import sql
from db.accounts import Account, Assignment
from db.base import alias
from db.database import Database
from db.migrate import bring_up
from db.places import Community
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Role, Viewer
from rules.refusals import Refusal
from schema.compiler.plan import Plans

_COMMUNITIES = "{ communities(first: 100) { nodes { id name } } }"

export_app = typer.Typer(no_args_is_help=True, add_completion=False)


class CannotExport(Exception):
    """There is nothing to write; the message says why."""


@export_app.callback()
def export() -> None:
    """Documents for printing."""


@export_app.command()
def week(
    file: Annotated[Path, typer.Argument(help="The .docx file to write.")],
    week: Annotated[str | None, typer.Option(help="The ISO week, such as 2023-W48; the one that runs.")] = None,
    community: Annotated[str | None, typer.Option(help="The community's name, if there are several.")] = None,
    username: Annotated[
        str | None, typer.Option("--as", help="For whom: it tells what this account sees; the secretary.")
    ] = None,
) -> None:
    """Write the weekly analysis (每周汇总分析) as a document for printing."""
    _check_name(file)
    with plain_failures(), database(Settings.read()) as url:
        try:
            analysis = run(read_week(url, week, community, username))
            week_paper(analysis).document.save(str(file))
        except CannotExport as error:
            fail(str(error))
        except OSError as error:
            fail(f"无法写入 / cannot write {file}: {error.strerror}")
    typer.echo(f"已写入 / written: {file}")


def _papers(kind: str) -> Any:
    """A command that writes a paper of a dispute."""

    def write(
        dispute: Annotated[str, typer.Argument(help="The dispute's id, `dispute_<uuid>`.")],
        file: Annotated[Path, typer.Argument(help="The .docx file to write.")],
        username: Annotated[str, typer.Option("--as", help="For whom: an account that sees the case.")],
    ) -> None:
        _check_name(file)
        with plain_failures(), database(Settings.read()) as url:
            try:
                run(_draw(url, kind, dispute, username)).document.save(str(file))
            except (CannotExport, Refusal) as error:
                fail(error.message("zh") if isinstance(error, Refusal) else str(error))
            except OSError as error:
                fail(f"无法写入 / cannot write {file}: {error.strerror}")
        typer.echo(f"已写入 / written: {file}")

    return write


export_app.command("agreement", help="Write an agreement (调解协议书), or a draft.")(_papers("agreement"))
export_app.command("confirmation", help="Write the joint request for judicial confirmation (司法确认申请书).")(
    _papers("confirmation")
)


async def _draw(url: str, kind: str, dispute: str, username: str) -> Paper:
    await bring_up(url)
    opened = await Database.open(url, 1)
    try:
        viewer = await _viewer(opened, None, username)
        return await draw(opened, Plans(), viewer, datetime.now(UTC), kind, dispute)
    finally:
        await opened.close()


def _check_name(file: Path) -> None:
    if file.suffix.lower() != ".docx":
        fail("文件名应以 .docx 结尾 / the file's name has to end in .docx")


async def read_week(url: str, week: str | None, community: str | None, username: str | None) -> Any:
    """The analysis as the API answers it to an account."""
    await bring_up(url)
    opened = await Database.open(url, 1)
    try:
        viewer = await _viewer(opened, community, username)
        found = community and await _community(opened, viewer, community)
        data = await _ask(opened, viewer, WEEK_QUERY, week=week, community=found)
    finally:
        await opened.close()
    if data["weeklyAnalysis"] is None:
        raise CannotExport("这个账号没有社区 / this account has no community")
    return data["weeklyAnalysis"]


async def _viewer(opened: Database, community: str | None, username: str | None) -> Viewer:
    """The account that is named, or else the secretary if there is exactly one."""
    found = await opened.transact(lambda tx: _accounts(tx, community, username), now=datetime.now(UTC))
    if len(found) == 1:
        return Viewer(found[0].id, found[0].role)
    if username is not None:
        raise CannotExport(f"没有账号 {username} / there is no account {username}")
    raise CannotExport("请用 --as 写明账号 / say by --as for which account; there is no single secretary")


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
        raise CannotExport(f"这个账号没有唯一的社区「{name}」 / this account has no single community {name}")
    return found[0]


async def _ask(opened: Database, viewer: Viewer, query: str, **variables: Any) -> Any:
    try:
        return await ask(opened, Plans(), viewer, datetime.now(UTC), query, **variables)
    except GraphQLError as error:
        raise CannotExport(error.message) from None
