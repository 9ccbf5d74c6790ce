"""A usual Strawberry server: types with resolvers, and a DataLoader for each relation."""

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import jwt
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from strawberry.asgi import GraphQL

from bench.peers.loading import Connection, Info, Item, PageInfo, Viewer, first_of, made, to_one
from db.pool import SETTINGS

Hidden = strawberry.Private[UUID]
Lazy = strawberry.lazy("bench.peers.loaders")
POSTS = """select p.community_id, p.grid_id from assignment p join account a on a.id = p.account_id
    where a.id = $1 and a.disabled_at is null and p.starts_on <= current_date
        and (p.ends_on is null or p.ends_on >= current_date)"""
GRIDS = "select id from grid where id = any($1::uuid[]) or community_id = any($2::uuid[])"
NEWEST = "opened_at desc, id desc"
LATEST = "occurred_at desc, id desc"
PRESENT = "left_on is null and merged_into is null"


@strawberry.type
class Account:
    name: str


@strawberry.type
class Resident:
    id: strawberry.ID
    name: str
    sex: str
    phone: str | None
    household_id: Hidden
    household: Annotated["Household", Lazy] | None = to_one(lambda: Household, "household", "household_id")


@strawberry.type
class Visit:
    id: strawberry.ID
    mode: str
    occurred_at: datetime
    note: str | None
    worker_id: Hidden
    household_id: Hidden
    worker: Account | None = to_one(lambda: Account, "account", "worker_id")
    household: Annotated["Household", Lazy] | None = to_one(lambda: Household, "household", "household_id")


@strawberry.type
class Household:
    id: strawberry.ID
    key: Hidden
    unit: int
    room: str
    building_id: Hidden
    building: Annotated["Building", Lazy] | None = to_one(lambda: Building, "building", "building_id")
    visits: Connection[Visit] = first_of(lambda: Visit, "visit", "household_id", LATEST)

    @strawberry.field
    async def residents(self, info: Info) -> list[Resident]:
        rows = await info.context.many("resident", "household_id", self.key, "id")
        return [made(Resident, row) for row in rows if row["left_on"] is None]


@strawberry.type
class Building:
    number: int
    key: Hidden
    grid_id: Hidden
    grid: Annotated["Grid", Lazy] | None = to_one(lambda: Grid, "grid", "grid_id")
    households: Connection[Household] = first_of(lambda: Household, "household", "building_id", "unit, floor, room, id")


@strawberry.type
class Grid:
    name: str
    key: Hidden
    buildings: Connection[Building] = first_of(lambda: Building, "building", "grid_id", "number, id")


@strawberry.type
class Community:
    name: str
    key: Hidden
    grids: Connection[Grid] = first_of(lambda: Grid, "grid", "community_id", "name, id")


@strawberry.type
class Entry:
    kind: str
    occurred_at: datetime
    note: str | None
    actor_id: Hidden
    actor: Account | None = to_one(lambda: Account, "account", "actor_id")


@strawberry.type
class Appeal:
    id: strawberry.ID
    key: Hidden
    kind: str
    category: str
    status: str
    body: str
    answer: str | None
    opened_at: datetime
    household_id: Hidden
    resident_id: Hidden
    household: Household | None = to_one(lambda: Household, "household", "household_id")
    resident: Resident | None = to_one(lambda: Resident, "resident", "resident_id")
    timeline: Connection[Entry] = first_of(lambda: Entry, "journal", "appeal_id", "appeal_id, id")


@strawberry.type
class Party:
    id: strawberry.ID
    role: str
    consent: str
    claim: str | None


@strawberry.type
class Finding:
    id: strawberry.ID
    place: str
    loss: str
    amount: str | None
    found_at: datetime
    party_id: Hidden
    party: Party | None = to_one(lambda: Party, "dispute_party", "party_id")


@strawberry.type
class Dispute:
    id: strawberry.ID
    key: Hidden
    type: str
    level: str
    status: str
    title: str
    facts: str
    opened_at: datetime
    mediator_id: Hidden
    mediator: Account | None = to_one(lambda: Account, "account", "mediator_id")
    findings: Connection[Finding] = first_of(lambda: Finding, "finding", "dispute_id", "found_at, id")

    @strawberry.field
    async def parties(self, info: Info) -> list[Party]:
        rows = await info.context.many("dispute_party", "dispute_id", self.key, "id")
        return [made(Party, row) for row in rows]


