"""The register for measurements: asked for by its size, and as whole as one that grew."""

from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from db.base import all_tables
from tests.client import serving
from tests.command import tunping

LISTS = """{ appeals(first: 1) { totalCount nodes { status timeline { nodes { toStatus } } } }
    open: appeals(first: 1, where: {open: true}) { totalCount }
    residents(first: 1) { totalCount } visits(first: 1) { totalCount }
    disputes(first: 1, where: {status: MEDIATING}) { totalCount nodes { findings { totalCount } } } }"""


def orphans() -> str:
    """The rows that refer to what is not there, by foreign key."""
    keys = [key for table in all_tables().sorted_tables for key in table.foreign_key_constraints]
    return " union all ".join(_orphans_of(key) for key in keys)


def _orphans_of(key: sa.ForeignKeyConstraint) -> str:
    pairs = [(each.parent.name, each.column.name) for each in key.elements]
    given = " and ".join(f"a.{mine} is not null" for mine, _ in pairs)
    found = " and ".join(f"b.{its} = a.{mine}" for mine, its in pairs)
    inner = f"select from {key.referred_table.name} b where {found}"
    return f"select '{key.name}' from {key.parent.name} a where {given} and not exists ({inner})"


async def counts(url: str, username: str) -> Any:
    """What an account is told of the register's lists."""
    async with serving(url) as nobody:
        return (await (await nobody.as_(username)).ask(LISTS)).data


async def test_a_register_of_2000_homes_is_whole(register_url: str) -> None:
    connection = await asyncpg.connect(register_url)
    assert await connection.fetch(orphans()) == []
    await connection.close()
    for username in ("规模1书记01", "规模督导"):
        told = await counts(register_url, username)
        sizes = {key: told[key]["totalCount"] for key in told}
        assert sizes == {"appeals": 10_000, "open": 300, "residents": 5_880, "visits": 17_151, "disputes": 5}
        appeal = told["appeals"]["nodes"][0]
        assert appeal["timeline"]["nodes"][-1]["toStatus"] == appeal["status"]
        assert told["disputes"]["nodes"][0]["findings"]["totalCount"] == 12
    worker = await counts(register_url, "规模1网格员01")
    assert (worker["appeals"]["totalCount"], worker["open"]["totalCount"]) == (2_000, 63)


@pytest.mark.parametrize("kind", ["household", "resident", "visit", "appeal", "dispute"])
async def test_each_row_is_a_document_in_its_grid(register_url: str, kind: str) -> None:
    connection = await asyncpg.connect(register_url)
    missing = f"""select count(*) from {kind} where not exists (select from document d
        where d.bucket = grid_id and d.kind = upper($1) and d.document_id = {kind}.id)"""
    assert await connection.fetchval(missing, kind) == 0
    assert await connection.fetchval("select count(*) from document_waiting") == 0
    triggers = "select distinct tgenabled::text from pg_trigger where not tgisinternal"
    assert [row[0] for row in await connection.fetch(triggers)] == ["O"]
    await connection.close()


@pytest.mark.long
@pytest.mark.parametrize("size", ["20", "1k-households", "3k-households", "202k-households", "20k-appeals"])
def test_a_size_that_is_none_is_refused(small_url: str, size: str) -> None:
    done = tunping(small_url, "seed", "--scale", size)
    assert (done.exit_code, "2k-households to 200k-households" in done.output) == (1, True)
