"""The two walls: each alone lets nothing through, and neither has a gap that the tests do not see."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID, uuid4

import asyncpg
import psycopg
import pytest

from db.base import all_tables, column_types, model_of, table
from db.database import Database
from db.logins import STAFF, Login, login_url, role_of
from db.migrate import upgrade
from db.record import RECORD
from db.server import DatabaseUnusable
from db.transaction import Transaction
from db.walls import build
from rules.access import Role, Viewer
from seeds import demo
from tests.client import serving
from tests.oracle.rows import TYPES
from tests.walls import MODELS, Walls, forget_statements, loosen

LINKS = frozenset(f"{kept.table}_link" for kept in RECORD.values())
CLOSED = LINKS | {
    *(
        "area",
        "document_waiting",
        "feed_waiting",
        "log_archive",
        "note_erasure",
        "persisted_document",
        "push",
        "push_progress",
        "record_pending",
        "retention_policy",
        "scheduler_pass",
        "system_client",
        "webhook",
    )
}
"""Tables that the server's role does not touch: they have no viewer."""
OPEN = frozenset(
    {
        "account_event",
        "category_policy",
        "document",
        "document_forgotten",
        "feed_epoch",
        "feed_position",
        "journal_kind",
        "message",
        "photo_file",
        "quiet_act",
        "sealing_generation",
        "visit_resident",
    }
)
"""Tables without a visibility rule that it touches."""
LIMITED = frozenset({"device_session", "resident_key"})
"""Tables without a visibility rule that have a policy all the same."""
LOCKED = frozenset({"account", "appeal", "building", "community", "dispute", "household", "resident", "wish"})
"""Some of the tables whose rows acts lock."""
RECORDS = (*(kept.table for kept in RECORD.values()), "access_notice", *sorted(LINKS))


ROLES = [frozenset({Role.PARTNER, None}), pytest.param(frozenset({*Role, None}), marks=pytest.mark.long)]
_SHORT = frozenset({"appeal", "dispute_party", "journal", "resident", "resident_colour"})
SAMPLED = [pytest.param(name, marks=() if name in _SHORT else pytest.mark.long) for name in sorted(MODELS)]
"""All tables with a rule. Those that tell most about people are in the short run too."""
NOW = datetime(2023, 12, 31, tzinfo=UTC)


@pytest.fixture
async def walls(small_url: str) -> AsyncIterator[Walls]:
    """Over the small communities, in which every case occurs."""
    opened = await Walls.open(small_url)
    yield opened
    await opened.close()


@pytest.mark.long
@pytest.mark.parametrize(("most", "step"), [(1, 3), pytest.param(100, 1, marks=pytest.mark.long)])
async def test_the_second_wall_shows_what_the_first_shows_and_no_more_than_its_file_declares(
    walls: Walls, most: int, step: int
) -> None:
    for viewer in (await walls.viewers(most))[::step]:
        for name in MODELS:
            assert await walls.differing(name, viewer) == (set(), set()), (viewer, name)


@pytest.fixture
async def demo_walls(demo_url: str) -> AsyncIterator[Walls]:
    """Over the demo, which has many rows."""
    opened = await Walls.open(demo_url)
    yield opened
    await opened.close()


@pytest.mark.long
async def test_the_same_over_the_demo(demo_walls: Walls) -> None:
    for viewer in await demo_walls.viewers(most=2):
        for name in MODELS:
            assert await demo_walls.differing(name, viewer) == (set(), set()), (viewer, name)


async def allowed(walls: Walls, viewer: Viewer) -> dict[str, set[Any]]:
    """By table: the ids that both walls together may show."""
    return {name: {key for (key,) in await walls.one(name, viewer) | await walls.wider(name)} for name in TYPES}


