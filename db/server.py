"""Checks before the start whether the PostgreSQL server can be used."""

from typing import Any

import asyncpg

from db.database import DEADLINE
from rules.refusals import Failure

OLDEST = 18
"""The oldest supported version: the first with ``uuidv7()``."""


class DatabaseUnusable(Failure):
    """The database cannot be used; the message gives the reason."""


async def check_server(url: str) -> None:
    """Raises DatabaseUnusable if the server cannot be reached, rejects the sign-in, or is too old."""
    check_version(await ask(url, "show server_version_num"))


async def ask(url: str, statement: str) -> Any:
    """The one value of a statement. Raises DatabaseUnusable if the server cannot be reached or rejects the sign-in."""
    try:
        connection = await asyncpg.connect(url, timeout=DEADLINE)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _why_not(error) from error
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def check_version(number: str) -> None:
    """Raises DatabaseUnusable for an old server. ``number`` is its server_version_num: 150004 is 15.4."""
    major, minor = divmod(int(number), 10_000)
    if major < OLDEST:
        found = f"{major}.{minor}"
        raise DatabaseUnusable("需要 PostgreSQL {oldest} 或更高版本，当前是 {found}", oldest=OLDEST, found=found)


def _why_not(error: Exception) -> DatabaseUnusable:
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            return DatabaseUnusable("数据库拒绝登录，请检查用户名和密码：{error}", error=error)
        case asyncpg.InvalidCatalogNameError():
            return DatabaseUnusable("没有这个数据库：{error}", error=error)
        case asyncpg.ClientConfigurationError() | ValueError():
            return DatabaseUnusable("DATABASE_URL 的格式不对：{error}", error=error)
        case _:
            return DatabaseUnusable("数据库连不上：{error}", error=str(error) or type(error).__name__)
