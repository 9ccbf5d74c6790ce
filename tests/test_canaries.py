"""What is known about people stays where it belongs: no log, address, error, webhook, file name or job tells it.

Every personal field gets a canary through the API. Then the canaries are looked for where they must not be.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from api.background import in_background
from api.background.worker import Worker
from api.commands.embedded import embedded_postgres
from db.acts import clients
from seeds.demo import DEMO_COUNTER_CODE
from tests.canaries import Canaries, Filler, Traces, some_ids
from tests.client import Clock, Tunping, new_id, serving, settings
from tests.command import tunping as command
from tests.paging import Page
from tests.test_centre import a_case, refer
from tests.test_duty import grandpa
from tests.test_photos import digest, jpeg, put
from tests.test_webhooks import receiving
from tests.test_worker import until

VIEWERS = ("书记01", "网格员01", None)
FILLED = {
    "account": ("username", "name"),
    "device": ("name",),
    "resident": ("name", "phone"),
    "visit": ("note", "spoke_with"),
    "visit_correction": ("reason", "note", "spoke_with"),
    "appeal": ("body", "reporter_name", "reporter_phone"),
    "dispute": ("title", "facts"),
    "dispute_party": ("outsider_name", "outsider_phone", "claim"),
    "wish": ("body", "wisher_name", "wisher_phone", "volunteer_name"),
    "help_call": ("what",),
    "alert": ("reason", "found_note"),
    "message": ("body",),
    "journal": ("note",),
}
"""The columns that hold canaries afterwards, or nothing would be proved."""
LATEST = 1_000
"""How many rows of each table are looked at: more than the test makes."""
JOBS = """create table job_seen as select * from jobs.procrastinate_jobs with no data;
    create function note_job() returns trigger language plpgsql security definer as $$
    begin
        insert into public.job_seen select new.*;
        return new;
    end $$;
    create trigger note_job after insert on jobs.procrastinate_jobs for each row execute function note_job()"""
"""Keeps the jobs, which the worker deletes when they are done."""
FAULT = "alter table visit add constraint canary check (note not like '%FAULT%')"
PASSWORD = "大院门口的老胡杨"


@dataclass
class Story:
    """What happened, and what it left behind."""

    canaries: Canaries
    folder: Path
    traces: Traces = field(default_factory=Traces)
    told: list[str] = field(default_factory=list)
    """What the webhooks had."""
    database: dict[str, str] = field(default_factory=dict)
    """The rows of the tables that are looked at, as text."""
    printed: str = ""
    """What commands wrote to the terminal."""
    resident: str = ""
    """The id of the resident who was added."""


@pytest.fixture(scope="module")
def story(copy_url: str, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """All of it, once for the module."""
    told = Story(Canaries(), tmp_path_factory.mktemp("canaries"))
    username, name = told.canaries.text(), told.canaries.text()
    reason = f"本人来社区申请查阅登记的信息 {told.canaries.text()}"
    with told.traces.logging():
        new = ("user", "add", username, "--name", name, "--role", "ADMIN", "--password-stdin")
        told.printed += _printed(copy_url, *new, given=f"{PASSWORD}\n").replace(username, "")
        asyncio.run(_happens(told, copy_url, username))
        file = told.folder / "resident.zip"
        told.printed += _printed(
            copy_url, "export", "resident", told.resident, file, "--as", "书记01", "--reason", reason
        )
    return told


def _printed(url: str, *arguments: Any, given: str | None = None) -> str:
    """What a command that succeeds writes to the terminal."""
    done = command(url, *arguments, given=given)
    assert done.exit_code == 0, done.output
    return done.output


async def _happens(told: Story, url: str, username: str) -> None:
    photos = told.folder / "photos"
    photos.mkdir()
    async with receiving() as gateway, receiving() as centre:
        given: dict[str, Any] = {"photo_store": photos.as_uri(), "sms_url": gateway.url, "webhook_private": True}
        given["anchor_dir"] = told.folder / "anchors"
        async with serving(url, **given) as client:
            told.traces.watch(client.http)
            pool = client.app.state.owner
            await pool.execute("delete from record_pending")  # Linking the demo's own rows takes a second.
            name = new_id("system")
            await client.transact(lambda tx: clients.add_client(tx, name, "调解员01"))
            await client.transact(lambda tx: clients.set_webhook(tx, name, centre.url, private=True))
            for part in (_register, _everything, _cases, _pages, _faults, _outside, partial(_sign_ins, username)):
                await part(told, client)
            await client.http.get("/metrics")
            await pool.execute(JOBS)
            worker = Worker.of(settings(url, **given), client.app.state.system, Clock())
            async with in_background(worker.run()):
                await until(lambda: pool.fetchval("select bool_and(sent_at is not null) from message"))
                while not centre.got:  # noqa: ASYNC110  the worker sends
                    await asyncio.sleep(0.01)
            told.told = [repr(each) for each in (*centre.got, *(headers for headers, _ in gateway.got))]
            for table in (*FILLED, "look", "job_seen"):
                latest = await pool.fetch(f"select * from {table} order by id desc limit {LATEST}")
                told.database[table] = repr([dict(row) for row in latest])


async def _do(who: Tunping, mutation: str, given: dict[str, Any]) -> None:
    """A mutation that must succeed."""
    assert (await who.do(mutation, given))["errors"] == [], mutation


async def _register(told: Story, client: Tunping) -> None:
    """A resident, a visit and an alert; a number that is on the register already."""
    new, worker = told.canaries, await client.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    person = {"id": new_id("resident"), "household": home, "name": new.text(), "sex": "FEMALE"}
    number = new.id_number()
    await _do(worker, "addResident", person | {"phone": new.phone(), "idNumber": number})
    told.resident = person["id"]
    await _do(worker, "correctResident", {"resident": person["id"], "name": new.text(), "phone": new.phone()})
    other = person | {"id": new_id("resident"), "name": new.text(), "idNumber": number}
    assert await worker.refused("addResident", other) == "INVALID_INPUT"
    assert await worker.refused("addResident", person | {"name": new.text()}) == "CONFLICT"
    await _do(worker, "revealIdNumber", {"resident": person["id"], "reason": f"核对身份证号是否登记正确 {new.text()}"})
    photo = jpeg("navy", comment=new.text().encode())
    assert (await put(worker, photo)).status_code == 201
    visit = {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "occurredAt": _now(), "note": new.text()}
    visit |= {"residents": [person["id"]], "photos": [digest(photo)], "spokeWith": new.text()}
    await _do(worker, "recordVisit", visit)
    right = {"visit": visit["id"], "reason": new.text(), "note": new.text(), "spokeWith": new.text()}
    await _do(worker, "correctVisit", right)
    raised = {"resident": (await grandpa(worker))["id"], "note": new.text()}
    alert = (await worker.do("raiseAlert", raised, "alert { id }"))["alert"]["id"]
    await _do(worker, "reportAlert", {"alert": alert, "finding": "NOT_THERE", "note": new.text()})
    await worker.ask(
        "query($where: ResidentFilter) { residents(where: $where) { nodes { name phone } } }",
        where={"text": new.text()},
    )


async def _cases(told: Story, client: Tunping) -> None:
    """An appeal, a wish, a dispute with outsiders that goes to the centre, and a call for help."""
    new, worker, secretary = told.canaries, await client.as_("网格员01"), await client.as_("书记01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    appeal = {"id": new_id("appeal"), "body": f"3号楼2单元 楼道堵了 {new.text()}", "code": DEMO_COUNTER_CODE}
    await _do(client.as_nobody(), "openAppeal", appeal | {"reporterName": new.text(), "reporterPhone": new.phone()})
    wish = {"id": new_id("wish"), "body": f"3号楼2单元 想要一张书桌 {new.text()}", "code": DEMO_COUNTER_CODE}
    await _do(client.as_nobody(), "proposeWish", wish | {"wisherName": new.text(), "wisherPhone": new.phone()})
    await secretary.do("publishWish", {"wish": wish["id"], "publishedText": new.phone()})
    await _do(secretary, "publishWish", {"wish": wish["id"], "publishedText": "一名小学生想要一张书桌"})
    await _do(secretary, "claimWish", {"wish": wish["id"], "volunteerName": new.text(), "volunteerPhone": new.phone()})
    party = {"outsiderName": new.text(), "outsiderPhone": new.phone(), "claim": new.text()}
    parties = [{"role": "APPLICANT", "household": home, "claim": new.text()}, {"role": "RESPONDENT", **party}]
    dispute = {"id": new_id("dispute"), "type": "NEIGHBOUR", "title": new.text(), "facts": new.text()}
    await _do(worker, "openDispute", dispute | {"parties": parties})
    case, consenting = await a_case(client)
    claim = {"dispute": case, "party": consenting[1], "claim": new.text()}
    await _do(secretary, "noteClaim", claim)
    await refer(client, case, consenting)
    await _do(worker, "callForHelp", {"id": new_id("call"), "what": new.text(), "household": home})


async def _pages(told: Story, client: Tunping) -> None:
    """The form behind a printed code, incomplete and complete, with a photo whose name tells who is on it."""
    new = told.canaries
    form = await Page.open(client, f"/q/{DEMO_COUNTER_CODE}")
    asked = await form.send(body=f"1号楼和2号楼都要一盏灯 {new.text()}", kind="WISH", phone=new.phone())
    assert asked.status == 422
    photo = (f"{new.text()}.jpg", jpeg("teal", comment=new.text().encode()))
    done = await form.send(None, [photo], body=f"3号楼2单元 楼道堵了 {new.text()}", phone=new.phone())
    assert done.path.startswith("/r/")
    await done.http.get(done.path)


async def _faults(told: Story, client: Tunping) -> None:
    """Requests that are refused, and a fault of the server that PostgreSQL quotes a row for."""
    new, worker = told.canaries, await client.as_("网格员01")
    for broken in ("{ me { %s } }", '{ residents(where: {text: "%s" }', 'query($%s: ID!) { node(id: "%s") { id } }'):
        await worker.ask(broken.replace("%s", new.text()))
    await worker.post(f'{{"query": "{new.text()}'.encode())
    await worker.ask("query($id: ID!) { node(id: $id) { id } }", id=new.text())
    await client.http.get("/graphql", params={"query": "{ me { name } }"}, headers={"authorization": new.text()})
    await client.app.state.owner.execute(FAULT)
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    visit = {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "occurredAt": _now()}
    query = "mutation($input: RecordVisitInput!) { recordVisit(input: $input) { visit { id } } }"
    assert (await worker.ask(query, input=visit | {"note": f"FAULT {new.text()}"})).code == "INTERNAL"


async def _everything(told: Story, client: Tunping) -> None:
    """Each mutation by several people, with canaries for all words, about objects that exist."""
    photo = jpeg("olive")
    await put(await client.as_("书记01"), photo)
    filler = Filler(told.canaries, await some_ids(client.app.state.owner), photo)
    for username in VIEWERS:
        who = await client.as_(username) if username else client.as_nobody()
        for mutation, given in filler.inputs():
            type_ = f"{mutation[0].upper()}{mutation[1:]}Input"
            query = f"mutation($input: {type_}!) {{ {mutation}(input: $input) {{ errors {{ code message path }} }} }}"
            await who.ask(query, input=given)


async def _outside(told: Story, client: Tunping) -> None:
    """A look from outside, whose document has a name in it."""
    mediator, name = await client.as_("调解员01"), told.canaries.text()
    await mediator.ask(f'{{ residents(where: {{text: "{name}"}}) {{ totalCount }} disputes {{ nodes {{ id }} }} }}')


async def _sign_ins(username: str, told: Story, client: Tunping) -> None:
    """A new device, a wrong password, and an authenticator app."""
    form = {"grant_type": "password", "username": username, "password": PASSWORD, "device": told.canaries.text()}
    assert (await client.http.post("/auth/token", data=form)).status_code == 200
    for change in (
        {"username": told.canaries.text()},
        {"password": told.canaries.text()},
        {"otp": told.canaries.text()},
    ):
        assert (await client.http.post("/auth/token", data=form | change)).status_code == 400
    assert (await client.http.post("/auth/totp", data=form)).status_code == 200


def _now() -> str:
    return datetime.now(UTC).isoformat()


@pytest.mark.long
@pytest.mark.parametrize(("table", "column"), [(table, each) for table, own in FILLED.items() for each in own])
def test_the_canaries_are_in_the_register(story: Story, table: str, column: str) -> None:
    rows = story.database[table]
    values = [each.partition(", '")[0] for each in rows.split(f"'{column}': ")[1:]]
    assert any(story.canaries.within(each) for each in values)


@pytest.mark.long
def test_no_log_has_one_at_any_level(story: Story) -> None:
    log = story.traces.log.getvalue()
    assert "internal_error" in log
    assert "signed_in" in log
    assert story.canaries.within(log) == set()


@pytest.mark.long
def test_no_command_prints_one(story: Story) -> None:
    assert story.printed
    assert story.canaries.within(story.printed) == set()


@pytest.mark.long
def test_no_address_and_no_header_has_one(story: Story) -> None:
    addresses = "\n".join(story.traces.addresses())
    assert "/photos/" in addresses
    assert story.canaries.within(addresses) == set()


@pytest.mark.long
def test_no_error_tells_more_than_what_its_request_said(story: Story) -> None:
    failed = [each for each in story.traces.exchanges if each.errors()]
    assert len(failed) > 100
    told = {each.sent: story.canaries.within(each.errors()) - story.canaries.within(each.sent) for each in failed}
    assert {sent: more for sent, more in told.items() if more} == {}


@pytest.mark.long
def test_no_fault_of_the_server_repeats_its_request(story: Story) -> None:
    faults = [each for each in story.traces.exchanges if each.status >= 500]
    assert faults
    assert story.canaries.within("".join(each.answer for each in faults)) == set()


@pytest.mark.long
def test_no_metric_has_one(story: Story) -> None:
    (metrics,) = (each for each in story.traces.exchanges if each.url.endswith("/metrics"))
    assert story.canaries.within(metrics.answer) == set()


@pytest.mark.long
def test_no_webhook_has_one(story: Story) -> None:
    assert story.told
    assert story.canaries.within("".join(story.told)) == set()


@pytest.mark.long
def test_no_file_has_one_in_its_name_and_no_photo_in_its_content(story: Story) -> None:
    files = [each for each in story.folder.rglob("*") if each.is_file()]
    assert len(files) > 3
    assert story.canaries.within("\n".join(map(str, files))) == set()
    photos = b"".join(each.read_bytes() for each in files if each.suffix != ".zip")
    assert story.canaries.within(photos.decode("latin-1")) == set()


@pytest.mark.long
def test_no_job_has_one(story: Story) -> None:
    assert "deliver" in story.database["job_seen"]
    assert story.canaries.within(story.database["job_seen"]) == set()


@pytest.mark.long
def test_no_look_has_one(story: Story) -> None:
    assert story.database["look"] != "[]"
    assert story.canaries.within(story.database["look"]) == set()


@pytest.mark.long
def test_the_log_of_the_embedded_database_quotes_no_row(tmp_path: Path) -> None:
    async def violate(url: str) -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("create table person (name text unique check (name <> 'CANARY'))")
        await connection.execute("insert into person values ('CANARYBIRD')")
        for name in ("CANARY", "CANARYBIRD"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await connection.execute("insert into person values ($1)", name)
        await connection.close()

    with embedded_postgres(tmp_path) as url:
        asyncio.run(violate(url))
        log = (tmp_path / "postgres" / "log").read_text()
    assert "violates check constraint" in log
    assert "CANARY" not in log
