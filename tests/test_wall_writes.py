"""What an act may write, by row-level security alone: nothing that belongs to another community."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NamedTuple

import asyncpg
import pytest

from db.base import all_tables, column_types, model_of, table
from db.logins import Login, login_url
from db.pool import SETTINGS
from tests.record import execute
from tests.test_walls import CLOSED

_LISTED = sorted(set(all_tables().tables) - CLOSED)
KEYS = {name: [column.name for column in table(model_of(name)).primary_key.columns] for name in _LISTED}
SHARED = frozenset({"message", "photo_file", "sealing_generation"})
"""Tables whose rows belong to no community."""
BELOW = (
    *(
        "agreement",
        "alert_rung",
        "agreement_mark",
        "agreement_term",
        "dispute_mediator",
        "dispute_party",
        "evidence",
        "finding",
        "look",
    ),
    *("meeting", "meeting_guest", "meeting_party", "performance_check", "photo", "referral", "resident_colour"),
    *("resident_merge", "roster_shift", "site_arrears", "site_patrol", "site_patrol_worker", "site_visit"),
    *("visit_correction", "visit_correction_resident", "visit_resident"),
)
"""Tables of what belongs to something else, which may be new in the same statement."""
_COMMUNITY_OF = {
    "roster_shift": "select community_id from roster_week w where w.id = t.week_id",
    "visit_resident": "select g.community_id from visit v join grid g on g.id = v.grid_id where v.id = t.visit_id",
}
"""The community of a row, where acts see rows of all communities."""


class Sides(NamedTuple):
    """Connections of the owner and of the server, and the beginnings of acts of two secretaries."""

    url: str
    owner: Any
    app: Any
    small: str
    """An act in the community with few cases."""
    large: str
    """An act in the other one."""

    async def acting(self, begin: str, statement: str, *values: Any) -> list[Any]:
        """The rows of a statement of an act, which is undone."""
        transaction = self.app.transaction()
        await transaction.start()
        try:
            await self.app.execute(begin)
            return list(await self.app.fetch(statement, *values))
        finally:
            await transaction.rollback()

    async def of_the_large(self, name: str) -> str:
        """The condition that a row of ``t`` belongs to the large community, which the small one does not see."""
        keys = ", ".join(KEYS[name])
        if name in _COMMUNITY_OF:
            large = f"({_COMMUNITY_OF[name]}) = (select id from community order by id limit 1)"
            rows = {tuple(row) for row in await self.owner.fetch(f"select {keys} from {name} t where {large}")}
        else:
            seen = [await self.acting(each, f"select {keys} from {name}") for each in (self.large, self.small)]
            rows = {tuple(row) for row in seen[0]} - {tuple(row) for row in seen[1]}
        told = ", ".join("({})".format(", ".join(f"'{key}'" for key in row)) for row in rows)
        return f"({keys}) in ({told})" if told else "false"


@pytest.fixture
async def sides(small_copy_url: str) -> AsyncIterator[Sides]:
    owner = await asyncpg.connect(small_copy_url)
    app = await asyncpg.connect(login_url(small_copy_url, Login.APPLICATION), server_settings=SETTINGS)
    posts = "select account_id from post_today where role = 'SECRETARY' order by community_id"
    large, small = (f"select wall.act('{row['account_id']}', 'SECRETARY')" for row in await owner.fetch(posts))
    yield Sides(small_copy_url, owner, app, small, large)
    await owner.close()
    await app.close()


@pytest.mark.parametrize("name", BELOW)
async def test_an_act_adds_nothing_to_what_belongs_to_another_community(sides: Sides, name: str) -> None:
    of_the_large = await sides.of_the_large(name)
    text = await sides.owner.fetchval(f"select to_jsonb(t)::text from {name} t where {of_the_large} limit 1")
    columns = ", ".join(column_types(model_of(name)))
    made = f"select {columns} from jsonb_populate_record(null::{name}, $1::jsonb)"
    insert = f"insert into {name} ({columns}) {made}"
    # Otherwise its unique indexes would refuse it first.
    row = "to_jsonb({}) = '{}'::jsonb".format("t", text.replace("'", "''"))
    await execute(sides.url, f"delete from {name} t where {row}")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sides.acting(sides.small, insert, text)
        await sides.acting(sides.large, insert, text)
    finally:
        back = "'{}'".format(text.replace("'", "''"))
        await execute(sides.url, f"insert into {name} ({columns}) {made.replace('$1', back)}")


@pytest.mark.long
async def test_an_act_changes_and_removes_nothing_of_another_community(sides: Sides) -> None:
    tried = set()
    for name in sorted(set(KEYS) - SHARED):
        for statement in await _writes(sides, name):
            tried.add(statement.split()[0])
            of_the_large = await sides.of_the_large(name)
            assert await sides.acting(sides.small, f"{statement} where {of_the_large} returning 1") == [], name
    assert tried == {"update", "delete"}


async def _writes(sides: Sides, name: str) -> list[str]:
    """The ways in which the server may change a table."""
    role = await sides.app.fetchval("select current_user")
    may = "select has_column_privilege($1, $2, $3, 'update')"
    columns = [each for each in column_types(model_of(name)) if await sides.owner.fetchval(may, role, name, each)]
    removes = await sides.owner.fetchval("select has_table_privilege($1, $2, 'delete')", role, name)
    updates = [f"update {name} t set {each} = {each}" for each in columns[:1]]
    return [*updates, f"delete from {name} t"] if removes else updates


async def test_what_an_act_only_locks_it_does_not_change(sides: Sides) -> None:
    generation = "insert into sealing_generation (number, proof, since) values (99, '', now()) on conflict do nothing"
    await sides.owner.execute(generation)
    assert await sides.acting(sides.large, "select number from sealing_generation for no key update")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await sides.acting(sides.large, "update sealing_generation set number = 7")


async def test_an_act_changes_no_id_of_an_account(sides: Sides) -> None:
    assert await sides.acting(sides.large, "select id from account for no key update")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await sides.acting(sides.large, "update account set id = uuidv7()")


async def test_the_act_of_an_administrator_reaches_nobody_and_no_case(sides: Sides) -> None:
    """They administer without posts: accounts, posts and places."""
    admin = await sides.owner.fetchval("select id from account where role = 'ADMIN' and disabled_at is null limit 1")
    begin = f"select wall.act('{admin}', 'ADMIN')"
    for name in ("resident", "residency", "visit", "appeal", "dispute", "wish", "alert"):
        assert await sides.acting(begin, f"select 1 from {name} limit 1") == [], name
        assert await sides.acting(sides.large, f"select 1 from {name} limit 1"), name
    of_cases = "select 1 from journal where num_nonnulls(visit_id, appeal_id, dispute_id, resident_id) > 0 limit 1"
    assert await sides.acting(begin, of_cases) == []
    assert await sides.acting(begin, "select 1 from assignment limit 1")


NEW = """insert into account (id, username, username_key, name, role, community_id)
    values (uuidv7(), 'x', 'x', 'x', $1, $2)"""
RENAME = "update account set name = '某人' where username = $1 returning 1"


async def test_an_act_adds_no_account_of_its_own_role_or_of_another_community(sides: Sides) -> None:
    communities = [row["id"] for row in await sides.owner.fetch("select id from community order by id")]
    await sides.acting(sides.large, NEW, "DEPUTY_DIRECTOR", communities[0])
    for role, community in (("SECRETARY", communities[0]), ("ADMIN", None), ("GRID_WORKER", communities[1])):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await sides.acting(sides.large, NEW, role, community)


@pytest.mark.parametrize(("username", "kept"), [("网格员01", True), ("双社区01", False), ("管理员", False)])
async def test_an_act_changes_the_accounts_that_its_author_keeps(sides: Sides, username: str, kept: bool) -> None:
    if kept:
        assert await sides.acting(sides.large, RENAME, username)
    else:
        with suppress(asyncpg.InsufficientPrivilegeError):
            assert await sides.acting(sides.large, RENAME, username) == []


async def test_an_act_writes_no_password_and_reads_no_invitation(sides: Sides) -> None:
    for statement in ("update account set password_hash = null", "select invitation_digest from account"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await sides.acting(sides.large, statement)


_BUILDING = """(community_id, estate_id, grid_id, name, units, floors)
    values ('{community_id}', '{estate_id}', '{id}', 'x', 1, 1)"""
NEW_PLACES = {
    "estate": ("community", "(community_id, name) values ('{id}', 'x')"),
    "party_branch": ("bare", "(estate_id, name) values ('{id}', 'x')"),
    "grid": ("estate", "(community_id, estate_id, name) values ('{community_id}', '{id}', 'x')"),
    "building": ("grid", _BUILDING),
    "premises": ("grid", "(grid_id, kind, name) values ('{id}', 'SHOP', 'x')"),
    "organisation": ("community", "(community_id, kind, name) values ('{id}', 'COURT', 'x')"),
    "category_policy": ("community", "(community_id, category) values ('{id}', 'OTHER') on conflict do nothing"),
}
"""By table: the place in which a new row is, and the row."""


@pytest.mark.parametrize("name", NEW_PLACES)
async def test_places_are_written_by_who_sets_up_the_community_and_by_nobody_else(sides: Sides, name: str) -> None:
    of, row = NEW_PLACES[name]
    large = await sides.owner.fetchval("select id from community order by id limit 1")
    if of == "bare":
        bare = "insert into estate (community_id, name) values ($1, 'bare') on conflict do nothing"
        await sides.owner.execute(bare, large)
    place = {
        "community": "select * from community where id = $1",
        "bare": "select * from estate where name = 'bare' and community_id = $1",
    }.get(of, f"select * from {of} where community_id = $1 order by id limit 1")
    insert = f"insert into {name} {row.format(**dict(await sides.owner.fetchrow(place, large)))}"
    deputies = "select account_id from post_today where role = 'DEPUTY_DIRECTOR' and community_id = $1 limit 1"
    deputy = f"select wall.act('{await sides.owner.fetchval(deputies, large)}', 'DEPUTY_DIRECTOR')"
    for begin in (sides.small, deputy):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await sides.acting(begin, insert)
    for begin in (sides.large, await _administrator(sides)):
        await sides.acting(begin, insert)


async def _administrator(sides: Sides) -> str:
    """The beginning of an administrator's act."""
    admin = "select id from account where role = 'ADMIN' and disabled_at is null limit 1"
    return f"select wall.act('{await sides.owner.fetchval(admin)}', 'ADMIN')"


