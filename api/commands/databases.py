"""The database of a command: found, brought up to date, and a failure of it said in one line."""

import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError

from api.commands.embedded import embedded_postgres
from api.commands.settings import Settings, SettingsError
from api.commands.signals import end_cleanly, run
from api.commands.terminal import fail
from db.database import Database, OutcomeUnknown, Unavailable
from db.migrate import bring_up
from db.server import DatabaseUnusable
from db.transaction import Transaction
from rules.refusals import Refusal

DISK_FULL = "磁盘已满 / the disk is full"
Result = TypeVar("Result")


class CannotServe(Exception):
    """The server cannot start; the message says what is wrong."""


@contextmanager
def plain_failures() -> Iterator[None]:
    """Says in one line what is wrong, instead of a traceback, and exits with 1; a signal ends it likewise."""
    end_cleanly(1)
    try:
        yield
    except Refusal as refusal:
        path = ".".join(str(step) for step in refusal.path)
        fail(f"{path} {refusal.message()} / {refusal.message('en')}".strip())
    except (CannotServe, SettingsError, DatabaseUnusable) as error:
        fail(str(error))
    except Unavailable:
        fail("数据库没有及时应答，没有任何改动 / the database did not answer in time; nothing was changed")
    except OutcomeUnknown:
        fail("数据库断开了，不知道是否已经办成 / the database was lost; it is not known whether this was done")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as error:
        fail(_complaint(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        fail(DISK_FULL)


def _complaint(error: Exception) -> str:
    cause = getattr(error, "orig", error)
    if getattr(cause, "sqlstate", None) == asyncpg.DiskFullError.sqlstate:
        return DISK_FULL
    return f"数据库不答应 / the database refuses: {str(cause).splitlines()[0]}"


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The database's URL: the one that is set, or the embedded one's."""
    if settings.database_url is not None:
        yield settings.database_url
    else:
        with embedded_postgres(settings.data_dir) as url:
            yield url


@asynccontextmanager
async def brought_up(url: str, connections: int = 1) -> AsyncIterator[Database]:
    """The database with the newest tables."""
    await bring_up(url)
    opened = await Database.open(url, connections)
    try:
        yield opened
    finally:
        await opened.close()


def transact(work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Does work in one transaction, and says in one line why it cannot be done."""
    with plain_failures(), database(Settings.read()) as url:
        return run(_transact(url, work))


async def _transact(url: str, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    async with brought_up(url) as opened:
        return await opened.transact(work, now=datetime.now(UTC))
