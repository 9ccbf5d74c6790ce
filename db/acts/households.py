"""Acts on households."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from db.acts.journal import act, entry
from db.people import Residency, Resident
from db.places import Building, Household
from db.transaction import Transaction
from rules.access import Act
from rules.corrections import earlier, nothing_to_correct
from rules.folding import room_key
from rules.journal import EntryKind
from rules.people import NEW_HEAD, Relation
from rules.refusals import Code, Refusal, invalid
from rules.text import check_name

_LOWEST_FLOOR = -5
"""Basements count down from -1. The limit catches typing errors."""
_LABELS = {"unit": "单元", "floor": "楼层", "room": "房号"}
"""The fields of a home as corrections name them."""


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
    room = check_name(new.room, "room")
    building = await tx.find(Building, new.building, "building", lock=True)
    if not await tx.works_in(building.grid_id):
        raise Refusal(Code.NOT_FOUND, "building")
    place = {"building_id": building.id, "grid_id": building.grid_id}
    household = Household(id=new.id, **place, unit=new.unit, floor=new.floor, room=room)
    await _save(tx, EntryKind.HOUSEHOLD_ADDED, household, building)
    return new.id


@dataclass(frozen=True, slots=True)
class HouseholdCorrection:
    """New values of unit, floor and room, and another head. Those that are not in ``changes``, or null, stay."""

    household: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    head: UUID | None = None
    act: UUID | None = None


@act(Act.KEEP_REGISTER, key="act", again="household")
async def correct_household(tx: Transaction, given: HouseholdCorrection) -> UUID:
    changes = {name: value for name, value in given.changes.items() if value is not None}
    if "room" in changes:
        changes["room"] = check_name(changes["room"], "room")
    household = await tx.find(Household, given.household, "household", lock=True)
    building = await tx.get(Building, lock=True, id=household.building_id)
    before = building.address(household.unit, household.room)
    stays = [] if given.head is None else await _with_head(tx, household, given.head)
    changed = [name for name, value in changes.items() if getattr(household, name) != value]
    if not stays and not changed:
        raise nothing_to_correct("household")
    said = [earlier(name, _LABELS[name], str(getattr(household, name))) for name in changed]
    household.change(changes)
    address = building.address(household.unit, household.room)
    notes = [f"{before} → {address}" if before != address else "", NEW_HEAD if stays else ""]
    facts: dict[str, Any] = {"note": "；".join(filter(None, notes)) or None, "before": said}
    await _save(tx, EntryKind.HOUSEHOLD_CORRECTED, household, building, **facts)
    # The head is saved last, because a household has one head at a time.
    for each in stays:
        told = entry(tx, EntryKind.RESIDENT_CORRECTED, each, resident_id=each.resident_id, note="与户主关系")
        await tx.save(each, told)
    return household.id


async def _with_head(tx: Transaction, household: Household, uuid: UUID) -> list[Residency]:
    """The stays that change when a resident of a locked household becomes its head; the head's comes last.

    The relations of the others were to the former head, so they are not known any more.
    """
    resident = await tx.find(Resident, uuid, "head", lock=True)
    stays = await tx.all(Residency, order=("id",), lock=True, household_id=household.id, moved_out_on=None)
    head = next((each for each in stays if each.resident_id == resident.id), None)
    if head is None:
        raise invalid("该居民不住在这一户", "head")
    if head.relation is Relation.HEAD:
        return []
    succeeds = any(each.relation is Relation.HEAD for each in stays)
    others = [each for each in stays if succeeds and each is not head and each.relation is not None]
    for each in others:
        each.relation = None
    head.relation = Relation.HEAD
    return [*others, head]


async def _save(tx: Transaction, kind: EntryKind, household: Household, building: Building, **facts: Any) -> None:
    """Saves a household that fits its building. Raises INVALID_INPUT otherwise, and for a room that exists."""
    if not 1 <= household.unit <= building.units:
        raise invalid("{building}没有{unit}单元", "unit", building=building.name, unit=household.unit)
    if not _LOWEST_FLOOR <= household.floor <= building.floors:
        raise invalid("{building}没有{floor}层", "floor", building=building.name, floor=household.floor)
    address = building.address(household.unit, household.room)
    # The building is locked, so nobody adds the same room in another spelling meanwhile.
    same: dict[str, Any] = {"building_id": building.id, "unit": household.unit, "room_key": room_key(household.room)}
    if any(each.id != household.id for each in await tx.all(Household, **same)):
        raise invalid("已有{address}", "room", address=address)
    try:
        await tx.save(household, entry(tx, kind, household, **facts))
    except asyncpg.UniqueViolationError as error:
        raise invalid("已有{address}", "room", address=address) from error
