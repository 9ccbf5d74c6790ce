"""Acts on households."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from db.acts.journal import act, entry
from db.places import Building, Household
from db.transaction import Transaction
from rules.access import Act
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text

_LOWEST_FLOOR = -5
"""Basements count down from -1. The limit catches typing errors."""


def home_of(household: Household) -> dict[str, Any]:
    """The columns by which residents, stays and visits refer to their household."""
    return {"household_id": household.id, "building_id": household.building_id, "grid_id": household.grid_id}


@dataclass(frozen=True, slots=True)
class NewHousehold:
    id: UUID
    building: UUID
    unit: int
    floor: int
    room: str


@act(Act.KEEP_REGISTER)
async def add_household(tx: Transaction, new: NewHousehold) -> UUID:
    room = check_text(new.room, "room", limit=LINE_LIMIT)
    building = await tx.find(Building, new.building, "building", lock=True)
    if not await tx.works_in(building.grid_id):
        raise Refusal(Code.NOT_FOUND, "building")
    place = {"building_id": building.id, "grid_id": building.grid_id}
    household = Household(id=new.id, **place, unit=new.unit, floor=new.floor, room=room)
    await _save(tx, EntryKind.HOUSEHOLD_ADDED, household, building)
    return new.id


@dataclass(frozen=True, slots=True)
class DoorCorrection:
    """New values of unit, floor and room. Those that are not in ``changes``, or null, stay."""

    household: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_REGISTER, key="act", again="household")
async def correct_household(tx: Transaction, given: DoorCorrection) -> UUID:
    changes = {name: value for name, value in given.changes.items() if value is not None}
    if "room" in changes:
        changes["room"] = check_text(changes["room"], "room", limit=LINE_LIMIT)
    household = await tx.find(Household, given.household, "household", lock=True)
    building = await tx.get(Building, id=household.building_id)
    before = building.address(household.unit, household.room)
    if all(getattr(household, name) == value for name, value in changes.items()):
        raise invalid("没有要更正的内容", "nothing to correct", "household")
    household.change(changes)
    note = f"{before} → {building.address(household.unit, household.room)}"
    await _save(tx, EntryKind.HOUSEHOLD_CORRECTED, household, building, note)
    return household.id


async def _save(
    tx: Transaction, kind: EntryKind, household: Household, building: Building, note: str | None = None
) -> None:
    """Saves a household that fits its building. Raises INVALID_INPUT otherwise, and for a room that exists."""
    if not 1 <= household.unit <= building.units:
        raise invalid(f"{building.number}号楼没有{household.unit}单元", f"there is no unit {household.unit}", "unit")
    if not _LOWEST_FLOOR <= household.floor <= building.floors:
        raise invalid(f"{building.number}号楼没有{household.floor}层", f"there is no floor {household.floor}", "floor")
    address = building.address(household.unit, household.room)
    try:
        await tx.save(household, entry(tx, kind, household, note=note))
    except asyncpg.UniqueViolationError as error:
        raise invalid(f"已有{address}", "the household is on the register already", "room") from error
