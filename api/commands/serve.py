"""`tunping serve`: starts the database, migrates, loads the demo, serves, and stops cleanly."""

import asyncio
import gc
import logging
import socket
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any

import asyncpg
import structlog
import typer
import uvicorn
from starlette.applications import Starlette

from api.app import create_app
from api.background import in_background
from api.clock import utc_now
from api.commands.databases import database, plain_failures
from api.commands.greeting import announce
from api.commands.listening import address_of, bind, most_by_address, most_connections
from api.commands.protocol import Crowd, HttpProtocol
from api.commands.seed import check_open_demo, load_demo
from api.commands.signals import run
from api.commands.terminal import new_app
from api.commands.websocket import FrameReader, WebSocketProtocol
from api.explorer.graphiql import DemoAccounts
from api.settings import Settings
from db.migrate import bring_up
from seeds.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, go_on, has_demo_accounts, is_empty

MESSAGE_LIMIT = 64 * 1024
"""Bytes of a WebSocket message. A subscription has a few kilobytes; uvicorn's default of 16 MiB would fill memory."""
ROUNDS_EVERY = 60
"""Seconds between looks at the demo's rounds, so that they are walked before the ladder's hour."""
STOP_WITHIN = 5
"""Seconds for requests when the server stops: the deadline of their transactions (``db.database.DEADLINE``)."""
_ABOUT_CLIENTS = frozenset({"Invalid UTF-8 sequence received from client."})
"""Messages of uvicorn about what a client sent. With one for each request, any stranger could fill the log."""
log = structlog.get_logger()
app = new_app()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65_535)] = None,
    demo: Annotated[bool | None, typer.Option(help="Whether to fill an empty database with the demo.")] = None,
    demo_public: Annotated[
        bool | None, typer.Option(help="Serve the demo's accounts, whose password is published, to other machines.")
    ] = None,
) -> None:
    """Start the database if need be, migrate, load the demo into an empty database, and serve."""
    with plain_failures(signalled=0):
        settings = Settings.read(host=host, port=port, demo=demo, demo_public=demo_public)
        with bind(settings.host, settings.port) as listening, database(settings) as url:
            application = create_app(settings, url)
            config = _config(application, settings)
            is_demo = run(_prepare(url, settings))
            if settings.introspection is None:
                application.state.introspection = is_demo
            if is_demo:
                accounts = [(username, role.label, place) for username, role, place in DEMO_ACCOUNTS]
                application.state.demo = DemoAccounts(accounts, DEMO_PASSWORD)
            address = address_of(listening)
            server = Server(config, lambda: announce(address, is_demo=is_demo))
            serving = server.serve([listening])
            goes_on = is_demo and settings.with_demo()
            run(_with_rounds(url, serving) if goes_on else serving, config.get_loop_factory())


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
        typer.echo("正在载入演示数据…… / loading the demo …")
        await load_demo(url, utc_now())
    elif is_demo and settings.with_demo():
        await go_on(url, utc_now())
    return is_demo


async def _with_rounds(url: str, serving: Coroutine[None, None, None]) -> None:
    """Serves the demo, whose rounds go on meanwhile."""
    async with in_background(_go_on(url)):
        await serving


async def _go_on(url: str) -> None:
    """Continues the demo's rounds. A failure, such as a lost connection, is made good by the next attempt."""
    while True:
        await asyncio.sleep(ROUNDS_EVERY)
        try:
            await go_on(url, utc_now())
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("demo_not_continued", error=type(error).__name__)


def _config(application: Starlette, settings: Settings) -> uvicorn.Config:
    most = most_connections()
    crowd = Crowd(most_by_address(settings, most))
    http: Any = partial(HttpProtocol, crowd)
    websocket: Any = partial(WebSocketProtocol, crowd, FrameReader())
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=http,
        ws=websocket,
        ws_max_size=MESSAGE_LIMIT,
        ws_per_message_deflate=False,
        limit_concurrency=most,
        timeout_graceful_shutdown=STOP_WITHIN,
    )
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg not in _ABOUT_CLIENTS)
    return config


class Server(uvicorn.Server):
    """uvicorn's server, which calls ``ready`` when it has started."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # The schema has 200,000 permanent objects. Scanning them in each full collection would halt requests.
            gc.collect()
            gc.freeze()
            self._ready()
