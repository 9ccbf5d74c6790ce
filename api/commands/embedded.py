"""The embedded PostgreSQL: the first process that needs it starts it, and the last one stops it."""

import asyncio
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

import asyncpg
import structlog
from fasteners import InterProcessLock, InterProcessReaderWriterLock
from sqlalchemy.exc import DBAPIError

from api.commands.postgres import READY_WITHIN, Cluster, Failed
from api.commands.signals import in_peace
from api.folders import make_folder
from db.server import DatabaseUnusable
from rules.refusals import Failure

log = structlog.get_logger()

DATABASE = "tunping"
CHECK_EVERY = 0.1
"""Seconds between checks whether the server runs. A check reads a file and the state of a process, in 0.1 ms."""
RETRY_FIRST, RETRY_LAST = 1.0, 30.0
"""Seconds before a server that did not stay is started again. The delay doubles from the first to the last."""
STEADY = 60.0
"""Seconds for which a server must have run to be started again at once: twice the longest delay."""
DISK_NEEDED = 100 * 1024 * 1024
"""Free bytes below which a failure is blamed on the disk: six WAL segments of 16 MB."""


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """The URL of the running server, which several processes may share. Raises DatabaseUnusable."""
    if sys.platform == "win32":
        raise DatabaseUnusable("内置数据库只支持 Linux 和 macOS，请设置 DATABASE_URL")
    home = data_dir.resolve() / "postgres"
    with _as_unusable(home):
        make_folder(home.parent)
        server = _Shared(home)
        url = server.join()
    try:
        with _checking_disk(home), server.kept_running():
            yield url
    finally:
        with in_peace():
            server.leave()


@contextmanager
def _as_unusable(home: Path) -> Iterator[None]:
    try:
        with _checking_disk(home):
            yield
    except (Failed, OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnusable("内置数据库无法启动（{home}）：{why}", home=home, why=_reason(error)) from error


@contextmanager
def _checking_disk(home: Path) -> Iterator[None]:
    """Reports any failure while the disk is full as a full disk, because its symptoms vary."""
    try:
        yield
    except (DatabaseUnusable, Failed, OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        existing = next(path for path in home.parents if path.exists())
        disk = shutil.disk_usage(existing)
        if disk.total and disk.free < DISK_NEEDED:
            free = disk.free // 1024**2
            raise DatabaseUnusable(
                "磁盘已满，{folder} 只剩 {free} MB：{why}", folder=existing, free=free, why=_reason(error)
            ) from error
        raise


def _reason(error: Exception) -> object:
    """The message of a failure, or the first line of another error's."""
    return error.said if isinstance(error, Failure) else str(error).partition("\n")[0]


class _Shared:
    """The server of one data directory. File locks, which end with their process, count its users."""

    def __init__(self, home: Path) -> None:
        self._starting = InterProcessLock(home.with_suffix(".starting"))
        self._using = InterProcessReaderWriterLock(home.with_suffix(".using"))
        self._cluster = Cluster(home)
        self._socket_dir: str | None = None

    def join(self) -> str:
        """Starts the server if it does not run. Returns its URL."""
        with self._starting:
            self._using.acquire_read_lock()
            try:
                return self._start()
            except BaseException:
                self._release()
                raise

    def leave(self) -> None:
        """Stops the server unless another process uses it."""
        with self._starting:
            self._release()

    @contextmanager
    def kept_running(self) -> Iterator[None]:
        """Starts the server again whenever it has stopped, until the end of the block."""
        ended = Event()
        thread = Thread(target=self._keep_running, args=[ended], name="embedded PostgreSQL")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _keep_running(self, ended: Event) -> None:
        delay, started = 0.0, time.monotonic()
        while not ended.wait(CHECK_EVERY):
            if self._cluster.alive():
                continue
            delay = 0.0 if time.monotonic() - started > STEADY else delay
            log.error("postgres_stopped", retry_in=delay)
            if ended.wait(delay):
                return
            self._try_to_restart()
            delay, started = min(max(delay * 2, RETRY_FIRST), RETRY_LAST), time.monotonic()

    def _try_to_restart(self) -> None:
        """Starts the server, unless another process has done so. The reason of a failure is in PostgreSQL's log."""
        try:
            with self._starting:
                self._run()
            log.warning("postgres_started")
        except Exception as error:  # noqa: BLE001  the next round tries again, whatever failed
            log.error("postgres_not_started", error=type(error).__name__)  # noqa: TRY400  its text may quote data

    def _release(self) -> None:
        self._using.release_read_lock()
        if self._using.acquire_write_lock(blocking=False):
            self._cluster.stop()
            self._using.release_write_lock()

    def _start(self) -> str:
        self._cluster.initialise()
        deadline = time.monotonic() + READY_WITHIN
        while True:
            socket_dir = self._run()
            try:
                asyncio.run(_create_database(_url(socket_dir, "postgres")))
            except (asyncpg.CannotConnectNowError, ConnectionError, FileNotFoundError):
                # It is being stopped: postmaster.pid tells so a moment later.
                if time.monotonic() > deadline:
                    raise
                time.sleep(CHECK_EVERY)
            else:
                return _url(socket_dir, DATABASE)

    def _run(self) -> str:
        """Starts the server if it does not run, with its socket where clients know it. Returns that directory."""
        if self._cluster.running() is None:
            self._cluster.launch(self._socket_dir)
        self._socket_dir = self._cluster.wait_until_ready()
        return self._socket_dir


def _url(socket_dir: str, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(socket_dir)}"


async def _create_database(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE):
            await connection.execute(f"create database {DATABASE}")
    finally:
        await connection.close()
