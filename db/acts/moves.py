"""Putting somebody on the register, and writing down that they moved away."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.journal import append
from db.acts.places import community_of_grid
from db.people import Residency, Resident
from db.places import Household
from rules.journal import EntryKind
from rules.people import Sex
from rules.refusals import invalid
from rules.reports import check_born
from rules.text import LINE_LIMIT, check_optional, check_text


@dataclass(frozen=True, slots=True)
class NewResident:
    """Somebody to put on the register, living in a household from a day on."""

    id: UUID
    household: UUID
    name: str
    sex: Sex
    moved_in_on: date
    born_on: date | None = None
    phone: str | None = None


async def add_resident(acting: Acting, new: NewResident) -> UUID:
    """Puts somebody on the register."""
    check_born(new.born_on, new.moved_in_on)
    home = await acting.find(Household, new.household, "household")
    place: dict[str, Any] = {"household_id": home.id, "building_id": home.building_id, "grid_id": home.grid_id}
    resident = Resident(
        id=new.id,
        **place,
        name=check_text(new.name, "name", limit=LINE_LIMIT),
        sex=new.sex,
        born_on=new.born_on,
        phone=check_optional(new.phone, "phone", limit=LINE_LIMIT),
    )
    acting.session.add(resident)
    await acting.session.flush()
    by: dict[str, Any] = {"recorded_by": acting.viewer.account_id, "recorded_at": acting.now}
    acting.session.add(Residency(resident_id=resident.id, **place, moved_in_on=new.moved_in_on, **by))
    await _note(acting, EntryKind.RESIDENT_ADDED, resident)
    return new.id


@dataclass(frozen=True, slots=True)
class Move:
    """Who moves away, and from which day on they live here no longer."""

    residents: list[UUID]
    on: date


async def move_out(acting: Acting, move: Move) -> list[UUID]:
    """People leave the community; what is known of them stays."""
    if not move.residents:
        raise invalid("请写明居民", "name at least one resident", "residents")
    for index, uuid in enumerate(move.residents):
        await _leave(acting, uuid, move.on, "residents", index)
    return move.residents


async def _leave(acting: Acting, uuid: UUID, on: date, *path: str | int) -> None:
    resident = await acting.find(Resident, uuid, *path, lock=True)
    living = (col(Residency.resident_id) == uuid, col(Residency.moved_out_on).is_(None))
    stay = (await acting.session.exec(select(Residency).where(*living).with_for_update())).first()
    if stay is None or resident.left_on is not None:
        raise invalid("该居民已迁出", "the resident has moved away", *path)
    if on < stay.moved_in_on:
        raise invalid(f"该居民 {stay.moved_in_on} 才迁入", f"the resident moved in on {stay.moved_in_on}", *path)
    stay.moved_out_on = resident.left_on = on
    acting.session.add_all([stay, resident])
    await acting.session.flush()
    await _note(acting, EntryKind.RESIDENT_LEFT, resident)


async def _note(acting: Acting, kind: EntryKind, resident: Resident) -> None:
    append(
        acting,
        kind,
        community_id=await community_of_grid(acting, resident.grid_id),
        grid_id=resident.grid_id,
        building_id=resident.building_id,
        household_id=resident.household_id,
        resident_id=resident.id,
    )
