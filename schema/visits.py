"""Visits in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

from db import sql
from db import visits as tables
from db.base import alias
from db.scope import Condition
from rules.visits import MODE_LABELS, VisitMode
from schema.accounts import Account
from schema.compiler.declare import (
    column,
    entity,
    filters,
    labelled,
    object_id,
    to_many,
    to_one,
    where,
)
from schema.compiler.sources import Row
from schema.filters import TimeRange, among, is_id, within
from schema.people import Resident
from schema.photos import Photo, photos_of
from schema.places import AppealType, Grid, Household
from schema.relay import Node

if TYPE_CHECKING:
    from schema.appeals import Appeal  # noqa: F401
    from schema.disputes import Dispute

DisputeType: TypeAlias = Annotated["Dispute", strawberry.lazy("schema.disputes")]


def _reached(row: Row, resident: Any) -> Condition:
    reached = alias(tables.VisitResident)
    both = sql.and_(reached.c.visit_id == row.c.id, reached.c.resident_id == resident.id)
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
    mode_label: str = labelled("mode", MODE_LABELS, "How they were reached, in Chinese.")
    note: str | None = column("note", "What the worker noted.")
    occurred_at: datetime = column("occurred_at", "When it occurred, by the phone's clock.")
    recorded_at: datetime = column("recorded_at", "When the server recorded it.")
    household: Household | None = to_one("household_id", "The household.")
    grid: Grid | None = to_one("grid_id", "The grid.")
    worker: Account | None = to_one("worker_id", "Who visited.")
    residents: list[Resident] = to_many(_reached, lambda t: [t.id], "Who was reached.")
    appeals: list[AppealType] = to_many(
        lambda row, t: t.visit_id == row.c.id, lambda t: [t.id], "Appeals opened from this doorstep."
    )
    photos: list[Photo] = photos_of("visit_id")
    disputes: list[DisputeType] = to_many(
        lambda row, t: t.visit_id == row.c.id, lambda t: [t.id], "Disputes reported from this doorstep."
    )
