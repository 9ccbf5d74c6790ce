"""Entries get their positions after their commit. None is held back, lost or given twice."""

import asyncio
import subprocess
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

import db.positions
from db.acts.clients import disable_client, set_webhook
from db.logins import Login, login_url
from db.migrate import upgrade
from db.positions import Cursor, place_entries
from tests.client import Tunping, listening, new_id, phone, subscribed
from tests.races import until_blocked
from tests.releases.__main__ import PG_DUMP
from tests.test_centre import credentials

ADD = """insert into journal (kind, community_id, grid_id, appeal_id, occurred_at)
    select 'APPEAL_OPENED', community_id, grid_id, id, now() from
        (select * from appeal where grid_id = (select grid_id from building where number = 3 limit 1) limit 1) one,
        generate_series(1, $1)"""
"""Entries that a worker of the grid sees, of one transaction."""
POSITIONS = "select position, entry_id from feed_position where position > $1 order by position"
LOCK = 7_416_002_027
"""The advisory lock of ``place_entries``."""


async def end_of_feed(client: Tunping) -> str:
    return str((await client.ask("{ liveCursor }")).data["liveCursor"])


async def report(worker: Tunping) -> str:
    """A worker opens an appeal about a home of their own."""
    homes = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"]
    new = {"id": new_id("appeal"), "household": homes[0]["id"], "body": "灯不亮"}
    assert (await worker.do("openAppeal", new))["errors"] == []
    return str(new["id"])


@pytest.mark.long
async def test_a_transaction_that_is_open_in_another_database_holds_nothing_up(served: Tunping, postgres: str) -> None:
    worker = await served.as_("网格员01")
    other = await asyncpg.connect(postgres)
    try:
        async with other.transaction(), phone(worker) as connected:
            await other.execute("select pg_current_xact_id()")
            await connected.subscribe(after=await end_of_feed(worker))
            appeals = [await report(worker) for _ in range(3)]
            assert [(await connected.event())["appeal"]["id"] for _ in appeals] == appeals
    finally:
        await other.close()


async def test_a_long_import_comes_once_and_in_order_while_others_go_on(
    served: Tunping, copy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.positions, "AT_ONCE", 50)
    worker = await served.as_("网格员01")
    importer = await asyncpg.connect(copy_url)
    try:
        async with phone(worker) as connected:
            await connected.subscribe(after=await end_of_feed(worker))
            async with importer.transaction():
                await importer.execute(ADD, 230)
                meanwhile = await report(worker)
                first = await connected.event()
            assert first["appeal"]["id"] == meanwhile
            events = [await connected.event() for _ in range(230)]
        positions = [Cursor.parse(each["cursor"]) for each in (first, *events)]
        begin = positions[0]
        assert begin is not None
        assert positions == [Cursor(begin.epoch, begin.position + ahead) for ahead in range(231)]
    finally:
        await importer.close()


async def test_many_writers_and_many_who_place_leave_dense_positions_in_the_order_of_each_case(copy_url: str) -> None:
    """Each writer stands for a case: its entries follow each other."""
    admin = await asyncpg.connect(copy_url)
    await place_entries(admin)
    start = await admin.fetchval("select max(position) from feed_position")
    written: list[list[int]] = [[] for _ in range(8)]

    async def write(of_case: list[int]) -> None:
        own = await asyncpg.connect(copy_url)
        for number in range(20):
            async with own.transaction():
                added = await own.fetch(f"{ADD} returning id", number % 3 + 1)
                await asyncio.sleep(0)
            of_case += [row["id"] for row in added]
        await own.close()

    async def place(done: asyncio.Event) -> None:
        own = await asyncpg.connect(login_url(copy_url, Login.APPLICATION))
        while not done.is_set():
            await place_entries(own)
        await own.close()

    done = asyncio.Event()
    placing = [asyncio.create_task(place(done)) for _ in range(3)]
    await asyncio.gather(*(write(each) for each in written))
    done.set()
    await asyncio.gather(*placing)
    await place_entries(admin)
    rows = await admin.fetch(POSITIONS, start)
    await admin.close()
    assert [row["position"] for row in rows] == list(range(start + 1, start + 1 + len(rows)))
    # Documents whose entries were placed before them have positions of their own.
    order = {row["entry_id"]: row["position"] for row in rows if row["entry_id"] is not None}
    assert sorted(order) == sorted(each for of_case in written for each in of_case)
    for of_case in written:
        assert [order[each] for each in of_case] == sorted(order[each] for each in of_case)


