"""Acts on doors: households that the register did not have, or had wrongly."""

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
"""Cellars count down from -1; no building has more than five."""


def home_of(household: Household) -> dict[str, Any]:
    """A household as the home of a resident, a stay or an entry."""
    return {"household_id": household.id, "building_id": household.building_id, "grid_id": household.grid_id}


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A door: unit, floor and room of a building."""

    id: UUID
    building: UUID
    unit: int
    floor: int
    room: str


@act(Act.KEEP_REGISTER)
async def add_household(tx: Transaction, new: NewHousehold) -> UUID:
    """Puts a door on the register."""
    room = check_text(new.room, "room", limit=LINE_LIMIT)
    building = await tx.find(Building, new.building, "building", lock=True)
    if not await tx.works_in(building.grid_id):
        raise Refusal(Code.NOT_FOUND, "building")
    household = Household(
        id=new.id, building_id=building.id, grid_id=building.grid_id, unit=new.unit, floor=new.floor, room=room
    )
    await _save(tx, EntryKind.HOUSEHOLD_ADDED, household, building)
    return new.id


@dataclass(frozen=True, slots=True)
class DoorCorrection:
    """What was recorded wrongly about a door; only what is in ``changes`` and not null is changed."""

    household: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_REGISTER, key="act", again="household")
async def correct_household(tx: Transaction, given: DoorCorrection) -> UUID:
    """Corrects unit, floor or room."""
    changes = {name: value for name, value in given.changes.items() if value is not None}
    if "room" in changes:
        changes["room"] = check_text(changes["room"], "room", limit=LINE_LIMIT)
    household = await tx.find(Household, given.household, "household", lock=True)
    building = await tx.get(Building, id=household.building_id)
    before = _door(household, building)
    if all(getattr(household, name) == value for name, value in changes.items()):
        raise invalid("没有要更正的内容", "nothing to correct", "household")
    for name, value in changes.items():
        setattr(household, name, value)
    note = f"{before} → {_door(household, building)}"
    await _save(tx, EntryKind.HOUSEHOLD_CORRECTED, household, building, note)
    return household.id


async def _save(
    tx: Transaction, kind: EntryKind, household: Household, building: Building, note: str | None = None
) -> None:
    """Saves a door that lies in its building, and is the only one there with its number."""
    if not 1 <= household.unit <= building.units:
        raise invalid(f"{building.number}号楼没有{household.unit}单元", f"there is no unit {household.unit}", "unit")
    if not _LOWEST_FLOOR <= household.floor <= building.floors:
        raise invalid(f"{building.number}号楼没有{household.floor}层", f"there is no floor {household.floor}", "floor")
    double = invalid(f"已有{_door(household, building)}", "the door is on the register already", "room")
    same = await tx.first(Household, building_id=building.id, unit=household.unit, room=household.room)
    if same is not None and same.id != household.id:
        raise double
    try:
        await tx.save(household, entry(tx, kind, household, note=note))
    except asyncpg.UniqueViolationError as error:
        raise double from error


def _door(household: Household, building: Building) -> str:
    return f"{building.number}号楼{household.unit}单元{household.room}"
