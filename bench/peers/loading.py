"""Base of a usual Strawberry server: the viewer of a request, a DataLoader for each relation, and pages."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

Row = Any
Item = TypeVar("Item")
BY_KEY = "select * from {0} where {1} = any($1::uuid[]) order by {2}"
FIRSTS = """select t.* from unnest($1::uuid[]) k(key) cross join lateral
    (select * from {0} where {1} = k.key order by {2} limit {3}) t"""


class Viewer:
    """The viewer of one request, with their places, and the loaders of the request."""

    def __init__(self, pool: Any, communities: list[UUID], grids: list[UUID]) -> None:
        self.pool, self.communities, self.grids = pool, communities, grids
        self._loaders: dict[Any, DataLoader[UUID, Any]] = {}

    async def one(self, table: str, key: UUID | None) -> Row | None:
        return None if key is None else await self._loader(("one", table), self._ones(table)).load(key)

    async def many(self, table: str, column: str, key: UUID, order: str, first: int | None = None) -> Sequence[Row]:
        """The rows whose column has the key, or the first of them."""
        query = (BY_KEY if first is None else FIRSTS).format(table, column, order, first)
        found: Sequence[Row] = await self._loader(query, self._groups(query, column)).load(key)
        return found

    def _loader(self, name: Any, load: Callable[[list[UUID]], Any]) -> DataLoader[UUID, Any]:
        if name not in self._loaders:
            self._loaders[name] = DataLoader(load_fn=load)
        return self._loaders[name]

    def _ones(self, table: str) -> Callable[[list[UUID]], Any]:
        async def load(keys: list[UUID]) -> list[Row | None]:
            rows = await self.pool.fetch(BY_KEY.format(table, "id", "id"), keys)
            by_id = {row["id"]: row for row in rows}
            return [by_id.get(key) for key in keys]

        return load

    def _groups(self, query: str, column: str) -> Callable[[list[UUID]], Any]:
        async def load(keys: list[UUID]) -> list[list[Row]]:
            groups: defaultdict[UUID, list[Row]] = defaultdict(list)
            for row in await self.pool.fetch(query, keys):
                groups[row[column]].append(row)
            return [groups[key] for key in keys]

        return load


Info = strawberry.Info[Viewer, None]


@cache
def _names(cls: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(cls) if getattr(each, "base_resolver", None) is None)


def made(cls: type[Item], row: Row | None) -> Any:
    """An object of a type from the columns of a row."""
    if row is None:
        return None
    values = {name: row["id" if name == "key" else name] for name in _names(cls)}  # type: ignore[arg-type]
    if "id" in values:
        values["id"] = f"{cls.__name__.lower()}_{row['id']}"
    return cls(**values)


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Connection(Generic[Item]):
    nodes: list[Item]
    page_info: PageInfo | None = None
    count: strawberry.Private[tuple[str, list[Any]]] = ("", [])

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        query, values = self.count
        total: int = await info.context.pool.fetchval(query, *values)
        return total


def to_one(cls: Callable[[], type[Any]], table: str, column: str) -> Any:
    """A field with the row to which a column points."""

    async def resolve(self: Any, info: Info) -> Any:
        return made(cls(), await info.context.one(table, getattr(self, column)))

    return strawberry.field(resolver=resolve)


def first_of(cls: Callable[[], type[Any]], table: str, column: str, order: str) -> Any:
    """A field with a page of the rows that point here."""

    async def resolve(self: Any, info: Info, first: int) -> Any:
        rows = await info.context.many(table, column, self.key, order, first)
        return Connection(nodes=[made(cls(), row) for row in rows])

    return strawberry.field(resolver=resolve)
