"""The database of a command: opened, migrated, and its failures reported in one line."""

import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple, NoReturn, TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError

from api.clock import utc_now
from api.commands.embedded import embedded_postgres
from api.commands.languages import in_words, stop
from api.commands.signals import end_cleanly, run
from api.commands.terminal import fail
from api.settings import Settings
from db.database import Database, OutcomeUnknown, Unavailable
from db.logins import Login
from db.migrate import bring_up
from db.transaction import Transaction
from rules.refusals import Code, Failure, Refusal

DISK_FULL = "磁盘已满"
Result = TypeVar("Result")


class CannotServe(Failure):
    """The server cannot start. The message says why."""


@contextmanager
def plain_failures(*, signalled: int = 1) -> Iterator[None]:
    """Reports expected failures in one line and exits with 1; a signal exits with ``signalled``."""
    end_cleanly(signalled)
    try:
        yield
    except Refusal as refusal:
        fail(_in_one_line(refusal))
    except Failure as error:
        fail(in_words(error.said))
    except Unavailable:
        stop("数据库没有及时应答，没有任何改动")
    except OutcomeUnknown:
        stop("数据库断开了，不知道是否已经办成")
    except asyncpg.UniqueViolationError:
        stop("数据刚刚有变动，没有任何改动，请重试")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError) as error:
        _complain(error)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        stop(DISK_FULL)


def _in_one_line(refusal: Refusal) -> str:
    """The message of a refusal, with the value that was not found."""
    path = ".".join(str(step) for step in refusal.path)
    named = f"「{refusal.details['value']}」" if refusal.code is Code.NOT_FOUND and "value" in refusal.details else ""
    return f"{path}{named} {in_words(refusal.said)}".strip()


def _complain(error: Exception) -> NoReturn:
    cause = getattr(error, "orig", error)
    if getattr(cause, "sqlstate", None) == asyncpg.DiskFullError.sqlstate:
        stop(DISK_FULL)
    stop("数据库报错：{error}", error=str(cause).splitlines()[0])


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The URL of the configured database, or of the embedded one, which runs meanwhile."""
    if settings.database_url is not None:
        yield settings.database_url
    else:
        with embedded_postgres(settings.data_dir) as url:
            yield url


@asynccontextmanager
async def migrated(url: str, connections: int = 1) -> AsyncIterator[Database]:
    """The database with all migrations applied, for what has no viewer."""
    await bring_up(url)
    opened = await Database.open(url, connections, Login.WORKER)
    try:
        yield opened
    finally:
        await opened.close()


class Opened(NamedTuple):
    """The database of a command: for the account that acts, and for what the command does by itself."""

    viewers: Database
    system: Database


def with_database(work: Callable[[Opened], Awaitable[Result]], settings: Settings | None = None) -> Result:
    """Runs work over the migrated database. Failures end the command with one line."""

    async def opened(url: str) -> Result:
        async with migrated(url) as system:
            viewers = await Database.open(url, 1)
            try:
                return await work(Opened(viewers, system))
            finally:
                await viewers.close()

    with plain_failures(), database(settings or Settings.read()) as url:
        return run(opened(url))


def transact(work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    """Runs work without a viewer in one transaction over the migrated database."""
    return with_database(lambda opened: opened.system.transact(work, now=utc_now()))
