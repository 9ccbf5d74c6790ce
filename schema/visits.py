"""Visits in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import sql
from db import visits as tables
from db.base import alias
from db.scope import Condition
from db.visits import stands
from rules.visits import VisitMode
from schema.accounts import Account
from schema.compiler import declare as gql
from schema.compiler.arguments import Argument
from schema.compiler.counts import counted, key, key_to
from schema.compiler.sources import Link, Row
from schema.filters import TimeRange, among, in_area, is_id, is_mine, when, within
from schema.ids import meant_by, parse_id
from schema.orders import LATEST
from schema.people import Resident
from schema.photos import Photo, RemovedPhoto, photos_of, removed_photos_of
from schema.places import Building, Grid, Household, Premises
from schema.relay import Connection, Node

_REACHED = gql.through(tables.VisitResident, "visit_id", "resident_id")
_HAD_REACHED = gql.through(tables.VisitCorrectionResident, "visit_correction_id", "resident_id")
_REACHING = gql.through(tables.VisitResident, "resident_id", "visit_id")


def _reached(row: Row, given: Argument) -> Condition:
    reach = alias(tables.VisitResident)
    wanted = meant_by("resident", row.bind(sql.UUID, given.convert(lambda text: parse_id("resident", text))))
    return sql.exists(reach).where(reach.c.visit_id == row.c.id, reach.c.resident_id == wanted)


@gql.filters
class VisitFilter:
    """A filter of visits."""

    grid: strawberry.ID | None = gql.where(is_id("grid", "grid_id"), "In this grid.")
    household: strawberry.ID | None = gql.where(is_id("household", "household_id"), "To this household.")
    premises: strawberry.ID | None = gql.where(is_id("premises", "premises_id"), "To these premises.")
    worker: strawberry.ID | None = gql.where(is_id("account", "worker_id"), "By this account.")
    mine: bool | None = gql.where(is_mine("worker_id"), "True: by the viewer. False: the others.")
    community: strawberry.ID | None = gql.where(in_area("community"), "In this community.")
    estate: strawberry.ID | None = gql.where(in_area("estate"), "In this estate.")
    resident: strawberry.ID | None = gql.where(_reached, "That reached this resident.")
    mode: list[VisitMode] | None = gql.where(among("mode"), "In one of these modes.")
    attempt: bool | None = gql.where(when(lambda row: row.c.is_attempt), "True: only attempts. False: no attempts.")
    occurred_between: TimeRange | None = gql.where(within("occurred_at"), "Within this range of time.")


def _of(foreign_key: str) -> Link:
    """Visits that were not withdrawn, to the row that the foreign key points to."""
    return lambda row, t: sql.and_(t[foreign_key] == row.c.id, stands(t))


def _stands(_: Row, t: Any) -> Condition:
    return stands(t)


def _withdrawn(_: Row, t: Any) -> Condition:
    return sql.not_(stands(t))


@gql.entity(tables.VisitCorrection)
class VisitCorrection:
    """What a visit said before it was corrected or withdrawn."""

    withdraws: bool = gql.column("withdraws", "True if the visit was withdrawn, false if it was corrected.")
    reason: str | None = gql.column("reason", "The reason; null if its text was erased.")
    corrected_by = gql.to_one("corrected_by", "The account that corrected or withdrew it.")
    corrected_at: datetime = gql.column("corrected_at", "When it was corrected or withdrawn.")
    mode = gql.word("mode", VisitMode, "The mode until then.")
    household = gql.to_one("household_id", "The household until then; null for premises.")
    premises = gql.to_one("premises_id", "The premises until then; null for a household.")
    residents: list[Resident] = gql.to_many(_HAD_REACHED, lambda t: [t.id], "The residents reached until then.")
    spoke_with: str | None = gql.column("spoke_with", "With whom else the worker spoke, until then.")
    note: str | None = gql.column("note", "The note until then.")
    occurred_at: datetime = gql.column("occurred_at", "When it occurred, until then.")


@gql.entity(tables.Visit, "visit")
class Visit(Node):
    """A visit (走访) to a household or to premises: on the spot, by telephone or online."""

    id: strawberry.ID = gql.object_id("visit")
    mode = gql.word("mode", VisitMode, "The mode.")
    note: str | None = gql.column("note", "The worker's note.")
    occurred_at: datetime = gql.column("occurred_at", "When it occurred, by the phone's clock.")
    recorded_at: datetime = gql.column("recorded_at", "When the server recorded it.")
    withdrawn_at: datetime | None = gql.column(
        "withdrawn_at", "When it was withdrawn; null if it stands. A withdrawn visit counts nowhere."
    )
    is_attempt: bool = gql.column("is_attempt", "True if it met nobody. An attempt fulfils no duty.")
    household = gql.to_one("household_id", "The household; null for a visit to premises.")
    premises = gql.to_one("premises_id", "The premises; null for a visit to a household.")
    grid = gql.to_one("grid_id", "The grid.")
    worker = gql.to_one("worker_id", "The worker.")
    residents: list[Resident] = gql.to_many(_REACHED, lambda t: [t.id], "The residents reached.")
    spoke_with: str | None = gql.column(
        "spoke_with", "With whom else the worker spoke: at premises, or people who are not on the register."
    )
    photos: list[Photo] = photos_of("visit_id")
    removed_photos: list[RemovedPhoto] = removed_photos_of("visit_id")
    corrections: list[VisitCorrection] = gql.to_many(
        "visit_id", lambda t: [t.corrected_at, t.id], "What it said before each correction, in order."
    )


@counted(Visit, at="occurred_at")
class VisitCount:
    """Visits with the same keys."""

    grid: Grid | None = key_to("grid_id", "The grid.")
    building: Building | None = key_to("building_id", "The building of the household.", shows="household")
    mode: VisitMode | None = key("mode", "The mode.")
    attempt: bool | None = key("is_attempt", "Whether they met nobody.", shows="isAttempt")
    worker: Account | None = key_to("worker_id", "The worker.")


gql.extend(Household, visits=(Connection[Visit], gql.paged("Visits, latest first.", LATEST, link=_of("household_id"))))
gql.extend(Premises, visits=(Connection[Visit], gql.paged("Visits, latest first.", LATEST, link=_of("premises_id"))))
gql.extend(
    Resident,
    visits=(Connection[Visit], gql.paged("Visits that reached the resident, latest first.", LATEST, link=_REACHING)),
)


@gql.roots
class VisitRoots:
    visits: Connection[Visit] = gql.paged(
        "Visits, latest first, without withdrawn ones.", LATEST, link=_stands, where=VisitFilter
    )
    withdrawn_visits: Connection[Visit] = gql.paged(
        "Withdrawn visits, latest first.", LATEST, link=_withdrawn, where=VisitFilter
    )
    visit = gql.by_id("visit", "A visit.")
