"""Residents in GraphQL. Their colours and full numbers are the workers' alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
import strawberry
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from db import people as tables
from db import visits as visit_tables
from db.scope import Condition, alias, table
from rules.access import WORKERS
from rules.people import Colour, Sex
from schema.compiler.arguments import Argument
from schema.compiler.declare import (
    column,
    entity,
    filters,
    object_id,
    paged,
    to_one,
    value,
    where,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Column, Row
from schema.filters import contains, is_id
from schema.orders import LATEST, NEWEST
from schema.places import AppealType, Household, VisitType
from schema.relay import Connection, Node

if TYPE_CHECKING:
    from schema.appeals import Appeal  # noqa: F401
    from schema.visits import Visit  # noqa: F401


def _workers_only(row: Row, found: Column) -> Column:
    """Neighbours, and a building head is one, are not told: they get null."""
    return found if row.scope.role in WORKERS else sa.null()


def _colours(row: Row) -> Column:
    held = alias(table(tables.ResidentColour))
    listed = sa.func.json_agg(aggregate_order_by(held.c.colour, held.c.colour))
    found = (
        sa.select(sa.func.coalesce(listed, sa.literal_column("'[]'::json"), type_=sa.JSON()))
        .where(held.c.resident_id == row.c.id, held.c.removed_at.is_(None))
        .correlate_except(held)
    )
    return _workers_only(row, found.scalar_subquery())


def _masked_phone(row: Row) -> Column:
    phone = row.c.phone
    return sa.func.left(phone, 3).op("||")(constant("****")).op("||")(sa.func.right(phone, 4))


def _has_colour(row: Row, given: Argument) -> Condition:
    """Filters by colour find nothing for those who may not know colours."""
    if row.scope.role not in WORKERS:
        return sa.false()
    held = alias(table(tables.ResidentColour))
    wanted = row.bind(ARRAY(sa.Text()), given.convert(lambda values: [value.value for value in values]))
    colour = sa.cast(held.c.colour, sa.Text)
    own = sa.and_(held.c.resident_id == row.c.id, held.c.removed_at.is_(None))
    return sa.exists().where(own, colour == sa.any_(wanted)).correlate_except(held)


def reached_in(row: Row, visit: sa.FromClause) -> Condition:
    """The resident of ``row`` was reached in the visit."""
    reached = alias(table(visit_tables.VisitResident))
    both = sa.and_(reached.c.visit_id == visit.id, reached.c.resident_id == row.c.id)  # type: ignore[attr-defined]
    return sa.exists().where(both).correlate_except(reached)


@filters
class ResidentFilter:
    """Which residents."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "Of this grid.")
    building: strawberry.ID | None = where(is_id("building", "building_id"), "Of this building.")
    household: strawberry.ID | None = where(is_id("household", "household_id"), "Of this household.")
    colour: list[Colour] | None = where(_has_colour, "With one of these colours; nobody, for a building head.")
    text: str | None = where(contains("name"), "Whose name contains this.")


@entity(tables.Resident, "resident")
class Resident(Node):
    """A resident (居民)."""

    id: strawberry.ID = object_id("resident")
    name: str = column("name", "Name.")
    sex: Sex = column("sex", "Sex, as in the household register.")
    born_on: date | None = column("born_on", "Date of birth, if known.")
    phone: str | None = value(lambda row: _workers_only(row, row.c.phone), "Telephone; null for a building head.")
    phone_masked: str | None = value(_masked_phone, "Telephone with its middle hidden.")
    colours: list[Colour] | None = value(
        _colours,
        "The colours (六色) that say how often to reach them or what to call them for; workers only.",
    )
    household: Household | None = to_one("household_id", "Where they live.")
    visits: Connection[VisitType] = paged("Visits that reached them, latest first.", LATEST, link=reached_in)
    appeals: Connection[AppealType] = paged(
        "Appeals they made, newest first.", NEWEST, link=lambda row, t: t.resident_id == row.c.id
    )
