"""`tunping export`: documents made from what the API answers, and the register of residents."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from graphql import GraphQLError

from api.clock import utc_now
from api.commands.acting import As, CommunityName, act_as, one_community, viewer_named
from api.commands.databases import Opened, plain_failures, with_database
from api.commands.files import check_name, writing
from api.commands.languages import in_words, say, stop
from api.commands.terminal import fail, new_group
from api.http.asking import ask
from api.http.photo_store import WHOLE, PhotoStore
from api.office.paper import Paper
from api.office.papers import draw
from api.office.person import write_folder
from api.office.register_book import write_register
from api.office.week import WEEK_QUERY, week_paper
from api.settings import Settings
from db import sql
from db.accounts import Account, Assignment
from db.acts.erasing import tell_everything
from db.acts.register_lines import Line, export_residents
from db.base import alias
from db.places import Community
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Role, Viewer
from schema.compiler.refused import RequestError
from schema.engine.bulkhead import Bulkhead
from schema.engine.context import Context
from schema.engine.plans import Plans
from schema.ids import parse_id

File = Annotated[Path, typer.Argument(help="The .docx file to write.")]
app = new_group("Documents for printing, and registers.")


@app.command()
def week(
    file: File,
    week: Annotated[str | None, typer.Option(help="The ISO week, such as 2023-W48; the current one.")] = None,
    community: CommunityName = None,
    username: Annotated[
        str | None, typer.Option("--as", help="The account whose view is printed; the only secretary.")
    ] = None,
) -> None:
    """Write the weekly analysis (每周汇总分析) as a document for printing."""
    _write(file, lambda opened: _week(opened, week, community, username))


def _papers(kind: str) -> Any:
    """A command that writes a paper of a dispute."""

    def write(
        dispute: Annotated[str, typer.Argument(help="The dispute's id, `dispute_<uuid>`.")],
        file: File,
        username: Annotated[str, typer.Option("--as", help="An account that sees the case.")],
    ) -> None:
        async def drawn(opened: Opened) -> Paper:
            return await draw(_context(opened, await viewer_named(opened, username)), kind, dispute)

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
        str | None, typer.Option(help="The reason for exporting ID numbers; without one they are left out.")
    ] = None,
) -> None:
    """Write the residents of a community as a register."""
    check_name(file, ".xlsx")

    async def exported(tx: Transaction) -> list[Line]:
        return await export_residents(tx, (await one_community(tx, community)).id, id_numbers_for)

    lines = act_as(who, exported)
    with writing(file) as opened:
        write_register(opened, lines)
    say("已导出 {lines} 人：{file}", lines=len(lines), file=file)


@app.command()
def resident(
    resident: Annotated[str, typer.Argument(help="The resident's id, `resident_<uuid>`.")],
    file: Annotated[Path, typer.Argument(help="The .zip file to write.")],
    who: As,
    reason: Annotated[str, typer.Option(help="Why it is exported, for the record.")],
) -> None:
    """Write everything that is held about a resident: the rows as JSON, and the photos."""
    check_name(file, ".zip")
    with plain_failures():
        store, uuid = PhotoStore.of(Settings.read()), parse_id("resident", resident, "resident")
    told = act_as(who, lambda tx: tell_everything(tx, uuid, reason), system=True)
    with writing(file) as opened:
        missing = write_folder(opened, told, lambda digest: asyncio.run(store.get(digest, WHOLE)))
    rows = sum(map(len, told.rows.values()))
    say("已导出 {rows} 条记录、{missing} 张照片：{file}", rows=rows, missing=len(told.photos) - missing, file=file)


def _write(file: Path, make: Callable[[Opened], Awaitable[Paper]]) -> None:
    check_name(file, ".docx")
    paper = with_database(make)
    with writing(file) as opened:
        paper.document.save(opened)
    say("已写入：{file}", file=file)


async def _week(opened: Opened, week: str | None, community: str | None, username: str | None) -> Paper:
    """The weekly analysis as the API answers it to an account."""
    viewer = await (viewer_named(opened, username) if username else _only_secretary(opened, community))
    found = None
    if community is not None:
        named = await opened.viewers.transact(lambda tx: one_community(tx, community), viewer, now=utc_now())
        found = f"community_{named.id}"
    try:
        data = await ask(_context(opened, viewer), WEEK_QUERY, week=week, community=found)
    except GraphQLError as error:
        fail(in_words(error.said) if isinstance(error, RequestError) else error.message)
    if data["weeklyAnalysis"] is None:
        stop("这个账号没有社区")
    return week_paper(data["weeklyAnalysis"])


def _context(opened: Opened, viewer: Viewer) -> Context:
    return Context(opened.viewers, Plans(), Bulkhead(), utc_now(), viewer)


async def _only_secretary(opened: Opened, community: str | None) -> Viewer:
    named = partial(Transaction.read, model=Account, query=_secretaries, community=community)
    found = await opened.system.transact(named, now=utc_now())
    if len(found) != 1:
        stop("请用 --as 写明账号")
    return Viewer(found[0].id, found[0].role)


def _secretaries(_: Scope) -> sql.Select:
    """The first two secretaries with a post, in the community of a name if one is given."""
    t, post, community = alias(Account), alias(Assignment), alias(Community)
    name = sql.parameter("community", sql.TEXT)
    serves = (
        sql.exists(post.join(community, community.c.id == post.c.community_id))
        .where(post.c.account_id == t.c.id)
        .where(sql.or_(name.is_(None), community.c.name == name))
    )
    return sql.select(*t.c).from_(t).where(t.c.role == Role.SECRETARY, t.c.disabled_at.is_(None), serves).limit(2)
