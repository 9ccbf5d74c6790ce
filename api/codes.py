"""`tunping codes sheet`: a building's QR codes as a page for printing."""

from pathlib import Path
from typing import Annotated

import typer

from api.code_sheets import NO_ADDRESS, sheet_html
from api.registers import As, acting_as
from api.serving import database, fail, plain_failures, run
from api.settings import Settings
from db.acts.codes import Card, buildings_numbered, sheet_of
from db.transaction import Transaction

codes_app = typer.Typer(no_args_is_help=True, add_completion=False)


@codes_app.callback()
def codes() -> None:
    """Printed QR codes."""


@codes_app.command("sheet")
def sheet_command(
    file: Annotated[Path, typer.Argument(help="The .html file to write; any browser prints it.")],
    building: Annotated[int, typer.Option(help="The building's number.")],
    who: As,
    estate: Annotated[str | None, typer.Option(help="Its estate, if several have such a number.")] = None,
) -> None:
    """Write the QR codes of a building's homes for printing; homes without one get it now."""
    if file.suffix.lower() != ".html":
        fail("文件名应以 .html 结尾 / the file's name has to end in .html")
    with plain_failures(), database(settings := Settings.read()) as url:
        address = settings.public_address() or fail(NO_ADDRESS)
        cards = run(acting_as(url, who, lambda tx: _of_number(tx, building, estate)))
        _write(file, sheet_html(cards, address))
        typer.echo(f"已写入 {len(cards)} 户的二维码 / written: {file}")


async def _of_number(tx: Transaction, number: int, estate: str | None) -> list[Card]:
    found = [each for each in await buildings_numbered(tx, number) if estate in {None, each.estate}]
    if len(found) > 1:
        names = "、".join(each.estate for each in found)
        fail(f"请用 --estate 写明小区 / say by --estate which one: {names}")
    if not found:
        fail(f"没有找到 {number}号楼 / there is no building {number} for this account")
    return await sheet_of(tx, found[0].id)


def _write(file: Path, page: str) -> None:
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        fail(f"无法写入 / cannot write {file}: {error.strerror}")
