"""Visits in GraphQL."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import visits as tables
from rules.visits import VisitMode
from schema.compiler import declare as gql
from schema.filters import TimeRange, among, is_id, within
from schema.orders import LATEST
from schema.people import Resident
from schema.photos import Photo, photos_of
from schema.places import Household
from schema.relay import Connection, Node

_REACHED = gql.through(tables.VisitResident, "visit_id", "resident_id")
_REACHING = gql.through(tables.VisitResident, "resident_id", "visit_id")


@gql.filters
class VisitFilter:
    """A filter of visits."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    household: strawberry.ID | None = gql.where(is_id("household", "household_id"), "To this household.")
    worker: strawberry.ID | None = gql.where(is_id("account", "worker_id"), "By this account.")
    mode: list[VisitMode] | None = gql.where(among("mode"), "In one of these modes.")
    occurred_between: TimeRange | None = gql.where(within("occurred_at"), "Within this range of time.")


@gql.entity(tables.Visit, "visit")
class Visit(Node):
    """A visit (走访) to a household: at home, by telephone or online."""

    id: strawberry.ID = gql.object_id("visit")
    mode = gql.word("mode", VisitMode, "The mode.")
    note: str | None = gql.column("note", "The worker's note.")
    occurred_at: datetime = gql.column("occurred_at", "When it occurred, by the phone's clock.")
    recorded_at: datetime = gql.column("recorded_at", "When the server recorded it.")
    household = gql.to_one("household_id", "The household.")
    grid = gql.to_one("grid_id", "The grid.")
    worker = gql.to_one("worker_id", "The worker.")
    residents: list[Resident] = gql.to_many(_REACHED, lambda t: [t.id], "The residents reached.")
    photos: list[Photo] = photos_of("visit_id")


gql.extend(Household, visits=(Connection[Visit], gql.paged("Visits, latest first.", LATEST, link="household_id")))
gql.extend(
    Resident,
    visits=(Connection[Visit], gql.paged("Visits that reached the resident, latest first.", LATEST, link=_REACHING)),
)


@gql.roots
class VisitRoots:
    visits: Connection[Visit] = gql.paged("Visits, latest first.", LATEST, where=VisitFilter)
    visit = gql.by_id("visit", "A visit.")
