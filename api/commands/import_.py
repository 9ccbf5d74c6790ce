"""`tunping import`: registers of residents as .xlsx files."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from api.commands.acting import As, CommunityName, act_as, one_community
from api.commands.files import check_name, writing
from api.commands.languages import in_words, say, stop
from api.commands.terminal import fail, new_app
from api.office.register_book import write_template
from api.office.sheets import Sheet, Unreadable, opened, read_rows
from db.acts.registers import NotLoaded, import_residents
from db.transaction import Transaction
from rules.refusals import Said

_ZONE = ZoneInfo("Asia/Shanghai")
_OUTCOMES = ("new", "moved", "changed", "same")
app = new_app()


@app.callback(invoke_without_command=True, no_args_is_help=False)
def import_(
    context: typer.Context,
    template: Annotated[Path | None, typer.Option(help="Write an empty register to this file.")] = None,
) -> None:
    """Load registers, or write a template for them."""
    if template is not None:
        check_name(template, ".xlsx")
        with writing(template) as opened_file:
            write_template(opened_file)
        say("模板已写入：{template}", template=template)
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def residents(
    file: Annotated[Path, typer.Argument(help="The .xlsx file; its first visible sheet is read.")],
    who: As,
    community: CommunityName = None,
) -> None:
    """Load a register of residents: all rows of it, or none."""
    sheet = _read(file)

    async def load(tx: Transaction) -> Counter[str]:
        where = await one_community(tx, community)
        return await import_residents(tx, where.id, sheet.entries, sheet.problems, lambda: bar.update(1))

    with _bar(Said("登记"), len(sheet.entries)) as bar:
        try:
            counts = act_as(who, load)
        except NotLoaded as refused:
            for problem in refused.problems:
                typer.echo(in_words(problem.said()), err=True)
            number = len(refused.problems)
            stop("共 {number} 处问题，没有导入任何一行", number=number)
    say("新增 {new}，迁居 {moved}，更正 {changed}，未变 {same}", **{each: counts[each] for each in _OUTCOMES})


def _read(file: Path) -> Sheet:
    try:
        with opened(file) as (sheet, rows), _bar(Said("检查「{sheet}」", {"sheet": sheet.name}), sheet.size - 1) as bar:
            read_rows(sheet, rows, datetime.now(_ZONE).date(), lambda: bar.update(1))
            return sheet
    except Unreadable as error:
        fail(in_words(error.said))


def _bar(label: Said, rows: int) -> Any:
    return typer.progressbar(length=max(rows, 1), label=in_words(label), show_pos=True)
