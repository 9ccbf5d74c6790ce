"""`tunping codes`: a building's QR codes as a page for printing."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.acting import As, act_as
from api.commands.databases import plain_failures
from api.commands.terminal import check_name, fail, new_group, writing
from api.office.code_sheets import NO_ADDRESS, sheet_html
from api.settings import Settings
from db.acts.codes import Card, buildings_numbered, sheet_of
from db.transaction import Transaction

app = new_group("Printed QR codes.")


@app.command("sheet")
def sheet(
    file: Annotated[Path, typer.Argument(help="The .html file to write; any browser prints it.")],
    building: Annotated[int, typer.Option(help="The building's number.")],
    who: As,
    estate: Annotated[str | None, typer.Option(help="The estate, if several have such a building.")] = None,
) -> None:
    """Write the QR codes of a building's households for printing. Missing codes are issued."""
    check_name(file, ".html")
    with plain_failures():
        address = Settings.read().public_address() or fail(NO_ADDRESS)
    cards = act_as(who, lambda tx: _cards(tx, building, estate))
    with writing(file) as opened:
        opened.write(sheet_html(cards, address).encode())
    typer.echo(f"已写入 {len(cards)} 户的二维码 / written: {file}")


async def _cards(tx: Transaction, number: int, estate: str | None) -> list[Card]:
    found = [each for each in await buildings_numbered(tx, number) if estate in {None, each.estate}]
    if len(found) > 1:
        names = "、".join(each.estate for each in found)
        fail(f"请用 --estate 写明小区 / choose one with --estate: {names}")
    if not found:
        fail(f"没有找到 {number}号楼 / there is no building {number} for this account")
    return await sheet_of(tx, found[0].id)
