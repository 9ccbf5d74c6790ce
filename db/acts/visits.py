"""Acts on visits: one submission from a doorstep records the visit and what was found there."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from db import sql
from db.acts.alerts import end_reached
from db.acts.appeals import NewAppeal, open_appeal
from db.acts.disputes import NewDispute, open_dispute
from db.acts.households import home_of
from db.acts.journal import act, entry
from db.acts.late import now_or_then
from db.acts.photos import attach_photos
from db.base import alias
from db.people import Residency, Resident
from db.places import Community, Grid, Household, Premises
from db.scope import Scope, kept_record
from db.transaction import Transaction
from db.visits import Visit, VisitResident
from rules.access import Act
from rules.gathering import noting
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional
from rules.times import check_occurred
from rules.visits import VisitMode, check_place, is_attempt


@dataclass(frozen=True, slots=True)
class NewVisit:
    """A visit to a household or to premises. ``residents`` are those of the household who were reached.

    Without residents and ``spoke_with`` it is an attempt.
    """

    id: UUID
    mode: VisitMode
    occurred_at: datetime
    household: UUID | None = None
    premises: UUID | None = None
    residents: list[UUID] = field(default_factory=list)
    spoke_with: str | None = None
    note: str | None = None
    appeals: list[NewAppeal] = field(default_factory=list)
    disputes: list[NewDispute] = field(default_factory=list)
    photos: list[str] = field(default_factory=list)


@act(Act.RECORD_VISIT)
async def record_visit(tx: Transaction, new: NewVisit) -> UUID:
    """Records a visit, and opens the appeals and disputes that were found there."""
    check_occurred(new.occurred_at, tx.now, tx.viewer.role, "occurredAt")
    note, spoke_with = check_optional(new.note, "note"), check_optional(new.spoke_with, "spokeWith", limit=LINE_LIMIT)
    check_place(new.household, new.premises, len(new.residents))
    place = await now_or_then(tx, new.occurred_at, lambda: place_of_visit(tx, new.household, new.premises))
    residents = await _reached(tx, new)
    visit = Visit(
        id=new.id,
        **place,
        worker_id=tx.worker_id,
        mode=new.mode,
        note=note,
        spoke_with=spoke_with,
        is_attempt=is_attempt(len(residents), spoke_with),
        occurred_at=new.occurred_at,
        recorded_at=tx.now,
    )
    reached = reach_of(visit, residents)
    await tx.save(visit, *reached, entry(tx, EntryKind.VISIT_RECORDED, visit, occurred_at=new.occurred_at))
    await end_reached(tx, residents)
    await attach_photos(tx, new.photos, visit_id=new.id)
    for index, appeal in enumerate(new.appeals):
        with noting("appeals", index):
            there = replace(appeal, household=new.household, premises=new.premises)
            await open_appeal(tx, replace(there, visit=new.id, opened_at=new.occurred_at))
    for index, dispute in enumerate(new.disputes):
        with noting("disputes", index):
            await open_dispute(tx, replace(dispute, visit=new.id, opened_at=new.occurred_at))
    return new.id


async def place_of_visit(tx: Transaction, household: UUID | None, premises: UUID | None) -> dict[str, Any]:
    """The columns of the place of a visit. Sites that a worker only patrols are not visited."""
    if household is not None:
        return {**home_of(await tx.find(Household, household, "household")), "premises_id": None}
    assert premises is not None
    found = await tx.find(Premises, premises, "premises")
    if not await tx.works_in(found.grid_id):
        raise Refusal(Code.NOT_FOUND, "premises")
    return {"household_id": None, "building_id": None, "premises_id": found.id, "grid_id": found.grid_id}


def reach_of(visit: Visit, residents: Iterable[UUID]) -> list[VisitResident]:
    """The rows of the residents whom a visit reached."""
    copied = {"household_id": visit.household_id, "mode": visit.mode, "occurred_at": visit.occurred_at}
    return [VisitResident(visit_id=visit.id, resident_id=resident, **copied) for resident in residents]


async def _reached(tx: Transaction, new: NewVisit) -> list[UUID]:
    """The residents who were reached. Each lives in the household, or did on the day of a visit that is synced late.

    Who lived there then may live by now where the viewer sees nobody.
    """
    if not new.residents:
        return []
    assert new.household is not None
    found = await tx.find_known(Resident, new.residents, lock="share")
    if unseen := [each for each in new.residents if each not in found]:
        await tx.all(Resident, order=("id",), lock="share", id=unseen)
    at_home = await _at_home(tx, new.household, new.residents, new.occurred_at)
    for index, resident in enumerate(new.residents):
        if resident not in at_home:
            raise _elsewhere(index) if resident in found else Refusal(Code.NOT_FOUND, "residents", index)
    return list(dict.fromkeys(at_home[resident] for resident in new.residents))


async def check_at_home(tx: Transaction, household: UUID, residents: list[UUID], at: datetime) -> None:
    """Raises INVALID_INPUT for the first resident who does not live in the household, and did not on that day."""
    at_home = await _at_home(tx, household, residents, at)
    for index, resident in enumerate(residents):
        if resident not in at_home:
            raise _elsewhere(index)


def _elsewhere(index: int) -> Refusal:
    return invalid("该居民当时不住在这一户", "residents", index)


async def _at_home(tx: Transaction, household: UUID, residents: list[UUID], at: datetime) -> dict[UUID, UUID]:
    """Those residents who live in a household, or did on the day of an instant, each with the id of their record."""
    given = {"household": household, "residents": residents, "at": at}
    return {row["named"]: row["resident_id"] for row in await tx.rows(_stays_at, **given)}


def _stays_at(_: Scope) -> sql.Select:
    """Stays in a household that have not ended before the local day of an instant.

    A record that was merged into another keeps its home, although its stay may have no days any more.
    """
    stay, grid, community, merged = alias(Residency), alias(Grid), alias(Community), alias(Resident)
    residents = sql.parameter("residents", sql.array_of(sql.UUID))
    named = sql.rows_of(sql.func.unnest(residents), "named", {"id": sql.UUID})
    household, kept = sql.parameter("household", sql.UUID), kept_record(named.c.id)
    day = sql.cast(sql.func.timezone(community.c.time_zone, sql.parameter("at", sql.INSTANT)), sql.DATE)
    then = sql.and_(stay.c.moved_in_on <= day, stay.c.moved_out_on >= day)
    joined = stay.join(grid, grid.c.id == stay.c.grid_id).join(community, community.c.id == grid.c.community_id)
    not_over = sql.or_(stay.c.moved_out_on.is_(None), then)
    stays = sql.exists(joined).where(stay.c.resident_id == kept, stay.c.household_id == household, not_over)
    by_other_record = sql.exists(merged).where(
        merged.c.household_id == household, merged.c.merged_into.is_not(None), kept_record(merged.c.id) == kept
    )
    found = sql.select(named.c.id.label("named"), kept.label("resident_id")).from_(named)
    return found.where(sql.or_(stays, by_other_record))
