"""Checks before the start whether the PostgreSQL server can be used."""

from typing import Any

import asyncpg

from db.database import DEADLINE

OLDEST = 18
"""The oldest supported version: the first with ``uuidv7()``."""


class DatabaseUnusable(Exception):
    """The database cannot be used; the message gives the reason."""


async def check_server(url: str) -> None:
    """Raises DatabaseUnusable if the server cannot be reached, rejects the sign-in, or is too old."""
    check_version(await ask(url, "show server_version_num"))


async def ask(url: str, statement: str) -> Any:
    """The one value of a statement. Raises DatabaseUnusable if the server cannot be reached or rejects the sign-in."""
    try:
        connection = await asyncpg.connect(url, timeout=DEADLINE)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnusable(_why_not(error)) from error
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def check_version(number: str) -> None:
    """Raises DatabaseUnusable for an old server. ``number`` is its server_version_num: 150004 is 15.4."""
    major, minor = divmod(int(number), 10_000)
    if major < OLDEST:
        raise DatabaseUnusable(
            f"需要 PostgreSQL {OLDEST} 或更高版本，当前是 {major}.{minor} / "
            f"PostgreSQL {OLDEST} or newer is required, this server is {major}.{minor}"
        )


def _why_not(error: Exception) -> str:
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            return f"数据库拒绝登录，请检查用户名和密码 / the database refuses the sign-in: {error}"
        case asyncpg.InvalidCatalogNameError():
            return f"没有这个数据库 / no such database: {error}"
        case asyncpg.ClientConfigurationError() | ValueError():
            return f"DATABASE_URL 的格式不对 / DATABASE_URL is not well-formed: {error}"
        case _:
            return f"数据库连不上 / cannot reach the database: {error or type(error).__name__}"
