"""The demo: places, people and accounts, the small communities, and that it is the same every time."""

import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from db.accounts import PASSWORDS
from db.base import all_tables
from seeds import demo
from seeds.book import Book
from seeds.clock import YEAR_ENDS


@pytest.fixture
async def rows(demo_url: str) -> AsyncIterator[Any]:
    """A connection to the loaded demo."""
    connection = await asyncpg.connect(demo_url)
    yield connection
    await connection.close()


async def counted(rows: Any, query: str) -> dict[Any, int]:
    """The answer of ``select what, count(*)``."""
    return dict(await rows.fetch(query))


async def test_a_whole_community_is_there(rows: Any) -> None:
    async def size(table: str) -> int:
        return int(await rows.fetchval(f"select count(*) from {table}"))

    exact = ("farm", "community", "estate", "party_branch", "grid", "building", "category_policy")
    assert {table: await size(table) for table in exact} == {
        "farm": 1,
        "community": 1,
        "estate": 6,
        "party_branch": 6,
        "grid": 14,
        "building": 62,
        "category_policy": 11,
    }
    assert await size("household") >= 1_200
    assert await size("resident") >= 3_500
    assert await rows.fetchval("select time_zone from community where name = '屯坪社区'") == "Asia/Shanghai"


async def test_a_building_number_is_clear_without_its_estate(rows: Any) -> None:
    numbers = [row["number"] for row in await rows.fetch("select number from building order by number")]
    assert numbers == list(range(1, 63))
    assert await rows.fetchval("select min(units) from building") >= 2


async def test_all_six_colours_occur_and_can_be_combined(rows: Any) -> None:
    colours = await counted(rows, "select colour, count(*) from resident_colour group by 1")
    assert set(colours) == {"RED", "ORANGE", "YELLOW", "GREEN", "CYAN", "BLUE"}
    assert colours["GREEN"] > sum(colours.values()) / 2
    together = "select count(*) from resident_colour a join resident_colour b using (resident_id)"
    assert await rows.fetchval(f"{together} where a.colour = 'GREEN' and b.colour = 'BLUE'") > 0


async def test_red_are_exactly_those_over_seventy_who_live_alone(rows: Any) -> None:
    alone = """
        select min(id::text)::uuid from resident group by household_id
        having count(*) = 1 and max(born_on) <= date '1952-12-31'
    """
    red = "select resident_id from resident_colour where colour = 'RED'"
    assert await rows.fetchval(f"select count(*) from ({red}) red") == 42
    assert await rows.fetch(f"({red}) except ({alone})") == []
    assert await rows.fetch(f"({alone}) except ({red})") == []


async def test_nobody_can_have_these_telephone_numbers(rows: Any) -> None:
    for table, column in (
        ("resident", "phone"),
        ("account", "phone"),
        ("organisation", "phone"),
        ("premises", "contact_phone"),
        ("dispute_party", "outsider_phone"),
        ("appeal", "reporter_phone"),
    ):
        assert await rows.fetch(f"select 1 from {table} where {column} !~ '^000[0-9]{{8}}$'") == []


async def test_every_grid_has_its_worker_and_every_estate_its_leader(rows: Any) -> None:
    workers = await rows.fetch("""
        select a.username, g.name from assignment s join account a on a.id = s.account_id
        join grid g on g.id = s.grid_id where a.role = 'GRID_WORKER' and s.ends_on is null order by 1
    """)
    assert [tuple(row) for row in workers] == [(f"网格员{n:02}", f"{n:02}号网格") for n in range(1, 15)]
    leaders = "select count(distinct estate_id) from assignment where estate_id is not null"
    assert await rows.fetchval(leaders) == 6


async def test_building_3_is_in_the_grid_of_the_first_worker(rows: Any) -> None:
    worker = await rows.fetchval("""
        select a.username from building b join assignment s using (grid_id)
        join account a on a.id = s.account_id where b.number = 3
    """)
    assert worker == "网格员01"


async def test_building_heads_live_in_their_buildings(rows: Any) -> None:
    heads = await rows.fetch("""
        select distinct a.username, b.number from assignment s join account a on a.id = s.account_id
        join building b on b.id = s.building_id join resident r on r.building_id = b.id and r.name = a.name
        order by 2
    """)
    assert [tuple(row) for row in heads] == [(f"联户长{n:02}", n) for n in range(1, 6)]


