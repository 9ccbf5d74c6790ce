"""The embedded PostgreSQL: the first process that needs it starts it, and the last one stops it."""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg
from fasteners import InterProcessLock, InterProcessReaderWriterLock
from sqlalchemy.exc import DBAPIError

from api.commands.postgres import Cluster, Failed
from db.server import DatabaseUnusable

DATABASE = "tunping"
DISK_NEEDED = 100 * 1024 * 1024
"""Free bytes below which a failure is blamed on the disk: six WAL segments of 16 MB."""


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """The URL of the running server, which several processes may share. Raises DatabaseUnusable."""
    if sys.platform == "win32":
        raise DatabaseUnusable("内置数据库只支持 Linux 和 macOS，请设置 DATABASE_URL / on Windows set DATABASE_URL")
    home = data_dir.resolve() / "postgres"
    with _as_unusable(home):
        home.parent.mkdir(parents=True, exist_ok=True)
        server = _Shared(home)
        url = server.join()
    try:
        with _checking_disk(home):
            yield url
    finally:
        server.leave()


@contextmanager
def _as_unusable(home: Path) -> Iterator[None]:
    try:
        with _checking_disk(home):
            yield
    except (Failed, OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnusable(f"内置数据库无法启动 / cannot start PostgreSQL in {home}: {error}") from error


@contextmanager
def _checking_disk(home: Path) -> Iterator[None]:
    """Reports any failure while the disk is full as a full disk, because its symptoms vary."""
    try:
        yield
    except (DatabaseUnusable, Failed, OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        existing = next(path for path in home.parents if path.exists())
        disk = shutil.disk_usage(existing)
        if disk.total and disk.free < DISK_NEEDED:
            free = f"{disk.free // 1024**2} MB"
            reason = str(error).partition("\n")[0]
            raise DatabaseUnusable(f"磁盘已满，{existing} 只剩 {free} / the disk is full: {reason}") from error
        raise


class _Shared:
    """The server of one data directory. File locks, which end with their process, count its users."""

    def __init__(self, home: Path) -> None:
        self._starting = InterProcessLock(home.with_suffix(".starting"))
        self._using = InterProcessReaderWriterLock(home.with_suffix(".using"))
        self._cluster = Cluster(home)

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

    def _release(self) -> None:
        self._using.release_read_lock()
        if self._using.acquire_write_lock(blocking=False):
            self._cluster.stop()
            self._using.release_write_lock()

    def _start(self) -> str:
        self._cluster.initialise()
        if self._cluster.running() is None:
            self._cluster.launch()
        socket_dir = self._cluster.wait_until_ready()
        asyncio.run(_create_database(_url(socket_dir, "postgres")))
        return _url(socket_dir, DATABASE)


def _url(socket_dir: str, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(socket_dir)}"


async def _create_database(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE):
            await connection.execute(f"create database {DATABASE}")
    finally:
        await connection.close()
