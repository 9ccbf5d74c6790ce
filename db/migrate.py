"""Runs the migrations, one process at a time."""

from pathlib import Path

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db import sql
from db.base import alias
from db.journal import JournalKind
from db.server import DatabaseUnusable, ask, check_server
from db.walls import build
from rules.journal import EntryKind

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_416_002_023
"""The key of the advisory lock around migrations: an arbitrary number that no other lock uses."""

_OTHER_REVISION = "数据库的版本是 {found}，程序需要 {wanted}，请停止所有进程后运行 tunping migrate"


async def bring_up(url: str) -> None:
    """Checks the server, then migrates. Raises DatabaseUnusable with the reason if the server cannot be used."""
    await check_server(url)
    await upgrade(url)


async def check_revision(url: str) -> None:
    """Raises DatabaseUnusable unless the database has exactly the migrations of this code."""
    wanted = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    found = await ask(url, "select version_num from alembic_version")
    if found != wanted:
        raise DatabaseUnusable(_OTHER_REVISION, found=found, wanted=wanted)


async def upgrade(url: str) -> None:
    """Applies the missing migrations and the second wall. Of two processes at once, the second waits for the first."""
    engine = create_async_engine(driver_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(sa.text(f"select pg_advisory_lock({LOCK})"))
            await connection.execute(sa.text("set lock_timeout = '5s'"))
            await connection.commit()
            await connection.run_sync(_upgrade)
            await _add_entry_kinds(url)
            await build(url)
    finally:
        await engine.dispose()


async def _add_entry_kinds(url: str) -> None:
    """Adds the kinds of journal entries that the database lacks, so that a new kind needs no migration."""
    kinds = sql.rows_of(sql.func.unnest(sql.parameter("kinds", sql.array_of(sql.TEXT))), "word", {"kind": sql.TEXT})
    text, _ = sql.written(
        sql.insert_from(alias(JournalKind), ["kind"], sql.select(kinds.c.kind).from_(kinds)).on_conflict_do_nothing()
    )
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(text, list(EntryKind))
    finally:
        await connection.close()


def driver_url(url: str) -> str:
    """The URL for SQLAlchemy's asyncpg driver."""
    scheme, rest = url.split("://", 1)
    return f"postgresql+asyncpg://{rest}" if scheme in {"postgres", "postgresql"} else url


def _upgrade(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
