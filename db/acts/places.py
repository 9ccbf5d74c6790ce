"""Finds the place that a new case is about: by household, by building, by a QR code, or by what the text says."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from db import sql
from db.base import alias
from db.people import Resident
from db.places import Building, Community, Estate, Household, QrCode
from db.scope import Scope, visible
from db.transaction import Query, Transaction
from rules.address_match import BuildingSpot, Door, EstateSpot, Index, Match, Spot, match, narrow, offered
from rules.addresses import read
from rules.appeals import AppealSource
from rules.codes import typed_code
from rules.places import QrTarget
from rules.refusals import Code, Refusal, invalid, refusals_under


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is about, as exactly as it is known; ``source`` when the way in says how it came."""

    community_id: UUID
    grid_id: UUID
    building_id: UUID | None = None
    unit: int | None = None
    household_id: UUID | None = None
    source: AppealSource | None = None

    def columns(self) -> dict[str, Any]:
        """The place as columns of an appeal."""
        return {
            "community_id": self.community_id,
            "grid_id": self.grid_id,
            "building_id": self.building_id,
            "unit": self.unit,
            "household_id": self.household_id,
        }


async def place_given(
    tx: Transaction, code: str | None, household: UUID | None, building: UUID | None, unit: int | None, text: str
) -> Place | None:
    """The place of a new case by its code, household or building; nothing where none of them is given.

    Without an account a code is needed. ``text`` is what is said, which names the building at a counter.
    """
    if tx.viewer.role is None or code is not None:
        return await place_of_code(tx, code, text, building, unit)
    if household is not None:
        return await place_of_household(tx, household, "household")
    if building is not None:
        return await place_of_building(tx, building, unit, "building")
    return None


async def resident_of(tx: Transaction, uuid: UUID | None, place: Place) -> UUID | None:
    """The resident on the register whose case it is, if one is named; one who lives elsewhere is refused."""
    if uuid is None:
        return None
    resident = await tx.find(Resident, uuid, "resident")
    if place.household_id is not None and resident.household_id != place.household_id:
        raise invalid("该居民不住在这一户", "the resident does not live in that household", "resident")
    return resident.id


async def place_of_household(tx: Transaction, uuid: UUID, *path: str | int) -> Place:
    """A household in the viewer's scope."""
    household = await tx.find(Household, uuid, *path)
    return await _home(tx, household)


async def _home(tx: Transaction, household: Household, source: AppealSource | None = None) -> Place:
    building = await tx.get(Building, id=household.building_id)
    here = household.grid_id, household.building_id, household.unit, household.id
    return Place(building.community_id, *here, source)


async def place_of_building(tx: Transaction, uuid: UUID, unit: int | None, *path: str | int) -> Place:
    """A building the viewer works in, and perhaps one of its units."""
    building = await tx.find(Building, uuid, *path)
    if not await tx.works_in(building.grid_id, building.id):
        raise Refusal(Code.NOT_FOUND, *path)
    return _building(building, unit)


def _building(building: Building, unit: int | None) -> Place:
    if unit is not None and not 1 <= unit <= building.units:
        raise invalid(f"{building.number}号楼没有{unit}单元", f"building {building.number} has no unit {unit}", "unit")
    return Place(building.community_id, building.grid_id, building.id, unit)


async def place_of_code(
    tx: Transaction, code: str | None, text: str, building: UUID | None = None, unit: int | None = None
) -> Place:
    """Where a printed QR code stands; at a counter the text says which building is meant, unless one is named."""
    if code is None:
        raise invalid("请扫描二维码", "without an account a QR code is needed", "code")
    with refusals_under("code"):
        kept = typed_code(code)
    # The lock is shared among reporters. It waits for a replacement that is under way: the old code never works after.
    found = await tx.first(QrCode, lock="share", code=kept, revoked_at=None)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "code")
    if found.target is not QrTarget.COUNTER:
        return await _bound(tx, found, text)
    if building is not None:
        return await _chosen(tx, found.community_id, building, unit)
    return await _named(tx, text, _in_community, AppealSource.QR_COUNTER, community=found.community_id)