@strawberry.enum
class Status(StrEnum):
    SUBMITTED = "SUBMITTED"
    MEDIATING = "MEDIATING"


@strawberry.input
class Filter:
    grid: strawberry.ID | None = None
    status: list[Status] | None = None


def listed(cls: type[Item], order: str, only: str = "true") -> Any:
    """A field with a page of the rows within the viewer's grids."""

    async def resolve(info: Info, first: int, where: Filter | None = None) -> Any:
        conditions, values = [f"grid_id = any($1::uuid[]) and {only}"], [info.context.grids]
        if where and where.grid:
            values.append(UUID(where.grid.partition("_")[2]))  # type: ignore[arg-type]
            conditions.append(f"grid_id = ${len(values)}")
        if where and where.status:
            values.append(where.status)  # type: ignore[arg-type]
            conditions.append(f"status = any(${len(values)}::text[])")
        source = f"from {cls.__name__.lower()} where {' and '.join(conditions)}"
        rows = await info.context.pool.fetch(f"select * {source} order by {order} limit {first + 1}", *values)
        last = base64.b64encode(rows[:first][-1]["id"].bytes).decode() if rows else None
        nodes = [made(cls, row) for row in rows[:first]]
        beyond = PageInfo(has_next_page=len(rows) > first, end_cursor=last)
        return Connection(nodes=nodes, page_info=beyond, count=(f"select count(*) {source}", values))

    return strawberry.field(resolver=resolve)


def by_id(cls: type[Item]) -> Any:
    """A field with the row of an id, if it is in the viewer's grids."""

    async def resolve(info: Info, id: strawberry.ID) -> Any:  # noqa: A002
        row = await info.context.one(cls.__name__.lower(), UUID(id.partition("_")[2]))
        return made(cls, row) if row and row["grid_id"] in info.context.grids else None

    return strawberry.field(resolver=resolve)


@strawberry.type
class Query:
    appeals: Connection[Appeal] = listed(Appeal, NEWEST)
    households: Connection[Household] = listed(Household, "building_id, unit, floor, room, id")
    residents: Connection[Resident] = listed(Resident, "id", PRESENT)
    visits: Connection[Visit] = listed(Visit, LATEST)
    disputes: Connection[Dispute] = listed(Dispute, NEWEST)
    appeal: Appeal | None = by_id(Appeal)
    dispute: Dispute | None = by_id(Dispute)

    @strawberry.field
    async def communities(self, info: Info, first: int) -> Connection[Community]:
        query = "select * from community where id = any($1::uuid[]) order by name, id limit $2"
        rows = await info.context.pool.fetch(query, info.context.communities, first)
        return Connection(nodes=[made(Community, row) for row in rows])


class View(GraphQL[Viewer, None]):
    """Strawberry's own view, with the viewer of the access token as its context."""

    async def get_context(self, request: Any, response: Any) -> Viewer:  # noqa: ARG002
        token = request.headers["authorization"].removeprefix("Bearer ")
        options = {"verify_aud": False}
        claims = jwt.decode(token, os.environ["TUNPING_SECRET"], algorithms=["HS256"], options=options)  # type: ignore[arg-type]
        pool = request.scope["app"].state.pool
        posts = await pool.fetch(POSTS, UUID(claims["sub"]))
        communities = [post["community_id"] for post in posts]
        held = [post["grid_id"] for post in posts if post["grid_id"]]
        everywhere = [post["community_id"] for post in posts if not post["grid_id"]]
        return Viewer(pool, communities, [row["id"] for row in await pool.fetch(GRIDS, held, everywhere)])


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Opens the pool, and reports that the server is up."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], max_size=10, server_settings=SETTINGS) as app.state.pool:
        print("up", flush=True)
        yield


def main() -> None:
    view: Any = View(strawberry.Schema(Query), graphql_ide=None)
    app = Starlette(routes=[Mount("/", view)], lifespan=lifespan)
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
