"""`tunping codes`: the QR codes of a building or of a grid's premises as a page for printing."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.acting import As, act_as
from api.commands.databases import plain_failures
from api.commands.files import check_name, writing
from api.commands.languages import in_words, say, stop
from api.commands.terminal import fail, new_group
from api.office.code_sheets import NO_ADDRESS, sheet_html
from api.settings import Settings
from db.acts.codes import Card, buildings_named, grids_named, sheet_of, sheet_of_premises
from db.transaction import Transaction

app = new_group("Printed QR codes.")


@app.command("sheet")
def sheet(
    file: Annotated[Path, typer.Argument(help="The .html file to write; any browser prints it.")],
    who: As,
    building: Annotated[
        str | None, typer.Option(help="The building, such as 3 or A座, for the codes of its homes.")
    ] = None,
    grid: Annotated[str | None, typer.Option(help="The grid's name, for the codes of its premises.")] = None,
    estate: Annotated[str | None, typer.Option(help="The estate, if several have such a building or grid.")] = None,
) -> None:
    """Write the QR codes of a building's households or of a grid's premises for printing. Missing codes are issued."""
    check_name(file, ".html")
    if (building is None) == (grid is None):
        stop("请写明 --building 或 --grid，只写一个")
    with plain_failures():
        address = Settings.read().public_address() or fail(in_words(NO_ADDRESS))
    cards = act_as(who, lambda tx: _cards(tx, building, grid, estate))
    with writing(file) as opened:
        opened.write(sheet_html(cards, address).encode())
    say("已写入 {count} 张二维码：{file}", count=len(cards), file=file)


async def _cards(tx: Transaction, building: str | None, grid: str | None, estate: str | None) -> list[Card]:
    places = await grids_named(tx, grid) if grid is not None else await buildings_named(tx, building or "")
    found = [each for each in places if estate in {None, each.estate}]
    if len(found) > 1:
        names = "、".join(each.estate for each in found)
        stop("请用 --estate 写明小区：{names}", names=names)
    if not found:
        if grid is not None:
            stop("没有找到网格 {grid}", grid=grid)
        stop("没有找到楼栋 {building}", building=building)
    return await (sheet_of if grid is None else sheet_of_premises)(tx, found[0].id)