async def test_the_demo_accounts_sign_in_with_the_demo_password(rows: Any) -> None:
    known = {row["username"]: row for row in await rows.fetch("select * from account")}
    for username, role, where in demo.DEMO_ACCOUNTS:
        assert (known[username]["role"], bool(where)) == (role, True)
    hashes = {account["password_hash"] for account in known.values()}
    assert [PASSWORDS.verify(each, demo.DEMO_PASSWORD) for each in hashes] == [True]


async def test_the_counter_has_the_code_that_is_printed(rows: Any) -> None:
    found = await rows.fetchrow("select target, revoked_at from qr_code where code = $1", demo.DEMO_COUNTER_CODE)
    assert tuple(found) == ("COUNTER", None)
    assert await rows.fetchval("select count(*) from qr_code where building_id is not null") == 62


async def test_a_door_with_a_replaced_code_has_one_that_works(rows: Any) -> None:
    torn_off = "select household_id from qr_code where revoked_at is not null"
    valid = await rows.fetch(f"select 1 from qr_code where household_id in ({torn_off}) and revoked_at is null")
    assert len(valid) == 1


async def test_the_small_one_has_every_word_of_the_vocabulary(small_url: str) -> None:
    connection = await asyncpg.connect(small_url)
    tables = all_tables().sorted_tables
    # The oracle reads none of these.
    for table in (each for each in tables if each.name not in {"account_event", "record_pending"}):
        for column in table.columns:
            if isinstance(column.type, sa.Enum):
                used = await connection.fetch(
                    f"select distinct {column.name} from {table.name} where {column.name} is not null"
                )
                assert {row[0] for row in used} == set(column.type.enums), f"{table.name}.{column.name}"
    await connection.close()


async def test_the_small_one_has_a_neighbour_whose_places_are_called_alike(small_url: str) -> None:
    connection = await asyncpg.connect(small_url)
    alike = "select count(distinct community_id) from estate where name = '金穗家园'"
    assert await connection.fetchval(alike) == 2
    assert await connection.fetchval("select count(distinct community_id) from building where number = 3") == 2
    await connection.close()


async def test_the_small_ones_disputes_go_to_a_centre_of_their_own_community(small_url: str) -> None:
    connection = await asyncpg.connect(small_url)
    referred = """select d.community_id = o.community_id as own, count(*) from referral r
        join dispute d on d.id = r.dispute_id join organisation o on o.id = r.organisation_id group by 1"""
    assert await counted(connection, referred) == {True: 5}
    await connection.close()


@pytest.mark.long
async def test_a_database_is_empty_until_something_is_loaded(fresh_url: str) -> None:
    assert await demo.is_empty(fresh_url)
    await demo.load_small(fresh_url)
    assert not await demo.is_empty(fresh_url)


@pytest.mark.long
async def test_what_cannot_be_loaded_leaves_nothing_behind(fresh_url: str) -> None:
    if await demo.is_empty(fresh_url):
        await demo.load_small(fresh_url)
    connection = await asyncpg.connect(fresh_url)
    before = await connection.fetchval("select count(*) from household")
    with pytest.raises(asyncpg.UniqueViolationError):
        await demo.load(fresh_url, YEAR_ENDS)
    assert await connection.fetchval("select count(*) from household") == before
    await connection.close()


@pytest.mark.long
@pytest.mark.parametrize("name", ["small", pytest.param("demo", marks=pytest.mark.long)])
def test_it_is_the_same_every_time_and_in_every_process(name: str) -> None:
    script = f"from seeds import demo; from tests.test_seeds import fingerprint; print(fingerprint(demo.{name}()))"
    command = [sys.executable, "-c", script]
    # Not in this process, whose hashes of passwords are cheap.
    found = [
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True)
        for seed in ("7", "8")
    ]
    assert found[0].stdout == found[1].stdout


def fingerprint(book: Book) -> str:
    """A digest of all rows."""
    digest = hashlib.sha256()
    for sheet in book.sheets():
        digest.update(repr((sheet.table, sheet.columns, sheet.records)).encode())
    return digest.hexdigest()
