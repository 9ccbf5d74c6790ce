"""`tunping serve`: a database, its tables, the demo, the server, and a clean end."""

import asyncio
import errno
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import typer
import uvicorn

from api.app import Options, create_app
from api.embedded import embedded_postgres
from api.settings import Settings, SettingsError
from db.migrate import DatabaseUnusable, check_server, upgrade
from rules.access import ROLE_LABELS
from seeds import demo

USER_TIMEOUT_MS = 15_000
"""A phone that stops reading is cut off by the kernel after this; the protocol alone would never notice."""
MESSAGE_LIMIT = 64 * 1024

QUERY = (
    '{ me { name roleLabel } statistics(between: {first: "2023-01-01", last: "2023-12-31"}) '
    "{ disputes { total oral written pending successRate } directLine { problems unresolved } } }"
)


class CannotServe(Exception):
    """The server cannot start; the message says what is wrong."""


@contextmanager
def plain_failures() -> Iterator[None]:
    """Says in one line what is wrong, instead of a traceback, and exits with 1."""
    try:
        yield
    except (CannotServe, SettingsError, DatabaseUnusable) as error:
        fail(str(error))
    except asyncpg.DiskFullError:
        fail("磁盘已满 / the disk is full")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        fail("磁盘已满 / the disk is full")


def fail(message: str) -> None:
    """Ends the command with a message."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def bind(host: str, port: int) -> socket.socket:
    """The listening socket, taken before anything else is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise CannotServe(_why_not(error, host, port)) from error
    return listening


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"端口 {port} 已被占用,请用 --port 换一个 / port {port} is taken; choose another with --port"
    return f"不能在 {host}:{port} 上监听 / cannot listen on {host}:{port}: {error.strerror}"


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The database's URL: the one that is set, or the embedded one's."""
    if settings.database_url is not None:
        yield settings.database_url
    else:
        with embedded_postgres(settings.data_dir) as url:
            yield url


async def prepare(url: str, *, with_demo: bool) -> bool:
    """Migrates, and loads the demo into an empty database; says whether it is the demo."""
    await check_server(url)
    await upgrade(url)
    if with_demo and await demo.is_empty(url):
        typer.echo("正在载入演示数据……/ loading the demo …")
        await demo.load(url)
    return await demo.is_loaded(url)


def serve(settings: Settings) -> None:
    """Serves until it is told to stop."""
    signal.signal(signal.SIGTERM, _stop)
    with plain_failures(), bind(settings.host, settings.port) as listening, database(settings) as url:
        is_demo = asyncio.run(prepare(url, with_demo=settings.demo))
        options = Options(
            database_url=url,
            secret=settings.signing_secret(),
            access_token_seconds=settings.access_token_seconds,
            pool_size=settings.pool_size,
            body_limit=settings.body_limit,
        )
        host, port = listening.getsockname()[:2]
        server = Server(_config(options), lambda: announce(f"http://{host}:{port}", is_demo=is_demo))
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            sys.exit(0)


def _stop(*_: object) -> None:
    sys.exit(0)


def _config(options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(options),
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_LIMIT,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )


class Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, and says so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """A second signal hurries; the first one lets requests end."""
        super().handle_exit(sig, frame)


def announce(address: str, *, is_demo: bool) -> None:
    """Tells a newcomer where to go."""
    lines = ["", f"屯坪已就绪 / Tunping is ready: {address}/graphql", ""]
    if is_demo:
        lines += _demo_lines(address)
    typer.echo("\n".join(lines))


def _demo_lines(address: str) -> list[str]:
    accounts = [f"  {username}  {ROLE_LABELS[role]}  {where}" for username, role, where in demo.DEMO_ACCOUNTS]
    return [
        f"演示账号,密码都是 {demo.DEMO_PASSWORD} / demo accounts, all with this password:",
        *accounts,
        "",
        "粘贴试试 / paste this:",
        f"  TOKEN=$(curl -s {address}/auth/token --data-urlencode grant_type=password \\",
        f"    --data-urlencode username=书记01 --data-urlencode password={demo.DEMO_PASSWORD} \\",
        "    | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])')",
        f"  curl -s {address}/graphql -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\",
        f"    -d '{_body()}'",
        "",
        "看诉求推送 / watch appeals arrive:   tunping watch --as 网格员01",
        '像居民一样报一件 / report as a resident: tunping report "3号楼2单元 暖气不热"',
        "",
    ]


def _body() -> str:
    return '{"query": "' + QUERY.replace('"', '\\"') + '"}'
