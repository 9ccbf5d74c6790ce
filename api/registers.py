"""`tunping import residents` and `tunping export residents`: the .xlsx register that communities keep."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import asyncpg
import typer

from api.serving import database, fail, plain_failures, run
from api.settings import Settings
from api.sheets import Sheet, Unreadable, opened, read_rows, write_sheets
from db import sql
from db.accounts import Account
from db.acts.register_lines import Line, export_residents
from db.acts.registers import NotLoaded, communities_of, import_residents
from db.database import Database, Unavailable
from db.migrate import bring_up
from db.places import Community
from db.scope import Scope
from db.sealing import Sealer
from db.transaction import Transaction
from rules.access import Viewer
from rules.people import Sex
from rules.refusals import Refusal
from rules.registers import COLOUR_WORDS, COLUMNS, HEADINGS, SEXES, Problem

_ZONE = ZoneInfo("Asia/Shanghai")
_SEX_WORDS = {sex: word for word, sex in SEXES.items()}
_COLOUR_CELLS = {code: word for word, code in COLOUR_WORDS.items()}
_TOLD = {
    "new": ("新增", "new"),
    "moved": ("迁居", "moved"),
    "changed": ("更正", "changed"),
    "same": ("未变", "as before"),
}
Result = TypeVar("Result")
DEADLINE = 600.0
"""Seconds for what a command does in one transaction. An import of 20,000 rows takes ten or so on a small server."""

import_app = typer.Typer(invoke_without_command=True, add_completion=False)
As = Annotated[str, typer.Option("--as", help="The account that does it; it goes on the record.")]
CommunityName = Annotated[str | None, typer.Option("--community", help="Its name, if the account works in several.")]


class NoCommunity(Exception):
    """It cannot be told which community is meant; the message says why."""


@import_app.callback()
def import_(
    context: typer.Context,
    template: Annotated[Path | None, typer.Option(help="Write an empty register to fill in to this file.")] = None,
) -> None:
    """Load registers, or write a template for them."""
    if template is not None:
        _check_name(template)
        with plain_failures():
            _write(template, 居民=[HEADINGS], 填写说明=_guide())
        typer.echo(f"模板已写入 / template written: {template}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _guide() -> list[tuple[str, ...]]:
    heads = ("列", "必填", "说明", "例")
    return [heads, *((each.heading, "是" if each.required else "", each.note, each.example) for each in COLUMNS)]


@import_app.command()
def residents(
    file: Annotated[Path, typer.Argument(help="The .xlsx file; its first sheet is read.")],
    who: As,
    community: CommunityName = None,
) -> None:
    """Put a register of residents on record: every row of it, or none."""
    with plain_failures(), database(Settings.read()) as url:
        try:
            sheet = _read(file)
            with _bar("登记 / recording", len(sheet.entries)) as bar:
                counts = run(acting_as(url, who, lambda tx: _load(tx, community, sheet, lambda: bar.update(1))))
        except (Unreadable, NoCommunity) as error:
            fail(str(error))
        except NotLoaded as refused:
            _list(refused.problems)
        for comma, languages in zip(("，", ", "), zip(*_TOLD.values(), strict=True), strict=True):
            typer.echo(comma.join(f"{word} {counts[key]}" for key, word in zip(_TOLD, languages, strict=True)))


def _read(file: Path) -> Sheet:
    with opened(file) as (sheet, rows), _bar(f"检查「{sheet.name}」 / checking", sheet.size - 1) as bar:
        read_rows(sheet, rows, datetime.now(_ZONE).date(), lambda: bar.update(1))
        return sheet


def _bar(label: str, rows: int) -> Any:
    return typer.progressbar(length=max(rows, 1), label=label, show_pos=True)


async def _load(tx: Transaction, community: str | None, sheet: Sheet, row_done: Callable[[], object]) -> Counter[str]:
    where = await _community(tx, community)
    return await import_residents(tx, where.id, sheet.entries, sheet.problems, row_done)


async def _community(tx: Transaction, name: str | None) -> Community:
    own = await communities_of(tx)
    found = [each for each in own if name in {None, each.name}]
    if len(found) == 1:
        return found[0]
    names = "、".join(each.name for each in own) or "—"
    raise NoCommunity(f"请用 --community 写明社区 / say by --community which one: {names}")


def _list(problems: list[Problem]) -> None:
    for problem in problems:
        typer.echo(str(problem), err=True)
    fail(f"共 {len(problems)} 处问题，没有导入任何一行 / {len(problems)} problems; nothing was changed")


def export_register(
    file: Annotated[Path, typer.Argument(help="The .xlsx file to write; it can be imported again.")],
    who: As,
    community: CommunityName = None,
    id_numbers_for: Annotated[
        str | None, typer.Option(help="Why ID numbers are needed; without a reason they are left out.")
    ] = None,
) -> None:
    """Write who lives in a community as a register."""
    _check_name(file)
    with plain_failures(), database(Settings.read()) as url:
        try:
            lines = run(acting_as(url, who, lambda tx: _lines(tx, community, id_numbers_for)))
        except NoCommunity as error:
            fail(str(error))
        _write(file, 居民=[HEADINGS, *(_cells(line) for line in lines)])
        typer.echo(f"已导出 {len(lines)} 人 / exported: {file}")


async def _lines(tx: Transaction, community: str | None, reason: str | None) -> list[Line]:
    return await export_residents(tx, (await _community(tx, community)).id, reason)


def _cells(line: Line) -> tuple[Any, ...]:
    place = (line.estate, line.building, line.unit, line.floor, line.room)
    colours = "、".join(_COLOUR_CELLS[each.value] for each in line.colours)
    facts = (line.name, _SEX_WORDS[Sex(line.sex)], line.id_number, line.born_on, line.phone, colours, line.reason)
    return (*place, *facts, line.moved_in_on)


def _check_name(file: Path) -> None:
    if file.suffix.lower() != ".xlsx":
        fail("文件名应以 .xlsx 结尾 / the file's name has to end in .xlsx")


def _write(file: Path, **sheets: Any) -> None:
    try:
        write_sheets(file, **sheets)
    except OSError as error:
        fail(f"无法写入 / cannot write {file}: {error.strerror}")


async def acting_as(url: str, username: str, act: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """One act of an account, in a transaction of its own, which may take as long as a command may."""
    await bring_up(url)
    key, now = Settings.read().key_to_seal(), datetime.now(UTC)

    async def work(tx: Transaction) -> Result:
        await tx.value(_without_limits)
        return await act(tx)

    opened_database = await Database.open(url, 1)
    try:
        account = await opened_database.transact(
            lambda tx: tx.first(Account, username=username, disabled_at=None), now=now
        )
        if account is None:
            fail(f"没有账号 {username} / there is no account {username}")
        viewer, sealer = Viewer(account.id, account.role), Sealer.of(key) if key else None
        return await opened_database.transact(work, viewer, now=now, sealer=sealer, deadline=DEADLINE)
    except Refusal as refusal:
        fail(f"{'.'.join(map(str, refusal.path))} {refusal.message()} / {refusal.message('en')}".strip())
    except Unavailable:
        fail("数据库没有及时回应，没有做任何改动 / the database did not answer in time; nothing was changed")
    except asyncpg.UniqueViolationError:
        fail("登记刚刚有变动，请重试；没有做任何改动 / the register has just changed, try again; nothing was changed")
    finally:
        await opened_database.close()


def _without_limits(_: Scope) -> sql.Select:
    """Lifts, for this transaction, the limits that protect people who wait from slow statements and idle sessions."""
    limits = ("statement_timeout", "idle_in_transaction_session_timeout")
    return sql.select(*(sql.func.set_config(name, "0", sql.TRUE) for name in limits))
