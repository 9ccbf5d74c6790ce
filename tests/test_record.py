"""The record: each row is linked after its commit, and `tunping verify` finds whatever was changed afterwards."""

import asyncio
import gzip
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import asyncpg
import pytest

from api.anchors import FILE
from api.background.retention import Retention
from api.http.photo_store import PhotoStore
from db.account_log import AccountEvent
from db.base import column_types
from db.database import Database
from db.findings import Evidence
from db.journal import Journal
from db.logins import Login
from db.looks import Look
from db.record import RECORD, link_pending
from db.retention import LogArchive, NoteErasure
from rules.record import Chain, Keys
from tests.client import Clock, settings
from tests.command import tunping as command
from tests.record import KEYS, execute, found, heads, link_all
from tests.test_retention import contents

MORE = """
    insert into account_event (kind, times, occurred_at) select 'SIGNED_OUT', 1, now() - interval '400 days'
        from generate_series(1, 3);
    insert into log_archive (log, up_to, before, rows, file, sha256)
        select 'webhook', uuidv7(), now(), 1, 'x', sha256('') from generate_series(1, 9);
    insert into note_erasure (entries) select '{}' from generate_series(1, 9);
    insert into look (dispute_id, account_id, operation, looked_at) select d.id, a.id, 'TheCase', now()
        from (select id from dispute limit 1) d, (select id from account limit 9) a;
    insert into account_event (kind, account_id, times, occurred_at) select 'SIGNED_IN', id, 1, now()
        from account limit 9;
"""
"""Rows of the tables that are nearly empty in the demo."""


@pytest.fixture(scope="module")
async def filled_url(small_copy_url: str) -> str:
    """A copy of the small communities with rows in all chained tables."""
    # Those of the small communities are years old.
    await execute(small_copy_url, "delete from look", "delete from account_event")
    connection = await asyncpg.connect(small_copy_url)
    await connection.execute(MORE)
    await connection.close()
    return small_copy_url


@pytest.fixture
async def linked_url(filled_url: str) -> AsyncIterator[str]:
    """A database whose rows are all linked. What a test changes is put back."""
    await link_all(filled_url)
    tables = [f"{kept.table}{suffix}" for kept in RECORD.values() for suffix in ("", "_link")]
    await execute(filled_url, *(f"create table kept_{each} as table {each}" for each in tables))
    yield filled_url
    own = [f"delete from {each}; insert into {each} overriding system value table kept_{each}" for each in tables]
    await execute(filled_url, *own, "delete from record_pending", *(f"drop table kept_{t}" for t in tables))


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
    "put before the first": (
        ["update {0}_link set position = 0 where position = 4"],
        ["{0} 0: MOVED", "{0} 4: UNLINKED"],
    ),
    "digest changed": (["update {0}_link set digest = link where position = 4"], ["{0} 4: FORGED"]),
    "edited and removed": ([EDIT, REMOVE.replace("4", "6")], ["{0} 4: EDITED", "{0} 6: REMOVED"]),
    "cut off": (CUT, ["{0} 8-{1}: CUT_OFF"]),
}
SHORT = dict(zip(TAMPERING, cycle(Chain)))
"""The chain on which each change is tried in the short run too."""


@pytest.mark.parametrize(
    ("change", "chain"),
    [
        pytest.param(change, chain, marks=() if chain is SHORT[change] else pytest.mark.long)
        for change in TAMPERING
        for chain in Chain
    ],
)
async def test_each_row_that_was_changed_is_found(linked_url: str, change: str, chain: Chain) -> None:
    statements, expected = TAMPERING[change]
    table, anchors = RECORD[chain].table, await heads(linked_url)
    assert await found(linked_url, anchors=anchors) == []
    await execute(linked_url, *(each.format(table, RECORD[chain].said_at) for each in statements))
    assert await found(linked_url, anchors=anchors) == [each.format(table, *anchors[chain]) for each in expected]


