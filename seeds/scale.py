"""A large register for measurements: communities beside the demo, loaded by COPY."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import asyncpg

from db.accounts import Assignment
from db.loading import loading
from db.positions import place_entries
from rules.access import Role
from seeds import accounts, clock_policies, places, policies
from seeds.accounts import Officer
from seeds.book import Book
from seeds.clock import POSTS_BEGIN, SET_UP
from seeds.people import People
from seeds.places import Town
from seeds.plans import EstatePlan, Plan
from seeds.scale_rows import Bulk, Door, Line

OVERSEER = "规模督导"
"""An account of all communities; `规模1书记01` has one community, `规模1网格员01` one grid."""
MOST_HOUSEHOLDS = 200_000
_HOMES = 2_000
_BATCH = 2_000
_DOCUMENTS = ("resident", "visit", "appeal", "dispute")
"""The large tables whose rows are documents of phones."""
_SIZE = re.compile(r"(\d{1,3})k-households")


@dataclass(frozen=True, slots=True)
class Scale:
    """The number of communities, each with 2,000 homes in 5 grids and five appeals a home."""

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
    """Adds the register to a database that has only the demo; its half year ends on the day before ``now``."""
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(), loading(connection):
            doors = await _settle(connection, scale)
            await _leave_unchecked(connection)
            await _note_documents(connection, "always trigger")
            for table, columns, lines in Bulk(doors, end).sheets():
                await connection.copy_to_table(table, source=_text(lines), columns=columns.split())
            await _note_documents(connection, "trigger")
        await place_entries(connection)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


async def _leave_unchecked(connection: Any) -> None:
    """Switches off triggers and foreign key checks, half of the loading time. Only a superuser can."""
    if await connection.fetchval("select rolsuper from pg_roles where rolname = current_user"):
        await connection.execute("set local session_replication_role = replica")


async def _note_documents(connection: Any, how: str) -> None:
    """Switches the triggers that note the documents of phones: ``always trigger`` on, and ``trigger`` to as before."""
    for table in _DOCUMENTS:
        await connection.execute(f"alter table {table} enable {how} {table}_documents_insert")


async def _settle(connection: Any, scale: Scale) -> list[Door]:
    """Adds places, accounts and policies; returns the doors."""
    overseer = Officer(_book(0).new_id(SET_UP), "督导", Role.COMMUNITY_STAFF, None)
    first = _book(0)
    accounts.add_account(first, OVERSEER, overseer)
    await first.copy(connection)
    doors: list[Door] = []
    for number in range(1, scale.communities + 1):
        book = _book(number)
        town = places.add(book, _plan(number))
        doors += _community(book, town, _plan(number), len(doors))
        post = {"account_id": overseer.id, "community_id": town.community_id, "starts_on": POSTS_BEGIN}
        book.add(Assignment, id=book.new_id(SET_UP), **post)
        await book.copy(connection)
    return doors


def _book(number: int) -> Book:
    return Book(f"scale {number}")


def _plan(number: int) -> Plan:
    name = f"规模{number}"
    grids = (EstatePlan(f"{name}小区", (10,) * 5),)
    return Plan(f"{name}农场", f"{name}社区", grids, {}, prefix=name, shapes=((2, 5),), doors=4, heads=0)


def _community(book: Book, town: Town, plan: Plan, before: int) -> Iterator[Door]:
    policies.add(book, town)
    clocks = clock_policies.add(book, town)
    staff = accounts.add_staff(book, plan, town, People({}))
    for number, home in enumerate(town.homes, before):
        place = (str(home.id), str(home.building.id), str(home.grid.id), str(town.community_id))
        yield Door(number, *place, str(staff.workers[home.grid].id), str(clocks.others[0]))


async def _text(lines: Iterable[Line]) -> AsyncIterator[bytes]:
    """The lines in COPY's text format, in chunks."""
    rest = iter(lines)
    while batch := list(islice(rest, _BATCH)):
        yield "".join(map(_line, batch)).encode()


def _line(values: Sequence[object]) -> str:
    return "\t".join(["\\N" if value is None else str(value).replace("\n", r"\n") for value in values]) + "\n"
