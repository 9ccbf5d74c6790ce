"""`tunping serve`: a database, its tables, the demo, the server, and a clean end."""

import asyncio
import errno
import gc
import os
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, NoReturn, TypeVar

import asyncpg
import typer
import uvicorn
from sqlalchemy.exc import DBAPIError

from api import logs
from api.app import Options, create_app, utc_now
from api.embedded import embedded_postgres
from api.messages import Gateway
from api.photo_store import PhotoStore
from api.settings import Settings, SettingsError
from api.webhooks import Teller
from api.worker import Worker, working
from db.database import Database
from db.migrate import bring_up
from db.server import DatabaseUnusable, check_server
from rules.access import ROLE_LABELS
from seeds import demo

try:
    import resource
except ImportError:  # Windows has no such limits.
    resource = None  # type: ignore[assignment]

USER_TIMEOUT_MS = 15_000
"""A phone that stops reading is cut off by the kernel after this; the protocol alone would never notice."""
HERE = "http://127.0.0.1:8000"
MESSAGE_LIMIT = 64 * 1024
OTHER_FILES = 124
"""Open files that are kept for everything but clients."""
MOST_CONNECTIONS = 20_000
_UNASKED = 512
"""What a process may open where the system has no such limit to ask for."""
LOOK_EVERY = 2.0
DISK_FULL = "磁盘已满 / the disk is full"
_WORKER_POOL = 2
ENDING = ("SIGINT", "SIGTERM", "SIGHUP")

QUERY = (
    '{ me { name roleLabel } statistics(between: {first: "2023-01-01", last: "2023-12-31"}) '
    "{ disputes { total oral written pending successRate } directLine { total unresolved } } }"
)


told_to_end = Event()
Result = TypeVar("Result")


class CannotServe(Exception):
    """The server cannot start; the message says what is wrong."""