async def _insert(url: str, **columns: Any) -> None:
    """Inserts a look, as whoever may write to the database can."""
    connection = await asyncpg.connect(url)
    names = "dispute_id, account_id, operation, looked_at"
    values = "dispute_id, account_id, operation, looked_at - $1::interval"
    await connection.execute(f"insert into look ({names}) select {values} from look limit 1", columns["before"])
    await connection.close()


async def test_a_row_that_was_put_in_with_an_earlier_time_is_found(linked_url: str) -> None:
    await _insert(linked_url, before=timedelta(hours=2))
    assert await found(linked_url) == ["look: INSERTED"]
    await link_all(linked_url)
    assert await found(linked_url) == ["look 10: INSERTED"]


async def test_a_row_that_is_put_in_now_waits_and_is_then_linked(linked_url: str) -> None:
    await _insert(linked_url, before=timedelta())
    assert await found(linked_url) == []
    await link_all(linked_url)
    assert await found(linked_url) == []
    assert next(iter((await heads(linked_url))[Chain.LOOK])) == 10


RECHAIN = "insert into record_pending (chain, row_id) select upper('{0}'), id::text from {0} order by id"


@pytest.mark.parametrize(
    "chain", [pytest.param(each, marks=() if each is Chain.LOOK else pytest.mark.long) for each in Chain]
)
async def test_a_chain_that_was_made_again_is_found_without_the_key_and_with_it_by_an_anchor(
    linked_url: str, chain: Chain
) -> None:
    table, anchors = RECORD[chain].table, await heads(linked_url)
    change = (EDIT.format(table, RECORD[chain].said_at), f"delete from {table}_link", RECHAIN.format(table))
    await execute(linked_url, *change)
    await link_all(linked_url, Keys.of(token_urlsafe(32).encode()))
    (last,) = anchors[chain]
    assert await found(linked_url) == [f"{table} 1-{last}: FORGED"]
    await execute(linked_url, *change)
    await link_all(linked_url)
    assert await found(linked_url) == []
    assert await found(linked_url, anchors=anchors) == [f"{table} {last}: REWRITTEN"]


OLD_NOTE = "from journal where note is not null and dispute_id is null and grid_id is not null order by id limit 1"
ERASURE = (
    f"create temporary table noted as select * {OLD_NOTE}",
    "update journal j set note = null, note_erased_at = now() from noted where noted.id = j.id",
    "insert into note_erasure (entries) select array[id] from noted",
    """insert into journal (kind, community_id, resident_id, occurred_at)
        select 'RESIDENT_ERASED', noted.community_id, r.id, now() from noted, resident r limit 1""",
)
"""The statements of an erasure, the claim that it happened, and the entry that workers read."""


@pytest.mark.parametrize(
    ("statements", "more", "faults"),
    [
        (ERASURE, "", []),
        (ERASURE[:2], "", ["EDITED"]),
        pytest.param(ERASURE[:3], "", ["EDITED"], marks=pytest.mark.long),
        pytest.param((*ERASURE[:2], ERASURE[3]), "", ["EDITED"], marks=pytest.mark.long),
        *(
            pytest.param(
                ERASURE,
                f"update journal j set {change} from noted where j.id = noted.id",
                ["EDITED"],
                marks=pytest.mark.long,
            )
            for change in ("note_erased_at = now() + interval '1 s'", "grid_id = null", "note = 'other'")
        ),
    ],
)
async def test_a_note_may_be_gone_only_where_the_journal_tells_that_a_resident_was_erased(
    linked_url: str, statements: tuple[str, ...], more: str, faults: list[str]
) -> None:
    await execute(linked_url, "begin; " + "; ".join(statements) + "; commit; " + more)
    await execute(linked_url, PENDING_AGAIN)
    for _ in range(2):
        assert [each.partition(": ")[2] for each in await found(linked_url)] == faults
        await link_all(linked_url)


