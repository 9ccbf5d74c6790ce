"""The record: each row is linked after its commit, and `tunping verify` finds whatever was changed afterwards."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import asyncpg
import orjson
import pytest
from standardwebhooks import Webhook

from api.anchors import FILE
from api.background.record import receivers_secret
from api.background.worker import Worker
from db.account_log import AccountEvent
from db.base import column_types
from db.database import Database
from db.findings import Evidence
from db.journal import Journal
from db.looks import Look
from db.record import RECORD, link_pending, read_head
from db.verifying import Verification
from rules.anchors import read_lines
from rules.record import Chain, Fault, Keys
from tests.client import RECORD_KEY, SECRET, Clock, Tunping, serving, settings
from tests.command import tunping as command
from tests.test_webhooks import receiving

KEYS = Keys.of(RECORD_KEY)


async def execute(url: str, *statements: str) -> None:
    """Runs statements as whoever administers the database can, past its triggers."""
    connection = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def link_all(url: str, keys: Keys = KEYS) -> None:
    """Links everything that waits, as the worker does."""
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    try:
        while await link_pending(connection, keys):
            pass
    finally:
        await connection.close()


async def found(url: str, keys: Keys = KEYS, anchors: dict[Chain, dict[int, bytes]] | None = None) -> list[str]:
    """The faults of the record, such as ``look 4-6: EDITED``."""
    database = await Database.open(url, 1)
    try:
        return [_told(each) async for each in Verification(database, keys, anchors or {}).faults()]
    finally:
        await database.close()


def _told(fault: Fault) -> str:
    places = dict.fromkeys(str(each) for each in (fault.first, fault.last) if each is not None)
    return " ".join([fault.chain.value.lower(), *(["-".join(places)] if places else [])]) + f": {fault.kind.value}"


async def heads(url: str) -> dict[Chain, dict[int, bytes]]:
    """The last link of each chain, as an anchor knows it."""
    connection = await asyncpg.connect(url)
    read = {chain: await read_head(connection, chain) for chain in Chain}
    await connection.close()
    return {chain: {head.position: head.link} for chain, head in read.items()}


MORE = """
    insert into look (dispute_id, account_id, operation, looked_at) select d.id, a.id, 'TheCase', now()
        from (select id from dispute limit 1) d, (select id from account limit 9) a;
    insert into account_event (kind, account_id, times, occurred_at) select 'SIGNED_IN', id, 1, now()
        from account limit 9;
