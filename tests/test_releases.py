"""A database of every released version can be upgraded to the present one, and keeps its data."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from db.migrate import upgrade
from tests.client import new_id, serving
from tests.test_database import differences

FOLDER = Path(__file__).parent / "releases"
DUMPS = {each.name: gzip.decompress(each.read_bytes()).decode() for each in sorted(FOLDER.glob("*.sql.gz"))}
"""The statements of each dump by its name."""
TABLES = "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"


async def restored(postgres: str, statements: str) -> str:
    """A database as that version left it."""
    name = f"release_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres)
    await admin.execute(f"create database {name} template template0")
    await admin.close()
    url = urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    connection = await asyncpg.connect(url)
    await connection.execute(statements)
    await connection.close()
    return url


async def rows_of_tables(url: str) -> dict[str, int]:
    """How many rows each table has."""
    connection = await asyncpg.connect(url)
    try:
        names = [row["relname"] for row in await connection.fetch(TABLES)]
        return {name: await connection.fetchval(f"select count(*) from {name}") for name in names}
    finally:
        await connection.close()


@pytest.mark.long
@pytest.mark.parametrize("dump", DUMPS.values(), ids=DUMPS.keys())
async def test_a_released_database_is_upgraded_and_keeps_its_rows(postgres: str, dump: str) -> None:
    url = await restored(postgres, dump)
    before = await rows_of_tables(url)
    await upgrade(url)
    assert await differences(url) == []
    after = await rows_of_tables(url)
    assert [name for name, count in before.items() if name in after and after[name] < count] == []
    async with serving(url) as client:
        secretary = await client.as_("书记01")
        home = (await secretary.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
        appeal = {"id": new_id("appeal"), "household": home, "body": "暖气不热"}
        assert (await secretary.do("openAppeal", appeal))["errors"] == []


def test_there_is_a_released_database() -> None:
    assert DUMPS
