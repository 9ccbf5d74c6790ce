"""A person's data: erased when it is time or when they ask, and told to them in one file."""

import asyncio
import json
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

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from api.background.retention import Retention
from db.acts.erasing import Erased, erase_resident
from db.acts.personal_data import FILE, KEPT_TEXTS, LINKS, TEXTS
from db.base import all_tables, table
from db.people import Resident
from rules.access import Role, Viewer
from rules.folding import folded_name
from rules.id_numbers import check_digit
from rules.refusals import Refusal
from rules.retention import ERASED, KEPT_DAYS, Standing, check_erasable
from schema.languages import message_of
from tests.client import Tunping, new_id, serving
from tests.personal import a_colour, commanded, does, first_of, sent, values
from tests.record import found as faults
from tests.record import link_all

CANARY, PHONE, FIRST = "金丝雀", "13912345678", "65010319900131002"
NUMBER = FIRST + check_digit(FIRST)
SAID = "本人来电申请"
LEFT = "2020-01-01"
TODAY = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"


def served(url: str, store: Path, work: Callable[[Tunping], Awaitable[Any]]) -> Any:
    """Runs work against a server whose photos are in a folder."""

    async def run() -> Any:
        async with serving(url, photo_store=f"file://{store}") as client:
            return await work(client)

    store.mkdir(exist_ok=True)
    return asyncio.run(run())


@dataclass(frozen=True)
class Person:
    """A resident about whom something is recorded everywhere."""

    id: str
    household: str

    @property
    def uuid(self) -> UUID:
        return UUID(self.id.partition("_")[2])


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
        await does(worker, "revealIdNumber", resident=person.id, reason=f"为{CANARY}办理高龄津贴，需核对号码")
    visit = {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "residents": [person.id]}
    at = datetime.now(UTC) - timedelta(minutes=5)
    note = {"note": f"{CANARY}血压高", "photos": [await sent(worker, a_colour())]}
    await does(worker, "recordVisit", **visit, **note, occurredAt=at.isoformat())
    wrong = {"id": new_id("visit"), "household": home, "mode": "PHONE", "residents": [person.id], "note": f"{CANARY}甲"}
    await does(worker, "recordVisit", **wrong, spokeWith=f"{CANARY}之女", occurredAt=at.isoformat())
    right = {"visit": wrong["id"], "residents": [], "reason": f"不是{CANARY}", "note": f"{CANARY}不在"}
    await does(worker, "correctVisit", **right)
    appeal = {"id": new_id("appeal"), "household": home, "resident": person.id, "body": f"{CANARY}的水管漏水"}
    told = {"reporterName": f"{CANARY}甲", "reporterPhone": phone, "photos": [await sent(worker, a_colour())]}
    await does(worker, "openAppeal", **appeal, **told)
    corrected = {"appeal": appeal["id"], "body": f"{CANARY}的暖气漏水", "reason": f"{CANARY}说的是暖气"}
    await does(worker, "correctAppeal", **corrected)
    call = {"id": new_id("callback"), "appeal": appeal["id"], "reached": False, "said": f"{CANARY}没接"}
    await does(worker, "recordCallBack", **call)
    await does(worker, "acceptAppeal", appeal=appeal["id"])
    await does(worker, "rejectAppeal", appeal=appeal["id"], reason=f"请{CANARY}找物业", turnTo=f"{CANARY}的物业")
    wish = {"id": new_id("wish"), "body": f"{CANARY}想要书桌", "household": home, "resident": person.id}
    await does(worker, "proposeWish", **wish, wisherName=f"{CANARY}甲", wisherPhone=phone)
    await does(leader, "declineWish", wish=wish["id"], reason=f"{CANARY}已有书桌")
    await _comes_to_an_activity(await client.as_("书记01"), person, phone)
    if left:
        await does(worker, "moveOut", residents=[person.id], on=LEFT, note=f"{CANARY}随子女")
    return person


async def _comes_to_an_activity(secretary: Tunping, person: Person, phone: str) -> None:
    """Signs them up by the register and by name, and sends a text message about another place."""
    activity, begins = new_id("activity"), datetime.now(UTC) + timedelta(days=1)
    times = {"beginsAt": begins.isoformat(), "endsAt": (begins + timedelta(hours=1)).isoformat()}
    await does(secretary, "planActivity", id=activity, what="老年人义诊", place="社区活动室", **times)
    await does(secretary, "joinActivity", id=new_id("signup"), activity=activity, resident=person.id)
    by_name = {"name": f"{CANARY}甲", "phone": phone}
    await does(secretary, "joinActivity", id=new_id("signup"), activity=activity, **by_name)
    await does(secretary, "changeActivity", activity=activity, place="党支部服务站")


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


