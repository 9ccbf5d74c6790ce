"""Acts on buildings: new ones, corrections, and households by ranges."""

from dataclasses import dataclass, field
from itertools import product
from typing import Any
from uuid import UUID

from db import sql
from db.acts.corrections import save_corrected, save_new
from db.acts.journal import act, entry
from db.base import alias
from db.places import Building, Grid, Household
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Act
from rules.buildings import check_building_name
from rules.folding import folded_room
from rules.journal import EntryKind
from rules.places import MOST_AT_ONCE, MOST_DOORS, check_shape, check_within, checked_facts, room_of
from rules.refusals import invalid

_TAKEN = "小区里已有这栋楼", "name"


@dataclass(frozen=True, slots=True)
class NewBuilding:
    id: UUID
    grid: UUID
    name: str
    units: int
    floors: int


@act(Act.KEEP_PLACES)
async def add_building(tx: Transaction, new: NewBuilding) -> UUID:
    name = check_building_name(new.name, "name")
    check_shape(new.units, new.floors)
    grid = await tx.find(Grid, new.grid, "grid", lock=True)
    inside = {"community_id": grid.community_id, "estate_id": grid.estate_id, "grid_id": grid.id}
    building = Building(id=new.id, **inside, name=name, units=new.units, floors=new.floors)
    named = await tx.value(_label, community=grid.community_id, estate=grid.estate_id, name=name)
    await save_new(tx, building, f"楼栋「{named}」", invalid(*_TAKEN))
    return building.id


def _label(_: Scope) -> sql.Select:
    """The label that a trigger will give a new building."""
    place = (sql.parameter(name, sql.UUID) for name in ("community", "estate"))
    return sql.select(sql.func.building_label(*place, sql.parameter("name", sql.TEXT)))


@dataclass(frozen=True, slots=True)
class BuildingCorrection:
    """New facts by column; null changes nothing. ``grid`` is another grid of the same estate."""

    building: UUID
    grid: UUID | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_PLACES, key="act", again="building")
async def correct_building(tx: Transaction, given: BuildingCorrection) -> UUID:
    changes = checked_facts(given.changes)
    if "name" in changes:
        changes["name"] = check_building_name(changes["name"], "name")
    building = await tx.find(Building, given.building, "building", lock=True)
    shape = {name: changes.get(name, getattr(building, name)) for name in ("units", "floors")}
    check_shape(**shape)
    await _check_homes_fit(tx, building, shape)
    if given.grid is not None and given.grid != building.grid_id:
        changes["grid_id"] = await _other_grid(tx, building, given.grid)
    named = f"楼栋「{building.address()}」"
    await save_corrected(tx, building, changes, named, "building", taken=invalid(*_TAKEN))
    return building.id


async def _check_homes_fit(tx: Transaction, building: Building, shape: dict[str, int]) -> None:
    """Refuses fewer units and floors than the building's households have."""
    unit, floor = (await tx.rows(_highest, building=building.id))[0]
    if (unit or 0) > shape["units"]:
        raise invalid("登记中还有{unit}单元的住户", "units", unit=unit)
    if (floor or 0) > shape["floors"]:
        raise invalid("登记中还有{floor}层的住户", "floors", floor=floor)


def _highest(_: Scope) -> sql.Select:
    home = alias(Household)
    most = (sql.func.max(home.c[name]).label(name) for name in ("unit", "floor"))
    return sql.select(*most).from_(home).where(home.c.building_id == sql.parameter("building", sql.UUID))


async def _other_grid(tx: Transaction, building: Building, grid_id: UUID) -> UUID:
    """Another grid of the estate, for a building about which nothing is on record that belongs to the old grid."""
    grid = await tx.find(Grid, grid_id, "grid", lock="share")
    if grid.estate_id != building.estate_id:
        raise invalid("网格不在这个小区", "grid")
    if await tx.value(_in_use, building=building.id):
        raise invalid("楼栋已有登记的住户、诉求或其他事项，不能改到另一个网格", "grid")
    return grid.id


def _in_use(_: Scope) -> sql.Select:
    building = sql.parameter("building", sql.UUID)
    return sql.select(sql.Column("wall.is_in_use(", building, ")"))


@dataclass(frozen=True, slots=True)
class NewHouseholds:
    """Every combination of units, floors and doors: door 1 on floor 5 is room 501."""

    building: UUID
    units: list[int]
    floors: list[int]
    doors: list[int]
    act: UUID | None = None


@act(Act.KEEP_PLACES, key="act", again="building")
async def add_households(tx: Transaction, new: NewHouseholds) -> UUID:
    """Adds the households that are not on the register yet."""
    wanted = sorted(set(product(new.units, new.floors, new.doors)))
    if len(wanted) > MOST_AT_ONCE:
        raise invalid("一次最多 {most} 户", "doors", most=MOST_AT_ONCE)
    building = await tx.find(Building, new.building, "building", lock=True)
    check_within(new.units, building.units, "units")
    check_within(new.floors, building.floors, "floors")
    check_within(new.doors, MOST_DOORS, "doors")
    inside = {"building_id": building.id, "grid_id": building.grid_id}
    rooms = {(each.unit, folded_room(each.room)) for each in await tx.all(Household, building_id=building.id)}
    homes = [
        Household(**inside, unit=unit, floor=floor, room=room_of(floor, door))
        for unit, floor, door in wanted
        if (unit, room_of(floor, door)) not in rooms
    ]
    if not homes:
        raise invalid("这些住户都已登记", "doors")
    here = {"community_id": building.community_id}
    await tx.save(*homes, *(entry(tx, EntryKind.HOUSEHOLD_ADDED, each, **here) for each in homes))
    return building.id
