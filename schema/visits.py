"""Visits in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import sql
from db import visits as tables
from db.base import alias
from db.scope import Condition
from rules.visits import VisitMode
from schema.compiler.declare import (
    by_id,
    column,
    entity,
    extend,
    filters,
    labelled,
    object_id,
    paged,
    roots,
    to_many,
    to_one,
    where,
)
from schema.compiler.sources import Row
from schema.filters import TimeRange, among, is_id, within
from schema.orders import LATEST
from schema.people import Resident
from schema.photos import Photo, photos_of
from schema.places import Household
from schema.relay import Connection, Node


def _reached(row: Row, resident: Any) -> Condition:
    reached = alias(tables.VisitResident)
    both = sql.and_(reached.c.visit_id == row.c.id, reached.c.resident_id == resident.id)
    return sql.exists(reached).where(both)


def _reached_in(row: Row, visit: Any) -> Condition:
    """Whether the resident of ``row`` was reached in the visit."""
    reached = alias(tables.VisitResident)
    both = sql.and_(reached.c.visit_id == visit.id, reached.c.resident_id == row.c.id)
    return sql.exists(reached).where(both)


@filters
class VisitFilter:
    """Which visits."""

    grid: strawberry.ID | None = where(is_id("grid", "grid_id"), "In this grid.")
    household: strawberry.ID | None = where(is_id("household", "household_id"), "To this household.")
    worker: strawberry.ID | None = where(is_id("account", "worker_id"), "By this account.")
    mode: list[VisitMode] | None = where(among("mode"), "In one of these modes.")
    occurred_between: TimeRange | None = where(within("occurred_at"), "That occurred in this time.")


@entity(tables.Visit, "visit")
class Visit(Node):
    """A visit (走访): a household was reached, at home, by telephone or online."""

    id: strawberry.ID = object_id("visit")
    mode: VisitMode = column("mode", "How they were reached.")
    mode_label: str = labelled("mode", VisitMode, "How they were reached, in Chinese.")
    note: str | None = column("note", "What the worker noted.")
    occurred_at: datetime = column("occurred_at", "When it occurred, by the phone's clock.")
    recorded_at: datetime = column("recorded_at", "When the server recorded it.")
    household = to_one("household_id", "The household.")
    grid = to_one("grid_id", "The grid.")
    worker = to_one("worker_id", "Who visited.")
    residents: list[Resident] = to_many(_reached, lambda t: [t.id], "Who was reached.")
    photos: list[Photo] = photos_of("visit_id")


extend(
    Household,
    visits=(Connection[Visit], paged("Visits to it, latest first.", LATEST, link="household_id")),
)
extend(
    Resident,
    visits=(Connection[Visit], paged("Visits that reached them, latest first.", LATEST, link=_reached_in)),
)


@roots
class VisitRoots:
    """What can be read of visits."""

    visits: Connection[Visit] = paged("Visits, latest first.", LATEST, where=VisitFilter)
    visit = by_id("visit", "A visit.")
