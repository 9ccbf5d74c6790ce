"""A register at scale, for measurements: communities beside the demo, loaded by COPY."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import asyncpg

from db.accounts import Assignment
from rules.access import Role
from seeds import accounts, clock_policies, places, policies
from seeds.accounts import Officer
from seeds.book import Book
from seeds.clock import POSTS_BEGIN, SET_UP
from seeds.copying import copy_book
from seeds.people import People
from seeds.places import Town
from seeds.plans import EstatePlan, Plan
from seeds.scale_rows import Bulk, Door, Line

OVERSEER = "规模督导"
"""Works with all the communities of the register; `规模1书记01` with one of them, `规模1网格员01` with one grid."""
MOST_HOUSEHOLDS = 200_000
_HOMES = 2_000
_BATCH = 2_000
_SIZE = re.compile(r"(\d{1,3})k-households")


@dataclass(frozen=True, slots=True)
class Scale:
    """How many communities of 2,000 homes in 5 grids; each home brings five appeals."""

    communities: int

    @classmethod
    def parse(cls, text: str) -> "Scale":
        """From `20k-households`: even thousands, 2 to 200; ValueError otherwise."""
        found = _SIZE.fullmatch(text)
        thousands = int(found[1]) if found else 0
        if thousands * 1_000 not in range(_HOMES, MOST_HOUSEHOLDS + 1, _HOMES):
            raise ValueError(text)
        return cls(thousands * 1_000 // _HOMES)


async def load(url: str, scale: Scale, now: datetime) -> None:
    """Adds the register to a database that has only the demo; its half year ends with the day before ``now``."""
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await _leave_unchecked(connection)
            doors = await _settle(connection, scale)
            for table, columns, lines in Bulk(doors, end).sheets():
                await connection.copy_to_table(table, source=_text(lines), columns=columns.split())
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


async def _leave_unchecked(connection: Any) -> None:
    """Half of the time would go into looking up what each row refers to; only a superuser may leave that out."""
    if await connection.fetchval("select rolsuper from pg_roles where rolname = current_user"):
        await connection.execute("set local session_replication_role = replica")


async def _settle(connection: Any, scale: Scale) -> list[Door]:
    """Places, accounts and policies; the doors between which everything happens."""
    overseer = Officer(_book(0).new_id(SET_UP), "督导", Role.COMMUNITY_STAFF, None)
    first = _book(0)
    accounts.enrol(first, OVERSEER, overseer)
    await copy_book(connection, first)
    doors: list[Door] = []
    for number in range(1, scale.communities + 1):
        book = _book(number)
        town = places.build(book, _plan(number))
        doors += _community(book, town, _plan(number), len(doors))
        post = {"account_id": overseer.id, "community_id": town.community_id, "starts_on": POSTS_BEGIN}
        book.add(Assignment, id=book.new_id(SET_UP), **post)
        await copy_book(connection, book)
    return doors


def _book(number: int) -> Book:
    return Book(f"scale {number}")


def _plan(number: int) -> Plan:
    name = f"规模{number}"
    grids = (EstatePlan(f"{name}小区", (10,) * 5),)
    return Plan(f"{name}农场", f"{name}社区", grids, {}, prefix=name, shapes=((2, 5),), doors=4, heads=0)


def _community(book: Book, town: Town, plan: Plan, before: int) -> Iterator[Door]:
    policies.set_cadences(book, town)
    clocks = clock_policies.wind(book, town)
    staff = accounts.appoint(book, plan, town, People({}))
    for number, home in enumerate(town.homes, before):
        place = (str(home.id), str(home.building.id), str(home.grid.id), str(town.community_id))
        yield Door(number, *place, str(staff.workers[home.grid].id), str(clocks.others[0]))


async def _text(lines: Iterable[Line]) -> AsyncIterator[bytes]:
    """The lines in COPY's text format, in chunks."""
    rest = iter(lines)
    while batch := list(islice(rest, _BATCH)):
        yield "".join(map(_line, batch)).encode()


def _line(values: Sequence[object]) -> str:
    return "\t".join(["\\N" if value is None else str(value) for value in values]) + "\n"
