"""`tunping serve`: starts the database, migrates, loads the demo, serves, and stops cleanly."""

import sys
from functools import partial
from typing import Annotated

import typer

from api.app import create_app
from api.clock import utc_now
from api.commands.databases import CannotServe, database, plain_failures
from api.commands.greeting import announce
from api.commands.languages import say
from api.commands.listening import address_of, bind
from api.commands.seed import check_open_demo, load_demo
from api.commands.serving import serve_on, show_demo
from api.commands.signals import hang_up_restarts, pass_over_hang_up, run
from api.commands.supervisor import Service, supervise
from api.commands.terminal import new_app
from api.settings import Settings
from db.migrate import bring_up
from seeds.demo import go_on, has_demo_accounts, is_empty

MOST_WORKERS = 64
app = new_app()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65_535)] = None,
    demo: Annotated[bool | None, typer.Option(help="Whether to fill an empty database with the demo.")] = None,
    demo_public: Annotated[
        bool | None, typer.Option(help="Serve the demo's accounts, whose password is published, to other machines.")
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Server processes on the port. SIGHUP restarts them in turn.", min=1, max=MOST_WORKERS)
    ] = 1,
) -> None:
    """Start the database if need be, migrate, load the demo into an empty database, and serve."""
    with plain_failures(signalled=0):
        settings = Settings.read(host=host, port=port, demo=demo, demo_public=demo_public)
        if workers > 1 and sys.platform == "win32":
            raise CannotServe("Windows 上只能有一个服务进程")
        if workers > 1 and hang_up_restarts():
            pass_over_hang_up()  # The processes that have not started need no restart.
        with bind(settings.host, settings.port) as listening, database(settings) as url:
            application = create_app(settings, url)  # It also makes missing keys, for all processes.
            is_demo = run(_prepare(url, settings))
            ready = partial(announce, address_of(listening), is_demo=is_demo)
            rounds_at = url if is_demo and settings.with_demo() else None
            if workers > 1:
                supervise(Service(listening, settings, url, is_demo, rounds_at, workers), ready)
                return
            if is_demo:
                show_demo(application, settings)
            serve_on(listening, application, settings, ready, rounds_at)


async def _prepare(url: str, settings: Settings) -> bool:
    """Migrates, and loads the demo into an empty database if that is set. A demo that was loaded earlier is continued.

    Returns whether there are demo accounts. Raises CannotServe if these would be open to other machines.
    """
    await bring_up(url)
    fill = settings.with_demo() and await is_empty(url)
    is_demo = fill or await has_demo_accounts(url)
    if is_demo:
        check_open_demo(settings)
    if fill:
        say("正在载入演示数据……")
        await load_demo(url, utc_now())
    elif is_demo and settings.with_demo():
        await go_on(url, utc_now())
    return is_demo