async def test_when_whoever_gives_positions_dies_in_mid_work_the_next_one_does_it(copy_url: str) -> None:
    dying, other, admin = [await asyncpg.connect(copy_url) for _ in range(3)]
    await place_entries(admin)
    start = await admin.fetchval("select max(position) from feed_position")
    await admin.execute(ADD, 3)
    await dying.execute("begin")
    assert await dying.fetchval("select place_entries(100)") == 3
    waiting = asyncio.create_task(place_entries(other))
    await until_blocked(admin, waiting)
    assert await admin.fetch(POSITIONS, start) == []
    await admin.execute("select pg_terminate_backend($1)", dying.get_server_pid())
    await waiting
    assert [row["position"] - start for row in await admin.fetch(POSITIONS, start)] == [1, 2, 3]
    for each in (other, admin):
        await each.close()


async def test_the_server_may_give_positions_and_nothing_else(copy_url: str) -> None:
    for login in Login:
        connection = await asyncpg.connect(login_url(copy_url, login))
        for attack in (
            "insert into feed_waiting (entry_id) values (1)",
            "insert into feed_position (position, entry_id) values (999999, 999999)",
            "update feed_position set entry_id = 0",
            "delete from feed_position",
            "update feed_epoch set after = 0",
            "update feed_epoch set held = 0",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(attack)
        await connection.close()


async def refusal(worker: Tunping, cursor: str) -> str | None:
    """The code with which a subscription after a cursor is refused; None if it gets the next appeal."""
    async with phone(worker) as connected:
        await connected.subscribe(after=cursor)
        answered = asyncio.create_task(connected.receive())
        serves = asyncio.create_task(subscribed(worker))
        await asyncio.wait((answered, serves), return_when=asyncio.FIRST_COMPLETED)
        serves.cancel()
        if not answered.done():
            answered.cancel()
            return None
        message = answered.result()
        return None if message["type"] == "next" else str(message["payload"][0]["extensions"]["code"])


async def test_who_was_away_for_longer_than_the_feed_is_kept_reads_everything_again(served: Tunping) -> None:
    worker, feed = await served.as_("网格员01"), served.app.state.feed
    before = await end_of_feed(worker)
    await report(worker)
    after = await end_of_feed(worker)
    feed._keep = timedelta(0)
    assert [await refusal(worker, each) for each in (before, after)] == ["RESYNC_REQUIRED", None]


@pytest.mark.parametrize("cursor", ["74321.1234", "74321.1234+74322.7+74322.9", "abc.1", "abc.9223372036854775807"])
async def test_a_cursor_of_before_positions_or_of_another_database_is_refused(served: Tunping, cursor: str) -> None:
    assert await refusal(await served.as_("网格员01"), cursor) == "RESYNC_REQUIRED"


@pytest.mark.long
@pytest.mark.parametrize("cursor", ["", ".", "1", "1.", ".1", "-1.1", "1.-1", "1.x", "１.１", "1.9223372036854775808"])
async def test_what_is_no_cursor_is_named_so(served: Tunping, cursor: str) -> None:
    assert await refusal(await served.as_("网格员01"), cursor) == "INVALID_CURSOR"


async def dumped(url: str) -> str:
    """The statements that make a database anew."""
    command = [str(PG_DUMP), "--inserts", "--rows-per-insert=100", "--no-owner", "--no-privileges", "--no-policies"]
    running = await asyncio.create_subprocess_exec(*command, "-d", url, stdout=subprocess.PIPE)
    text, _ = await running.communicate()
    assert running.returncode == 0
    return "\n".join(line for line in text.decode().splitlines() if not line.startswith("\\"))


async def restored(postgres: str, dump: str) -> str:
    name = f"restored_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"create database {name} template template0")
    await admin.close()
    url = urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    connection: Any = await asyncpg.connect(url)
    await connection.execute(dump)
    await connection.close()
    await upgrade(url)
    return url


@pytest.mark.long
async def test_after_a_restore_each_phone_goes_on_or_reads_everything_again(small_copy_url: str, postgres: str) -> None:
    """A dump is taken while the server runs, and put into a new database after the feed has gone on."""
    async with listening(small_copy_url) as served:
        worker = await served.as_("网格员01")
        async with phone(worker) as connected:
            await connected.subscribe(after=await end_of_feed(worker))
            await report(worker)
            early = (await connected.event())["cursor"]
            kept = await report(worker)
            dump = await dumped(small_copy_url)
            await connected.event()
            await report(worker)
            late = (await connected.event())["cursor"]
    async with listening(await restored(postgres, dump)) as served:
        worker = await served.as_("网格员01")
        assert await refusal(worker, late) == "RESYNC_REQUIRED"
        async with phone(worker) as connected:
            await connected.subscribe(after=early)
            assert (await connected.event())["appeal"]["id"] == kept
            fresh = [await report(worker) for _ in range(3)]
            assert [(await connected.event())["appeal"]["id"] for _ in fresh] == fresh
        # The new history has a position like the late cursor's by now, with another entry.
        assert await refusal(worker, late) == "RESYNC_REQUIRED"


async def test_a_phone_that_stays_connected_over_a_loss_is_cut_off_and_told(served: Tunping, copy_url: str) -> None:
    """A replica that takes over may lack the last entries. The server's own connections come back by themselves."""
    worker = await served.as_("网格员01")
    admin = await asyncpg.connect(copy_url)
    async with phone(worker) as connected:
        await connected.subscribe(after=await end_of_feed(worker))
        kept = await report(worker)
        assert (await connected.event())["appeal"]["id"] == kept
        await report(worker)
        cursor = (await connected.event())["cursor"]
        async with admin.transaction():
            await admin.execute("delete from feed_position where position = (select max(position) from feed_position)")
            await admin.execute("update feed_epoch set life = 'before'")
        await report(worker)
        assert await connected.closing() == (1012, "Restarting: connect again in 0 s, after the last cursor")
    await admin.close()
    assert await refusal(worker, cursor) == "RESYNC_REQUIRED"


async def test_a_restart_of_postgresql_that_loses_nothing_lets_all_go_on(served: Tunping, copy_url: str) -> None:
    worker = await served.as_("网格员01")
    admin = await asyncpg.connect(copy_url)
    async with phone(worker) as connected:
        await connected.subscribe(after=await end_of_feed(worker))
        await report(worker)
        cursor = (await connected.event())["cursor"]
        await admin.execute("update feed_epoch set life = 'before' where number = (select max(number) from feed_epoch)")
        appeal = await report(worker)
        assert (await connected.event())["appeal"]["id"] == appeal
    await admin.close()
    assert await refusal(worker, cursor) is None


async def test_who_subscribes_first_after_a_restart_of_postgresql_stays_connected(
    served: Tunping, copy_url: str
) -> None:
    """Nobody was connected at the restart, so nobody has received what this history might lack."""
    worker = await served.as_("网格员01")
    admin = await asyncpg.connect(copy_url)
    async with phone(worker) as connected:
        await connected.subscribe(after=await end_of_feed(worker))
        await report(worker)
        await connected.event()
    await admin.execute("update feed_epoch set life = 'before' where number = (select max(number) from feed_epoch)")
    await admin.close()
    await report(worker)
    async with phone(worker) as connected:
        await connected.subscribe(after=await end_of_feed(worker))
        appeal = await report(worker)
        assert (await connected.event())["appeal"]["id"] == appeal


async def test_new_entries_have_their_own_cursors_where_nobody_subscribes(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    for _ in range(3):  # The poll may give positions between two of these steps, and not between all of them.
        appeals = [await report(worker) for _ in range(2)]
        read = "query($id: ID!) { appeal(id: $id) { timeline(first: 1) { nodes { cursor } } } }"
        first, second = [
            (await worker.ask(read, id=each)).data["appeal"]["timeline"]["nodes"][0]["cursor"] for each in appeals
        ]
        assert int(first.partition(".")[2]) < int(second.partition(".")[2])


async def test_webhooks_begin_after_what_was_recorded_before_their_address(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    name = new_id("system")
    await credentials(served, name)
    await report(worker)
    client = await served.transact(lambda tx: set_webhook(tx, name, "https://centre.example/events", private=False))
    assert client.webhook_position == int((await end_of_feed(worker)).partition(".")[2])
    await served.transact(lambda tx: disable_client(tx, name))


async def test_ready_tells_when_entries_wait_for_their_positions(served: Tunping, copy_url: str) -> None:
    worker = await served.as_("网格员01")
    await end_of_feed(worker)

    async def told() -> Any:
        return (await served.http.get("/ready")).json()["feed"]

    assert await told() == {"waitingSince": None, "late": False}
    holder, admin = [await asyncpg.connect(copy_url) for _ in range(2)]
    async with holder.transaction():
        await holder.execute(f"select pg_advisory_xact_lock({LOCK})")
        await report(worker)
        assert (await told())["late"] is False
        await admin.execute("update feed_waiting set noted_at = now() - interval '1 minute'")
        assert (await told())["late"] is True
    await end_of_feed(worker)
    assert await told() == {"waitingSince": None, "late": False}
    for each in (holder, admin):
        await each.close()
