"""One transaction over one connection: how acts find, lock and write rows.

Every statement is made once, for a role where the role decides which rows are visible, and kept.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal, Protocol, TypeAlias, TypeVar
from uuid import UUID

import asyncpg

from db import sql
from db.base import Row, alias
from db.holding import scope_of
from db.rows import known, make_row, write_statement
from db.scope import Scope, visible
from db.sealing import Sealer
from rules.access import ANONYMOUS, Role, Viewer
from rules.refusals import Code, Refusal

Model = TypeVar("Model", bound=Row)
Lock: TypeAlias = bool | Literal["share"]
"""Whether rows are locked against other changes. Foreign keys to them may still be checked."""
Query: TypeAlias = Callable[[Scope], sql.Query]
"""A statement for a scope; its parameters are given by name when it runs."""
_IDS = sql.parameter("ids", sql.array_of(sql.UUID))


class Flood(Protocol):
    """Counts what is opened without an account, by a code and the id of what is opened."""

    def __call__(self, code: str, uuid: UUID) -> int:
        """The seconds to wait where it is too much, else 0."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The id that a client gave an act, and the digest of what the act was asked to do."""

    id: UUID
    digest: bytes


@dataclass(slots=True)
class Transaction:
    """The connection of a request's one transaction, the viewer, and the server's time."""

    connection: asyncpg.Connection
    now: datetime
    viewer: Viewer = ANONYMOUS
    sealer: Sealer | None = None
    """Seals ID numbers; without a key none are kept."""
    flood: Flood | None = None
    identity: Identity | None = None
    """The act that runs, until a journal entry carries it."""
    begun: bool = field(default=False, init=False)

    @property
    def worker_id(self) -> UUID:
        """The account that acts, where the rule lets nobody act without one."""
        assert self.viewer.account_id is not None
        return self.viewer.account_id

    async def find(self, model: type[Model], uuid: UUID, *path: str | int, lock: Lock = False) -> Model:
        """The row with this id that the viewer sees, or NOT_FOUND: missing and forbidden look the same."""
        found = await self._visible(model, [uuid], lock)
        if not found:
            raise Refusal(Code.NOT_FOUND, *path)
        return found[0]

    async def find_all(
        self, model: type[Model], uuids: Sequence[UUID], *path: str | int, lock: Lock = False
    ) -> list[Model]:
        """The rows with these ids, in this order; the first that is missing is refused. Locks in the order of ids."""
        if not uuids:
            return []
        found = {each.__dict__["id"]: each for each in await self._visible(model, list(uuids), lock)}
        for index, uuid in enumerate(uuids):
            if uuid not in found:
                raise Refusal(Code.NOT_FOUND, *path, index)
        return [found[uuid] for uuid in uuids]

    async def _visible(self, model: type[Model], uuids: list[UUID], lock: Lock) -> list[Model]:
        text, keys = _visible(model, self.viewer.role, lock)
        values = self._values(keys, {"ids": uuids})
        records = await self._fetch(text, values)
        if lock and len(records) < len(set(uuids)):
            # A row that changed while this waited for its lock may be visible by rows that only a new snapshot has.
            records = await self._fetch(text, values)
        return [make_row(model, record) for record in records]

    async def all(
        self, model: type[Model], *, order: Sequence[str] = (), lock: Lock = False, **equal: Any
    ) -> list[Model]:
        """The rows whose columns equal the given values, in the order of columns (``-name`` descends).

        ``None`` matches null; a list, tuple or set matches any of its items.
        """
        return await self._rows(model, equal, tuple(order), lock, None)

    async def first(
        self, model: type[Model], *, order: Sequence[str] = (), lock: Lock = False, **equal: Any
    ) -> Model | None:
        """The first such row, if there is one."""
        found = await self._rows(model, equal, tuple(order), lock, 1)
        return found[0] if found else None

    async def get(self, model: type[Model], *, lock: Lock = False, **equal: Any) -> Model:
        """The one such row, which is certain to be there."""
        (found,) = await self._rows(model, equal, (), lock, None)
        return found

    async def _rows(
        self, model: type[Model], equal: Mapping[str, Any], order: tuple[str, ...], lock: Lock, limit: int | None
    ) -> list[Model]:
        shape = tuple([(name, _comparison(value)) for name, value in equal.items()])
        values = [list(each) if isinstance(each, _MANY) else each for each in equal.values() if each is not None]
        records = await self._fetch(_equal(model, shape, order, lock, limit), values)
        return [make_row(model, record) for record in records]

    async def rows(self, query: Query, **given: Any) -> list[asyncpg.Record]:
        """The rows of a statement."""
        text, keys = _written(query, self.viewer.role)
        return await self._fetch(text, self._values(keys, given))

    async def read(self, model: type[Model], query: Query, **given: Any) -> list[Model]:
        """The rows of a statement that selects all columns of a table."""
        return [make_row(model, record) for record in await self.rows(query, **given)]

    async def value(self, query: Query, **given: Any) -> Any:
        """The first value of the first row of a statement; nothing if there is no row."""
        found = await self.rows(query, **given)
        return found[0][0] if found else None

    async def works_in(self, grid_id: UUID, building_id: UUID | None = None) -> bool:
        """Whether the viewer's post covers the grid, or the building. Places themselves are widely known."""
        return bool(await self.value(_covers, grid=grid_id, building=building_id))

    async def save(self, *rows: Row) -> None:
        """Writes new rows and changed columns of known rows, by one statement.

        Rows of one table are written in the order given. The order between tables is open: what a unique index needs
        in order takes two calls.
        """
        statement = write_statement(rows)
        if statement is not None:
            await self._fetch(statement.text, statement.values)
            known(rows)

    async def delete(self, row: Row) -> None:
        """Deletes a row."""
        await self._fetch(_delete(type(row)), [row.__dict__["id"]])

    async def fetchval(self, text: str, *values: Any) -> Any:
        """The one value of a compiled statement."""
        found = await self._fetch(text, values)
        return found[0][0]

    async def _fetch(self, text: str, values: Sequence[Any]) -> list[asyncpg.Record]:
        if not self.begun:
            await self._run("BEGIN")
        found: list[asyncpg.Record] = await self.connection.fetch(text, *values)
        return found

    def _values(self, keys: Sequence[Any], given: Mapping[str, Any]) -> list[Any]:
        return [key(self) if callable(key) else given[key] for key in keys]

    async def _run(self, command: str) -> None:
        self.begun = True
        await self.connection.execute(command)

    async def wait_for(self, act_id: UUID) -> None:
        """Waits until no other transaction works on the same act, and keeps it to this one."""
        number = act_id.int & (2**64 - 1)
        lock = f"SELECT pg_advisory_xact_lock({number - 2**63})"
        await self._run(lock if self.begun else f"BEGIN; {lock}")

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of the transaction of which nothing is left when it fails."""
        if not self.begun:
            await self._run("BEGIN")
        await self._run("SAVEPOINT part")
        try:
            yield
        except (Refusal, asyncpg.IntegrityConstraintViolationError):
            await self._run("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
            raise
        await self._run("RELEASE SAVEPOINT part")

    async def commit(self) -> None:
        """Makes everything that was written permanent."""
        await self._end("COMMIT")

    async def rollback(self) -> None:
        """Undoes everything that was written."""
        await self._end("ROLLBACK")

    async def _end(self, command: str) -> None:
        if self.begun:
            await self._run(command)
            self.begun = False


_MANY = (list, tuple, set, frozenset)


def _comparison(value: Any) -> str:
    if value is None:
        return "null"
    return "any" if isinstance(value, _MANY) else "equal"


def _locked(found: sql.Select, t: sql.From, lock: Lock) -> sql.Select:
    return found.for_update(t, share=lock == "share") if lock else found


@cache
def _visible(model: type[Row], role: Role | None, lock: Lock) -> sql.Written:
    """Rows by their ids as far as a viewer of this role sees them."""
    t, scope = alias(model), scope_of(role)
    found = sql.select(*t.c).from_(t).where(t.c.id == sql.any_(_IDS), visible(model, t, scope))
    return sql.written(_locked(found.order_by(t.c.id), t, lock).with_(scope.places))


@cache
def _equal(
    model: type[Row], shape: tuple[tuple[str, str], ...], order: tuple[str, ...], lock: Lock, limit: int | None
) -> str:
    """Rows by the values of columns."""
    t = alias(model)
    found = sql.select(*t.c).from_(t).where(*(_compared(t.c[name], how) for name, how in shape))
    if order:
        found = found.order_by(*(t.c[each[1:]].desc() if each[0] == "-" else t.c[each].asc() for each in order))
    if limit is not None:
        found = found.limit(limit)
    return sql.written(_locked(found, t, lock)).text


def _compared(column: sql.Column, how: str) -> sql.Column:
    if how == "null":
        return column.is_(None)
    assert column.type is not None
    if how == "any":
        return column == sql.any_(sql.parameter(object(), sql.array_of(column.type)))
    return column == sql.parameter(object(), column.type)


@cache
def _written(query: Query, role: Role | None) -> sql.Written:
    scope = scope_of(role)
    return sql.written(query(scope).with_(scope.places))


@cache
def _delete(model: type[Row]) -> str:
    t = alias(model)
    return sql.written(sql.delete(t).where(t.c.id == sql.parameter("id", sql.UUID))).text


def _covers(scope: Scope) -> sql.Select:
    grid, building = sql.parameter("grid", sql.UUID), sql.parameter("building", sql.UUID)
    return sql.select(sql.or_(grid == sql.any_(scope.grids), building == sql.any_(scope.buildings)))