@contextmanager
def plain_failures() -> Iterator[None]:
    """Says in one line what is wrong, instead of a traceback, and exits with 1; a signal ends it likewise."""
    end_cleanly(1)
    try:
        yield
    except (CannotServe, SettingsError, DatabaseUnusable) as error:
        fail(str(error))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as error:
        fail(_complaint(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        fail(DISK_FULL)


def _complaint(error: Exception) -> str:
    cause = getattr(error, "orig", error)
    if getattr(cause, "sqlstate", None) == asyncpg.DiskFullError.sqlstate:
        return DISK_FULL
    return f"数据库不答应 / the database refuses: {str(cause).splitlines()[0]}"


def fail(message: str) -> NoReturn:
    """Ends the command with a message."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def bind(host: str, port: int) -> socket.socket:
    """The listening socket, taken before anything else is started: early callers wait in its queue."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    try:
        listening.bind((host, port))
        listening.listen()
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
    await bring_up(url)
    if with_demo and await demo.is_empty(url):
        typer.echo("正在载入演示数据……/ loading the demo …")
        await load_demo(url)
    return await is_demo(url)


async def load_demo(url: str) -> None:
    """Loads it, and looks now and then whether the database lives: a COPY never notices that it died."""
    loading = asyncio.create_task(demo.load(url))
    while not loading.done():
        await asyncio.wait({loading}, timeout=LOOK_EVERY)
        await check_server(url)
    await loading


async def is_demo(url: str) -> bool:
    """Whether the demo's accounts are there to sign in with."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval("select 1 from qr_code where code = $1", demo.DEMO_COUNTER_CODE)
    finally:
        await connection.close()
    return found is not None


def serve(**given: Any) -> None:
    """Serves until it is told to stop; ``given`` goes before the environment's settings."""
    with plain_failures():
        end_cleanly(0)
        settings = Settings.read(**given)
        with bind(settings.host, settings.port) as listening, database(settings) as url:
            options = _options(settings, url)
            with_demo = run(prepare(url, with_demo=settings.demo))
            address = f"http://{_shown(listening)}"
            server = Server(_config(options), lambda: announce(address, is_demo=with_demo))
            server.run(sockets=[listening])


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """asyncio.run, but silent about what breaks because it was cut short."""
    with asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(_unless_cut_short)
        return runner.run(work)


def _unless_cut_short(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if not told_to_end.is_set():
        loop.default_exception_handler(context)


def end_cleanly(status: int) -> None:
    """Signals unwind the stack, so that the embedded PostgreSQL is stopped too; nohup stays respected."""

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        told_to_end.set()
        sys.exit(status)

    for name in ENDING:
        if hasattr(signal, name) and signal.getsignal(signal.Signals[name]) is not signal.SIG_IGN:
            signal.signal(signal.Signals[name], _hang_up if name == "SIGHUP" else end)


def _hang_up(*_: object) -> None:
    """A closed terminal is the same as SIGTERM, which uvicorn knows."""
    signal.raise_signal(signal.SIGTERM)


def _options(settings: Settings, url: str) -> Options:
    return Options(
        database_url=url,
        secret=settings.signing_secret(),
        access_token_seconds=settings.access_token_seconds,
        pool_size=settings.pool_size,
        body_limit=settings.body_limit,
        sealing_key=settings.key_to_seal(),
        works=settings.worker,
        public_url=settings.public_address(),
        photos=PhotoStore.at(settings.data_dir / "photos", settings.photo_store),
        photo_limit=settings.photo_limit,
        gateway=gateway_of(settings),
        help_phone=settings.help_phone,
        behind_proxy=settings.behind_proxy,
        webhook_private=settings.webhook_private,
    )


def gateway_of(settings: Settings) -> Gateway | None:
    """Where text messages go, if that is set."""
    if settings.sms_url is None:
        return None
    token = settings.sms_token
    return Gateway(str(settings.sms_url), token.get_secret_value() if token else None)


def work() -> None:
    """Does background work until it is told to stop."""
    with plain_failures():
        end_cleanly(0)
        settings = Settings.read()
        with database(settings) as url:
            run(_work(url, settings))


async def _work(url: str, settings: Settings) -> None:
    logs.configure()
    await bring_up(url)
    opened = await Database.open(url, _WORKER_POOL)
    teller = Teller(opened, utc_now, settings.signing_secret(), settings.webhook_private)
    told = _told()
    typer.echo("后台任务已启动 / the worker runs")
    try:
        async with working(Worker(opened, utc_now, gateway_of(settings), teller)):
            await told.wait()
    finally:
        await opened.close()


def _told() -> asyncio.Event:
    """Set by a signal. Raising where the signal finds us is not enough here: jobs' failures are caught, of any kind."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(*_: object) -> None:
        told_to_end.set()
        loop.call_soon_threadsafe(told.set)

    for name in ENDING:
        if hasattr(signal, name) and signal.getsignal(signal.Signals[name]) is not signal.SIG_IGN:
            signal.signal(signal.Signals[name], tell)
    return told


def _shown(listening: socket.socket) -> str:
    """An address that can be called: the machine's own where it listens on all of them."""
    host, port = listening.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  read, not bound
    return f"[{local}]:{port}" if ":" in local else f"{local}:{port}"


def _config(options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(options),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_LIMIT,
        ws_per_message_deflate=False,
        limit_concurrency=most_connections(),
        timeout_graceful_shutdown=5,
    )


def most_connections() -> int:
    """As many clients as there may be open files (`ulimit -n`), of which all are taken that the system grants.

    Beyond it 503 is the answer, and not a server that cannot open its own files.
    """
    if resource is None:
        return _UNASKED - OTHER_FILES
    granted, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if granted != resource.RLIM_INFINITY and granted < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most - OTHER_FILES


class Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, and says so."""
        await super().startup(sockets)
        if self.started:
            # The schema is 200,000 objects that never go: to look through them again and again would halt requests.
            gc.collect()
            gc.freeze()
            self._ready()


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
        "看诉求推送 / watch appeals arrive:",
        f"  {_called_as()} watch --as 网格员01{_where(address)}",
        "像居民一样报一件 / report as a resident:",
        f'  {_called_as()} report "3号楼2单元 暖气不热"{_where(address)}',
        "",
    ]


def _called_as() -> str:
    """How this program was called, so that the lines can be pasted also where it is not on the path."""
    called = Path(sys.argv[0])
    return shlex.quote(os.path.relpath(called)) if called.name == "tunping" else "tunping"


def _where(address: str) -> str:
    return "" if address == HERE else f" --url {address}"


def _body() -> str:
    return '{"query": "' + QUERY.replace('"', '\\"') + '"}'
