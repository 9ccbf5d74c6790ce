"""What is not kept for ever: photos that nobody attached, old logs, old text messages."""

import gzip
import hashlib
import json
import stat
from collections import Counter
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import structlog

from api.background.retention import Retention
from api.background.worker import EACH_NIGHT, Worker
from api.settings import Settings
from db.acts.photos import remove_unattached
from rules.retention import ERASED
from tests.client import SECRET, Tunping, new_id, serving
from tests.personal import a_colour, commanded, does, first_of, sent, values


async def test_a_photo_that_nobody_attached_goes_after_a_day_and_others_stay(copy_url: str, tmp_path: Path) -> None:
    store = tmp_path / "photos"
    store.mkdir()
    async with serving(copy_url, photo_store=f"file://{store}") as client:
        worker, pool = await client.as_("网格员01"), client.app.state.owner
        retention = Retention(client.app.state.system, client.app.state.now, client.app.state.photos, tmp_path)
        digests = [await sent(worker, colour) for colour in ("green", "yellow", "white")]
        appeal = {"id": new_id("appeal"), "body": "3号楼2单元 楼道堵了", "photos": [digests[0]]}
        await does(worker, "openAppeal", **appeal)
        day_old = "update photo_file set kept_at = now() - interval '25 hours' * (sha256 = any($1))::int"
        await pool.execute(day_old, list(map(bytes.fromhex, digests)))
        await sent(worker, "yellow")  # Sent again just now.
        done = Counter[str]()
        await retention.remove_photos(done)
        assert done["photos"] == 1
        left = {path.name[:64] for path in store.glob("*/*")}
        assert left == set(digests[:2])
        late = {"id": new_id("appeal"), "body": "3号楼2单元 楼道堵了", "photos": [digests[2]]}
        assert await worker.refused("openAppeal", late) == "NOT_FOUND"
        assert await sent(worker, "white") == digests[2]
        await does(worker, "openAppeal", **late)


async def test_a_photo_that_a_case_is_taking_stays(tunping: Tunping) -> None:
    """The case is not committed yet when the photo would be removed."""
    worker, database = await tunping.as_("网格员01"), tunping.app.state.system
    digest = bytes.fromhex(await sent(worker, a_colour()))
    await first_of(tunping, "update photo_file set kept_at = now() - interval '2 days' * (sha256 = $1)::int", digest)
    async with database.connection() as taking, taking.transaction():
        # As attach_photos does.
        await taking.execute("select from photo_file where sha256 = $1 for share", digest)
        assert await tunping.transact(remove_unattached) == []
        await taking.execute(
            """insert into photo (sha256, visit_id, width, height, attached_at)
            select $1, (select id from visit limit 1), 1, 1, now()""",
            digest,
        )
    assert await tunping.transact(remove_unattached) == []
    await first_of(tunping, "delete from photo where sha256 = $1", digest)
    assert await tunping.transact(remove_unattached) == [digest]


async def test_the_worker_does_it_each_night(tunping: Tunping, tmp_path: Path) -> None:
    given = {"database_url": "postgresql://x/y", "secret": SECRET.decode(), "photo_store": "memory:///"}
    settings = Settings.read(**given, archive_dir=tmp_path)
    worker = Worker.of(settings, tunping.app.state.system, tunping.app.state.now)
    jobs = {each.task.name: each.cron for each in worker.app().periodic_registry.periodic_tasks.values()}
    assert jobs["keep_no_longer"] == EACH_NIGHT
    await first_of(tunping, LOGGED, [900])
    with structlog.testing.capture_logs() as logged:
        await worker.keep_no_longer()
    (entry,) = [each for each in logged if each["event"] == "retention_done"]
    assert entry["log_rows"] == 1
    assert len(contents(tmp_path)) == 1


LOGGED = """insert into account_event (kind, times, occurred_at, network)
    select 'SIGN_IN_REFUSED', 1, now() - days * interval '1 day', '\\x00ff'
    from unnest($1::int[]) as days returning id"""


