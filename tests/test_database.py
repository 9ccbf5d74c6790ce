"""What the database itself holds to, whoever writes."""

from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from db.base import all_tables
from db.migrate import check_revision, driver_url
from db.server import DatabaseUnusable


async def differences(url: str) -> list[Any]:
    """Where the tables of a database are not as the code describes them."""

    def compared(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, all_tables()))

    engine = create_async_engine(driver_url(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compared)
    finally:
        await engine.dispose()


async def test_the_migrations_make_the_tables_that_the_code_describes(fresh_url: str) -> None:
    assert await differences(fresh_url) == []


async def test_a_database_of_another_release_is_named(copy_url: str) -> None:
    await check_revision(copy_url)
    connection = await asyncpg.connect(copy_url)
    await connection.execute("update alembic_version set version_num = '0001_baseline'")
    await connection.close()
    with pytest.raises(DatabaseUnusable, match="数据库的版本是 0001_baseline，程序需要"):
        await check_revision(copy_url)


@pytest.mark.parametrize("statement", ["update journal set note = 'x'", "delete from journal", "truncate journal"])
async def test_the_journal_only_grows(copy_url: str, statement: str) -> None:
    connection = await asyncpg.connect(copy_url)
    try:
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "update appeal set status = 'LOST'",
        "update appeal set rating = 6",
        "update appeal set closed_at = null where status = 'CLOSED'",
        "update dispute set closed_at = now() where status = 'MEDIATING'",
        "update dispute_party set resident_id = null, household_id = null, premises_id = null, outsider_name = null",
        "update agreement set facts = null where form = 'WRITTEN'",
        "update assignment set ends_on = starts_on - 2",
    ],
)
async def test_what_cannot_be_is_refused_by_a_constraint(copy_url: str, statement: str) -> None:
    connection = await asyncpg.connect(copy_url)
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_building_that_changes_its_grid_takes_its_people_along(copy_url: str) -> None:
    connection = await asyncpg.connect(copy_url)
    change = connection.transaction()
    await change.start()
    try:
        await connection.execute(
            """update building set grid_id = (select grid_id from building where number = 20)
            where number = 3"""
        )
        for name in ("household", "resident", "visit"):
            astray = await connection.fetchval(
                f"""select count(*) from {name} t join building b on b.id = t.building_id
                where t.grid_id <> b.grid_id"""
            )
            assert astray == 0
    finally:
        await change.rollback()
        await connection.close()


FEW = "One database holds few of them, so an index would select most rows."
SMALL = "The table is small: some dozen rows for each community."
ELSEWHERE = "Its rows are found by another column, which is indexed."
NEVER = "Nothing starts from the row it points to, and that row is never deleted."
UNINDEXED = {
    "account": NEVER,
    "agreement.proposal_id": NEVER,
    "alert.community_id": FEW,
    "alert.household_id": ELSEWHERE,
    "appeal.clock_policy_id": NEVER,
    "appeal.organisation_id": ELSEWHERE,
    "assignment.estate_id": SMALL,
    "assignment.organisation_id": SMALL,
    "category_policy.organisation_id": SMALL,
    "help_call.estate_id": ELSEWHERE,
    "help_call.building_id": ELSEWHERE,
    "help_call.community_id": FEW,
    "invitation.grid_id": ELSEWHERE,
    "journal.community_id": FEW,
    "journal.kind": NEVER,
    "qr_code.community_id": FEW,
    "wish.building_id": ELSEWHERE,
    "wish.organisation_id": ELSEWHERE,
    "wish.party_branch_id": ELSEWHERE,
}
"""Why a reference needs no index, by its table and column. All references to accounts have the same reason."""


async def test_every_foreign_key_has_an_index_or_a_reason(fresh_url: str) -> None:
    connection = await asyncpg.connect(fresh_url)
    rows = await connection.fetch(
        """select c.confrelid::regclass::text as target, c.conrelid::regclass::text || '.' || a.attname as reference
        from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and not exists (
            select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])"""
    )
    await connection.close()
    assert {row["target"] if row["target"] in UNINDEXED else row["reference"] for row in rows} == set(UNINDEXED)
