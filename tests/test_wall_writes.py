"""What an act may write, by row-level security alone: nothing that belongs to another community."""

from collections.abc import AsyncIterator
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
    "visit_resident",
)
"""Tables of what belongs to something else, which may be new in the same statement."""
ONLY_LOCKED = ("account", "building", "community")
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


async def test_an_act_changes_and_removes_nothing_of_another_community(sides: Sides) -> None:
    tried = set()
    for name in sorted(set(KEYS) - SHARED - {*ONLY_LOCKED}):
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


@pytest.mark.parametrize("name", ONLY_LOCKED)
async def test_what_an_act_only_locks_it_does_not_change(sides: Sides, name: str) -> None:
    assert await sides.acting(sides.large, f"select id from {name} for no key update")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await sides.acting(sides.large, f"update {name} set id = uuidv7()")


async def test_the_act_of_an_administrator_reaches_nobody_and_no_case(sides: Sides) -> None:
    """They administer without posts, and what they do by an act is about their own devices."""
    admin = await sides.owner.fetchval("select id from account where role = 'ADMIN' and disabled_at is null limit 1")
    for name in ("resident", "household", "visit", "appeal", "dispute", "wish", "alert", "assignment", "community"):
        assert await sides.acting(f"select wall.act('{admin}', 'ADMIN')", f"select 1 from {name} limit 1") == [], name
        assert await sides.acting(sides.large, f"select 1 from {name} limit 1"), name


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
