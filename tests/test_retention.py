"""What is not kept for ever: former residents, photos nobody attached, old logs; and what a resident may ask for."""

import asyncio
import gzip
import hashlib
import io
import json
import secrets
import stat
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import sqlalchemy as sa
import structlog
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from api.background.retention import Retention
from api.background.worker import EACH_NIGHT, Worker
from api.settings import Settings
from db.acts.erasing import Erased, erase_resident
from db.acts.personal_data import FILE, KEPT_TEXTS, LINKS, TEXTS
from db.acts.photos import remove_unattached
from db.base import all_tables, table
from db.people import Resident
from rules.access import Role, Viewer
from rules.id_numbers import check_digit
from rules.refusals import Refusal
from rules.retention import ERASED, KEPT_DAYS, Standing, check_erasable
from tests import command
from tests.client import SECRET, Tunping, new_id, serving

CANARY, PHONE, FIRST = "金丝雀", "13912345678", "65010319900131002"
NUMBER = FIRST + check_digit(FIRST)
SAID = "本人来电申请"
LEFT = "2020-01-01"
TODAY = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"


def values(url: str, query: str, *given: Any) -> list[Any]:
    """The first column of the rows of a query."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [row[0] for row in await connection.fetch(query, *given)]
        finally:
            await connection.close()

    return asyncio.run(run())


def served(url: str, store: Path, work: Callable[[Tunping], Awaitable[Any]]) -> Any:
    """Runs work against a server whose photos are in a folder."""

    async def run() -> Any:
        async with serving(url, photo_store=f"file://{store}") as client:
            return await work(client)

    store.mkdir(exist_ok=True)
    return asyncio.run(run())


def commanded(url: str, folder: Path, *arguments: Any) -> Any:
    """Runs a command with the photos and archives in a folder."""
    return command.tunping(url, *arguments, data=folder)


def jpeg(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def a_colour() -> str:
    """Another one each time, so that no test finds its photo in the store of another one."""
    return f"#{secrets.token_hex(3)}"


async def sent(who: Tunping, colour: str) -> str:
    """A photo that was sent; its digest."""
    content = jpeg(colour)
    digest = hashlib.sha256(content).hexdigest()
    answer = await who.http.put(f"/photos/{digest}", content=content, headers=who.headers)
    assert answer.status_code in {200, 201}
    return digest


@dataclass(frozen=True)
class Person:
    """A resident about whom something is recorded everywhere."""

    id: str
    household: str

    @property
    def uuid(self) -> UUID:
        return UUID(self.id.partition("_")[2])


async def does(who: Tunping, mutation: str, **given: Any) -> None:
    """A mutation that must succeed."""
    assert (await who.do(mutation, given))["errors"] == [], mutation


async def lived(client: Tunping, phone: str = PHONE, *, number: str | None = NUMBER, left: bool = True) -> Person:
    """Somebody who lived here for a year, with a visit, an appeal, a wish, a pause and colours; all of it is closed."""
    worker, leader = await client.as_("网格员01"), await client.as_("网格长01")
    home = (await worker.ask("{ households(last: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    person = Person(new_id("resident"), home)
    new = {"id": person.id, "household": home, "name": f"{CANARY}甲", "sex": "FEMALE", "phone": phone}
    await does(worker, "addResident", **new, idNumber=number, movedInOn="2019-01-01")
    await does(worker, "setColour", resident=person.id, colour="RED", reason=f"{CANARY}独居")
    await does(worker, "removeColour", resident=person.id, colour="RED", reason=f"{CANARY}搬走")
    pause = {"id": new_id("pause"), "resident": person.id, "reason": f"{CANARY}住院"}
    await does(worker, "pauseDuty", **pause, startsOn=TODAY, endsOn=TODAY)
    if number is not None:
        await does(worker, "revealIdNumber", resident=person.id, reason=f"给{CANARY}办证")
    visit = {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "residents": [person.id]}
    at = datetime.now(UTC) - timedelta(minutes=5)
    note = {"note": f"{CANARY}血压高", "photos": [await sent(worker, a_colour())]}
    await does(worker, "recordVisit", **visit, **note, occurredAt=at.isoformat())
    appeal = {"id": new_id("appeal"), "household": home, "resident": person.id, "body": f"{CANARY}的水管漏水"}
    told = {"reporterName": f"{CANARY}甲", "reporterPhone": phone, "photos": [await sent(worker, a_colour())]}
    await does(worker, "openAppeal", **appeal, **told)
    await does(worker, "acceptAppeal", appeal=appeal["id"])
    await does(worker, "rejectAppeal", appeal=appeal["id"], reason=f"请{CANARY}找物业", turnTo=f"{CANARY}的物业")
    wish = {"id": new_id("wish"), "body": f"{CANARY}想要书桌", "household": home, "resident": person.id}
    await does(worker, "proposeWish", **wish, wisherName=f"{CANARY}甲", wisherPhone=phone)
    await does(leader, "declineWish", wish=wish["id"], reason=f"{CANARY}已有书桌")
    if left:
        await does(worker, "moveOut", residents=[person.id], on=LEFT, note=f"{CANARY}随子女")
    return person


def long_ago(url: str) -> None:
    """Moves the ends of all cases to the year in which the person left."""
    values(url, "update appeal set rejected_at = '2020-01-02' where rejected_at is not null")
    values(url, "update wish set declined_at = '2020-01-02' where declined_at is not null")


def _having(*words: str) -> str:
    """How many rows of each table have one of the words somewhere."""
    condition = " or ".join(f"t::text like '%{word}%'" for word in words)
    counts = [f"select '{name}' as name, count(*) from \"{name}\" t where {condition}" for name in all_tables().tables]
    return " union all ".join(counts)


def found(url: str, *words: str) -> dict[str, int]:
    """How many rows of each table have one of the words somewhere."""
    query = f"select jsonb_build_object(name, count) from ({_having(*words)}) each where count > 0"
    return {name: count for each in values(url, query) for name, count in json.loads(each).items()}


def test_an_erased_person_is_in_no_table_and_on_no_photo(small_copy_url: str, tmp_path: Path) -> None:
    url, photos = small_copy_url, tmp_path / "photos"
    person = served(url, photos, lived)
    long_ago(url)
    before = found(url, CANARY, PHONE)
    assert {"resident", "visit", "appeal", "wish", "duty_pause", "resident_colour", "journal"} <= set(before)
    assert len(list(photos.glob("*/*"))) == 4
    counted = Counter(values(url, "select kind from journal where resident_id = $1", person.uuid))
    values(url, "update photo_file set kept_at = '2020-01-02'")
    done = commanded(url, tmp_path, "retention", "erase", person.id, "--as", "书记01")
    assert (done.exit_code, "2 张照片" in done.stdout) == (0, True), done.output
    assert found(url, CANARY, PHONE, NUMBER[-4:] + '"') == {}
    assert list(photos.glob("*/*")) == []
    kept = values(
        url,
        "select (name, phone, born_on, id_number_sealed, id_number_index)::text from resident where id = $1",
        person.uuid,
    )
    assert kept == [f"({ERASED},,,,)"]
    assert values(url, "select count(*) from resident_key where resident_id = $1", person.uuid) == [0]
    after = Counter(values(url, "select kind from journal where resident_id = $1", person.uuid))
    assert after - counted == Counter({"RESIDENT_ERASED": 1})
    assert counted - after == Counter()
    assert values(url, "select count(*) from visit_resident where resident_id = $1", person.uuid) == [1]
    again = commanded(url, tmp_path, "retention", "erase", person.id, "--as", "书记01")
    assert "was erased before" in again.stdout


def test_a_community_sets_how_long_it_keeps_people(small_copy_url: str, tmp_path: Path) -> None:
    keep = ("retention", "keep")
    short = commanded(small_copy_url, tmp_path, *keep, "183", "--as", "书记01")
    assert (short.exit_code, "must be from 184 to 7306 days" in short.stderr) == (1, True)
    worker = commanded(small_copy_url, tmp_path, *keep, "400", "--as", "网格员01")
    assert (worker.exit_code, "Your role may not do this" in worker.stderr) == (1, True)
    for days in ("400", "500"):
        done = commanded(small_copy_url, tmp_path, *keep, days, "--as", "书记01")
        assert (done.exit_code, done.stdout) == (0, f"保存 {days} 天 / kept for {days} days\n"), done.output
    assert values(small_copy_url, "select days from retention_policy") == [500]
    notes = "select note from journal where kind = 'RETENTION_SET' order by id desc limit 2"
    assert values(small_copy_url, notes) == ["500 天", "400 天"]


async def first_of(client: Tunping, query: str, *given: Any) -> list[Any]:
    """The first column of the rows of a query."""
    return [row[0] for row in await client.app.state.owner.fetch(query, *given)]


async def still(client: Tunping, word: str) -> dict[str, int]:
    """How many rows of each table have the word somewhere."""
    found = await client.app.state.owner.fetch(_having(word))
    return {row["name"]: row["count"] for row in found if row["count"]}


async def erase(client: Tunping, person: Person, reason: str | None = None, who: str = "书记01") -> Erased:
    """Erases a person for an account, as the command does."""
    ((account, role),) = [
        tuple(row)
        for row in await client.app.state.owner.fetch("select id, role from account where username = $1", who)
    ]
    state, viewer = client.app.state, Viewer(account, Role(role))
    work = partial(erase_resident, uuid=person.uuid, reason=reason)
    return Erased(*astuple(await state.database.transact(work, viewer, now=state.now())))


async def refused(client: Tunping, person: Person, *more: str | None) -> str:
    """The reason for which a person is not erased."""
    with pytest.raises(Refusal) as refusal:
        await erase(client, person, *more)  # type: ignore[arg-type]
    return refusal.value.message("en")


async def test_somebody_is_erased_only_when_it_is_time_and_no_case_is_open(tunping: Tunping) -> None:
    here = await lived(tunping, "13912345671", number=None, left=False)
    gone = await lived(tunping, "13912345679", number=None)
    assert "LIVES_HERE" in await refused(tunping, here, SAID)
    assert f"KEPT_UNTIL {date.fromisoformat(TODAY) + timedelta(days=KEPT_DAYS)}" in await refused(tunping, gone)
    assert await refused(tunping, gone, None, "网格长01") == "Your role may not do this."
    assert "the reason must not name the person" in await refused(tunping, gone, f"{CANARY}甲本人申请")
    await first_of(
        tunping, "update appeal set rejected_at = null, status = 'ACCEPTED' where resident_id = $1", gone.uuid
    )
    assert "CASE_OPEN" in await refused(tunping, gone, SAID)
    await first_of(
        tunping, "update appeal set rejected_at = now(), status = 'REJECTED' where resident_id = $1", gone.uuid
    )
    assert await still(tunping, "13912345679")
    assert (await erase(tunping, gone, SAID)).photos == 2
    assert await still(tunping, "13912345679") == {}
    notes = "select note from journal where kind = 'RESIDENT_ERASED' and resident_id = $1"
    assert await first_of(tunping, notes, gone.uuid) == [SAID]
    emptied = """select count(*) from journal j join journal e on e.recorded_at = j.note_erased_at
        where e.kind = 'RESIDENT_ERASED' and e.resident_id = $1 and j.note is null"""
    assert (await first_of(tunping, emptied, gone.uuid))[0] > 5
    worker = await tunping.as_("网格员01")
    assert await worker.refused("correctResident", {"resident": gone.id, "name": "又来"}) == "INVALID_INPUT"
    former = f'{{ formerResidents(first: 100, where: {{ text: "{ERASED}" }}) {{ nodes {{ id }} }} }}'
    assert (await worker.ask(former)).data["formerResidents"]["nodes"] == []
    seen = (await worker.ask("query($id: ID!) { resident(id: $id) { name phone bornOn } }", id=gone.id)).data[
        "resident"
    ]
    assert seen == {"name": ERASED, "phone": None, "bornOn": None}


async def test_the_daily_job_erases_whose_time_is_over_and_leaves_the_others(tunping: Tunping, tmp_path: Path) -> None:
    due = await lived(tunping, "13912345680", number=None)
    await first_of(tunping, "update appeal set rejected_at = '2020-01-02' where rejected_at is not null")
    await first_of(tunping, "update wish set declined_at = '2020-01-02' where declined_at is not null")
    busy = await lived(tunping, "13912345681", number=None)
    state = tunping.app.state
    retention = Retention(state.database, state.now, state.photos, tmp_path)
    days = """insert into retention_policy select id, $1, null, now() from community
        on conflict (community_id) do update set days = $1"""
    await first_of(tunping, days, 7306)
    await retention.erase_residents(done := Counter[str]())
    assert done == {}
    await first_of(tunping, days, 1096)
    await retention.erase_residents(done)
    erased = "select erased_at is not null from resident where id = any($1) order by id = $2"
    assert await first_of(tunping, erased, [due.uuid, busy.uuid], busy.uuid) == [True, False]
    assert (done["residents"], done["refused"] > 0) == (1, True)


async def test_what_was_reported_with_their_telephone_goes_too_unless_it_is_also_somebody_elses(
    tunping: Tunping,
) -> None:
    shared, unnamed = "13912345682", "update appeal set resident_id = null where resident_id = $1"
    person = await lived(tunping, shared, number=None)
    await first_of(tunping, unnamed, person.uuid)
    neighbour = "update resident set phone = $1 where id = (select min(id::text)::uuid from resident)"
    await first_of(tunping, neighbour, shared)
    await erase(tunping, person, SAID)
    assert await still(tunping, shared) == {"appeal": 1, "resident": 1}
    await first_of(tunping, neighbour, None)
    other = await lived(tunping, shared, number=None)
    await first_of(tunping, unnamed, other.uuid)
    await erase(tunping, other, SAID)
    assert await still(tunping, shared) == {}


async def test_the_file_of_a_mediation_is_kept_and_names_its_party(tunping: Tunping) -> None:
    person = await lived(tunping, "13912345683", number=None, left=False)
    worker = await tunping.as_("网格员01")
    dispute = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "噪音", "facts": f"{CANARY}与楼上争吵"}
    parties = [{"role": "APPLICANT", "resident": person.id}, {"role": "RESPONDENT", "outsiderName": "装修队"}]
    await does(worker, "openDispute", **dispute, parties=parties)
    await does(worker, "moveOut", residents=[person.id], on=LEFT)
    assert "CASE_OPEN" in await refused(tunping, person, SAID)
    await does(worker, "withdrawDispute", dispute=dispute["id"], reason="和好了")
    await erase(tunping, person, SAID)
    assert await still(tunping, "13912345683") == {}
    named = "select outsider_name from dispute_party where dispute_id = $1 and resident_id is null order by id"
    assert f"{CANARY}甲" in await first_of(tunping, named, UUID(dispute["id"].partition("_")[2]))
    assert await still(tunping, f"{CANARY}与楼上") == {"dispute": 1}


async def test_a_record_that_was_merged_into_theirs_goes_with_it(tunping: Tunping) -> None:
    kept, merged = [await lived(tunping, f"1391234569{each}", number=None) for each in (1, 2)]
    worker = await tunping.as_("网格员01")
    await does(worker, "mergeResidents", id=new_id("merge"), keep=kept.id, merge=merged.id)
    assert "MERGED" in await refused(tunping, merged, SAID)
    await erase(tunping, kept, SAID)
    assert (await still(tunping, "13912345691"), await still(tunping, "13912345692")) == ({}, {})


def test_everything_about_a_resident_is_given_out_as_one_file(copy_url: str, tmp_path: Path) -> None:
    url, store, phone = copy_url, tmp_path / "photos", "13912345684"
    person = served(url, store, lambda client: lived(client, phone))
    file = tmp_path / "person.zip"
    told = ("export", "resident", person.id, file, "--as", "书记01", "--reason", SAID)
    done = commanded(url, tmp_path, *told)
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with ZipFile(file) as folder:
        rows = json.loads(folder.read("resident.json"))
        pictures = [name for name in folder.namelist() if name.startswith("photos/")]
        assert all(folder.read(name).startswith(b"\xff\xd8") for name in pictures)
    assert len(pictures) == 2
    assert (rows["resident"][0]["id_number"], rows["resident"][0]["phone"]) == (NUMBER, phone)
    assert rows["visit"][0]["note"] == f"{CANARY}血压高"
    assert [each["body"] for each in rows["appeal"]] == [f"{CANARY}的水管漏水"]
    assert {"residency", "resident_colour", "duty_pause", "wish", "photo", "journal"} <= set(rows)
    notes = "select note from journal where kind = 'RESIDENT_EXPORTED' and resident_id = $1"
    assert values(url, notes, person.uuid) == [SAID]
    assert "Your role may not do this" in commanded(url, tmp_path, *told[:5], "网格员01", *told[6:]).stderr
    stranger = f"resident_{uuid4()}"
    assert "Not found" in commanded(url, tmp_path, *told[:2], stranger, *told[3:]).stderr


def test_every_table_that_points_to_a_resident_is_told_and_every_text_of_it_is_decided() -> None:
    pointing = {
        name
        for name, each in all_tables().tables.items()
        if any(key.target_fullname == "resident.id" for key in each.foreign_keys)
    }
    linked = {table(link.model).name for link in LINKS if link.to is Resident}
    assert pointing - linked == {"resident", "resident_key"}
    for model in {link.model for link in LINKS} - FILE:
        texts = {each.name for each in table(model).c if type(each.type) is sa.Text}
        decided = {*TEXTS.get(model, ()), *KEPT_TEXTS.get(model, ())} | (
            {"note"} if model.__name__ == "Journal" else set()
        )
        assert texts == decided, model


@given(st.dates(date(2020, 1, 1), date(2025, 1, 1)), st.integers(-400, 400), st.integers(184, 400))
def test_the_time_runs_from_the_last_case_or_the_day_they_left(left: date, case: int, days: int) -> None:
    standing = Standing(left, merged=False, open_cases=0, last_case_on=left + timedelta(days=case))
    until = left + timedelta(days=max(case, 0) + days)
    check_erasable(standing, until, days)
    with pytest.raises(Refusal, match="WRONG_STATE"):
        check_erasable(standing, until - timedelta(days=1), days)
    check_erasable(standing, max(left, until - timedelta(days=1)), days, on_request=True)


async def test_a_photo_that_nobody_attached_goes_after_a_day_and_others_stay(copy_url: str, tmp_path: Path) -> None:
    store = tmp_path / "photos"
    store.mkdir()
    async with serving(copy_url, photo_store=f"file://{store}") as client:
        worker, pool = await client.as_("网格员01"), client.app.state.owner
        retention = Retention(client.app.state.database, client.app.state.now, client.app.state.photos, tmp_path)
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
    worker, database = await tunping.as_("网格员01"), tunping.app.state.database
    digest = bytes.fromhex(await sent(worker, a_colour()))
    await first_of(tunping, "update photo_file set kept_at = now() - interval '2 days' * (sha256 = $1)::int", digest)
    async with database.pool.acquire() as taking, taking.transaction():
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
    worker = Worker.of(settings, tunping.app.state.database, tunping.app.state.now)
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
    retention = Retention(state.database, state.now, state.photos, tmp_path)

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
    retention = Retention(state.database, state.now, state.photos, tmp_path)
    await state.database.pool.execute(
        """with call as (insert into help_call (community_id, grid_id, what, place, colours, raised_by, raised_at)
            select g.community_id, g.id, '扫雪', '3号楼', '{BLUE}', (select id from account limit 1), now()
            from grid g limit 1 returning id, grid_id),
        asked as (insert into invitation (grid_id, call_id, resident_id, answer_code, invited_at)
            select grid_id, call.id, r.id, 'CODE' || r.id, now()
            from call, (select id from resident limit 2) r returning id)
        insert into message (invitation_id, to_phone, body, created_at, due_at, tries, sent_at)
            select id, '13911112222', '请来扫雪', now(), now(), 1, now() - row_number() over () * interval '150 days'
            from asked"""
    )
    await retention.archive_logs(done := Counter[str]())
    assert done["messages"] == 1
    assert await still(tunping, "13911112222") == {"message": 1}
    assert sorted(await first_of(tunping, "select body from message where body in ('请来扫雪', $1)", ERASED)) == sorted(
        ["请来扫雪", ERASED]
    )
