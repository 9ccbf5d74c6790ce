"""Alembic's entry point: runs on the given connection, or on DATABASE_URL when called from the command line."""

import asyncio
import os

import sqlalchemy as sa
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db.base import all_tables
from db.migrate import driver_url


def migrate(connection: sa.Connection) -> None:
    """Applies the missing migrations in one transaction."""
    context.configure(connection=connection, target_metadata=all_tables(), compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    """Applies them to DATABASE_URL, for alembic's own command line."""
    engine = create_async_engine(driver_url(os.environ["DATABASE_URL"]), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is None:
    asyncio.run(connect_and_migrate())
else:
    migrate(given)