async def test_an_administrator_adds_homes_without_seeing_who_lives_there(sides: Sides) -> None:
    begin = await _administrator(sides)
    building, grid = await sides.owner.fetchrow("select id, grid_id from building order by id limit 1")
    insert = (
        f"insert into household (building_id, grid_id, unit, floor, room) values ('{building}', '{grid}', 1, 1, 'x')"
    )
    await sides.acting(begin, insert)
    assert await sides.acting(begin, "select 1 from household limit 1")
    assert await sides.acting(begin, "select 1 from residency") == []
    assert await sides.acting(begin, "update household set unit = unit returning 1") == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await sides.acting("select wall.act(null, 'ADMIN')", insert)


async def test_only_an_administrator_founds_a_community(sides: Sides) -> None:
    farm = await sides.owner.fetchval("select farm_id from community order by id limit 1")
    insert = f"insert into community (farm_id, name, time_zone) values ('{farm}', 'x', 'Asia/Shanghai')"
    for begin, statement in ((sides.large, insert), (sides.large, "insert into farm (name) values ('x')")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await sides.acting(begin, statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await sides.acting(sides.large, "update farm set name = name")


async def test_nobody_who_did_not_say_who_acts_changes_whom_a_visit_reached(sides: Sides) -> None:
    for statement in ("update visit_resident set mode = mode returning 1", "delete from visit_resident returning 1"):
        assert await sides.acting("select", statement) == []


@pytest.mark.parametrize("subject", ["resident", "household"])
async def test_nobody_of_another_community_becomes_a_party(sides: Sides, subject: str) -> None:
    """Whoever sees the dispute would then read their name and telephone."""
    own = f"select id from {subject} order by id limit 1"
    ((here,),) = await sides.acting(sides.small, own)
    ((there,),) = await sides.acting(sides.large, own)
    columns = ("resident_id", "household_id", "premises_id", "outsider_name")
    changed = ", ".join(f"{each} = {'$1' if each == f'{subject}_id' else 'null'}" for each in columns)
    first = "select id from dispute_party order by id limit 1"
    change = f"update dispute_party set {changed} where id = ({first}) returning id"
    assert len(await sides.acting(sides.small, change, here)) == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="known"):
        await sides.acting(sides.small, change, there)


async def test_a_visit_changes_only_after_what_it_said_was_kept(sides: Sides) -> None:
    kept = "select from visit_correction c where c.visit_id = v.id"
    change = "update visit set note = '改了' where id = (select v.id from visit v where {} ({}) limit 1) returning 1"
    assert len(await sides.acting(sides.large, change.format("exists", kept))) == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await sides.acting(sides.large, change.format("not exists", kept))
    for column in ("worker_id", "recorded_at", "id"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sides.acting(sides.large, f"update visit set {column} = {column}")


async def test_a_removed_photo_does_not_come_back(sides: Sides) -> None:
    back = "update photo set removed_by = null, removed_at = null where removed_at is not null"
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await sides.acting(sides.large, back)
