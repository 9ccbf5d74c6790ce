"""Acts on visits: one submission from a doorstep records the visit and what was found there."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from db import sql
from db.acts.alerts import end_reached
from db.acts.appeals import NewAppeal, open_appeal
from db.acts.disputes import NewDispute, open_dispute
from db.acts.journal import act, entry
from db.acts.photos import attach_photos
from db.base import alias
from db.people import Residency, Resident
from db.places import Community, Grid, Household
from db.scope import Scope
from db.transaction import Transaction
from db.visits import Visit, VisitResident
from rules.access import Act
from rules.journal import EntryKind
from rules.refusals import invalid, refusals_under
from rules.text import check_optional
from rules.visits import VisitMode, check_occurred


@dataclass(frozen=True, slots=True)
class NewVisit:
    """What a worker records at a door."""

    id: UUID
    household: UUID
    mode: VisitMode
    occurred_at: datetime
    residents: list[UUID] = field(default_factory=list)
    note: str | None = None
    appeals: list[NewAppeal] = field(default_factory=list)
    disputes: list[NewDispute] = field(default_factory=list)
    photos: list[str] = field(default_factory=list)


@act(Act.RECORD_VISIT)
async def record_visit(tx: Transaction, new: NewVisit) -> UUID:
    """Records a visit and opens the appeals and disputes found there; all of it or nothing."""
    check_occurred(new.occurred_at, tx.now, "occurredAt")
    household = await tx.find(Household, new.household, "household")
    residents = await _living_there(tx, new)
    visit = Visit(
        id=new.id,
        household_id=household.id,
        building_id=household.building_id,
        grid_id=household.grid_id,
        worker_id=tx.worker_id,
        mode=new.mode,
        note=check_optional(new.note, "note"),
        occurred_at=new.occurred_at,
        recorded_at=tx.now,
    )
    recorded = entry(tx, EntryKind.VISIT_RECORDED, visit, occurred_at=new.occurred_at)
    await tx.save(visit, *(_reached(visit, resident) for resident in residents), recorded)
    await end_reached(tx, residents)
    await attach_photos(tx, new.photos, visit_id=new.id)
    await _open_found(tx, new)
    return new.id


def _reached(visit: Visit, resident: UUID) -> VisitResident:
    return VisitResident(
        visit_id=visit.id,
        resident_id=resident,
        household_id=visit.household_id,
        mode=visit.mode,
        occurred_at=visit.occurred_at,
    )


async def _living_there(tx: Transaction, new: NewVisit) -> list[UUID]:
    """Those reached: each lives there, or did on the day of the visit, which may be long ago when it is synced."""
    residents = list(dict.fromkeys(new.residents))
    if not residents:
        return []
    await tx.find_all(Resident, residents, "residents")
    given = {"household": new.household, "residents": residents, "at": new.occurred_at}
    at_home = {row["resident_id"] for row in await tx.rows(_at_home, **given)}
    for index, resident in enumerate(residents):
        if resident not in at_home:
            raise invalid("该居民当时不住在这一户", "the resident did not live there then", "residents", index)
    return residents


def _at_home(_: Scope) -> sql.Select:
    """Who of some residents lives in a household, or did on the day of an instant, the day of moving out included."""
    stay, grid, community = alias(Residency), alias(Grid), alias(Community)
    day = sql.cast(sql.func.timezone(community.c.time_zone, sql.parameter("at", sql.INSTANT)), sql.DATE)
    then = sql.and_(stay.c.moved_in_on <= day, stay.c.moved_out_on >= day)
    return (
        sql.select(stay.c.resident_id)
        .from_(stay.join(grid, grid.c.id == stay.c.grid_id).join(community, community.c.id == grid.c.community_id))
        .where(stay.c.resident_id == sql.any_(sql.parameter("residents", sql.array_of(sql.UUID))))
        .where(stay.c.household_id == sql.parameter("household", sql.UUID))
        .where(sql.or_(stay.c.moved_out_on.is_(None), then))
    )


async def _open_found(tx: Transaction, new: NewVisit) -> None:
    """Opens what was found at the door; household, time and source are the visit's."""
    for index, appeal in enumerate(new.appeals):
        with refusals_under("appeals", index):
            found = replace(appeal, household=new.household, visit=new.id, opened_at=new.occurred_at)
            await open_appeal(tx, found)
    for index, dispute in enumerate(new.disputes):
        with refusals_under("disputes", index):
            await open_dispute(tx, replace(dispute, visit=new.id, opened_at=new.occurred_at))
