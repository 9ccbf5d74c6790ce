"""A server process: the application behind uvicorn, on a socket that is already bound."""

import asyncio
import gc
import logging
import math
import multiprocessing
import socket
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import asyncpg
import structlog
import uvicorn
from starlette.applications import Starlette

from api.background import in_background
from api.clock import utc_now
from api.commands.listening import most_by_address, most_connections
from api.commands.protocol import Crowd, HttpProtocol
from api.commands.signals import run
from api.commands.websocket import FrameReader, WebSocketProtocol
from api.explorer.graphiql import DemoAccounts
from api.settings import Settings
from seeds.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, go_on

MESSAGE_LIMIT = 64 * 1024
"""Bytes of a WebSocket message. A subscription has a few kilobytes; uvicorn's default of 16 MiB would fill memory."""
ROUNDS_EVERY = 60
"""Seconds between looks at the demo's rounds, so that they are walked before the ladder's hour."""
STOP_WITHIN = 5
"""Seconds for requests when the server stops: the deadline of their transactions (``db.database.DEADLINE``)."""
_ABOUT_CLIENTS = frozenset({"Invalid UTF-8 sequence received from client."})
"""Messages of uvicorn about what a client sent. With one for each request, any stranger could fill the log."""
log = structlog.get_logger()


def serve_on(
    listening: socket.socket,
    application: Starlette,
    settings: Settings,
    ready: Callable[[], None],
    rounds_at: str | None = None,
) -> None:
    """Serves until a signal, or the end of the process that started this one. Calls ``ready`` when it has started.

    ``rounds_at`` is the URL of a database whose demo goes on meanwhile.
    """
    config = config_of(application, settings)
    serving = Server(config, application, ready).serve([listening])
    run(_with_rounds(rounds_at, serving) if rounds_at else serving, config.get_loop_factory())


def show_demo(application: Starlette, settings: Settings) -> None:
    """Lets everybody see the accounts of the demo, and unless the settings differ, ask for the schema."""
    if settings.introspection is None:
        application.state.introspection = True
    accounts = [(username, role.label, place) for username, role, place in DEMO_ACCOUNTS]
    application.state.demo = DemoAccounts(accounts, DEMO_PASSWORD)


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


def config_of(application: Starlette, settings: Settings) -> uvicorn.Config:
    """uvicorn's configuration, with our protocols."""
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
        ws_ping_interval=None,  # ``api.http.sockets`` pings.
        limit_concurrency=most,
        timeout_graceful_shutdown=STOP_WITHIN,
    )
    logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg not in _ABOUT_CLIENTS)
    return config


class Server(uvicorn.Server):
    """uvicorn's server, which calls ``ready`` when it has started, and ends with the process that started it."""

    def __init__(self, config: uvicorn.Config, application: Starlette, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._application, self._ready = application, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # The schema has 200,000 permanent objects. Scanning them in each full collection would halt requests.
            gc.collect()
            gc.freeze()
            # With Python's 700, the objects of a few requests in progress are searched for garbage again and again.
            gc.set_threshold(3_000, 10, 10)
            self._end_with_parent()
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accepts nobody from now on, ends the subscriptions over some seconds, and then all connections."""
        for each in self.servers:
            each.close()
        until = asyncio.get_running_loop().time() + STOP_WITHIN
        await self._application.state.feed.leave()
        self.config.timeout_graceful_shutdown = max(1, math.ceil(until - asyncio.get_running_loop().time()))
        await super().shutdown(sockets)

    def _end_with_parent(self) -> None:
        """Ends when the supervisor ends, also if it is killed, so that nobody else's port stays taken."""
        parent = multiprocessing.parent_process()
        if parent is not None:
            loop, sentinel = asyncio.get_running_loop(), parent.sentinel

            def end() -> None:
                loop.remove_reader(sentinel)
                self.should_exit = True

            loop.add_reader(sentinel, end)
