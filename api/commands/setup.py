"""`tunping setup`: a community from a workbook, or from the answers to a few questions."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from api.clock import utc_now
from api.commands.acting import DEADLINE, without_limits
from api.commands.databases import with_database
from api.commands.files import check_name, writing
from api.commands.languages import in_words, say, stop
from api.commands.terminal import fail, new_app
from api.office.setup_book import SetupBook, read_book, write_setup_template
from api.office.sheets import Unreadable
from api.settings import Settings
from db.acts.accounts import Invited
from db.acts.setup import NotSetUp, SetUp, set_up
from db.transaction import Transaction
from rules.accounts import invitation_url
from rules.appeals import AppealCategory
from rules.refusals import Joined, Said
from rules.setup import ACCOUNTS, BUILDINGS, COMMUNITY, ESTATES, FORMS, GRIDS, HOMES, Form, read_row
from rules.setup_checks import SetupCode

app = new_app()
_QUESTIONS: tuple[tuple[Form, Mapping[str, Said], Mapping[str, str]], ...] = (
    (COMMUNITY, {"农场": Said("农场名称"), "社区": Said("社区名称"), "电话": Said("社区电话")}, {}),
    (ESTATES, {"小区": Said("小区名称")}, {}),
    (GRIDS, {"网格": Said("网格名称")}, {}),
    (
        BUILDINGS,
        {
            "楼栋": Said("楼号，例如 1-5"),
            "单元数": Said("每栋的单元数"),
            "楼层数": Said("每栋的楼层数"),
        },
        {},
    ),
    (HOMES, {"户号": Said("每层的户号，例如 1-2")}, {}),
    (ACCOUNTS, {"用户名": Said("书记的用户名"), "姓名": Said("书记的姓名")}, {"岗位": "书记"}),
)
"""The questions by sheet and column, and the cells that are not asked for."""
_File = Annotated[Path | None, typer.Argument(help="The .xlsx workbook; without it, a few questions are asked.")]


@app.command()
def setup(
    file: _File = None,
    template: Annotated[Path | None, typer.Option(help="Write an empty workbook to this file.")] = None,
    codes: Annotated[Path | None, typer.Option(help="Write the invitations to this file, not to the screen.")] = None,
) -> None:
    """Set up a community: all of a workbook, or nothing. A later workbook adds to it."""
    if template is not None:
        check_name(template, ".xlsx")
        with writing(template) as opened:
            write_setup_template(opened)
        say("模板已写入：{template}", template=template)
        return
    book = _asked() if file is None else _read(file)
    try:
        done = with_database(
            lambda opened: opened.system.transact(partial(_set_up, book), now=utc_now(), deadline=DEADLINE)
        )
    except NotSetUp as refused:
        for problem in refused.problems:
            typer.echo(in_words(problem.said()), err=True)
        number = len(refused.problems)
        stop("共 {number} 处问题，没有任何改动", number=number)
    _report(done)
    _invite(done.invited, codes)
    _lacking(done.lacking)


async def _set_up(book: SetupBook, tx: Transaction) -> SetUp:
    await tx.value(without_limits)
    return await set_up(tx, book.items, book.problems)


def _read(file: Path) -> SetupBook:
    try:
        return read_book(file)
    except Unreadable as error:
        fail(in_words(error.said))


def _asked() -> SetupBook:
    """The answers as a workbook with a row in each sheet. A wrong answer is asked for again."""
    book, shared = SetupBook(), dict[str, Any]()
    for form, questions, given in _QUESTIONS:
        cells: dict[str, Any] = {name: shared[name] for name in form.headings() if name in shared} | dict(given)
        if form is HOMES:
            cells |= {"单元": f"1-{shared['单元数']}", "楼层": f"1-{shared['楼层数']}"}
        if form is ACCOUNTS:
            cells = dict(given)
        for heading, question in questions.items():
            cells[heading] = _answer(form, heading, question)
        shared |= cells
        book.add(form, 2, cells)
    return book


def _answer(form: Form, heading: str, question: Said) -> str:
    column = next(each for each in form.columns if each.heading == heading)
    while True:
        said: str = typer.prompt(in_words(question), default=None if column.required else "", show_default=False)
        problems = [each for each in read_row(form, 2, {heading: said})[1] if each.heading == heading]
        if not problems:
            return said
        typer.echo(in_words(problems[0].reason), err=True)


def _report(done: SetUp) -> None:
    added = [(form, done.counts[form.name]) for form in FORMS if done.counts[form.name]]
    if not added and not done.filled:
        say("没有变化")
        return
    counts = [Said(f"{form.name} {{number}}", {"number": number}) for form, number in added]
    say("新增：{counts}；补充 {filled} 处", counts=Joined(counts, "，"), filled=done.filled)


def _invite(invited: Iterable[Invited], codes: Path | None) -> None:
    """Tells the codes with which the new people choose their passwords. They are told only once."""
    lines = [f"{each.account.username}\t{each.account.name}\t{each.code}" for each in invited]
    if not lines:
        return
    if codes is not None:
        with writing(codes) as opened:
            opened.write(("\n".join(lines) + "\n").encode())
        say("邀请码已写入：{codes}", codes=codes)
    else:
        say("邀请码，只显示这一次：")
        for line in lines:
            typer.echo(line)
    if public_url := Settings.read().public_address():
        say("在这里设置密码：{address}", address=invitation_url(public_url))


def _lacking(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        code = SetupCode(row["code"])
        name = AppealCategory(row["category"]) if row["category"] else row["name"]
        say("还缺：{name} {label} ({code})", name=name, label=code, code=code.value)
