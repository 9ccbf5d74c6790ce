"""The live feed while something fails: phones come back by themselves, and lose or repeat nothing."""

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import psutil
import pytest

from api.commands.postgres import Cluster
from tests.client import Tunping, listening, phone
from tests.databases import roomy
from tests.proxy import Proxy, proxied
from tests.roaming import Field, children_called, in_the_field
from tests.test_positions import dumped, end_of_feed, refusal, report, restored

pytestmark = pytest.mark.long
PHONES, WRITERS = 10, 2
IMPORT = """insert into journal (kind, community_id, grid_id, appeal_id, occurred_at)
    select 'APPEAL_ACCEPTED', community_id, grid_id, id, now() from
        (select * from appeal where grid_id = (select grid_id from building where number = 3 limit 1) limit 1) one,
        generate_series(1, $1)"""
"""Entries that the phones do not ask for. They get their positions among those of the others."""
HOLD = """import sys, psycopg
with psycopg.connect(sys.argv[1]) as own:
    print(own.execute("select place_entries(100)").fetchone(), flush=True)
    sys.stdin.read()"""
"""A process that gives positions, and does not commit."""


@asynccontextmanager
async def working(served: Tunping) -> AsyncIterator[Field]:
    """Phones and writers of a worker."""
    worker = await served.as_("网格员01")
    assert worker.token is not None
    async with in_the_field(str(served.http.base_url), worker.token, PHONES, WRITERS) as place:
        yield place


async def test_an_open_transaction_an_import_and_vacuum_lose_nothing(
    served: Tunping, copy_url: str, postgres: str
) -> None:
    elsewhere, importer, admin = [await asyncpg.connect(url) for url in (postgres, copy_url, copy_url)]
    async with working(served) as place, elsewhere.transaction():
        await elsewhere.execute("select pg_current_xact_id()")
        async with importer.transaction():
            await importer.execute(IMPORT, 12_000)
            await place.caught_up()
        for table in ("journal", "feed_position", "feed_waiting"):
            await admin.execute(f"vacuum (freeze, analyze) {table}")
        await place.caught_up()
    for each in (elsewhere, importer, admin):
        await each.close()


async def test_a_process_that_is_killed_while_it_gives_positions_holds_nobody_up(
    served: Tunping, copy_url: str
) -> None:
    async with working(served) as place:
        holder = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", HOLD, copy_url), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert holder.stdout is not None
        await holder.stdout.readline()
        holder.kill()
        await place.caught_up()
        await holder.wait()


async def test_connections_that_are_swallowed_are_replaced(copy_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those to the database, also the one that listens. The deadlines are the real ones."""
    monkeypatch.setattr("db.database.DEADLINE", 5.0)
    async with proxied(copy_url) as (proxy, url), listening(url) as served, working(served) as place:
        await place.caught_up()
        proxy.swallow()
        began = time.monotonic()
        await place.caught_up()
        print(f"black hole: caught up after {time.monotonic() - began:.1f} s")  # noqa: T201  the time that is promised
        await proxy.cut()  # The test's own connections were swallowed too.


class Pair:
    """A primary and its replica, each a cluster of the embedded PostgreSQL."""

    def __init__(self, folder: Path) -> None:
        self._homes = folder / "primary", folder / "replica"
        self.primary, self.replica = [Cluster(home) for home in self._homes]
        self.primary._give_away(folder)
        self.primary.initialise()
        self.primary.launch()
        self.url = f"postgresql://postgres@/postgres?host={quote(self.primary.wait_until_ready())}"

    def follow(self) -> None:
        """Makes the replica, which follows from now on."""
        primary, replica = self._homes
        replica.mkdir(mode=0o700)
        self.replica._give_away(replica)
        given = ("-R", "-X", "stream", "--checkpoint=fast", "-U", "postgres", "-h", str(primary), "-D", str(replica))
        self.replica._run("pg_basebackup", *given)
        (replica / ".s.PGSQL.5432.lock").unlink()  # The primary's, whose socket is in its data directory too.
        self.replica.launch()
        self.replica.wait_until_ready()

    def receiver(self) -> psutil.Process:
        """The process of the replica that receives what the primary writes."""
        (pid, *_) = (self._homes[1] / "postmaster.pid").read_text().split()
        (found,) = children_called(int(pid), "walreceiver")
        return found

    def fail_over(self, proxy: Proxy) -> None:
        """The primary is killed, and the replica takes over."""
        self.primary._control("stop", "-m", "immediate")
        self.replica._control("promote")
        proxy.lead_to(str(self._homes[1] / ".s.PGSQL.5432"))

    def stop(self) -> None:
        for each in (self.primary, self.replica):
            each.stop()


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A primary without a replica yet."""
    folder = roomy() / f"tunping-pair-{uuid4().hex[:8]}"
    folder.mkdir(mode=0o755)
    found = Pair(folder)
    yield found
    found.stop()
    shutil.rmtree(folder)


async def replayed(url: str) -> None:
    """Waits until the replica has everything."""
    admin = await asyncpg.connect(url)
    async with asyncio.timeout(60):
        while not await admin.fetchval("select bool_and(replay_lsn >= pg_current_wal_lsn()) from pg_stat_replication"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await admin.close()


async def test_when_a_replica_takes_over_phones_go_on_or_read_everything_again(pair: Pair, small_url: str) -> None:
    url = await restored(pair.url, await dumped(small_url))
    await asyncio.to_thread(pair.follow)
    async with proxied(url) as (proxy, through), listening(through) as served:
        worker = await served.as_("网格员01")
        async with working(served) as place:
            await place.caught_up()
        await replayed(url)
        receiver = pair.receiver()
        early = await end_of_feed(worker)
        await replayed(url)
        receiver.send_signal(signal.SIGSTOP)
        async with phone(worker) as connected:
            await connected.subscribe(after=early)
            lost = await report(worker)
            late = await connected.event()
            assert late["appeal"]["id"] == lost
            receiver.kill()
            await asyncio.to_thread(pair.fail_over, proxy)
            await proxy.cut()
            assert (await connected.closing())[0] == 1012
        assert await refusal(worker, late["cursor"]) == "RESYNC_REQUIRED"
        async with phone(worker) as connected:
            await connected.subscribe(after=early)
            fresh = [await report(worker) for _ in range(3)]
            assert [(await connected.event())["appeal"]["id"] for _ in fresh] == fresh
