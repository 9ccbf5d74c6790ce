"""`tunping seed`: the demo, and generated registers for measurements."""

import asyncio
from datetime import date, datetime, time
from typing import Annotated

import typer

from api.clock import utc_now
from api.commands.databases import CannotServe, database, plain_failures
from api.commands.languages import say, stop
from api.commands.signals import run
from api.commands.terminal import new_app
from api.settings import Settings
from db.migrate import bring_up
from db.server import check_server
from seeds import demo
from seeds.clock import DAY, moment
from seeds.scale import OVERSEER, Scale
from seeds.scale import load as load_scale

CHECK_EVERY = 2.0
"""Seconds between checks of the database while the demo is loaded: a failure is reported soon, and a check is cheap."""
OPEN_DEMO = (
    "演示账号的密码是公开的，不能让其他机器访问。请只在 127.0.0.1 上提供服务，或停用这些账号；"
    "确实要公开演示，请设置 TUNPING_DEMO_PUBLIC=true"
)
app = new_app()


@app.command()
def seed(
    scale: Annotated[str | None, typer.Option(help="Also a generated register, such as 20k-households.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day of the demo, such as 2023-12-31.")] = None,
) -> None:
    """Load the demo into an empty database; for measurements, with up to 200,000 households and a million appeals."""
    size = _size(scale) if scale else None
    ends = _end_of(until) if until else utc_now()
    with plain_failures():
        settings = Settings.read()
        check_open_demo(settings)
    with plain_failures(), database(settings) as url:
        run(bring_up(url))
        if not run(demo.is_empty(url)):
            stop("数据库里已有数据，没有改动")
        run(load_demo(url, ends))
        say("演示数据已载入")
        if size:
            run(load_scale(url, size, utc_now()))
            say("规模数据已载入：{overseer}, 规模1书记01, 规模1网格员01 …", overseer=OVERSEER)


def _size(text: str) -> Scale:
    try:
        return Scale.parse(text)
    except ValueError:
        stop("规模应为 2k 至 200k 的偶数，如 20k-households")


def _end_of(day: str) -> datetime:
    """The end of a day that is over, by the demo's calendar."""
    try:
        ends = moment(date.fromisoformat(day) + DAY, time())
    except ValueError:
        ends = None
    if ends is None or ends > utc_now():
        stop("日期应写作 2023-12-31，并且已经过去")
    return ends


def check_open_demo(settings: Settings) -> None:
    """Raises CannotServe if the demo's accounts would be open to other machines, and nobody has asked for that."""
    if not (settings.demo_public or settings.is_private()):
        raise CannotServe(OPEN_DEMO)


async def load_demo(url: str, now: datetime) -> None:
    """Loads the demo up to a moment, and checks the server meanwhile.

    COPY does not notice that its connection is dead.
    """
    loading = asyncio.create_task(demo.load(url, now))
    while not loading.done():
        await asyncio.wait({loading}, timeout=CHECK_EVERY)
        await check_server(url)
    await loading
