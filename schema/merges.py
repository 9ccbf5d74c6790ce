"""Duplicate records of residents in GraphQL: suggestions and mergers."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import people as tables
from db import sql
from db.base import alias
from db.people import lives_here
from rules.people import Likeness
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.people import Resident
from schema.relay import Connection, Node

BY_LIKENESS = Order(("name", "first_id", "second_id"))


def duplicate_pairs(row: Row) -> sql.From:
    """Pairs of residents in the viewer's grids with the same name in any spelling, and the same birth or telephone."""
    first, second = alias(tables.Resident), alias(tables.Resident)
    born, phone = first.c.born_on == second.c.born_on, first.c.phone == second.c.phone
    alike = sql.and_(first.c.name_folded == second.c.name_folded, first.c.id < second.c.id, sql.or_(born, phone))
    mine = (each.c.grid_id == sql.any_(row.scope.grids) for each in (first, second))
    why = sql.case((born, constant(Likeness.NAME_AND_BIRTH)), else_=constant(Likeness.NAME_AND_PHONE))
    return (
        sql.select(
            first.c.name_folded.label("name"),
            first.c.id.label("first_id"),
            second.c.id.label("second_id"),
            why.label("why"),
        )
        .from_(first.join(second, alike))
        .where(lives_here(first.c), lives_here(second.c), *mine)
        .subquery("pair")
    )


@gql.derived
class DuplicateSuggestion:
    """Two records that may belong to one person."""

    first: Resident | None = gql.to_one("first_id", "The older record.")
    second: Resident | None = gql.to_one("second_id", "The newer record.")
    why = gql.word("why", Likeness, "The data that they share.")


@gql.entity(tables.ResidentMerge, "merge")
class ResidentMerge(Node):
    """The merger of two records of one person."""

    id: strawberry.ID = gql.object_id("merge")
    kept = gql.to_one("kept_id", "The record that remains.")
    merged = gql.to_one("merged_id", "The record that was merged into it.")
    merged_by = gql.to_one("merged_by", "The account that merged them.")
    merged_at: datetime = gql.column("merged_at", "When they were merged.")
    undone_by = gql.to_one("undone_by", "The account that undid the merger.")
    undone_at: datetime | None = gql.column("undone_at", "When the merger was undone; null if it is in effect.")


@gql.roots
class MergeRoots:
    duplicate_suggestions: Connection[DuplicateSuggestion] = gql.paged(
        "Pairs of records that may belong to one person; `mergeResidents` merges them.",
        BY_LIKENESS,
        rows=duplicate_pairs,
        weight=4_000,
    )
