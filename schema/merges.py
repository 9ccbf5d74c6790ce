"""Double records in GraphQL: which look like one person, and which were made one."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import people as tables
from db import sql
from db.base import alias
from rules.access import OFFICE_READERS
from rules.people import Likeness
from schema.compiler.declare import column, derived, entity, labelled, object_id, paged, roots, to_one
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.people import Resident
from schema.places import on_register
from schema.relay import Connection, Node

BY_LIKENESS = Order(("name", "first_id", "second_id"))


def duplicate_pairs(row: Row) -> sql.From:
    """Pairs of residents in the viewer's grids with one name, and one date of birth or one telephone."""
    first, second = alias(tables.Resident), alias(tables.Resident)
    born, phone = first.c.born_on == second.c.born_on, first.c.phone == second.c.phone
    seen = row.scope.role in OFFICE_READERS
    alike = sql.and_(first.c.name == second.c.name, first.c.id < second.c.id, sql.or_(born, phone))
    mine = (each.c.grid_id == sql.any_(row.scope.grids) for each in (first, second))
    why = sql.case((born, constant(Likeness.NAME_AND_BIRTH)), else_=constant(Likeness.NAME_AND_PHONE))
    return (
        sql.select(first.c.name, first.c.id.label("first_id"), second.c.id.label("second_id"), why.label("why"))
        .from_(first.join(second, alike))
        .where(on_register(first.c), on_register(second.c), *mine, sql.TRUE if seen else sql.FALSE)
        .subquery("pair")
    )


@derived
class DuplicateSuggestion:
    """Two records that look like one person."""

    first: Resident | None = to_one("first_id", "The one; the record that was made first.")
    second: Resident | None = to_one("second_id", "The other.")
    why: Likeness = column("why", "What they share.")
    why_label: str = labelled("why", Likeness, "What they share, in Chinese.")


@entity(tables.ResidentMerge, "merge")
class ResidentMerge(Node):
    """Two records of one person that were made one."""

    id: strawberry.ID = object_id("merge")
    kept = to_one("kept_id", "The record that has everything now.")
    merged = to_one("merged_id", "The record that was taken over.")
    merged_by = to_one("merged_by", "Who merged them.")
    merged_at: datetime = column("merged_at", "When.")
    undone_by = to_one("undone_by", "Who parted them again.")
    undone_at: datetime | None = column("undone_at", "When they were parted again; null while they are one.")


@roots
class MergeRoots:
    """What can be read of double records."""

    duplicate_suggestions: Connection[DuplicateSuggestion] = paged(
        "Pairs of records that look like one person; `mergeResidents` makes them one.",
        BY_LIKENESS,
        rows=duplicate_pairs,
    )
