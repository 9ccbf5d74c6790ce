"""A usual Strawberry server: types with resolvers, and a DataLoader for each relation to ask for all keys at once."""

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

from bench.peers.loading import Connection, Info, Item, PageInfo, Viewer, made
from db.database import SETTINGS

Hidden = strawberry.Private[UUID]
Lazy = strawberry.lazy("bench.peers.loaders")
POSTS = """select p.community_id, p.grid_id from assignment p join account a on a.id = p.account_id
    where a.id = $1 and a.disabled_at is null and p.starts_on <= current_date
        and (p.ends_on is null or p.ends_on >= current_date)"""
GRIDS = "select id from grid where id = any($1::uuid[]) or community_id = any($2::uuid[])"
NEWEST = "opened_at desc, id desc"
LATEST = "occurred_at desc, id desc"
LIVES_THERE = "left_on is null and merged_into is null"


@strawberry.type
class Account:
    """Who works here."""

    name: str


@strawberry.type
class Resident:
    """Who lives here."""

    id: strawberry.ID
    name: str
    sex: str
    phone: str | None
    household_id: Hidden

    @strawberry.field
    async def household(self, info: Info) -> Annotated["Household", Lazy] | None:
        """Where they live."""
        return made(Household, await info.context.one("household", self.household_id))  # type: ignore[no-any-return]


@strawberry.type
class Visit:
    """Who was seen when."""

    id: strawberry.ID
    mode: str
    occurred_at: datetime
    note: str | None
    worker_id: Hidden
    household_id: Hidden

    @strawberry.field
    async def worker(self, info: Info) -> Account | None:
        """Who went."""
        return made(Account, await info.context.one("account", self.worker_id))  # type: ignore[no-any-return]

    @strawberry.field
    async def household(self, info: Info) -> Annotated["Household", Lazy] | None:
        """Where to."""
        return made(Household, await info.context.one("household", self.household_id))  # type: ignore[no-any-return]


@strawberry.type
class Household:
    """A home."""

    id: strawberry.ID
    key: Hidden
    unit: int
    room: str
    building_id: Hidden

    @strawberry.field
    async def building(self, info: Info) -> Annotated["Building", Lazy] | None:
        """The building it is in."""
        return made(Building, await info.context.one("building", self.building_id))  # type: ignore[no-any-return]

    @strawberry.field
    async def residents(self, info: Info) -> list[Resident]:
        """Who lives there."""
        rows = await info.context.many("resident", "household_id", self.key, "id")
        return [made(Resident, row) for row in rows if row["left_on"] is None]

    @strawberry.field
    async def visits(self, info: Info, first: int) -> Connection[Visit]:
        """The last visits."""
        rows = await info.context.many("visit", "household_id", self.key, LATEST, first)
        return Connection(nodes=[made(Visit, row) for row in rows])


@strawberry.type
class Building:
    """A building."""

    number: int
    key: Hidden
    grid_id: Hidden

    @strawberry.field
    async def grid(self, info: Info) -> Annotated["Grid", Lazy] | None:
        """The grid it is in."""
        return made(Grid, await info.context.one("grid", self.grid_id))  # type: ignore[no-any-return]

    @strawberry.field
    async def households(self, info: Info, first: int) -> Connection[Household]:
        """Its homes."""
        rows = await info.context.many("household", "building_id", self.key, "unit, floor, room, id", first)
        return Connection(nodes=[made(Household, row) for row in rows])


@strawberry.type
class Grid:
    """A grid."""

    name: str
    key: Hidden

    @strawberry.field
    async def buildings(self, info: Info, first: int) -> Connection[Building]:
        """Its buildings."""
        rows = await info.context.many("building", "grid_id", self.key, "number, id", first)
        return Connection(nodes=[made(Building, row) for row in rows])


@strawberry.type
class Community:
    """A community."""

    name: str
    key: Hidden

    @strawberry.field
    async def grids(self, info: Info, first: int) -> Connection[Grid]:
        """Its grids."""
        rows = await info.context.many("grid", "community_id", self.key, "name, id", first)
        return Connection(nodes=[made(Grid, row) for row in rows])


@strawberry.type
class Entry:
    """A line of a timeline."""

    kind: str
    occurred_at: datetime
    note: str | None
    actor_id: Hidden

    @strawberry.field
    async def actor(self, info: Info) -> Account | None:
        """Who did it."""
        return made(Account, await info.context.one("account", self.actor_id))  # type: ignore[no-any-return]


@strawberry.type
class Appeal:
    """What somebody asked for."""

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

    @strawberry.field
    async def household(self, info: Info) -> Household | None:
        """Where."""
        return made(Household, await info.context.one("household", self.household_id))  # type: ignore[no-any-return]

    @strawberry.field
    async def resident(self, info: Info) -> Resident | None:
        """Who."""
        return made(Resident, await info.context.one("resident", self.resident_id))  # type: ignore[no-any-return]

    @strawberry.field
    async def timeline(self, info: Info, first: int) -> Connection[Entry]:
        """What happened."""
        rows = await info.context.many("journal", "appeal_id", self.key, "appeal_id, id", first)
        return Connection(nodes=[made(Entry, row) for row in rows])