"""
"""Rows of the tables that are nearly empty in the demo."""


@pytest.fixture(scope="module")
def filled_url(copy_url: str) -> str:
    """A copy of the demo with rows in all chained tables."""

    async def fill() -> None:
        connection = await asyncpg.connect(copy_url)
        await connection.execute(MORE)
        await connection.close()

    asyncio.run(fill())
    return copy_url


@pytest.fixture
def linked_url(filled_url: str) -> Iterator[str]:
    """A database whose rows are all linked. What a test changes is put back."""
    asyncio.run(link_all(filled_url))
    tables = [f"{kept.table}{suffix}" for kept in RECORD.values() for suffix in ("", "_link")]
    asyncio.run(execute(filled_url, *(f"create table kept_{each} as table {each}" for each in tables)))
    yield filled_url
    own = [f"delete from {each}; insert into {each} overriding system value table kept_{each}" for each in tables]
    asyncio.run(execute(filled_url, *own, "delete from record_pending", *(f"drop table kept_{t}" for t in tables)))


EXCHANGE = (
    "update {0}_link set position = -position where position in (4, 5)",
    "update {0}_link set position = 9 + position where position < 0",
)
EDIT = "update {0} set {1} = {1} - interval '1 second' where id = (select row_id from {0}_link where position = 4)"
REMOVE = "delete from {0} where id in (select row_id from {0}_link where position = 4)"
UNLINK = "delete from {0}_link where position between 4 and 6"
CUT = (
    "delete from {0} where id in (select row_id from {0}_link where position > 7)",
    "delete from {0}_link where position > 7",
)
TAMPERING = {
    "edited": ([EDIT], ["{0} 4: EDITED"]),
    "removed": ([REMOVE], ["{0} 4: REMOVED"]),
    "removed with its link": ([REMOVE, "delete from {0}_link where position = 4"], ["{0} 4: UNLINKED"]),
    "taken out of the chain": ([UNLINK], ["{0} 4-6: UNLINKED", *["{0}: INSERTED"] * 3]),
    "reordered": (EXCHANGE, ["{0} 4-5: MOVED"]),
    "link changed": (["update {0}_link set link = digest where position = 4"], ["{0} 4: MOVED"]),
    "digest changed": (["update {0}_link set digest = link where position = 4"], ["{0} 4: FORGED"]),
    "edited and removed": ([EDIT, REMOVE.replace("4", "6")], ["{0} 4: EDITED", "{0} 6: REMOVED"]),
    "cut off": (CUT, ["{0} 8-{1}: CUT_OFF"]),
}


@pytest.mark.parametrize("chain", list(Chain))
@pytest.mark.parametrize("change", TAMPERING)
def test_each_row_that_was_changed_is_found(linked_url: str, chain: Chain, change: str) -> None:
    statements, expected = TAMPERING[change]
    table, anchors = RECORD[chain].table, asyncio.run(heads(linked_url))
    assert asyncio.run(found(linked_url, anchors=anchors)) == []
    asyncio.run(execute(linked_url, *(each.format(table, RECORD[chain].said_at) for each in statements)))
    assert asyncio.run(found(linked_url, anchors=anchors)) == [each.format(table, *anchors[chain]) for each in expected]


async def _insert(url: str, **columns: Any) -> None:
    """Inserts a look, as whoever may write to the database can."""
    connection = await asyncpg.connect(url)
    names = "dispute_id, account_id, operation, looked_at"
    values = "dispute_id, account_id, operation, looked_at - $1::interval"
    await connection.execute(f"insert into look ({names}) select {values} from look limit 1", columns["before"])
    await connection.close()


def test_a_row_that_was_put_in_with_an_earlier_time_is_found(linked_url: str) -> None:
    asyncio.run(_insert(linked_url, before=timedelta(hours=2)))
    assert asyncio.run(found(linked_url)) == ["look: INSERTED"]
    asyncio.run(link_all(linked_url))
    assert asyncio.run(found(linked_url)) == ["look 10: INSERTED"]


def test_a_row_that_is_put_in_now_waits_and_is_then_linked(linked_url: str) -> None:
    asyncio.run(_insert(linked_url, before=timedelta()))
    assert asyncio.run(found(linked_url)) == []
    asyncio.run(link_all(linked_url))
    assert asyncio.run(found(linked_url)) == []
    assert next(iter(asyncio.run(heads(linked_url))[Chain.LOOK])) == 10


RECHAIN = "insert into record_pending (chain, row_id) select upper('{0}'), id::text from {0} order by id"


@pytest.mark.parametrize("chain", list(Chain))
def test_a_chain_that_was_made_again_is_found_without_the_key_and_with_it_by_an_anchor(
    linked_url: str, chain: Chain
) -> None:
    table, anchors = RECORD[chain].table, asyncio.run(heads(linked_url))
    change = (EDIT.format(table, RECORD[chain].said_at), f"delete from {table}_link", RECHAIN.format(table))
    asyncio.run(execute(linked_url, *change))
    asyncio.run(link_all(linked_url, Keys.of(token_urlsafe(32).encode())))
    (last,) = anchors[chain]
    assert asyncio.run(found(linked_url)) == [f"{table} 1-{last}: FORGED"]
    asyncio.run(execute(linked_url, *change))
    asyncio.run(link_all(linked_url))
    assert asyncio.run(found(linked_url)) == []
    assert asyncio.run(found(linked_url, anchors=anchors)) == [f"{table} {last}: REWRITTEN"]


async def test_writers_do_not_wait_for_each_other_and_late_ones_are_linked_too(copy_url: str) -> None:
    """The first writer commits after the second one was linked."""
    connections = [await asyncpg.connect(copy_url, server_settings={"timezone": "UTC"}) for _ in range(3)]
    late, early, linker = connections
    insert = "insert into account_event (kind, times, occurred_at) values ('SIGN_IN_REFUSED', 1, now()) returning id"
    try:
        while await link_pending(linker, KEYS):
            pass
        begun = late.transaction()
        await begun.start()
        first, second = await late.fetchval(insert), await early.fetchval(insert)
        assert await link_pending(linker, KEYS) == 1
        await begun.commit()
        assert await link_pending(linker, KEYS) == 1
        rows = await linker.fetch("select row_id from account_event_link order by position desc limit 2")
        assert [each["row_id"] for each in rows] == [first, second]
    finally:
        for each in connections:
            await each.close()
    assert await found(copy_url) == []


async def test_turns_at_once_make_one_chain_without_gaps(copy_url: str) -> None:
    connections = [await asyncpg.connect(copy_url, server_settings={"timezone": "UTC"}) for _ in range(4)]
    insert = "insert into account_event (kind, times, occurred_at) values ('SIGNED_OUT', 1, now())"

    async def write_and_link(connection: Any) -> None:
        for _ in range(10):
            await connection.execute(insert)
            await link_pending(connection, KEYS)

    await asyncio.gather(*map(write_and_link, connections))
    count, last = await connections[0].fetchrow("select count(*), max(position) from account_event_link")
    for each in connections:
        await each.close()
    assert count == last
    assert await found(copy_url) == []


@pytest.mark.parametrize("table", ["evidence", "look", "journal_link", "look_link", "access_notice"])
@pytest.mark.parametrize("statement", ["update {} set {} = {}", "delete from {}", "truncate {}"])
async def test_the_record_and_its_links_only_grow(copy_url: str, table: str, statement: str) -> None:
    column = "position" if table.endswith("_link") else "id"
    connection = await asyncpg.connect(copy_url)
    try:
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute(statement.format(table, column, column))
    finally:
        await connection.close()


def test_each_column_of_a_chained_table_is_in_its_form_or_left_out_by_name() -> None:
    """Fails for a new column. Add a form to RECORD then, and leave the column out of the earlier ones."""
    models = {Chain.JOURNAL: Journal, Chain.EVIDENCE: Evidence, Chain.LOOK: Look, Chain.ACCOUNT_EVENT: AccountEvent}
    counted = {chain: (len(column_types(model)), RECORD[chain].form) for chain, model in models.items()}
    assert counted == {Chain.JOURNAL: (24, 1), Chain.EVIDENCE: (13, 1), Chain.LOOK: (6, 1), Chain.ACCOUNT_EVENT: (7, 1)}


def test_verify_prints_the_faults_and_exits_with_1(linked_url: str, tmp_path: Path) -> None:
    whole = command(linked_url, "verify", data=tmp_path)
    assert whole.exit_code == 0, whole.output
    assert "查阅记录 / look: 9 rows" in whole.output
    asyncio.run(
        execute(linked_url, "update look set operation = 'Nothing' where id = (select max(id::text)::uuid from look)")
    )
    after = command(linked_url, "verify", data=tmp_path)
    assert after.exit_code == 1
    assert re.search(r"^look 9 \([0-9a-f-]{36}\): 已改动 / EDITED$", after.output, re.MULTILINE)
    without = command(linked_url, "verify", data=tmp_path, record_key=None)
    assert (without.exit_code, "TUNPING_RECORD_KEY" in without.output) == (1, True)


def test_anchors_are_kept_by_their_owner_alone_and_find_what_was_cut_off(linked_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        assert command(linked_url, "anchor", data=tmp_path).exit_code == 0
    file = tmp_path / "anchors" / FILE
    assert (file.stat().st_mode & 0o777, len(file.read_text().splitlines())) == (0o600, 2)
    assert "锚点 / anchors: 2" in command(linked_url, "verify", data=tmp_path).output
    asyncio.run(execute(linked_url, *(each.format("look") for each in CUT)))
    assert "look 8–9: 末尾已截断 / CUT_OFF" in command(linked_url, "verify", data=tmp_path).output
    first, second = file.read_text().splitlines()
    file.write_text(second + "\n")
    assert "第 1 行已改动" in command(linked_url, "verify", data=tmp_path).output
    file.write_text(f"{first.replace('2', '3', 1)}\n{second}\n")
    assert "第 1 行已改动" in command(linked_url, "verify", data=tmp_path).output


async def test_ready_tells_since_when_rows_wait_for_their_links(fresh_url: str) -> None:
    clock = Clock()
    insert = "insert into account_event (kind, times, occurred_at) values ('SIGN_IN_REFUSED', 1, now())"

    async def told(client: Tunping) -> tuple[bool, bool]:
        found = (await client.http.get("/ready")).json()["record"]
        return found["waitingSince"] is not None, found["late"]

    async with serving(fresh_url, clock) as client:
        assert await told(client) == (False, False)
        await client.app.state.database.pool.execute(insert)
        assert await told(client) == (True, False)
        clock.turn(timedelta(minutes=6))
        assert await told(client) == (True, True)
        await link_all(fresh_url)
        assert await told(client) == (False, False)


@asynccontextmanager
async def recording(url: str, folder: Path, receiver: str | None = None, **more: Any) -> AsyncIterator[Worker]:
    """A worker with a record, whose anchors are in the folder."""
    given = settings(url, anchor_dir=folder, anchor_url=receiver, webhook_private=True, **more)
    database = await Database.open(url, 1)
    try:
        yield Worker.of(given, database, Clock())
    finally:
        await database.close()


async def test_the_worker_links_and_anchors_once_a_day(fresh_url: str, tmp_path: Path) -> None:
    async with recording(fresh_url, tmp_path / "anchors") as worker:
        for _ in range(3):
            await worker.database.pool.execute(
                "insert into account_event (kind, times, occurred_at) values ('SIGNED_OUT', 1, now())"
            )
            await worker.link_record()
            await worker.anchor_record()
        lines = (tmp_path / "anchors" / FILE).read_text().splitlines()
        anchors, wrong = read_lines(KEYS, lines)
    assert (len(anchors), wrong) == (1, [])
    assert (await heads(fresh_url))[Chain.ACCOUNT_EVENT].keys() == {anchors[0].heads[Chain.ACCOUNT_EVENT].position + 2}


async def test_without_a_key_nothing_is_linked_and_rows_wait(fresh_url: str, tmp_path: Path) -> None:
    insert = "insert into account_event (kind, times, occurred_at) values ('SIGNED_OUT', 1, now())"
    async with recording(fresh_url, tmp_path, record_key=None) as worker:
        await worker.database.pool.execute(insert)
        waiting = await worker.database.fetchval("select count(*) from record_pending")
        await worker.link_record()
        await worker.anchor_record()
        assert waiting > 0
        assert await worker.database.fetchval("select count(*) from record_pending") == waiting
    assert not (tmp_path / FILE).exists()


async def test_anchors_are_sent_signed_in_order_and_until_they_are_taken(fresh_url: str, tmp_path: Path) -> None:
    async with receiving(status=500) as receiver, recording(fresh_url, tmp_path, receiver.url) as worker:
        assert worker.record is not None
        for _ in range(2):
            worker.record.anchors.add(await worker.record.heads(), Clock()(), once_a_day=False)
        await worker.anchor_record()
        assert receiver.got == []
        receiver.status = 200
        for _ in range(2):
            await worker.anchor_record()
    signer = Webhook(receivers_secret(SECRET))
    taken: list[Any] = [signer.verify(body, headers) for headers, body in receiver.got]
    lines = [orjson.loads(line) for line in (tmp_path / FILE).read_text().splitlines()]
    assert taken == [{"type": "record.anchored", "data": line} for line in lines]
    assert len(lines) == 2


async def test_anchors_go_to_no_private_address_unless_that_is_set(fresh_url: str, tmp_path: Path) -> None:
    async with receiving() as receiver, recording(fresh_url, tmp_path, receiver.url) as worker:
        assert worker.record is not None
        await replace(worker.record, private=False).anchor()
        assert (receiver.got, worker.record.anchors.sent()) == ([], 0)


def test_after_a_restore_that_numbers_transactions_anew_the_record_is_whole(linked_url: str) -> None:
    asyncio.run(execute(linked_url, "update journal set xid = pg_current_xact_id()"))
    assert asyncio.run(found(linked_url)) == []
