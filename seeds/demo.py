"""Loads the demo community, or two small communities for tests, into an empty database."""

from datetime import datetime

import asyncpg

from db.loading import loading
from db.positions import place_entries
from rules.access import Role
from seeds import (
    accounts,
    activities,
    appeals,
    branches,
    devices,
    disputes,
    edges,
    notices,
    pushes,
    rosters,
    stories,
    submissions,
    wishes,
)
from seeds.book import Book
from seeds.clock import YEAR_ENDS
from seeds.known import DEMO_COUNTER_CODE, DEMO_PASSWORD
from seeds.plans import DEMO, NEIGHBOUR, SMALL, Plan
from seeds.quiet import years
from seeds.quiet.onward import go_on
from seeds.world import World

__all__ = [
    "DEMO_ACCOUNTS",
    "DEMO_COUNTER_CODE",
    "DEMO_PASSWORD",
    "go_on",
    "has_demo_accounts",
    "is_empty",
    "load",
    "load_small",
]

DEMO_ACCOUNTS: list[tuple[str, Role, str]] = [
    ("网格员01", Role.GRID_WORKER, "金穗家园01号网格（1至5号楼）"),
    ("网格长01", Role.GRID_LEADER, "金穗家园"),
    ("联户长03", Role.BUILDING_HEAD, "3号楼"),
    ("社区01", Role.COMMUNITY_STAFF, "屯坪社区"),
    ("书记01", Role.SECRETARY, "屯坪社区"),
    ("热力公司01", Role.PARTNER, "三坪热力公司"),
    ("管理员", Role.ADMIN, "全部"),
]
"""Accounts to try, with role and place. All have the password DEMO_PASSWORD."""


_SUSPECTS = """select distinct password_hash from account
    where disabled_at is null and password_hash is not null and (strpos(password_hash, $1) > 0 or username = any($2))"""


async def is_empty(url: str) -> bool:
    """True if the database has neither places nor accounts."""
    connection = await asyncpg.connect(url)
    try:
        filled = "select exists (select from farm) or exists (select from account)"
        return not await connection.fetchval(filled)
    finally:
        await connection.close()


async def has_demo_accounts(url: str) -> bool:
    """True if somebody can sign in with the demo's password, which is published.

    Looks at the accounts whose hash has the demo's salt, and at those with the names that the demo publishes. All
    others were given a password by somebody, and to try each of them would take 30 ms or more.
    """
    connection = await asyncpg.connect(url)
    try:
        hashes = await connection.fetch(_SUSPECTS, accounts.SALT_TEXT, [name for name, _, _ in DEMO_ACCOUNTS])
    finally:
        await connection.close()
    return any(accounts.has_demo_password(row["password_hash"]) for row in hashes)


async def load(url: str, now: datetime) -> None:
    """Loads the demo: Tunping (屯坪社区) in 2023, and quietly from then to the given moment."""
    await _load(url, demo(now))


async def load_small(url: str) -> None:
    """Loads two small communities in which every value of every enum occurs."""
    await _load(url, small())


def demo(now: datetime = YEAR_ENDS) -> Book:
    """The demo as of a moment. The cases of 2023 are the same whenever that is; they end in early 2024."""
    book = Book("demo")
    accounts.add_admin(book)
    world = _community(book, DEMO)
    stories.add(world)
    rosters.publish(world, 4)
    wishes.add_demo(world)
    branches.add(world)
    branches.receive(world)
    activities.add_demo(world)
    notices.add_demo(world)
    years.add(world, now)
    return book


def small() -> Book:
    book = Book("small")
    accounts.add_admin(book)
    worlds = [_community(book, plan) for plan in (SMALL, NEIGHBOUR)]
    edges.add(*worlds)
    devices.add(book)
    pushes.add(book)
    submissions.add(book)
    return book


def _community(book: Book, plan: Plan) -> World:
    world = World.build(book, plan)
    appeals.add_planned(world)
    disputes.add_planned(world)
    return world


async def _load(url: str, book: Book) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(), loading(connection):
            await book.copy(connection)
        await place_entries(connection)
        # Until the next autovacuum, each act would pass over the entries that were placed, and read all documents.
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