@pytest.mark.long
@pytest.mark.parametrize("roles", ROLES)
@pytest.mark.parametrize("lock", [False, True])
async def test_acts_find_nothing_more_without_the_first_wall(
    walls: Walls, small_url: str, monkeypatch: pytest.MonkeyPatch, roles: frozenset[Role | None], *, lock: bool
) -> None:
    viewers = [viewer for viewer in await walls.viewers(most=2) if viewer.role in roles]
    right = [(viewer, await allowed(walls, viewer)) for viewer in viewers]
    ids = {name: [row["id"] for row in await walls.everything(name)] for name in TYPES}
    loosen(monkeypatch.setitem, *MODELS.values())
    database = await Database.open(small_url, 1)

    def finding(name: str) -> Callable[[Transaction], Awaitable[set[UUID]]]:
        async def find(tx: Transaction) -> set[UUID]:
            rows = await tx.find_known(MODELS[name], ids[name], lock=lock and name in LOCKED)
            return {row.__dict__["id"] for row in rows.values()}

        return find

    try:
        for viewer, known in right:
            for name in ids:
                assert await database.transact(finding(name), viewer, now=NOW) <= known[name], (viewer, name)
    finally:
        monkeypatch.undo()
        forget_statements()
        await database.close()


@pytest.mark.parametrize("name", SAMPLED)
async def test_a_rule_that_is_lost_is_held_by_the_second_wall(
    walls: Walls, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    viewers = await walls.viewers(most=1)
    before = {viewer: await walls.one(name, viewer) for viewer in viewers}
    wider = await walls.wider(name)
    loosen(monkeypatch.setitem, MODELS[name])
    now_open = [viewer for viewer in viewers if await walls.one(name, viewer) - before[viewer] - wider]
    assert now_open, "the rule hides nothing here, so this test shows nothing"
    for viewer in now_open:
        for by_place in (False, True):
            assert await walls.two(name, viewer, by_place=by_place) <= before[viewer] | wider, viewer
    monkeypatch.undo()
    forget_statements()


@pytest.mark.parametrize("name", SAMPLED)
async def test_a_policy_that_is_lost_is_noticed(small_copy_url: str, name: str) -> None:
    walls = await Walls.open(small_copy_url)
    query = "select policyname, qual from pg_policies where tablename = $1 and policyname in ('seen', 'staff')"
    try:
        for policy, kept in await walls.owner.fetch(query, name):
            await walls.owner.execute(f"alter policy {policy} on {name} using (true)")
            leaks = [(await walls.differing(name, each))[1] for each in await walls.viewers(most=1)]
            await walls.owner.execute(f"alter policy {policy} on {name} using ({kept})")
            assert any(leaks), policy
    finally:
        await walls.close()


async def test_the_second_wall_counts_the_appeals_of_the_grids_that_it_shows(walls: Walls) -> None:
    counted = set()
    for viewer in await walls.viewers(most=1):
        shown = len(await walls.two("appeal", viewer, by_place=True))
        for by_place in (False, True):
            assert await walls.appeals_counted(viewer, by_place=by_place) == shown, viewer
        counted.add(shown)
    assert len(counted) > 2, "nearly all viewers see as many appeals, so this test shows little"


async def test_nobody_who_did_not_say_who_looks_sees_a_row(small_url: str) -> None:
    database = await Database.open(small_url, 1)
    secretary = await database.fetchval("select account_id from post_today where role = 'SECRETARY' limit 1")
    try:
        for _ in range(2):
            for name in (*MODELS, "appeal_counted"):
                assert await database.fetchval(f"select count(*) from {name}") == 0, name
            # The same connection has served a viewer, whom it forgets.
            told = await database.transact(
                lambda tx: tx.fetchval("select count(*) from resident"), Viewer(secretary, Role.SECRETARY), now=NOW
            )
            assert told > 0
    finally:
        await database.close()


async def test_every_table_is_closed_or_behind_the_wall(fresh_url: str) -> None:
    """A new table is in none of these sets until somebody decides."""
    connection = await asyncpg.connect(fresh_url)
    app = urlsplit(login_url(fresh_url, Login.APPLICATION)).username
    touched = (
        "select bool_or(has_any_column_privilege($1, $2, each)) from unnest('{select,insert,update}'::text[]) each"
    )
    forced = "select relname from pg_class where relrowsecurity and relforcerowsecurity"
    walled = await connection.fetch(f"{forced} and relnamespace = 'public'::regnamespace")
    behind = {row["relname"] for row in walled}
    tables = set(all_tables().tables)
    assert behind >= set(MODELS)
    assert {name for name in tables if not await connection.fetchval(touched, app, name)} == CLOSED
    assert tables - CLOSED - behind == OPEN - behind
    assert behind <= set(MODELS) | OPEN | LIMITED
    await connection.close()


async def test_the_roles_are_ordinary_ones_that_own_nothing(fresh_url: str) -> None:
    for login in Login:
        connection = await asyncpg.connect(login_url(fresh_url, login))
        mighty = "select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit"
        assert await connection.fetchval(f"{mighty} from pg_roles where rolname = current_user") is False
        owned = "select count(*) from pg_class where pg_get_userbyid(relowner) = current_user"
        assert await connection.fetchval(owned) == 0
        await connection.close()


FORBIDDEN = {
    "no tables": "create table stolen (id integer)",
    "no temporary tables": "create temporary table stolen (id integer)",
    "no schemas": "create schema stolen",
    "no functions": "create function public.stolen() returns integer language sql as 'select 1'",
    "no columns": "alter table resident add column stolen text",
    "no dropping": "drop table journal",
    "no triggers": "alter table journal disable trigger all",
    "no end of row-level security": "alter table resident disable row level security",
    "no policies": "create policy stolen on resident using (true)",
    "no loosening": "alter policy seen on resident using (true)",
    "no replaced functions": "create or replace function wall.grids() returns uuid[] language sql as 'select null'",
    "no truncating": "truncate resident",
    "no other role": "set role postgres",
    "no other session": "set session authorization postgres",
    "no role by function": "select set_config('role', 'postgres', false)",
    "no new roles": "create role thief superuser",
    "no power": "alter role current_user superuser",
    "no triggers off": "set session_replication_role = replica",
    "no passwords": "select * from pg_authid",
    "no programs": "copy resident to program 'cat'",
    "no files": "copy resident to '/tmp/stolen'",
    "no reading of files": "select pg_read_file('postgresql.conf')",
    "no large objects of files": "select lo_import('/etc/passwd')",
    "no settings": "alter system set log_statement = 'all'",
}


@pytest.mark.parametrize("login", list(Login))
@pytest.mark.parametrize("what", FORBIDDEN)
async def test_the_server_may_do_nothing_but_its_work(fresh_url: str, login: Login, what: str) -> None:
    await build(fresh_url)
    await refused(fresh_url, login, FORBIDDEN[what])


@pytest.mark.parametrize("login", list(Login))
@pytest.mark.parametrize("name", RECORDS)
async def test_the_records_are_only_added_to(fresh_url: str, login: Login, name: str) -> None:
    column = table(model_of(name)).c.keys()[-1]
    await refused(fresh_url, login, f"update {name} set {column} = {column}")
    await refused(fresh_url, login, f"delete from {name}")


async def test_the_server_does_not_reach_what_has_no_viewer(fresh_url: str) -> None:
    for name in (*CLOSED, "alembic_version", "jobs.procrastinate_jobs"):
        await refused(fresh_url, Login.APPLICATION, f"select * from {name}")
    await refused(fresh_url, Login.APPLICATION, "select body from message")


SECRETS = [
    (table(model).name, name)
    for model in map(model_of, all_tables().tables)
    for name in column_types(model)
    if name in model.secrets
]
READ = frozenset(
    {
        *("appeal.receipt_code", "wish.receipt_code", "sign_up.receipt_code", "invitation.answer_code", "qr_code.code"),
        *("resident.id_number_sealed", "resident.id_number_index", "resident.id_number_tail", "resident_key.sealed"),
        *("sealing_generation.proof", "photo.sha256", "photo_file.sha256", "photo_file.kept_sha256"),
        *("dispute.evidence_head", "evidence.sha256", "evidence.previous", "evidence.hash", "journal.digest"),
        *("done_act.digest", "submission.digest", "agreement.sealed_on", "push_subscription.digest"),
    }
)
"""Columns with digests, sealed values and codes that the server needs."""


@pytest.mark.parametrize(("name", "column"), SECRETS)
async def test_the_server_reads_no_secret(fresh_url: str, name: str, column: str) -> None:
    await refused(fresh_url, Login.APPLICATION, f"select {column} from {name}")
    await refused(fresh_url, Login.APPLICATION, f"select * from {name}")
    await refused(fresh_url, Login.APPLICATION, f"select from {name} where {column} is null")
    await refused(fresh_url, Login.APPLICATION, f"update {name} set {column} = {column}")


async def test_what_looks_like_a_secret_is_one_or_is_declared(fresh_url: str) -> None:
    """A new column with such a name or type is granted only when somebody has decided."""
    connection = await asyncpg.connect(fresh_url)
    for role in (Login.APPLICATION, STAFF):
        granted = await connection.fetch(_GRANTED, role_of(fresh_url, role))
        assert {row["name"] for row in granted} == READ
    await connection.close()
    assert {f"{name}.{column}" for name, column in SECRETS} >= {"account.password_hash", "account.recovery_digests"}


_GRANTED = """select table_name || '.' || column_name as name from information_schema.columns
    where table_schema = 'public'
    and has_column_privilege($1, to_regclass(format('public.%I', table_name)), column_name, 'select')
    and (data_type = 'bytea' or udt_name = '_bytea'
        or column_name ~ '(password|secret|token|totp|recover|sealed|digest|hash|code|proof|id_number|private|key_)')"""


async def refused(url: str, login: Login, statement: str) -> None:
    connection = await asyncpg.connect(login_url(url, login))
    try:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError)):
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def own_server(postgres: str) -> Iterator[str]:
    """A database of an operator's own server: the owner has a password, and is no superuser."""
    name = f"keeper_{uuid4().hex[:8]}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"create role {name} login createrole password 'the keeper of the keys'")
        admin.execute(f"create database {name} owner {name} template template0")
        found = admin.execute("show hba_file").fetchone()
        assert found is not None
        rules = Path(found[0])
        trusted = rules.read_text()
        rules.write_text(f"local {name} all scram-sha-256\n{trusted}")
        admin.execute("select pg_reload_conf()")
        place = f"{name}:{quote('the keeper of the keys')}@"
        yield urlsplit(postgres)._replace(netloc=place, path=f"/{name}").geturl()
        rules.write_text(trusted)
        admin.execute("select pg_reload_conf()")
        admin.execute(f"drop database {name} with (force)")
        for login in (f"{name}_staff", f"{name}_app", f"{name}_worker", name):
            admin.execute(f"drop role if exists {login}")


