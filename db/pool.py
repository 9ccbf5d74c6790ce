"""The connections of a process: opened on demand, kept, and shared in the order of asking."""

import asyncio
import time
from contextlib import suppress
from typing import Any

import asyncpg
from asyncpg.connection import _StatementCache

SETTINGS = {
    "application_name": "tunping",
    "timezone": "UTC",
    "bytea_output": "hex",  # The links of the record depend on it, as they do on the time zone.
    "jit": "off",
    # Shorter than the deadline, so that PostgreSQL cancels a slow statement and the connection stays usable.
    "statement_timeout": "4500ms",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    # Planning costs more than most statements do (docs/decisions/0002).
    "plan_cache_mode": "force_generic_plan",
    # Answers are too small for parallel workers.
    "max_parallel_workers_per_gather": "0",
    # The data is in memory or on flash, where random reads cost about as much as sequential ones.
    "random_page_cost": "1.1",
}
_PREPARED = 400_000
"""Characters of the prepared statements that a connection keeps. PostgreSQL needs up to 100 bytes for each."""
_LONGEST_IDLE = 300.0
"""Seconds after which an unused connection is replaced: load balancers drop idle connections after 350 s or later."""
_CLOSE_TIMEOUT = 1.0
"""Seconds for closing the pool, or a connection with the statement that it runs. A reachable server needs
milliseconds."""


class _Prepared(_StatementCache):  # type: ignore[misc]  # asyncpg has no types
    """asyncpg's cache of prepared statements, bounded by the length of their texts instead of their number."""

    __slots__ = ()

    def _maybe_cleanup(self) -> None:
        """Drops the statements that were not used for longest. asyncpg is about to run the latest one."""
        length = sum(len(text) for text, *_ in self._entries)
        while length > self._max_size and len(self._entries) > 1:
            (text, *_), entry = self._entries.popitem(last=False)
            length -= len(text)
            self._clear_entry_callback(entry)
            self._on_remove(entry._statement)


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection whose prepared statements are bounded, and that knows its role and since when it is unused."""

    _stmt_cache: Any
    idle_since: float
    role: str | None = None
    """The role that it has taken, quoted; None for that of its login."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        counting = self._stmt_cache
        self._stmt_cache = _Prepared(
            loop=counting._loop,
            max_size=counting._max_size,
            on_remove=counting._on_remove,
            max_lifetime=counting._max_lifetime,
        )

    async def _execute(self, query: str, args: Any, limit: int, *more: Any, **options: Any) -> Any:
        """Runs a statement. If it is prepared, this saves four coroutines of asyncpg, a fifth of a statement's CPU."""
        prepared = self._stmt_cache.get((query, asyncpg.Record, False))
        if prepared is None or self._query_loggers or any(more) or any(options.values()):
            return await super()._execute(query, args, limit, *more, **options)
        try:
            return await self._protocol.bind_execute(prepared, args, "", limit, False, None)
        except asyncpg.OutdatedSchemaCacheError:
            await self.reload_schema_state()
            raise
        except asyncpg.InvalidCachedStatementError:
            self._drop_global_statement_cache()
            if self.is_in_transaction():
                raise
            return await super()._execute(query, args, limit, *more, **options)


class Broken(Exception):
    """The connection broke."""


_BROKEN = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, Broken)
"""Errors of a connection that must not be used again."""
STALE = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
"""Errors of a prepared statement that is older than the table. asyncpg drops the connection's statements with them."""
_USABLE = (
    *STALE,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.RaiseError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.TransactionRollbackError,
)
"""Errors of a statement after which its connection can still be used."""


class Lease:
    """The use of a connection, from the pool and back."""

    __slots__ = ("_connection", "_pool", "_role", "_within")

    def __init__(self, pool: "Pool", role: str | None, within: float | None) -> None:
        self._pool, self._role, self._within = pool, role, within

    async def __aenter__(self) -> Connection:
        self._connection = await self._pool.take(self._role, self._within)
        return self._connection

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._pool.give_back(self._connection, broken=error is not None and is_broken(error))


