"""Acts on visits: one submission from a doorstep records the visit and what was found there."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.alerts import end_reached
from db.acts.appeals import NewAppeal, open_appeal
from db.acts.disputes import NewDispute, open_dispute
from db.acts.journal import append, digest_of, is_replay
from db.acts.photos import attach_photos
from db.acts.places import community_of_grid
from db.people import Residency, Resident
from db.places import Community, Grid, Household
from db.visits import Visit, VisitResident
from rules.access import Act, require
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
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a submission from a doorstep made."""

    visit: UUID
    appeals: list[UUID]
    disputes: list[UUID]


async def record_visit(acting: Acting, new: NewVisit) -> Recorded:
    """Records a visit and opens the appeals and disputes found there; all of it or nothing."""
    require(acting.viewer, Act.RECORD_VISIT)
    made = Recorded(new.id, [each.id for each in new.appeals], [each.id for each in new.disputes])
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return made
    household = await _write(acting, new)
    append(
        acting,
        EntryKind.VISIT_RECORDED,
        community_id=await community_of_grid(acting, household.grid_id),
        grid_id=household.grid_id,
        building_id=household.building_id,
        household_id=household.id,
        visit_id=new.id,
        occurred_at=new.occurred_at,
        act_id=new.id,
        digest=digest,
    )
    await acting.session.flush()
    await attach_photos(acting, new.photos, visit_id=new.id)
    await _found_there(acting, new)
    return made


async def _write(acting: Acting, new: NewVisit) -> Household:
    check_occurred(new.occurred_at, acting.now, "occurredAt")
    household = await acting.find(Household, new.household, "household")
    residents = await _living_there(acting, new, household)
    visit = Visit(
        id=new.id,
        household_id=household.id,
        building_id=household.building_id,
        grid_id=household.grid_id,
        worker_id=acting.worker_id,
        mode=new.mode,
        note=check_optional(new.note, "note"),
        occurred_at=new.occurred_at,
        recorded_at=acting.now,
    )
    acting.session.add(visit)
    await acting.session.flush()
    reach: dict[str, Any] = {"household_id": household.id, "mode": new.mode, "occurred_at": new.occurred_at}
    acting.session.add_all(VisitResident(visit_id=new.id, resident_id=each.id, **reach) for each in residents)
    await acting.session.flush()
    await end_reached(acting, [each.id for each in residents])
    return household


async def _living_there(acting: Acting, new: NewVisit, household: Household) -> list[Resident]:
    """Those reached: each lives there, or did on the day of the visit, which may be long ago when it is synced."""
    residents = await acting.find_all(Resident, list(dict.fromkeys(new.residents)), "residents")
    at_home = await _at_home(acting, new, household) if residents else set()
    for index, resident in enumerate(residents):
        if resident.id not in at_home:
            raise invalid("该居民当时不住在这一户", "the resident did not live there then", "residents", index)
    return residents


async def _at_home(acting: Acting, new: NewVisit, household: Household) -> set[UUID]:
    """Who lives in a household, or did on the day of a visit, the day of moving out included."""
    zone = sa.select(col(Community.time_zone)).join(Grid, col(Grid.community_id) == Community.id)
    here = zone.where(col(Grid.id) == household.grid_id).scalar_subquery()
    day = sa.cast(sa.func.timezone(here, sa.literal(new.occurred_at, sa.DateTime(timezone=True))), sa.Date)
    out = col(Residency.moved_out_on)
    then = sa.or_(out.is_(None), sa.and_(col(Residency.moved_in_on) <= day, out >= day))
    living = select(col(Residency.resident_id)).where(col(Residency.household_id) == household.id, then)
    return set((await acting.session.exec(living)).all())


async def _found_there(acting: Acting, new: NewVisit) -> None:
    for index, appeal in enumerate(new.appeals):
        with refusals_under("appeals", index):
            await open_appeal(acting, _at_the_door(appeal, new))
    for index, dispute in enumerate(new.disputes):
        with refusals_under("disputes", index):
            await open_dispute(acting, replace(dispute, visit=new.id, opened_at=new.occurred_at))


def _at_the_door(appeal: NewAppeal, new: NewVisit) -> NewAppeal:
    return replace(appeal, household=new.household, visit=new.id, opened_at=new.occurred_at)
