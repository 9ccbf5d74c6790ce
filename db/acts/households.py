"""Acts on doors: households that the register did not have, or had wrongly."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.journal import append, digest_of, is_replay
from db.places import Building, Household
from rules.access import Act, require
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A door: unit, floor and room of a building."""

    id: UUID
    building: UUID
    unit: int
    floor: int
    room: str


async def add_household(acting: Acting, new: NewHousehold) -> UUID:
    """Puts a door on the register."""
    require(acting.viewer, Act.KEEP_REGISTER)
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return new.id
    building = await acting.find(Building, new.building, "building", lock=True)
    if not await acting.works_in(building.grid_id):
        raise Refusal(Code.NOT_FOUND, "building")
    household = Household(
        id=new.id,
        building_id=building.id,
        grid_id=building.grid_id,
        unit=new.unit,
        floor=new.floor,
        room=check_text(new.room, "room", limit=LINE_LIMIT),
    )
    await _check_door(acting, household, building)
    acting.session.add(household)
    await acting.session.flush()
    _note(acting, EntryKind.HOUSEHOLD_ADDED, household, building, act_id=new.id, digest=digest)
    return new.id


@dataclass(frozen=True, slots=True)
class DoorCorrection:
    """What was written down wrongly about a door; only what is in ``changes`` is changed."""

    household: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


async def correct_household(acting: Acting, given: DoorCorrection) -> UUID:
    """Corrects unit, floor or room."""
    require(acting.viewer, Act.KEEP_REGISTER)
    digest = digest_of(given)
    if given.act is not None and await is_replay(acting, given.act, digest, "act"):
        return given.household
    household = await acting.find(Household, given.household, "household", lock=True)
    building = await acting.session.get_one(Building, household.building_id)
    before, said = (household.unit, household.floor, household.room), _door(household, building)
    household.sqlmodel_update({name: value for name, value in given.changes.items() if value is not None})
    household.room = check_text(household.room, "room", limit=LINE_LIMIT)
    if (household.unit, household.floor, household.room) == before:
        raise invalid("没有要更正的内容", "nothing to correct", "household")
    await _check_door(acting, household, building)
    acting.session.add(household)
    act = {"act_id": given.act, "digest": digest} if given.act else {}
    note = f"{said} → {_door(household, building)}"
    _note(acting, EntryKind.HOUSEHOLD_CORRECTED, household, building, note=note, **act)
    return household.id


async def _check_door(acting: Acting, household: Household, building: Building) -> None:
    """A door lies in the building, and no two have the same number."""
    if not 1 <= household.unit <= building.units:
        raise invalid(f"{building.number}号楼没有{household.unit}单元", f"there is no unit {household.unit}", "unit")
    if not -5 <= household.floor <= building.floors:  # noqa: PLR2004  cellars
        raise invalid(f"{building.number}号楼没有{household.floor}层", f"there is no floor {household.floor}", "floor")
    same = (col(Household.building_id) == building.id, col(Household.unit) == household.unit)
    with acting.session.no_autoflush:
        other = select(Household.id).where(*same, col(Household.room) == household.room, Household.id != household.id)
        if (await acting.session.exec(other)).first() is not None:
            raise invalid(f"已有{_door(household, building)}", "the door is on the register already", "room")


def _door(household: Household, building: Building) -> str:
    return f"{building.number}号楼{household.unit}单元{household.room}"


def _note(acting: Acting, kind: EntryKind, household: Household, building: Building, **facts: Any) -> None:
    append(
        acting,
        kind,
        community_id=building.community_id,
        grid_id=building.grid_id,
        building_id=building.id,
        household_id=household.id,
        **facts,
    )