@pytest.mark.long
def test_an_erased_person_is_in_no_table_and_on_no_photo(small_copy_url: str, tmp_path: Path) -> None:
    url, photos = small_copy_url, tmp_path / "photos"
    person = served(url, photos, lived)
    long_ago(url)
    before = found(url, CANARY, PHONE)
    known = {"resident", "visit", "appeal", "call_back", "wish", "duty_pause", "resident_colour", "journal", "message"}
    known |= {"sign_up"}
    assert known <= set(before)
    assert len(list(photos.glob("*/*"))) == 4
    counted = Counter(values(url, "select kind from journal where resident_id = $1", person.uuid))
    values(url, "update photo_file set kept_at = '2020-01-02'")
    asyncio.run(link_all(url))
    done = commanded(url, tmp_path, "retention", "erase", person.id, "--as", "书记01")
    assert (done.exit_code, "2 张照片" in done.stdout) == (0, True), done.output
    assert found(url, CANARY, folded_name(CANARY), PHONE, NUMBER[-4:] + '"') == {}
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
    for _ in range(2):
        assert [each for each in asyncio.run(faults(url)) if each.startswith(("journal", "note_erasure"))] == []
        asyncio.run(link_all(url))
    again = commanded(url, tmp_path, "retention", "erase", person.id, "--as", "书记01")
    assert "was erased before" in again.stdout


@pytest.mark.long
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
    return Erased(*astuple(await state.system.transact(work, viewer, now=state.now())))


async def refused(client: Tunping, person: Person, *more: str | None) -> str:
    """The reason for which a person is not erased."""
    with pytest.raises(Refusal) as refusal:
        await erase(client, person, *more)  # type: ignore[arg-type]
    return message_of(refusal.value, "en")


