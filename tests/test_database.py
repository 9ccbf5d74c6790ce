"""What the database itself holds to, whoever writes."""

from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from db.base import all_tables
from db.migrate import driver_url


async def test_the_migrations_make_the_tables_that_the_code_describes(fresh_url: str) -> None:
    engine = create_async_engine(driver_url(fresh_url))

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, all_tables()))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


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
        "update assignment set ends_on = starts_on - 1",
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


async def test_every_foreign_key_has_an_index_or_a_reason(fresh_url: str) -> None:
    """References that are followed from the other side are indexed; the rest point to a few accounts and bodies."""
    connection = await asyncpg.connect(fresh_url)
    rows = await connection.fetch(
        """select c.conrelid::regclass::text as name, a.attname as leading
        from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and not exists (
            select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])"""
    )
    await connection.close()
    unindexed = {(row["name"], row["leading"]) for row in rows}
    accepted = {
        "account_id",
        "actor_id",
        "issued_by",
        "revoked_by",
        "set_by",
        "made_by",
        "kept_by",
        "attached_by",
        "dispatched_by",
        "referred_by",
        "invited_by",
        "checked_by",
        "given_by",
        "led_by",
        "withdrawn_by",
        "added_by",
        "clock_policy_id",
        "planned_by",
        "published_by",
        "removed_by",
        "merged_by",
        "raised_by",
        "closed_by",
        "acknowledged_by",
        "answered_by",
        "undone_by",
        "recorded_by",
        "registered_by",
        "handled_by",
        "proposed_by",
        "claimed_by",
        "party_branch_id",
        "mediator_id",
        "organisation_id",
        "community_id",
        "grid_id",
        "building_id",
        "household_id",
        "estate_id",
    }
    assert {leading for _, leading in unindexed} <= accepted