class Pool:
    """At most ``size`` connections. Of those in the wanted role, the one that was returned last is taken first.

    asyncpg's pool has a proxy for each use and a timer for each connection, resets connections, and lets latecomers
    pass those who wait. This pool expects that every transaction has ended when its connection is returned.
    """

    def __init__(self, url: str, size: int) -> None:
        self._url, self._size = url, size
        self._turns = asyncio.Semaphore(size)
        """One slot per connection, given out in the order of arrival."""
        self._idle: list[Connection] = []
        self._used: set[Connection] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    def lease(self, role: str | None = None, within: float | None = None) -> Lease:
        """A connection for an ``async with`` block, in a role that its login may take (quoted) or in the login's.

        Raises TimeoutError if none is free ``within`` so many seconds.
        """
        return Lease(self, role, within)

    async def take(self, role: str | None = None, within: float | None = None) -> Connection:
        """Waits for a connection, to be returned by :meth:`give_back`. Raises asyncpg's errors if it cannot connect."""
        self._check_open()
        if self._turns.locked():
            async with asyncio.timeout(within):
                await self._turns.acquire()
        else:
            await self._turns.acquire()
        try:
            self._check_open()
            connection = self._kept(role) or await self._connect()
            if connection.role != role:
                await _change_role(connection, role)
        except BaseException:
            self._turns.release()
            raise
        self._used.add(connection)
        return connection

    def give_back(self, connection: Connection, *, broken: bool) -> None:
        """Returns a connection. A broken one is closed.

        asyncpg notices a lost connection only at the end of the stream, and until then it would be given to requests
        that hang.
        """
        if connection.is_closed():
            self._free(connection)
        elif broken or self._closed:
            ending = asyncio.create_task(self._end(connection))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        else:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
            self._free(connection)

    async def _end(self, connection: Connection) -> None:
        """Cancels the statement that a connection runs, closes it, and only then frees its slot.

        A session that is merely cut off runs its statement to the end. With its slot free at once, an overloaded
        PostgreSQL would get more and more of them, until it has no connections left for anybody.
        """
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await connection.close()
        except TimeoutError:
            self._give_up_idle()
        except Exception:  # noqa: BLE001, S110  asyncpg has cut it off
            pass
        finally:
            self._free(connection)

    def _give_up_idle(self) -> None:
        """Closes the idle connections, when the server did not answer on another one.

        Behind a network that lost all of them, each would cost somebody a deadline.
        """
        while self._idle:
            self._idle.pop().terminate()

    def _free(self, connection: Connection) -> None:
        self._used.discard(connection)
        self._turns.release()

    async def close(self) -> None:
        """Closes all connections, when they are no longer used. Those that do not close in time are terminated.

        From now on, nobody gets a connection.
        """
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                for _ in range(self._size):
                    await self._turns.acquire()
                await asyncio.gather(*(each.close() for each in self._idle), return_exceptions=True)
        for each in (*self._idle, *self._used):
            each.terminate()
        await asyncio.gather(*self._ending)

    def _check_open(self) -> None:
        if self._closed:
            raise asyncpg.InterfaceError("the pool is closed")

    def _kept(self, role: str | None) -> Connection | None:
        """An open connection that was used lately, in the role if there is one."""
        while self._idle:
            connection = self._idle.pop(self._latest(role))
            if connection.is_closed():
                continue
            if time.monotonic() - connection.idle_since < _LONGEST_IDLE:
                return connection
            connection.terminate()
        return None

    def _latest(self, role: str | None) -> int:
        return next((at for at in range(len(self._idle) - 1, -1, -1) if self._idle[at].role == role), -1)

    async def _connect(self) -> Connection:
        opened: Connection = await asyncpg.connect(
            self._url,
            server_settings=SETTINGS,
            statement_cache_size=_PREPARED,
            max_cacheable_statement_size=0,  # No limit: long statements are the most expensive to plan.
            connection_class=Connection,
        )
        return opened


async def _change_role(connection: Connection, role: str | None) -> None:
    """Changes the role by a statement of its own. A statement is planned for one role, so no text is sent in two."""
    try:
        await connection.execute(f"SET ROLE {role or 'NONE'}")
    except BaseException:
        connection.terminate()
        raise
    connection.role = role


def is_broken(error: BaseException) -> bool:
    """True if the connection that raised this must not be used again."""
    if isinstance(error, (asyncpg.PostgresError, *STALE)):
        return not isinstance(error, _USABLE)
    return isinstance(error, _BROKEN) or not isinstance(error, Exception)
