"""What all cases have, whatever they are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from db import places as place_tables
from db import sql
from db.sql import Column
from rules.actions import CaseAction
from rules.cases import CasePhase, HandlingLevel
from rules.vocabulary import Word
from schema.actions import ALLOWED_ACTIONS
from schema.clocks import Deadline
from schema.compiler import declare as gql
from schema.compiler.declare import PAGING
from schema.compiler.expressions import column_of, constant
from schema.compiler.sources import Alternative, Expression, Row
from schema.journal import FeedEvent, JournalEntry
from schema.places import Grid, address, label_of_building
from schema.relay import Connection, Node

PLACE = "The address as far as it is known, in Chinese; without one the name of the premises or the area."
_TIMELINE = strawberry.field(description="The journal entries about it, in order.")
_TIMELINE.arguments = list(PAGING)


@strawberry.interface(description="A case: an appeal, an incident of several appeals, a dispute or a wish.")
class Case(Node):
    phase: CasePhase = strawberry.field(description="The phase, which groups the statuses of all kinds of cases.")
    phase_label: str = strawberry.field(description="The phase, as a label.")
    status_label: str = strawberry.field(description="The status, as a label. Each kind has its own `status`.")
    handling_level: HandlingLevel | None = strawberry.field(description="The level that handles it; null for wishes.")
    handling_level_label: str | None = strawberry.field(description="The level that handles it, as a label.")
    grid: Grid | None = strawberry.field(description="The grid it belongs to.")
    address: str = strawberry.field(description=PLACE)
    deadlines: list[Deadline] = strawberry.field(description="The deadlines; empty for wishes.")
    opened_at: datetime = strawberry.field(description="When it was opened, proposed or created.")
    closed_at: datetime | None = strawberry.field(description="When it ended; null while it goes on.")
    allowed_actions: list[CaseAction] = strawberry.field(description=ALLOWED_ACTIONS)
    timeline: Connection[JournalEntry] = _TIMELINE


def phase(groups: Mapping[Any, CasePhase], of: Expression = lambda row: row.c.status) -> Any:
    """The phase by the status."""
    return gql.word(_grouped(of, groups), CasePhase, "The phase.")


def handling_level(of: Expression = lambda row: row.c.level) -> Any:
    """The level, whose words are those of both appeals and disputes."""
    return gql.word(of, HandlingLevel, "The level that handles it.")


def _grouped(of: Expression, groups: Mapping[Any, Word]) -> Expression:
    """The group that a word belongs to."""

    def expression(row: Row) -> Column:
        whens = ((constant(word), constant(group)) for word, group in groups.items())
        return sql.case(*whens, value=sql.cast(of(row), sql.TEXT))

    return expression


_NAMES = [
    column_of(each, "grid_id", "name") for each in (place_tables.Grid, place_tables.Estate, place_tables.Community)
]


def area(row: Row) -> Column:
    """The name of the grid, or of the estate or community as a whole, that a case belongs to."""
    return sql.func.coalesce(*(name(row) for name in _NAMES))


def address_of(row: Row) -> Column:
    """The address as far as it is known, such as 3号楼2单元501; else the name of the premises or the area."""
    wide, room = area(row), sql.NULL
    if "premises_id" in row.c:
        firm = place_tables.firms()
        wide = sql.func.coalesce(
            sql.select(firm.c.name).from_(firm).where(firm.c.id == row.c.premises_id).scalar(), wide
        )
    if "household_id" in row.c:
        door = place_tables.doors()
        room = sql.select(door.c.room).from_(door).where(door.c.id == row.c.household_id).scalar()
    return sql.case((row.c.building_id.is_not(None), address(label_of_building(row), row.c.unit, room)), else_=wide)


def _about(prefix: str, type_name: str) -> Alternative:
    """The case that a journal entry is about, if it is one of this type."""
    key = f"{prefix}_id"
    return Alternative(type_name, lambda row: row.c[key].is_not(None), lambda row, t: t.id == row.c[key])


_KINDS = (("appeal", "Appeal"), ("dispute", "Dispute"), ("wish", "Wish"), ("incident", "Incident"))
"""An entry about an appeal of an incident has the ids of both."""
for each in (JournalEntry, FeedEvent):
    found = gql.either([_about(*kind) for kind in _KINDS], "The case; null if it is about none, or it is not visible.")
    gql.extend(each, case=(Case | None, found))


@gql.roots
class CaseRoots:
    case: Case | None = gql.node(
        "A case of any kind by its id; null if it does not exist or is not visible to the viewer.", "a case"
    )