PENDING_AGAIN = """
    insert into record_pending (chain, row_id)
        select 'JOURNAL', id::text from journal where id not in (select row_id from journal_link) union all
        select 'NOTE_ERASURE', id::text from note_erasure where id not in (select row_id from note_erasure_link)
"""
"""What the triggers note, which :func:`execute` passes by."""


async def archive(url: str, folder: Path) -> None:
    """Moves old rows of logs to files, as the worker does."""
    database = await Database.open(url, 1, Login.WORKER)
    try:
        await Retention(database, Clock(), PhotoStore.of(settings(url)), folder).archive_logs(Counter())
    finally:
        await database.close()


@pytest.mark.long
async def test_rows_that_were_moved_to_a_file_are_verified_there(linked_url: str, tmp_path: Path) -> None:
    await archive(linked_url, tmp_path)
    ((name, content),) = contents(tmp_path).items()
    files = {name: content}
    for _ in range(2):
        assert await found(linked_url, files=files) == []
        assert await found(linked_url) == ["account_event 1-3: REMOVED", name]
        await link_all(linked_url)
    lines = gzip.decompress(content).decode().splitlines(keepends=True)
    changed = {name: gzip.compress("".join([lines[0].replace("SIGNED_OUT", "SIGNED_IN"), *lines[1:]]).encode())}
    assert await found(linked_url, files=changed) == ["account_event 1-3: REMOVED", name]
    adjusted = f"update log_archive set sha256 = '\\x{sha256(changed[name]).hexdigest()}' where file = '{name}'"
    await execute(linked_url, adjusted)
    assert await found(linked_url, files=changed) == ["account_event 1: EDITED", "log_archive 10: EDITED"]


@pytest.mark.long
async def test_a_row_that_is_only_said_to_be_in_a_file_is_found(linked_url: str) -> None:
    """Somebody removes a row, and records an archive for it, with a file of their own."""
    gone = "select row_id from account_event_link where position = 4"
    (uuid,) = await read(linked_url, gone)
    name = f"account_event-{uuid}.jsonl.gz"
    made = {name: gzip.compress(b'{"id": "%s", "occurred_at": "2020-01-01T00:00:00+00:00"}' % str(uuid).encode())}
    claim = f"""insert into log_archive (log, up_to, before, rows, file, sha256)
        values ('account_event', '{uuid}', now(), 1, '{name}', '\\x{sha256(made[name]).hexdigest()}')"""
    await execute(linked_url, f"delete from account_event where id = '{uuid}'", claim, ARCHIVE_PENDING)
    await link_all(linked_url)
    assert await found(linked_url, files=made) == ["account_event 4: EDITED"]
    assert await found(linked_url) == ["account_event 4: REMOVED", name]
    for content in (b"", b"no archive", gzip.compress(b"no JSON"), gzip.compress(b"[1]")):
        adjusted = f"update log_archive set sha256 = '\\x{sha256(content).hexdigest()}' where file = '{name}'"
        await execute(linked_url, adjusted)
        told = ["account_event 4: REMOVED", "log_archive 10: EDITED", name]
        assert await found(linked_url, files={name: content}) == told


ARCHIVE_PENDING = """insert into record_pending (chain, row_id)
    select 'LOG_ARCHIVE', id::text from log_archive where id not in (select row_id from log_archive_link)"""


