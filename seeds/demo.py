"""Loads the demo community, or a small one with its neighbour, into an empty database."""

import asyncpg

from rules.access import Role
from seeds import accounts, appeals, disputes, edges, rosters, stories, wishes
from seeds.book import Book
from seeds.copying import copy_book
from seeds.known import DEMO_COUNTER_CODE, DEMO_PASSWORD
from seeds.plans import DEMO, NEIGHBOUR, SMALL, Plan
from seeds.world import World

__all__ = ["DEMO_ACCOUNTS", "DEMO_COUNTER_CODE", "DEMO_PASSWORD", "is_empty", "load", "load_small"]

DEMO_ACCOUNTS: list[tuple[str, Role, str]] = [
    ("网格员01", Role.GRID_WORKER, "金穗家园01号网格（1至5号楼）"),
    ("网格长01", Role.GRID_LEADER, "金穗家园"),
    ("联户长03", Role.BUILDING_HEAD, "3号楼"),
    ("社区01", Role.COMMUNITY_STAFF, "屯坪社区"),
    ("书记01", Role.SECRETARY, "屯坪社区"),
    ("热力公司01", Role.PARTNER, "三坪热力公司"),
    ("管理员", Role.ADMIN, "全部"),
]
"""Some accounts to try, with role and place; the password of all is DEMO_PASSWORD."""


async def is_empty(url: str) -> bool:
    """Whether nobody has put anything in yet."""
    connection = await asyncpg.connect(url)
    try:
        filled = "select exists (select from farm) or exists (select from account)"
        return not await connection.fetchval(filled)
    finally:
        await connection.close()


async def load(url: str) -> None:
    """Loads the demo: Tunping in 2023."""
    await _load(url, demo())


async def load_small(url: str) -> None:
    """Loads two small communities in which everything occurs that the vocabulary has a word for."""
    await _load(url, small())


def demo() -> Book:
    """All rows of the demo."""
    book = Book("demo")
    accounts.appoint_admin(book)
    world = _community(book, DEMO)
    stories.tell(world)
    rosters.publish(world, 4)
    wishes.tell(world)
    return book


def small() -> Book:
    """All rows of the small communities."""
    book = Book("small")
    accounts.appoint_admin(book)
    worlds = [_community(book, plan) for plan in (SMALL, NEIGHBOUR)]
    edges.add(*worlds)
    return book


def _community(book: Book, plan: Plan) -> World:
    world = World.build(book, plan)
    appeals.happen(world)
    disputes.happen(world)
    return world


async def _load(url: str, book: Book) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            tables = await copy_book(connection, book)
        await connection.execute(f"analyze {', '.join(tables)}")
    finally:
        await connection.close()