@strawberry.type
class Party:
    """Who quarrels."""

    id: strawberry.ID
    role: str
    consent: str
    claim: str | None


@strawberry.type
class Finding:
    """What was seen."""

    id: strawberry.ID
    place: str
    loss: str
    amount: str | None
    found_at: datetime
    party_id: Hidden

    @strawberry.field
    async def party(self, info: Info) -> Party | None:
        """At whose home."""
        return made(Party, await info.context.one("dispute_party", self.party_id))  # type: ignore[no-any-return]


@strawberry.type
class Dispute:
    """A quarrel."""

    id: strawberry.ID
    key: Hidden
    type: str
    level: str
    status: str
    title: str
    facts: str
    opened_at: datetime
    mediator_id: Hidden

    @strawberry.field
    async def mediator(self, info: Info) -> Account | None:
        """Who mediates."""
        return made(Account, await info.context.one("account", self.mediator_id))  # type: ignore[no-any-return]

    @strawberry.field
    async def parties(self, info: Info) -> list[Party]:
        """Who quarrels."""
        rows = await info.context.many("dispute_party", "dispute_id", self.key, "id")
        return [made(Party, row) for row in rows]

    @strawberry.field
    async def findings(self, info: Info, first: int) -> Connection[Finding]:
        """What was seen."""
        rows = await info.context.many("finding", "dispute_id", self.key, "found_at, id", first)
        return Connection(nodes=[made(Finding, row) for row in rows])


@strawberry.enum
class Status(StrEnum):
    """How far a case is."""

    SUBMITTED = "SUBMITTED"
    MEDIATING = "MEDIATING"


@strawberry.input
class Filter:
    """Which of a list."""

    grid: strawberry.ID | None = None
    status: list[Status] | None = None


async def page(info: Info, cls: type[Item], order: str, first: int, where: Filter | None, only: str = "true") -> Any:
    """The first of a table's rows within the viewer's grids, and whether there are more."""
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


async def seen(info: Info, cls: type[Item], given: str) -> Any:
    """One row, if it lies in the viewer's grids."""
    row = await info.context.one(cls.__name__.lower(), UUID(given.partition("_")[2]))
    return made(cls, row) if row and row["grid_id"] in info.context.grids else None


@strawberry.type
class Query:
    """What may be asked."""

    @strawberry.field
    async def appeals(self, info: Info, first: int, where: Filter | None = None) -> Connection[Appeal]:
        """The newest first."""
        return await page(info, Appeal, NEWEST, first, where)  # type: ignore[no-any-return]

    @strawberry.field
    async def households(self, info: Info, first: int, where: Filter | None = None) -> Connection[Household]:
        """As one walks."""
        return await page(info, Household, "building_id, unit, floor, room, id", first, where)  # type: ignore[no-any-return]

    @strawberry.field
    async def residents(self, info: Info, first: int, where: Filter | None = None) -> Connection[Resident]:
        """Who lives there."""
        return await page(info, Resident, "id", first, where, LIVES_THERE)  # type: ignore[no-any-return]

    @strawberry.field
    async def visits(self, info: Info, first: int, where: Filter | None = None) -> Connection[Visit]:
        """The latest first."""
        return await page(info, Visit, LATEST, first, where)  # type: ignore[no-any-return]

    @strawberry.field
    async def disputes(self, info: Info, first: int, where: Filter | None = None) -> Connection[Dispute]:
        """The newest first."""
        return await page(info, Dispute, NEWEST, first, where)  # type: ignore[no-any-return]

    @strawberry.field
    async def communities(self, info: Info, first: int) -> Connection[Community]:
        """The viewer's."""
        query = "select * from community where id = any($1::uuid[]) order by name, id limit $2"
        rows = await info.context.pool.fetch(query, info.context.communities, first)
        return Connection(nodes=[made(Community, row) for row in rows])

    @strawberry.field
    async def appeal(self, info: Info, id: strawberry.ID) -> Appeal | None:  # noqa: A002
        """One."""
        return await seen(info, Appeal, id)  # type: ignore[no-any-return]

    @strawberry.field
    async def dispute(self, info: Info, id: strawberry.ID) -> Dispute | None:  # noqa: A002
        """One."""
        return await seen(info, Dispute, id)  # type: ignore[no-any-return]


class View(GraphQL[Viewer, None]):
    """Strawberry's own view, for whom the access token speaks."""

    async def get_context(self, request: Any, response: Any) -> Viewer:  # noqa: ARG002
        """Looks up the viewer's places."""
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
    """Opens the pool and says so."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], max_size=10, server_settings=SETTINGS) as app.state.pool:
        print("up", flush=True)
        yield


def main() -> None:
    """Serves."""
    view: Any = View(strawberry.Schema(Query), graphql_ide=None)
    app = Starlette(routes=[Mount("/", view)], lifespan=lifespan)
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