async def read(url: str, query: str) -> list[Any]:
    """The first column of a query."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(query)
    await connection.close()
    return [each[0] for each in rows]


async def test_writers_do_not_wait_for_each_other_and_late_ones_are_linked_too(fresh_url: str) -> None:
    """The first writer commits after the second one was linked."""
    connections = [await asyncpg.connect(fresh_url, server_settings={"timezone": "UTC"}) for _ in range(3)]
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
    assert await found(fresh_url) == []


@pytest.mark.long
async def test_turns_at_once_make_one_chain_without_gaps(fresh_url: str) -> None:
    connections = [await asyncpg.connect(fresh_url, server_settings={"timezone": "UTC"}) for _ in range(4)]
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
    assert await found(fresh_url) == []


@pytest.mark.parametrize("table", ["evidence", "look", "journal_link", "look_link", "access_notice"])
@pytest.mark.parametrize("statement", ["update {} set {} = {}", "delete from {}", "truncate {}"])
async def test_the_record_and_its_links_only_grow(fresh_url: str, table: str, statement: str) -> None:
    column = "position" if table.endswith("_link") else "id"
    connection = await asyncpg.connect(fresh_url)
    try:
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute(statement.format(table, column, column))
    finally:
        await connection.close()


def test_each_column_of_a_chained_table_is_in_its_form_or_left_out_by_name() -> None:
    """Fails for a new column. Add a form to RECORD then, and leave the column out of the earlier ones."""
    models = (Journal, Evidence, Look, AccountEvent, LogArchive, NoteErasure)
    counted = [(len(column_types(model)), kept.form) for model, kept in zip(models, RECORD.values(), strict=True)]
    assert counted == [(27, 2), (13, 1), (6, 1), (8, 2), (8, 1), (3, 1)]


SIGNED_OUT = "insert into account_event (kind, times, occurred_at) values ('SIGNED_OUT', 1, now())"


@pytest.mark.long
def test_verify_prints_the_faults_and_exits_with_1(fresh_url: str, tmp_path: Path) -> None:
    change = "update account_event set times = {} where id = (select row_id from account_event_link where position = 1)"
    asyncio.run(read(fresh_url, f"{SIGNED_OUT} returning id"))
    assert command(fresh_url, "anchor", data=tmp_path).exit_code == 0
    whole = command(fresh_url, "verify", data=tmp_path)
    assert whole.exit_code == 0, whole.output
    assert re.search(r"^账号记录：[0-9]+ 行 / Account event: [0-9]+ rows$", whole.output, re.MULTILINE)
    asyncio.run(execute(fresh_url, change.format(2)))
    after = command(fresh_url, "verify", data=tmp_path)
    asyncio.run(execute(fresh_url, change.format(1)))
    assert after.exit_code == 1
    told = r"^账号记录 / Account event 1 \([0-9a-f-]{36}\): 已改动 / Edited \(EDITED\)$"
    assert re.search(told, after.output, re.MULTILINE)
    without = command(fresh_url, "verify", data=tmp_path, record_key=None)
    assert (without.exit_code, "TUNPING_RECORD_KEY" in without.output) == (1, True)


@pytest.mark.long
def test_anchors_are_kept_by_their_owner_alone_and_find_what_was_cut_off(linked_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        assert command(linked_url, "anchor", data=tmp_path).exit_code == 0
    file = tmp_path / "anchors" / FILE
    assert (file.stat().st_mode & 0o777, len(file.read_text().splitlines())) == (0o600, 2)
    assert "anchors: 2;" in command(linked_url, "verify", data=tmp_path).output
    asyncio.run(execute(linked_url, *(each.format("look") for each in CUT)))
    assert "Look 8–9: 末尾已截断 / Cut off (CUT_OFF)" in command(linked_url, "verify", data=tmp_path).output
    first, second = file.read_text().splitlines()
    file.write_text(second + "\n")
    assert "第 1 行已改动" in command(linked_url, "verify", data=tmp_path).output
    for wrong in (
        first.replace("2", "3", 1),
        "\udcff",
        "[" * 100_000,
        re.sub('"position": [0-9]+', '"position": 1e999', first),
    ):
        file.write_text(f"{wrong}\n{second}\n", errors="surrogateescape")
        told = command(linked_url, "verify", data=tmp_path)
        assert (told.exit_code, "第 1 行已改动" in told.output) == (1, True)


async def test_a_position_in_the_live_feed_is_no_part_of_the_record(linked_url: str) -> None:
    await execute(linked_url, "update feed_position set position = position + 1_000_000")
    assert await found(linked_url) == []