@pytest.mark.long
async def test_an_owner_without_superuser_migrates_loads_and_serves(own_server: str) -> None:
    await upgrade(own_server)
    await demo.load_small(own_server)
    async with serving(own_server) as client:
        assert (await client.as_nobody().ask("{ wishWall { totalCount } }")).data["wishWall"]["totalCount"] > 0
    await upgrade(own_server)
    wrong = login_url(own_server.replace("keys", "doors"), Login.APPLICATION)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


@pytest.mark.long
async def test_an_owner_who_may_not_make_roles_is_told_what_an_administrator_runs(
    own_server: str, postgres: str
) -> None:
    name = str(urlsplit(own_server).username)
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"alter role {name} nocreaterole")
    login = r"create role .* login noinherit password 'SCRAM-SHA-256"
    for statement in (login, login, r"create role .*_staff\" nologin noinherit", r"grant .*_staff\" to .*_app\""):
        with pytest.raises(DatabaseUnusable, match=statement) as told:
            await upgrade(own_server)
        await admin.execute(str(told.value).partition("执行：")[2])
    await admin.close()
    await upgrade(own_server)
    connection = await asyncpg.connect(login_url(own_server, Login.APPLICATION))
    assert await connection.fetchval("select count(*) from resident") == 0
    await connection.close()


@pytest.mark.long
async def test_a_role_that_can_do_more_is_refused(own_server: str, postgres: str) -> None:
    await upgrade(own_server)
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"alter role {urlsplit(own_server).username}_app bypassrls")
    await admin.close()
    with pytest.raises(DatabaseUnusable, match="权限过大"):
        await upgrade(own_server)


@pytest.mark.long
async def test_a_restored_database_gets_what_its_dump_did_not_bring(own_server: str) -> None:
    await upgrade(own_server)
    owner = await asyncpg.connect(own_server)
    app, own = login_url(own_server, Login.APPLICATION), urlsplit(own_server).username
    role = urlsplit(app).username
    revoked = [f"revoke all on all tables in schema public from {each}" for each in (role, f"{own}_staff")]
    for lost in (*revoked, "drop policy seen on journal"):
        await owner.execute(lost)
        await upgrade(own_server)
        connection = await asyncpg.connect(app)
        assert await connection.fetchval("select count(*) from journal") == 0
        await connection.close()
    assert await owner.fetchval("select count(*) from pg_policies where tablename = 'journal' and policyname = 'seen'")
    await owner.close()