async def _chosen(tx: Transaction, community: UUID, uuid: UUID, unit: int | None) -> Place:
    building = await tx.first(Building, id=uuid, community_id=community)
    if building is None:
        raise Refusal(Code.NOT_FOUND, "building")
    return replace(_building(building, unit), source=AppealSource.QR_COUNTER)


async def _bound(tx: Transaction, code: QrCode, text: str) -> Place:
    if code.target is QrTarget.HOUSEHOLD:
        return await _home(tx, await tx.get(Household, id=code.household_id), AppealSource.QR_HOME)
    index = await _index(tx, text, await tx.all(Building, id=code.building_id))
    (building,) = index.buildings
    return await _place(tx, narrow(text, building, index), AppealSource.QR_HOME)


async def place_of_text(tx: Transaction, text: str) -> Place:
    """The one place that a text names for certain, among those where the viewer works."""
    place = await _named(tx, text, _visible, None)
    if not await tx.works_in(place.grid_id, place.building_id):
        raise _unclear(Match())
    return place


async def _named(tx: Transaction, text: str, among: Query, source: AppealSource | None, **given: UUID) -> Place:
    found = match(text, await _index(tx, text, await _numbered(tx, text, among, **given)))
    if found.confident is None:
        raise _unclear(found)
    return await _place(tx, found.confident, source)


async def offered_in(tx: Transaction, community_id: UUID, text: str) -> tuple[Spot, ...]:
    """The places of a community that a text may mean, to choose from."""
    buildings = await _numbered(tx, text, _in_community, community=community_id)
    return offered(text, await _index(tx, text, buildings))


async def _numbered(tx: Transaction, text: str, among: Query, **given: UUID) -> list[Building]:
    """The buildings that have a number of the text, by the names of their estates."""
    numbers = {mention.building for mention in read(text)} - {None}
    return await tx.read(Building, among, numbers=list(numbers), **given)


def _buildings(building: sql.From, among: sql.Column) -> sql.Select:
    estate = alias(Estate)
    numbered = building.c.number == sql.any_(sql.parameter("numbers", sql.array_of(sql.INTEGER)))
    beside = building.join(estate, estate.c.id == building.c.estate_id)
    return sql.select(*building.c).from_(beside).where(numbered, among).order_by(estate.c.name, building.c.id)


def _in_community(_: Scope) -> sql.Select:
    building = alias(Building)
    return _buildings(building, building.c.community_id == sql.parameter("community", sql.UUID))


def _visible(scope: Scope) -> sql.Select:
    building = alias(Building)
    return _buildings(building, visible(Building, building, scope))


async def _index(tx: Transaction, text: str, buildings: list[Building]) -> Index:
    """The buildings that may be meant, every estate of their communities, and the doors with a room of the text."""
    communities = {each.community_id for each in buildings}
    rooms = {mention.room for mention in read(text) if mention.room}
    homes = await tx.all(Household, building_id={each.id for each in buildings}, room=rooms) if rooms else []
    return Index(
        [EstateSpot(each.id, each.name) for each in await tx.all(Estate, community_id=communities)],
        [BuildingSpot(each.id, each.estate_id, each.number, each.units) for each in buildings],
        [Door(home.id, home.building_id, home.unit, home.room) for home in homes],
        [each.name for each in await tx.all(Community, id=communities)],
    )


async def _place(tx: Transaction, spot: Spot, source: AppealSource | None) -> Place:
    building = await tx.get(Building, id=spot.building)
    return Place(building.community_id, building.grid_id, building.id, spot.unit, spot.household, source)


def _unclear(found: Match) -> Refusal:
    named = "、".join(spot.label for spot in found.suggestions)
    return Refusal(Code.PLACE_UNCLEAR, "body", named=named or "—")
