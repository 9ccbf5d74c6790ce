"""One transaction on one connection: how acts find, lock and write rows."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import asyncpg

from db import sql, statements
from db.base import Row, column_types
from db.flood import Flood
from db.rows import insert_statement, make_row, mark_stored, write_statement
from db.scope import Rule, Scope
from db.sealing import Sealer
from db.statements import Lock, Query
from rules.access import ANONYMOUS, Viewer
from rules.gathering import refuse_noted
from rules.refusals import Code, Refusal, together

Model = TypeVar("Model", bound=Row)
Named: TypeAlias = tuple[tuple[str | int, ...], type[Row], UUID]
"""An object that an input names: its path, its table and its id."""
NOW = sql.parameter(lambda tx: tx.now, sql.INSTANT)
"""The time of the transaction, as a parameter of a statement."""
_MERGED = "merged_into"
"""The column of a record that was merged into another one of the same table."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The id that a client gave an act, and the digest of the act's input."""

    id: UUID
    digest: bytes


@dataclass(slots=True)
class Transaction:
    """A transaction with its viewer and the server's time. It begins with the first statement.

    For a viewer, it then tells row-level security who acts (``wall.act`` in db/wall_two.sql).
    """

    connection: asyncpg.Connection
    now: datetime
    viewer: Viewer = ANONYMOUS
    sealer: Sealer | None = None
    """Seals ID numbers. Without a key, none are stored."""
    flood: Flood | None = None
    identity: Identity | None = None
    """The running act, until a journal entry has taken its id."""
    named: Callable[[], Iterable[Named]] | None = None
    """Lists the objects that the input of the next act names."""
    walled: bool = True
    """False as the role of the worker, which row-level security shows everything, secrets too."""
    then: datetime | None = field(default=None, init=False)
    """An earlier time whose posts of the viewer count too, in an act that is recorded late (:meth:`go_back`)."""
    sought: set[UUID] = field(default_factory=set, init=False)
    """The ids that the act has looked up."""
    begun: bool = field(default=False, init=False)
    committing: bool = field(default=False, init=False)
    """Whether it is being committed, or was when it was interrupted."""

    @property
    def worker_id(self) -> UUID:
        """The viewer's account, in acts that nobody can do without one."""
        assert self.viewer.account_id is not None
        return self.viewer.account_id

    def stamp(self, verb: str) -> dict[str, Any]:
        """The columns ``<verb>_by`` and ``<verb>_at`` of a row: the viewer's account and the time."""
        return {f"{verb}_by": self.viewer.account_id, f"{verb}_at": self.now}

    async def find(self, model: type[Model], uuid: UUID, *path: str | int, lock: Lock = False) -> Model:
        """The row with this id, if the viewer sees it. Raises NOT_FOUND alike for missing and for forbidden rows.

        The id of a record that was merged into another means the record that was kept, here and in all that follow.
        """
        found = await self.look_up(model, uuid, lock=lock)
        if found is None:
            raise Refusal(Code.NOT_FOUND, *path)
        return found

    async def look_up(self, model: type[Model], uuid: UUID, *, lock: Lock = False) -> Model | None:
        """The row with this id, if the viewer sees it. None for missing and for forbidden rows."""
        return (await self._find(model, [uuid], lock)).get(uuid)

    async def find_all(
        self, model: type[Model], uuids: Sequence[UUID], *path: str | int, lock: Lock = False
    ) -> list[Model]:
        """The rows with these ids, in the given order. Raises NOT_FOUND for those that the viewer does not see.

        Rows are locked in the order of their ids.
        """
        named = [((*path, index), uuid) for index, uuid in enumerate(uuids)]
        return await self._find_each(model, named, lock) if named else []

    async def find_known(
        self, model: type[Model], uuids: Sequence[UUID], *, lock: Lock = False
    ) -> Mapping[UUID, Model]:
        """Those of the rows that the viewer sees, by the ids that were asked for."""
        return await self._find(model, list(uuids), lock)

    async def find_named(self, model: type[Model], uuids: Mapping[str, UUID], *, lock: Lock = False) -> list[Model]:
        """The rows with the ids that are given by their path in the input.

        Raises NOT_FOUND for the paths whose rows the viewer does not see. Rows are locked in the order of their
        ids.
        """
        return await self._find_each(model, [((path,), uuid) for path, uuid in uuids.items()], lock)

    async def unknown(self, named: Iterable[Named]) -> list[Refusal]:
        """NOT_FOUND for each named object that the act has not looked up and that the viewer does not see."""
        asked: dict[type[Row], dict[tuple[str | int, ...], UUID]] = {}
        for path, model, uuid in named:
            if uuid not in self.sought:
                asked.setdefault(model, {})[path] = uuid
        refused: list[Refusal] = []
        for model, uuids in asked.items():
            found = await self._find(model, sorted({*uuids.values()}), lock=False)
            refused += [Refusal(Code.NOT_FOUND, *path) for path, uuid in uuids.items() if uuid not in found]
        return refused

    async def _find_each(
        self, model: type[Model], named: Sequence[tuple[tuple[str | int, ...], UUID]], lock: Lock
    ) -> list[Model]:
        found = await self._find(model, [uuid for _, uuid in named], lock)
        if missing := [Refusal(Code.NOT_FOUND, *path) for path, uuid in named if uuid not in found]:
            raise together(missing)
        return [found[uuid] for _, uuid in named]

    async def _find(self, model: type[Model], uuids: list[UUID], lock: Lock) -> dict[UUID, Model]:
        """The rows by the ids that were asked for, which may be those of records that were merged into them."""
        self.sought.update(uuids)
        found = {each.__dict__["id"]: each for each in await self._find_rows(model, uuids, lock)}
        if _MERGED not in column_types(model):
            return found
        away = [uuid for uuid in uuids if uuid not in found or found[uuid].__dict__[_MERGED] is not None]
        kept = {row["named"]: row["kept"] for row in await self.rows(statements.kept, ids=away)} if away else {}
        others = sorted({*kept.values()} - found.keys())
        # One of them may have been merged while this waited for its lock.
        found |= await self._find(model, others, lock) if others else {}
        meant = {named: found[uuid] for named, uuid in kept.items() if uuid in found}
        return {uuid: row for uuid, row in found.items() if uuid not in kept} | meant

    async def _find_rows(self, model: type[Model], uuids: list[UUID], lock: Lock) -> list[Model]:
        if lock:
            # Only rows that the viewer sees are locked, so that nobody waits for, or holds up, what is not theirs. A
            # statement that waits for a lock still reads other tables in its old snapshot. The next statement has a new
            # one, so that what became visible or invisible during the wait counts.
            text, keys = statements.locked_by_id(model, self._looks, lock)
            locked = await self._fetch(text, self._values(keys, {"ids": uuids}))
            found = await self._find_rows(model, uuids, lock=False)
            if len(found) <= len(locked):
                return found
            again = statements.equal(model, self.walled, (("id", "any"),), ("id",), lock, None)
            await self._fetch(again, [[each.__dict__["id"] for each in found]])
        text, keys = statements.found_by_id(model, self.walled, self._looks)
        return [make_row(model, record) for record in await self._fetch(text, self._values(keys, {"ids": uuids}))]

    async def all(
        self,
        model: type[Model],
        *,
        order: Sequence[str] = (),
        lock: Lock = False,
        limit: int | None = None,
        **equal: Any,
    ) -> list[Model]:
        """The rows whose columns equal the given values, visible or not. ``-name`` in ``order`` is descending.

        None matches null. A list, tuple or set matches any of its items.
        """
        comparisons = tuple([(name, statements.comparison(value)) for name, value in equal.items()])
        values = [
            list(each) if isinstance(each, statements.MANY) else each for each in equal.values() if each is not None
        ]
        text = statements.equal(model, self.walled, comparisons, tuple(order), lock, limit)
        records = await self._fetch(text, values)
        return [make_row(model, record) for record in records]

    async def first(
        self, model: type[Model], *, order: Sequence[str] = (), lock: Lock = False, **equal: Any
    ) -> Model | None:
        """The first row that :meth:`all` would return, or None."""
        found = await self.all(model, order=order, lock=lock, limit=1, **equal)
        return found[0] if found else None

    async def get(self, model: type[Model], *, lock: Lock = False, **equal: Any) -> Model:
        """The one row with these values, which must exist."""
        (found,) = await self.all(model, lock=lock, **equal)
        return found

    async def one(self, model: type[Model], *path: str | int, lock: Lock = False, **equal: Any) -> Model:
        """The first row with these values, visible or not. Raises NOT_FOUND if there is none."""
        self.sought.update(each for each in equal.values() if isinstance(each, UUID))
        found = await self.first(model, lock=lock, **equal)
        if found is None:
            raise Refusal(Code.NOT_FOUND, *path, value=next(iter(equal.values())))
        return found

    async def matching(
        self, model: type[Model], rule: Rule, *, order: Sequence[str] = (), lock: Lock = False, **given: Any
    ) -> list[Model]:
        """The rows that meet the condition of a rule, whose parameters are given by name."""
        text, keys = statements.matching(model, self.walled, rule, self._looks, tuple(order), lock)
        return [make_row(model, record) for record in await self._fetch(text, self._values(keys, given))]

    async def rows(self, query: Query, **given: Any) -> list[asyncpg.Record]:
        """The records of a statement, whose parameters are given by name."""
        text, keys = statements.of_query(query, self._looks)
        return await self._fetch(text, self._values(keys, given))

    async def seen(self, query: Callable[[Scope], sql.Select], **given: Any) -> list[asyncpg.Record]:
        """The records of a statement that names all its columns, as far as row-level security shows them to a query."""
        text, keys = statements.seen_by(query, self._looks)
        return await self._fetch(text, self._values(keys, given))

    async def show(self, code: str) -> None:
        """Opens the community of a printed code, a receipt or an answer code to this transaction."""
        await self._fetch("SELECT wall.open($1)", [[code]])

    async def read(self, model: type[Model], query: Query, **given: Any) -> list[Model]:
        """The rows of a statement that selects all columns of a table."""
        return [make_row(model, record) for record in await self.rows(query, **given)]

    async def value(self, query: Query, **given: Any) -> Any:
        """The first value of the first record of a statement, or None."""
        found = await self.rows(query, **given)
        return found[0][0] if found else None

    async def works_in(self, grid_id: UUID, building_id: UUID | None = None) -> bool:
        """True if the grid or the building is in the viewer's scope. Places are visible beyond that."""
        return bool(await self.value(statements.covers, grid=grid_id, building=building_id))

    async def save(self, *rows: Row) -> None:
        """Inserts new rows and updates changed columns of stored rows, by one statement.

        New rows of a table are inserted in the given order. Everything else is written in no defined order: if a unique
        index needs one change before another, save twice.
        """
        refuse_noted()
        statement = write_statement(rows)
        if statement is not None:
            await self._fetch(*statement)
            mark_stored(rows)

    async def insert(self, row: Row) -> bool:
        """Inserts a new row unless this violates a unique index. Returns whether it did."""
        refuse_noted()
        inserted = bool(await self._fetch(*insert_statement(row)))
        mark_stored([row])
        return inserted

    async def delete(self, row: Row) -> None:
        """Deletes a row by its id."""
        refuse_noted()
        await self._fetch(statements.delete(type(row)), [row.__dict__["id"]])

    async def fetchval(self, text: str, *values: Any) -> Any:
        """The first value of a statement that was written elsewhere."""
        found = await self._fetch(text, values)
        return found[0][0]

    async def _fetch(self, text: str, values: Sequence[Any]) -> list[asyncpg.Record]:
        if not self.begun:
            await self._run(self._begin)
        found: list[asyncpg.Record] = await self.connection.fetch(text, *values)
        return found

    @property
    def _begin(self) -> str:
        """BEGIN, and who acts. Neither an id nor a role can hold anything that ends a literal."""
        if not self.walled and self.viewer.account_id is None:
            return "BEGIN"
        account, role = (f"'{each}'" if each else "NULL" for each in (self.viewer.account_id, self.viewer.role))
        return f"BEGIN; SELECT wall.act({account}, {role})"

    @property
    def _looks(self) -> statements.Looks:
        return self.viewer.role, self.then is not None

    def _values(self, keys: Sequence[Any], given: Mapping[str, Any]) -> list[Any]:
        return [key(self) if callable(key) else given[key] for key in keys]

    async def _run(self, command: str) -> str:
        """Runs commands without parameters. Returns the status of the last one."""
        self.begun = True
        status: str = await self.connection.execute(command)
        return status

    async def _run_begun(self, command: str) -> str:
        """Runs a command in the transaction, which begins in the same round trip if it has not begun."""
        return await self._run(command if self.begun else f"{self._begin}; {command}")

    async def act_again(self) -> None:
        """Tells row-level security anew who acts: an act added a community or a grid, or one that went back is over."""
        if self.walled:
            await self._fetch("SELECT wall.act($1, $2)", [self.viewer.account_id, self.viewer.role])

    async def go_back(self, at: datetime) -> None:
        """Lets the posts that the viewer held at an earlier time count too, until the act ends."""
        self.then = at
        if self.walled:
            await self._fetch("SELECT wall.act_as_of($1, $2, $3)", [self.viewer.account_id, self.viewer.role, at])

    async def lock_id(self, uuid: UUID) -> None:
        """Takes the advisory lock on an id until the transaction ends."""
        await self._run_begun(f"SELECT pg_advisory_xact_lock({_lock_number(uuid)})")

    async def is_done(self, act: UUID) -> bool:
        """Takes the lock on an act's id, for which a concurrent retry waits. Returns whether the act was done before.

        The status tells the number of rows, so this needs no round trip of its own when the transaction begins.
        """
        return await self._run_begun(f"SELECT FROM wall.act_done('{act}', {_lock_number(act)})") != "SELECT 0"

    async def lock_ids(self, ids: Iterable[UUID]) -> None:
        """Takes the same lock on several ids, in one order, so that transactions that name the same do not deadlock."""
        numbers = sorted({_lock_number(uuid) for uuid in ids})
        await self._fetch("SELECT pg_advisory_xact_lock(number) FROM unnest($1::bigint[]) AS number", [numbers])

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Rolls back to this point if the block raises a Refusal or violates a constraint."""
        await self._run_begun("SAVEPOINT part")
        try:
            yield
        except (Refusal, asyncpg.IntegrityConstraintViolationError):
            await self._run("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
            raise
        await self._run("RELEASE SAVEPOINT part")

    async def commit(self) -> None:
        """Commits, if the transaction has begun."""
        await self._end("COMMIT")

    async def rollback(self) -> None:
        """Rolls back, if the transaction has begun."""
        await self._end("ROLLBACK")

    async def _end(self, command: str) -> None:
        if self.begun:
            await self._run(command)
            self.begun = False


def _lock_number(uuid: UUID) -> int:
    """The key of an id's advisory lock: its last 63 bits, which are random.

    It is negative, unlike the keys of all other locks: clients choose ids, and must not hold those.
    """
    return (uuid.int & (2**63 - 1)) - 2**63
