"""The two sides of a comparison: what Tunping answers by one statement, and what the oracle answers."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any, Self, cast
from unittest.mock import patch

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType

from db.database import Database
from db.transaction import Transaction
from rules.access import ANONYMOUS, Role, Viewer
from schema.engine.bulkhead import Bulkhead
from schema.engine.context import Context
from schema.engine.execution import answer
from schema.engine.plans import Plans
from schema.schema import SCHEMA, sdl
from tests.oracle.answer import Oracle
from tests.oracle.counts import TooManyGroups
from tests.oracle.rows import Refused, Row, World, load_world
from tests.oracle.sight import Sight


class Counted:
    """A database that can do no more than a query needs, and counts its statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.statements = 0

    async def fetchval(self, query: str, *values: Any, by_place: bool) -> Any:
        """One statement."""
        self.statements += 1
        return await self._database.fetchval(query, *values, by_place=by_place)

    async def transact(self, work: Callable[[Transaction], Awaitable[Any]], viewer: Viewer, *, now: datetime) -> None:
        """A transaction of which nothing stays: what is written about a question must not change the next answer."""

        async def undone(transaction: Transaction) -> None:
            await work(transaction)
            await transaction.rollback()

        await self._database.transact(undone, viewer, now=now)


@dataclass
class Sides:
    """Both over one database; ``compared`` counts the answers with data."""

    runner: asyncio.Runner
    database: Database
    counted: Counted
    world: World
    oracle: Oracle
    compared: int = 0

    @property
    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)

    @classmethod
    def open(cls, url: str) -> Self:
        """Connects and reads all rows."""
        runner = asyncio.Runner()
        database = runner.run(Database.open(url, 1))
        world = runner.run(load_world(url))
        return cls(runner, database, Counted(database), world, Oracle(sdl()))

    def close(self) -> None:
        """Disconnects."""
        self.runner.run(self.database.close())
        self.runner.close()

    @cached_property
    def plans(self) -> Plans:
        """Kept between queries, as in the server."""
        return Plans()

    @cached_property
    def sights(self) -> dict[str, Sight]:
        """By the name of the viewer."""
        return {name: Sight(self.world, viewer) for name, viewer in self.viewers.items()}

    @cached_property
    def viewers(self) -> dict[str, Viewer]:
        """One of each kind: every role, nobody, and those who are no longer what their token says."""
        found = {role.value.lower(): self._viewer(self._account(role)) for role in Role}
        worker = self._account(Role.GRID_WORKER)
        return {
            **found,
            "nobody": ANONYMOUS,
            "former_staff": Viewer(worker["id"], Role.COMMUNITY_STAFF),
            "former_building_head": Viewer(self._registrar(), Role.BUILDING_HEAD),
        }

    @staticmethod
    def _viewer(account: Row) -> Viewer:
        return Viewer(account["id"], Role(account["role"]))

    def _account(self, role: Role) -> Row:
        """The account in this role that sees most."""
        held = [row for row in self.world["account"] if row["role"] == role]
        return max(held, key=lambda row: self._seen(self._viewer(row)))

    def _seen(self, viewer: Viewer) -> int:
        sight = Sight(self.world, viewer)
        return sum(len(sight.rows(table)) for table in ("community", "resident", "appeal", "dispute"))

    def _registrar(self) -> Any:
        """A worker, no building head, who has registered an appeal."""
        workers = {row["id"] for row in self.world["account"] if row["role"] == Role.GRID_WORKER}
        return next(row["registered_by"] for row in self.world["appeal"] if row["registered_by"] in workers)

    def check(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        viewer: str = "secretary",
        operation_name: str | None = None,
    ) -> Any:
        """Both sides give the same answer, or both refuse; the answer, and nothing for a refusal."""
        given = dict(variables or {})
        before = self.counted.statements
        result = self._execute(query, given, self.viewers[viewer], operation_name)
        statements = self.counted.statements - before
        try:
            expected = self.oracle.answer(query, given, self.sights[viewer], operation_name)
        except Refused as refused:
            assert_refused(result, refused)
            known_late = isinstance(refused, TooManyGroups)
            assert statements == known_late
            return None
        assert not result.errors, result.errors
        assert statements == (0 if isinstance(result.data, dict) else 1)
        assert not (found := difference(in_order(answered(result.data)), in_order(expected))), found
        self.compared += 1
        return expected

    def _execute(
        self, query: str, variables: dict[str, Any], viewer: Viewer, operation_name: str | None
    ) -> ExecutionResult:
        database, now = cast(Database, self.counted), datetime.now(UTC)
        context = Context(database, self.plans, Bulkhead(), now, viewer, operation_name=operation_name)
        running = answer(query, variables, context, frozenset({OperationType.QUERY}))
        # Generated documents are larger than those of clients.
        unlimited = patch("schema.engine.execution.refuse_costly"), patch("schema.compiler.build.refuse_costly")
        # What a viewer without an account is not let through to is also empty for them.
        let_through = patch("schema.engine.execution.FOR_EVERYBODY", _roots())
        with unlimited[0], unlimited[1], let_through, patch("schema.engine.execution.MOST_SECRETS", 1_000):
            result: Any = self.runner.run(running)
        return result  # type: ignore[no-any-return]


@cache
def _roots() -> frozenset[str]:
    """All root fields of queries."""
    root = SCHEMA._schema.query_type
    assert root is not None
    return frozenset(root.fields)


def assert_refused(result: ExecutionResult, refused: Refused) -> None:
    """Refused in plain words, not by an accident."""
    assert result.errors, f"only the oracle refuses: {refused}"
    assert result.data is None
    for error in result.errors:
        assert isinstance(error.original_error, GraphQLError | None), repr(error.original_error)


def answered(data: Any) -> Any:
    """The data as a client parses it; an object's fields as pairs, so that a repeated one shows."""
    return json.loads(orjson.dumps(data), object_pairs_hook=tuple)


def difference(got: Any, wanted: Any, place: str = "data") -> str:
    """The first place at which two ordered answers differ; empty when they are equal."""
    if got == wanted:
        return ""
    both = isinstance(got, list | tuple) and type(got) is type(wanted) and len(got) == len(wanted)
    if not both:
        return f"{place}: got {got!r}, the oracle says {wanted!r}"
    pairs = enumerate(zip(got, wanted, strict=True))
    return next(found for at, pair in pairs if (found := difference(*pair, f"{place}.{_step(got, at)}")))


def _step(data: Any, at: int) -> Any:
    """The key of a field rather than its number."""
    return data[at][0] if isinstance(data, tuple) and isinstance(data[at], tuple) else at


def in_order(data: Any) -> Any:
    """Objects as pairs, so that their order counts; true is not 1."""
    if isinstance(data, dict):
        return tuple((key, in_order(value)) for key, value in data.items())
    if isinstance(data, tuple):
        return tuple((key, in_order(value)) for key, value in data)
    if isinstance(data, list):
        return [in_order(each) for each in data]
    return str(data) if isinstance(data, bool) else data