async def test_the_reason_of_an_erasure_tells_no_name_that_the_person_ever_had(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home = (await worker.ask("{ households(last: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    person = Person(new_id("resident"), home)
    new = {"id": person.id, "household": home, "sex": "FEMALE", "movedInOn": "2019-01-01"}
    await does(worker, "addResident", **new, name="阿依古丽·买买提", phone="13912345666")
    await does(worker, "correctResident", resident=person.id, name="欧阳晓筱")
    other = Person(new_id("resident"), home)
    await does(worker, "addResident", **new | {"id": other.id}, name="诸葛旧册", phone="0991-7654399")
    await does(worker, "mergeResidents", id=new_id("merge"), keep=person.id, merge=other.id)
    await does(worker, "moveOut", residents=[person.id], on=LEFT)
    names = ("欧阳 晓筱", "晓筱", "阿依古丽•买买提", "买买提", "ouyangxiaoxiao", "诸葛　旧册")
    for each in (*names, "139-1234-5666", "（0991）7654399", "１３９ １２３４ ５６６６"):
        assert "the reason must not name the person" in await refused(tunping, person, f"{each}本人申请"), each
    await erase(tunping, person, "本人来电申请删除，已核对身份")


@pytest.mark.long
async def test_somebody_is_erased_only_when_it_is_time_and_no_case_is_open(tunping: Tunping) -> None:
    here = await lived(tunping, "13912345671", number=None, left=False)
    gone = await lived(tunping, "13912345679", number=None)
    assert "lives here" in await refused(tunping, here, SAID)
    assert f"kept until {date.fromisoformat(TODAY) + timedelta(days=KEPT_DAYS)}" in await refused(tunping, gone)
    assert await refused(tunping, gone, None, "网格长01") == "Your role may not do this."
    assert "the reason must not name the person" in await refused(tunping, gone, f"{CANARY}甲本人申请")
    await first_of(
        tunping, "update appeal set rejected_at = null, status = 'ACCEPTED' where resident_id = $1", gone.uuid
    )
    assert "a case is open" in await refused(tunping, gone, SAID)
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


@pytest.mark.long
async def test_the_daily_job_erases_whose_time_is_over_and_leaves_the_others(tunping: Tunping, tmp_path: Path) -> None:
    due = await lived(tunping, "13912345680", number=None)
    await first_of(tunping, "update appeal set rejected_at = '2020-01-02' where rejected_at is not null")
    await first_of(tunping, "update wish set declined_at = '2020-01-02' where declined_at is not null")
    busy = await lived(tunping, "13912345681", number=None)
    state = tunping.app.state
    retention = Retention(state.system, state.now, state.photos, tmp_path)
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


@pytest.mark.long
async def test_what_was_reported_with_their_telephone_goes_too_unless_it_is_also_somebody_elses(
    tunping: Tunping,
) -> None:
    shared, unnamed = "13912345682", "update appeal set resident_id = null where resident_id = $1"
    person = await lived(tunping, shared, number=None)
    await first_of(tunping, unnamed, person.uuid)
    neighbour = "update resident set phone = $1 where id = (select min(id::text)::uuid from resident)"
    await first_of(tunping, neighbour, shared)
    await erase(tunping, person, SAID)
    assert await still(tunping, shared) == {"appeal": 1, "resident": 1, "sign_up": 1, "message": 1}
    await first_of(tunping, neighbour, None)
    other = await lived(tunping, shared, number=None)
    await first_of(tunping, unnamed, other.uuid)
    await erase(tunping, other, SAID)
    assert await still(tunping, shared) == {}


@pytest.mark.long
async def test_the_file_of_a_mediation_is_kept_and_names_its_party(tunping: Tunping) -> None:
    person = await lived(tunping, "13912345683", number=None, left=False)
    worker = await tunping.as_("网格员01")
    dispute = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "噪音", "facts": f"{CANARY}与楼上争吵"}
    parties = [{"role": "APPLICANT", "resident": person.id}, {"role": "RESPONDENT", "outsiderName": "装修队"}]
    await does(worker, "openDispute", **dispute, parties=parties)
    await does(worker, "moveOut", residents=[person.id], on=LEFT)
    assert "a case is open" in await refused(tunping, person, SAID)
    await does(worker, "withdrawDispute", dispute=dispute["id"], reason="和好了")
    await erase(tunping, person, SAID)
    assert await still(tunping, "13912345683") == {}
    named = "select outsider_name from dispute_party where dispute_id = $1 and resident_id is null order by id"
    assert f"{CANARY}甲" in await first_of(tunping, named, UUID(dispute["id"].partition("_")[2]))
    assert await still(tunping, f"{CANARY}与楼上") == {"dispute": 1}


@pytest.mark.long
async def test_the_file_of_a_mediation_names_who_spoke_for_a_household(tunping: Tunping) -> None:
    person = await lived(tunping, "13912345684", number=None, left=False)
    worker = await tunping.as_("网格员01")
    home = (await worker.ask("query($id: ID!) { resident(id: $id) { household { id } } }", id=person.id)).data
    side = {"role": "APPLICANT", "household": home["resident"]["household"]["id"], "speaker": person.id}
    dispute = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": "噪音", "facts": "噪音"}
    await does(worker, "openDispute", **dispute, parties=[side, {"role": "RESPONDENT", "outsiderName": "装修队"}])
    await does(worker, "moveOut", residents=[person.id], on=LEFT)
    assert "a case is open" in await refused(tunping, person, SAID)
    await does(worker, "withdrawDispute", dispute=dispute["id"], reason="和好了")
    await erase(tunping, person, SAID)
    named = """select speaker_name from dispute_party
        where dispute_id = $1 and speaker_id is null and household_id is not null"""
    assert await first_of(tunping, named, UUID(dispute["id"].partition("_")[2])) == [f"{CANARY}甲"]


@pytest.mark.long
async def test_a_record_that_was_merged_into_theirs_goes_with_it(tunping: Tunping) -> None:
    kept, merged = [await lived(tunping, f"1391234569{each}", number=None) for each in (1, 2)]
    worker = await tunping.as_("网格员01")
    await does(worker, "mergeResidents", id=new_id("merge"), keep=kept.id, merge=merged.id)
    await erase(tunping, merged, SAID)
    assert (await still(tunping, "13912345691"), await still(tunping, "13912345692")) == ({}, {})


@pytest.mark.long
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
    assert [each["body"] for each in rows["appeal"]] == [f"{CANARY}的暖气漏水"]
    earlier = [each["value"] for told in rows["journal"] for each in told.get("before") or ()]
    assert f"{CANARY}的水管漏水" in earlier
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