def test_logs_older_than_half_a_year_are_moved_to_a_file(copy_url: str, tmp_path: Path) -> None:
    url = copy_url
    new = values(url, LOGGED, [1, 183])
    old = values(url, LOGGED, [185, 400])
    done = commanded(url, tmp_path, "retention", "run")
    assert "rows of logs moved to files: 2\n" in done.stdout, done.output
    (file,) = (tmp_path / "archive").glob("account_event-*.jsonl.gz")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert [UUID(row["id"]) for row in rows] == sorted(old)
    assert {row["network"] for row in rows} == {"\\x00ff"}
    archives = "select (log, rows, encode(sha256, 'hex'))::text from log_archive where file = $1"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert values(url, archives, file.name) == [f"(account_event,2,{digest})"]
    on_line = set(values(url, "select id from account_event"))
    assert set(new) <= on_line
    assert not on_line & set(old)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("select archive_log('account_event', uuidv7(), now(), 0, 'x', sha256(''))", "must stay on line"),
        ("select archive_log('resident', uuidv7(), '2020-01-01', 0, 'x', sha256(''))", "this is not a log"),
        ("select archive_log('look', uuidv7(), '2020-01-01', 1, 'x', sha256(''))", "has changed meanwhile"),
        ("select erase_journal_notes((select min(id::text)::uuid from resident))", "was not erased"),
        ("delete from account_event", "append-only"),
        ("update journal set note = null", "append-only"),
    ],
)
async def test_nothing_else_is_removed_by_these_functions(copy_url: str, statement: str, told: str) -> None:
    connection = await asyncpg.connect(copy_url)
    try:
        with pytest.raises(asyncpg.RaiseError, match=told):
            await connection.execute(statement)
    finally:
        await connection.close()


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_a_crash_after_the_file_was_written_loses_no_row_and_doubles_none(
    tunping: Tunping, tmp_path: Path
) -> None:
    state = tunping.app.state
    retention = Retention(state.system, state.now, state.photos, tmp_path)

    async def crash(*_: object) -> None:
        raise RuntimeError

    await first_of(tunping, LOGGED, [500, 501])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("api.background.retention.archive", crash)
        with pytest.raises(RuntimeError):
            await retention.archive_logs(Counter())
    written = contents(tmp_path)
    assert len(written) == 1
    old = "select count(*) from account_event where occurred_at < now() - interval '184 days'"
    assert await first_of(tunping, old) == [2]
    await retention.archive_logs(done := Counter[str]())
    assert (done["log rows"], await first_of(tunping, old)) == (2, [0])
    assert contents(tmp_path) == written


async def test_old_text_messages_lose_their_number_and_text(tunping: Tunping, tmp_path: Path) -> None:
    state = tunping.app.state
    retention = Retention(state.system, state.now, state.photos, tmp_path)
    await state.owner.execute(
        """with call as (insert into help_call (community_id, grid_id, what, place, colours, raised_by, raised_at)
            select g.community_id, g.id, '扫雪', '3号楼', '{BLUE}', (select id from account limit 1), now()
            from grid g limit 1 returning id, grid_id),
        asked as (insert into invitation (grid_id, call_id, resident_id, answer_code, invited_at)
            select grid_id, call.id, r.id, 'CODE' || r.id, now()
            from call, (select id from resident limit 2) r returning id)
        insert into message (invitation_id, priority, to_phone, body, created_at, due_at, tries, sent_at)
            select id, 3, '13911112222', '请来扫雪', now(), now(), 1, now() - row_number() over () * interval '150 days'
            from asked"""
    )
    await retention.archive_logs(done := Counter[str]())
    assert done["messages"] == 1
    texts = "select to_phone || ' ' || body from message where tries = 1 order by sent_at"
    assert await first_of(tunping, texts) == [f"{ERASED} {ERASED}", "13911112222 请来扫雪"]
